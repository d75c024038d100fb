"""Where requests go, with which secrets, into which folder, under which budget.

A setting comes, in this order, from: an argument, `configure`, IPython's configuration (``c.PVideo.…``), the environment,
and last the file that ``%pvideo setup`` keeps when asked.
"""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pvideo.errors import SettingsError
from pvideo.secrets import Secret, find_token, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "Endpoint",
    "Secret",
    "Settings",
    "configure",
    "current",
    "demo_is_on",
    "endpoint",
    "find_token",
    "keep",
    "kept",
    "redact",
    "reset",
    "use_demo",
    "use_ipython",
]

GATEWAY_HOST = "gateway.ai.cloudflare.com"
DIRECT_HOST = "api.replicate.com"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# A gateway's name has at most 64 characters (Cloudflare's limits page); ids like "abc123" are fine.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One way to Replicate: an address and the tokens that may go there, and nowhere else."""

    base_url: str
    """What stands in place of ``https://api.replicate.com/v1``, without a trailing slash."""
    kind: Literal["gateway", "direct", "demo"]
    gateway_token: Secret | None = None
    """Goes into ``cf-aig-authorization``; None for an unauthenticated gateway."""
    replicate_token: Secret | None = None
    """Goes into ``Authorization``; None with a gateway token means a key stored in the gateway."""
    account_id: str = ""
    gateway_id: str = ""
    delivery_hosts: tuple[str, ...] = ("replicate.delivery", "*.replicate.delivery")
    """Hosts a video may be fetched from (``*.`` = any name below)."""

    @property
    def realm(self) -> Literal["demo", "real"]:
        """Whether presses here cost money."""
        return "demo" if self.kind == "demo" else "real"

    @property
    def host(self) -> str:
        """The only host that tokens go to."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def gateway(self) -> str:
        """What a person calls it: the gateway's name, or the host."""
        return self.gateway_id or self.host

    @property
    def stored_keys(self) -> bool:
        """Whether Replicate's key is stored in the gateway (BYOK), so that no ``Authorization`` is sent."""
        return self.kind == "gateway" and self.replicate_token is None

    def dashboard_url(self, log_id: str | None) -> str | None:
        """Return the gateway's log page in Cloudflare's dashboard, or None where there is none."""
        if self.kind != "gateway" or not (self.account_id and self.gateway_id and log_id):
            return None
        return f"https://dash.cloudflare.com/{self.account_id}/ai/ai-gateway/gateways/{self.gateway_id}/logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Money is in US dollars, times are in seconds."""

    account_id: str = ""
    gateway_id: str = ""
    base_url: str = ""
    gateway_token: Secret | None = None
    replicate_token: Secret | None = None
    trust_host: tuple[str, ...] = ()
    """Further hosts that tokens from the environment may go to."""
    model: str = "prunaai/p-video"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Inputs for every press that does not give its own (for a class)."""
    folder: Path = field(default_factory=lambda: Path("videos"))
    """Where videos are saved; a relative one is beside the notebook (below the working folder)."""
    home: Path = field(default_factory=Path)
    """Where the journal lies."""
    budget_session: Decimal | None = None
    budget_day: Decimal | None = Decimal("5.00")
    confirm_over: Decimal = Decimal("1.00")
    deadline: float = 900.0
    """After how many seconds Replicate stops a prediction (``Cancel-After``); 5 s to 24 h."""
    log_payload: bool = True
    """Whether the gateway's log keeps prompts and answers."""
    autoplay: bool = True
    """Whether a video that arrives while it is watched plays once, muted."""

    @property
    def video_folder(self) -> Path:
        """The folder for videos, absolute."""
        return self.folder if self.folder.is_absolute() else Path.cwd() / self.folder

    @property
    def journal_path(self) -> Path:
        """Where the journal is."""
        return self.home / "journal.db"


_lock = threading.RLock()
_explicit: dict[str, Any] = {}
_ipython: dict[str, Any] = {}
_demo: Callable[[], Endpoint] | None = None

_ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "account_id": ("CLOUDFLARE_ACCOUNT_ID",),
    "gateway_id": ("CLOUDFLARE_GATEWAY_ID", "CLOUDFLARE_AI_GATEWAY_ID"),
    "base_url": ("PVIDEO_BASE_URL",),
    "gateway_token": ("CF_AIG_TOKEN", "CLOUDFLARE_API_TOKEN"),
    "replicate_token": ("REPLICATE_API_TOKEN",),
    "home": ("PVIDEO_HOME",),
}
_TOKENS = ("gateway_token", "replicate_token")
_KEPT = ("account_id", "gateway_id", "base_url", *_TOKENS)
_names = {item.name for item in fields(Settings)}


def current() -> Settings:
    """Return the settings in force now.

    Raises:
        SettingsError: One does not fit (``setting_wrong`` says which and why).
    """
    with _lock:
        layers = (kept(), _environment(), _ipython, _explicit)
        merged = {name: value for layer in layers for name, value in layer.items() if value not in (None, "") or layer is _explicit}
    values = {name: _fit(name, value) for name, value in merged.items()}
    values.setdefault("home", _default_home())
    return Settings(**values)


def configure(**changes: Any) -> None:
    """Set any of `Settings`' fields for this process; ``None`` for a budget means none.

    Args:
        **changes: Fields of `Settings` by name: ``budget_day=10``, ``folder="clips"``, ``inputs={"duration": 3}``,
            ``account_id=…``, ``gateway_id=…``, ``gateway_token=…``, ``replicate_token=…``, ``trust_host=…``, …

    Raises:
        SettingsError: A name or value does not fit; nothing was changed.
    """
    unknown = sorted(set(changes) - _names)
    if unknown:
        advice = f"There are: {', '.join(sorted(_names))}."
        raise SettingsError("setting_wrong", setting=unknown[0], problem="is not a setting", advice=advice)
    fitted = {name: _fit(name, value) for name, value in changes.items()}
    with _lock:
        _explicit.update(fitted)


def use_ipython(values: Mapping[str, Any]) -> None:
    """Take the values of IPython's own configuration (``c.PVideo.…``)."""
    with _lock:
        _ipython.clear()
        _ipython.update({name: value for name, value in values.items() if name in _names})


def use_demo(ensure: Callable[[], Endpoint] | None) -> None:
    """Send presses to the embedded gateway that `ensure` finds or starts, or to the real one again (None)."""
    global _demo  # noqa: PLW0603 - one process has one place to send to
    with _lock:
        _demo = ensure


def demo_is_on() -> bool:
    """Return whether presses go to the embedded gateway."""
    return _demo is not None


def reset() -> None:
    """Forget what `configure`, IPython and the demo set."""
    with _lock:
        _explicit.clear()
        _ipython.clear()
        use_demo(None)


def endpoint() -> Endpoint:
    """Return where presses go now.

    Raises:
        SettingsError: No account is set up, a part is missing, or the address is not safe for tokens.
    """
    if _demo is not None:
        return _demo()
    settings = current()
    if settings.base_url:
        return _from_url(settings)
    if not (settings.account_id or settings.gateway_id):
        raise SettingsError("no_account")
    for name in ("account_id", "gateway_id"):
        if not getattr(settings, name):
            raise SettingsError("setting_missing", setting=_ENVIRONMENT[name][0])
    if not (settings.gateway_token or settings.replicate_token):
        raise SettingsError("setting_missing", setting="CF_AIG_TOKEN or REPLICATE_API_TOKEN")
    url = f"https://{GATEWAY_HOST}/v1/{settings.account_id}/{settings.gateway_id}/replicate"
    return Endpoint(
        base_url=url,
        kind="gateway",
        gateway_token=settings.gateway_token,
        replicate_token=settings.replicate_token,
        account_id=settings.account_id,
        gateway_id=settings.gateway_id,
    )


