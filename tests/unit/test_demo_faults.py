"""Faults are data: which request they meet, at which point, and what the client sees of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.demo import InProcess

from pvideo.demo.teaching import NEXT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def demo(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path)


@pytest.mark.parametrize(
    ("nth", "met"),
    [(None, [1, 1, 1, 1]), (2, [0, 1, 0, 0]), ([1, 4], [1, 0, 0, 1]), ("3+", [0, 0, 1, 1])],
)
def test_nth(demo: InProcess, nth: Any, met: list[int]) -> None:
    demo.faults({"match": {"op": "list"} | ({} if nth is None else {"nth": nth}), "do": "status", "status": 503})
    demo.create()
    assert [int(demo.request("GET", "/predictions").status_code == 503) for _ in range(4)] == met


@pytest.mark.parametrize(
    ("match", "creates", "lists"),
    [
        ({}, True, True),
        ({"op": "create"}, True, False),
        ({"method": "GET"}, False, True),
        ({"path": "/predictions"}, True, True),
        ({"path": "/models/.*"}, False, False),
        ({"host": "gateway"}, True, True),
        ({"host": "delivery"}, False, False),
        ({"prompt": "cat"}, True, False),
        ({"prompt": "dog"}, False, False),
    ],
)
def test_match(demo: InProcess, match: dict[str, Any], creates: bool, lists: bool) -> None:
    demo.faults({"match": match, "do": "status", "status": 418})
    assert (demo.create().status_code == 418) == creates
    assert (demo.request("GET", "/predictions").status_code == 418) == lists


def test_a_fault_at_replicate_is_seen_through_the_gateway(demo: InProcess) -> None:
    demo.faults({"match": {"host": "replicate", "op": "create"}, "do": "error", "name": "low_credit"})
    answer = demo.create()
    assert (answer.status_code, answer.json()["retry_after"]) == (429, 5)
    assert "cf-aig-log-id" in answer.headers
    bare = demo.request("POST", "", url=f"{demo.api_root}/predictions", data={})
    assert bare.status_code == 429


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 504, 520, 524])
@pytest.mark.parametrize("body", [None, {"detail": "odd"}])
@pytest.mark.parametrize(("phase", "created"), [("before_accept", 0), ("after_accept", 1)])
def test_any_status_before_and_after_the_prediction_exists(demo: InProcess, status: int, body: Any, phase: str, created: int) -> None:
    demo.faults({"match": {"op": "create"}, "phase": phase, "do": "status", "status": status} | ({"body": body} if body else {}))
    answer = demo.create()
    assert (answer.status_code, len(demo.predictions())) == (status, created)
    assert answer.headers["content-type"].startswith("application/json" if body else "text/html")


def test_bodies_are_replaced_and_edited(demo: InProcess) -> None:
    demo.faults(
        [
            {
                "match": {"op": "create", "nth": 1},
                "phase": "after_accept",
                "do": "body",
                "set": {"id": "../x"},
                "remove": ["output", "urls"],
            },
            {"match": {"op": "create", "nth": 2}, "phase": "after_accept", "do": "body", "text": "<html>", "content_type": "text/html"},
            {"match": {"op": "create", "nth": 3}, "phase": "after_accept", "do": "body", "text": ""},
            {"match": {"op": "create", "nth": 4}, "phase": "after_accept", "do": "body", "text": "[1]", "status": 200},
            {"match": {"op": "create", "nth": 5}, "phase": "after_accept", "do": "body", "set": {"logs": "\ud800\u0000"}},
        ]
    )
    edited = demo.create().json()
    assert (edited["id"], "output" in edited, edited["status"]) == ("../x", False, "starting")
    page, empty, array, odd = (demo.create() for _ in range(4))
    assert (page.status_code, page.text, page.headers["content-type"]) == (201, "<html>", "text/html")
    assert (empty.status_code, empty.content) == (201, b"")
    assert (array.status_code, array.json()) == (200, [1])
    assert odd.json()["logs"] == "\ud800\u0000"
    assert len(demo.predictions()) == 5


def test_headers_are_edited(demo: InProcess) -> None:
    demo.faults({"match": {"op": "create"}, "phase": "after_accept", "do": "headers", "set": {"Retry-After": "-5"}, "remove": ["Location"]})
    answer = demo.create()
    assert (answer.headers["retry-after"], "location" in answer.headers) == ("-5", False)


def test_a_state_that_goes_backwards(demo: InProcess) -> None:
    demo.faults({"match": {"op": "get", "nth": 2}, "phase": "after_accept", "do": "body", "set": {"status": "starting", "output": None}})
    path = f"/predictions/{demo.create().json()['id']}"
    demo.clock.advance(60)
    assert [demo.request("GET", path).json()["status"] for _ in range(3)] == ["succeeded", "starting", "succeeded"]


def test_delays_and_hangs_are_on_the_demos_clock(demo: InProcess) -> None:
    demo.faults({"match": {"op": "create", "nth": 1}, "do": "delay", "seconds": 30})
    before = demo.clock.now()
    assert demo.create().status_code == 201
    assert demo.clock.now() == before + 30
    demo.faults({"match": {"op": "create"}, "phase": "after_accept", "do": "hang", "seconds": 100})
    with pytest.raises(httpx.ReadError):
        demo.create()
    demo.faults({"match": {"op": "list"}, "do": "hang"})
    with pytest.raises(httpx.ReadTimeout):
        demo.request("GET", "/predictions")
    assert len(demo.predictions()) == 2
    assert [row["status"] for row in demo.ledger()["requests"] if row["host"] == "gateway"] == [201, "close", "hang"]


@pytest.mark.parametrize("output", [None, [], ["https://x/1.mp4"], {"video": "https://x/1.mp4"}, 7, "../output.mp4", "file:///etc/passwd"])
def test_outputs_of_every_shape(demo: InProcess, output: Any) -> None:
    demo.faults({"match": {"op": "create"}, "do": "fate", "output": output})
    prediction_id = demo.create().json()["id"]
    demo.clock.advance(60)
    done = demo.request("GET", f"/predictions/{prediction_id}").json()
    assert (done["status"], done["output"]) == ("succeeded", output)


CREATED = {
    **dict.fromkeys(("failed", "flagged", "interrupted", "canceled", "aborted", "slow", "stuck"), 1),
    **dict.fromkeys(("lost-answer", "reset", "cut-answer", "blocked-answer", "bad-gateway", "unreachable-provider"), 1),
    "paid-twice": 2,
    **dict.fromkeys(("429", "gateway-429", "no-credit", "spend-limit", "blocked", "bad-token", "bad-gateway-token", "gateway-missing"), 0),
    **dict.fromkeys(("download-cut", "download-gone", "poll-lost"), 1),
}


def test_every_teaching_name_is_tried() -> None:
    assert set(CREATED) == set(NEXT)


@pytest.mark.parametrize("name", sorted(CREATED))
def test_teaching_names(demo: InProcess, name: str) -> None:
    """Each makes as many predictions as it should, and only the next create is in trouble."""
    demo.faults(NEXT[name])
    try:
        demo.create(headers={"cf-aig-max-attempts": "1"})
    except httpx.ReadError:
        assert name in {"lost-answer", "reset", "cut-answer"}
    assert len(demo.predictions()) == CREATED[name]
    assert demo.create().status_code == 201
    demo.clock.advance(11.5)
    ends = {"flagged": "failed", "interrupted": "failed", "slow": "processing", "stuck": "processing"}
    expected = ends.get(name, name if name in {"failed", "canceled", "aborted"} else "succeeded")
    assert demo.predictions()[0]["status"] == expected
    assert demo.predictions()[-1]["status"] == "succeeded"


def test_the_ledger_names_the_faults_that_happened(demo: InProcess) -> None:
    [rule] = demo.faults({"match": {"op": "list", "nth": 2}, "do": "status", "status": 503})
    for _ in range(3):
        demo.request("GET", "/predictions")
    assert [(row["rule"], row["do"]) for row in demo.ledger()["faults"]] == [(rule, "status")]
