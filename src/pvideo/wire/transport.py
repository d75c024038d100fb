"""How bytes leave this machine: connections, proxies, certificates, and the one place where tokens enter a request.

httpx's transports are used without its client: so there are no redirects, no cookies, no ``.netrc`` (which would replace a
token: measured), no automatic decompression and no retries to switch off.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import zlib
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from pvideo.secrets import redact
from pvideo.wire.certificates import ssl_context

if TYPE_CHECKING:
    from pvideo.settings import Endpoint, Secret

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SOCKS = frozenset({"socks5", "socks5h"})
"""Kinds of proxy that httpx goes through where `socksio` is installed."""
_IDLE_SECONDS = 15.0


class TooLarge(Exception):  # noqa: N818 - it describes the answer
    """The body is larger than the caller takes."""


class UnusableProxy(ValueError):  # noqa: N818 - it describes the proxy
    """The environment names a proxy that pvideo cannot go through."""


@dataclass(slots=True)
class Progress:
    """Whether a request may have left: set by the connection as it begins to write it."""

    sent: bool = False

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Listen to httpcore's events; a proxy's CONNECT is not the request."""
        if event == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
            self.sent = True


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names are in lower case. Its text is not in its repr: the server may echo a token."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment or the system names for `url`, or None.

    Only https goes through one: it is a tunnel (CONNECT), so the proxy sees no header. Plain http is loopback.

    Raises:
        UnusableProxy: It is of a kind that pvideo cannot go through; the message says which variable names it.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or host in LOOPBACK or proxy_bypass(host):
        return None
    found = getproxies()
    name = "https" if found.get("https") else "all"
    proxy = found.get(name)
    if not proxy:
        return None
    scheme = proxy.partition("://")[0].lower() if "://" in proxy else ""
    if scheme not in {"", "http", "https"} and not (scheme in _SOCKS and find_spec("socksio")):
        named = next((one for one in (f"{name}_proxy", f"{name}_proxy".upper()) if os.getenv(one)), "this machine's settings")
        msg = f"{named} names a {scheme[:20]}:// proxy, which cannot be used here; an http:// one can"
        raise UnusableProxy(msg)
    return proxy if scheme else f"http://{proxy}"


def open_transport(url: str, *, connections: int, verify: ssl.SSLContext | None = None) -> httpx.AsyncBaseTransport:
    """Return connections to `url`'s host: HTTP/1.1, no retries. ``connections=1`` keeps none for a second request."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections - 1, keepalive_expiry=_IDLE_SECONDS)
    if verify is None:
        # Plain http (loopback) needs no certificates: an empty context saves reading them.
        verify = ssl_context() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncHTTPTransport(verify=verify, http1=True, http2=False, retries=0, trust_env=False, limits=limits, proxy=proxy_for(url))


class TokenTransport(httpx.AsyncBaseTransport):
    """Adds the endpoint's tokens to a copy of a request, for the endpoint's own origin only.

    The request that the rest of pvideo holds, and whatever is raised with it, never has a token.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, endpoint: Endpoint) -> None:
        self._inner = inner
        self._endpoint = endpoint

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` with the tokens.

        Raises:
            PermissionError: It goes elsewhere.
        """
        if _origin(request.url) != _origin(httpx.URL(self._endpoint.base_url)):
            msg = "tokens go to the endpoint's own address only"
            raise PermissionError(msg)
        return await self._inner.handle_async_request(_with_tokens(request, self._endpoint))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _with_tokens(request: httpx.Request, endpoint: Endpoint) -> httpx.Request:
    signed = httpx.Request(request.method, request.url, headers=request.headers, stream=request.stream, extensions=request.extensions)
    for name, token in _tokens(endpoint):
        signed.headers[name] = f"Bearer {token.reveal()}"
    return signed


def token_headers(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the names of the headers that `TokenTransport` adds."""
    return tuple(name for name, _ in _tokens(endpoint))


def _tokens(endpoint: Endpoint) -> list[tuple[str, Secret]]:
    # No Authorization at all where the gateway holds Replicate's key: any value would replace it.
    gateway = None if endpoint.kind == "direct" else endpoint.gateway_token
    pairs = (("cf-aig-authorization", gateway), ("Authorization", endpoint.replicate_token))
    return [(name, token) for name, token in pairs if token is not None]


async def read_answer(response: httpx.Response, cap: int) -> Answer:
    """Read a whole answer, decompressed, of at most `cap` bytes before and after decompression.

    Raises:
        TooLarge: It is larger.
        httpx.TransportError: The connection broke.
    """
    pieces, received = bytearray(), 0
    decoder = _decoder(response.headers.get("content-encoding", ""))
    async with contextlib.aclosing(_Closing(response)):
        async for chunk in _stream(response):
            received += len(chunk)
            pieces += decoder.decompress(chunk, cap + 1 - len(pieces)) if decoder else chunk
            if received > cap or len(pieces) > cap or (decoder and decoder.unconsumed_tail):
                raise TooLarge
    if decoder and not decoder.eof:
        raise httpx.RemoteProtocolError("the compressed answer ends early")
    return Answer(response.status_code, {name.lower(): redact(value) for name, value in response.headers.items()}, bytes(pieces))


def _stream(response: httpx.Response) -> httpx.AsyncByteStream:
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        msg = "an asynchronous transport is needed"
        raise TypeError(msg)
    return stream


class _Closing:
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def aclose(self) -> None:
        with contextlib.suppress(Exception):
            await self._response.aclose()


def _decoder(encoding: str) -> Any:
    # identity is asked for; a proxy on the way may compress all the same. 47: zlib finds out whether gzip or zlib.
    return zlib.decompressobj(47) if encoding.strip().lower() in {"gzip", "x-gzip", "deflate"} else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
