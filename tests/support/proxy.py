"""A small TCP proxy on loopback that cuts an answer at an exact byte: closed, or reset.

The demo's faults work on whole requests; what breaks below HTTP (a reset at byte n, an answer that ends in the middle of a header)
needs something between client and server.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Literal

_BLOCK = 65_536


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Where the answer to one connection ends."""

    after: int
    """Bytes of the answer that are let through."""
    how: Literal["close", "reset"] = "close"
    nth: int = 0
    """Which connection (0 is the first one whose request starts with `method`)."""
    method: str = "POST"
    forward: bool = True
    """Whether the server gets the request at all."""


class CuttingProxy:
    """Forwards every connection to `port`, and cuts those that a `Cut` names.

    Use it as a context manager; ``.port`` is where it listens. It sees one request per connection in full detail only for the
    first bytes, which is all it needs: creates use a connection of their own.
    """

    def __init__(self, port: int, cuts: list[Cut] | None = None) -> None:
        self.target = port
        self.cuts = cuts or []
        self.seen: dict[str, int] = {}
        self.cut_count = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> CuttingProxy:
        threading.Thread(target=self._accept, daemon=True, name="proxy").start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        with self._lock:
            for item in self._open:
                with contextlib.suppress(OSError):
                    item.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True, name="proxy-connection").start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            head = client.recv(_BLOCK)
            cut = self._cut_for(head)
            if cut and not cut.forward:
                _end(client, cut.how)
                return
            with socket.create_connection(("127.0.0.1", self.target)) as server:
                with self._lock:
                    self._open |= {client, server}
                server.sendall(head)
                threading.Thread(target=_pump, args=(client, server), daemon=True, name="proxy-up").start()
                self._answer(server, client, cut)

    def _cut_for(self, head: bytes) -> Cut | None:
        method = head.split(b" ", 1)[0].decode("ascii", "replace")
        with self._lock:
            nth = self.seen.get(method, 0)
            self.seen[method] = nth + 1
        return next((cut for cut in self.cuts if cut.method == method and cut.nth == nth), None)

    def _answer(self, server: socket.socket, client: socket.socket, cut: Cut | None) -> None:
        left = cut.after if cut else -1
        while left:
            block = server.recv(_BLOCK if left < 0 else min(_BLOCK, left))
            if not block:
                return
            client.sendall(block)
            left = left - len(block) if left > 0 else left
        # The server is heard out first, so that what it was sent has certainly arrived there.
        if cut and cut.after == 0:
            server.recv(1)
        self.cut_count += 1
        _end(client, cut.how if cut else "close")


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(_BLOCK):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)


def _end(client: socket.socket, how: str) -> None:
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
    client.close()
