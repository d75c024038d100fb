"""A text as it is written: ``urls.stream``, server-sent events (`output`, `error`, `done`) as Replicate documents them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .messages import CORS, Answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .clock import Clock
    from .messages import Call
    from .predictions import Prediction

PATH = "/v1/streams"
_LOOK_EVERY = 0.02
_HEADERS = {**CORS, "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"}
_ID = re.compile(r"\d+:(\d+)")


def answer(call: Call, item: Prediction, clock: Clock) -> Answer:
    """Return the stream of a prediction: from its beginning, or from behind the event that ``Last-Event-ID`` names."""
    seen = _ID.fullmatch(call.headers.get("last-event-id", ""))
    return Answer(headers=_HEADERS, stream=_events(item, clock, int(seen[1]) + 1 if seen else 0))


async def _events(item: Prediction, clock: Clock, first: int) -> AsyncIterator[bytes]:
    sent = 0
    while True:
        now = clock.now()
        status, parts = item.status(now), item.written(now)
        for part in parts[sent:]:
            if sent >= first:
                yield _event(item, sent, "output", part)
            sent += 1
        if status not in {"starting", "processing"}:
            break
        yield b""
        await clock.sleep(_LOOK_EVERY)
    if status == "failed":
        yield _event(item, sent, "error", json.dumps({"detail": item.error or "Prediction failed"}))
        sent += 1
    yield _event(item, sent, "done", json.dumps(_reason(status)))


def _reason(status: str) -> dict[str, Any]:
    return {} if status == "succeeded" else {"reason": "error" if status == "failed" else "canceled"}


def _event(item: Prediction, number: int, name: str, data: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\nid: {int(item.created)}:{number}\n{lines}\n".encode("utf-8", "replace")
