"""From ASGI to a `Call`, and an `Answer` back onto the connection, also where it breaks off."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from .clock import Clock, http_date
from .hosts import LOOPBACK, named
from .messages import Answer, Call, DroppedError, json_answer

if TYPE_CHECKING:
    from .config import DemoConfig

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Serve = Callable[[Call], Awaitable[Answer]]
Before = Callable[[Call], Awaitable[None]]
Names = Callable[[], Collection[str]]

UVICORN: dict[str, Any] = {
    "http": "h11",
    "ws": "none",
    "lifespan": "off",
    "server_header": False,
    "date_header": False,
    "access_log": False,
    "log_config": None,
}
"""Settings of `uvicorn.Config` that the apps rely on: they write ``date`` and ``server`` themselves."""

_BLOCK = 65_536
_AT_ONCE = 4
"""So many of the largest bodies may be on their way together; a large one beyond that is hung up on."""
_SILENCE = 60.0
"""Seconds after which a body that stays unfinished is given up."""
_RST_ON_CLOSE = struct.pack("ii", 1, 0)
_SETTLE = 0.03


class App:
    """An ASGI application around `serve`.

    Args:
        config: The demo's settings.
        clock: The demo's clock.
        serve: Answers a request; may raise `DroppedError`.
        before: Called with the request before its body is read; may raise `DroppedError` too.
        names: Returns the hosts by which it may be called; by default those of this machine.
    """

    def __init__(self, config: DemoConfig, clock: Clock, serve: Serve, before: Before, names: Names = lambda: LOOPBACK) -> None:
        self.config, self.clock, self.serve, self.before, self.names = config, clock, serve, before, names
        self.held = 0
        """Bytes of the bodies that are being read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        wire = Wire(receive, send)
        call = _call(scope)
        if named(call.headers.get("host", "")) not in self.names():
            await wire.answer(json_answer(403, {"error": "Only this machine may ask here, by its own name."}), self.clock)
            return
        try:
            await self.before(call)
            body = await self._body(wire)
            if body is None:
                return
            answer = await self.serve(replace(call, body=body))
        except DroppedError as dropped:
            await wire.drop(dropped.how)
            return
        stamped = {"date": http_date(self.clock.now() + self.config.date_skew), "server": "cloudflare", **answer.headers}
        await wire.answer(replace(answer, headers=stamped), self.clock)

    async def _body(self, wire: Wire) -> bytes | None:
        """Return a request's body (cut at the limit), or None if the client went away before its end.

        Raises:
            DroppedError: The client fell silent, or too much is on its way at once.
        """
        parts: list[bytes] = []
        size = 0
        try:
            async for part in wire.parts():
                if size <= self.config.body_limit:
                    parts.append(part)
                    size += len(part)
                    self.held += len(part)
                if size > _BLOCK and self.held > _AT_ONCE * self.config.body_limit:
                    raise DroppedError("close")
        except EOFError:
            return None
        except TimeoutError:
            raise DroppedError("close") from None
        finally:
            self.held -= size
        return b"".join(parts)


class Wire:
    """One connection, for the time of one request."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive, self.send = receive, send
        # uvicorn's request cycle owns `send`; without a server (in-process tests) there is no transport.
        self.transport: asyncio.Transport | None = getattr(getattr(send, "__self__", None), "transport", None)

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the request's body as it comes.

        Raises:
            EOFError: The client went away before its end.
            TimeoutError: It fell silent.
        """
        more = True
        while more:
            async with asyncio.timeout(_SILENCE):
                message = await self.receive()
            if message["type"] == "http.disconnect":
                raise EOFError
            yield message.get("body", b"")
            more = bool(message.get("more_body"))

    async def drop(self, how: Literal["close", "rst", "hang"]) -> None:
        """End the connection, or wait until the client does."""
        if self.transport is None:
            raise DroppedError(how)
        if self.transport.is_closing():
            return
        if how == "rst":
            self.transport.get_extra_info("socket").setsockopt(*_linger())
            self.transport.abort()
        elif how == "close":
            self.transport.close()
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def answer(self, answer: Answer, clock: Clock) -> None:
        """Send `answer`, as far as it goes."""
        if answer.stream is not None:
            await self._flow(answer, answer.stream, clock)
            return
        body = answer.body * answer.repeat
        headers = dict(answer.headers)
        endless = answer.repeat == 0
        lying = "content-length" in headers and headers["content-length"] != str(len(body))
        if not endless and answer.status not in {204, 304}:
            headers.setdefault("content-length", str(len(body)))
        await self._start(answer.status, headers)
        if answer.cut:
            at = len(body) // 2 if answer.cut.at is None else answer.cut.at
            await self._pour(body[:at], answer.rate, clock)
            await asyncio.sleep(_SETTLE)  # a reset would overtake bytes that are still on their way
            await self.drop(answer.cut.how)
        elif endless:
            while await self._pour(answer.body or b"\0", answer.rate, clock):
                continue
        elif lying and self.transport:
            self.transport.write(body)
            await self.drop("close")
        else:
            await self._pour(body, answer.rate, clock)
            await self.send({"type": "http.response.body", "body": b""})
            if answer.then and self.transport:
                await asyncio.sleep(_SETTLE)
                await self.drop(answer.then)

    async def _flow(self, answer: Answer, stream: AsyncIterator[bytes], clock: Clock) -> None:
        """Send a body as it comes; a cut falls at its byte, or behind the first bit."""
        await self._start(answer.status, dict(answer.headers))
        left = answer.cut.at if answer.cut else None
        async for part in stream:
            if answer.cut and part and (left is None or left <= len(part)):
                await self._pour(part[:left], answer.rate, clock)
                await asyncio.sleep(_SETTLE)
                await self.drop(answer.cut.how)
                return
            if not await self._pour(part, answer.rate, clock):
                return
            left = None if left is None else left - len(part)
        await self.send({"type": "http.response.body", "body": b""})

    async def _start(self, status: int, headers: dict[str, str]) -> None:
        encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": encoded})

    async def _pour(self, body: bytes, rate: float | None, clock: Clock) -> bool:
        """Send `body` in blocks; return whether anyone still listens."""
        if self.transport and self.transport.is_closing():
            return False
        step = _BLOCK if rate is None else max(1, min(_BLOCK, int(rate / 10)))
        for start in range(0, len(body), step):
            if self.transport and self.transport.is_closing():
                return False
            block = body[start : start + step]
            await self.send({"type": "http.response.body", "body": block, "more_body": True})
            await asyncio.sleep(0)
            if rate is not None:
                await clock.sleep(len(block) / rate)
        return True


def _call(scope: Scope) -> Call:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Call(method=scope["method"], path=scope["path"], query=scope["query_string"].decode("latin-1"), headers=headers)


def _linger() -> tuple[int, int, bytes]:
    import socket

    return socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE
