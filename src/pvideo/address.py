"""What an address that tokens go to may look like."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pvideo.errors import SettingsError
from pvideo.secrets import find_token, redact

GATEWAY_HOST = "gateway.ai.cloudflare.com"
DIRECT_HOST = "api.replicate.com"
MANAGEMENT_HOST = "api.cloudflare.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# A gateway's name has at most 64 characters (Cloudflare's limits page); ids like "abc123" are fine.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_GATEWAY = "https://gateway.ai.cloudflare.com/v1/{account}/{gateway}/replicate"
_PATHS = {GATEWAY_HOST: rf"/v1/{NAME.pattern}/{NAME.pattern}/replicate", DIRECT_HOST: "/v1"}
_APIS = frozenset({MANAGEMENT_HOST, "dash.cloudflare.com"})
_PROVIDERS = frozenset({"replicate", "compat", "openai", "workers-ai"})
_PARTS = re.compile(r"gateway\.ai\.cloudflare\.com(?::\d+)?/+v1/+([^/?#\s\"'<>]+)/+([^/?#\s\"'<>]+)", re.IGNORECASE)


def check_url(url: str, setting: str, trusted: tuple[str, ...] | None, *, advice: str = "Give https://host/path and nothing more.") -> None:
    """Check an address that tokens are to go to.

    Args:
        url: The address.
        setting: What a message calls it.
        trusted: The hosts that may get tokens; None when none would go there.
        advice: The step where it is no plain address.

    Raises:
        SettingsError: It is no plain address, not https, or not trusted.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.username or parts.password or parts.query or parts.fragment or not host:
        raise SettingsError("setting_wrong", setting=setting, problem="is not a plain address", advice=advice)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise SettingsError("insecure_url", setting=setting, url=redact(f"{parts.scheme}://{host}"))
    if trusted is not None and host not in trusted:
        raise SettingsError("trust_host", setting=setting, host=host)


def check_form(url: str, setting: str) -> str:
    """Return an address as it is used, after a check that its service answers at such a one.

    Args:
        url: What a person set in place of ``https://api.replicate.com/v1``.
        setting: What a message calls it.

    Raises:
        SettingsError: It is not; the advice has the right form, with the account and the gateway that it names.
    """
    plain = url.strip().rstrip("/")
    advice = _advice(plain)
    try:
        parts = urlsplit(plain)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError("setting_wrong", setting=setting, problem="is not a plain address", advice=advice) from None
    known = host in _PATHS or host in _APIS
    if host and not known:
        advice = "Give https://host/path and nothing more."
    check_url(plain, setting, None, advice=advice)
    if known and not (re.fullmatch(_PATHS.get(host, ""), parts.path) and port in {None, 443}):
        raise SettingsError("setting_wrong", setting=setting, problem=_slip(host, parts.path), advice=advice)
    return plain


def _advice(text: str) -> str:
    if DIRECT_HOST in text.lower():
        return f"Give https://{DIRECT_HOST}/v1."
    found = _PARTS.search(text)
    account, gateway = found.groups() if found else ("", "")
    right = {"account": account if _is_name(account) else "ACCOUNT", "gateway": gateway if _is_name(gateway) else "GATEWAY"}
    return f"Give {_GATEWAY.format(**right)}."


def _is_name(text: str) -> bool:
    return NAME.fullmatch(text) is not None and text.lower() not in _PROVIDERS and not find_token(text)


def _slip(host: str, path: str) -> str:
    """Say what is wrong with the path of a known service's address."""
    if host in _APIS:
        return "is Cloudflare's API or dashboard, not a gateway's address"
    if host == DIRECT_HOST:
        return "is not where Replicate's API is"
    segments = [part for part in path.split("/") if part]
    if segments[3:4] == ["replicate"] and len(segments) > 4:
        return "goes on after /replicate"
    if segments[2:] == ["replicate"]:
        return "names an account or a gateway, not both"
    return "is not a gateway's address for Replicate: account, gateway, /replicate at the end"
