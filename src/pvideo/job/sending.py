"""From ``new`` to ``created``: the one POST, and what its outcome means.

It is sent again by itself only when the earlier attempt provably created nothing, and only with the journal's permission.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError, fill, texts
from pvideo.job.schedule import RESENDS, resend_wait
from pvideo.job.turns import pace_of
from pvideo.job.uploading import send_ahead
from pvideo.model import shelf
from pvideo.model.ahead import waiting as files_waiting
from pvideo.wire.verdict import CreateFailed, Verdict

if TYPE_CHECKING:
    from pvideo.job.course import Course
    from pvideo.job.tools import Created

logger = logging.getLogger(__name__)

PREFER_WAIT = 60
"""The longest that Replicate holds a create's answer back (``Prefer: wait``), in seconds."""

SLOW_ANSWER = 1.0
"""A create takes 0.1 to 0.3 s; a gateway that repeats failed requests needs longer than this many seconds."""

_BUSY_WAITS = (5.0, 15.0, 30.0)


async def send(course: Course) -> None:
    """Send a new job: it becomes ``created``, ``unknown``, ``rejected`` or ``canceled``."""
    if course.row.sweep and not await course.tools.places(course.row).enter(course):
        return await _withdraw(course)
    missing = await send_ahead(course)
    if missing is not None:
        return await _reject(course, missing)
    times = {"busy": 0, "not_sent": 0, "refused": 0}
    while course.row.state == "new":
        if not await _enter(course):
            return await _withdraw(course)
        verdict, wait = await _try(course, times)
        if verdict is not None and wait is None:
            return await _reject(course, _given_up(verdict, sum(times.values())))
        if verdict is None or wait is None:
            return None
        await _count_down(course, verdict, wait)
    return None


async def _enter(course: Course) -> bool:
    """Wait in the line of creates; False when it was canceled meanwhile."""
    if course.row.cancel_asked and any(files_waiting(course.sent)):
        return False
    course.show(phase="countdown" if course.live.phase == "countdown" else "waiting")
    return await course.tools.turns(course.row).enter(course)


async def _try(course: Course, times: dict[str, int]) -> tuple[Verdict | None, float | None]:
    """Attempt once, and leave the line; return a verdict that created nothing, and how long to wait before the next attempt."""
    verdict, wait = None, None
    try:
        verdict = await _attempt(course)
        wait = _wait(course, verdict, times) if verdict else None
    finally:
        busy = verdict if verdict and verdict.kind == "busy" else None
        course.tools.turns(course.row).leave(hold=wait if busy else None, pace=_pace(busy) if busy else None)
    return verdict, wait


async def _attempt(course: Course) -> Verdict | None:
    """Make the POST if the journal says that it is ours to make; return a verdict only if it created nothing."""
    row, clock, journal = course.row, course.tools.clock, course.tools.journal
    reached = course.reach()
    if reached is None or course.sent is None:
        await course.pause(1.0)
        return Verdict(kind="refused", error=PVideoError.make("endpoint_gone", where=row.gateway or row.base_url))
    claim = {"sent_at": clock.wall(), "sent_steady": clock.steady(), "boot": clock.boot()}
    if not await course.written(lambda: journal.claim_sending(row.intent, course.tools.owner, **claim)):  # type: ignore[arg-type]
        await _reread(course)
        return None
    course.take(state="sending", owner=course.tools.owner, **claim, show={"phase": "sending", "error": None, "next_at": None, "ahead": 0})
    began = asyncio.get_running_loop().time()
    try:
        created = await reached[0].create(
            row.model,
            course.sent,
            version=row.version,
            event_id=row.event_id,
            deadline=row.deadline,
            prefer_wait=PREFER_WAIT if row.prefer_wait else None,
            log_payload=row.log_payload,
            metadata=row.metadata,
            hide=course.hide,
        )
    except CreateFailed as failed:
        return await _failed(course, failed.verdict)
    except asyncio.CancelledError:
        raise  # the engine ends: the journal says `sending`, the next process looks for it
    except Exception as problem:
        # Whatever it was, a request may have left: only a look can tell.
        logger.exception("a create ended strangely")
        await become_unknown(course, PVideoError.make("answer_lost", detail=type(problem).__name__))
        return None
    course.live.slow_answer = asyncio.get_running_loop().time() - began > SLOW_ANSWER
    await _accept(course, created)
    return None


async def _failed(course: Course, verdict: Verdict) -> Verdict | None:
    if verdict.kind not in {"refused", "busy", "not_sent"}:
        await become_unknown(course, verdict.error)
        return None
    # Asking again for permission: only from `new` can it be claimed, and only once.
    await course.written(lambda: course.tools.journal.change(course.row.intent, "sending", state="new"))
    course.take(state="new")
    return verdict


