"""Replicate's half of the demo: predictions and how they age, lists, limits."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.demo import InProcess

from pvideo.demo.replicate import cancel_after

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def demo(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path)


def look(demo: InProcess, prediction_id: str) -> dict[str, Any]:
    return demo.request("GET", f"/predictions/{prediction_id}").json()


def finish(demo: InProcess, **given: Any) -> dict[str, Any]:
    """Create a prediction and return it when it has ended, looking ten times a second."""
    prediction_id = demo.create(**given).json()["id"]
    while (data := look(demo, prediction_id))["status"] in {"starting", "processing"}:
        demo.clock.advance(0.1)
    return data


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, 10),
        ({"draft": True}, 2.5),
        ({"resolution": "1080p"}, 20),
        ({"duration": 20, "draft": True, "resolution": "1080p"}, 20),
        ({"fps": 48}, 10),
    ],
)
def test_times_are_the_real_ones(demo: InProcess, given: dict[str, Any], seconds: float) -> None:
    metrics = finish(demo, **given)["metrics"]
    assert metrics["predict_time"] == pytest.approx(seconds, abs=0.001)
    assert 0.4 <= metrics["total_time"] - metrics["predict_time"] <= 1.0
    assert metrics["video_output_duration_seconds"] == given.get("duration", 5)


def test_speed_divides_them(demo: InProcess) -> None:
    demo.settings(speed=4)
    assert finish(demo)["metrics"]["predict_time"] == pytest.approx(2.5, abs=0.001)


def test_it_waits_for_its_clip(tmp_path: Path) -> None:
    def slow(given: Any, out: Path, *, prediction_id: str) -> float:
        demo.clock.advance(45)
        out.write_bytes(b"clip")
        return 3.04

    demo = InProcess(tmp_path, renderer=slow)
    metrics = finish(demo)["metrics"]
    assert metrics["predict_time"] == pytest.approx(44.5, abs=0.5)
    assert metrics["video_output_duration_seconds"] == 3.04


def test_a_renderer_that_crashes_fails_the_prediction(tmp_path: Path) -> None:
    def broken(given: Any, out: Path, *, prediction_id: str) -> float:
        raise RuntimeError("no picture")

    done = finish(InProcess(tmp_path, renderer=broken))
    assert (done["status"], done["error"], done["output"]) == ("failed", "RuntimeError: no picture", None)
    assert done["logs"].endswith("RuntimeError: no picture\n")


def test_logs_grow_in_the_style_of_tqdm(demo: InProcess) -> None:
    prediction_id = demo.create(seed=7).json()["id"]
    sizes, line = [], re.compile(r" {0,2}\d{1,3}%\|[█▏▎▍▌▋▊▉ ]{10}\| \d+/50 \[\d\d:\d\d<(\d\d:\d\d|\?), +[\d.?]+it/s\]")
    for _ in range(14):
        logs = look(demo, prediction_id)["logs"]
        sizes.append(len(logs))
        first, *lines = logs.splitlines() or [""]
        assert first in {"", "Using seed: 7"}
        assert all(line.fullmatch(text) or text == "Saving output.mp4" for text in lines)
        demo.clock.advance(1)
    assert sizes == sorted(sizes)
    assert sizes[0] == 0
    assert len(set(sizes)) > 8


def test_no_op_has_a_status_and_no_video(demo: InProcess) -> None:
    done = finish(demo, no_op=True)
    assert (done["status"], done["output"]) == ("succeeded", None)
    assert "video_output_duration_seconds" not in done["metrics"]
    assert demo.predictions()[0]["paid"] is False


def test_the_first_seconds_of_visibility_and_of_lists_are_switches(demo: InProcess) -> None:
    demo.settings(visible_after=2, list_lag=5)
    prediction_id = demo.create().json()["id"]
    assert demo.request("GET", f"/predictions/{prediction_id}").status_code == 404
    demo.clock.advance(2)
    assert look(demo, prediction_id)["id"] == prediction_id
    assert demo.request("GET", "/predictions").json()["results"] == []
    demo.clock.advance(3)
    [item] = demo.request("GET", "/predictions").json()["results"]
    assert item["input"] == {"prompt": "a cat"}
    demo.settings(list_input=False)
    assert "input" not in demo.request("GET", "/predictions").json()["results"][0]


def test_what_is_paid(demo: InProcess) -> None:
    for end in ("succeeded", "failed", "canceled", "aborted"):
        demo.faults({"match": {"op": "create", "prompt": end}, "do": "fate", "end": end})
        demo.create(prompt=end)
    demo.clock.advance(60)
    assert {row["status"]: row["paid"] for row in demo.predictions()} == {
        "succeeded": True,
        "failed": True,
        "canceled": True,
        "aborted": False,
    }


class TestDeadlines:
    @pytest.mark.parametrize(
        ("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("1h30m45s", 5445), ("24h", 86400), ("10m07s", 607)]
    )
    def test_durations(self, text: str, seconds: float) -> None:
        assert cancel_after(text) == seconds

    @pytest.mark.parametrize("text", ["", "4", "25h", "soon", "5m 3s", "-9", "1.5h"])
    def test_wrong_ones(self, demo: InProcess, text: str) -> None:
        assert demo.create(headers={"cancel-after": text}).status_code == 400
        assert demo.predictions() == []

    def test_reached_while_running_it_is_canceled(self, demo: InProcess) -> None:
        data = demo.create(headers={"cancel-after": "6s"}).json()
        assert datetime.fromisoformat(data["deadline"]).timestamp() - datetime.fromisoformat(data["created_at"]).timestamp() == 6
        demo.clock.advance(6)
        assert look(demo, data["id"])["status"] == "canceled"

    def test_reached_before_the_start_it_is_aborted_and_free(self, demo: InProcess) -> None:
        demo.settings(queue_seconds=(30, 40))
        data = demo.create(headers={"cancel-after": "6s"}).json()
        demo.clock.advance(7)
        done = look(demo, data["id"])
        assert (done["status"], "started_at" in done, "predict_time" in done["metrics"]) == ("aborted", False, False)
        assert demo.predictions()[0]["paid"] is False

    def test_a_stuck_prediction_ends_at_the_limit(self, demo: InProcess) -> None:
        demo.faults({"match": {"op": "create"}, "do": "fate", "end": "never"})
        prediction_id = demo.create().json()["id"]
        demo.clock.advance(1790)
        assert look(demo, prediction_id)["status"] == "processing"
        demo.clock.advance(20)
        assert look(demo, prediction_id)["status"] == "failed"


def test_cancel_races_success(demo: InProcess) -> None:
    prediction_id = demo.create().json()["id"]
    demo.clock.advance(30)
    path = f"/predictions/{prediction_id}/cancel"
    late = demo.request("POST", path)
    assert (late.status_code, late.json()["status"]) == (200, "succeeded")
    demo.settings(cancel_finished="refused")
    assert demo.request("POST", path).status_code == 422
    assert demo.request("POST", "/predictions/nosuch/cancel").status_code == 404


def test_the_list_pages_by_cursor_and_is_not_shifted_by_new_ones(demo: InProcess) -> None:
    made = []
    for _ in range(7):
        made.append(demo.create().json()["id"])
        demo.clock.advance(1)
    demo.settings(page_size=3)
    after = datetime.fromtimestamp(demo.clock.now() - 6.5, UTC).isoformat().replace("+00:00", "Z")

    def page(query: str) -> tuple[list[str], str | None, str | None]:
        data = demo.request("GET", f"/predictions?{query}").json()
        return [item["id"] for item in data["results"]], data["next"], data["previous"]

    first, following, before = page(f"created_after={after}")
    assert (first, before) == (made[:3:-1], None)
    assert following.startswith("https://api.replicate.com/v1/predictions?created_after=")
    demo.create()
    second, last, back = page(following.partition("?")[2])
    assert (second, last) == (made[3:0:-1], None)
    assert page(back.partition("?")[2])[0] == first
    assert demo.request("GET", "/predictions?cursor=nonsense").status_code == 400
    assert demo.request("GET", "/predictions?created_after=yesterday").status_code == 400
    assert demo.request("GET", "/predictions?source=web").json()["results"] == []


def test_pages_hold_a_hundred(demo: InProcess) -> None:
    for _ in range(101):
        demo.create(no_op=True)
    data = demo.request("GET", "/predictions").json()
    assert len(data["results"]) == 100
    assert data["next"]


def test_low_credit_is_six_a_minute_and_refused_tries_count(demo: InProcess) -> None:
    demo.settings(low_credit=True)
    assert demo.create().status_code == 201
    demo.clock.advance(5)
    refused = demo.create()
    assert refused.status_code == 429
    assert (refused.json()["retry_after"], refused.headers["retry-after"]) == (5, "5")
    demo.clock.advance(6)
    assert demo.create().status_code == 429
    demo.clock.advance(10)
    assert demo.create().status_code == 201
    assert demo.request("GET", "/predictions").status_code == 200


def test_ordinary_limits(demo: InProcess) -> None:
    demo.settings(create_limit=2, retry_after_header=False)
    assert [demo.create().status_code for _ in range(3)] == [201, 201, 429]
    demo.clock.advance(20)
    refused = demo.create()
    assert refused.json() == {"detail": "Request was throttled. Your rate limit resets in ~40s."}
    assert "retry-after" not in refused.headers
    demo.clock.advance(40)
    again = demo.create()
    assert (again.status_code, again.headers["ratelimit-remaining"]) == (201, "1")


class TestBlocking:
    def test_a_late_answer_says_starting(self, demo: InProcess) -> None:
        answer = demo.create(headers={"prefer": "wait=3"})
        assert (answer.status_code, answer.json()["status"], answer.json()["output"]) == (201, "starting", None)
        assert look(demo, answer.json()["id"])["status"] == "processing"

    def test_a_done_one_says_processing_with_its_output(self, demo: InProcess) -> None:
        answer = demo.create(headers={"prefer": "wait"}).json()
        assert answer["status"] == "processing"
        assert answer["output"].endswith("/output.mp4")
        assert not {"completed_at", "metrics"} & set(answer)
        later = look(demo, answer["id"])
        assert (later["status"], later["output"]) == ("succeeded", answer["output"])

    def test_a_failed_one_says_so(self, demo: InProcess) -> None:
        demo.faults({"match": {"op": "create"}, "do": "fate", "end": "failed", "error": "E1001"})
        answer = demo.create(headers={"prefer": "wait"}).json()
        assert (answer["status"], answer["error"], answer["output"]) == ("failed", "E1001", None)

    @pytest.mark.parametrize("prefer", ["wait=0", "wait=abc", "respond-async"])
    def test_what_is_no_wait_is_none(self, demo: InProcess, prefer: str) -> None:
        answer = demo.create(headers={"prefer": prefer})
        assert answer.json()["status"] == "starting"
        assert "preference-applied" not in answer.headers


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ([], [("invalid_type", "")]),
        ({}, [("required", ""), ("required", "")]),
        ({"version": "prunaai/p-video", "input": []}, [("invalid_type", "input")]),
        ({"version": 7, "input": {}}, [("invalid_type", "version")]),
        ({"version": "prunaai/p-video", "input": {}}, [("required", "input")]),
        ({"version": "prunaai/p-video", "input": {"prompt": "x"}, "metadata": {}}, [("additional_property_not_allowed", "")]),
    ],
)
def test_wrong_bodies(demo: InProcess, body: Any, fields: list[tuple[str, str]]) -> None:
    answer = demo.request("POST", "/predictions", data=body)
    assert answer.status_code == 422
    assert [(item["type"], item["field"]) for item in answer.json()["invalid_fields"]] == fields


def test_versions(demo: InProcess) -> None:
    digest = demo.request("GET", "/models/prunaai/p-video").json()["latest_version"]["id"]
    given = {"input": {"prompt": "a cat"}}
    for version, status in {
        "prunaai/p-video": 201,
        f"prunaai/p-video:{digest}": 201,
        digest: 201,
        "prunaai/p-video:00": 422,
        "": 422,
    }.items():
        assert demo.request("POST", "/predictions", data=given | {"version": version}).status_code == status
    assert demo.request("POST", "/models/nobody/nothing/predictions", data=given).status_code == 404
    extra = demo.request("POST", "/models/prunaai/p-video/predictions", data=given | {"version": digest})
    assert extra.json()["invalid_fields"][0]["description"] == "Additional property version is not allowed"
    assert demo.create(negative_prompt="dogs").status_code == 201


def test_null_is_accepted_where_the_schema_says_so(demo: InProcess) -> None:
    assert demo.create(image=None).status_code == 201
    assert demo.create(duration=None).status_code == 422
    demo.settings(null_inputs=False)
    assert demo.create(image=None).status_code == 422


def test_the_clock_of_the_server_may_be_another(demo: InProcess) -> None:
    from email.utils import parsedate_to_datetime

    demo.settings(date_skew=-86_400)
    assert parsedate_to_datetime(demo.create().headers["date"]).timestamp() == pytest.approx(demo.clock.now() - 86_400, abs=1)
