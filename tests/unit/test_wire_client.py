"""The client: what it sends, to whom, once; and what it makes of answers."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from datetime import UTC, datetime

import httpx
import pytest
from tests.support.canary import cloudflare_canary, replicate_canary
from tests.support.sockets import http, serve

from pvideo.settings import Endpoint, Secret
from pvideo.wire.client import Client, CreateFailed, LookFailed, Patience

ID = "6p0efnaywsrmt0cx056bk4wne8"
CREATED = json.dumps({"id": ID, "status": "starting", "input": {}}).encode()
QUICK = Patience(connect=0.2, answer=0.05, wait_grace=0.05, look=0.1)


def endpoint(base="https://gateway.ai.cloudflare.com/v1/acc/gate/replicate", *, kind="gateway", gateway=True, replicate=True):
    return Endpoint(
        base_url=base,
        kind=kind,
        gateway_token=Secret(cloudflare_canary(), "CF_AIG_TOKEN") if gateway else None,
        replicate_token=Secret(replicate_canary(), "REPLICATE_API_TOKEN") if replicate else None,
        account_id="acc",
        gateway_id="gate",
    )


def loopback(port, **options):
    return endpoint(f"http://127.0.0.1:{port}/v1/acc/gate/replicate", **options)


class Recorded(httpx.MockTransport):
    """Answers with one function and keeps every request as it left, tokens included."""

    def __init__(self, answer=None):
        self.requests = []
        self.answer = answer or (lambda request: httpx.Response(201, content=CREATED))
        super().__init__(self._handle)

    def _handle(self, request):
        self.requests.append(request)
        return self.answer(request)


def client(transport, where=None, **options):
    return Client(where or endpoint(), user_agent="pvideo/0.1 (test)", transport=transport, **options)


async def create(user, **options):
    return await user.create("prunaai/p-video", {"prompt": "a cat"}, **{"event_id": "intent-1", "deadline": 900, **options})


def test_a_create_says_all_it_must():
    seen = Recorded()
    created = asyncio.run(create(client(seen)))
    (request,) = seen.requests
    assert (request.method, str(request.url)) == ("POST", "https://gateway.ai.cloudflare.com/v1/acc/gate/replicate/predictions")
    assert json.loads(request.content) == {"version": "prunaai/p-video", "input": {"prompt": "a cat"}}
    headers = request.headers
    assert headers["connection"] == "close"
    assert headers["cancel-after"] == "900s"
    assert headers["user-agent"] == "pvideo/0.1 (test)"
    assert headers["cf-aig-skip-cache"] == "true"
    assert headers["cf-aig-max-attempts"] == "1"
    assert headers["cf-aig-no-wholesale"] == "true"
    assert headers["cf-aig-event-id"] == "intent-1"
    assert "cf-aig-metadata" not in headers
    assert "prefer" not in headers
    assert "cf-aig-collect-log" not in headers
    assert "cf-aig-collect-log-payload" not in headers
    assert (created.prediction.id, created.status_code) == (ID, 201)


def test_looks_never_come_from_the_cache_and_stay_out_of_the_log():
    seen = Recorded(lambda request: httpx.Response(200, content=CREATED if "/predictions/" in request.url.path else b'{"results": []}'))

    async def run():
        user = client(seen)
        await user.get(ID)
        await user.list(created_after=datetime(2026, 11, 20, tzinfo=UTC))
        await user.model("prunaai", "p-video")
        await user.cancel(ID)

    asyncio.run(run())
    assert [request.headers["cf-aig-skip-cache"] for request in seen.requests] == ["true"] * 4
    assert [request.headers.get("cf-aig-collect-log") for request in seen.requests] == ["false", "false", "false", None]
    assert [request.url.path.removeprefix("/v1/acc/gate/replicate") for request in seen.requests] == [
        f"/predictions/{ID}",
        "/predictions",
        "/models/prunaai/p-video",
        f"/predictions/{ID}/cancel",
    ]
    assert all(request.headers["user-agent"] == "pvideo/0.1 (test)" for request in seen.requests)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"authorization", "cf-aig-authorization"}),
        ({"replicate": False}, {"cf-aig-authorization"}),
        ({"gateway": False}, {"authorization"}),
        ({"gateway": False, "replicate": False}, set()),
        ({"base": "https://api.replicate.com/v1", "kind": "direct"}, {"authorization"}),
    ],
)
def test_which_tokens_travel(options, expected):
    seen, where = Recorded(), endpoint(**options)

    async def run():
        await create(client(seen, where))
        await client(seen, where).get(ID)

    asyncio.run(run())
    for request in seen.requests:
        assert {name for name in request.headers if "authorization" in name} == expected
        if "authorization" in expected:
            assert request.headers["authorization"] == f"Bearer {where.replicate_token.reveal()}"
        if where.kind == "direct":
            assert not [name for name in request.headers if name.startswith("cf-")]


@pytest.mark.parametrize(("seconds", "value"), [(1, "wait=1"), (7, "wait=7"), (60, "wait"), (600, "wait"), (0, "wait=1")])
def test_prefer_wait(seconds, value):
    seen = Recorded()
    asyncio.run(create(client(seen), prefer_wait=seconds))
    assert seen.requests[0].headers["prefer"] == value
    assert seen.requests[0].extensions["timeout"]["read"] == min(max(seconds, 1), 60) + 15


@pytest.mark.parametrize(("deadline", "value"), [(1, "5s"), (607.4, "607s"), (1e9, "86400s")])
def test_cancel_after_within_replicates_limits(deadline, value):
    seen = Recorded()
    asyncio.run(create(client(seen), deadline=deadline))
    assert seen.requests[0].headers["cancel-after"] == value


def test_a_version_metadata_and_no_payload_in_the_log():
    seen = Recorded()
    asyncio.run(create(client(seen), version="prunaai/p-video:" + "a" * 64, metadata={"class": "3ü", "seat": 4}, log_payload=False))
    (request,) = seen.requests
    assert json.loads(request.content)["version"].endswith("a" * 64)
    assert request.headers["cf-aig-collect-log-payload"] == "false"
    assert json.loads(request.headers["cf-aig-metadata"]) == {"class": "3ü", "seat": 4}
    assert request.headers["cf-aig-metadata"].isascii()


@pytest.mark.parametrize("status", [200, 201, 202])
def test_all_three_ways_to_say_created(status):
    answer = httpx.Response(
        status,
        content=CREATED,
        headers={"cf-aig-log-id": "019a7b3e-5f2c", "cf-aig-event-id": "other-1", "date": "Fri, 20 Nov 2026 12:00:00 GMT"},
    )
    created = asyncio.run(create(client(Recorded(lambda _: answer))))
    assert (created.status_code, created.log_id, created.event_id) == (status, "019a7b3e-5f2c", "other-1")
    assert created.server_date == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_an_old_prediction_from_the_gateways_cache_is_never_a_new_one():
    answer = httpx.Response(201, content=CREATED, headers={"cf-aig-cache-status": "HIT"})
    with pytest.raises(CreateFailed) as caught:
        asyncio.run(create(client(Recorded(lambda _: answer))))
    assert (caught.value.verdict.kind, caught.value.verdict.error.key) == ("ambiguous", "gateway_cached")


def test_a_log_id_that_is_no_id_is_dropped():
    answer = httpx.Response(201, content=CREATED, headers={"cf-aig-log-id": "../../x", "cf-aig-event-id": "a b"})
    created = asyncio.run(create(client(Recorded(lambda _: answer))))
    assert (created.log_id, created.event_id) == (None, "intent-1")


@pytest.mark.parametrize("status", [204, 206, 301, 400, 500])
def test_other_statuses_with_a_prediction_are_not_taken(status):
    answer = httpx.Response(status, content=CREATED, headers={"cf-aig-log-id": "01AB"})
    with pytest.raises(CreateFailed) as caught:
        asyncio.run(create(client(Recorded(lambda _: answer))))
    assert (caught.value.verdict.kind, caught.value.verdict.log_id) == ("ambiguous", "01AB")


def test_input_that_is_no_json_is_refused_before_it_is_sent():
    seen = Recorded()
    for bad in ({"x": object()}, {"x": float("nan")}):
        with pytest.raises(CreateFailed) as caught:
            asyncio.run(client(seen).create("a/b", bad, event_id="e", deadline=9))
        assert caught.value.verdict.kind == "refused"
    assert not seen.requests


@pytest.mark.parametrize("bad", ["../x", "", "A" * 26, ID + "/cancel", "x" * 10_000])
def test_no_other_id_comes_into_a_path(bad):
    seen = Recorded()
    with pytest.raises(ValueError, match="prediction id"):
        asyncio.run(client(seen).get(bad))
    with pytest.raises(ValueError, match="prediction id"):
        asyncio.run(client(seen).cancel(bad))
    assert not seen.requests


@pytest.mark.parametrize("name", ["..", "a/b", "", "a b", "a?b", "é"])
def test_no_other_model_name_comes_into_a_path(name):
    with pytest.raises(ValueError, match="owner/name"):
        asyncio.run(client(Recorded()).model("prunaai", name))


def test_the_servers_own_urls_are_never_used():
    hostile = {"id": ID, "status": "starting", "urls": {"get": "https://evil.example/x", "cancel": "https://evil.example/y"}}
    seen = Recorded(lambda _: httpx.Response(200, json=hostile, headers={"location": "https://evil.example/z"}))

    async def run():
        user = client(seen)
        made = await create(user)
        await user.get(made.prediction.id)
        await user.cancel(made.prediction.id)

    asyncio.run(run())
    assert {request.url.host for request in seen.requests} == {"gateway.ai.cloudflare.com"}


def test_only_the_cursor_of_next_is_used():
    pages = [
        {"next": "https://evil.example/steal?cursor=cD1hYmM%3D&x=1", "results": [{"id": ID, "status": "starting"}, {"id": "../x"}, 7]},
        {"next": "https://evil.example/steal", "results": []},
    ]
    seen = Recorded(lambda _: httpx.Response(200, json=pages[len(seen.requests) - 1]))

    async def run():
        user = client(seen)
        first = await user.list(created_after=datetime(2026, 11, 20, 12, tzinfo=UTC))
        return first, await user.list(created_after=datetime(2026, 11, 20, 12, tzinfo=UTC), cursor=first.cursor)

    first, second = asyncio.run(run())
    assert ([item.id for item in first.items], first.cursor, second.cursor) == ([ID], "cD1hYmM=", None)
    assert dict(seen.requests[1].url.params) == {"created_after": "2026-11-20T12:00:00.000Z", "cursor": "cD1hYmM="}


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"results": 7}', b"<html>", b'{"results": {"id": 1}}'])
def test_a_list_that_is_none(body):
    with pytest.raises(LookFailed) as caught:
        asyncio.run(client(Recorded(lambda _: httpx.Response(200, content=body))).list(created_after=datetime.now(UTC)))
    assert caught.value.verdict.kind == "trouble"


def test_another_prediction_in_the_answer_is_not_this_one():
    with pytest.raises(LookFailed) as caught:
        asyncio.run(client(Recorded()).get("b" * 26))
    assert caught.value.verdict.kind == "trouble"


def test_a_look_from_the_cache_says_so():
    look = asyncio.run(client(Recorded(lambda _: httpx.Response(200, content=CREATED, headers={"cf-aig-cache-status": "hit"}))).get(ID))
    assert look.cached


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    async def run():
        async def never(peer):
            await peer.request()

        async with serve(never) as other:

            async def redirect(peer):
                await peer.request()
                await peer.send(http(status, b"", headers=f"location: http://127.0.0.1:{other.port}/x\r\n"))

            async with serve(redirect) as server:
                with pytest.raises(CreateFailed) as made:
                    await create(Client(loopback(server.port), user_agent="x"))
                with pytest.raises(LookFailed) as looked:
                    await Client(loopback(server.port), user_agent="x").get(ID)
                return made.value.verdict.kind, looked.value.verdict.kind, other.connections

    assert asyncio.run(run()) == ("ambiguous", "trouble", 0)


def test_a_create_has_its_own_connection_and_looks_share_one():
    async def run():
        async def answer(peer):
            while True:
                await peer.request()
                await peer.send(http(201, CREATED))

        async with serve(answer) as server:
            user = Client(loopback(server.port), user_agent="x")
            await user.get(ID)
            await user.get(ID)
            looks = server.connections
            await create(user)
            await create(user)
            await user.get(ID)
            await user.aclose()
            return looks, server.connections

    assert asyncio.run(run()) == (1, 3)


LOST = {
    "reset": lambda peer: _async(peer.reset()),
    "closed": lambda peer: _async(None),
    "silence": lambda peer: asyncio.sleep(5),
    "half a head": lambda peer: peer.send(b"HTTP/1.1 201 Cre"),
    "short body": lambda peer: peer.send(http(201, CREATED)[:-5]),
    "lying length": lambda peer: peer.send(http(201, CREATED).replace(b"content-length: ", b"content-length: 9")),
    "bad chunk": lambda peer: peer.send(b"HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}"),
    "cut chunk": lambda peer: peer.send(b"HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{}"),
    "not HTTP": lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "html": lambda peer: peer.send(http(200, b"<html>", kind="text/html")),
    "empty": lambda peer: peer.send(http(200, b"")),
    "array": lambda peer: peer.send(http(200, b"[1]")),
    "ten megabytes": lambda peer: peer.send(http(201, b'{"id": "' + b"x" * 10_000_000)),
    "bad gzip": lambda peer: peer.send(http(201, b"\x1f\x8b\x08garbage", headers="content-encoding: gzip\r\n")),
}


async def _async(value):
    return value


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_may_be_paid_and_is_asked_once(how):
    async def run():
        async def answer(peer):
            await peer.request()
            await LOST[how](peer)

        async with serve(answer) as server:
            with pytest.raises(CreateFailed) as caught:
                await create(Client(loopback(server.port), user_agent="x", patience=QUICK))
            return caught.value.verdict, len(server.requests)

    verdict, requests = asyncio.run(run())
    assert (verdict.kind, verdict.error.key, requests) == ("ambiguous", "answer_lost", 1)


def test_cut_at_every_byte_it_is_never_refused():
    whole = http(201, CREATED)

    async def run():
        kinds = []
        for after in range(0, len(whole), 3):

            async def answer(peer, after=after):
                await peer.request()
                await peer.send(whole[:after])

            async with serve(answer) as server:
                with pytest.raises(CreateFailed) as caught:
                    await create(Client(loopback(server.port), user_agent="x"))
                kinds.append(caught.value.verdict.kind)
        return kinds

    assert set(asyncio.run(run())) == {"ambiguous"}


def test_reset_before_the_body_is_read_is_never_called_unsent():
    async def run():
        async def answer(peer):
            await peer.reader.readuntil(b"\r\n\r\n")
            peer.reset()

        async with serve(answer) as server:
            with pytest.raises(CreateFailed) as caught:
                await create(Client(loopback(server.port), user_agent="x"))
            return caught.value.verdict.kind

    assert asyncio.run(run()) == "ambiguous"


def test_a_closed_port_got_nothing():
    async def run():
        async with serve(lambda peer: _async(None)) as server:
            port = server.port
        with pytest.raises(CreateFailed) as caught:
            await create(Client(loopback(port), user_agent="x"))
        return caught.value.verdict

    verdict = asyncio.run(run())
    assert (verdict.kind, verdict.error.key) == ("not_sent", "unreachable")


@pytest.mark.parametrize("how", ["garbage", "closed", "reset", "silence"])
def test_what_fails_in_the_tls_handshake_was_not_sent(how, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")

    async def run():
        async def answer(peer):
            await peer.reader.read(1)
            if how == "garbage":
                await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            elif how == "reset":
                peer.reset()
            elif how == "silence":
                await asyncio.sleep(5)

        async with serve(answer) as server:
            where = endpoint(f"https://127.0.0.1:{server.port}/v1/acc/gate/replicate")
            with pytest.raises(CreateFailed) as caught:
                await create(Client(where, user_agent="x", patience=QUICK))
            return caught.value.verdict.kind

    assert asyncio.run(run()) == "not_sent"


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"", b"HTTP/1.1 502 Bad\r\n\r\n", b"nonsense\r\n\r\n"]
)
def test_a_proxy_gets_a_connect_and_no_token(answer, monkeypatch):
    where = endpoint("https://gateway.invalid/v1/acc/gate/replicate")

    async def run():
        async def proxy(peer):
            await peer.request()
            await peer.send(answer)

        async with serve(proxy) as server:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            with pytest.raises(CreateFailed) as caught:
                await create(Client(where, user_agent="x", patience=QUICK))
            return caught.value.verdict.kind, server.requests

    kind, requests = asyncio.run(run())
    assert kind == "not_sent"
    assert [request.split(b" ")[:2] for request in requests] == [[b"CONNECT", b"gateway.invalid:443"]]
    assert b"uthorization" not in requests[0]
    assert where.replicate_token.reveal().encode() not in requests[0]


def test_loopback_takes_no_proxy_and_no_netrc(monkeypatch, tmp_path):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\ndefault login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def run(**options):
        async def answer(peer):
            await peer.request()
            await peer.send(http(201, CREATED))

        async with serve(answer) as server:
            where = loopback(server.port, **options)
            await create(Client(where, user_agent="x"))
            return where, server.requests[0]

    where, request = asyncio.run(run())
    assert f"Authorization: Bearer {where.replicate_token.reveal()}".encode() in request
    _, request = asyncio.run(run(replicate=False))
    assert b"\nAuthorization" not in request


def test_a_socks_proxy_without_its_package_is_a_sentence(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CreateFailed) as caught:
        asyncio.run(create(Client(endpoint("https://gateway.invalid/v1/acc/gate/replicate"), user_agent="x", patience=QUICK)))
    assert caught.value.verdict.kind == "not_sent"


@pytest.mark.parametrize(
    "base",
    [
        "https://gateway.ai.cloudflare.com.evil.example/v1",
        "http://gateway.ai.cloudflare.com/v1",
        "https://gateway.ai.cloudflare.com:444/v1",
    ],
)
def test_tokens_go_to_the_endpoints_origin_only(base):
    from pvideo.wire.transport import TokenTransport

    seen = Recorded()
    with pytest.raises(PermissionError):
        asyncio.run(TokenTransport(seen, endpoint()).handle_async_request(httpx.Request("GET", base)))
    assert not seen.requests


HOSTILE = {
    "200 MB": http(200, b"").replace(b"content-length: 0", b"content-length: 200000000") + b'{"a": "' + b"x" * 9_000_000,
    "gzip bomb": http(200, gzip.compress(b"\0" * 50_000_000), headers="content-encoding: gzip\r\n"),
    "deep": http(200, b"[" * 100_000),
    "many parts": http(200, b"[" + b"[]," * 2_000_000 + b"[]]"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_look_is_only_trouble(what):
    import tracemalloc

    async def run():
        async def answer(peer):
            await peer.request()
            for start in range(0, len(HOSTILE[what]), 65_536):
                await peer.send(HOSTILE[what][start : start + 65_536])

        async with serve(answer) as server:
            with pytest.raises(LookFailed) as caught:
                await Client(loopback(server.port), user_agent="x").get(ID)
            return caught.value.verdict.kind

    tracemalloc.start()
    try:
        kind = asyncio.run(run())
        grown = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert kind == "trouble"
    assert grown < 50_000_000


def test_an_answer_in_drips_ends_in_time():
    async def run():
        async def answer(peer):
            await peer.request()
            await peer.send(http(200, CREATED)[:40])
            while True:
                await peer.send(b" ")
                await asyncio.sleep(0.01)

        async with serve(answer) as server:
            began = time.monotonic()
            with pytest.raises(LookFailed) as caught:
                await Client(loopback(server.port), user_agent="x", patience=QUICK).get(ID)
            return caught.value.verdict.kind, time.monotonic() - began

    kind, took = asyncio.run(run())
    assert kind == "trouble"
    assert took < 2


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_an_answer_that_is_compressed_all_the_same_is_read(encoding):
    import zlib

    packed = gzip.compress(CREATED) if encoding == "gzip" else zlib.compress(CREATED)

    async def run():
        async def answer(peer):
            await peer.request()
            await peer.send(http(201, packed, headers=f"content-encoding: {encoding}\r\n"))

        async with serve(answer) as server:
            created = await create(Client(loopback(server.port), user_agent="x"))
            return created.prediction.id, server.requests[0]

    made, request = asyncio.run(run())
    assert made == ID
    assert b"Accept-Encoding: identity" in request


def test_a_waiting_create_may_carry_the_file():
    body = json.dumps({"id": ID, "status": "processing", "output": "data:video/mp4;base64," + "A" * 9_000_000}).encode()
    seen = Recorded(lambda _: httpx.Response(201, content=body))
    created = asyncio.run(create(client(seen), prefer_wait=60))
    assert len(created.prediction.outputs[0]) > 9_000_000
    with pytest.raises(CreateFailed):
        asyncio.run(create(client(seen)))


def test_canceling_the_wait_cancels_and_leaves():
    async def run():
        arrived = asyncio.Event()

        async def answer(peer):
            await peer.request()
            arrived.set()
            await asyncio.sleep(5)

        exchanges = []
        async with serve(answer) as server:
            task = asyncio.create_task(create(Client(loopback(server.port), user_agent="x", on_exchange=exchanges.append)))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return exchanges

    exchanges = asyncio.run(run())
    assert [item.status for item in exchanges] == [None]


@pytest.fixture
def certificate(tmp_path):
    import shutil
    import subprocess

    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")

    def make(name):
        key, pem = tmp_path / "k.pem", tmp_path / "c.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        options = ["-keyout", str(key), "-out", str(pem), "-subj", f"/CN={name}", "-addext", f"subjectAltName={name}"]
        subprocess.run([*command, *options], check=True, capture_output=True)
        return key, pem

    return make


@pytest.mark.parametrize(
    ("name", "trusted", "says"), [("IP:127.0.0.1", False, "self-signed certificate"), ("DNS:other.example", True, "127.0.0.1")]
)
def test_a_wrong_certificate_is_refused_and_named(certificate, name, trusted, says):
    import ssl

    key, pem = certificate(name)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem, key)
    verify = ssl.create_default_context(cafile=str(pem) if trusted else None)

    async def run():
        async def answer(peer):
            await peer.request()

        async with serve(answer, ssl=server_side) as server:
            with pytest.raises(CreateFailed) as caught:
                await create(Client(endpoint(f"https://127.0.0.1:{server.port}/v1"), user_agent="x", verify=verify))
            return caught.value.verdict, server.requests

    verdict, requests = asyncio.run(run())
    assert (verdict.kind, verdict.error.key, requests) == ("not_sent", "certificate", [])
    assert says in verdict.error.sentence


def test_a_right_certificate_works(certificate):
    import ssl

    key, pem = certificate("IP:127.0.0.1")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem, key)

    async def run():
        async def answer(peer):
            await peer.request()
            await peer.send(http(201, CREATED))

        async with serve(answer, ssl=server_side) as server:
            verify = ssl.create_default_context(cafile=str(pem))
            return await create(Client(endpoint(f"https://127.0.0.1:{server.port}/v1"), user_agent="x", verify=verify))

    assert asyncio.run(run()).prediction.id == ID
