"""Section B, hostile answers: odd outputs, endless logs, huge and crooked bodies, impossible times."""

from __future__ import annotations

import asyncio
import gzip
import json
import tempfile
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies
from tests.faults.scene import Scene
from tests.support.demo import tiny_clip
from tests.support.sockets import serve

from pvideo.settings import Endpoint
from pvideo.wire.client import Client, LookFailed, Patience
from pvideo.wire.prediction import LOG_TAIL, Prediction, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = "abcdefghijklmnopqrstuvwxyz"
ODD_OUTPUTS: dict[str, Any] = {
    "null": None,
    "number": 7,
    "true": True,
    "relative": "/xezq/abc/output.mp4",
    "word": "done",
    "empty list": [],
    "empty dict": {},
    "nested nothing": {"video": {"uri": None}},
    "other host": "https://evil.example/output.mp4",
    "file": "file:///etc/passwd",
    "javascript": "javascript:alert(1)",
    "data text": "data:text/html,<script>alert(1)</script>",
    "data broken": "data:video/mp4;base64,%%%",
    "long": "https://replicate.delivery/" + "a" * 10_000,
}


@pytest.mark.parametrize("output", ODD_OUTPUTS)
def test_B08_an_output_that_is_none_is_a_sentence(scene: Scene, output: str) -> None:
    scene.fate(output=ODD_OUTPUTS[output])
    video = scene.press()
    scene.settle()
    assert (video.status, video.path) == ("succeeded", None)
    assert video.error.key == "output_strange"
    assert "Traceback" not in str(video.error)
    assert not scene.strangers
    scene.check(lost=frozenset({video.prediction_id}))


@pytest.mark.parametrize("shape", ["list", "dict", "deep"])
def test_B08_an_address_in_any_shape_is_found(scene: Scene, shape: str) -> None:
    wrap = {"list": lambda url: [url], "dict": lambda url: {"video": url, "seed": 7}, "deep": lambda url: {"a": [{"uri": url}]}}[shape]
    video = scene.press()
    scene.run(0.05)
    item = next(iter(scene.demo.state.store))
    object.__setattr__(item.fate, "output", wrap(scene.demo.state.views.output_url(item)))
    scene.settle()
    assert video.path


def test_B08_a_file_in_the_answer_is_saved(scene: Scene) -> None:
    scene.demo.settings(sync_output="data", quirks="recorded")
    video = scene.press(prefer_wait=True)
    scene.settle()
    assert video.path
    assert video.path.stat().st_size > 500


def test_B08_a_hundred_megabytes_in_an_answer_to_a_look_are_not_taken(scene: Scene) -> None:
    text = json.dumps({"id": ID, "status": "processing", "output": "data:video/mp4;base64,"})[:-2]
    scene.fault("after_accept", "body", op="get", nth=1, text=text + "A" * 1_000_000, repeat=100)
    tracemalloc.start()
    video = scene.press()
    scene.settle()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert video.path
    assert peak < 250 * 1024**2  # the demo itself holds the hundred; the client eight of them


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as made:
        yield made


JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | strategies.text(max_size=20),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(output=JSON, metrics=JSON, error=JSON, logs=JSON)
def test_B08_whatever_stands_in_an_answer_the_job_ends_with_a_sentence(
    patch: pytest.MonkeyPatch, output: Any, metrics: Any, error: Any, logs: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), patch)
        try:
            odd = {"output": output, "metrics": metrics, "error": error, "logs": logs}
            scene.fault("after_accept", "body", op="get", nth=None, set=odd)
            video = scene.press()
            scene.settle()
            assert video.status == "succeeded"
            assert video.error is None or video.error.key in {"output_strange", "fetch_failed"}
            scene.check(lost=frozenset({video.prediction_id}))
        finally:
            patch.chdir("/")
            scene.close()


LOGS: dict[str, Any] = {
    "null": None,
    "50 MB would be cut": "x" * 5_000_000,
    "ANSI": "\x1b[31mred\x1b[0m \x1b]0;title\x07 50%",
    "NUL": "a\x00b\x08c",
    "surrogates": "\ud800 half \udfff",
    "markup": "</script><img src=x onerror=alert(1)>",
    "a million lines": "7%\n" * 1_000_000,
    "number": 7,
    "list": ["a"],
}


@pytest.mark.parametrize("logs", LOGS)
def test_B09_logs_are_a_short_plain_tail(scene: Scene, logs: str) -> None:
    scene.demo.settings(seconds_per_second=20.0)
    scene.fault("after_accept", "body", op="get", nth=[1, 2, 3], set={"logs": LOGS[logs]})
    video = scene.press()
    tails: list[str] = []
    video.observe(lambda shown: tails.append(shown.logs_tail))
    scene.settle()
    assert video.path
    assert max(len(tail.encode("utf-8", "strict")) for tail in tails) <= LOG_TAIL
    assert not any(character in tail for tail in tails for character in "\x1b\x00\x08")


