"""The one POST: every outcome of it, and how often it is made."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from tests.support.jobs import World, ambiguous, busy, not_sent, refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


def test_a_press_becomes_a_file_with_its_sidecar(world: World) -> None:
    course = world.press()
    seen = []
    course.feed.observe(lambda s: seen.append((s.status, s.phase)))

    world.go(course.run())

    shown = course.feed.latest
    assert shown.status == "succeeded"
    assert shown.done
    assert shown.settled
    assert shown.path is not None
    assert shown.path.read_bytes().startswith(b"video of https://replicate.delivery/")
    assert shown.path.with_suffix(".json").is_file()
    assert world.replicate.posts == 1
    assert world.kept_row(course).state == "done"
    assert next(status for status, _ in dict.fromkeys(seen)) == "sending"
    assert {"starting", "processing", "succeeded"} <= {status for status, _ in seen}
    assert 6 <= shown.took < 8


def test_looks_are_few_early_and_dense_near_the_end(world: World) -> None:
    course = world.press()

    world.go(course.run())

    assert len(world.replicate.gets) < 25
    assert course.row.took - 6.1 < 1.2


@pytest.mark.parametrize("verdict", [refused(), refused("prompt_blocked"), refused("credit_replicate")], ids=lambda v: v.error.key)
def test_a_definite_refusal_ends_it_without_a_second_post(world: World, verdict) -> None:
    world.replicate.creates = [verdict]
    course = world.press()

    world.go(course.run())

    assert course.feed.latest.status == "rejected"
    assert course.feed.latest.error.key == verdict.error.key
    assert course.row.cost == Decimal(0)
    assert world.replicate.posts == 1
    assert not world.replicate.runs


def test_a_refusal_that_is_also_given_in_passing_is_asked_once_more(world: World) -> None:
    world.replicate.creates = [refused("gateway_token", second_look=True)]
    course = world.press()

    world.go(course.run())

    assert course.feed.latest.status == "succeeded"
    assert world.replicate.posts == 2


def test_what_never_left_is_sent_again_three_times_and_then_given_up(world: World) -> None:
    world.replicate.creates = [not_sent()] * 9
    course = world.press()
    countdowns = []
    course.feed.observe(lambda s: countdowns.append(s.next_at) if s.phase == "countdown" and s.next_at else None)

    world.go(course.run())

    assert world.replicate.posts == 4
    assert course.feed.latest.status == "rejected"
    assert course.feed.latest.error.key == "unreachable"
    assert len(set(countdowns)) == 3
    assert world.loop.time() == pytest.approx(0.4 + 1 + 3 + 6, abs=0.1)


def test_a_wrong_certificate_is_not_tried_again(world: World) -> None:
    world.replicate.creates = [not_sent("certificate")] * 9
    course = world.press()

    world.go(course.run())

    assert world.replicate.posts == 1


def test_a_busy_server_is_obeyed_with_a_visible_countdown(world: World) -> None:
    world.replicate.creates = [busy(12.0), busy(None)]
    course = world.press()
    seen = []
    course.feed.observe(lambda s: seen.append((s.phase, s.error.key if s.error else None, s.error.values["seconds"] if s.error else 0)))

    world.go(course.run())

    assert course.feed.latest.status == "succeeded"
    assert world.replicate.posts == 3
    assert ("countdown", "replicate_busy", 12) in seen
    assert world.replicate.runs[0].at - (world.clock.wall() - world.loop.time()) >= 12


def test_a_busy_server_is_asked_four_times_at_most(world: World) -> None:
    world.replicate.creates = [busy(2.0)] * 9
    course = world.press()

    world.go(course.run())

    assert world.replicate.posts == 4
    assert course.feed.latest.status == "rejected"


def test_after_busy_jobs_are_sent_one_at_a_time_in_their_order(world: World) -> None:
    world.replicate.creates = [busy(10.0)]
    courses = [world.press() for _ in range(9)]

    world.go(*(course.run() for course in courses))

    assert [course.feed.latest.status for course in courses] == ["succeeded"] * 9
    assert world.replicate.posts == 10
    assert len(world.replicate.runs) == 9


def test_jobs_in_line_know_how_many_are_ahead(world: World) -> None:
    courses = [world.press() for _ in range(8)]
    ahead = []
    courses[7].feed.observe(lambda s: ahead.append(s.ahead))

    world.go(*(course.run() for course in courses))

    assert max(ahead) == 7


@pytest.mark.parametrize("key", ["answer_lost", "response_blocked", "gateway_cached"])
def test_an_ambiguous_outcome_is_never_sent_again(world: World, key: str) -> None:
    world.replicate.creates = [ambiguous(key)]
    course = world.press()

    world.go(course.run())

    assert course.feed.latest.status == "unconfirmed"
    assert not course.feed.latest.done
    assert course.feed.latest.settled
    assert course.feed.latest.error.key == key
    assert world.replicate.posts == 1
    assert 3500 < world.loop.time() < 3700


def test_a_strange_exception_counts_as_ambiguous(world: World) -> None:
    world.replicate.creates = [ValueError("?")]
    course = world.press()

    world.go(course.run())

    assert course.row.state == "unknown"
    assert world.replicate.posts == 1


def test_a_job_that_another_process_claimed_is_not_sent(world: World) -> None:
    course = world.press()
    world.journal.change(course.row.intent, "new", state="canceled")

    world.go(course.run())

    assert world.replicate.posts == 0
    assert course.feed.latest.status == "canceled"


def test_an_id_that_another_job_has_is_no_answer(world: World) -> None:
    first = world.press()
    world.go(first.run())
    second = world.press()
    world.replicate.runs[0].input = {}

    async def old_answer(*_, **__):
        world.replicate.posts += 1
        from tests.support.jobs import Answer

        return Answer(prediction=world.replicate.seen(world.replicate.runs[0]))

    world.replicate.create = old_answer
    world.go(second.run())

    assert second.feed.latest.status == "unconfirmed"
    assert second.feed.latest.error.key == "gateway_cached"
    assert world.replicate.posts == 2
