"""The demo on real sockets: where a connection breaks, what the three ports serve, and to whom."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

BODY = {"version": "prunaai/p-video", "input": {"prompt": "a cat", "duration": 5}}


def create(demo: RunningDemo, **options: Any) -> httpx.Response:
    with httpx.Client(headers=demo.headers, trust_env=False, **options) as client:
        return client.post(f"{demo.base_url}/predictions", json=BODY)


def finished(demo: RunningDemo) -> str:
    """Create a prediction and return its output's address once it is there."""
    with httpx.Client(headers=demo.headers, trust_env=False) as client:
        path = f"{demo.base_url}/predictions/{create(demo).json()['id']}"
        until = time.monotonic() + 10
        while time.monotonic() < until:
            data = client.get(path).json()
            if data["status"] == "succeeded":
                return data["output"]
    raise AssertionError(data)


@pytest.mark.parametrize("do", ["rst", "close"])
@pytest.mark.parametrize(("phase", "created"), [("before_accept", 0), ("after_accept", 1), ("mid_response", 1)])
def test_a_connection_that_breaks(demo_server: RunningDemo, do: str, phase: str, created: int) -> None:
    demo_server.faults({"match": {"op": "create", "nth": 1}, "phase": phase, "do": do})
    expected = httpx.ReadError if do == "rst" else httpx.RemoteProtocolError
    with pytest.raises(expected):
        create(demo_server)
    assert len(demo_server.predictions()) == created
    assert create(demo_server).status_code == 201


def test_a_reset_before_the_body_is_read(demo_server: RunningDemo) -> None:
    demo_server.faults({"match": {"op": "create"}, "do": "rst", "unread": True})
    with pytest.raises(httpx.TransportError):
        create(demo_server)
    assert demo_server.predictions() == []
    assert [row["status"] for row in demo_server.requests("gateway")] == ["rst"]


@pytest.mark.parametrize("at", [0, 1, 100])
def test_an_answer_cut_at_a_byte(demo_server: RunningDemo, at: int) -> None:
    demo_server.faults({"match": {"op": "create"}, "phase": "mid_response", "do": "truncate", "at": at})
    with (
        httpx.Client(headers=demo_server.headers, trust_env=False) as client,
        client.stream("POST", f"{demo_server.base_url}/predictions", json=BODY) as answer,
    ):
        assert answer.status_code == 201
        got: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_raw())
    assert len(b"".join(got)) == at
    assert int(answer.headers["content-length"]) > 300


def test_a_hang_ends_with_the_clients_patience(demo_server: RunningDemo) -> None:
    demo_server.faults({"match": {"op": "create"}, "phase": "after_accept", "do": "hang"})
    with pytest.raises(httpx.ReadTimeout):
        create(demo_server, timeout=0.2)
    assert len(demo_server.predictions()) == 1


def test_a_lying_content_length(demo_server: RunningDemo) -> None:
    demo_server.faults({"match": {"op": "file"}, "phase": "after_accept", "do": "headers", "set": {"content-length": 10_000_000}})
    with pytest.raises(httpx.RemoteProtocolError, match="10000000"):
        httpx.get(finished(demo_server), trust_env=False)


def test_a_body_without_end(demo_server: RunningDemo) -> None:
    url = finished(demo_server)
    demo_server.faults({"match": {"op": "file"}, "phase": "after_accept", "do": "body", "text": "x" * 65536, "repeat": 0})
    with httpx.stream("GET", url, trust_env=False) as answer:
        assert "content-length" not in answer.headers
        size = 0
        for block in answer.iter_raw():
            size += len(block)
            if size > 3_000_000:
                break
    assert demo_server.control("health")["ok"] is True


def test_a_hold_stops_a_request_until_it_is_let_go(demo_server: RunningDemo) -> None:
    [rule] = demo_server.faults({"match": {"op": "create"}, "phase": "after_accept", "do": "hold"})
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(create(demo_server)))
    thread.start()
    assert demo_server.reached(rule)
    assert len(demo_server.predictions()) == 1
    assert answers == []
    demo_server.release(rule)
    thread.join(10)
    assert answers[0].status_code == 201


# -- delivery