async def _accept(course: Course, created: Created) -> None:
    """Commit the id before anything else is done with the answer."""
    row, prediction = course.row, created.prediction
    course.tools.heard(row, created.server_date)
    columns = {
        "status": prediction.status,
        "log_id": created.log_id,
        "created_at": prediction.created_at.timestamp() if prediction.created_at else None,
        # Replicate says "hidden" for the official models, which are called by name.
        "version": row.version if prediction.version in {None, "hidden"} else prediction.version,
    }
    if not await course.written(lambda: course.tools.journal.created(row.intent, prediction.id, **columns)):
        # Another job has this prediction: the answer is an old one.
        await become_unknown(course, PVideoError.make("gateway_cached", gateway=row.gateway))
        return
    course.latest = prediction
    course.sent = None
    course.take(state="created", prediction_id=prediction.id, **columns, show={"phase": "", "error": None})


async def become_unknown(course: Course, error: PVideoError) -> None:
    """Note that the create's answer was lost: from now on it is looked for, and never sent again by itself."""
    await course.record(
        state="unknown",
        unknown_at=course.tools.clock.wall(),
        error=error.to_dict(),
        show={"phase": "looking", "error": error, "next_at": None},
    )


def _wait(course: Course, verdict: Verdict, times: dict[str, int]) -> float | None:
    """Return how long to wait before it is sent again, or None when it is not."""
    count = times[verdict.kind]
    times[verdict.kind] += 1
    if verdict.kind == "refused":
        return 2.0 if verdict.second_look and count == 0 else None
    if verdict.kind == "busy":
        return max(verdict.retry_after or _BUSY_WAITS[count], _pace(verdict) or 0.0) if count < len(_BUSY_WAITS) else None
    if verdict.lasting:
        return None
    return resend_wait(count, course.tools.chance()) if count < len(RESENDS) else None


def _pace(verdict: Verdict) -> float | None:
    return pace_of(str(verdict.error.values.get("detail") or ""))


async def _count_down(course: Course, verdict: Verdict, wait: float) -> None:
    """Show when it is tried again; a busy server's wait is kept in the line, for all jobs."""
    error = _with(verdict, seconds=max(round(wait), 1))
    course.show(phase="countdown", error=error, next_at=course.tools.clock.wall() + wait)
    if verdict.kind != "busy" and not course.row.cancel_asked:
        await course.pause(wait)


def _given_up(verdict: Verdict, times: int) -> PVideoError:
    """Return the error of a job that is not tried again: it says how often it was."""
    if verdict.kind == "refused" or times < 2:
        return verdict.error
    return _with(verdict, tried=fill(texts()["notes"]["tried"], times=times))


def _with(verdict: Verdict, **more: Any) -> PVideoError:
    waits = {"retry_after": verdict.retry_after} if verdict.kind == "busy" else {}
    values: dict[str, Any] = {**verdict.error.values, **waits, **more}
    return PVideoError.make(verdict.error.key, **values)


async def _reject(course: Course, error: PVideoError) -> None:
    if error.key in {"input_refused", "model_refused"}:
        # What is kept of the model may be old: its next press asks for it anew.
        shelf.forget(course.row.model)
    await _end_unsent(course, "rejected", error)


async def _withdraw(course: Course) -> None:
    """End a job that a person canceled before it was sent; nothing was paid."""
    await _end_unsent(course, "canceled", PVideoError.make("canceled_unsent", price=course.row.price_word))


async def _end_unsent(course: Course, state: str, error: PVideoError) -> None:
    from decimal import Decimal

    kept, course.exchanges = course.exchanges, []
    columns = {"state": state, "cost": Decimal(0), "finished_at": course.tools.clock.wall(), "error": error.to_dict()}
    journal, intent = course.tools.journal, course.row.intent
    if not await course.written(lambda: journal.change(intent, "new", **columns)):
        await _reread(course)
        return
    await course.written(lambda: journal.update(intent, exchanges=kept))
    course.sent = None
    course.take(**columns, show={"phase": "", "error": error, "next_at": None, "ahead": 0})


async def _reread(course: Course) -> None:
    """Take the job as the journal has it: another process decided."""
    found = await course.written(lambda: course.tools.journal.get(course.row.intent))
    if found is not None:
        course.row = found
        error = PVideoError.from_dict(found.error) if found.error else None
        course.take(show={"phase": "", "next_at": None, "error": error})
