"""What may be spent, checked before anything is sent; and what a card says about money."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from pvideo.errors import BudgetError, fill, texts
from pvideo.model.price import Price, made_text, money

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.library.journal import Spent
    from pvideo.library.rows import JobRow

_FREE_ENDS = frozenset({"aborted", "rejected"})
"""Ended before it ran: not billed (Replicate's changelog on deadlines), or refused."""


def permit(price: Decimal | None, *, model: str, day: Decimal | None, session: Decimal | None, confirmed: bool) -> Callable[[Spent], None]:
    """Return what says no, by raising, when one more job is over a budget.

    Args:
        price: Of the press, or None when no price is listed for its model.
        model: Its model, for the message.
        day: The budget of a day, None for none.
        session: The budget of this session, None for none.
        confirmed: Whether a person agreed to a price that is not known.
    """

    def check(spent: Spent) -> None:
        if price is None:
            if not confirmed and (day is not None or session is not None):
                raise BudgetError("price_unknown", model=model)
            return
        for period, before, limit, setting in (
            ("today", spent.day, day, "budget_day"),
            ("this session", spent.session, session, "budget_session"),
        ):
            if limit is not None and before + price > limit:
                raise _reached(price, period, before + price, limit, setting)

    return check


def cost_text(row: JobRow, status: str) -> str:
    """Return what stands at the right of a card, in words."""
    words: dict[str, str] = texts()["money"]
    if row.realm == "demo":
        unknown = row.cost is None and row.estimate is None and row.estimate_text == words["unknown"]
        return words["free_unknown"] if unknown else fill(words["free"], price=money(row.cost) if row.cost else row.estimate_text)
    if status in _FREE_ENDS or row.cost == 0:
        return words["nothing"]
    if status in {"failed", "canceled"}:
        return words["billing"]
    if status == "unconfirmed":
        return fill(words["at_most"], price=row.estimate_text)
    if row.cost is None and row.finished and row.estimate is not None:
        return words["not_told"]
    return _made(row) if row.cost is not None else row.estimate_text


def _made(row: JobRow) -> str:
    asked, seconds = row.input.get("duration"), row.seconds
    length = Decimal(str(asked)) if isinstance(asked, (int, float)) else None
    estimate = Price(amount=row.estimate, seconds=length, upper_bound=row.upper_bound)
    return made_text(estimate, Price(amount=row.cost, seconds=None if seconds is None else Decimal(str(seconds))))


def _reached(price: Decimal, period: str, total: Decimal, limit: Decimal, setting: str) -> BudgetError:
    enough = total.to_integral_value(ROUND_CEILING)
    line = f"pvideo.configure({setting}={enough})"
    return BudgetError("budget_reached", price=money(price), period=period, sum=money(total), budget=money(limit), line=line)
