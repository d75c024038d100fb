"""So many videos of one sweep at once, and no more than a small account is given, in virtual time."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from tests.support.jobs import World, not_sent

from pvideo.errors import PVideoError
from pvideo.job.places import AT_ONCE
from pvideo.job.turns import pace_of
from pvideo.wire.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

LOW_CREDIT = (
    "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests "
    "while you have less than $5.0 in credit. Your rate limit resets in ~5s."
)


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


def busiest(world: World) -> int:
    """How many predictions ran at the same moment, at most."""
    runs = world.replicate.runs
    return max(sum(one.at <= other.at < one.at + one.seconds for one in runs) for other in runs)


def low_credit() -> Verdict:
    return Verdict(kind="busy", error=PVideoError.make("replicate_busy", detail=LOW_CREDIT, seconds=5), retry_after=5.0)


def test_so_many_of_one_sweep_run_at_once(world: World) -> None:
    courses = [world.press(sweep="s") for _ in range(10)]
    ahead: list[tuple[str, int]] = []
    courses[9].feed.observe(lambda s: ahead.append((s.phase, s.ahead)))

    world.go(*(course.run() for course in courses))

    assert [course.feed.latest.status for course in courses] == ["succeeded"] * 10
    assert world.replicate.posts == 10
    assert busiest(world) == AT_ONCE
    assert next(place for phase, place in ahead if phase == "waiting") == 9


def test_other_jobs_do_not_wait_for_a_sweep(world: World) -> None:
    sweep = [world.press(sweep="s") for _ in range(8)]
    alone = world.press()

    world.go(*(course.run() for course in (*sweep, alone)))

    assert world.replicate.runs[-1].at > alone.row.sent_at + 5


def test_they_are_sent_in_the_order_of_the_presses(world: World) -> None:
    courses = [world.press(sweep="s") for _ in range(7)]

    world.go(*(course.run() for course in (*courses[:AT_ONCE], *reversed(courses[AT_ONCE:]))))

    assert [course.row.sent_at for course in courses] == sorted(course.row.sent_at for course in courses)


def test_one_that_waits_is_canceled_free_and_takes_no_place(world: World) -> None:
    courses = [world.press(sweep="s") for _ in range(6)]
    world.after(1.0, courses[4].ask_cancel)

    world.go(*(course.run() for course in courses))

    assert courses[4].feed.latest.error.key == "canceled_unsent"
    assert [course.feed.latest.status for course in courses].count("succeeded") == 5
    assert world.replicate.posts == 5


def test_a_refused_one_gives_its_place_back(world: World) -> None:
    world.replicate.creates = [not_sent("certificate")] * AT_ONCE
    courses = [world.press(sweep="s") for _ in range(AT_ONCE + 1)]

    world.go(*(course.run() for course in courses))

    assert courses[-1].feed.latest.status == "succeeded"


def test_one_that_a_dead_process_had_sent_counts(world: World) -> None:
    world.replicate.seconds = 60.0
    row = world.row(sweep="s", state="created", prediction_id="0000" + "a" * 22)
    world.journal.press(row, reuse="none")
    world.go(world.replicate.create("", {}))
    world.courses.append(world.begin(row))
    courses = [world.press(sweep="s") for _ in range(AT_ONCE)]

    world.go(*(course.run() for course in courses))

    assert busiest(world) == AT_ONCE


def test_a_waiting_one_is_not_leaving(world: World) -> None:
    courses = [world.press(sweep="s") for _ in range(AT_ONCE + 1)]
    seen: list[bool] = []
    world.after(0.05, lambda: seen.append(courses[-1].leaving))

    world.go(*(course.run() for course in courses))

    assert seen == [False]


def test_a_small_account_is_asked_at_its_own_pace(world: World) -> None:
    # All that went together are refused but the first; the account counts them too, so the next comes ten seconds later.
    world.replicate.creates = ["ok", *[low_credit()] * (AT_ONCE - 1)]
    courses = [world.press(sweep="s") for _ in range(6)]

    world.go(*(course.run() for course in courses))

    assert [course.feed.latest.status for course in courses] == ["succeeded"] * 6
    assert world.replicate.posts == 6 + AT_ONCE - 1
    sent = sorted(run.at for run in world.replicate.runs)
    assert all(10.0 <= after - before <= 11.0 for before, after in itertools.pairwise(sent))


def test_a_small_account_is_forgotten_after_a_while(world: World) -> None:
    world.replicate.creates = [low_credit()]
    world.go(world.press().run())
    turns = world.tools.turns(world.row())
    assert turns.apart == pytest.approx(10.2)

    world.after(700.0, lambda: None)
    world.go(wait_for(world, 700))
    courses = [world.press() for _ in range(3)]
    world.go(courses[0].run())
    assert turns.apart == 0


async def wait_for(world: World, seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        (LOW_CREDIT, 10.0),
        ("reduced to 1 request per second", 1.0),
        ("Request was throttled.", None),
        ("reduced to 0 requests per minute", None),
    ],
)
def test_a_refusal_says_the_pace(text: str, pace: float | None) -> None:
    assert pace_of(text) == pace
