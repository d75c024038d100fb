"""From the id to the end: looks through trouble, honest ends, cancel against every race."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from tests.support.jobs import World, busy, trouble

from pvideo.errors import PVideoError
from pvideo.wire.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


def no(kind: str) -> Verdict:
    return Verdict(kind=kind, error=PVideoError.make("replicate_token", source="REPLICATE_API_TOKEN"))


def test_two_minutes_of_trouble_do_not_harm_the_job(world: World) -> None:
    world.replicate.looks = [trouble()] * 7
    course = world.press()
    seen = []
    course.feed.observe(
        lambda s: seen.append((s.phase, s.error.key if s.error else "", s.status, round((s.next_at or 0) - world.clock.wall())))
    )

    world.go(course.run())

    assert course.feed.latest.status == "succeeded"
    assert course.feed.latest.error is None
    assert [wait for phase, key, _, wait in dict.fromkeys(seen) if phase == "lost" and key == "connection_lost" and wait > 1] == [
        2,
        4,
        5,
    ], "its end is past: it is not kept waiting for longer"
    assert world.loop.time() > 15


def test_busy_looks_back_off_as_asked(world: World) -> None:
    world.replicate.looks = [busy(20.0)]
    course = world.press()

    world.go(course.run())

    assert world.replicate.gets[1] - world.replicate.gets[0] >= 20
    assert course.feed.latest.status == "succeeded"


def test_many_jobs_together_stay_under_five_looks_a_second(world: World) -> None:
    courses = [world.press() for _ in range(30)]

    world.go(*(course.run() for course in courses))

    moments = sorted([*world.replicate.gets, *world.replicate.listed])
    assert len(moments) > 5
    assert all(late - early > 0.99 for early, late in zip(moments, moments[5:], strict=False))


def test_a_prediction_not_visible_at_first_is_waited_for(world: World) -> None:
    world.replicate.looks = [no("gone")] * 8
    course = world.press()
    statuses = []
    course.feed.observe(lambda s: statuses.append(s.status))

    world.go(course.run())

    assert course.feed.latest.status == "succeeded"
    assert "unconfirmed" not in statuses


def test_one_not_visible_for_long_becomes_unconfirmed_never_failed(world: World) -> None:
    world.replicate.looks = [no("gone")] * 30
    course = world.press()
    statuses = []
    course.feed.observe(lambda s: statuses.append(s.status))

    world.go(course.run())

    assert "unconfirmed" in statuses
    assert "failed" not in statuses
    assert course.feed.latest.status == "succeeded"
    assert world.replicate.posts == 1


def test_a_revoked_token_keeps_the_job_and_it_goes_on_when_renewed(world: World) -> None:
    world.replicate.looks = [None, no("refused"), no("refused")]
    course = world.press()
    errors = []
    course.feed.observe(lambda s: errors.append(s.error.key if s.error else ""))

    world.go(course.run())

    assert "token_revoked" in errors
    assert course.feed.latest.status == "succeeded"
    assert course.feed.latest.error is None


@pytest.mark.parametrize(
    ("status", "error", "key"),
    [
        ("failed", "Input flagged as sensitive (E005)", "flagged"),
        ("failed", "Prediction interrupted; please retry (code: PA)", "interrupted"),
        ("failed", "CUDA out of memory", "model_failed"),
        ("aborted", None, "aborted"),
        ("canceled", None, "canceled"),
    ],
)
def test_each_bad_end_has_its_words_and_is_not_sent_again(world: World, status: str, error: str | None, key: str) -> None:
    world.replicate.ends, world.replicate.error = status, error
    course = world.press()

    world.go(course.run())

    shown = course.feed.latest
    assert (shown.status, shown.error.key, shown.done, shown.settled) == (status, key, True, True)
    assert world.replicate.posts == 1
    assert shown.cost == (Decimal(0) if status == "aborted" else None)
    assert shown.cost_text == ("$0.00" if status == "aborted" else "see billing")


def test_an_unknown_word_is_kept_and_watched(world: World) -> None:
    course = world.press()
    original = world.replicate.seen

    def seen(run):
        from dataclasses import replace

        prediction = original(run)
        return replace(prediction, status="moderating") if prediction.status == "processing" and prediction.output is None else prediction

    world.replicate.seen = seen
    statuses = []
    course.feed.observe(lambda s: statuses.append(s.status))

    world.go(course.run())

    assert "moderating" in statuses
    assert course.feed.latest.status == "succeeded"


def test_a_status_never_goes_back(world: World) -> None:
    course = world.press()
    original, calls = world.replicate.seen, []

    def seen(run):
        from dataclasses import replace

        calls.append(1)
        prediction = original(run)
        stale = prediction.status == "processing" and len(calls) % 2
        return replace(prediction, status="starting") if stale else prediction

    world.replicate.seen = seen
    statuses = []
    course.feed.observe(lambda s: statuses.append(s.status))

    world.go(course.run())

    assert list(dict.fromkeys(statuses)) == ["sending", "starting", "processing", "succeeded"]


def test_a_stuck_job_ends_at_its_limit(world: World) -> None:
    world.replicate.never_ends = True
    course = world.press(deadline=120.0)
    world.replicate.cancel_fails = 99

    world.go(course.run())

    assert course.feed.latest.status == "canceled"
    assert course.feed.latest.error.key == "timed_out"
    assert "2 min" in course.feed.latest.error.sentence
    assert 180 <= world.loop.time() < 280


def test_a_canceled_answer_at_the_limit_says_so(world: World) -> None:
    world.replicate.never_ends = True
    course = world.press(deadline=60.0)
    world.after(61.0, lambda: setattr(world.replicate.runs[0], "canceled_at", world.replicate.now()))

    world.go(course.run())

    assert course.feed.latest.error.key == "timed_out"
    assert world.replicate.cancels == 0


def test_an_hour_without_a_look_ends_as_expired(world: World) -> None:
    world.replicate.looks = [trouble()] * 999
    course = world.press()

    world.go(course.run())

    assert course.feed.latest.status == "expired"
    assert 3600 < world.loop.time() < 3700
    assert course.feed.latest.error.key == "output_expired"


def test_data_removed_while_asleep_ends_as_expired(world: World) -> None:
    course = world.press()
    world.after(1.0, lambda: setattr(world.replicate, "removed", True))

    world.go(course.run())

    assert course.feed.latest.status == "expired"
    assert course.row.cost == Decimal("0.025")


def test_an_output_seen_while_processing_is_fetched_at_once(world: World) -> None:
    world.replicate.early_output = True
    course = world.press()
    seen = []
    course.feed.observe(lambda s: seen.append((s.status, s.path is not None, s.output_url is not None)))

    world.go(course.run())

    assert ("processing", False, True) in seen
    assert ("processing", True, True) in seen
    assert course.feed.latest.status == "succeeded"
    assert len(world.fetched) == 1
    assert course.feed.latest.cost == Decimal("0.025")


def test_success_without_a_file_is_said_plainly(world: World) -> None:
    world.replicate.outputs = 7
    course = world.press()

    world.go(course.run())

    assert course.feed.latest.status == "succeeded"
    assert course.feed.latest.error.key == "output_strange"
    assert course.feed.latest.settled


def test_cancel_before_it_is_sent_is_free(world: World) -> None:
    course = world.press()

    async def cancel_then_run() -> None:
        await course.ask_cancel()
        await course.run()

    world.go(cancel_then_run())

    assert world.replicate.posts == 0
    assert (course.feed.latest.status, course.feed.latest.error.key, course.row.cost) == ("canceled", "canceled_unsent", Decimal(0))


def test_cancel_in_a_countdown_is_free_and_at_once(world: World) -> None:
    from tests.support.jobs import not_sent

    world.replicate.creates = [busy(60.0), not_sent()]
    course = world.press()
    world.after(1.0, course.ask_cancel)

    world.go(course.run())

    assert world.replicate.posts == 1
    assert course.feed.latest.error.key == "canceled_unsent"
    assert world.loop.time() < 2


def test_cancel_while_sending_goes_out_as_soon_as_the_id_is_known(world: World) -> None:
    world.replicate.answer_after = 3.0
    course = world.press()
    world.after(1.0, course.ask_cancel)

    world.go(course.run())

    assert world.replicate.cancels == 1
    assert course.feed.latest.status == "canceled"
    assert course.feed.latest.error.key == "canceled"
    assert "by you" in course.feed.latest.error.sentence
    assert world.loop.time() < 5


def test_cancel_while_running_shows_canceling_and_costs_what_replicate_says(world: World) -> None:
    course = world.press()
    phases = []
    course.feed.observe(lambda s: phases.append(s.phase))
    world.after(2.0, course.ask_cancel)

    world.go(course.run())

    assert "canceling" in phases
    assert (course.feed.latest.status, course.feed.latest.cost, course.feed.latest.cost_text) == ("canceled", None, "see billing")


def test_a_video_that_wins_the_race_is_kept(world: World) -> None:
    course = world.press()
    world.after(2.0, course.ask_cancel)
    world.replicate.cancel_fails = 99

    world.go(course.run())

    assert course.feed.latest.status == "succeeded"
    assert course.feed.latest.path is not None
    assert course.feed.latest.error.key == "done_before_cancel"


def test_a_lost_cancel_is_sent_again_and_two_presses_are_one(world: World) -> None:
    world.replicate.never_ends = True
    world.replicate.cancel_fails = 1
    course = world.press()
    world.after(2.0, course.ask_cancel)
    world.after(2.1, course.ask_cancel)

    world.go(course.run())

    assert world.replicate.cancels == 2
    assert course.feed.latest.status == "canceled"


def test_a_job_of_an_account_that_is_not_set_up_waits_with_a_note(world: World) -> None:
    course = world.press()
    world.after(1.0, lambda: setattr(world, "configured", False))
    world.after(20.0, lambda: setattr(world, "configured", True))
    errors = []
    course.feed.observe(lambda s: errors.append(s.error.key if s.error else ""))

    world.go(course.run())

    assert "endpoint_gone" in errors
    assert course.feed.latest.status == "succeeded"
    assert course.feed.latest.error is None


def test_a_job_met_again_after_the_hour_is_looked_at_before_it_is_given_up(world: World) -> None:
    course = world.press()
    world.go(world.replicate.create("m", course.row.input))
    run, sent = world.replicate.runs[0], world.clock.wall() - 4000
    world.journal.created(course.row.intent, run.id, sent_at=sent, sent_steady=world.clock.steady() - 4000, boot="boot-1")

    kept = world.kept_row(course)
    next_one = world.begin(kept)
    world.go(next_one.task)

    assert next_one.feed.latest.path is not None
    assert len(world.replicate.gets) >= 1
