"""The account that ``%pvideo setup --keep`` writes: one file that only its user can read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKENS = ("gateway_token", "replicate_token", "management_token")
# Not the management token: it can change a whole account's gateways, and nothing needs it every day.
_KEPT = ("account_id", "gateway_id", "base_url", "gateway_token", "replicate_token", "stored_key")


def keep(values: Mapping[str, Any]) -> Path:
    """Keep an account in a file that only its user can read, and return the file.

    Args:
        values: ``account_id``, ``gateway_id``, ``gateway_token``, ``replicate_token``, ``stored_key``, ``base_url``; others are ignored.
            A token is a `Secret`: what it is stands in no frame.
    """
    path = _kept_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".part")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({name: value for name, value in values.items() if name in _KEPT and value}, file, default=Secret.reveal)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return path


def kept() -> dict[str, Any]:
    """Return what `keep` kept, tokens as `Secret`; nothing when there is no file or others can read it."""
    path = _kept_path()
    try:
        if path.stat().st_mode & 0o077:
            return {}
        names = [name for name in _KEPT if _has(path, name)]
        return {name: _value(path, name) for name in names}
    except (OSError, ValueError, TypeError):
        return {}


def _has(path: Path, name: str) -> bool:
    return name in json.loads(path.read_text(encoding="utf-8"))


def _value(path: Path, name: str) -> Any:
    """Return one value of the file, tokens as `Secret`: no frame holds what they are, so that no traceback shows it."""
    if name in TOKENS:
        return Secret.read(lambda: json.loads(path.read_text(encoding="utf-8"))[name], f"{name}, {path.name}")
    return json.loads(path.read_text(encoding="utf-8"))[name]


def _kept_path() -> Path:
    import platformdirs

    home = os.getenv("PVIDEO_HOME")
    return (Path(home) if home else platformdirs.user_config_path("pvideo")) / "account.json"
