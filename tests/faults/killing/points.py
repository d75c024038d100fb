"""The named points of a press at which a kernel can be made to die. They are wrapped around the product, which has none itself."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT = (
    "before journal",
    "after journal",
    "after claim",
    "after connect",
    "after first byte",
    "after request",
    "after answer",
    "before id",
    "after id",
    "after success",
    "before rename",
    "after rename",
    "after file noted",
    "before sidecar",
    "before UI",
    "searching",
    "before adopting",
)


def install(asked: dict[str, str], tell: Any) -> None:
    """Lay the points into this process: each kills it, stops it (SIGSTOP), or only tells."""
    unknown = set(asked) - set(CLIENT)
    assert not unknown, unknown

    def reach(name: str) -> None:
        what = asked.get(name)
        if what is None:
            return
        tell(name)
        if what != "tell":
            os.kill(os.getpid(), signal.SIGKILL if what == "kill" else signal.SIGSTOP)

    if asked:
        _journal(reach)
        _wire(reach)
        _files(reach)


def _journal(reach: Callable[[str], None]) -> None:
    from pvideo.library.journal import Journal

    _around(Journal, "press", lambda _: reach("before journal"), lambda *_: reach("after journal"))
    _around(Journal, "claim_sending", lambda _: None, lambda *_: reach("after claim"))
    _around(Journal, "created", lambda _: reach("before id"), lambda *_: reach("after id"))
    _around(Journal, "adopt", lambda _: reach("before adopting"), lambda *_: None)
    _around(Journal, "update", lambda _: None, lambda given, _: _updated(given, reach))


def _updated(given: dict[str, Any], reach: Callable[[str], None]) -> None:
    if given.get("state") == "fetching":
        reach("after success")
    if given.get("files"):
        reach("after file noted")
    if given.get("state") == "done":
        reach("before UI")


def _wire(reach: Callable[[str], None]) -> None:
    from pvideo.wire import transport
    from pvideo.wire.client import Client

    names = {
        "connection.connect_tcp.complete": "after connect",
        "http11.send_request_headers.complete": "after first byte",
        "http11.send_request_body.complete": "after request",
        "http11.receive_response_headers.complete": "after answer",
    }
    inner = transport.Progress.trace
    posts: set[int] = set()

    async def trace(self: Any, event: str, info: dict[str, Any]) -> None:
        await inner(self, event, info)
        # A create connects first, before its request is known: it is the first connection of a press.
        if event in names and (event.startswith("connection.") or id(self) in posts):
            reach(names[event])
        if event == "http11.send_request_headers.started" and info["request"].method == b"POST":
            posts.add(id(self))

    transport.Progress.trace = trace
    _around(Client, "list", lambda _: reach("searching"), lambda *_: None)


def _files(reach: Callable[[str], None]) -> None:
    from pvideo.library import files

    replace = Path.replace

    def replaced(self: Path, target: Any) -> Path:
        if self.suffix == ".part" and ".json." in self.name:
            reach("before sidecar")
        return replace(self, target)

    Path.replace = replaced
    _around(files, "place", lambda _: reach("before rename"), lambda *_: reach("after rename"))


def _around(owner: Any, name: str, before: Callable[[dict[str, Any]], None], after: Callable[[dict[str, Any], Any], None]) -> None:
    inner = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before(kwargs)
        result = inner(*args, **kwargs)
        after(kwargs, result)
        return result

    setattr(owner, name, wrapped)