def test_B09_logs_that_shrink_do_no_harm(scene: Scene) -> None:
    scene.demo.settings(seconds_per_second=20.0)
    for nth, text in enumerate(["long " * 100, "short", "", "10%"], 1):
        scene.fault("after_accept", "body", op="get", nth=nth, set={"logs": text})
    video = scene.press()
    scene.settle()
    assert video.path


def _look(answer: bytes, *, drip: bool = False, **patience: Any) -> LookFailed:
    """What a look says of a server that answers so."""

    async def ask() -> None:
        async def script(peer: Any) -> None:
            await peer.request()
            if drip:
                for byte in answer:
                    await peer.send(bytes([byte]))
                    await asyncio.sleep(0.05)
            else:
                await peer.send(answer)

        async with serve(script) as server:
            endpoint = Endpoint(base_url=f"http://127.0.0.1:{server.port}/v1/a/g/replicate", kind="gateway")
            await Client(endpoint, user_agent="t", patience=Patience(**patience)).get(ID)

    with pytest.raises(LookFailed) as failed:
        asyncio.run(ask())
    return failed.value


def _answer(body: bytes, *, length: int | None = None, more: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length or len(body)}\r\n{more}\r\n".encode() + body


BOMB = gzip.compress(b"0" * 60_000_000, 9)


@pytest.mark.parametrize(
    "answer",
    [
        _answer(b'{"id": "' + b"a" * 30_000_000),
        _answer(b"{", length=200_000_000),
        _answer(b"[" * 100_000 + b"]" * 100_000),
        _answer(BOMB, more="content-encoding: gzip\r\n"),
        _answer(b"[" + b"0," * 2_000_000 + b"0]"),
        _answer(b'{"id": ' + b"9" * 100_000 + b"}"),
    ],
    ids=["30 MB", "a length of 200 MB", "100,000 deep", "gzip bomb", "2 million parts", "a long number"],
)
def test_B10_a_body_that_is_too_much_is_trouble_and_takes_little_memory(answer: bytes) -> None:
    tracemalloc.start()
    failed = _look(answer, look=2.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert failed.verdict.kind == "trouble"
    assert peak < 50 * 1024**2 + 2 * len(answer)


def test_B10_one_byte_now_and_then_ends_in_time() -> None:
    assert _look(_answer(b"{" + b" " * 500), drip=True, look=0.5).verdict.kind == "trouble"
    assert Patience().look <= 30
    assert Patience().body <= 8 * 1024**2


TIMES = [
    "2026-11-20T10:00:00.12Z",
    "2026-11-20T10:00:00.123456789Z",
    "2026-11-20T10:00:00",
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:60.999999-14:00",
    "2026-02-30T00:00:00Z",
    "now",
    "",
    None,
    7,
    ["2026"],
]


@pytest.mark.parametrize("moment", TIMES)
@pytest.mark.parametrize("op", ["create", "get"])
def test_B11_no_time_stops_a_job(scene: Scene, moment: Any, op: str) -> None:
    scene.fault("after_accept", "body", op=op, nth=None, set={"created_at": moment, "started_at": moment, "deadline": moment})
    video = scene.press()
    scene.settle()
    assert video.path


@pytest.mark.parametrize("instead", [b'"created_at":"x', b'"created_ax":"2', b'"created_at":"1'], ids=["odd", "none", "long ago"])
def test_B11_a_list_without_times_still_shows_what_was_lost(scene: Scene, instead: bytes) -> None:
    scene.fault("after_accept", "rst")
    scene.kernel.carrier.edit = lambda _, data: data.replace(b'"created_at":"2', instead)
    video = scene.press()
    scene.run(100)
    assert video.status == ("unconfirmed" if instead.endswith(b"1") else "succeeded")
    scene.kernel.carrier.edit = None
    scene.settle()
    assert video.path


@settings(max_examples=300, deadline=None)
@given(
    strategies.text(max_size=40)
    | strategies.from_regex(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?(Z|[+-][0-9]{2}:?[0-9]{2})?", fullmatch=True
    )
)
@example("0000-01-01T00:00:00Z")
@example("9999-12-31T23:59:59-23:59")
@example("2026-11-24T00:00:00-2360")
def test_B11_any_text_is_a_moment_or_none(text: str) -> None:
    moment = parse_time(text)
    assert moment is None or moment.utcoffset().total_seconds() == 0
    assert Prediction.from_json({"id": ID, "created_at": text}).created_at == moment


def test_the_clip_of_these_tests_is_a_video() -> None:
    assert tiny_clip()[4:8] == b"ftyp"
