"""Carries requests to the demo's applications within the process, in virtual time, and breaks them byte by byte as sockets would."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import httpx
from tests.support.demo import port_of

from pvideo.demo.messages import DroppedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

_END = object()


class Carrier(httpx.AsyncBaseTransport):
    """A network between one kernel and the demo.

    Args:
        apps: The ASGI applications by port.
        point: Awaited at each step of a request; a dead kernel never comes back from it.
        strangers: Takes the addresses that nobody should ask for.
    """

    def __init__(self, apps: Mapping[int, Any], point: Callable[[str], Any], strangers: list[str]) -> None:
        self.apps, self.point, self.strangers = apps, point, strangers
        self.edit: Callable[[httpx.Request, bytes], bytes] | None = None
        """Changes the bytes of an answer's body on the way back."""
        self.down: Callable[[httpx.Request], Exception | None] = lambda _: None
        """Returns what a request fails with before it has left."""
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.point("connect")
        problem = self.down(request)
        if problem is not None:
            raise problem
        # Another host than loopback has a port of the demo where the demo plays it; the rest are strangers.
        played = request.url.host == "127.0.0.1" or (request.url.scheme == "https" and port_of(request.url) != (request.url.port or 0))
        app = self.apps.get(port_of(request.url)) if played else None
        if app is None:
            self.strangers.append(str(request.url))
            raise httpx.ConnectError("nobody listens")
        self.sent.append(request)
        talk = _Talk(app, request, b"".join([chunk async for chunk in request.stream]))
        status, headers = await talk.head()
        await self.point("answered")
        body = _Body(talk, dict(headers), self.edit and (lambda data: self.edit(request, data)))
        return httpx.Response(status, headers=headers, stream=body)


class _Talk:
    """One request and its answer, as the application sends it."""

    def __init__(self, app: Any, request: httpx.Request, body: bytes) -> None:
        self.patience = (request.extensions.get("timeout") or {}).get("read")
        self.queue: asyncio.Queue[Any] = asyncio.Queue(8)
        self.task = asyncio.ensure_future(self._run(app, _scope(request), body))

    async def _run(self, app: Any, scope: dict[str, Any], body: bytes) -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": body, "more_body": False}
            await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        try:
            await app(scope, receive, self.queue.put)
            await self.queue.put(_END)
        except DroppedError as dropped:
            await self.queue.put(dropped)

    async def next(self) -> Any:
        """Return what comes next; a silence longer than the client's patience is its timeout."""
        try:
            item = await asyncio.wait_for(self.queue.get(), self.patience)
            if isinstance(item, DroppedError) and item.how == "hang":
                await asyncio.sleep(self.patience or 1e6)
                raise TimeoutError
        except TimeoutError:
            raise httpx.ReadTimeout("no answer") from None
        if isinstance(item, DroppedError):
            raise httpx.ReadError("reset") if item.how == "rst" else httpx.RemoteProtocolError("closed without the whole answer")
        return item

    async def head(self) -> tuple[int, list[tuple[str, str]]]:
        """Return the status and the headers."""
        message = await self.next()
        return message["status"], [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]

    async def close(self) -> None:
        """Stop listening."""
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


class _Body(httpx.AsyncByteStream):
    def __init__(self, talk: _Talk, headers: dict[str, str], edit: Callable[[bytes], bytes] | None) -> None:
        self.talk, self.edit = talk, edit
        length = {name.lower(): value for name, value in headers.items()}.get("content-length")
        self.left = int(length) if length is not None and length.isdecimal() else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (item := await self.talk.next()) is not _END:
            data = item.get("body", b"")
            if self.edit is not None:
                data = self.edit(data)
            if self.left is not None:
                data, self.left = data[: self.left], max(self.left - len(data), 0)
            if data:
                yield data
            if self.left == 0:  # nobody reads on after the last byte that was told of
                return
        if self.left:
            raise httpx.RemoteProtocolError("closed before the length that was told")

    async def aclose(self) -> None:
        await self.talk.close()


def _scope(request: httpx.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "method": request.method,
        "path": request.url.path,
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }
