"""Section A, the end: redirects, patience, proxies, and presses that are made twice. And the table of fourteen lost answers."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from tests.faults.scene import Scene
from tests.faults.test_a_creating import arrives
from tests.support.canary import cloudflare_canary, replicate_canary
from tests.support.sockets import http, serve

from pvideo import settings as ours
from pvideo.errors import BudgetError
from pvideo.notebook.buttons import actions
from pvideo.secrets import Secret
from pvideo.settings import Endpoint
from pvideo.wire.client import Client, CreateFailed
from pvideo.wire.transport import proxy_for

if TYPE_CHECKING:
    from collections.abc import Iterator

FOURTEEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "reset": ("after_accept", "rst", {}),
    "close": ("after_accept", "close", {}),
    "cut body": ("mid_response", "truncate", {}),
    "HTML 200": ("after_accept", "body", {"status": 200, "text": "<html>", "content_type": "text/html"}),
    "no id": ("after_accept", "body", {"remove": ["id"]}),
    **{str(status): ("after_accept", "status", {"status": status}) for status in (500, 502, 503, 504, 408, 409, 425)},
    "424/2030": ("after_accept", "error", {"code": 2030}),
    "client timeout": ("after_accept", "hang", {}),
}


@pytest.mark.parametrize("lag", [0.0, 3.0], ids=["a list at once", "a list that lags"])
def test_the_fourteen_ambiguous_faults_pay_once_each_and_every_video_arrives_without_a_click(scene: Scene, lag: float) -> None:
    assert len(FOURTEEN) == 14
    scene.demo.settings(list_lag=lag)
    for name, (phase, do, arguments) in FOURTEEN.items():
        scene.fault(phase, do, prompt=f"lost by {name}.", nth=None, **arguments)
    videos = {name: scene.press(prompt=f"lost by {name}.") for name in FOURTEEN}
    scene.run(90)
    paid = Counter(item["input"]["prompt"] for item in scene.paid)
    table = {name: (paid[f"lost by {name}."], video.status, video.path is not None) for name, video in videos.items()}
    assert table == dict.fromkeys(FOURTEEN, (1, "succeeded", True))
    assert len(scene.demo.ledger()["faults"]) == 14
    assert len(scene.creates) == 14


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["https://evil.example/v1", "http://127.0.0.1:8002/xezq", "/v1/predictions", "//evil.example/"])
def test_A20_a_redirected_create_is_not_followed(scene: Scene, status: int, place: str) -> None:
    scene.fault("before_accept", "redirect", status=status, location=place)
    video = scene.press()
    scene.run(60)
    assert (video.status, len(scene.creates), scene.paid) == ("unconfirmed", 1, [])
    assert not scene.asked("delivery")
    assert not scene.asked("replicate")
    assert not scene.strangers


@pytest.mark.parametrize("status", [301, 307])
def test_A20_nobody_knocks_at_the_second_port(status: int) -> None:
    async def ask() -> tuple[int, int]:
        async def second(peer: Any) -> None:
            await peer.request()

        async with serve(second) as other:

            async def first(peer: Any) -> None:
                await peer.request()
                await peer.send(http(status, b"", headers=f"location: http://127.0.0.1:{other.port}/v1/predictions\r\n"))

            async with serve(first) as server:
                tokens = {"gateway_token": Secret(cloudflare_canary(), "a"), "replicate_token": Secret(replicate_canary(), "b")}
                base = f"http://127.0.0.1:{server.port}/v1/a/g/replicate"
                client = Client(Endpoint(base_url=base, kind="gateway", **tokens), user_agent="t")
                with pytest.raises(CreateFailed) as failed:
                    await client.create("a/b", {}, event_id="e", deadline=60)
                assert failed.value.verdict.kind == "ambiguous"
                return server.connections, other.connections

    assert asyncio.run(ask()) == (1, 0)


@pytest.mark.parametrize(
    ("what", "arguments"), [("delay", {"seconds": 29}), ("delay", {"seconds": 31}), ("delay", {"seconds": 100}), ("hang", {})]
)
def test_A21_waiting_for_an_answer_ends_at_a_stated_time(scene: Scene, what: str, arguments: dict[str, Any]) -> None:
    scene.fault("after_accept", what, **arguments)
    video = scene.press()
    scene.run(45)
    assert video.status in {"succeeded", "processing"}
    arrives(scene, video)


def test_A21_the_synchronous_call_waits_its_minute_and_no_longer(scene: Scene) -> None:
    scene.fault("after_accept", "hang")
    video = scene.press(prefer_wait=True)
    scene.run(80)
    assert video.status == "succeeded"
    arrives(scene, video)
    assert scene.creates[0]["headers"]["prefer"] == "wait"


PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "https://gateway.ai.cloudflare.com/v1", "http://p:1"),
        ({"https_proxy": "p:1"}, "https://gateway.ai.cloudflare.com/v1", "http://p:1"),
        ({"ALL_PROXY": "http://p:2"}, "https://gateway.ai.cloudflare.com/v1", "http://p:2"),
        ({"HTTP_PROXY": "http://p:1"}, "https://gateway.ai.cloudflare.com/v1", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "cloudflare.com"}, "https://gateway.ai.cloudflare.com/v1", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://gateway.ai.cloudflare.com/v1", None),
        ({"HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, "http://127.0.0.1:8001/v1", None),
        ({"ALL_PROXY": "http://p:1"}, "https://127.0.0.1:8001/v1", None),
        ({}, "https://gateway.ai.cloudflare.com/v1", None),
    ],
)
def test_A22_which_proxy(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy


def test_A22_a_netrc_for_the_host_replaces_no_token_and_a_proxy_sees_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login evil password netrc-password-1\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    gateway, replicate = cloudflare_canary(), replicate_canary()

    async def ask(base: str) -> None:
        tokens = {"gateway_token": Secret(gateway, "a"), "replicate_token": Secret(replicate, "b")}
        client = Client(Endpoint(base_url=base, kind="gateway", **tokens), user_agent="t")
        with pytest.raises(CreateFailed):
            await client.create("a/b", {}, event_id="e", deadline=60)

    async def both() -> tuple[bytes, bytes]:
        async def script(peer: Any) -> None:
            await peer.request()
            await peer.send(http(502, b"{}"))

        async with serve(script) as server, serve(script) as proxy:
            await ask(f"http://127.0.0.1:{server.port}/v1/a/g/replicate")
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            await ask("https://gateway.ai.cloudflare.com/v1/a/g/replicate")
            return server.requests[0], proxy.requests[0]

    straight, tunnel = asyncio.run(both())
    assert f"authorization: Bearer {replicate}".encode() in straight.replace(b"Authorization", b"authorization")
    assert b"netrc" not in straight
    assert b"Basic" not in straight
    assert tunnel.startswith(b"CONNECT gateway.ai.cloudflare.com:443 ")
    assert gateway.encode() not in tunnel
    assert replicate.encode() not in tunnel


def test_A23_a_second_identical_press_shows_the_first_and_sends_nothing(scene: Scene) -> None:
    first = scene.press(again=False)
    assert scene.press(again=False) is first
    scene.run(0.3)
    assert scene.press(again=False) is first
    scene.settle()
    found = scene.press(again=False)
    assert found is first
    assert found.snapshot().reused
    assert len(scene.creates) == len(scene.paid) == 1


@pytest.mark.parametrize("at", [0.0, 0.05, 0.3, 0.8, 30.0])
def test_A23_run_all_after_a_restart_pays_nothing_twice(scene: Scene, at: float) -> None:
    scene.fault("after_accept", "delay", seconds=0.1)
    first = scene.press(again=False)
    scene.run(at)
    scene.restart()
    again = scene.press(again=False)
    assert again is not first
    scene.settle()
    assert again.path
    assert len(scene.paid) == 1


def test_A23_two_kernels_run_the_same_cell_at_once(scene: Scene) -> None:
    other = scene.new_kernel()
    videos = [scene.press(again=False), scene.press(again=False, kernel=other)]
    scene.settle()
    assert len(scene.paid) == 1
    assert {video.path for video in videos} == {videos[0].path}


@pytest.mark.parametrize("lost", [(True, True), (True, False), (False, True)])
def test_A24_two_jobs_of_one_typed_seed_do_not_cross(scene: Scene, lost: tuple[bool, bool]) -> None:
    for nth, gone in enumerate(lost, 1):
        if gone:
            scene.fault("after_accept", "rst", nth=nth)
    videos = [scene.press(seed=7), scene.press(seed=7)]
    scene.settle()
    assert len({video.prediction_id for video in videos}) == len(scene.paid) == 2
    assert all(video.path for video in videos)
    assert [item["event_id"] for item in scene.paid] == [scene.row(video).intent for video in videos] or not all(lost)
    by_id = {item["id"]: item["event_id"] for item in scene.paid}
    known = [video for video, gone in zip(videos, lost, strict=True) if not gone]
    assert all(by_id[video.prediction_id] == video.intent for video in known)


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as made:
        yield made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=strategies.lists(strategies.floats(0, 5), min_size=2, max_size=3),
    gone=strategies.lists(strategies.sampled_from(["rst", "close", "", "before"]), min_size=3, max_size=3),
    lag=strategies.sampled_from([0.0, 1.0, 8.0]),
    inputs=strategies.booleans(),
)
def test_A24_whatever_is_lost_of_several_equal_jobs_none_is_paid_or_claimed_twice(
    patch: pytest.MonkeyPatch, gaps: list[float], gone: list[str], lag: float, inputs: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder), patch, list_lag=lag, list_input=inputs)
        try:
            for nth, how in enumerate(gone, 1):
                if how:
                    scene.fault("before_accept" if how == "before" else "after_accept", "rst" if how == "before" else how, nth=nth)
            videos = []
            for gap in gaps:
                videos.append(scene.press(seed=7))
                scene.run(gap)
            scene.settle()
            assert len(scene.creates) == len(videos)
            claimed = {video.prediction_id for video in videos if video.prediction_id}
            assert len(claimed) == len(scene.paid)
            scene.check()
        finally:
            patch.chdir("/")
            scene.close()


def test_A25_a_loop_of_a_thousand_stops_at_the_budget(scene: Scene) -> None:
    ours.configure(budget_day=Decimal("0.05"))
    made, refused = [], []
    for number in range(1000):
        try:
            made.append(scene.press(prompt=f"cat {number}"))
        except BudgetError as error:
            refused.append(error)
    assert (len(made), len(refused)) == (10, 990)
    assert all("pvideo.configure(budget_day=" in str(error) and "Nothing was sent" in str(error) for error in refused)
    scene.settle()
    assert len(scene.paid) == 10
    assert all(video.path for video in made)


def test_A25_a_session_budget_stops_too_and_a_raised_one_goes_on(scene: Scene) -> None:
    ours.configure(budget_session=Decimal("0.01"))
    assert [scene.press(prompt="1"), scene.press(prompt="2")]
    with pytest.raises(BudgetError, match="this session"):
        scene.press(prompt="3")
    ours.configure(budget_session=Decimal("0.015"))
    assert scene.press(prompt="3")
    scene.settle()
    assert len(scene.paid) == 3


def test_time_alone_never_sends_again_and_after_a_minute_a_person_may_for_a_price(scene: Scene) -> None:
    scene.fault("before_accept", "rst", op="create")
    video = scene.press()
    scene.run(30)
    names = {button["name"]: button for button in actions(video.snapshot())}
    assert names["look_again"]["costs"] is False
    assert (names["generate_again"]["after"], names["generate_again"]["costs"]) == (60, True)
    assert "$0.005" in names["generate_again"]["label"]
    scene.settle()
    assert (len(scene.creates), scene.paid, video.status) == (1, [], "unconfirmed")
    lists = [
        row["at"] - scene.creates[0]["at"]
        for row in scene.asked("gateway")
        if row["path"].endswith("/predictions") and row["method"] == "GET"
    ]
    assert [round(at) for at in lists[:7]] == [0, 2, 5, 15, 30, 60, 360]
    assert 3300 <= lists[-1] <= 3660
    second = scene.press()
    scene.settle()
    assert second.path
    assert len(scene.paid) == 1
