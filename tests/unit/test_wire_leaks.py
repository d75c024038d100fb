"""No token leaves but in its header: not by a traceback, however verbose, nor by what is recorded."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import sys
import traceback
from pathlib import Path

import httpx
import pytest
from tests.support.canary import cloudflare_canary, find, replicate_canary

import pvideo.wire
from pvideo.settings import Endpoint, Secret
from pvideo.wire.client import Client, CreateFailed, LookFailed
from pvideo.wire.exchange import LIMIT, shown_body

ID = "6p0efnaywsrmt0cx056bk4wne8"
WIRE = str(Path(pvideo.wire.__file__).parent)


@pytest.fixture
def tokens():
    return [cloudflare_canary(), replicate_canary()]


@pytest.fixture
def endpoint(tokens):
    gateway, replicate = tokens
    return Endpoint(
        base_url="https://gateway.ai.cloudflare.com/v1/acc/gate/replicate",
        kind="gateway",
        gateway_token=Secret(gateway, "CF_AIG_TOKEN"),
        replicate_token=Secret(replicate, "REPLICATE_API_TOKEN"),
        account_id="acc",
        gateway_id="gate",
    )


CREATED = b'{"id": "%s"}' % ID.encode()


class Leaky(httpx.AsyncBaseTransport):
    """A transport whose frames and errors hold every header, as a real one's do."""

    def __init__(self, raises=None, at="send", status=201, body=CREATED, headers=None):
        self.raises, self.at, self.status, self.body, self.headers = raises, at, status, body, headers

    async def handle_async_request(self, request):
        headers = [(name, value) for name, value in request.headers.raw]
        await asyncio.sleep(0)
        if self.raises and self.at == "send":
            raise self.raises(f"Illegal header value {headers!r}")
        return httpx.Response(self.status, stream=Stream(self, headers), headers=self.headers)

    async def aclose(self):
        if self.raises and self.at == "close":
            raise self.raises("close")


class Stream(httpx.AsyncByteStream):
    def __init__(self, owner, headers):
        self.owner, self.headers = owner, headers

    async def __aiter__(self):
        kept = list(self.headers)
        yield self.owner.body[:5]
        if self.owner.raises and self.owner.at == "read":
            raise self.owner.raises(f"{kept!r}")
        yield self.owner.body[5:]

    async def aclose(self):
        kept = list(self.headers)
        if self.owner.raises and self.owner.at == "end":
            raise self.owner.raises(f"{kept!r}")


def everything(error):
    """Return all that a debugger or a verbose traceback would print of an error, and of all it is chained to."""
    chain, seen = error, []
    while chain is not None:
        seen.append("".join(traceback.TracebackException.from_exception(chain, capture_locals=True).format()))
        seen.append(repr(vars(chain)))
        chain = chain.__cause__ or chain.__context__
    return "\n".join(seen).encode()


def run(endpoint, transport, what="create", **options):
    async def go():
        user = Client(endpoint, user_agent="x", transport=transport, **options)
        if what == "create":
            return await user.create("a/b", {"prompt": "p"}, event_id="e", deadline=9)
        return await (user.get(ID) if what == "get" else user.model("a", "b"))

    return asyncio.run(go())


def failure(endpoint, transport, what="create", **options):
    """Return what `run` raises. No frame from here on holds a token itself."""
    try:
        run(endpoint, transport, what, **options)
    except (CreateFailed, LookFailed, asyncio.CancelledError) as error:
        return error
    pytest.fail("nothing was raised")


ERRORS = [httpx.ReadError, httpx.ConnectError, httpx.LocalProtocolError, RuntimeError, MemoryError, asyncio.CancelledError, OSError]


@pytest.mark.parametrize("what", ["create", "get", "model"])
@pytest.mark.parametrize("at", ["send", "read"])
@pytest.mark.parametrize("raises", ERRORS)
def test_no_error_carries_a_token(endpoint, tokens, raises, at, what):
    error = failure(endpoint, Leaky(raises, at), what)
    shown = everything(error)
    assert b"in _look" in shown or b"in create" in shown or b"in send" in shown
    assert not find(shown, tokens, "traceback")
    assert error.__cause__ is None
    assert error.__context__ is None


def test_the_scan_would_see_a_leak(endpoint, tokens):
    """The same scan over the transport's own error finds both tokens."""

    async def go():
        from pvideo.wire.transport import TokenTransport

        request = httpx.Request("GET", endpoint.base_url)
        await TokenTransport(Leaky(RuntimeError), endpoint).handle_async_request(request)

    with pytest.raises(RuntimeError) as caught:
        asyncio.run(go())
    assert len({finding.form for finding in find(everything(caught.value), tokens, "traceback")}) > 1


@pytest.mark.parametrize("at", ["end", "close"])
def test_trouble_after_the_answer_does_not_lose_it(endpoint, at):
    assert run(endpoint, Leaky(OSError, at)).prediction.id == ID


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal"])
@pytest.mark.parametrize(("status", "body"), [(502, b"<html>"), (401, None), (201, b"{}")])
def test_ipythons_tracebacks_show_none(endpoint, tokens, mode, status, body):
    from IPython.core.ultratb import FormattedTB

    body = body or json.dumps({"detail": f"You sent {tokens[1]}", "status": 401}).encode()
    error = failure(endpoint, Leaky(status=status, body=body))
    shown = FormattedTB(mode=mode).text(type(error), error, error.__traceback__)
    assert "CreateFailed" in shown
    assert not find(shown.encode(), tokens, mode)


