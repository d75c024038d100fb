"""``%pvideo budget``: what was spent, what still runs, and the line that changes the budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from pvideo.library.journal import Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What was spent, in words."""

    session: str
    today: str
    budget: str
    """Of a day; empty when there is none."""
    line: str
    """The whole in one line, empty where nothing is set apart from today."""
    spent: Spent


def spending(*, realm: str = "real") -> Spending:
    """Return what was spent.

    Raises:
        JournalError: The journal cannot be read.
    """
    from pvideo.job.engine import Engine
    from pvideo.model.price import money
    from pvideo.settings import current

    engine, now = Engine.get(), current()
    spent = engine.journal.spent(realm=realm, day=engine.tools.clock.day(), session=engine.tools.session)
    return Spending(
        session=money(spent.session),
        today=money(spent.day),
        budget="" if now.budget_day is None else money(now.budget_day),
        line="",
        spent=spent,
    )


def budget() -> str:
    """Return the report."""
    from pvideo.model.price import money
    from pvideo.settings import current, demo_is_on

    found, now = spending(), current()
    spent = found.spent
    parts = [f"Today {found.today}{_of(now.budget_day)} ({_count(spent)})", f"session {found.session}{_of(now.budget_session)}"]
    if spent.total:
        parts.append(f"this library {money(spent.total)}")
    lines = [" · ".join(parts) + f"     Change: pvideo.configure(budget_day={_next_day(now.budget_day)})"]
    if demo_is_on():
        lines.append("The demo is on: its videos are free and are not counted.")
    return "\n".join(lines)


def _count(spent: Spent) -> str:
    from pvideo.model.price import money

    parts = [f"{spent.ended_count} done {money(spent.day - spent.running)}"]
    if spent.running_count:
        parts.append(f"{spent.running_count} running about {money(spent.running)}")
    return ", ".join(parts)


def _of(limit: Decimal | None) -> str:
    from pvideo.model.price import money

    return "" if limit is None else f" of {money(limit)}"


def _next_day(limit: Decimal | None) -> str:
    return "10" if limit is None or limit < 5 else f"{limit * 2:.0f}"
