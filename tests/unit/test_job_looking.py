"""Many jobs, few looks: one list for several, by id where it does not answer, one budget, nobody passed over."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from tests.support.jobs import World, busy, trouble

from pvideo.errors import PVideoError
from pvideo.job.schedule import Bucket
from pvideo.wire.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


def asked(world: World) -> list[float]:
    return sorted([*world.replicate.gets, *world.replicate.listed])


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(start <= moment < start + 1 for moment in moments) for start in moments)


def run_many(world: World, count: int, **changes: object) -> list[float]:
    """Run jobs that end one after the other; return their lags."""
    courses = [world.press() for _ in range(count)]
    original = world.replicate.create

    async def create(*args, **options):
        world.replicate.seconds = 8.0 + (len(world.replicate.runs) * 7 % 41) / 10
        return await original(*args, **options)

    world.replicate.create = create
    ends: dict[str, float] = {}
    for course in courses:
        course.feed.observe(lambda s: ends.setdefault(s.prediction_id, world.replicate.now()) if s.done else None)
    world.go(*(course.run() for course in courses))
    assert {course.feed.latest.status for course in courses} == {"succeeded"}
    return sorted(ends[run.id] - run.at - run.seconds for run in world.replicate.runs)


@pytest.mark.parametrize("count", [3, 30, 100])
def test_one_list_answers_for_many(world: World, count: int) -> None:
    lags = run_many(world, count)

    assert world.replicate.listed
    assert len(asked(world)) < count * 5
    assert most_in_a_second(asked(world)) <= 5
    assert lags[int(0.95 * len(lags))] <= 2.0


def test_one_or_two_jobs_are_asked_for_by_id(world: World) -> None:
    run_many(world, 2)

    assert world.replicate.listed == []


@pytest.mark.parametrize("kind", ["gone", "refused", "trouble"])
def test_where_the_list_does_not_answer_each_is_asked_for_by_id_and_none_starves(world: World, kind: str) -> None:
    world.replicate.lists = [Verdict(kind=kind, error=PVideoError.make("list_refused", gateway="g"))] * 99

    lags = run_many(world, 40)

    assert len(world.replicate.gets) >= 40
    assert len(world.replicate.listed) <= 5
    assert most_in_a_second(asked(world)) <= 5
    assert lags[-1] <= 40 / 5 + 4, "every job has its turn before any has its next but one"


def test_a_list_that_shows_nothing_of_ours_is_left_alone(world: World) -> None:
    world.replicate.list_lag = 1e6

    run_many(world, 10)

    assert len(world.replicate.listed) <= 2


def test_a_list_that_hangs_holds_nobody_up_for_long(world: World) -> None:
    import asyncio

    async def hangs(**_):
        world.replicate.listed.append(world.replicate.now())
        await asyncio.sleep(1e6)

    world.replicate.list = hangs

    lags = run_many(world, 5)

    assert lags[-1] < 12
    assert len(world.replicate.listed) <= 2


def test_an_end_that_the_list_tells_only_in_part_is_asked_for_by_id(world: World) -> None:
    original = world.replicate.list

    async def bare(**options):
        page = await original(**options)
        return replace(page, items=tuple(replace(item, metrics={}, output=None) for item in page.items))

    world.replicate.list = bare
    run_many(world, 6)

    assert len(world.replicate.gets) >= 6
    assert {course.row.cost for course in world.courses} == {Decimal("0.025")}


def test_a_429_makes_all_of_them_wait_and_then_ask_less(world: World) -> None:
    world.replicate.lists = [None, busy(30.0)]
    world.replicate.never_ends = True
    courses = [world.press(deadline=100.0) for _ in range(10)]
    world.replicate.cancel_fails = 0

    world.go(*(course.run() for course in courses))

    gap = max(late - early for early, late in zip(asked(world), asked(world)[1:], strict=False))
    assert gap >= 30


def test_trouble_with_a_list_is_no_trouble_of_the_jobs(world: World) -> None:
    world.replicate.lists = [trouble()]
    courses = [world.press() for _ in range(6)]
    errors = []
    for course in courses:
        course.feed.observe(lambda s: errors.append(s.error.key if s.error else ""))

    world.go(*(course.run() for course in courses))

    assert set(errors) == {""}


def test_a_pressed_look_again_comes_at_once(world: World) -> None:
    world.replicate.never_ends = True
    course = world.press(deadline=100.0, input={"duration": 20, "draft": False})
    world.after(40.05, course.nudge)

    world.go(course.run())

    begin = world.replicate.runs[0].at - 0.1
    assert any(40.0 <= moment - begin <= 40.2 for moment in world.replicate.gets)


def test_the_end_of_all_jobs_leaves_nothing_behind(world: World) -> None:
    import asyncio

    run_many(world, 5)

    world.go(asyncio.sleep(0.01))
    assert [task.get_name() for task in asyncio.all_tasks(world.loop)] == []


def test_past_times_are_the_servers_not_those_of_a_late_look(world: World) -> None:
    from datetime import UTC, datetime

    course = world.press()
    original = world.replicate.seen

    def seen(run):
        prediction = original(run)
        ended = datetime.fromtimestamp(run.at + run.seconds, UTC)
        return replace(prediction, completed_at=ended) if prediction.terminal else prediction

    world.replicate.seen = seen
    world.replicate.looks = [trouble()] * 3

    world.go(course.run())

    assert course.row.took == pytest.approx(6.0, abs=0.1)
    assert world.journal.durations(model=course.row.model, realm=course.row.realm, shape=course.row.shape) == [course.row.took]
    assert [took for _, took in world.journal.paces(model=course.row.model, realm=course.row.realm)] == [course.row.took]


def test_the_budget_holds_in_every_second_and_shrinks_after_a_429() -> None:
    bucket, now, moments = Bucket(5.0), 0.0, []
    for number in range(60):
        wait = bucket.take(now)
        moments.append(now + wait)
        now += 0.01 if number % 7 else 0.9

    assert most_in_a_second(moments) <= 5
    assert Counter(moment == moments[0] for moment in moments[:5])[True] >= 1
    bucket.slow()
    assert bucket.rate == 2.5
    for _ in range(100):
        bucket.recover()
    assert bucket.rate == 5.0