def keep(values: Mapping[str, str]) -> Path:
    """Keep an account in a file that only its user can read, and return the file.

    Args:
        values: ``account_id``, ``gateway_id``, ``gateway_token``, ``replicate_token``, ``base_url``; others are ignored.
    """
    path = _kept_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".part")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({name: value for name, value in values.items() if name in _KEPT and value}, file)
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
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: Secret(value, f"{name}, {path.name}") if name in _TOKENS else value for name, value in values.items() if name in _KEPT}


def _kept_path() -> Path:
    import platformdirs

    home = os.environ.get("PVIDEO_HOME")
    return (Path(home) if home else platformdirs.user_config_path("pvideo")) / "account.json"


def _default_home() -> Path:
    import platformdirs

    return platformdirs.user_data_path("pvideo")


def _environment() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, variables in _ENVIRONMENT.items():
        variable = next((item for item in variables if os.environ.get(item)), None)
        if variable:
            value = os.environ[variable]
            found[name] = _secret(value, f"{variable}, environment") if name in _TOKENS else value
    return found


def _secret(value: object, source: str) -> Secret:
    if isinstance(value, Secret):
        return value
    try:
        return Secret(str(value), source)
    except ValueError:
        raise SettingsError("setting_wrong", setting=source, problem="is not a token", advice="Give it again: %pvideo setup.") from None


def _fit(name: str, value: Any) -> Any:
    """Return `value` as the type of the field `name`."""
    if name in _TOKENS:
        return None if value is None else _secret(value, f"{name}, configure")
    if name in {"budget_session", "budget_day", "confirm_over"}:
        return _dollars(name, value)
    if name == "deadline":
        return _deadline(value)
    if name in {"folder", "home"}:
        return Path(value).expanduser()
    if name == "trust_host":
        return (value,) if isinstance(value, str) else tuple(value)
    if name in {"account_id", "gateway_id"} and value and not _NAME.fullmatch(str(value)):
        problem = f"is {str(value)[:80]!r}; a name has at most 64 letters, digits, dashes, dots and underscores"
        raise SettingsError("setting_wrong", setting=name, problem=redact(problem), advice="Copy it from the dashboard, AI > AI Gateway.")
    return dict(value) if name == "inputs" else value


def _dollars(name: str, value: Any) -> Decimal | None:
    if value is None and name != "confirm_over":
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise SettingsError("setting_wrong", setting=name, problem=f"is {value!r}", advice="Give US dollars, for example 5.00.")
    return amount


def _deadline(value: Any) -> float:
    # Replicate takes 5 s to 24 h (its OpenAPI document, Cancel-After).
    seconds = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0
    if not 5 <= seconds <= 86_400:
        raise SettingsError("setting_wrong", setting="deadline", problem=f"is {value!r}", advice="Give seconds, 5 to 86400.")
    return seconds


def _from_url(settings: Settings) -> Endpoint:
    url = settings.base_url.rstrip("/")
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.username or parts.password or parts.query or parts.fragment or not host:
        advice = "Give https://host/path and nothing more."
        raise SettingsError("setting_wrong", setting="PVIDEO_BASE_URL", problem="is not a plain address", advice=advice)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise SettingsError("insecure_url", setting="PVIDEO_BASE_URL", url=redact(f"{parts.scheme}://{host}"))
    trusted = (GATEWAY_HOST, DIRECT_HOST, *_LOOPBACK, *settings.trust_host)
    if host not in trusted and (settings.gateway_token or settings.replicate_token):
        raise SettingsError("trust_host", setting="PVIDEO_BASE_URL", host=host)
    direct = host == DIRECT_HOST
    loopback = host in _LOOPBACK
    segments = [part for part in parts.path.split("/") if part]
    named = len(segments) == 4 and segments[0] == "v1" and segments[3] == "replicate"
    built = Endpoint(
        base_url=url,
        kind="direct" if direct else "gateway",
        gateway_token=None if direct else settings.gateway_token,
        replicate_token=settings.replicate_token,
        account_id=segments[1] if named else settings.account_id,
        gateway_id=segments[2] if named else settings.gateway_id,
    )
    return replace(built, delivery_hosts=(*built.delivery_hosts, "127.0.0.1")) if loopback else built
