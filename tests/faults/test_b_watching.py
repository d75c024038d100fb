"""Section B: a paid prediction is watched through every kind of trouble, until the end that Replicate tells."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pvideo.job.schedule import LOOKS_PER_SECOND

if TYPE_CHECKING:
    from tests.faults.scene import Scene


def states(video: Any) -> list[str]:
    """Every status a card showed, in order."""
    seen = [video.status]
    video.observe(lambda shown: seen.append(shown.status) if shown.status != seen[-1] else None)
    return seen


def looks(scene: Scene) -> list[float]:
    """When a prediction was looked at."""
    return [row["at"] for row in scene.asked("gateway") if row["method"] == "GET" and not row["path"].endswith("/predictions")]


@pytest.mark.parametrize("seconds", [3.0, 29.0])
def test_B01_not_visible_right_after_the_create_is_tolerated(scene: Scene, seconds: float) -> None:
    scene.demo.settings(visible_after=seconds)
    video = scene.press()
    seen = states(video)
    scene.settle()
    assert video.path
    assert "unconfirmed" not in seen
    assert "failed" not in seen


def test_B01_not_visible_for_long_is_unconfirmed_and_found_when_it_shows(scene: Scene) -> None:
    scene.demo.settings(visible_after=100.0)
    video = scene.press()
    seen = states(video)
    scene.settle()
    assert "unconfirmed" in seen
    assert "failed" not in seen
    assert video.path
    assert len(scene.creates) == 1


@pytest.mark.parametrize(
    "what", [{"do": "status", "status": 502}, {"do": "rst"}, {"do": "hang"}, {"do": "status", "status": 500, "body": {"detail": "x"}}]
)
def test_B02_two_minutes_of_trouble_while_it_runs(scene: Scene, what: dict[str, Any]) -> None:
    rule = scene.demo.faults({"match": {"op": "get"}, "phase": "before_accept", **what})
    video = scene.press()
    scene.run(35)
    assert video.error.key == "connection_lost"
    assert "still running" in video.error.title
    assert video.snapshot().phase == "lost"
    assert not video.done
    scene.run(85)
    assert not video.done
    scene.demo.state.faults.rules[:] = [item for item in scene.demo.state.faults.rules if item.number not in rule]
    scene.settle()
    assert (video.status, video.error) == ("succeeded", None)
    assert video.path


def test_B03_throttled_looks_back_off(scene: Scene) -> None:
    scene.fault("before_accept", "error", op="get", nth=[1, 2, 3], name="throttled")
    video = scene.press()
    scene.settle()
    first = looks(scene)[:4]
    assert all(later - earlier >= 29 for earlier, later in itertools.pairwise(first))
    assert video.path


def test_B03_all_jobs_together_look_at_most_five_times_a_second(scene: Scene) -> None:
    videos = [scene.press(prompt=f"cat {number}") for number in range(40)]
    scene.settle()
    assert all(video.path for video in videos)
    at = [row["at"] for row in scene.asked("gateway") if row["method"] == "GET"]
    assert 1 <= len(at) < 40, "one list answers for many"
    for start in at:
        assert sum(start <= moment < start + 1 for moment in at) <= LOOKS_PER_SECOND


@pytest.mark.parametrize("stuck", ["starting", "processing"])
def test_B04_what_is_stuck_ends_at_its_deadline(scene: Scene, stuck: str) -> None:
    from pvideo import settings

    settings.configure(deadline=600)
    scene.fate(end="never", stuck=stuck)
    video = scene.press()
    scene.run(590)
    assert video.status == stuck
    scene.settle()
    assert scene.loop.time() < 700
    assert scene.creates[0]["headers"]["cancel-after"] == "600s"
    if stuck == "starting":
        assert (video.status, video.error.key) == ("aborted", "aborted")
    else:
        assert (video.status, video.error.key) == ("canceled", "timed_out")
        assert "10 min" in str(video.error)
        assert "See billing" in str(video.error)


def test_B04_a_deadline_that_does_not_pass_the_gateway_is_kept_here(scene: Scene) -> None:
    scene.demo.settings(cancel_after_passes=False)
    scene.fate(end="never")
    video = scene.press()
    scene.settle()
    assert (video.status, video.error.key) == ("canceled", "timed_out")
    assert 900 <= scene.loop.time() < 1100
    assert scene.paid[0]["status"] == "canceled"


def test_B05_aborted_is_an_end_and_costs_nothing(scene: Scene) -> None:
    scene.fate(end="aborted")
    video = scene.press()
    scene.settle()
    assert (video.status, video.error.key, str(video.cost)) == ("aborted", "aborted", "0")
    before = len(looks(scene))
    scene.run(600)
    assert len(looks(scene)) == before


def test_B05_an_unknown_word_is_shown_and_watched(scene: Scene) -> None:
    scene.fault("after_accept", "body", op="get", nth=[1, 2], set={"status": "moderating"})
    video = scene.press()
    seen = states(video)
    scene.settle()
    assert "moderating" in seen
    assert video.path


@pytest.mark.parametrize("word", ["moderating", None, 7, ""])
def test_B05_a_word_that_stays_unknown_ends_at_the_deadline(scene: Scene, word: Any) -> None:
    scene.fate(end="never")
    scene.fault("after_accept", "body", op="get", nth=None, set={"status": word})
    scene.fault("after_accept", "body", op="cancel", nth=None, set={"status": word})
    video = scene.press()
    scene.settle()
    assert (video.status, video.error.key) == ("canceled", "timed_out")
    assert scene.loop.time() < 1200


def test_B06_a_status_never_goes_back_and_an_old_answer_un_finishes_nothing(scene: Scene) -> None:
    scene.demo.settings(seconds_per_second=20.0)
    scene.fault("after_accept", "body", op="get", nth=[3, 5, 7], set={"status": "starting"})
    video = scene.press()
    seen = states(video)
    scene.settle()
    assert seen == sorted(seen, key=["sending", "starting", "processing", "succeeded"].index)
    ended = video.snapshot()
    scene.run(100)
    assert video.snapshot().status == ended.status


def test_B06_looks_served_from_a_cache_are_noticed(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.demo.settings(seconds_per_second=40.0)
    scene.fault("before_accept", "cache_hit", op="get", nth=[3, 4, 5])
    video = scene.press()
    said: list[str] = []
    video.observe(lambda shown: said.append(str(shown.error)))
    scene.settle()
    assert any("pvideo answers from its cache: turn caching off" in text for text in said)
    assert video.error is None
    assert video.path
    assert all(row["headers"].get("cf-aig-skip-cache") == "true" for row in scene.asked("gateway"))
    assert "cache" in caplog.text


def test_B07_an_output_on_a_processing_prediction_is_saved_at_once_and_priced_at_the_end(scene: Scene) -> None:
    scene.demo.settings(quirks="recorded")
    scene.fault("after_accept", "body", op="get", nth=[1, 2, 3], set={"status": "processing"})
    video = scene.press(prefer_wait=True)
    while video.path is None:
        scene.run(0.02)
    assert (video.status, video.cost) == ("processing", None)
    assert not video.done
    scene.settle()
    assert (video.status, video.cost) == ("succeeded", Decimal("0.005"))


@pytest.mark.parametrize(
    ("error", "key", "words"),
    [
        ("Prediction interrupted; please retry (code: PA)", "interrupted", "please retry"),
        ("The input or output was flagged as sensitive. Please try again with different inputs. (E005)", "flagged", "flagged"),
        ("Prediction failed (E9828)", "model_failed", "E9828"),
        ("CUDA out of memory (E1001)", "model_failed", "out of memory"),
        (None, "model_failed", "no reason"),
    ],
)
def test_B12_each_failure_has_its_sentence_and_is_never_sent_again(scene: Scene, error: str | None, key: str, words: str) -> None:
    scene.fate(end="failed", error=error)
    video = scene.press()
    scene.settle()
    scene.run(3600)
    assert (video.status, video.error.key, len(scene.creates)) == ("failed", key, 1)
    assert words in str(video.error)
    assert video.cost is None
    assert video.snapshot().cost_text == "see billing"
    if key != "flagged":
        assert "$0.005" in str(video.error)


@pytest.mark.parametrize(
    "fault", [{"do": "error", "name": "bad_token"}, {"do": "error", "code": 2009}], ids=["Replicate's", "the gateway's"]
)
def test_B13_a_token_revoked_while_it_runs_keeps_the_job(scene: Scene, fault: dict[str, Any]) -> None:
    scene.demo.settings(seconds_per_second=30.0)
    scene.demo.faults({"match": {"op": "get", "nth": "3+"}, "phase": "before_accept", **fault})
    video = scene.press()
    scene.run(100)
    assert video.error.key == "token_revoked"
    assert "%pvideo setup" in str(video.error)
    assert not video.done
    scene.demo.state.faults.clear()
    scene.settle()
    assert (video.status, video.error) == ("succeeded", None)


@pytest.mark.parametrize(("minutes", "status"), [(20, "succeeded"), (120, "expired")])
@pytest.mark.parametrize("jump", [0.0, -3 * 3600.0, 86_400.0])
def test_B14_a_laptop_that_slept(scene: Scene, minutes: float, status: str, jump: float) -> None:
    scene.demo.settings(seconds_per_second=60.0)
    video = scene.press()
    scene.run(5)
    assert video.status == "processing"
    scene.asleep += minutes * 60
    scene.wall_offset += jump
    scene.settle()
    assert video.status == status
    if status == "expired":
        assert video.error.key == "output_expired"
        assert "after an hour" in str(video.error)
        scene.check(lost=frozenset({video.prediction_id}))


@pytest.mark.parametrize("hurt", ["", "status 404", "status 502", "lost", "lost before"])
@pytest.mark.parametrize("at", [0.2, 1.0, 20.0])
def test_B15_a_cancel_ends_as_the_server_says(scene: Scene, hurt: str, at: float) -> None:
    scene.demo.settings(seconds_per_second=18.0)
    if hurt:
        do = {
            "status 404": ("before_accept", "status", {"status": 404, "body": {"detail": "no", "status": 404}}),
            "status 502": ("before_accept", "status", {"status": 502}),
        }
        phase, what, more = do.get(hurt, ("after_accept" if hurt == "lost" else "before_accept", "rst", {}))
        scene.fault(phase, what, op="cancel", **more)
    video = scene.press()
    scene.run(at)
    video.cancel()
    video.cancel()
    scene.settle()
    truth = scene.paid[0]["status"] if scene.paid else "canceled"
    assert video.status == truth
    assert (video.path is not None) == (truth == "succeeded")
    if truth == "canceled" and scene.paid:
        assert video.error.key == "canceled"
        assert video.snapshot().cost_text == "see billing"


def test_B15_a_video_that_wins_the_race_is_kept(scene: Scene) -> None:
    video = scene.press()
    while not scene.paid or scene.paid[0]["status"] != "succeeded":
        scene.run(0.05)
    video.cancel()
    scene.settle()
    assert (video.status, video.path is not None) == ("succeeded", True)


def test_B15_two_presses_of_cancel_are_one_request(scene: Scene) -> None:
    scene.fate(end="never")
    video = scene.press()
    scene.run(2)
    video.cancel()
    video.cancel()
    scene.settle()
    assert video.status == "canceled"
    assert len([row for row in scene.asked("gateway") if row["path"].endswith("/cancel")]) == 1


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/v1/predictions?cursor=bz0x",
        "https://api.replicate.com/v1/predictions?cursor=bz0x",
        "file:///etc/passwd?cursor=x",
    ],
)
def test_B16_pages_without_end_and_a_next_at_another_host(scene: Scene, following: str) -> None:
    for page in range(40):
        url = following.replace("bz0x", f"c{page}")
        scene.fault("before_accept", "body", op="list", nth=page + 1, text=f'{{"results": [], "next": "{url}"}}')
    scene.fault("before_accept", "rst", op="create")
    video = scene.press()
    scene.run(1.9)
    lists = [row for row in scene.asked("gateway") if row["method"] == "GET"]
    assert video.status == "unconfirmed"
    assert (1 if following.startswith("file") else 2) <= len(lists) <= 10
    assert all(row["path"].startswith("/v1/demo/pvideo/replicate/predictions") for row in lists)
    assert all("evil" not in row["query"] for row in lists)
    assert not scene.strangers