def traced(tracer, endpoint):
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        run(endpoint, Leaky(status=429, body=b'{"detail": "throttled"}'), on_exchange=lambda _: None)
    except BaseException as error:  # noqa: BLE001 - whatever comes out is looked at
        return error
    finally:
        sys.settrace(before)


def test_an_error_raised_at_any_line_of_ours_shows_none(endpoint, tokens):
    class InjectedError(Exception):
        pass

    lines = 0
    for target in range(1, 2000):
        count = 0

        def tracer(frame, event, arg, target=target):
            nonlocal count
            if not frame.f_code.co_filename.startswith(WIRE):
                return None
            if event == "line":
                count += 1
                if count == target:
                    raise InjectedError
            return tracer

        error = traced(tracer, endpoint)
        assert not find(everything(error), tokens, f"line {target}"), target
        if count < target:
            break
        lines = target
    assert lines > 80


def test_every_record_is_without_tokens(endpoint, tokens):
    seen = []
    echo = json.dumps({"detail": f"bad {tokens[0]} {tokens[1]} {tokens[1][:20]}", "status": 401}).encode()
    leaky = Leaky(
        status=401, body=echo, headers={"x-echo": f"Bearer {tokens[1]}", "set-cookie": "__cf_bm=abc", "content-type": "application/json"}
    )
    error = failure(endpoint, leaky, on_exchange=seen.append)
    (exchange,) = seen
    assert not find(repr(exchange).encode(), [tokens[0], tokens[1]], "exchange")
    assert not find(everything(error), tokens, "error")
    assert exchange.request_headers["Authorization"] == exchange.request_headers["cf-aig-authorization"] == "Bearer ••••"
    assert "set-cookie" not in exchange.response_headers
    assert (exchange.method, exchange.path, exchange.status) == ("POST", "/predictions", 401)
    assert json.loads(exchange.request_body) == {"version": "a/b", "input": {"prompt": "p"}}


def test_a_token_at_any_cut_leaves_no_half(tokens):
    token = tokens[1]
    for offset in range(LIMIT - len(token) - 2, LIMIT + 3):
        kept = shown_body(("x" * offset + token + "y" * 200_000).encode())
        assert token[:6] not in kept
        assert token[-6:] not in kept
    for offset in range(4 * LIMIT - len(token) - 2, 4 * LIMIT + 3):
        text = "\n".join([token] * 600)[: 3 * LIMIT // 2] + "x" * offset + token + "z" * 1000
        assert token[:8] not in shown_body(text.encode())


def test_a_token_of_letters_only_leaves_no_half_either():
    words = Secret("correcthorsebatterystaplecorrecthorse", "CF_AIG_TOKEN")
    token, many = words.reveal(), 2200
    for offset in range(0, len(token) + 1, 3):
        # The echoes before it shrink, so that what stood at the first cut moves into what is kept.
        text = f"{token} " * many + "x" * (4 * LIMIT - many * (len(token) + 1) - offset) + token + "y" * 5000
        assert "correct" not in shown_body(text.encode())


def test_a_secret_input_is_struck_out_of_the_record(endpoint):
    seen = []

    async def go():
        transport = httpx.MockTransport(lambda request: httpx.Response(201, json={"id": ID, "input": {"openai_api_key": 'sk-"ü"-1'}}))
        user = Client(endpoint, user_agent="x", transport=transport, on_exchange=seen.append)
        await user.create("a/b", {"openai_api_key": 'sk-"ü"-1'}, event_id="e", deadline=9, hide=('sk-"ü"-1',))

    asyncio.run(go())
    assert "sk-" not in repr(seen[0])


def test_a_data_uri_is_shortened_in_the_record():
    body = json.dumps({"input": {"image": "data:image/png;base64," + "A" * 1_000_000, "prompt": "after"}}).encode()
    shown = shown_body(body)
    assert "data:image/png;base64,… (1,000,000 characters)" in shown
    assert "after" in shown
    assert len(shown) < 200


def test_a_recorder_that_fails_changes_nothing(endpoint):
    def broken(_):
        raise OSError("disk full")

    assert run(endpoint, Leaky(), on_exchange=broken).prediction.id == ID


def test_logs_at_debug_show_none(endpoint, tokens, caplog):
    from tests.support.sockets import http, serve

    async def go():
        async def answer(peer):
            await peer.request()
            await peer.send(http(201, b'{"id": "%s"}' % ID.encode()))

        async with serve(answer) as server:
            where = Endpoint(
                base_url=f"http://127.0.0.1:{server.port}/v1",
                kind="gateway",
                gateway_token=endpoint.gateway_token,
                replicate_token=endpoint.replicate_token,
            )
            user = Client(where, user_agent="x")
            await user.create("a/b", {}, event_id="e", deadline=9)
            assert tokens[1].encode() in server.requests[0]
            return repr(user), repr(vars(user))

    with caplog.at_level(logging.DEBUG):
        shown = asyncio.run(go())
    assert not find(caplog.text.encode(), tokens, "log")
    assert not find("".join(shown).encode(), tokens, "repr")


def test_the_failures_can_be_kept_without_frames(endpoint):
    with pytest.raises(CreateFailed) as caught:
        run(endpoint, Leaky(status=502))
    assert pickle.loads(pickle.dumps(caught.value.verdict.error)).key == "answer_lost"
