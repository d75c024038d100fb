"""Where requests go, with which secrets, into which folder, under which budget.

A setting comes, in this order, from: an argument, `configure`, IPython's configuration (``c.PVideo.…``), the environment,
and last the file that ``%pvideo setup --keep`` writes.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.account import TOKENS, keep, kept
from pvideo.address import check_form
from pvideo.arguments import nearest, short
from pvideo.endpoint import Endpoint, Management, in_demo, resolve, resolve_management
from pvideo.errors import SettingsError
from pvideo.fitting import fit, made
from pvideo.guard import guarded
from pvideo.secrets import Secret, find_token, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "Endpoint",
    "Management",
    "Secret",
    "Settings",
    "base_folder",
    "configure",
    "current",
    "demo_is_on",
    "endpoint",
    "find_token",
    "keep",
    "kept",
    "management",
    "redact",
    "reset",
    "use_base",
    "use_demo",
    "use_demo_gateway",
    "use_ipython",
    "working_folder",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Money is in US dollars, times are in seconds."""

    account_id: str = ""
    gateway_id: str = ""
    base_url: str = ""
    gateway_token: Secret | None = None
    replicate_token: Secret | None = None
    stored_key: str = ""
    """The alias of a Replicate key that is stored in the gateway (``cf-aig-byok-alias``); Replicate's own token is then not sent."""
    management_token: Secret | None = None
    """Reads and changes gateways and reads their logs; goes to Cloudflare's API alone and is never kept in the file."""
    management_url: str = ""
    """Replaces ``https://api.cloudflare.com/client/v4``."""
    rate_limit: tuple[int, float] | None = None
    """The gateway's rate limit (requests, seconds), where it is known and cannot be read; our own requests stay under it."""
    trust_host: tuple[str, ...] = ()
    """Further hosts that tokens from the environment may go to."""
    model: str = "prunaai/p-video"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Inputs for every press that does not give its own (for a class)."""
    folder: Path = field(default_factory=lambda: Path("videos"))
    """Where videos are saved; a relative one is beside the notebook (see `base_folder`)."""
    home: Path = field(default_factory=Path)
    """Where the journal lies."""
    budget_session: Decimal | None = None
    budget_day: Decimal | None = Decimal("5.00")
    confirm_over: Decimal = Decimal("1.00")
    deadline: float = 900.0
    """After how many seconds Replicate stops a prediction (``Cancel-After``); 5 s to 24 h."""
    send_ratings: bool = False
    """Whether a rating also gives its video's entry in the gateway's log a thumb: 4 and 5 stars 👍, 1 and 2 👎."""
    log_payload: bool = True
    """Whether the gateway's log keeps prompts and answers."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """At most five plain values that the gateway's log keeps with each create (``cf-aig-metadata``). Never a prompt or a token."""
    label: str = ""
    """Whose presses these are (``student-07``): one entry of that metadata, so that a shared gateway's log can tell them apart."""
    reconcile: str = "gateway"
    """Where a lost answer is looked for: ``gateway``, or ``direct`` to ask api.replicate.com itself, with Replicate's token alone,
    where the gateway does not pass Replicate's list on. Not possible when the gateway stores the key."""
    upload: str = "gateway"
    """Where large files go ahead of a press: ``gateway``, or ``direct`` to api.replicate.com itself, with Replicate's token alone, where
    the gateway refuses them (multipart). Not possible when the gateway stores the key."""
    prices: Mapping[str, Any] = field(default_factory=dict)
    """Prices of models that pvideo has no list for, by ``owner/name``: dollars per run, or a list as `pvideo.model.price` reads it."""
    autoplay: bool = True
    """Whether a video that arrives while it is watched plays once, muted."""

    @property
    def video_folder(self) -> Path:
        """The folder for videos, absolute."""
        return self.folder if self.folder.is_absolute() else base_folder() / self.folder

    @property
    def journal_path(self) -> Path:
        """Where the journal is, absolute."""
        return (self.home if self.home.is_absolute() else base_folder() / self.home) / "journal.db"


_lock = threading.RLock()
_explicit: dict[str, Any] = {}
_ipython: dict[str, Any] = {}
_demo: Callable[[], Endpoint] | None = None
_demo_gateway = ""
_base: Callable[[], Path] | None = None
_ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "account_id": ("CLOUDFLARE_ACCOUNT_ID",),
    "gateway_id": ("CLOUDFLARE_GATEWAY_ID", "CLOUDFLARE_AI_GATEWAY_ID"),
    "base_url": ("PVIDEO_BASE_URL",),
    "gateway_token": ("CF_AIG_TOKEN", "CLOUDFLARE_API_TOKEN"),
    "replicate_token": ("REPLICATE_API_TOKEN",),
    "management_token": ("CLOUDFLARE_API_TOKEN",),
    "management_url": ("CLOUDFLARE_BASE_URL",),
    "home": ("PVIDEO_HOME",),
    "label": ("PVIDEO_LABEL",),
}
_names = {item.name for item in fields(Settings)}


