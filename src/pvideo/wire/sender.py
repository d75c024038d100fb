"""Sends one request and gives back its answer or what its failure means.

The request runs in a task of its own. What it raises stays there, with its frames, which hold the tokens' headers: only the
meaning comes out, so that no traceback, however verbose, can show a token.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from pvideo.wire.certificates import ssl_context
from pvideo.wire.exchange import Exchange, Recorder, shown_body, shown_headers
from pvideo.wire.refusal import Purpose, judge_exception
from pvideo.wire.transport import Answer, Progress, TokenTransport, open_transport, proxy_for, read_answer, token_headers
from pvideo.wire.verdict import Verdict

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from pvideo.settings import Endpoint
    from pvideo.wire.gateway import Ask

_CONNECTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how much one request waits for: seconds and bytes."""

    purpose: Purpose
    connect: float
    read: float
    """Between two bytes."""
    total: float
    cap: int
    fresh: bool = False
    """On a connection of its own, so that no stale one makes the outcome unclear."""
    hide: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True, eq=False)
class _Pool:
    """Connections that are kept for further requests, for as long as the way there and whom to trust stay the same."""

    transport: httpx.AsyncBaseTransport
    proxy: str | None = field(repr=False)
    verify: ssl.SSLContext | None
    users: int = 0
    retired: bool = False


@dataclass(slots=True, kw_only=True)
class Sender:
    """The connections to one endpoint, within one event loop."""

    endpoint: Endpoint
    user_agent: str
    recorder: Recorder | None = None
    given: httpx.AsyncBaseTransport | None = None
    clock: Callable[[], float] = time.monotonic
    verify: ssl.SSLContext | None = None
    _pool: _Pool | None = None

    async def send(self, ask: Ask, plan: Plan) -> Answer | Verdict:
        """Send `ask` once. Raises nothing but ``CancelledError``."""
        progress = Progress(sent=self.given is not None)
        at, began = time.time(), self.clock()
        task = asyncio.ensure_future(self._send(ask, plan, progress))
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            outcome = self._outcome(task, plan, progress)
            self._record(ask, outcome, plan, at, self.clock() - began)
        if task.cancelled():
            raise asyncio.CancelledError
        return outcome

    async def aclose(self) -> None:
        """Close the connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.transport.aclose()

    def _outcome(self, task: asyncio.Future[Answer], plan: Plan, progress: Progress) -> Answer | Verdict:
        failure = asyncio.CancelledError() if task.cancelled() else task.exception()
        if failure is None:
            return task.result()
        return judge_exception(failure, sent=progress.sent, host=self.endpoint.host, purpose=plan.purpose)

    async def _send(self, ask: Ask, plan: Plan, progress: Progress) -> Answer:
        timeout = {"connect": plan.connect, "read": plan.read, "write": plan.read, "pool": plan.total}
        async with asyncio.timeout(plan.total):
            async with self._connections(fresh=plan.fresh) as transport:
                url = f"{self.endpoint.base_url}{ask.path}"
                extensions = {"timeout": timeout, "trace": progress.trace}
                body = ask.pieces() if ask.pieces else ask.body or None
                request = httpx.Request(ask.method, url, headers=self._headers(ask), content=body, extensions=extensions)
                response = await TokenTransport(transport, self.endpoint).handle_async_request(request)
                return await read_answer(response, plan.cap)

    @contextlib.asynccontextmanager
    async def _connections(self, *, fresh: bool) -> AsyncIterator[httpx.AsyncBaseTransport]:
        if self.given is not None:
            yield self.given
            return
        url, verify = self.endpoint.base_url, self.verify
        if verify is None and url.startswith("https:"):
            verify = await asyncio.to_thread(ssl_context)
        if fresh:
            transport = open_transport(url, connections=1, verify=verify)
            try:
                yield transport
            finally:
                await _close(transport)
            return
        pool = await self._current(url, verify)
        pool.users += 1
        try:
            yield pool.transport
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
            # Whatever led there does no longer: the next request finds its way anew.
            await self._retire(pool)
            raise
        finally:
            pool.users -= 1
            if pool.retired and not pool.users:
                await _close(pool.transport)

    async def _current(self, url: str, verify: ssl.SSLContext | None) -> _Pool:
        """Return the connections that fit the environment as it is now; those of before end with their last request."""
        pool, proxy = self._pool, proxy_for(url)
        if pool is not None and (pool.proxy, pool.verify) != (proxy, verify):
            await self._retire(pool)
        if self._pool is None:
            transport = open_transport(url, connections=_CONNECTIONS, verify=verify)
            self._pool = _Pool(transport=transport, proxy=proxy, verify=verify)
        return self._pool

    async def _retire(self, pool: _Pool) -> None:
        pool.retired = True
        if self._pool is pool:
            self._pool = None
        if not pool.users:
            await _close(pool.transport)

    def _headers(self, ask: Ask) -> dict[str, str]:
        return {"User-Agent": self.user_agent, "Accept": "application/json", "Accept-Encoding": "identity", **ask.headers}

    def _record(self, ask: Ask, outcome: Answer | Verdict, plan: Plan, at: float, took: float) -> None:
        if self.recorder is None:
            return
        answered = outcome if isinstance(outcome, Answer) else None
        # A record that cannot be kept must not turn a paid create into a failed one.
        with contextlib.suppress(Exception):
            exchange = Exchange(
                method=ask.method,
                path=ask.path,
                status=answered.status if answered else None,
                at=at,
                took=took,
                request_headers=shown_headers(self._headers(ask), masked=token_headers(self.endpoint)),
                response_headers=shown_headers(answered.headers) if answered else {},
                request_body=shown_body(ask.body, hide=plan.hide),
                # A list holds the inputs of other jobs, their secrets among them.
                response_body=shown_body(answered.body, hide=plan.hide) if answered and plan.purpose != "list" else "",
                error=str(outcome.error) if isinstance(outcome, Verdict) else "",
            )
            self.recorder(exchange)


async def _close(transport: httpx.AsyncBaseTransport) -> None:
    # The answer counts, also when closing goes wrong.
    with contextlib.suppress(Exception):
        await transport.aclose()
