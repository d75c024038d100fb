"""``pvideo.gateways``: the account's AI Gateways, made, read and set through Cloudflare's API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pvideo
from pvideo import settings
from pvideo.address import MANAGEMENT_HOST
from pvideo.arguments import FLAG, TEXT, is_number, short, shown, takes
from pvideo.errors import ManagementError, SettingsError
from pvideo.job.limits import limits
from pvideo.wire.gateways import Gateway, RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pvideo.endpoint import Management
    from pvideo.wire.management import Cloud

__all__ = ["Gateway", "Gateways", "RateLimit", "gateways"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KNOWN = ("authentication", "collect_logs", "cache_ttl", "rate_limit", "retries", "byok_only")

NEW: Mapping[str, Any] = {
    "authentication": True,
    "cache_invalidate_on_update": True,
    "cache_ttl": 0,
    "collect_logs": True,
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
    "rate_limiting_technique": "fixed",
}
"""What a new gateway is made with: all that the API requires, and what it was seen to want."""


class Gateways:
    """The gateways of your Cloudflare account.

    They are read with a token of their own (``CLOUDFLARE_API_TOKEN``, "AI Gateway Read"; to make or change one also "Edit").

    Example::

        pvideo.gateways.list()
        pvideo.gateways.create("my-gateway")
        pvideo.gateways.update("my-gateway", rate_limit=(100, 60))
        pvideo.gateways.use("my-gateway")

    Args:
        connect: Opens the API (tests give their own).
    """

    def __init__(self, connect: Callable[[Management], Cloud] | None = None) -> None:
        self._connect = connect or _connect

    @takes()
    def list(self) -> list[Gateway]:
        """Return the account's gateways as they are set.

        Raises:
            SettingsError: No account, or no token for this.
            ManagementError: They could not be read.
        """
        with self._open() as cloud:
            return [_learned(gateway) for gateway in cloud.gateways()]

    @takes(name=TEXT)
    def get(self, name: str = "") -> Gateway:
        """Return one gateway as it is set.

        Args:
            name: Which one; the one that presses go through by default.

        Raises:
            ManagementError: There is none of that name, or it could not be read.
        """
        with self._open() as cloud:
            return _learned(_existing(cloud, name or _current()))

    @takes(name=TEXT)
    def create(self, name: str, **changes: Any) -> Gateway:
        """Make a gateway and return it as it was read back: authentication on, logs on, no cache, no limit, no retries.

        Args:
            name: 1 to 64 letters, digits, dashes and underscores.
            **changes: As for `update`.

        Raises:
            ManagementError: ``gateway_exists``: nothing was changed; or it was refused.
        """
        check_name(name)
        body = {**NEW, **_translated(changes)}
        with self._open() as cloud:
            if cloud.get(name) is not None:
                raise ManagementError("gateway_exists", gateway=name, account=cloud.there.account_id)
            made = cloud.create(name, body)
            made = cloud.get(name) or made
            if body["authentication"] and not made.authentication:
                cloud.update(made, {"authentication": True})
                made = cloud.get(name) or made
            return _learned(made)

    @takes(name=TEXT)
    def update(self, name: str, **changes: Any) -> Gateway:
        """Change some settings of a gateway; all others stay. Return it as it was read back.

        Args:
            name: Which one.
            **changes: ``authentication``, ``collect_logs`` and ``byok_only`` (True or False), ``cache_ttl`` (seconds, 0 is off),
                ``rate_limit`` (``(requests, seconds)``, with ``"sliding"`` as a third for that technique, None for no limit),
                ``retries`` (0 to 5), or any setting by Cloudflare's own name.

        Raises:
            SettingsError: A change does not fit; nothing was changed.
            ManagementError: There is none of that name, or it was refused.
        """
        body = _translated(changes)
        with self._open() as cloud:
            changed = cloud.update(_existing(cloud, name), body)
            return _learned(cloud.get(name) or changed)

    @takes(name=TEXT)
    def delete(self, name: str) -> None:
        """Delete a gateway and its log. Nothing else here ever does that.

        Raises:
            ManagementError: There is none of that name, or it was refused.
        """
        with self._open() as cloud:
            _existing(cloud, name)
            cloud.delete(name)

    @takes(name=TEXT)
    def use(self, name: str) -> Gateway:
        """Send presses of this process through a gateway from now on.

        Raises:
            ManagementError: There is none of that name.
            SettingsError: Its address is not one that tokens may go to.
        """
        with self._open() as cloud:
            found = _learned(_existing(cloud, name))
            if settings.demo_is_on():
                settings.use_demo_gateway(name)
            elif cloud.there.host == MANAGEMENT_HOST:
                settings.configure(account_id=cloud.there.account_id, gateway_id=name, base_url="")
            else:
                settings.configure(account_id=cloud.there.account_id, gateway_id=name, base_url=cloud.url(name))
            return found

    def _open(self) -> Cloud:
        return self._connect(settings.management())

    def __repr__(self) -> str:
        return "pvideo.gateways: list(), get(name), create(name, …), update(name, …), use(name), delete(name)"


def check_name(name: str) -> None:
    """Check a gateway's name (at most 64 characters: Cloudflare's limits page).

    Raises:
        SettingsError: It cannot be one.
    """
    if not _NAME.fullmatch(name) or settings.find_token(name):
        shown = settings.redact(name)[:80]
        advice = "Give 1 to 64 letters, digits, dashes and underscores."
        raise SettingsError("setting_wrong", setting="The gateway's name", problem=f"is {shown!r}", advice=advice)


def _connect(there: Management) -> Cloud:
    from pvideo.wire.management import Cloud

    return Cloud(there, user_agent=f"pvideo/{pvideo.__version__}")


def _existing(cloud: Cloud, name: str) -> Gateway:
    found = cloud.get(name)
    if found is None:
        names = ", ".join(f'"{gateway.name}"' for gateway in cloud.gateways()[:10])
        known = f"these: {names}" if names else "none yet"
        raise ManagementError("gateway_unknown", gateway=name, account=cloud.there.account_id, known=known)
    return found


def _learned(gateway: Gateway) -> Gateway:
    limits.learn(gateway.account, gateway.name, gateway.rate_limit, "Cloudflare")
    return gateway


def _current() -> str:
    name = settings.endpoint().gateway_id
    if not name:
        raise SettingsError("setting_missing", setting="CLOUDFLARE_GATEWAY_ID")
    return name


def _translated(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes under Cloudflare's names."""
    from pvideo.wire.gateways import SETTABLE

    body: dict[str, Any] = {}
    for name, value in changes.items():
        if name == "rate_limit":
            body |= _rate(value)
        elif name == "retries":
            body["retry_max_attempts"] = _whole(name, value, 5) or None
        elif name == "cache_ttl":
            body["cache_ttl"] = _whole(name, value, 31 * 86_400)
        elif name in {"authentication", "collect_logs", "byok_only"} and not FLAG.fits(value):
            raise SettingsError(
                "setting_wrong", setting=name, problem=f"is {FLAG.words}; {shown(value)} was given", advice="Give one of them."
            )
        elif name in SETTABLE:
            body[name] = value
        else:
            raise SettingsError(
                "setting_wrong", setting=short(name), problem="is not a setting of a gateway", advice=f"There are: {', '.join(_KNOWN)}."
            )
    return body


def _rate(value: Sequence[Any] | RateLimit | None) -> dict[str, Any]:
    if isinstance(value, RateLimit):
        value = (value.requests, value.seconds, value.technique)
    given = (0, 0) if value is None else tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(given) not in {2, 3} or (len(given) == 3 and given[2] not in ("fixed", "sliding")):
        advice = 'Give (requests, seconds), or (requests, seconds, "sliding"), or None.'
        raise SettingsError("setting_wrong", setting="rate_limit", problem=f"is {shown(value)}", advice=advice)
    most, seconds = _whole("rate_limit", given[0], 10**9), _whole("rate_limit", given[1], 31 * 86_400)
    technique = {"rate_limiting_technique": given[2]} if len(given) == 3 else {}
    return {"rate_limiting_limit": most, "rate_limiting_interval": seconds, **technique}


def _whole(name: str, value: Any, most: int) -> int:
    if not (isinstance(value, (int, float)) and is_number(value, 0, most) and value == int(value)):
        raise SettingsError("setting_wrong", setting=name, problem=f"is {shown(value)}", advice=f"Give a whole number, 0 to {most}.")
    return int(value)


gateways = Gateways()
"""The gateways of your Cloudflare account; see `Gateways`."""
