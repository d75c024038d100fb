"""One job as the journal keeps it, and how its columns are written.

The journal's states are private (a card shows `pvideo.job.states`' words)::

    new ─▶ sending ─▶ created(id) ─▶ running ─▶ fetching ─▶ done
     │        │  └▶ unknown ─(found)─▶ created      └▶ failed · canceled · aborted · expired (paid, data gone)
     │        └▶ rejected (definitely refused)
     └▶ canceled (never sent)
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

UNFINISHED = ("new", "sending", "unknown", "created", "running", "fetching")
FINAL = ("done", "failed", "canceled", "aborted", "rejected", "expired")
STATES = UNFINISHED + FINAL

_JSON = frozenset({"typed", "input", "notes", "error", "outputs", "files", "saved", "media", "metadata"})
_MONEY = frozenset({"estimate", "cost"})
_FLAGS = frozenset({"upper_bound", "seed_ours", "prefer_wait", "log_payload", "cancel_asked", "adopted", "told", "hidden"})
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job. Times are seconds since the epoch by this machine's clock, money is in US dollars."""

    intent: str
    state: str = "new"
    press_key: str | None = None
    """What makes a re-run recognisable; None for a row that a re-run must not show (an extra take, a press never sent)."""
    fingerprint: str = ""
    """Of the input without files and secrets: what an input without our seed is found again by."""
    session: str = ""
    owner: str | None = None
    """The process that works on it: pid, its start, the boot (`pvideo.job.owner`)."""
    parent: str | None = None
    """The job whose gateway's retries made this one, too."""
    made_from: str | None = None
    """The job that this one was made from by a person, and how (`made_as`): ``final``, ``take``, ``shot``."""
    made_as: str = ""
    sweep: str = ""
    """The sweep that it belongs to."""
    adopted: bool = False
    told: bool = False
    # where it goes
    realm: str = "real"
    kind: str = "gateway"
    base_url: str = ""
    account: str = ""
    gateway: str = ""
    # what was asked
    model: str = ""
    version: str | None = None
    name: str = ""
    prompt: str = ""
    template: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    """As typed, files as path and sha256, secrets left out."""
    input: dict[str, Any] = field(default_factory=dict)
    """As sent, ``data:`` URIs shortened, secrets left out."""
    seed: int | None = None
    seed_ours: bool = False
    """Whether we chose the seed, so that it is a tag by which a lost prediction is found."""
    shape: str = ""
    """The inputs that decide how long it takes: which past jobs an estimate may learn from."""
    notes: tuple[str, ...] = ()
    deadline: float = 900.0
    prefer_wait: bool = False
    log_payload: bool = True
    folder: str = ""
    # money
    estimate: Decimal | None = None
    estimate_text: str = ""
    upper_bound: bool = False
    cost: Decimal | None = None
    # times
    day: str = ""
    """The local calendar day of the press: which day's budget it counts in."""
    pressed_at: float = 0.0
    sent_at: float | None = None
    sent_steady: float | None = None
    """The same moment on a clock that never steps, good within one boot."""
    boot: str = ""
    unknown_at: float | None = None
    """When its answer was lost; None again once nothing more is looked for."""
    created_at: float | None = None
    """By Replicate's clock."""
    finished_at: float | None = None
    took: float | None = None
    # what came of it
    prediction_id: str | None = None
    status: str = ""
    """Replicate's word, as last seen."""
    log_id: str | None = None
    event_id: str = ""
    cancel_asked: bool = False
    seconds: float | None = None
    """The length that was made, which is what is billed."""
    outputs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    saved: dict[str, Any] = field(default_factory=dict)
    """Size and sha256 of each output that came, by what it is known by: noted before its file gets its name."""
    sha256: str | None = None
    bytes: int | None = None
    media: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    # what a person thinks of it
    stars: int = 0
    """1 to 5; 0 is no rating."""
    remark: str = ""
    metadata: dict[str, Any] | None = None
    """What ``cf-aig-metadata`` carried."""
    hidden: bool = False
    """Whether a person took it out of the history."""

    @property
    def price_word(self) -> str:
        """What a repetition would cost, in words."""
        return "free" if self.realm == "demo" else self.estimate_text

    @property
    def words(self) -> str:
        """What its files are named by: the prompt, or the model's name where there is none."""
        return self.prompt if self.prompt.strip() else self.model.partition(":")[0].rpartition("/")[2]

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL


COLUMNS = tuple(item.name for item in fields(JobRow))


def encode(name: str, value: Any) -> Any:
    """Return a column's value as SQLite keeps it."""
    if name in _JSON:
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    if name in _MONEY:
        return None if value is None else int((value * _MICRO).to_integral_value())
    if name == "seed":  # the model's seed has no bounds, SQLite's integers have
        return None if value is None else str(value)
    return int(value) if name in _FLAGS else value


def decode(raw: sqlite3.Row | Mapping[str, Any]) -> JobRow:
    """Return the job of one row of the table."""
    return JobRow(**{name: _decode(name, raw[name]) for name in COLUMNS})


def dollars(micro: int | None) -> Decimal | None:
    """Return an amount as kept (millionths of a dollar) in dollars."""
    return None if micro is None else (Decimal(micro) / _MICRO)


def _decode(name: str, value: Any) -> Any:
    if name in _JSON:
        loaded = json.loads(value) if value is not None else None
        return tuple(loaded or ()) if name in {"notes", "outputs", "files"} else loaded
    if name in _MONEY:
        return dollars(value)
    if name == "seed":
        return None if value is None else int(value)
    return bool(value) if name in _FLAGS else value
