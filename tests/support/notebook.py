"""What the notebook room's tests stand on: a job without an engine, a page without a browser, a shell without a kernel."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from comm.base_comm import BaseComm

from pvideo.errors import PVideoError
from pvideo.job.budget import cost_text
from pvideo.job.feed import Feed
from pvideo.job.states import ENDED, MediaInfo, Quote, Snapshot
from pvideo.library.rows import JobRow

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0
CAT = "A cat walking through a field of flowers in slow motion"

_BASE: dict[str, Any] = {
    "intent": "job1",
    "name": "cat",
    "model": "prunaai/p-video",
    "realm": "real",
    "status": "sending",
    "done": False,
    "phase": "",
    "settled": False,
    "typed": {"prompt": CAT, "duration": 5},
    "prompt": CAT,
    "template": CAT,
    "seed": 183,
    "notes": (),
    "input": {"prompt": CAT, "duration": 5, "resolution": "720p", "aspect_ratio": "16:9", "fps": 24, "seed": 183},
    "price": Quote(amount=Decimal("0.10"), text="$0.10"),
    "cost": None,
    "cost_text": "",
    "pressed_at": NOW,
    "sent_at": None,
    "created_at": None,
    "finished_at": None,
    "took": None,
    "p50": 11.0,
    "p90": 20.0,
    "history": True,
    "prediction_id": None,
    "log_id": None,
    "event_id": "e1",
    "dashboard_url": None,
    "gateway": "my-gateway",
    "error": None,
    "looked_at": None,
    "next_at": None,
    "deadline": 900.0,
    "ahead": 0,
    "output_url": None,
    "path": None,
    "paths": (),
    "received": 0,
    "total": None,
    "media": None,
    "poster": None,
    "logs_tail": "",
    "progress": None,
    "reused": False,
    "cancel_asked": False,
    "prefer_wait": False,
    "parent": None,
    "takes": (),
    "exchanges": 0,
}


def snap(status: str = "sending", **changes: Any) -> Snapshot:
    """A job in a state; ends are settled unless said otherwise."""
    done = changes.get("done", status in ENDED)
    changes.setdefault("cost_text", _cost_text(status, changes))
    return Snapshot(**{**_BASE, "status": status, "done": done, "settled": done, **changes})


def _cost_text(status: str, changes: dict[str, Any]) -> str:
    unpaid = Decimal(0) if getattr(changes.get("error"), "key", "") == "canceled_unsent" else None
    return cost_text(JobRow(intent="x", realm=changes.get("realm", "real"), estimate_text="$0.10", cost=unpaid), status)


def made(file: Path, **changes: Any) -> Snapshot:
    """A video that is whole on disk."""
    media = MediaInfo(width=1280, height=720, fps=24.0, seconds=5.0, has_audio=True)
    size = file.stat().st_size if file.exists() else 4_800_000
    facts = {"path": file, "paths": (file,), "media": media, "received": size, "total": size, "took": 11.2, "finished_at": NOW + 11}
    return snap("succeeded", **{**facts, "sent_at": NOW, "cost": Decimal("0.10"), **changes})


def failed(key: str, status: str = "failed", **changes: Any) -> Snapshot:
    """A video that ended badly."""
    return snap(status, error=PVideoError.make(key, detail="CUDA out of memory", price="$0.10"), took=4.0, **changes)


class FakeVideo:
    """A `Video` whose news the test publishes."""

    def __init__(self, first: Snapshot | None = None) -> None:
        self.feed = Feed(first or snap())
        self.asked: list[str] = []
        self.shots: tuple[Any, ...] = ()
        self.before: Any = None

    def snapshot(self) -> Snapshot:
        return self.feed.latest

    def observe(self, callback: Any) -> Any:
        return self.feed.observe(callback)

    def publish(self, snapshot: Snapshot) -> None:
        self.feed.publish(snapshot)

    def change(self, **changes: Any) -> None:
        self.feed.publish(replace(self.feed.latest, **changes))

    @property
    def observers(self) -> int:
        return len(self.feed._observers)

    def __repr__(self) -> str:
        return f"Video({self.snapshot().name!r})"


class FakeComm(BaseComm):
    """The page's end of a widget: what it was sent, and a way to send back."""

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any) -> None:
        if not hasattr(self, "sent"):
            self.sent: list[SimpleNamespace] = []
            self.arrived = threading.Condition()
        with self.arrived:
            self.sent.append(SimpleNamespace(type=msg_type, data=data or {}, buffers=buffers or []))
            self.arrived.notify_all()

    def custom(self, kind: str = "") -> list[SimpleNamespace]:
        """The custom messages that came, of one kind."""
        found = [message for message in self.sent if message.data.get("method") == "custom"]
        return [message for message in found if not kind or message.data["content"]["kind"] == kind]

    def states(self, name: str) -> list[Any]:
        """The values a trait had, in order."""
        rows = [message.data.get("state", {}) for message in self.sent if message.data.get("method") == "update"]
        return [row[name] for row in rows if name in row]

    def wait_for(self, ready: Any, within: float = 5.0) -> bool:
        """Wait for something that another thread sends."""
        with self.arrived:
            return bool(self.arrived.wait_for(ready, within))

    def say(self, content: Any, buffers: list[Any] | None = None) -> None:
        """Send a custom message as the page does."""
        self.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": buffers or []})
