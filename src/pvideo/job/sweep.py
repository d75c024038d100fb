"""Many videos of one prompt: every combination of the inputs that are varied, as one thing to wait for, cancel and look at."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, ClassVar, overload

from pvideo import settings
from pvideo.errors import BudgetError, PVideoError, fill, texts
from pvideo.job.budget import permit
from pvideo.job.engine import Engine
from pvideo.job.press import press
from pvideo.job.tally import Tally, standing, tally
from pvideo.job.thread import uncut
from pvideo.job.video import Video
from pvideo.job.waiting import over
from pvideo.model.price import money

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pvideo.job.axes import Axis, Combination
    from pvideo.job.turns import Turns
    from pvideo.model.schema import Model

_MISSING = frozenset({"failed", "canceled"})


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


class Sweep(Sequence[Video]):
    """The videos of every combination, in the order of the axes (the last one moves fastest).

    Example::

        board = pvideo.sweep("A {red | blue} boat", seed=range(4), draft=True)
        board.price          # Decimal('0.20'): what is to be paid, all together
        board.wait()[0].path # waits for all
        board.retry()        # only what failed
    """

    display_hook: ClassVar[Callable[[Sweep], Any] | None] = None
    """Shows the contact sheet; the notebook's part sets it."""

    attended: ClassVar[Callable[[], bool]] = staticmethod(lambda: True)
    """Whether somebody can press a button here; the notebook's part sets it."""

    def __init__(self, model: Model, axes: tuple[Axis, ...], seats: list[Seat], *, name: str, again: bool, prefer_wait: bool) -> None:
        self.id = uuid.uuid4().hex
        """Under which the journal keeps it."""
        self.name = name
        self.model = model
        self.axes = axes
        self.realm = "real"
        self.base_url: str | None = None
        """Where its presses go."""
        self._seats = seats
        self._again = again
        self._prefer_wait = prefer_wait
        self._pressing = threading.Lock()
        self._observers: list[Callable[[], None]] = []

    # What it is

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
        return tuple(video for video in self.videos if standing(video.snapshot()) in _MISSING)

    @property
    def started(self) -> bool:
        """Whether every combination was pressed."""
        return all(seat.video is not None for seat in self._seats)

    @property
    def price(self) -> Decimal | None:
        """What a start pays, in US dollars, without what is in the library; None where a price is not known."""
        return self._sum([seat for seat in self._seats if seat.video is None or not seat.video.snapshot().reused])

    @property
    def to_pay(self) -> Decimal | None:
        """What is not pressed yet, in US dollars."""
        return self._sum([seat for seat in self._seats if seat.video is None])

    @property
    def retry_price(self) -> Decimal | None:
        """What `retry` pays, in US dollars."""
        return self._sum([seat for seat in self._seats if seat.standing in _MISSING])

    @property
    def cost(self) -> Decimal:
        """What is known to be paid so far, in US dollars."""
        return self.tally().cost

    @property
    def title(self) -> str:
        """What it is, in words: ``8 videos: seed 1–4 × 720p, 1080p``."""
        count = count_words(len(self))
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

    # What can be done

    def run(self) -> Sweep:
        """Start it, agreeing to its price, also to one that is not known.

        Raises:
            BudgetError: All together are over a budget. Nothing was sent.
            PVideoError: As a press; what was pressed before goes on, and a second call presses the rest.
        """
        return self._press(lambda seat: seat.video is None, again=self._again)

    def wait(self, timeout: float | None = None) -> Sweep:
        """Wait until nothing more happens to any of them, and return this sweep. An interrupt ends the waiting, not the jobs.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            PredictionError: Some were not made (``sweep_incomplete``); the others are kept.
            BudgetError: It was not started yet.
            TimeoutError: They were not there in time; they go on.
        """
        begun = time.monotonic()
        while (left := [video for video in self if not over(video.snapshot())]) != []:
            for video in left:
                rest = None if timeout is None else timeout - (time.monotonic() - begun)
                if not video._feed.wait(over, rest):  # noqa: SLF001 - of this room
                    msg = f"{len(left)} of {count_words(len(self))} are not there after {time.monotonic() - begun:.0f} s; they go on."
                    raise TimeoutError(msg)
        return self._result()

    def __await__(self) -> Generator[Any, None, Sweep]:
        return self._arrive().__await__()

    def cancel(self) -> None:
        """Ask for those that are left to be canceled. Free for what waits its turn; what runs, Replicate may still charge."""
        for video in reversed(self.videos):  # those in line first, so that none takes the place of one that goes
            if not over(video.snapshot()):
                video.cancel()

    def retry(self) -> Sweep:
        """Try those again that ended without a file, and only those; it costs `retry_price`.

        Raises:
            PVideoError: As a press.
        """
        return self._press(lambda seat: seat.standing in _MISSING, again=True)

    def replace(self, old: Video, new: Video) -> None:
        """Let `new` stand where `old` stood: a button tried it again."""
        for seat in self._seats:
            if seat.video is old:
                self.sit(seat, new)
        self._tell()

    def observe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` with every change of any of them, on the engine's thread; calling the result ends that."""
        self._observers.append(callback)

        def stop() -> None:
            if callback in self._observers:
                self._observers.remove(callback)

        return stop

    def unstarted(self) -> BudgetError:
        """Return the error that names the price and the way on."""
        price, limit = self.to_pay, settings.current().confirm_over
        words = texts()["sheet"]
        values = {"count": count_words(sum(seat.video is None for seat in self._seats)), "price": _amount(price), "limit": money(limit)}
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

    @property
    def cost_text(self) -> str:
        """What was paid so far, in words."""
        return fill(texts()["money"]["free"], price=money(self.cost)) if self.realm == "demo" else money(self.cost)

    def _ipython_display_(self) -> None:
        hook = type(self).display_hook
        if hook is None:
            raise NotImplementedError  # IPython then shows the repr
        hook(self)

    # Inside

    def _press(self, wanted: Callable[[Seat], bool], *, again: bool) -> Sweep:
        def press_all() -> None:
            with self._pressing:  # two clicks are one press: the second finds nothing left
                seats = [seat for seat in self._seats if wanted(seat)]
                self._same_account(seats)
                self._permit(seats)
                for seat in seats:
                    self._press_one(seat, again=again)

        uncut(press_all)  # an interrupt must not leave half a sweep on its way that nobody holds
        self._tell()
        return self

    def _press_one(self, seat: Seat, *, again: bool) -> None:
        shown = seat.video.snapshot() if seat.video is not None else None
        # What was made once and has gone is made with its own seed.
        same = {"seed": shown.seed} if shown is not None and shown.status == "expired" and "seed" not in shown.typed else {}
        made = press(
            self.model,
            {**seat.inputs, **same},
            name=f"{self.name}[{self._seats.index(seat)}]" if self.name else "",
            template=seat.combination.template,
            again=again,
            reuse=not again,
            prefer_wait=self._prefer_wait,
            confirm=True,
            defaults=False,
            sweep=self.id,
        )
        self.sit(seat, made)

    def _permit(self, seats: list[Seat]) -> None:
        """Ask the budget for all of them before the first is sent."""
        engine, now = Engine.get(), settings.current()
        total = self._sum(seats)
        if not seats or self.realm == "demo" or total is None:
            return
        check = permit(total, model=self.model.name, day=now.budget_day, session=now.budget_session, confirmed=True)
        check(engine.journal.spent(realm=self.realm, day=engine.tools.clock.day(), session=engine.tools.session))

    def _same_account(self, seats: list[Seat]) -> None:
        """Refuse to make free demo videos paid ones, or the reverse: another price was shown."""
        if seats and settings.endpoint().realm != self.realm:
            raise PVideoError.make("endpoint_gone", where="the demo" if self.realm == "demo" else "your account")

    def sit(self, seat: Seat, video: Video) -> None:
        """Put a video into its place."""
        seat.video = video
        video.observe(lambda _: self._tell())

    def _tell(self) -> None:
        for observer in tuple(self._observers):
            observer()

    def _turns(self) -> Turns | None:
        """Return the line of creates that its videos stand in."""
        return None if self.base_url is None else Engine.get().tools.lines.get(self.base_url)

    @staticmethod
    def _sum(seats: list[Seat]) -> Decimal | None:
        prices = [seat.price for seat in seats]
        return None if None in prices else sum((price for price in prices if price is not None), Decimal(0))

    def _result(self) -> Sweep:
        lost = [seat for seat in self._seats if seat.video is not None and seat.video.snapshot().path is None]
        if not lost:
            return self
        error = lost[0].video.snapshot().error if lost[0].video is not None else None
        problem = f"{error.title}. {error.sentence}" if error is not None else ""
        title = lost[0].combination.title or self.name
        raise PVideoError.make(
            "sweep_incomplete", missing=len(lost), count=len(self), combination=title, problem=problem, name=self.name or "The sweep's"
        )

    async def _arrive(self) -> Sweep:
        while (left := [video for video in self if not over(video.snapshot())]) != []:
            for video in left:
                try:
                    await video
                except PVideoError:
                    continue
        return self._result()


def count_words(count: int) -> str:
    """Return ``1 video``, ``8 videos``."""
    words = texts()["sheet"]
    return fill(words["video" if count == 1 else "videos"], count=count)


def _amount(price: Decimal | None) -> str:
    return texts()["money"]["unknown"] if price is None else money(price)
