"""What a setting may be: each value as the type of its field, or an error that says which and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pvideo import metadata as log_metadata
from pvideo.account import TOKENS
from pvideo.address import NAME
from pvideo.arguments import FLAG, INPUTS, TEXT, Rule, is_flag, is_number, is_path, named, one_of, path_of, shown
from pvideo.errors import SettingsError
from pvideo.guard import refuse_tokens
from pvideo.secrets import Secret, find_token

_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_JUDGED = frozenset({"inputs", "label", "metadata", "stored_key"})
"""Settings that say in their own words, or by the model's, what of them may be no token."""


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
    if name not in _JUDGED:
        refuse_tokens(value)
    if name in _TEXTS and value is None:
        value = ""
    rule = _RULES.get(name)
    if rule is not None and not rule.fits(value):
        advice = f"For example {name}={rule.example}."
        raise SettingsError("setting_wrong", setting=name, problem=f"is {rule.words}; {shown(value)} was given", advice=advice)
    read = _READERS.get(name)
    return value if read is None else read(name, value)


def _metadata(name: str, value: Any) -> Any:
    """Return what a create carries for the gateway's log."""
    if name == "label":
        return log_metadata.check({"label": value}, setting="label")["label"]
    return log_metadata.check({} if value is None else value)


def _name(name: str, value: str) -> str:
    if value and not NAME.fullmatch(value):
        problem = f"is {shown(value)}; a name has at most 64 letters, digits, dashes, dots and underscores"
        raise SettingsError("setting_wrong", setting=name, problem=problem, advice="Copy it from the dashboard, AI > AI Gateway.")
    return value


def _alias(name: str, value: str) -> str:
    if value and (not _ALIAS.fullmatch(value) or find_token(value)):
        advice = "Give the alias it was stored under, not the key."
        raise SettingsError("setting_wrong", setting=name, problem="is no alias of a stored key", advice=advice)
    return value


def _prices(_: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return price lists as `pvideo.model.price` reads them; the short form is dollars per run."""
    lists = {model: _price_list(given) for model, given in value.items()}
    for model, found in lists.items():
        if found is None:
            advice = 'Give dollars per run, or {"per": "second", "usd": 0.15} (per second, output or run).'
            problem = f"is no price; {shown(value[model])} was given"
            raise SettingsError("setting_wrong", setting=f"prices[{shown(model)}]", problem=problem, advice=advice)
    return lists


def _price_list(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, Mapping):
        given = {"per": "run", "usd": given}
    rates = given.get("rates", [{"usd": given.get("usd")}])
    known = given.get("per", "second") in ("second", "output", "run") and isinstance(rates, list) and all(map(_is_rate, rates))
    return {**{name: given[name] for name in ("per", "seconds", "outputs") if name in given}, "rates": rates} if known and rates else None


def _is_rate(rate: Any) -> bool:
    if not isinstance(rate, Mapping) or not isinstance(rate.get("when", {}), Mapping):
        return False
    return is_dollars(rate.get("usd"))


def is_dollars(value: Any) -> bool:
    """Return whether a value is a sum of money: a number, or a text that is one."""
    if is_flag(value):
        return False
    try:
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return False
    return amount.is_finite() and amount >= 0


def _rate(name: str, value: Any) -> tuple[int, float] | None:
    if value is None:
        return None
    try:
        requests, seconds = value
        fits = int(requests) == requests and requests >= 1 and 1 <= float(seconds) <= 86_400
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        advice = "Give (requests, seconds), for example (100, 60)."
        raise SettingsError("setting_wrong", setting=name, problem=f"is {shown(value)}", advice=advice)
    return int(requests), float(seconds)


def _dollars(_: str, value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _hosts(_: str, value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _are_hosts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(host, str) for host in value))


_TEXTS = frozenset({"account_id", "gateway_id", "base_url", "stored_key", "management_url", "label"})
_FOLDER = Rule("a path", is_path, '"clips"')
_MONEY = Rule("a sum in US dollars, or None for none", is_dollars, "5.00").or_none()
_DIRECT = one_of("gateway", "direct")

_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_TEXTS, TEXT),
    **dict.fromkeys(("autoplay", "log_payload", "send_ratings"), FLAG),
    **dict.fromkeys(("budget_session", "budget_day"), _MONEY),
    **dict.fromkeys(("folder", "home"), _FOLDER),
    **dict.fromkeys(("reconcile", "upload"), _DIRECT),
    "confirm_over": Rule("a sum in US dollars", is_dollars, "1.00"),
    # Replicate takes 5 s to 24 h (its OpenAPI document, Cancel-After).
    "deadline": Rule("5 to 86400 s", lambda value: is_number(value, 5, 86_400), "600"),
    "inputs": INPUTS,
    "model": Rule("a model's name", lambda value: isinstance(value, str) and value.strip() != "", '"prunaai/p-video"'),
    "prices": Rule("a dict of prices by model", named, '{"google/nano-banana": 0.039}'),
    "trust_host": Rule("a host's name, or a list of them", _are_hosts, '"gateway.example.com"'),
}
_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("account_id", "gateway_id"), _name),
    **dict.fromkeys(("budget_session", "budget_day", "confirm_over"), _dollars),
    **dict.fromkeys(("folder", "home"), lambda _, value: path_of(value)),
    **dict.fromkeys(("label", "metadata"), _metadata),
    "deadline": lambda _, value: float(value),
    "inputs": lambda _, value: dict(value),
    "prices": _prices,
    "rate_limit": _rate,
    "stored_key": _alias,
    "trust_host": _hosts,
}
