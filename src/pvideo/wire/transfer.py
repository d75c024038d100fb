"""One file's way here: attempts, hops, ranges, and the bytes."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx

from pvideo.wire.certificates import CertificatesUnreadable, ssl_context
from pvideo.wire.download import Sleep, Tell, strange, unfetched, unwritable
from pvideo.wire.exchange import Recorder, file_exchange
from pvideo.wire.hosts import StrangeAddressError, check, follow
from pvideo.wire.part import Part, room_for
from pvideo.wire.refusal import judge_exception
from pvideo.wire.sniff import ENOUGH, FileType, file_type, judge, strangeness
from pvideo.wire.transport import open_transport
from pvideo.wire.verdict import asked_wait, bounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.settings import Endpoint

ATTEMPTS = 5
"""Attempts in a row that bring nothing new before it is given up for now."""
BLOCK = 256 * 1024
"""Bytes that are written at once: smaller ones cost more in hand-over than in writing."""
_PROGRESS = 64 * 1024
_HOPS = 5
_TIMEOUT = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 10.0}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({403, 404, 410})
_PASSING = frozenset({408, 425, 429})
Result = TypeVar("Result")
_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")


class _AgainError(Exception):
    """This attempt did not bring the rest; the next one may."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class Transfer:
    """Brings one URL into one `Part`."""

    def __init__(
        self, endpoint: Endpoint, file: Part, tell: Tell, cap: int, *, user_agent: str, sleep: Sleep, recorder: Recorder | None
    ) -> None:
        self._endpoint = endpoint
        self._file = file
        self._tell = tell
        self._cap = cap
        self._agent = user_agent
        self._sleep = sleep
        self._recorder = recorder
        self._etag = ""
        self._total: int | None = None
        self._kind: FileType | None = None
        self._name = self._declared = ""
        self._coded = False
        """Whether the answer is compressed, so that its length is not the file's."""
        self._coding = ""
        """What is left of its coding when it cannot be undone: then only first bytes tell what it is."""
        self._plain = False
        """Whether the host says that it compresses, and does not."""
        self._doubted = -1

    async def run(self, url: str, given: httpx.AsyncBaseTransport | None) -> FileType:
        """Fetch `url` whole, and return what it is.

        Raises:
            DownloadFailed: It could not be, or not be written.
        """
        self._checked(url)
        transport = given or await self._connections(url)
        try:
            await self._attempts(url, transport)
        finally:
            if given is None:
                with contextlib.suppress(Exception):
                    await transport.aclose()
        # What lies on the disk counts, whatever its beginning was taken for.
        kind = self._judged(self._file.head()) or self._kind
        if kind is None:
            raise strange("The file host sent an empty file.", retry=True)
        return kind

    async def _connections(self, url: str) -> httpx.AsyncBaseTransport:
        try:
            if url.lower().startswith("https:"):
                await asyncio.to_thread(ssl_context)
            return open_transport(url, connections=1)
        except CertificatesUnreadable as problem:
            raise unfetched(str(problem)) from None

    async def _attempts(self, url: str, transport: httpx.AsyncBaseTransport) -> None:
        idle = 0
        while True:
            before = self._file.size
            try:
                return await self._attempt(url, transport)
            except _AgainError as again:
                reason, wait = again.reason, again.wait
            except httpx.DecodingError:
                self._plain = True
                reason, wait = "it sends the file compressed, and damaged", None
            except (httpx.TransportError, OSError) as broken:
                reason, wait = str(judge_exception(broken, sent=True).error.values["detail"]), None
            idle = 0 if self._file.size >= before + _PROGRESS else idle + 1
            if idle >= ATTEMPTS:
                raise unfetched(reason)
            await self._sleep(wait or min(0.25 * 2**idle, 8.0))

    async def _attempt(self, url: str, transport: httpx.AsyncBaseTransport) -> None:
        response = await self._opened(url, transport)
        self._name, self._declared = urlsplit(url).path.rpartition("/")[2], response.headers.get("content-type", "")
        try:
            await self._begin(response)
            await self._take(response)
        finally:
            with contextlib.suppress(Exception):
                await response.aclose()
        await self._complete()

    async def _opened(self, url: str, transport: httpx.AsyncBaseTransport) -> httpx.Response:
        """Ask for the file; redirects are followed by hand, each address checked like the first."""
        for _ in range(_HOPS + 1):
            self._checked(url)
            request = httpx.Request("GET", url, headers=self._headers(), extensions={"timeout": _TIMEOUT})
            at, began = time.time(), time.monotonic()
            response = await transport.handle_async_request(request)
            self._record(request, response, at, time.monotonic() - began)
            if response.status_code not in _REDIRECTS:
                return response
            await response.aclose()
            url = self._target(url, response.headers.get("location", ""))
        raise strange("The file host redirects without end.", retry=True)

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": self._agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        if self._resumes:
            headers |= {"Range": f"bytes={self._file.size}-", "If-Range": self._etag}
        return headers

    @property
    def _resumes(self) -> bool:
        # Only a strong ETag proves that the rest belongs to what is here.
        return self._file.size > 0 and self._etag.startswith('"')

    async def _begin(self, response: httpx.Response) -> None:
        """Look at an answer's head: whether it continues, begins again, or is none."""
        status, headers = response.status_code, response.headers
        if status == 206 and self._continues(headers):
            return
        if status in {206, 416}:
            await self._restart()
            raise _AgainError(f"the file host answered {status} for another part")
        if status in _GONE:
            raise unfetched(f"it answers {status}", gone=True)
        if status in _PASSING or status >= 500:
            raise _AgainError(f"it answers {status}", bounded(asked_wait(dict(headers), None)))
        if status != 200:
            raise unfetched(f"it answers {status}")
        await self._restart()
        self._uncode(headers)
        if not self._coded:
            self._etag, self._total = headers.get("etag", ""), _length(headers.get("content-length", ""))
        await self._check_room()

    def _uncode(self, headers: httpx.Headers) -> None:
        """Look whether the file comes compressed although ``identity`` was asked for, and whether that can be undone."""
        given = [coding.strip().lower().removeprefix("x-") for coding in headers.get("content-encoding", "").split(",")]
        codings = [coding for coding in given if coding not in {"", "identity"}]
        known = [coding for coding in codings if _is_known(coding)]
        self._coded = bool(known) and not self._plain
        self._coding = ", ".join(codings if self._plain else [coding for coding in codings if coding not in known])
        headers["content-encoding"] = ", ".join(known)

    def _continues(self, headers: httpx.Headers) -> bool:
        found = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if not found or int(found[1]) != self._file.size or headers.get("etag", self._etag) != self._etag:
            return False
        total = None if found[3] == "*" else int(found[3])
        return total is None or (self._total in {None, total} and int(found[2]) == total - 1)

    async def _restart(self) -> None:
        self._kind, self._etag, self._total = None, "", None
        if self._file.size:
            await self._disk(self._file.restart)

    async def _check_room(self) -> None:
        if (self._total or 0) > self._cap:
            raise strange(f"It is larger than {self._cap // 1024**2} MB.")
        await self._disk(room_for, self._file.path.parent, self._total or BLOCK)

    async def _disk(self, work: Callable[..., Result], *given: Any) -> Result:
        """Do something with the disk in a thread; its trouble is not the network's."""
        try:
            return await asyncio.to_thread(work, *given)
        except OSError as problem:
            failure = unwritable(self._file.path, problem)
        raise failure

    async def _take(self, response: httpx.Response) -> None:
        """Write what comes, in blocks; what came before a break is kept for the next attempt."""
        stream, waiting = response.aiter_bytes() if self._coded else response.stream, bytearray()
        if not isinstance(stream, AsyncIterable):
            raise _AgainError("it cannot be read")
        try:
            async for chunk in stream:
                waiting += chunk
                if len(waiting) >= BLOCK:
                    await self._write(bytes(waiting))
                    waiting = bytearray()
        except httpx.TransportError:
            if self._kind or len(waiting) >= ENOUGH:
                await self._write(bytes(waiting))
            raise
        if waiting or not self._file.size:
            await self._write(bytes(waiting))

    async def _write(self, block: bytes) -> None:
        if self._kind is None:
            self._kind = self._judged(block[:ENOUGH])
            if self._kind is None and self._coding and block:
                raise _AgainError(f"it sends the file compressed ({self._coding})")
            if self._kind is None:
                raise strange(f"The file host sent {strangeness(block)}, not a file that models make.", retry=True)
        if self._file.size + len(block) > self._cap:
            raise strange(f"It is larger than {self._cap // 1024**2} MB.")
        await self._disk(self._file.write, block)
        self._tell(self._file.size, self._total)
        if self._total is None:
            await self._check_room()

    def _judged(self, head: bytes) -> FileType | None:
        return file_type(head) if self._coding else judge(head, self._name, self._declared)

    async def _complete(self) -> None:
        size = self._file.size
        if self._total is None:
            if await self._disk(self._file.is_cut):
                await self._restart()
                raise _AgainError("the file was cut short")
        elif size > self._total:
            await self._restart()
            raise _AgainError("it sends more than it told")
        elif size < self._total:
            raise _AgainError("the file was cut short")
        elif self._doubted != size and await self._disk(self._file.is_cut):
            # The length that was told may be a lie; told the same a second time, it is the file.
            self._doubted = size
            await self._restart()
            raise _AgainError("the file was cut short")

    def _checked(self, url: str) -> None:
        """Refuse an address that is not allowed, also when the HTTP library reads another host in it."""
        try:
            host = check(url, self._endpoint.delivery_hosts)
            reason = "" if httpx.URL(url).host == host else "it is not a plain address"
        except StrangeAddressError as problem:
            reason = str(problem)
        except (httpx.InvalidURL, ValueError):  # a name that cannot be decoded, for one
            reason = "it is not a plain address"
        if reason:
            raise strange(f"The file's address was refused: {reason}.")

    def _target(self, url: str, location: str) -> str:
        try:
            return follow(url, location, self._endpoint.delivery_hosts)
        except StrangeAddressError as problem:
            reason = str(problem)
        raise strange(f"The file host sends us on, and that address was refused: {reason}.")

    def _record(self, request: httpx.Request, response: httpx.Response, at: float, took: float) -> None:
        if self._recorder is not None:
            with contextlib.suppress(Exception):
                self._recorder(file_exchange(str(request.url), response.status_code, at, took, request.headers, response.headers))


def _is_known(coding: str) -> bool:
    """Return whether httpx can undo a coding: it passes on unchanged what it does not know."""
    try:
        httpx.Response(200, headers={"content-encoding": coding}, content=b"\x00 in no coding at all")
    except httpx.DecodingError:
        return True
    return False


def _length(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None
