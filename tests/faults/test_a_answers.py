"""Section A, second half: answers that refuse, throttle, block, repeat or come from a cache."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.test_a_creating import arrives

from pvideo.errors import BusyError, RefusedError
from pvideo.job.press import find_model

if TYPE_CHECKING:
    from tests.faults.scene import Scene

MESSAGES = Path(__file__).parents[3] / "shared" / "oracle" / "gateway" / "gojsonschema-messages.json"
AMBIGUOUS = [408, 409, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526]
THROTTLED = "Request was throttled. Your rate limit resets in ~30s."


@pytest.mark.parametrize("status", AMBIGUOUS)
@pytest.mark.parametrize("body", [None, {"detail": "Something", "title": "Odd"}], ids=["HTML", "JSON"])
def test_A10_any_trouble_after_accepting(scene: Scene, status: int, body: Any) -> None:
    scene.fault("after_accept", "status", status=status, **({} if body is None else {"body": body}))
    arrives(scene, scene.press())


@pytest.mark.parametrize("status", [400, 403, 404, 418, 429, 451])
def test_A10_a_refusal_of_an_unknown_shape_proves_nothing(scene: Scene, status: int) -> None:
    scene.fault("after_accept", "status", status=status, body={"message": "Please sign in to HotelNet"})
    arrives(scene, scene.press())


def _throttle(scene: Scene, headers: dict[str, str]) -> None:
    body = {"detail": THROTTLED, "status": 429}
    scene.fault("before_accept", "status", status=429, body=body, content_type="application/problem+json", headers=headers)


@pytest.mark.parametrize(
    ("given", "least", "most"),
    [
        ("1", 1, 2),
        ("3600", 120, 121),
        ("date", 39, 41),
        ("-5", 1, 2),
        ("abc", 30, 31),
        (None, 30, 31),
        ("1e9", 30, 31),
        ("0", 1, 2),
    ],
)
def test_A11_a_throttled_create_counts_down_and_is_sent_once_more(scene: Scene, given: str | None, least: float, most: float) -> None:
    at = format_datetime(datetime.fromtimestamp(scene.now() + 40, UTC), usegmt=True)
    _throttle(scene, {} if given is None else {"retry-after": at if given == "date" else given})
    video = scene.press()
    scene.run(0.5)
    shown = video.snapshot()
    assert shown.phase == "countdown"
    assert isinstance(video.error, BusyError)
    assert "Not paid" in str(video.error)
    assert least - 1 <= shown.next_at - scene.clock.wall() <= most
    arrives_after = scene.now()
    scene.settle()
    first, second = scene.creates
    assert least <= second["at"] - first["at"] <= most
    assert len(scene.paid) == 1
    assert video.path
    assert scene.now() > arrives_after


def test_A11_a_server_that_throttles_for_ever_is_asked_four_times(scene: Scene) -> None:
    for nth in range(1, 9):
        scene.fault("before_accept", "error", nth=nth, name="low_credit")
    video = scene.press()
    scene.settle()
    assert (video.status, len(scene.creates), scene.paid) == ("rejected", 4, [])


def test_A12_the_gateways_own_limit_waits_without_being_told_how_long(scene: Scene) -> None:
    scene.fault("before_accept", "error", code=2003)
    video = scene.press()
    scene.run(0.5)
    assert video.error.key == "gateway_busy"
    assert video.snapshot().phase == "countdown"
    scene.settle()
    first, second = scene.creates
    assert second["at"] - first["at"] >= 5
    assert video.path


@pytest.mark.parametrize(("code", "rule"), [(2041, "5e7f1b6b"), (2045, "per-user")])
def test_A12_a_spend_limit_stops_and_names_its_rule(scene: Scene, code: int, rule: str) -> None:
    scene.fault("before_accept", "error", code=code, nth=None)
    video = scene.press()
    scene.settle()
    assert (video.status, video.error.key, len(scene.creates)) == ("rejected", "spend_limit", 1)
    assert rule in str(video.error)


def test_A13_which_of_the_two_tokens_is_wrong(scene: Scene) -> None:
    scene.fault("before_accept", "error", name="bad_token")
    video = scene.press()
    scene.settle()
    assert (video.status, video.error.key) == ("rejected", "replicate_token")
    assert "REPLICATE_API_TOKEN" in str(video.error)
    assert "40 characters" in str(video.error)


@pytest.mark.parametrize("status", [401, 400])
def test_A13_one_2009_is_looked_at_twice_before_the_token_is_blamed(scene: Scene, status: int) -> None:
    scene.fault("before_accept", "error", code=2009, status=status)
    video = scene.press()
    scene.settle()
    assert video.path
    assert (len(scene.creates), len(scene.paid)) == (2, 1)
    scene.demo.state.faults.clear()
    scene.fault("before_accept", "error", code=2009, status=status, nth=[1, 2])
    video = scene.press(prompt="A dog")
    scene.settle()
    assert (video.status, video.error.key, len(scene.paid)) == ("rejected", "gateway_token", 1)
    assert "CF_AIG_TOKEN" in str(video.error)


@pytest.mark.parametrize(
    ("fault", "key", "link"),
    [({"name": "no_credit"}, "credit_replicate", "replicate.com/account/billing"), ({"code": 2021}, "credit_cloudflare", "store")],
    ids=["Replicate", "Cloudflare"],
)
def test_A14_no_credit_says_whose(scene: Scene, fault: dict[str, Any], key: str, link: str) -> None:
    scene.fault("before_accept", "error", **fault)
    video = scene.press()
    scene.settle()
    assert (video.status, video.error.key, scene.paid) == ("rejected", key, [])
    assert link in str(video.error)


FIELDS = [field.name for field in find_model("prunaai/p-video").fields]


def test_A15_there_are_fourteen_fields() -> None:
    assert len(FIELDS) == 14


@pytest.mark.parametrize("field", FIELDS)
def test_A15_a_refused_input_stands_at_its_field_and_nothing_typed_is_lost(scene: Scene, field: str) -> None:
    rows = [{"type": "number_lte", "field": f"input.{field}", "description": "Must be less than or equal to 20"}]
    if field == "prompt":
        rows = [{"type": "required", "field": "input", "description": "prompt is required"}]
    _refuse(scene, rows)
    video = scene.press(seed=4)
    scene.settle()
    assert (video.status, video.error.key, scene.paid) == ("rejected", "input_refused", [])
    assert isinstance(video.error, RefusedError)
    assert [problem.field for problem in video.error.problems] == [field]
    assert field in str(video.error)
    assert video.inputs == {"prompt": "A cat", "draft": True, "duration": 1, "seed": 4}


@pytest.mark.skipif(not MESSAGES.exists(), reason="needs the oracle beside the project (gojsonschema's messages)")
def test_A15_every_message_of_the_validator_reaches_its_field(scene: Scene) -> None:
    table = json.loads(MESSAGES.read_text(encoding="utf-8"))
    texts = [text for text in _strings(table) if len(text) < 200][:60]
    assert texts
    for text in texts:
        scene.demo.state.faults.clear()
        _refuse(scene, [{"type": "x", "field": "input.duration", "description": text}])
        video = scene.press()
        scene.settle()
        assert video.status == "rejected"
        assert [problem.field for problem in video.error.problems] == ["duration"]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _strings(item)]


def _refuse(scene: Scene, rows: list[dict[str, str]]) -> None:
    lines = "".join(f"- {row['field']}: {row['description']}\n" for row in rows)
    body = {"title": "Input validation failed", "detail": lines, "status": 422, "invalid_fields": rows}
    scene.fault("before_accept", "status", status=422, body=body, content_type="application/problem+json")


@pytest.mark.parametrize("code", [2016, 2029])
def test_A16_a_blocked_prompt_is_unpaid(scene: Scene, code: int) -> None:
    scene.fault("before_accept", "error", code=code)
    video = scene.press()
    scene.settle()
    assert (video.status, video.error.key, scene.paid) == ("rejected", "prompt_blocked", [])
    assert "Not paid" in str(video.error)


@pytest.mark.parametrize("code", [2017, 2030])
def test_A16_a_blocked_answer_is_paid_and_is_found(scene: Scene, code: int) -> None:
    scene.demo.settings(list_lag=4.0)
    scene.fault("after_accept", "error", code=code)
    video = scene.press()
    scene.run(1)
    assert (video.status, video.error.key, video.error.paid) == ("unconfirmed", "response_blocked", "maybe")
    arrives(scene, video)


def test_A17_a_wrong_gateway_name_is_shown(scene: Scene) -> None:
    scene.fault("before_accept", "error", code=2001)
    video = scene.press()
    scene.settle()
    assert (video.status, video.error.key, len(scene.creates)) == ("rejected", "gateway_name", 1)
    assert scene.demo.config.gateway in str(video.error)


def test_A18_the_gateway_is_told_not_to_repeat(scene: Scene) -> None:
    scene.demo.settings(gateway_retry=5)
    scene.fault("before_accept", "retry_upstream", times=3)
    video = scene.press()
    arrives(scene, video)
    assert scene.creates[0]["headers"]["cf-aig-max-attempts"] == "1"


@pytest.mark.parametrize("answer", ["lost", "slow"])
def test_A18_a_gateway_that_repeats_all_the_same_is_told_of_and_its_takes_are_saved(scene: Scene, answer: str) -> None:
    scene.fault("before_accept", "retry_upstream", times=3, honours_header=False)
    scene.fault("after_accept", *(("close",) if answer == "lost" else ("delay",)), **({} if answer == "lost" else {"seconds": 2.5}))
    video = scene.press()
    scene.settle()
    assert (video.status, len(scene.paid), len(scene.creates)) == ("succeeded", 3, 1)
    assert video.error.key == "gateway_resent"
    assert "3 times: $0.015 paid" in str(video.error)
    assert "Turn that setting off for pvideo" in str(video.error)
    takes = video.snapshot().takes
    assert len(takes) == 2
    for take in takes:
        shown = scene.kernel.engine.video(take).snapshot()
        assert (shown.status, shown.cost, shown.parent) == ("succeeded", Decimal("0.005"), video.intent)
        assert shown.path
    scene.check(resent=2)


def test_A19_an_old_prediction_from_the_cache_is_never_a_new_video(scene: Scene) -> None:
    first = scene.press(seed=4)
    scene.settle()
    scene.fault("before_accept", "cache_hit")
    second = scene.press(seed=4)
    scene.run(100)
    assert (second.status, second.error.key, second.path) == ("unconfirmed", "gateway_cached", None)
    assert second.prediction_id is None
    scene.settle()
    assert (second.status, len(scene.paid), second.path) == ("unconfirmed", 1, None)
    assert first.path


def test_A19_a_cache_that_is_always_on_is_passed_by(scene: Scene) -> None:
    scene.demo.settings(sticky_cache=True)
    videos = [scene.press(seed=4), scene.press(seed=4)]
    scene.settle()
    assert len({video.prediction_id for video in videos}) == 2
    assert all(row["headers"].get("cf-aig-skip-cache") == "true" for row in scene.asked("gateway"))
