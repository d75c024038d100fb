"""``%pvideo log``: what the gateway noted of a video's create, in one line, and where the dashboard has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .made import called
from .words import say, span

if TYPE_CHECKING:
    from pvideo.job.video import Video
    from pvideo.wire.gateways import LogEntry


def part(video: Video) -> str:
    """Return the log's part of ``%pvideo explain``: the entry, or in one line why there is none; it never raises."""
    from pvideo.errors import PVideoError

    try:
        return shown(video.log(), called(video.snapshot()))
    except PVideoError as error:
        line = say("gateways", "log_not", title=error.title, sentence=error.sentence)
        return f"{line} {error.next}" if "https://" in error.next else line


def shown(entry: LogEntry, name: str) -> str:
    """Return an entry as text."""
    answered = f"{entry.status}" if entry.status is not None else ""
    took = f"in {entry.duration * 1000:.0f} ms" if entry.duration is not None and entry.duration < 1 else ""
    if entry.duration is not None and entry.duration >= 1:
        took = f"in {span(entry.duration)}"
    parts = [
        say("gateways", "log_head", name=name, id=entry.id, gateway=entry.gateway),
        " ".join(part for part in (answered, took) if part),
        "from the gateway's cache" if entry.cached else "not from the cache",
        f"{entry.provider}/{entry.path}".strip("/"),
        entry.model,
        f"{entry.tokens[0]} tokens in, {entry.tokens[1]} out" if entry.tokens else "",
        f"cost ${entry.cost:g}" if entry.cost else say("gateways", "log_no_cost"),
        " ".join(f"{key}={value}" for key, value in entry.metadata.items() if key not in {"app", "intent"}),
        say("gateways", "log_feedback", thumb={1: "👍", -1: "👎"}.get(entry.feedback or 0, "")) if entry.feedback else "",
    ]
    return "\n".join(part for part in (" · ".join(part for part in parts if part), entry.link) if part)
