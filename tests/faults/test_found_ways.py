"""A10, A11: the way to the gateway and whom to trust follow the environment, in a kernel that runs on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.sockets import serve

from pvideo.job.schedule import RESENDS
from pvideo.settings import Endpoint
from pvideo.wire.client import Client, CreateFailed, LookFailed, Patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.sockets import Peer, RawServer

HOST = "gateway.test"
ID = "6p0efnaywsrmt0cx056bk4wne8"
QUICK = Patience(connect=2.0, answer=2.0, look=3.0)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", *(f"{kind}_proxy" for kind in ("http", "https", "all", "no"))):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def pems(tmp_path: Path) -> tuple[Path, Path]:
    """Return a key and a certificate of ``gateway.test`` and loopback that is its own CA."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    key, pem = tmp_path / "key.pem", tmp_path / "company.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj", "/CN=company", "-days", "2"]
    names = f"subjectAltName=DNS:{HOST},IP:127.0.0.1"
    subprocess.run(["openssl", "req", "-x509", *kind, "-addext", names, "-out", pem], capture_output=True, check=True)
    return key, pem


@contextlib.asynccontextmanager
async def gateway(pems: tuple[Path, Path]) -> AsyncIterator[RawServer]:
    """Serve a gateway that makes a prediction of each create, and says that it runs to each look."""
    side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    side.load_cert_chain(pems[1], pems[0])

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            body = json.dumps({"id": ID, "status": "processing", "input": {}}).encode()
            head = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            await peer.send(head.encode() + body)

    async with serve(script, ssl=side) as server:
        yield server


@contextlib.asynccontextmanager
async def proxy(target: int) -> AsyncIterator[RawServer]:
    """Serve a proxy that tunnels every CONNECT to a port of this machine, wherever it was to go."""

    async def script(peer: Peer) -> None:
        head = await peer.reader.readuntil(b"\r\n\r\n")
        peer.server.requests.append(head)
        reader, writer = await asyncio.open_connection("127.0.0.1", target)
        await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                while data := await source.read(65_536):
                    sink.write(data)
                    await sink.drain()
            sink.close()

        await asyncio.gather(pump(peer.reader, writer), pump(reader, peer.writer))

    async with serve(script) as server:
        yield server


def client(port: int | None = None, **options: Any) -> Client:
    where = HOST if port is None else f"127.0.0.1:{port}"
    endpoint = Endpoint(base_url=f"https://{where}/v1/a/g/replicate", kind="gateway", gateway_id="g")
    return Client(endpoint, user_agent="t", patience=QUICK, **options)


async def create(user: Client) -> None:
    await user.create("a/b", {}, event_id="e", deadline=60)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_found_a10_looks_follow_a_proxy_that_changes(pems: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pems[1]))

    async def run() -> list[int]:
        async with gateway(pems) as server, proxy(server.port) as first, proxy(server.port) as second:
            user = client()
            monkeypatch.setenv(variable, f"http://127.0.0.1:{first.port}")
            await create(user)
            await user.get(ID)
            monkeypatch.setenv(variable, f"http://127.0.0.1:{second.port}")
            await create(user)
            await user.get(ID)
            await user.get(ID)
            counts = [len(first.requests), len(second.requests), len(server.requests)]
            await user.aclose()
            return counts

    assert asyncio.run(run()) == [2, 2, 5], "a create and one pool of connections through each"


def test_found_a10_looks_that_are_under_way_end_on_their_own_connections(pems: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pems[1]))

    async def run() -> None:
        async with gateway(pems) as server, proxy(server.port) as first, proxy(server.port) as second:
            user = client()
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{first.port}")
            looks = [asyncio.ensure_future(user.get(ID)) for _ in range(5)]
            await asyncio.sleep(0.01)
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{second.port}")
            looks += [asyncio.ensure_future(user.get(ID)) for _ in range(5)]
            found = await asyncio.gather(*looks)
            assert [look.prediction.id for look in found] == [ID] * 10
            await user.aclose()

    asyncio.run(run())


