"""How a sweep stands: its videos in the order of its axes, what they cost and will cost, and the words for it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from decimal import ROUND_CEILING
from typing import TYPE_CHECKING, overload

from pvideo import settings
from pvideo.errors import BudgetError, fill, texts
from pvideo.job.engine import Engine
from pvideo.job.seats import total
from pvideo.job.tally import tally
from pvideo.job.video import Video
from pvideo.model.price import money

if TYPE_CHECKING:
    from decimal import Decimal

    from pvideo.job.axes import Axis, Combination
    from pvideo.job.seats import Seat
    from pvideo.job.tally import Tally
    from pvideo.job.turns import Turns
    from pvideo.model.schema import Model


class Board(Sequence[Video]):
    """The half of a `pvideo.Sweep` that is read.

    Args:
        model: What makes the videos.
        axes: What is varied.
        seats: A place for every combination.
        name: What it was called in the cell, or empty.
    """

    def __init__(self, model: Model, axes: tuple[Axis, ...], seats: list[Seat], *, name: str) -> None:
        self.id = uuid.uuid4().hex
        """Under which the journal keeps it."""
        self.name = name
        self.model = model
        self.axes = axes
        self.realm = "real"
        self.base_url: str | None = None
        """Where its presses go."""
        self._seats = seats

    @property
    def combinations(self) -> tuple[Combination, ...]:
        """What each video is asked for."""
        return tuple(seat.combination for seat in self._seats)

    @property
    def videos(self) -> tuple[Video, ...]:
        """The videos that were pressed: all of them, unless it waits for your word."""
        return tuple(seat.video for seat in self._seats if seat.video is not None)

    @property
    def places(self) -> tuple[Video | None, ...]:
        """The video of each combination; None where it was not pressed yet."""
        return tuple(seat.video for seat in self._seats)

    @property
    def failed(self) -> tuple[Video, ...]:
        """The videos that ended without a file: failed, refused, canceled, expired."""
        return tuple(seat.video for seat in self._seats if seat.video is not None and seat.missing)

    @property
    def started(self) -> bool:
        """Whether every combination was pressed."""
        return all(seat.video is not None for seat in self._seats)

    @property
    def price(self) -> Decimal | None:
        """What a start pays, in US dollars, without what is in the library; None where a price is not known."""
        return total([seat for seat in self._seats if seat.video is None or not seat.video.snapshot().reused])

    @property
    def to_pay(self) -> Decimal | None:
        """What is not pressed yet, in US dollars."""
        return total([seat for seat in self._seats if seat.video is None])

    @property
    def retry_price(self) -> Decimal | None:
        """What `retry` pays, in US dollars."""
        return total([seat for seat in self._seats if seat.missing])

    @property
    def cost(self) -> Decimal:
        """What is known to be paid so far, in US dollars."""
        return self.tally().cost

    @property
    def title(self) -> str:
        """What it is, in words: ``8 videos: seed 1–4 × 720p, 1080p``."""
        count = count_words(len(self), self.model)
        axes = " × ".join(axis.title for axis in self.axes)
        return f"{count}: {axes}" if axes else count

    def tally(self) -> Tally:
        """Return how it stands now."""
        snapshots = [video.snapshot() for video in self.videos]
        turns = self._turns()
        hold = turns.hold - time.monotonic() if turns is not None and turns.apart else 0.0
        return tally(snapshots, now=Engine.get().tools.clock.wall(), count=len(self), pace=turns.apart if turns else 0.0, hold=hold)

    @property
    def a_minute(self) -> int:
        """How many creates a minute Replicate takes on this account; 0 where it did not say that it takes few."""
        turns = self._turns()
        return int(60 / turns.apart + 0.5) if turns is not None and turns.apart else 0

    def __len__(self) -> int:
        return len(self._seats)

    @overload
    def __getitem__(self, index: int) -> Video: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Video, ...]: ...

    def __getitem__(self, index: int | slice) -> Video | tuple[Video, ...]:
        """Return the video of a combination.

        Raises:
            BudgetError: It was not started yet.
        """
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self))))
        video = self._seats[index].video
        if video is None:
            raise self.unstarted()
        return video

    @property
    def cost_text(self) -> str:
        """What was paid so far, in words."""
        return fill(texts()["money"]["free"], price=money(self.cost)) if self.realm == "demo" else money(self.cost)

    def unstarted(self) -> BudgetError:
        """Return the error that names the price and the way on."""
        price, limit = self.to_pay, settings.current().confirm_over
        words = texts()["sheet"]
        count = count_words(sum(seat.video is None for seat in self._seats), self.model)
        values = {"count": count, "price": _amount(price), "limit": money(limit)}
        reason = fill(words["asks_unknown" if price is None else "asks"], **values)
        enough = "" if price is None else f" pvideo.configure(confirm_over={price.to_integral_value(ROUND_CEILING)}) asks less often."
        return BudgetError("confirm_needed", reason=reason, name=self.name or "the sweep", enough=enough)

    def __repr__(self) -> str:
        if not self.started:
            return f"Sweep({self.name!r}, {self.title}, not started, {_amount(self.to_pay)})"
        now = self.tally()
        words = ("running", "waiting", "failed", "canceled", "unconfirmed")
        rest = [f"{getattr(now, word)} {word}" for word in words if getattr(now, word)]
        return f"Sweep({', '.join([repr(self.name), self.title, f'{now.done} of {now.count} done', *rest, self.cost_text])})"

    def _turns(self) -> Turns | None:
        """Return the line of creates that its videos stand in."""
        return None if self.base_url is None else Engine.get().tools.lines.get(self.base_url)


def count_words(count: int, model: Model) -> str:
    """Return ``1 video``, ``8 videos``; for a model that makes something else ``8 images``, ``8 results``."""
    words = texts()["sheet"]
    word = model.output if model.output in {"video", "image"} else "result"
    return fill(words[word if count == 1 else f"{word}s"], count=count)


def _amount(price: Decimal | None) -> str:
    return texts()["money"]["unknown"] if price is None else money(price)
