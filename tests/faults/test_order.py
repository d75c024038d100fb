"""C11, proof of "written before it is sent": the order in which a press reaches the disk and the network, by strace.

fdatasync(journal) → connect → POST → fdatasync(journal, id) → the id is used → fsync(.part) → link → fsync(folder) → journal.
A power loss between any two of them loses nothing that was paid.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tests.faults.tracing import Call, trace

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

PROGRAM = """
import pvideo
video = pvideo.generate("A cat", duration=1, draft=True{more})
video.wait(60)
print(video.intent, video.prediction_id, video.path)
"""


class Order:
    """The calls of one press."""

    def __init__(self, calls: list[Call], port: int, printed: str) -> None:
        self.calls, self.port = calls, port
        self.intent, self.id, self.path = printed.split()

    def journal_writes(self, *words: str) -> list[Call]:
        """Writes to the journal's log (or the journal) that contain these words."""
        return [
            one for one in self.named("pwrite64", "write") if "journal.db" in one.path and all(word.encode() in one.data for word in words)
        ]

    def named(self, *names: str) -> list[Call]:
        return [one for one in self.calls if one.name in names]

    def synced(self, path: str, after: Call) -> Call:
        """The first flush of a file that began after a call was done."""
        found = [one for one in self.named("fsync", "fdatasync") if one.path == path and one.begun >= after.done]
        assert found, f"{path} is never flushed after line {after.done}"
        return found[0]

    def sent(self, what: bytes) -> list[Call]:
        return [
            one for one in self.named("sendto", "sendmsg", "write", "writev") if one.path.startswith(("socket", "TCP")) and what in one.data
        ]

    def connected(self) -> Call:
        return next(one for one in self.named("connect") if one.port == self.port)


@pytest.fixture(params=["", ", prefer_wait=True"], ids=["asynchronous", "prefer-wait"])
def order(request: pytest.FixtureRequest, demo_server: RunningDemo, tmp_path: Path) -> Order:
    """A press of a fresh process, traced."""
    demo_server.settings(speed=4)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDFLARE", "CF_", "REPLICATE", "PVIDEO"))}
    account = {"PVIDEO_BASE_URL": demo_server.base_url, "CF_AIG_TOKEN": demo_server.gateway_token}
    tokens = {"REPLICATE_API_TOKEN": demo_server.replicate_token, "PVIDEO_HOME": str(tmp_path / "home")}
    calls, printed = trace(PROGRAM.format(more=request.param), folder=tmp_path, environment={**kept, **account, **tokens})
    port = urlsplit(demo_server.base_url).port
    assert port is not None
    return Order(calls, port, printed)


def test_c11_nothing_is_sent_that_is_not_on_the_disk(order: Order) -> None:
    connected = order.connected()
    (post,) = order.sent(b"POST /v1/")
    assert connected.done < post.begun

    before = [one for one in order.journal_writes(order.intent) if one.begun < connected.begun]
    assert before, "the press is not in the journal when the gateway is called"
    assert order.journal_writes(order.intent, "sending")[0].begun < connected.begun
    last = [one for one in order.journal_writes() if one.begun < connected.begun][-1]
    assert order.synced(last.path, last).done < connected.begun, "a write of the journal is not flushed when the gateway is called"


def test_c11_the_id_is_on_the_disk_before_it_is_used(order: Order) -> None:
    (post,) = order.sent(b"POST /v1/")
    noted = next(one for one in order.journal_writes(order.id) if one.begun > post.done)
    flushed = order.synced(noted.path, noted)

    used = [one for one in order.calls if one.begun > post.done and one not in order.journal_writes()]
    used = [one for one in used if order.id.encode() in one.data or one.name == "connect"]
    assert used, "it was never looked for"
    assert flushed.done < used[0].begun
    assert all(order.id.encode() not in one.data for one in order.calls if one.begun < noted.begun)


def test_c11_a_name_is_given_to_a_whole_file_only_and_noted_last(order: Order) -> None:
    (linked,) = [one for one in order.named("link", "linkat", "rename", "renameat", "renameat2") if one.words[-1] == order.path.encode()]
    part = next(word for word in linked.words if word.endswith(b".part")).decode()
    written = [one for one in order.named("write", "pwrite64") if one.path == part]
    assert written, "the file did not come through its .part"

    assert order.synced(part, written[-1]).done < linked.begun, "the file is not flushed when it gets its name"
    folder = order.synced(str(Path(order.path).parent), linked)
    name = Path(order.path).name
    noted = next(one for one in order.journal_writes(name) if one.begun > post_of(order).done)
    assert folder.done < noted.begun, "the name is not flushed when the journal says that the file is there"
    assert order.synced(noted.path, noted).done > noted.done


def post_of(order: Order) -> Call:
    (post,) = order.sent(b"POST /v1/")
    return post
