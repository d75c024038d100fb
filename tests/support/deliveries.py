"""A file host of a test's own: what stands behind each address, on any host name, in the place of a kernel's network."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

HOST = "https://replicate.delivery/xezq/abc/"
R2 = "https://ai-gateway-outputs.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/provider-outputs/a/"
SIGNATURE = "5f2b0c9d7e1a4463"
SIGNED = f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=key%2F20261120&X-Amz-Expires=86400&X-Amz-Signature={SIGNATURE}"
PNG = b"\x89PNG\r\n\x1a\n"


def sha(data: bytes) -> str:
    """Return a file's sha256."""
    return hashlib.sha256(data).hexdigest()


class Chunks(httpx.AsyncByteStream):
    """A body that is not read before it is asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.data), 60_000):
            yield self.data[start : start + 60_000]


class Deliveries(httpx.AsyncBaseTransport):
    """Answers for the addresses in `files`, and sends everything else on.

    A file is its bytes, a status, ``(bytes, headers)``, or a function of the how-manieth request that returns one of these.
    """

    def __init__(self, behind: httpx.AsyncBaseTransport, files: dict[str, Any]) -> None:
        self.behind, self.files = behind, files
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if url not in self.files:
            return await self.behind.handle_async_request(request)
        self.asked.append(request)
        found = self.files[url]
        if callable(found):
            found = found(self.count(url))
        if isinstance(found, int):
            return httpx.Response(found, headers={"content-length": "0"}, stream=Chunks(b""))
        data, headers = found if isinstance(found, tuple) else (found, {})
        told = {"content-length": str(len(data)), "content-type": "application/octet-stream", **headers}
        return httpx.Response(200, headers={name: value for name, value in told.items() if value}, stream=Chunks(data))

    def count(self, url: str) -> int:
        """Return how often an address was asked for."""
        return sum(str(request.url) == url for request in self.asked)


def deliver(scene: Any, files: dict[str, Any]) -> Deliveries:
    """Put a file host before a scene's kernel, and before those that come after it."""
    made = Deliveries(scene.kernel.carrier, files)
    scene.kernel.carrier = made
    return made


def late(count: int, then: Any) -> Callable[[int], Any]:
    """Return what is not there for the first `count` requests."""
    return lambda number: 404 if number <= count else then
