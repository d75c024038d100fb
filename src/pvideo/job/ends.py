"""How a watched prediction ends: what it cost, which words explain it, and what is left to do."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError, fill, texts
from pvideo.model.catalog import NO_OPS
from pvideo.wire.output import MOST_OUTPUTS, is_ours, shown_instead, without_signature

if TYPE_CHECKING:
    from pvideo.job.course import Course
    from pvideo.library.rows import JobRow
    from pvideo.wire.prediction import Prediction

# Replicate's error codes, as met in its forum and its clients' issues: E005 flagged; PA the machine was taken away.
_FLAGGED = re.compile(r"\bE005\b|flagged|NSFW", re.IGNORECASE)
_BAD_ENDS = frozenset({"failed", "canceled", "aborted"})
_ROUNDING = 0.25
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


def bill(row: JobRow, told: float | None, outputs: int = 0) -> tuple[Decimal | None, float | None]:
    """Return what a succeeded prediction cost by the model's list price, and the seconds of video that count.

    A length that is told is not believed when the file lasts longer, nor, before the file was looked at, below what was asked for. Where
    none is told the cost is the estimate.
    """
    from pvideo.model import price, shelf

    model = shelf.find(row.model)
    if model is None:
        return row.estimate, told
    asked = price.estimate(model, row.input)
    lasts = float((row.media or {}).get("seconds") or 0.0)
    seconds = told
    if told is not None and told + _ROUNDING < lasts:
        # A file has whole frames, so it lasts a little more or less than what is billed.
        near = asked.seconds is not None and abs(float(asked.seconds) - lasts) <= _ROUNDING
        seconds = float(asked.seconds) if near and asked.seconds is not None else lasts
    actual = price.actual(model, row.input, seconds or None, outputs)
    if actual.amount is None:
        return row.estimate, seconds
    # Of a price that is only an upper bound, what was told is all that is known.
    least = asked.amount if not lasts and actual.seconds is not None and not asked.upper_bound else None
    return max(actual.amount, least or Decimal(0)), seconds


async def _succeeded(course: Course, prediction: Prediction, shown: dict[str, Any]) -> None:
    row = course.row
    outputs = course.sources(prediction)
    if not outputs and not row.outputs:
        if any(row.input.get(name) is True for name in NO_OPS):
            return await _no_op(course, shown)
        detail = f"Replicate says it succeeded, but gave no file: {shown_instead(prediction)}"
        error = PVideoError.make("output_strange", detail=detail if detail.endswith((".", "…")) else f"{detail}.")
        cost, seconds = bill(row, prediction.seconds)
        return await _close(course, "done", error, cost=cost, status="succeeded", seconds=seconds)
    course.made = sum(not is_ours(output) for output in outputs) or len(outputs)
    cost, seconds = bill(row, prediction.seconds, course.made)
    done_first = PVideoError.make("done_before_cancel") if row.cancel_asked else _kept(course)
    await course.record(
        state="fetching",
        status="succeeded",
        outputs=course.remember_outputs(outputs) or row.outputs,
        seconds=seconds,
        cost=cost,
        notes=_notes(row, len(outputs)),
        took=_took(course, prediction),
        finished_at=course.tools.clock.wall(),
        show={**shown, "phase": "saving", "error": done_first, "progress": None},
    )
    return None


def _notes(row: JobRow, outputs: int) -> tuple[str, ...]:
    """Return the notes, with one where more was made than is saved."""
    if outputs <= MOST_OUTPUTS:
        return row.notes
    note = fill(texts()["notes"]["outputs_capped"], saved=f"{MOST_OUTPUTS:,}", count=f"{outputs:,}")
    return row.notes if note in row.notes else (*row.notes, note)


async def _no_op(course: Course, shown: dict[str, Any]) -> None:
    """End a job that asked for no video: it works. What it cost nobody tells, so it goes on counting at its estimate."""
    row = course.row
    words = texts()["notes"]
    counts = fill(words["no_op_counts"], price=row.estimate_text) if row.estimate is not None else ""
    note = words["no_op"] + ("" if row.realm == "demo" else fill(words["no_op_cost"], counts=counts))
    await course.record(
        state="done",
        status="succeeded",
        cost=None,
        # It tells nothing of how long a video takes.
        took=None,
        finished_at=course.tools.clock.wall(),
        error=None,
        notes=(*row.notes, note),
        show={**shown, "phase": "", "error": None, "progress": None},
    )


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
    error = PVideoError.make("output_expired", why="; no kernel was up in time", price=row.price_word)
    cost, seconds = bill(row, prediction.seconds) if prediction else (row.estimate, None)
    await _close(course, "expired", error, cost=cost, seconds=seconds)


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
        outputs=tuple(map(without_signature, row.outputs)),
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
