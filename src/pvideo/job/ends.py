"""How a watched prediction ends: what it cost, which words explain it, and what is left to do."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError

if TYPE_CHECKING:
    from pvideo.job.course import Course
    from pvideo.library.rows import JobRow
    from pvideo.wire.prediction import Prediction

# Replicate's error codes, as met in its forum and its clients' issues: E005 flagged; PA the machine was taken away.
_FLAGGED = re.compile(r"\bE005\b|flagged|NSFW", re.IGNORECASE)
_BAD_ENDS = frozenset({"failed", "canceled", "aborted"})
_INTERRUPTED = re.compile(r"code: PA\b|interrupted|please retry", re.IGNORECASE)


async def end(course: Course, prediction: Prediction) -> None:
    """Take over the end that Replicate tells."""
    shown = {"logs": prediction.logs, "next_at": None}
    removed = prediction.data_removed and prediction.output is None and not course.row.files
    if removed and prediction.status not in _BAD_ENDS:
        await _expired(course, prediction)
    elif prediction.status == "succeeded":
        await _succeeded(course, prediction, shown)
    else:
        await _ended_badly(course, prediction, shown)


async def timed_out(course: Course) -> None:
    """End a job that Replicate says still runs long after its limit."""
    await _close(course, "canceled", _limit(course.row), cost=None)


async def too_late(course: Course) -> bool:
    """End a job that could not be looked at for an hour: whatever was made is deleted by now."""
    if course.fetching is not None or course.row.files:
        return False
    await _expired(course, None)
    return True


def cost_of(row: JobRow, seconds: float | None, outputs: int = 0) -> Decimal | None:
    """Return what a succeeded prediction cost by the model's list price; the estimate where its length is not told."""
    from pvideo.model import price, shelf

    model = shelf.find(row.model)
    actual = price.actual(model, row.input, seconds, outputs).amount if model is not None else None
    return actual if actual is not None else row.estimate


async def _succeeded(course: Course, prediction: Prediction, shown: dict[str, Any]) -> None:
    row = course.row
    outputs = course.sources(prediction)
    if not outputs and not row.outputs:
        error = PVideoError.make("output_strange", detail="Replicate says it succeeded, but gave no file.")
        return await _close(course, "done", error, cost=cost_of(row, prediction.seconds), status="succeeded", seconds=prediction.seconds)
    done_first = PVideoError.make("done_before_cancel") if row.cancel_asked else _kept(course)
    await course.record(
        state="fetching",
        status="succeeded",
        outputs=course.remember_outputs(outputs) or row.outputs,
        seconds=prediction.seconds,
        cost=cost_of(row, prediction.seconds, len(outputs)),
        took=_took(course, prediction),
        finished_at=course.tools.clock.wall(),
        show={**shown, "phase": "saving", "error": done_first, "progress": None},
    )
    return None


def _took(course: Course, prediction: Prediction) -> float:
    """Return the time from sent to succeeded: by the server's clock where it tells, so that neither a late look nor a restart counts."""
    since = course.tools.clock.since_sent(course.row)
    if prediction.created_at is None or prediction.completed_at is None:
        return since
    ran = (prediction.completed_at - prediction.created_at).total_seconds()
    return min(ran + course.head, since) if ran > 0 else since


async def _ended_badly(course: Course, prediction: Prediction, shown: dict[str, Any]) -> None:
    row = course.row
    course.live.logs = shown["logs"]
    if prediction.status == "aborted":
        error = PVideoError.make("aborted", price=row.price_word)
        await _close(course, "aborted", error, cost=Decimal(0))
    elif prediction.status == "canceled":
        await _close(course, "canceled", _why_canceled(course, prediction), cost=None)
    else:
        await _close(course, "failed", _why_failed(row, prediction.error or "no reason was given"), cost=None)


async def _expired(course: Course, prediction: Prediction | None) -> None:
    row = course.row
    error = PVideoError.make("output_expired", price=row.price_word)
    seconds = prediction.seconds if prediction else None
    await _close(course, "expired", error, cost=cost_of(row, seconds) if prediction else row.estimate, seconds=seconds)


async def _close(course: Course, state: str, error: PVideoError, *, cost: Decimal | None, **columns: Any) -> None:
    clock, row = course.tools.clock, course.row
    if course.fetching is not None:
        course.fetching.cancel()
    await course.record(
        state=state,
        status=columns.pop("status", row.status if state == "expired" else state),
        cost=cost,
        took=clock.since_sent(row),
        finished_at=clock.wall(),
        error=error.to_dict(),
        **columns,
        show={"phase": "", "error": error, "next_at": None, "progress": None},
    )


def _why_failed(row: JobRow, detail: str) -> PVideoError:
    if _FLAGGED.search(detail):
        return PVideoError.make("flagged", detail=detail)
    return PVideoError.make("interrupted" if _INTERRUPTED.search(detail) else "model_failed", detail=detail, price=row.price_word)


def _why_canceled(course: Course, prediction: Prediction) -> PVideoError:
    row = course.row
    if row.cancel_asked:
        return PVideoError.make("canceled", by="by you", price=row.price_word)
    ran_out = prediction.deadline is not None and prediction.completed_at is not None and prediction.completed_at >= prediction.deadline
    if ran_out or course.tools.clock.since_sent(row) >= row.deadline:
        return _limit(row)
    return PVideoError.make("canceled", by="at Replicate", price=row.price_word)


def _limit(row: JobRow) -> PVideoError:
    minutes, seconds = divmod(round(row.deadline), 60)
    words = " ".join(part for part in (f"{minutes} min" if minutes else "", f"{seconds} s" if seconds else "") if part)
    return PVideoError.make("timed_out", limit=words, price=row.price_word)


def _kept(course: Course) -> PVideoError | None:
    """Return the message that outlives the end: what the gateway did to the request."""
    error = course.live.error
    return error if error is not None and error.key == "gateway_resent" else None
