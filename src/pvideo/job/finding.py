"""From ``unknown`` to ``created``: a lost answer is looked for in Replicate's list. Nothing here can send a create."""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError
from pvideo.job.clock import HOUR
from pvideo.job.reconcile import MARGIN, candidates, choose, gone, matches
from pvideo.job.schedule import LATER_SEARCHES, next_search
from pvideo.model.price import money
from pvideo.wire.verdict import LookFailed, Verdict

if TYPE_CHECKING:
    from pvideo.job.course import Course
    from pvideo.job.tools import Client
    from pvideo.wire.prediction import Prediction

logger = logging.getLogger(__name__)

PAGES = 10
"""Pages of the list that one search reads."""

_GETS = 100
_BLANK: dict[str, Any] = {
    **dict.fromkeys(("log_id", "error", "cost", "seconds", "sha256", "bytes", "media", "took", "finished_at", "unknown_at")),
    "outputs": (),
    "files": (),
    "cancel_asked": False,
}
"""What a further prediction of the same press has not of it."""

_CLOCKS_APART = 30.0
_NOT_PASSED = frozenset({"refused", "gone"})
"""What a gateway answers that does not pass the list on."""


async def lose(course: Course) -> None:
    """A dead process had sent it: whether it arrived is not known."""
    from pvideo.job.sending import become_unknown

    await become_unknown(course, PVideoError.make("answer_lost", detail="the kernel ended while it was being sent"))


async def find(course: Course) -> None:
    """Look for the prediction until it is found or Replicate has deleted it; then a person may go on."""
    loop, clock = asyncio.get_running_loop(), course.tools.clock
    began = loop.time()
    while course.row.state == "unknown":
        course.show(phase="looking", next_at=None)
        await _search(course)
        if course.row.state != "unknown":
            return
        wait = next_search(loop.time() - began)
        if wait is None or clock.since_sent(course.row) >= HOUR:
            course.show(phase="", next_at=None, looked_at=clock.wall(), parked=True)
            return
        course.show(phase="", looked_at=clock.wall(), next_at=clock.wall() + wait)
        await course.pause(wait)


async def _search(course: Course) -> None:
    reached = course.reach()
    if reached is None:
        return
    client = reached[0]
    try:
        if course.row.prediction_id:
            await _adopt_known(course, client, course.row.prediction_id)
        else:
            await _search_list(course, client)
    except LookFailed as failed:
        await _search_directly(course, failed.verdict)


async def _search_directly(course: Course, refusal: Verdict) -> None:
    """Ask Replicate itself where the gateway does not pass its list on and ``configure(reconcile="direct")`` allows it."""
    direct = course.tools.direct(course.row) if refusal.kind in _NOT_PASSED and course.row.prediction_id is None else None
    if direct is None:
        return _tell(course, refusal)
    try:
        await _search_list(course, direct)
    except LookFailed as failed:
        _tell(course, failed.verdict)
    return None


async def _search_list(course: Course, client: Client) -> None:
    row, journal = course.row, course.tools.journal
    listed = await _listed(course, client)
    sent_at = _sent_at(course)
    claimed = await course.written(lambda: journal.claimed([p.id for p in listed]))
    possible = await _with_inputs(course, client, candidates(listed, sent_at=sent_at, claimed=claimed))
    alike = await course.written(lambda: journal.alike(row.fingerprint, row.base_url))
    own, others = choose(row, [p for p in possible if matches(row, p)], alike)
    if own is not None:
        await _adopt(course, own, others)
    elif (removed := gone(possible, sent_at=sent_at)) is not None:
        await _claim(course, removed)


async def _listed(course: Course, client: Client) -> list[Prediction]:
    """Return the list from the window's beginning on; once more when the server's clock shows that it began too late."""
    begin = _sent_at(course)
    found = await _pages(course, client, begin)
    return await _pages(course, client, _sent_at(course)) if _sent_at(course) < begin - _CLOCKS_APART else found


async def _pages(course: Course, client: Client, begin: float) -> list[Prediction]:
    found: list[Prediction] = []
    cursor: str | None = None
    for _ in range(PAGES):
        await course.tools.look_turn(course.row)
        page = await client.list(created_after=datetime.fromtimestamp(max(begin - MARGIN, 0.0), UTC), cursor=cursor)
        course.tools.heard(course.row, page.server_date)
        found += page.items
        if page.cursor is None or page.cursor == cursor:
            break
        cursor = page.cursor
    return found