def current() -> Settings:
    """Return the settings in force now.

    Raises:
        SettingsError: One does not fit (``setting_wrong`` says which and why).
    """
    with _lock:
        layers = (kept(), _environment(), _ipython, _explicit)
        merged = {name: value for layer in layers for name, value in layer.items() if value not in (None, "") or layer is _explicit}
    values = {name: fit(name, value) for name, value in merged.items()}
    values.setdefault("home", _default_home())
    return Settings(**values)


@guarded
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
        near = nearest(unknown[0], _names)
        advice = f"{f'Did you mean {near}? ' if near else ''}There are: {', '.join(sorted(_names))}."
        raise SettingsError("setting_wrong", setting=short(unknown[0]), problem="is not a setting", advice=advice)
    fitted = {name: fit(name, value) for name, value in changes.items()}
    if fitted.get("base_url"):
        fitted["base_url"] = check_form(str(fitted["base_url"]), "base_url")
    with _lock:
        if fitted.get("reconcile") == "direct" and not (fitted.get("replicate_token") or current().replicate_token):
            raise SettingsError("reconcile_direct", gateway=current().gateway_id or "the gateway")
        if fitted.get("upload") == "direct" and not (fitted.get("replicate_token") or current().replicate_token):
            raise SettingsError("upload_direct", gateway=current().gateway_id or "the gateway")
        _explicit.update(fitted)


def configured() -> dict[str, Any]:
    """Return what `configure` set in this process, tokens as `Secret`."""
    with _lock:
        return dict(_explicit)


def use_ipython(values: Mapping[str, Any]) -> None:
    """Take the values of IPython's own configuration (``c.PVideo.…``)."""
    with _lock:
        _ipython.clear()
        _ipython.update({name: value for name, value in values.items() if name in _names})


def use_demo(ensure: Callable[[], Endpoint] | None) -> None:
    """Send presses to the embedded gateway that `ensure` finds or starts, or to the real one again (None)."""
    global _demo, _demo_gateway  # noqa: PLW0603 - one process has one place to send to
    with _lock:
        _demo = ensure
        _demo_gateway = _demo_gateway if ensure else ""


def use_demo_gateway(name: str) -> None:
    """Send presses through another gateway of the embedded account; an empty name is its usual one."""
    global _demo_gateway  # noqa: PLW0603 - as above
    with _lock:
        _demo_gateway = name


def demo_is_on() -> bool:
    """Return whether presses go to the embedded gateway."""
    return _demo is not None


def reset() -> None:
    """Forget what `configure`, IPython and the demo set."""
    with _lock:
        _explicit.clear()
        _ipython.clear()
        use_demo(None)


def base_folder() -> Path:
    """Return what relative folders and files are beside: the notebook, wherever its cells have gone since; a script's working folder.

    Raises:
        SettingsError: The working folder was deleted (``working_folder_gone``).
    """
    return (_base or working_folder)()


def working_folder() -> Path:
    """Return the folder that this process works in now.

    Raises:
        SettingsError: It was deleted.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise SettingsError("working_folder_gone") from None


def use_base(find: Callable[[], Path]) -> None:
    """Let `find` say which folder that is; the notebook's part knows its hosts."""
    global _base  # noqa: PLW0603 - one process has one notebook
    with _lock:
        _base = find


def endpoint() -> Endpoint:
    """Return where presses go now: the embedded gateway while the demo is on, else what the settings say.

    Raises:
        SettingsError: No account is set up, a part is missing, or the address is not safe for tokens.
    """
    return resolve(current()) if _demo is None else in_demo(_demo(), _demo_gateway)


def management() -> Management:
    """Return where gateways are made and read, and with which token: the demo's own while the demo is on.

    Raises:
        SettingsError: The account or the token is not known, or the address is not safe for a token.
    """
    if _demo is None:
        return resolve_management(current())
    found = _demo().management
    if found is None:
        raise SettingsError("management_token_missing")
    return found


def _default_home() -> Path:
    import platformdirs

    return platformdirs.user_data_path("pvideo")


def _environment() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, variables in _ENVIRONMENT.items():
        variable = next((item for item in variables if os.getenv(item)), None)
        if variable:
            found[name] = _read_token(variable) if name in TOKENS else os.getenv(variable)
    return found


def _read_token(variable: str) -> Secret:
    """Return a token of the environment; its value is in no frame of ours, so that no traceback shows it.

    `os.getenv` here and elsewhere: a verbose traceback of IPython prints what a failing line names, and ``os.environ`` is every token.
    """
    return made(lambda: os.getenv(variable, ""), f"{variable}, environment")


def _in_child() -> None:
    """In a forked child: the lock may have been another thread's, which did not come along."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