def test_found_a10_a_proxy_that_is_gone_does_not_stay_in_the_way(pems: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pems[1]))

    async def run() -> None:
        async with gateway(pems) as server:
            user = client()
            async with proxy(server.port) as first:
                monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{first.port}")
                await user.get(ID)
            failed = [await asyncio.gather(user.get(ID), return_exceptions=True) for _ in range(2)]
            assert all(isinstance(each, LookFailed) for (each,) in failed)
            pool = user._sender._pool
            assert pool is None, "after a connect error the next look finds its way anew"
            async with proxy(server.port) as second:
                monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{second.port}")
                await user.get(ID)
            await user.aclose()

    asyncio.run(run())


# -- A11


def test_found_a11_a_company_s_ca_counts_from_the_moment_that_it_is_named(pems: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with gateway(pems) as server:
            user = client(server.port)
            for act in (create(user), user.get(ID)):
                with pytest.raises((CreateFailed, LookFailed)) as refused:
                    await act
                error = refused.value.verdict.error
                assert (error.key, error.paid, "SSL_CERT_FILE" in error.next) == ("certificate", "no", True)
                assert refused.value.verdict.lasting
            assert server.requests == []
            monkeypatch.setenv("SSL_CERT_FILE", str(pems[1]))
            await create(user)
            await user.get(ID)
            monkeypatch.delenv("SSL_CERT_FILE")
            with pytest.raises(LookFailed):
                await user.get(ID)
            assert len(server.requests) == 2
            await user.aclose()

    asyncio.run(run())


def test_found_a11_a_file_that_is_replaced_counts_at_once(pems: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import certifi

    bundle = tmp_path / "bundle.pem"
    shutil.copy(certifi.where(), bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))

    async def run() -> None:
        async with gateway(pems) as server:
            user = client(server.port)
            with pytest.raises(LookFailed):
                await user.get(ID)
            bundle.write_bytes(bundle.read_bytes() + pems[1].read_bytes())
            await user.get(ID)
            await user.aclose()

    asyncio.run(run())


def test_found_a11_a_folder_of_certificates_counts_too(pems: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    shutil.copy(pems[1], folder / "company.pem")
    subprocess.run(["openssl", "rehash", str(folder)], capture_output=True, check=True)
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))

    async def run() -> None:
        async with gateway(pems) as server:
            user = client(server.port)
            await create(user)
            await user.aclose()

    asyncio.run(run())


def _missing(folder: Path) -> Path:
    return folder / "nowhere.pem"


def _folder(folder: Path) -> Path:
    return folder


def _text(folder: Path) -> Path:
    path = folder / "letter.pem"
    path.write_text("Dear all")
    return path


def _empty(folder: Path) -> Path:
    path = folder / "empty.pem"
    path.touch()
    return path


@pytest.mark.parametrize(
    ("variable", "make", "says"),
    [
        ("SSL_CERT_FILE", _missing, "is not there"),
        ("SSL_CERT_FILE", _folder, "is a folder"),
        ("SSL_CERT_FILE", _text, "holds no certificates"),
        ("SSL_CERT_FILE", _empty, "holds no certificates"),
        ("SSL_CERT_DIR", _missing, "is not there"),
        ("SSL_CERT_DIR", _text, "is no folder"),
    ],
)
def test_found_a11_what_a_variable_names_wrongly_is_told_and_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, make: Any, says: str
) -> None:
    path = make(tmp_path)
    monkeypatch.setenv(variable, str(path))

    async def run() -> None:
        user = client(9)
        for act in (create(user), user.get(ID)):
            with pytest.raises((CreateFailed, LookFailed)) as refused:
                await act
            verdict = refused.value.verdict
            assert (verdict.error.key, verdict.error.paid, verdict.lasting) == ("certificates_unreadable", "no", True)
            assert f"{variable} names {path}, which {says}" in verdict.error.sentence
            assert variable in verdict.error.next
            assert "Errno" not in str(verdict.error)

    asyncio.run(run())


@pytest.mark.parametrize("key", ["certificate", "certificates_unreadable"])
def test_found_a11_a_press_is_refused_once(tmp_path: Path, key: str) -> None:
    from tests.support.jobs import World, not_sent

    world = World(tmp_path)
    world.replicate.creates = [not_sent(key)] * len(RESENDS)
    course = world.press()
    world.go(course.run())

    assert (world.replicate.posts, len(world.replicate.runs)) == (1, 0)
    assert (course.feed.latest.status, course.feed.latest.error.key) == ("rejected", key)
    assert "Tried" not in course.feed.latest.error.next
    world.close()
