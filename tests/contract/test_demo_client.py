"""Replicate's official Python client runs P-Video on the demo to the end."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import RunningDemo

replicate = pytest.importorskip("replicate")


@pytest.fixture(params=["documented", "recorded"])
def demo(demo_server: RunningDemo, request: pytest.FixtureRequest) -> RunningDemo:
    demo_server.settings(quirks=request.param)
    return demo_server


@contextlib.contextmanager
def official(demo: RunningDemo, token: str) -> Iterator[Any]:
    client = replicate.Client(api_token=token, base_url=demo.origin)
    with client._client:  # it never closes its connections itself
        yield client


@pytest.fixture
def client(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("REPLICATE_POLL_INTERVAL", "0.02")
    with official(demo, demo.replicate_token) as client:
        yield client


INPUT = {"prompt": "a cat walking", "duration": 5, "draft": True, "seed": 7}


def test_run_returns_the_video(demo: RunningDemo, client: Any) -> None:
    url = client.run("prunaai/p-video", input=INPUT, use_file_output=False)
    data = httpx.get(url, trust_env=False).content
    [made] = demo.predictions()
    assert hashlib.sha256(data).hexdigest() == made["sha256"]
    assert made["input"] == INPUT
    assert made["status"] == "succeeded"
    assert made["paid"] is True


def test_create_and_wait(demo: RunningDemo, client: Any) -> None:
    demo.settings(speed=1)
    prediction = client.predictions.create(version="prunaai/p-video", input=INPUT, wait=False)
    assert prediction.status == "starting"
    demo.settings(speed=50)
    prediction.wait()
    assert prediction.status == "succeeded"
    assert prediction.metrics["video_output_duration_seconds"] == 5
    assert prediction.input == INPUT
    assert prediction.logs.splitlines()[0] == "Using seed: 7"
    assert prediction.progress.percentage == 1.0


def test_cancel(demo: RunningDemo, client: Any) -> None:
    demo.settings(speed=1)
    prediction = client.predictions.create(version="prunaai/p-video", input=INPUT, wait=False)
    prediction.cancel()
    prediction.reload()
    assert prediction.status == "canceled"
    assert demo.predictions()[0]["status"] == "canceled"


def test_list_and_model(demo: RunningDemo, client: Any) -> None:
    made = [client.predictions.create(version="prunaai/p-video", input=INPUT, wait=False).id for _ in range(3)]
    demo.settings(page_size=2)
    page = client.predictions.list()
    assert [item.id for item in page.results] == [made[2], made[1]]
    assert page.next.startswith("https://api.replicate.com/v1/predictions?")
    model = client.models.get("prunaai/p-video")
    assert model.latest_version.openapi_schema["components"]["schemas"]["Input"]["required"] == ["prompt"]
    pinned = client.predictions.create(version=model.latest_version.id, input=INPUT, wait=False)
    assert pinned.model == "prunaai/p-video"


def test_errors_arrive_as_its_own(demo: RunningDemo, client: Any) -> None:
    with pytest.raises(replicate.exceptions.ReplicateError) as refused:
        client.run("prunaai/p-video", input={**INPUT, "duration": 99})
    assert refused.value.status == 422
    assert "Must be less than or equal to 20" in refused.value.detail
    with official(demo, "not-the-token") as stranger, pytest.raises(replicate.exceptions.ReplicateError) as unknown:
        stranger.models.get("prunaai/p-video")
    assert unknown.value.status == 401
    demo.next("failed")
    prediction = client.predictions.create(version="prunaai/p-video", input=INPUT, wait=False)
    prediction.wait()
    assert (prediction.status, prediction.error) == ("failed", "CUDA out of memory (E1001)")


def test_a_lost_answer_makes_it_pay_and_forget(demo: RunningDemo, client: Any) -> None:
    """What our own client is there to prevent: the prediction exists, the caller has no id."""
    demo.next("lost-answer")
    with pytest.raises(httpx.TransportError):
        client.run("prunaai/p-video", input=INPUT)
    assert len(demo.predictions()) == 1
