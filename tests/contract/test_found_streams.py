"""A text model's answer as it is written: `urls.stream`, read by hand and by Replicate's own clients (Python, npm)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.contract.test_replicate_js import JS, run
from tests.support.demo import InProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.demo import RunningDemo

TEXT = "anthropic/claude-4.5-haiku"
ASKED = {"prompt": "What is the sea made of?"}


def created(demo: InProcess | RunningDemo, model: str = TEXT, **more: Any) -> dict[str, Any]:
    body = {"input": ASKED, "stream": True, **more}
    if isinstance(demo, InProcess):
        return demo.request("POST", f"/models/{model}/predictions", data=body).json()
    return httpx.post(f"{demo.base_url}/models/{model}/predictions", json=body, headers=demo.headers, trust_env=False).json()


def events(text: str) -> list[tuple[str, str, str]]:
    """Read a whole stream: event, id, data."""
    assert text.endswith("\n\n")
    found = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        fields = [line.partition(": ")[::2] for line in block.split("\n")]
        by_name = {name: value for name, value in fields if name != "data"}
        assert set(by_name) == {"event", "id"}
        found.append((by_name["event"], by_name["id"], "\n".join(value for name, value in fields if name == "data")))
    return found


def looked(demo: InProcess, prediction_id: str) -> dict[str, Any]:
    return demo.request("GET", f"/predictions/{prediction_id}").json()


def test_found_f_a_text_is_streamed_as_documented(tmp_path: Path) -> None:
    demo = InProcess(tmp_path)
    made = created(demo)
    answer = demo.request("GET", "", url=made["urls"]["stream"], headers={"accept": "text/event-stream"})
    seen, last = events(answer.text), looked(demo, made["id"])

    assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers
    assert [name for name, _, _ in seen] == ["output"] * (len(seen) - 1) + ["done"]
    assert [data for name, _, data in seen if name == "output"] == last["output"]
    assert seen[-1][2] == "{}"
    assert [int(re.fullmatch(r"\d{10}:(\d+)", event_id)[1]) for _, event_id, _ in seen] == list(range(len(seen)))
    # It stood still until the stream had carried it along.
    assert last["status"] == "succeeded"


@pytest.mark.parametrize("asked", [{"stream": True}, {"stream": False}, {}])
def test_found_f_the_address_is_there_for_a_model_that_streams_alone(tmp_path: Path, asked: dict[str, bool]) -> None:
    demo = InProcess(tmp_path)
    text = demo.request("POST", f"/models/{TEXT}/predictions", data={"input": ASKED, **asked}).json()
    film = demo.request("POST", "/models/prunaai/p-video/predictions", data={"input": ASKED, **asked}).json()

    assert text["urls"]["stream"].startswith(f"{demo.delivery_url}/")
    # The npm client takes what stands below /v1/files/ for a file.
    assert "/v1/files/" not in text["urls"]["stream"]
    assert looked(demo, text["id"])["urls"]["stream"] == text["urls"]["stream"]
    assert "stream" not in film["urls"]
    assert looked(demo, film["id"])["urls"].keys() == {"get", "cancel", "web"}


def test_found_f_parts_come_while_they_are_written(demo_server: RunningDemo) -> None:
    demo_server.settings(speed=2)
    made, at = created(demo_server), []
    with httpx.stream("GET", made["urls"]["stream"], trust_env=False, timeout=20) as answer:
        at += [time.monotonic() for line in answer.iter_lines() if line.startswith("event: output")]

    assert len(at) > 10
    assert at[-1] - at[0] > 0.3


@pytest.mark.parametrize(
    ("fate", "error", "reason"),
    [
        ({"end": "failed", "error": "CUDA out of memory"}, {"detail": "CUDA out of memory"}, {"reason": "error"}),
        ({"end": "canceled"}, None, {"reason": "canceled"}),
        ({"end": "aborted"}, None, {"reason": "canceled"}),
    ],
)
def test_found_f_a_stream_says_how_it_ended(tmp_path: Path, fate: dict[str, Any], error: Any, reason: dict[str, str]) -> None:
    demo = InProcess(tmp_path)
    demo.faults({"match": {"op": "create"}, "do": "fate", **fate})
    seen = events(demo.request("GET", "", url=created(demo)["urls"]["stream"], headers={}).text)

    assert [json.loads(data) for name, _, data in seen if name == "error"] == ([error] if error else [])
    assert (seen[-1][0], json.loads(seen[-1][2])) == ("done", reason)


def test_found_f_a_canceled_text_ends_its_stream(demo_server: RunningDemo) -> None:
    demo_server.settings(speed=0.2)
    made = created(demo_server)
    httpx.post(f"{demo_server.base_url}/predictions/{made['id']}/cancel", headers=demo_server.headers, trust_env=False)
    seen = events(httpx.get(made["urls"]["stream"], trust_env=False, timeout=20).text)

    assert (seen[-1][0], json.loads(seen[-1][2])) == ("done", {"reason": "canceled"})


def test_found_f_a_stream_is_taken_up_behind_the_last_event(tmp_path: Path) -> None:
    demo = InProcess(tmp_path)
    url = created(demo)["urls"]["stream"]
    whole = events(demo.request("GET", "", url=url, headers={}).text)
    rest = events(demo.request("GET", "", url=url, headers={"last-event-id": whole[3][1]}).text)

    assert rest == whole[4:]


def test_found_f_a_stream_that_is_not_there(tmp_path: Path) -> None:
    demo = InProcess(tmp_path)
    made = created(demo)
    assert demo.request("GET", "", url=made["urls"]["stream"] + "x", headers={}).status_code == 404
    assert demo.request("POST", "", url=made["urls"]["stream"], headers={}).status_code == 405
    demo.clock.advance(3601)
    assert demo.request("GET", "", url=made["urls"]["stream"], headers={}).status_code == 404


@pytest.mark.parametrize("at", [None, 10, 200])
def test_found_f_a_stream_can_be_made_to_break_off(demo_server: RunningDemo, at: int | None) -> None:
    where = {} if at is None else {"at": at}
    demo_server.faults({"match": {"op": "stream"}, "phase": "mid_response", "do": "close", **where})
    chunks: list[bytes] = []
    with httpx.stream("GET", created(demo_server)["urls"]["stream"], trust_env=False, timeout=20) as answer:  # noqa: SIM117
        with pytest.raises(httpx.RemoteProtocolError):
            chunks.extend(answer.iter_raw())
    got = b"".join(chunks)
    assert got.startswith(b"event: ")
    assert len(got) == at or (at is None and got.count(b"\n\n") == 1)


def test_found_f_a_stream_whose_reader_leaves_is_given_up(demo_server: RunningDemo) -> None:
    demo_server.settings(speed=0.01)
    with httpx.stream("GET", created(demo_server)["urls"]["stream"], trust_env=False) as answer:
        assert answer.status_code == 200
    assert demo_server.control("health")["ok"] is True


# -- Replicate's own clients


@pytest.fixture
def official(demo_server: RunningDemo) -> Iterator[Any]:
    replicate = pytest.importorskip("replicate")
    client = replicate.Client(api_token=demo_server.replicate_token, base_url=demo_server.origin)
    with contextlib.closing(client._client):
        yield client


def test_found_f_the_python_client_streams(demo_server: RunningDemo, official: Any) -> None:
    seen = list(official.stream(TEXT, input=ASKED))

    assert "".join(str(event) for event in seen).endswith("as a text file.")
    assert ASKED["prompt"] in "".join(str(event) for event in seen)
    assert {event.event.value for event in seen} == {"output", "done"}
    assert [row["status"] for row in demo_server.predictions()] == ["succeeded"]


def test_found_f_the_python_client_is_told_of_a_failure(demo_server: RunningDemo, official: Any) -> None:
    demo_server.next("failed")
    with pytest.raises(RuntimeError, match="CUDA out of memory"):
        list(official.stream(TEXT, input=ASKED))


def test_found_f_the_python_client_is_told_that_a_film_does_not_stream(official: Any) -> None:
    from replicate.exceptions import ReplicateError

    with pytest.raises(ReplicateError, match="does not support streaming"):
        list(official.stream("prunaai/p-video", input=ASKED))


def test_found_f_the_python_client_streams_beside_other_work(demo_server: RunningDemo) -> None:
    replicate = pytest.importorskip("replicate")

    async def told() -> str:
        client = replicate.Client(api_token=demo_server.replicate_token, base_url=demo_server.origin)
        text = "".join([str(event) async for event in await client.async_stream(TEXT, input=ASKED)])
        await client._async_client.aclose()
        return text

    assert ASKED["prompt"] in asyncio.run(told())


@pytest.mark.skipif(not (JS / "node_modules" / "replicate").is_dir(), reason="npm --prefix js install brings the client")
@pytest.mark.parametrize("options", ["", "useFileOutput: true,"])
def test_found_f_the_npm_client_streams_through_the_gateway(demo_server: RunningDemo, options: str) -> None:
    said = run(
        demo_server,
        f"""
        const client = new Replicate({{ auth: REPLICATE, baseUrl: BASE, fetch: fetched, {options} }});
        const seen = [];
        const events = client.stream("{TEXT}", {{ input: {{ prompt: "What is the sea?" }} }});
        for await (const event of events) seen.push([event.event, `${{event}}`]);
        say(seen);
        """,
    )

    assert {name for name, _ in said} == {"output", "done"}
    assert "What is the sea?" in "".join(text for _, text in said)
