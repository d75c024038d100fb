"""Section A, first half: the create's answer is lost, cut, or none. The video arrives all the same, and is paid once."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.sockets import http, serve

from pvideo import settings
from pvideo.endpoint import resolve
from pvideo.errors import SettingsError, UnreachableError
from pvideo.secrets import Secret
from pvideo.settings import Endpoint, Settings
from pvideo.wire.client import Client, CreateFailed, Patience

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scene import Scene

UNREACHABLE = {
    "no such name": httpx.ConnectError("[Errno -2] Name or service not known"),
    "refused": httpx.ConnectError("[Errno 111] Connection refused"),
    "black hole": httpx.ConnectTimeout(""),
    "proxy": httpx.ProxyError("502 Bad Gateway"),
}
BODIES: dict[str, dict[str, Any]] = {
    "HTML": {"text": "<html><title>Sign in to HotelNet</title></html>", "content_type": "text/html"},
    "empty": {"text": ""},
    "no JSON": {"text": "OK"},
    "array": {"text": "[]"},
    "null": {"text": "null"},
    "half an object": {"text": '{"id": "'},
    "10 MB": {"text": " " * 1_000_000, "repeat": 10},
    "too deep": {"text": "[" * 100_000},
}
IDS: dict[str, Any] = {
    "none": {"remove": ["id"]},
    "number": {"set": {"id": 7}},
    "path": {"set": {"id": "../x"}},
    "other path": {"set": {"id": "x/../../account"}},
    "10 kB": {"set": {"id": "a" * 10_000}},
    "query": {"set": {"id": "abcdefghijklmnopqrstuvwxyz?x=1"}},
    "line": {"set": {"id": "abcdefghijklmnopqrstuvwxyz\r\nX-Evil: 1"}},
    "empty": {"set": {"id": ""}},
    "null": {"set": {"id": None}},
    "list": {"set": {"id": ["abcdefghijklmnopqrstuvwxyz"]}},
}


def arrives(scene: Scene, video: Any, *, paid: int = 1) -> None:
    """The video is there, without a click and without a second create."""
    scene.settle()
    assert video.status == "succeeded", video.error
    assert video.path
    assert len(scene.paid) == paid
    assert len(scene.creates) == paid
    assert video.error is None


@pytest.mark.parametrize("how", UNREACHABLE)
def test_A01_what_never_left_is_not_paid_and_is_tried_again_three_times(scene: Scene, how: str) -> None:
    tries: list[float] = []
    scene.kernel.carrier.down = lambda _: tries.append(scene.loop.time()) or UNREACHABLE[how]
    video = scene.press()
    scene.run(9)  # the last attempt begins at 10
    assert video.error.key == "unreachable"
    assert "Nothing was sent or paid" in str(video.error)
    assert video.snapshot().phase == "countdown" or video.done
    scene.settle()
    assert (video.status, len(tries), scene.paid, scene.creates) == ("rejected", 4, [], [])
    assert [round(later - earlier) for earlier, later in itertools.pairwise(tries)] == [1, 3, 6]
    assert isinstance(video.error, UnreachableError)
    assert Patience().connect <= 10


def test_A01_a_network_that_comes_back_carries_it(scene: Scene) -> None:
    left = [UNREACHABLE["refused"], UNREACHABLE["no such name"]]
    scene.kernel.carrier.down = lambda _: left.pop(0) if left else None
    arrives(scene, scene.press())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/v1/a/g/replicate", "https://192.0.2.1/v1/a/g/replicate", "https://nowhere.invalid/v1/a/g/replicate"]
)
def test_A01_real_sockets_that_lead_nowhere_are_never_called_ambiguous(url: str) -> None:
    endpoint = Endpoint(base_url=url, kind="gateway", gateway_token=Secret("gateway-word", "CF_AIG_TOKEN"))

    async def ask() -> None:
        client = Client(endpoint, user_agent="pvideo/test", patience=Patience(connect=0.5))
        await client.create("a/b", {}, event_id="e", deadline=60)

    with pytest.raises(CreateFailed) as failed:
        asyncio.run(ask())
    assert (failed.value.verdict.kind, failed.value.verdict.error.key) == ("not_sent", "unreachable")


@pytest.mark.parametrize(
    ("names", "trusted", "days", "says"),
    [
        ("DNS:elsewhere.example", True, 2, "127.0.0.1"),
        ("IP:127.0.0.1", False, 2, "self-signed"),
        ("IP:127.0.0.1", True, -1, "expired"),
    ],
    ids=["wrong host", "self-signed", "expired"],
)
def test_A02_a_certificate_that_is_wrong_is_named_and_nothing_is_sent(
    tmp_path: Path, names: str, trusted: bool, days: int, says: str
) -> None:
    key, pem = _certificate(tmp_path, names, days)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem, key)
    verify = ssl.create_default_context(cafile=str(pem) if trusted else None)
    seen: list[bytes] = []

    async def script(peer: Any) -> None:
        seen.append(await peer.request())

    async def ask() -> None:
        async with serve(script, ssl=server_side) as server:
            endpoint = Endpoint(base_url=f"https://127.0.0.1:{server.port}/v1/a/g/replicate", kind="gateway")
            await Client(endpoint, user_agent="t", verify=verify).create("a/b", {}, event_id="e", deadline=60)

    with pytest.raises(CreateFailed) as failed:
        asyncio.run(ask())
    verdict = failed.value.verdict
    assert (verdict.kind, verdict.error.key, seen) == ("not_sent", "certificate", [])
    assert says in str(verdict.error)
    assert "verify" not in verdict.error.next.lower()


def _certificate(folder: Path, names: str, days: int) -> tuple[Path, Path]:
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    key, ask, pem = folder / "key.pem", folder / "ask.pem", folder / "cert.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj", "/CN=test"]
    subprocess.run(["openssl", "req", "-new", *kind, "-addext", f"subjectAltName={names}", "-out", ask], capture_output=True, check=True)
    sign = ["openssl", "x509", "-req", "-in", ask, "-signkey", key, "-copy_extensions", "copy", "-days", str(days), "-out", pem]
    subprocess.run(sign, capture_output=True, check=True)
    return key, pem


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.ai.cloudflare.com/v1/a/g/replicate",
        "http://192.168.1.2:8080/x",
        "ftp://127.0.0.1/x",
        "http://127.0.0.1.evil.example/",
    ],
)
def test_A03_plain_http_is_refused_before_a_token_is_read(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    read: list[str] = []
    monkeypatch.setattr(Secret, "reveal", lambda self: read.append(self.source) or "x")
    with pytest.raises(SettingsError) as refused:
        resolve(Settings(base_url=url, gateway_token=Secret("gateway-word", "CF_AIG_TOKEN")))
    assert refused.value.key == "insecure_url"
    assert read == []


def test_A04_reset_before_the_body_is_read(scene: Scene) -> None:
    scene.fault("before_accept", "rst", unread=True)
    video = scene.press()
    scene.run(60)
    assert video.status == "unconfirmed"
    scene.settle()
    assert (video.status, scene.paid, len(scene.creates)) == ("unconfirmed", [], 1)
    assert scene.loop.time() <= 3700


def test_A05_reset_after_accept(scene: Scene) -> None:
    scene.fault("after_accept", "rst")
    arrives(scene, scene.press())


def test_A06_closed_with_no_answer(scene: Scene) -> None:
    scene.fault("after_accept", "close")
    arrives(scene, scene.press())


def test_A07_cut_at_every_byte_of_the_answer_it_is_ambiguous(scene: Scene) -> None:
    endpoint = settings.endpoint()

    async def create(number: int) -> str:
        client = Client(endpoint, user_agent="t", transport=scene.kernel.carrier)
        try:
            await client.create("prunaai/p-video", {"prompt": "A cat", "seed": number}, event_id=f"e{number}", deadline=60)
        except CreateFailed as failed:
            return failed.verdict.kind
        return "created"

    async def whole() -> int:
        sizes: list[int] = []
        scene.kernel.carrier.edit = lambda _, data: sizes.append(len(data)) or data
        assert await create(0) == "created"
        scene.kernel.carrier.edit = None
        return sum(sizes)

    size = scene.loop.run_until_complete(whole())
    assert size > 300
    scene.demo.settings(create_limit=100_000)
    for how in ("truncate", "rst"):
        kinds = set()
        for at in range(size):
            scene.demo.state.faults.clear()
            scene.fault("mid_response", how, at=at)
            kinds.add(scene.loop.run_until_complete(create(at)))
        assert kinds == {"ambiguous"}, (how, kinds)
    scene.checked = True  # no job of ours made these


@pytest.mark.parametrize("at", [0, 1, 30, 200, "half", "all but one"])
@pytest.mark.parametrize("how", ["truncate", "rst", "close", "hang"])
def test_A07_a_cut_answer_is_found_again(scene: Scene, how: str, at: int | str) -> None:
    place = {"half": None, "all but one": 560}.get(str(at), at)
    scene.fault("mid_response", how, **({} if place is None else {"at": place}))
    arrives(scene, scene.press())


@pytest.mark.parametrize("length", ["1000000", "10", "-5", "x"])
def test_A07_a_length_that_lies(scene: Scene, length: str) -> None:
    scene.fault("after_accept", "headers", set={"content-length": length})
    video = scene.press()
    scene.settle()
    assert video.path
    assert len(scene.paid) == 1


@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n0\r\n\r\n", b"5\r\n{}", b"ffffffffffffffff\r\n{}\r\n"])
def test_A07_a_broken_chunk_is_ambiguous(chunk: bytes) -> None:
    async def script(peer: Any) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n" + chunk)

    assert _raw(script) == "ambiguous"


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("body", BODIES)
def test_A08_a_good_status_with_a_body_that_is_none(scene: Scene, status: int, body: str) -> None:
    scene.fault("after_accept", "body", status=status, **BODIES[body])
    arrives(scene, scene.press())


@pytest.mark.parametrize("bad", IDS)
def test_A09_an_id_that_is_none_comes_into_no_path(scene: Scene, bad: str) -> None:
    scene.fault("after_accept", "body", **IDS[bad])
    video = scene.press()
    arrives(scene, video)
    assert all(row["path"].endswith(("/predictions", video.prediction_id)) for row in scene.asked("gateway"))


def _raw(script: Any) -> str:
    """What a create says of a server that talks like this."""

    async def ask() -> str:
        async with serve(script) as server:
            client = Client(Endpoint(base_url=f"http://127.0.0.1:{server.port}/v1/a/g/replicate", kind="gateway"), user_agent="t")
            try:
                await client.create("a/b", {}, event_id="e", deadline=60)
            except CreateFailed as failed:
                return failed.verdict.kind
            return "created"

    return asyncio.run(ask())


def test_A07_the_scripted_server_would_be_believed() -> None:
    async def script(peer: Any) -> None:
        await peer.request()
        await peer.send(http(201, b'{"id": "abcdefghijklmnopqrstuvwxyz"}'))

    assert _raw(script) == "created"
