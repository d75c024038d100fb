"""From ``created`` to the end that Replicate tells: looks on a schedule, through trouble, with a cancel when asked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError
from pvideo.job import ends
from pvideo.job.clock import HOUR
from pvideo.job.live import expected_kind
from pvideo.job.schedule import GRACE, TOLERATED, expect, look_again, next_look, sharpen
from pvideo.wire.output import is_ours, text_so_far
from pvideo.wire.verdict import LookFailed, Verdict

if TYPE_CHECKING:
    from pvideo.job.course import Course
    from pvideo.wire.prediction import Prediction

logger = logging.getLogger(__name__)

_RANK = {"starting": 0, "processing": 1}
_PASSING = frozenset({"connection_lost", "token_revoked", "gateway_busy", "replicate_busy"})
_CANCELS = 4
_REVOKED_WAIT = 15.0


class Watch:
    """The looks at one prediction."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.troubles = 0
        self.cancels = 0
        self.canceled = False
        self.looked = False
        self.asked_wait: float | None = None
        self.known = course.live.expected or expect([], course.row.input)
        self.seen: list[tuple[float, float]] = []
        """What the log said: seconds since sent, and how far it was."""

    async def run(self) -> None:
        """Look until the prediction ends, is not to be seen, or its hour is over."""
        course = self.course
        prediction, course.latest = course.latest, None
        if prediction is not None and not course.row.prefer_wait and course.row.created_at is not None:
            # Made somewhere between the sending and the answer: the server's times are counted from the middle.
            course.head = min(course.tools.clock.since_sent(course.row), 5.0) / 2
        while course.row.state in {"created", "running"}:
            if prediction is not None and await self._digest(prediction):
                return
            if self.looked and prediction is None and self._late() and await ends.too_late(course):
                return
            wait = self._wait()
            self._tell_next(course.tools.clock.wall() + wait)
            prediction = await self._ask_cancel() if self._cancel_due() else await self._turn(wait)

    def _tell_next(self, moment: float) -> None:
        """Publish the next look's time where the card counts down to it; else it is no news of its own."""
        if self.course.live.phase:
            self.course.show(next_at=moment)
        else:
            self.course.live.next_at = moment

    async def _digest(self, prediction: Prediction) -> bool:
        """Take in what a look shows; return whether the watch is over."""
        course = self.course
        self._recovered()
        if prediction.terminal or (prediction.data_removed and prediction.output is None):
            await ends.end(course, prediction)
            return True
        await self._progress(prediction)
        outputs = course.sources(prediction) if prediction.output is not None and course.fetching is None else ()
        if outputs and not any(map(is_ours, outputs)):
            # Seen while `processing` with a held-back answer: shown and fetched at once, the price waits for the final look.
            from pvideo.job.saving import begin_early

            await begin_early(course, outputs)
        if course.tools.clock.since_sent(course.row) > course.row.deadline + GRACE:
            await self._overdue()
        return course.row.state not in {"created", "running"}

    async def _progress(self, prediction: Prediction) -> None:
        """Note what is new: a status never goes back, an unknown word is kept."""
        row = self.course.row
        shown: dict[str, Any] = {"logs": prediction.logs, "progress": prediction.progress}
        if text := text_so_far(prediction.output, expected_kind(row.model)):
            shown["text"] = text
        goes_back = _RANK.get(prediction.status, 2) < _RANK.get(row.status, -1)
        changes: dict[str, Any] = {}
        if not goes_back and prediction.status != row.status:
            changes["status"] = prediction.status
        if row.state != "running" and prediction.status != "starting":
            changes["state"] = "running"
        if row.created_at is None and prediction.created_at is not None:
            changes["created_at"] = prediction.created_at.timestamp()
        if prediction.progress is not None and prediction.progress > (self.seen[-1][1] if self.seen else 0.0):
            self.seen.append((self.course.tools.clock.since_sent(row), prediction.progress))
        if changes:
            await self.course.record(**changes, show=shown)
        else:
            self.course.show(**shown)

    async def _overdue(self) -> None:
        """Its own limit is long over and Replicate still says that it runs: cancel it once, and end here."""
        prediction = await self._ask_cancel()
        if prediction is not None and prediction.terminal:
            await ends.end(self.course, prediction)
        elif self.canceled or self.cancels >= _CANCELS:
            await ends.timed_out(self.course)

    async def _turn(self, wait: float) -> Prediction | None:
        """Look when it is due: a list that answers for all may come first, a cancel too."""
        listed = await self.course.tools.desk(self.course.row).turn(self.course, wait, self._cancel_due)
        if listed is not None:
            self.looked = True
            return listed.cleaned()
        return await self._ask_cancel() if self._cancel_due() else await self._look()

    async def _look(self) -> Prediction | None:
        course = self.course
        reached = course.reach()
        if reached is None or course.row.prediction_id is None:
            self.asked_wait = 5.0
            return None
        course.live.exchanges += 1
        self.looked = True
        try:
            look = await reached[0].get(course.row.prediction_id)
        except LookFailed as failed:
            await self._failed(failed.verdict)
            return None
        if look.cached and not look.prediction.terminal:
            self._old_news()
            return None
        course.tools.heard(course.row, look.server_date)
        course.tools.desk(course.row).answered()
        return look.prediction

    def _old_news(self) -> None:
        """The gateway's cache answered although it was told not to: what it says is from before, and so is its date."""
        gateway = self.course.row.gateway
        logger.warning("the cache of %s answered a look at job %s", gateway, self.course.row.intent)
        self._troubled(f"{gateway} answers from its cache: turn caching off", None)

    async def _ask_cancel(self) -> Prediction | None:
        """Send the cancel. Its answer is not the end: the final state is what a look shows."""
        course = self.course
        reached = course.reach()
        self.cancels += 1
        if reached is None or course.row.prediction_id is None:
            return None
        course.show(phase="canceling", next_at=None)
        try:
            look = await reached[0].cancel(course.row.prediction_id)
        except LookFailed as failed:
            # Already ended, or not visible yet: a look tells.
            self.canceled = failed.verdict.kind == "refused"
            await self._failed(failed.verdict)
            return None
        self.canceled = True
        course.tools.heard(course.row, look.server_date)
        return look.prediction

    async def _failed(self, verdict: Verdict) -> None:
        """A look brought nothing. The job is not harmed by that: it goes on at Replicate."""
        course = self.course
        since = course.tools.clock.since_sent(course.row)
        if verdict.kind == "gone":
            self.asked_wait = min(max(since / 3, 0.5), 5.0)
            if since > TOLERATED and not course.row.outputs:
                from pvideo.job.sending import become_unknown

                await become_unknown(course, PVideoError.make("answer_lost", detail="Replicate does not show it"))
            return
        if verdict.kind == "refused":
            self.asked_wait = _REVOKED_WAIT
            source = verdict.error.values.get("source", "a token")
            course.show(error=PVideoError.make("token_revoked", source=source), phase="lost")
            return
        if verdict.kind == "busy":
            self.course.tools.desk(course.row).busy(verdict.retry_after)
        self._troubled(verdict.told or verdict.error.title, verdict.retry_after, busy=verdict.kind == "busy")

    def _troubled(self, detail: str, asked: float | None, *, busy: bool = False) -> None:
        self.troubles += 1
        left = sharpen(self.known, self.seen).p50 - self.course.tools.clock.since_sent(self.course.row)
        self.asked_wait = look_again(self.troubles, asked, left=left, busy=busy)
        error = PVideoError.make("connection_lost", detail=detail, seconds=max(round(self.asked_wait), 1))
        self.course.show(error=error, phase="lost")

    def _recovered(self) -> None:
        self.troubles, self.asked_wait = 0, None
        live = self.course.live
        if live.error is not None and live.error.key in _PASSING:
            self.course.show(error=None)
        self.course.show(phase="canceling" if self.course.row.cancel_asked else "")

    def _wait(self) -> float:
        if self.asked_wait is not None:
            wait, self.asked_wait = self.asked_wait, None
            return wait
        expected = sharpen(self.known, self.seen)
        if self.course.live.expected is not None or self.seen:
            self.course.live.expected = expected
        wait = next_look(self.course.tools.clock.since_sent(self.course.row), expected)
        return min(wait, 1.0) if self.canceled else wait

    def _cancel_due(self) -> bool:
        return self.course.row.cancel_asked and not self.canceled and self.cancels < _CANCELS

    def _late(self) -> bool:
        return self.course.tools.clock.since_sent(self.course.row) > HOUR


async def watch(course: Course) -> None:
    """Watch a prediction whose id is known."""
    if course.row.state == "created" and course.latest is not None and course.row.cost is None:
        course.show(phase="canceling" if course.row.cancel_asked else "")
    await Watch(course).run()
