"""What a setting may be: each value as the type of its field, or an error that says which and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pvideo import metadata as log_metadata
from pvideo.account import TOKENS
from pvideo.errors import SettingsError
from pvideo.secrets import Secret, find_token, redact

if TYPE_CHECKING:
    from collections.abc import Callable

GATEWAY_HOST = "gateway.ai.cloudflare.com"
DIRECT_HOST = "api.replicate.com"
MANAGEMENT_HOST = "api.cloudflare.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# A gateway's name has at most 64 characters (Cloudflare's limits page); ids like "abc123" are fine.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_GATEWAY = "https://gateway.ai.cloudflare.com/v1/{account}/{gateway}/replicate"
_PATHS = {GATEWAY_HOST: rf"/v1/{_NAME.pattern}/{_NAME.pattern}/replicate", DIRECT_HOST: "/v1"}
_APIS = frozenset({MANAGEMENT_HOST, "dash.cloudflare.com"})
_PROVIDERS = frozenset({"replicate", "compat", "openai", "workers-ai"})
_PARTS = re.compile(r"gateway\.ai\.cloudflare\.com(?::\d+)?/+v1/+([^/?#\s\"'<>]+)/+([^/?#\s\"'<>]+)", re.IGNORECASE)
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WORDS = {"reconcile": ("gateway", "direct"), "upload": ("gateway", "direct")}


def _secret(value: object, source: str) -> Secret:
    if isinstance(value, Secret):
        return value
    return made(lambda: str(value), source)


def made(read: Callable[[], str], source: str) -> Secret:
    """Return the token that `read` gives; it stays out of every frame of ours.

    Raises:
        SettingsError: It is no token.
    """
    try:
        return Secret.read(read, source)
    except ValueError:
        raise SettingsError("setting_wrong", setting=source, problem="is not a token", advice="Give it again: %pvideo setup.") from None


def fit(name: str, value: Any) -> Any:
    """Return `value` as the type of the field `name`."""
    if name in TOKENS:
        return None if value is None else _secret(value, f"{name}, configure")
    if name in {"budget_session", "budget_day", "confirm_over"}:
        return _dollars(name, value)
    if name == "deadline":
        return _deadline(value)
    if name in _WORDS:
        return _word(name, value)
    if name in {"label", "metadata"}:
        return _carried(name, value)
    return _plain(name, value)


def _carried(name: str, value: Any) -> Any:
    """Return what a create carries for the gateway's log."""
    if name == "label":
        return log_metadata.check({"label": "" if value is None else value}, setting="label")["label"]
    return log_metadata.check({} if value is None else value)


def _word(name: str, value: Any) -> Any:
    """Return a value that is one of a few words."""
    if value not in _WORDS[name]:
        advice = "Give " + " or ".join(f'"{word}"' for word in _WORDS[name]) + "."
        raise SettingsError("setting_wrong", setting=name, problem=f"is {value!r}", advice=advice)
    return value


def _plain(name: str, value: Any) -> Any:
    """Return names, hosts and inputs; what has no rule of its own passes."""
    if name in {"folder", "home"}:
        return Path(value).expanduser()
    if name == "trust_host":
        return (value,) if isinstance(value, str) else tuple(value)
    if name in {"account_id", "gateway_id"} and value and not _NAME.fullmatch(str(value)):
        problem = f"is {str(value)[:80]!r}; a name has at most 64 letters, digits, dashes, dots and underscores"
        raise SettingsError("setting_wrong", setting=name, problem=redact(problem), advice="Copy it from the dashboard, AI > AI Gateway.")
    if name == "stored_key" and value and (not _ALIAS.fullmatch(str(value)) or find_token(str(value))):
        advice = "Give the alias it was stored under, not the key."
        raise SettingsError("setting_wrong", setting=name, problem="is no alias of a stored key", advice=advice)
    readers: dict[str, Callable[[Any], Any]] = {"rate_limit": _rate, "prices": _prices, "inputs": dict}
    return readers[name](value) if name in readers else value


def _prices(value: Any) -> dict[str, Any]:
    """Return price lists as `pvideo.model.price` reads them; the short form is dollars per run."""
    lists = {str(model): _price_list(given) for model, given in dict(value).items()}
    for model, found in lists.items():
        if found is None:
            advice = 'Give dollars per run, or {"per": "second", "usd": 0.15} (per second, output or run).'
            raise SettingsError("setting_wrong", setting=f"prices[{redact(model)[:80]!r}]", problem="is no price", advice=advice)
    return lists


def _price_list(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, Mapping):
        given = {"per": "run", "usd": given}
    rates = given.get("rates", [{"usd": given.get("usd")}])
    known = given.get("per", "second") in {"second", "output", "run"} and isinstance(rates, list) and all(map(_is_rate, rates))
    return {**{name: given[name] for name in ("per", "seconds", "outputs") if name in given}, "rates": rates} if known and rates else None


def _is_rate(rate: Any) -> bool:
    if not isinstance(rate, Mapping) or isinstance(rate.get("usd"), bool):
        return False
    try:
        amount = Decimal(str(rate.get("usd")))
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0


def _rate(value: Any) -> tuple[int, float] | None:
    if value is None:
        return None
    try:
        requests, seconds = value
        fits = int(requests) == requests and requests >= 1 and 1 <= float(seconds) <= 86_400
    except (TypeError, ValueError):
        fits = False
    if not fits:
        advice = "Give (requests, seconds), for example (100, 60)."
        raise SettingsError("setting_wrong", setting="rate_limit", problem=f"is {value!r}", advice=advice)
    return int(requests), float(seconds)


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
    return _NAME.fullmatch(text) is not None and text.lower() not in _PROVIDERS and not find_token(text)


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