async def _with_inputs(course: Course, client: Client, possible: list[Prediction]) -> list[Prediction]:
    """Return the candidates with their inputs, asking for those that the list left out."""
    complete: list[Prediction] = []
    asked = 0
    for prediction in possible:
        if prediction.input or prediction.data_removed or asked >= _GETS:
            complete.append(prediction)
            continue
        asked += 1
        await course.tools.look_turn(course.row)
        try:
            complete.append((await client.get(prediction.id)).prediction)
        except LookFailed:
            complete.append(prediction)
    return complete


async def _adopt(course: Course, own: Prediction, others: list[Prediction]) -> None:
    if await _claim(course, own):
        await _keep_takes(course, others)


async def find_more(course: Course) -> None:
    """Look once more, at the end of a job whose answer was lost or slow: a gateway may have repeated the request, and paid again.

    A list that cannot be read now is read later, by the next kernel if this one dies: what was paid is not left there for one lost look.
    """
    loop, clock = asyncio.get_running_loop(), course.tools.clock
    began = loop.time()
    while course.row.seed_ours and course.row.parent is None and clock.since_sent(course.row) < HOUR:
        if await _take_more(course):
            break
        await course.pause(next_search(loop.time() - began) or LATER_SEARCHES)
    if course.row.unknown_at is not None:
        await course.record(unknown_at=None)


async def _take_more(course: Course) -> bool:
    """Take what the list has of the same press; return False when it could not be read."""
    reached = course.tools.client(course.row, True)
    if reached is None:
        return False  # the video is there: that this kernel has no account yet is no news on its card
    try:
        listed = await _listed(course, reached[0])
        claimed = await course.written(lambda: course.tools.journal.claimed([p.id for p in listed]))
        possible = await _with_inputs(course, reached[0], candidates(listed, sent_at=_sent_at(course), claimed=claimed))
    except LookFailed as failed:
        return failed.verdict.kind in _NOT_PASSED
    await _keep_takes(course, [p for p in possible if matches(course.row, p)])
    return True


async def _keep_takes(course: Course, others: list[Prediction]) -> None:
    intents = [intent for other in others if (intent := await _keep_take(course, other))]
    if intents:
        takes = (*course.live.takes, *intents)
        times = len(takes) + 1
        total = money((course.row.estimate or Decimal(0)) * times)
        error = PVideoError.make("gateway_resent", gateway=course.row.gateway, times=times, sum=total)
        await course.record(error=error.to_dict(), show={"error": error, "takes": takes})


async def _claim(course: Course, prediction: Prediction) -> bool:
    """Take a prediction for this job, unless another job just did."""
    journal, intent = course.tools.journal, course.row.intent
    columns = {
        "status": prediction.status,
        "created_at": prediction.created_at.timestamp() if prediction.created_at else None,
        "error": None,
    }
    if not await course.written(lambda: journal.created(intent, prediction.id, **columns)):
        return False
    course.latest = prediction
    course.sent = None
    shown = {"phase": "", "error": None, "next_at": None, "looked_at": course.tools.clock.wall()}
    course.take(state="created", prediction_id=prediction.id, **columns, show=shown)
    return True


async def _keep_take(course: Course, prediction: Prediction) -> str | None:
    """Keep a further prediction that the gateway made of the same press: it is paid, so its video is saved too."""
    row = replace(
        course.row,
        intent=uuid.uuid4().hex,
        state="created",
        press_key=None,
        parent=course.row.intent,
        prediction_id=prediction.id,
        status=prediction.status,
        created_at=prediction.created_at.timestamp() if prediction.created_at else None,
        **_BLANK,
    )
    if not await course.written(lambda: course.tools.journal.add(row)):
        return None
    course.tools.begin(row)
    return row.intent


async def _adopt_known(course: Course, client: Client, prediction_id: str) -> None:
    """Look again at a prediction whose id is known but which was not visible."""
    await course.tools.look_turn(course.row)
    look = await client.get(prediction_id)
    course.tools.heard(course.row, look.server_date)
    course.latest = look.prediction
    await course.record(state="running", status=look.prediction.status, error=None, show={"phase": "", "error": None, "next_at": None})


def _sent_at(course: Course) -> float:
    """Return when the job was sent, by the server's clock where it is known."""
    now = course.tools.server_now(course.row)
    return (course.tools.clock.wall() if now is None else now) - course.tools.clock.since_sent(course.row)


def _tell(course: Course, verdict: Verdict) -> None:
    """Show why the list could not be read; that the network is away is no news on a card that says the answer was lost."""
    if verdict.kind in _NOT_PASSED and course.row.prediction_id is None:
        course.show(error=PVideoError.make("list_refused", gateway=course.row.gateway))
