"""A lost answer is found in Replicate's list, and nothing is sent again."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from tests.support.jobs import START, Run, World, ambiguous, trouble

from pvideo.errors import PVideoError
from pvideo.job import adoption
from pvideo.job.reconcile import comparable, matches
from pvideo.job.schedule import next_search
from pvideo.library import queries
from pvideo.wire.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


def found(world: World, course) -> None:
    assert course.feed.latest.status == "succeeded"
    assert course.feed.latest.path.is_file()
    assert world.replicate.posts == 1
    assert course.row.prediction_id == world.replicate.runs[0].id


def test_a_lost_answer_is_found_by_our_seed_and_costs_nothing_more(world: World) -> None:
    world.replicate.creates = ["lost"]
    course = world.press()
    seen = []
    course.feed.observe(lambda s: seen.append(s.status))

    world.go(course.run())

    found(world, course)
    assert "unconfirmed" in seen
    assert course.feed.latest.error is None


def test_it_looks_at_0_2_5_15_30_60_and_then_every_five_minutes() -> None:
    now, moments = 0.0, []
    while (wait := next_search(now)) is not None:
        now += wait
        moments.append(round(now))

    assert moments[:7] == [2, 5, 15, 30, 60, 360, 660]
    assert moments[-1] == 3600


def test_a_list_that_lags_is_read_again(world: World) -> None:
    world.replicate.creates = ["lost"]
    world.replicate.list_lag = 4.0
    course = world.press()

    world.go(course.run())

    found(world, course)
    assert len([at for at in world.replicate.listed if at - START < 6]) == 3  # and once more at the end


def test_a_list_without_inputs_is_completed_by_looks(world: World) -> None:
    world.replicate.creates = ["lost"]
    world.replicate.without_input = True
    course = world.press()

    world.go(course.run())

    found(world, course)


@pytest.mark.parametrize("offset", [86_400.0, -86_400.0, 3 * 3600.0])
def test_a_wrong_wall_clock_does_not_hide_it(world: World, offset: float) -> None:
    world.offset = offset
    world.replicate.creates = ["lost"]
    course = world.press()

    world.go(course.run())

    found(world, course)


def test_a_wall_clock_that_jumps_while_it_is_lost_does_not_hide_it(world: World) -> None:
    world.replicate.creates = ["lost"]
    world.replicate.list_lag = 10.0
    course = world.press()
    world.after(1.0, lambda: setattr(world, "offset", 86_400.0))

    world.go(course.run())

    found(world, course)


def test_a_browser_s_prediction_and_another_seed_are_not_taken(world: World) -> None:
    course = world.press()
    other = dict(course.row.input)
    world.replicate.runs = [
        Run("w" * 26, other, START, source="web"),
        Run("x" * 26, {**other, "seed": 7}, START),
        Run("y" * 26, {**other, "prompt": "A dog"}, START),
    ]
    world.replicate.creates = [ambiguous()]

    world.go(course.run())

    assert course.feed.latest.status == "unconfirmed"
    assert course.feed.latest.settled


def test_a_prediction_of_an_earlier_hour_is_not_taken(world: World) -> None:
    course = world.press()
    world.replicate.runs = [Run("o" * 26, dict(course.row.input), START - 600)]
    world.replicate.creates = [ambiguous()]

    world.go(course.run())

    assert course.row.prediction_id is None


def test_a_gateway_that_sent_it_twice_gives_two_videos_and_is_told_of(world: World) -> None:
    world.replicate.creates = ["twice"]
    course = world.press()

    async def all_of_it() -> None:
        await course.run()
        for other in world.courses[1:]:
            await other.task

    world.go(all_of_it())

    takes = queries.takes(world.journal, course.row.intent)
    shown = course.feed.latest
    assert shown.status == "succeeded"
    assert shown.error.key == "gateway_resent"
    assert "2 times: $0.20" in shown.error.sentence
    assert shown.takes == (takes[0].intent,)
    assert takes[0].state == "done"
    assert takes[0].press_key is None
    assert {p.suffix for p in (world.folder / "videos").iterdir()} == {".mp4", ".json"}
    assert len(list((world.folder / "videos").glob("*.mp4"))) == 2
    assert world.journal.spent(realm="real", day="2026-11-20", session="").day == Decimal("0.05")  # two drafts of 5 s


def test_a_repeat_that_comes_late_is_kept_too(world: World) -> None:
    world.replicate.creates = ["lost"]
    course = world.press()
    world.after(3.0, lambda: world.replicate.runs.append(Run("9" * 26, dict(course.row.input), world.replicate.now())))

    async def all_of_it() -> None:
        await course.run()
        for other in world.courses[1:]:
            await other.task

    world.go(all_of_it())

    assert course.feed.latest.error.key == "gateway_resent"
    assert len(list((world.folder / "videos").glob("*.mp4"))) == 2
    assert course.row.prediction_id == world.replicate.runs[0].id


@pytest.mark.parametrize("dies", [False, True], ids=["looked for again", "by the next kernel"])
def test_a_repeat_is_kept_although_the_look_for_it_is_lost(world: World, dies: bool) -> None:
    world.replicate.creates = ["lost"]
    course = world.press()

    def repeated() -> None:
        world.replicate.runs.append(Run("9" * 26, dict(course.row.input), world.replicate.now()))
        world.replicate.lists = [trouble()]

    world.after(3.0, repeated)

    async def all_of_it() -> None:
        going = asyncio.ensure_future(course.run())
        while course.row.state != "done" or world.replicate.lists:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.1)
        assert [row.intent for row in world.journal.lost()] == [course.row.intent]
        if dies:
            going.cancel()
            assert adoption.owed(world.journal, "me", {course.row.intent}) == []
            (row,) = adoption.owed(world.journal, "me")
            await world.begin(row).task
        else:
            await going
        await world.courses[-1].task

    world.go(all_of_it())

    assert world.journal.lost() == []
    assert len(list((world.folder / "videos").glob("*.mp4"))) == 2
    assert world.replicate.posts == 1


def test_a_kernel_without_the_account_says_nothing_and_looks_when_it_has_it(world: World) -> None:
    world.replicate.creates = ["lost"]
    course = world.press()
    world.go(course.run())
    world.journal.update(course.row.intent, unknown_at=START)  # its process died before it had looked
    world.replicate.runs.append(Run("9" * 26, dict(course.row.input), world.replicate.now()))
    (row,) = adoption.owed(world.journal, "me")
    world.configured = False
    world.after(3.0, lambda: setattr(world, "configured", True))
    seen = []

    async def all_of_it() -> None:
        later = world.begin(row)
        later.feed.observe(lambda shown: seen.append(shown.error.key if shown.error else ""))
        await later.task
        await world.courses[-1].task

    world.go(all_of_it())

    assert set(seen) == {"gateway_resent"}
    assert world.journal.lost() == []
    assert len(list((world.folder / "videos").glob("*.mp4"))) == 2


def test_two_presses_with_one_typed_seed_and_both_answers_lost_do_not_cross(world: World) -> None:
    world.replicate.creates = ["lost", "lost"]
    courses = [world.press(seed=5, seed_ours=False) for _ in range(2)]

    world.go(*(course.run() for course in courses))

    assert [course.feed.latest.status for course in courses] == ["succeeded"] * 2
    assert {course.row.prediction_id for course in courses} == {run.id for run in world.replicate.runs}
    assert world.replicate.posts == 2
    assert all(course.feed.latest.error is None for course in courses)


def test_one_of_two_equal_presses_never_arrived_and_stays_unconfirmed(world: World) -> None:
    world.replicate.creates = ["lost", ambiguous()]
    courses = [world.press(seed=5, seed_ours=False) for _ in range(2)]

    world.go(*(course.run() for course in courses))

    assert sorted(course.feed.latest.status for course in courses) == ["succeeded", "unconfirmed"]


def test_files_and_secrets_are_no_part_of_the_comparison(world: World) -> None:
    row = world.row(seed_ours=False, seed=None, input={"seed": None, "image": "data:image/png;base64,… (9 characters)", "key": "••••"})
    sent = {**row.input, "image": "data:image/png;base64,AAAA", "key": "s3cret", "duration": 5.0}

    assert matches(row, world.replicate.seen(Run("a" * 26, sent, START)))
    assert not matches(row, world.replicate.seen(Run("a" * 26, {**sent, "draft": False}, START)))
    assert "image" not in comparable(sent)


def test_a_refused_list_says_so_and_the_video_may_exist(world: World) -> None:
    world.replicate.creates = ["lost"]
    no = Verdict(kind="refused", error=PVideoError.make("refused", who="g", status=403, detail=""))
    world.replicate.lists = [no] * 99
    course = world.press()

    world.go(course.run())

    assert course.feed.latest.status == "unconfirmed"
    assert course.feed.latest.error.key == "list_refused"


def test_trouble_with_the_list_only_delays(world: World) -> None:
    world.replicate.creates = ["lost"]
    world.replicate.lists = [trouble(), trouble()]
    course = world.press()

    world.go(course.run())

    found(world, course)


def test_data_removed_in_its_window_means_paid_and_gone(world: World) -> None:
    world.replicate.creates = ["lost"]
    world.replicate.removed = True
    course = world.press()

    world.go(course.run())

    assert course.feed.latest.status == "expired"
    assert course.feed.latest.error.key == "output_expired"


def test_looking_again_by_hand_is_at_once(world: World) -> None:
    world.replicate.creates = ["lost"]
    world.replicate.list_lag = 100.0
    course = world.press()
    world.after(120.0, course.nudge)

    world.go(course.run())

    found(world, course)
    assert world.loop.time() < 130


def test_a_cancel_while_unconfirmed_is_sent_once_it_is_found(world: World) -> None:
    world.replicate.creates = ["lost"]
    world.replicate.list_lag = 4.0
    course = world.press()
    world.after(1.0, course.ask_cancel)

    world.go(course.run())

    assert world.replicate.cancels == 1
    assert course.feed.latest.status == "canceled"


def test_a_killed_process_s_press_is_found_by_the_next(world: World) -> None:
    course = world.press(owner="1:dead:boot:")
    row = course.row
    world.journal.claim_sending(row.intent, "1:dead:boot:", sent_at=world.clock.wall(), sent_steady=world.clock.steady(), boot="boot-1")
    world.go(world.replicate.create("m", row.input))

    adopted = adoption.recover(world.journal, "me")
    assert [item.intent for item in adopted] == [row.intent]
    next_one = world.begin(adopted[0])
    world.go(next_one.task)

    found(world, next_one)


def test_after_a_reboot_the_wall_clock_takes_over(world: World) -> None:
    course = world.press(owner="1:dead:boot:")
    world.journal.claim_sending(course.row.intent, "1:dead:boot:", sent_at=world.clock.wall(), sent_steady=9e9, boot="boot-0")
    world.go(world.replicate.create("m", course.row.input))

    next_one = world.begin(adoption.recover(world.journal, "me")[0])
    world.go(next_one.task)

    found(world, next_one)


def test_a_press_that_is_just_being_handed_over_is_not_recovered(world: World) -> None:
    world.press(owner=adoption_owner())

    assert adoption.recover(world.journal, adoption_owner(), session=world.tools.session) == []
    assert world.journal.get("intent-0").state == "new"


def test_a_press_never_sent_by_a_dead_process_is_free_and_made_anew(world: World) -> None:
    row = world.press(owner="1:dead:boot:").row

    assert adoption.recover(world.journal, "me") == []

    kept = world.journal.get(row.intent)
    assert (kept.state, kept.cost, kept.press_key) == ("canceled", Decimal(0), None)
    assert world.journal.by_press(row.typed_key, row.folder) is None


def adoption_owner() -> str:
    from pvideo.job.owner import myself

    return myself()
