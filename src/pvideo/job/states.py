"""What a card needs to know about a job: one immutable picture, made anew at every change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from pvideo.errors import PVideoError

ENDED = frozenset({"succeeded", "failed", "canceled", "aborted", "rejected", "expired"})
"""`Video.status` words that never change again."""

STATUSES = ("sending", "unconfirmed", "starting", "processing", "succeeded", "failed", "canceled", "aborted", "rejected", "expired")
"""Every word of ours and of Replicate's; a new word of Replicate's is kept and shown as it is."""

Phase = Literal["", "uploading", "waiting", "sending", "countdown", "looking", "lost", "canceling", "saving", "library"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A price before the press."""

    amount: Decimal | None
    """US dollars; None when no price is listed."""
    text: str
    upper_bound: bool = False
    """Whether it is the most it can cost (an audio input sets the length)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """What a finished video turned out to be."""

    width: int
    height: int
    fps: float
    seconds: float
    has_audio: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One video as another one names it: what it was made from, or what was made from it."""

    intent: str
    name: str
    made_as: str
    """``final`` (of a draft), ``take``, or ``shot`` (it goes on where the other ends)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a card shows of one job. Times are seconds since the epoch by the kernel's clock, money is in US dollars."""

    intent: str
    name: str
    model: str
    realm: Literal["demo", "real"]
    status: str
    """One of `STATUSES`, or a word of Replicate's that is not known here."""
    done: bool
    """Whether the status is an end. The file is a separate fact: `path`."""
    phase: Phase
    settled: bool
    """Whether nothing more happens by itself: `Video.wait` is over."""
    typed: dict[str, Any]
    input: dict[str, Any]
    prompt: str
    template: str
    seed: int | None
    notes: tuple[str, ...]
    price: Quote
    cost: Decimal | None
    """What it cost; None while that is not known (see `cost_text`)."""
    cost_text: str
    pressed_at: float
    sent_at: float | None
    created_at: float | None
    finished_at: float | None
    took: float | None
    """Seconds from sent to ended."""
    p50: float | None
    p90: float | None
    history: bool
    """Whether `p50` and `p90` come from past jobs of the same settings."""
    prediction_id: str | None
    log_id: str | None
    event_id: str
    dashboard_url: str | None
    gateway: str
    error: PVideoError | None
    """What stands on the card: why it ended, or what holds it up now."""
    looked_at: float | None
    next_at: float | None
    """When it looks or tries next."""
    deadline: float
    """After how many seconds Replicate stops it."""
    ahead: int
    """How many jobs are sent before this one."""
    output_url: str | None
    """Where a page may play it from, before there is a file: an address on an allowed host, without a signature."""
    path: Path | None
    """The file, once it is whole on the disk."""
    paths: tuple[Path, ...]
    received: int
    total: int | None
    media: MediaInfo | None
    poster: bytes | None = field(repr=False)
    text: str = field(default="", repr=False)
    """The text or JSON that was made (its beginning), or what of it there is so far; empty for files."""
    logs_tail: str = field(repr=False)
    progress: float | None
    reused: bool
    """Whether this press found an existing video and sent nothing."""
    cancel_asked: bool
    prefer_wait: bool
    parent: str | None
    """The job whose gateway's retries made this one, too."""
    takes: tuple[str, ...]
    """The jobs that the gateway's retries of this one made, too."""
    sending_file: str = ""
    """The name of the file that goes ahead now (phase ``uploading``; `received` of `total` bytes are there)."""
    exchanges: int
    """How many requests it took so far."""
    version: str | None = None
    sha256: str | None = None
    stars: int = 0
    """What a person thinks of it, 1 to 5; 0 is no rating."""
    remark: str = ""
    """A person's note on it."""
    origin: Link | None = None
    """The video that a person made this one from."""
    made: tuple[Link, ...] = ()
    """What was made from this one and did not end badly, oldest first."""
    shots: tuple[str, ...] = ()
    """The jobs of the chain that it is a shot of, first to last; empty when it stands alone."""

    @property
    def made_from(self) -> str | None:
        """The job that a person made it from."""
        return self.origin.intent if self.origin is not None else None

    @property
    def made_as(self) -> str:
        """How it was made from that: ``final``, ``take``, ``shot``; empty without one."""
        return self.origin.made_as if self.origin is not None else ""
