"""Prices that a person gives, by model: read here, used by `pvideo.model.price`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pvideo.errors import SettingsError
from pvideo.secrets import redact


def price_lists(value: Any) -> dict[str, Any]:
    """Return a person's price lists as `pvideo.model.price` reads them; the short form is dollars per run.

    Raises:
        SettingsError: One is no price list.
    """
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
