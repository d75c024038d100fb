"""The places of a sweep: what each is asked for, what it costs, and its video once it was pressed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pvideo.job.tally import standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pvideo.job.axes import Combination
    from pvideo.job.video import Video

_MISSING = frozenset({"failed", "canceled"})
"""How a place stands whose video ended without a file."""


@dataclass(slots=True, eq=False)
class Seat:
    """One combination, with its video once it was pressed."""

    combination: Combination
    typed: dict[str, Any]
    """As the journal keeps it: what the press is recognised by."""
    inputs: dict[str, Any]
    """As a press takes it."""
    price: Decimal | None
    video: Video | None = None

    @property
    def standing(self) -> str:
        """What its video counts as; empty where there is none."""
        return "" if self.video is None else standing(self.video.snapshot())

    @property
    def missing(self) -> bool:
        """Whether its video ended without a file: failed, refused, canceled, expired."""
        return self.standing in _MISSING


def total(seats: Iterable[Seat]) -> Decimal | None:
    """Return what places cost together, in US dollars; None where a price is not known."""
    prices = [seat.price for seat in seats]
    return None if None in prices else sum((price for price in prices if price is not None), Decimal(0))
