"""Many videos of one prompt: every combination of the inputs that are varied, as one thing to wait for, cancel and look at."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

from pvideo import settings
from pvideo.arguments import CALLBACK, SECONDS, takes
from pvideo.errors import PVideoError
from pvideo.job import naming
from pvideo.job.board import Board, count_words
from pvideo.job.budget import permit
from pvideo.job.engine import Engine
from pvideo.job.observers import Observers
from pvideo.job.press import press
from pvideo.job.seats import total
from pvideo.job.shown import Shown
from pvideo.job.thread import uncut
from pvideo.job.waiting import over

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pvideo.job.axes import Axis
    from pvideo.job.seats import Seat
    from pvideo.job.video import Video
    from pvideo.model.schema import Model


def _attended() -> bool:
    return naming.names.attended()


class Sweep(Board, Shown):
    """The videos of every combination, in the order of the axes (the last one moves fastest).

    Example::

        board = pvideo.sweep("A {red | blue} boat", seed=range(4), draft=True)
        board.price          # Decimal('0.20'): what is to be paid, all together
        board.wait()[0].path # waits for all
        board.retry()        # only what failed
    """

    attended: ClassVar[Callable[[], bool]] = staticmethod(_attended)
    """Whether somebody can press a button here; the notebook's part sets it."""

    def __init__(self, model: Model, axes: tuple[Axis, ...], seats: list[Seat], *, name: str, again: bool, prefer_wait: bool) -> None:
        super().__init__(model, axes, seats, name=name)
        self._again = again
        self._prefer_wait = prefer_wait
        self._pressing = threading.Lock()
        self._observers = Observers("a sweep")

    @takes()
    def run(self) -> Sweep:
        """Start it, agreeing to its price, also to one that is not known.

        Raises:
            BudgetError: All together are over a budget. Nothing was sent.
            PVideoError: As a press; what was pressed before goes on, and a second call presses the rest.
        """
        return self._press(lambda seat: seat.video is None, again=self._again)

    @takes(timeout=SECONDS)
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
                    count = count_words(len(self), self.model)
                    msg = f"{len(left)} of {count} are not there after {time.monotonic() - begun:.0f} s; they go on."
                    raise TimeoutError(msg)
        return self._result()

    def __await__(self) -> Generator[Any, None, Sweep]:
        return self._arrive().__await__()

    @takes()
    def cancel(self) -> None:
        """Ask for those that are left to be canceled. Free for what waits its turn; what runs, Replicate may still charge."""
        for video in reversed(self.videos):  # those in line first, so that none takes the place of one that goes
            if not over(video.snapshot()):
                video.cancel()

    @takes()
    def retry(self) -> Sweep:
        """Try those again that ended without a file, and only those; it costs `retry_price`.

        Raises:
            PVideoError: As a press.
        """
        return self._press(lambda seat: seat.missing, again=True)

    def replace(self, old: Video, new: Video) -> None:
        """Let `new` stand where `old` stood: a button tried it again."""
        for seat in self._seats:
            if seat.video is old:
                self.sit(seat, new)
        self._observers.tell()

    def sit(self, seat: Seat, video: Video) -> None:
        """Put a video into its place."""
        seat.video = video
        video.observe(lambda _: self._observers.tell())

    @takes(callback=CALLBACK)
    def observe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` with every change of any of them, on the engine's thread; calling the result ends that."""
        return self._observers.add(callback)

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
        self._observers.tell()
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
        price = total(seats)
        if not seats or self.realm == "demo" or price is None:
            return
        check = permit(price, model=self.model.name, day=now.budget_day, session=now.budget_session, confirmed=True)
        check(engine.journal.spent(realm=self.realm, day=engine.tools.clock.day(), session=engine.tools.session))

    def _same_account(self, seats: list[Seat]) -> None:
        """Refuse to make free demo videos paid ones, or the reverse: another price was shown."""
        if seats and settings.endpoint().realm != self.realm:
            raise PVideoError.make("endpoint_gone", where="the demo" if self.realm == "demo" else "your account")

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