def test_the_video_is_delivered_whole_and_in_parts(demo_server: RunningDemo) -> None:
    url = finished(demo_server)
    whole = httpx.get(url, trust_env=False)
    assert hashlib.sha256(whole.content).hexdigest() == demo_server.predictions()[0]["sha256"]
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["access-control-allow-origin"] == "*"
    assert whole.content[4:8] == b"ftyp"
    size = len(whole.content)
    for asked, part in (
        ("bytes=10-19", whole.content[10:20]),
        (f"bytes={size - 5}-", whole.content[-5:]),
        ("bytes=-7", whole.content[-7:]),
    ):
        answer = httpx.get(url, headers={"range": asked}, trust_env=False)
        assert (answer.status_code, answer.content) == (206, part)
        assert answer.headers["content-range"].endswith(f"/{size}")
    beyond = httpx.get(url, headers={"range": f"bytes={size}-"}, trust_env=False)
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    changed = httpx.get(url, headers={"range": "bytes=5-", "if-range": '"another"'}, trust_env=False)
    assert (changed.status_code, changed.content) == (200, whole.content)
    head = httpx.head(url, trust_env=False)
    assert (head.headers["content-length"], head.content) == (str(size), b"")


def test_the_clip_can_be_played(demo_server: RunningDemo, tmp_path: Any) -> None:
    import av

    (tmp_path / "clip.mp4").write_bytes(httpx.get(finished(demo_server), trust_env=False).content)
    with av.open(str(tmp_path / "clip.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 24


def test_delivery_that_wants_the_token(demo_server: RunningDemo) -> None:
    demo_server.settings(delivery_401=True)
    url = finished(demo_server)
    assert httpx.get(url, trust_env=False).status_code == 401
    token = {"authorization": f"Bearer {demo_server.replicate_token}"}
    assert httpx.get(url, headers=token, trust_env=False).status_code == 200
    kept = [row["headers"].get("authorization") for row in demo_server.requests("delivery")]
    assert kept == [None, "present, matches: true"]


def test_delivery_ends_after_an_hour(demo_server: RunningDemo) -> None:
    url = finished(demo_server)
    demo_server.settings(retention=0)
    assert httpx.get(url, trust_env=False).status_code == 404


def test_delivery_without_ranges_and_with_a_redirect(demo_server: RunningDemo) -> None:
    url = finished(demo_server)
    demo_server.settings(delivery_ranges=False)
    assert httpx.get(url, headers={"range": "bytes=5-"}, trust_env=False).status_code == 200
    demo_server.faults({"match": {"op": "file"}, "do": "redirect", "location": "http://127.0.0.1:9/x", "status": 307})
    answer = httpx.get(url, trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.1:9/x")


# -- control


def test_a_page_in_a_browser_cannot_reach_the_control_port(demo_server: RunningDemo) -> None:
    health, word = f"{demo_server.control_url}/_emu/health", {"authorization": f"Bearer {demo_server.control_token}"}
    assert httpx.get(health, headers=word, trust_env=False).status_code == 200
    assert httpx.get(health, headers=word | {"origin": "https://example.com"}, trust_env=False).status_code == 403
    assert httpx.get(health, headers=word | {"host": "rebound.example.com"}, trust_env=False).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("settings", {"spede": 4}, "There is no setting named 'spede'."),
        ("settings", {"speed": "fast"}, "speed is a float"),
        ("settings", {"quirks": "odd"}, "quirks is one of"),
        ("next", {"what": "luck"}, "does not know 'luck'"),
        ("faults", [{"do": "explode"}], "do is one of"),
        ("faults", [{"do": "rst", "phase": "never"}], "phase is one of"),
        ("faults", [{"do": "rst", "match": {"verb": "GET"}}], "match knows"),
        ("faults", [{"do": "delay", "second": 3}], "delay takes seconds"),
        ("faults", [{"do": "fate", "end": "faild"}], "end is never or one of"),
    ],
)
def test_control_refuses_what_it_does_not_understand(demo_server: RunningDemo, path: str, body: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="error") as refused:
        demo_server.control(path, body)
    assert sentence in str(refused.value)
    assert demo_server.control("faults") == []


def test_reset_returns_to_the_start(demo_server: RunningDemo) -> None:
    create(demo_server)
    demo_server.settings(speed=1, authentication=False)
    demo_server.faults({"do": "rst"})
    demo_server.reset()
    settings = demo_server.control("settings")
    assert (settings["speed"], settings["authentication"]) == (50, True)
    assert "replicate_token" not in settings
    ledger = demo_server.ledger()
    assert (ledger["predictions"], ledger["requests"], ledger["faults"]) == ([], [], [])
    assert create(demo_server).status_code == 201
