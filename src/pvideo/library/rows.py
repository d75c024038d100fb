"""One job as the journal keeps it, and how its columns are written.

The journal's states are private (a card shows `pvideo.job.states`' words)::

    new ─▶ sending ─▶ created(id) ─▶ running ─▶ fetching ─▶ done
     │        │  └▶ unknown ─(found)─▶ created      └▶ failed · canceled · aborted · expired (paid, data gone)
     │        └▶ rejected (definitely refused)
     └▶ canceled (never sent)
"""

from __future__ import annotations

import json
import logging
import math
import re
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pvideo.errors import fill, texts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping

logger = logging.getLogger(__name__)

UNFINISHED = ("new", "sending", "unknown", "created", "running", "fetching")
FINAL = ("done", "failed", "canceled", "aborted", "rejected", "expired")
STATES = UNFINISHED + FINAL

_JSON = frozenset({"typed", "input", "notes", "error", "outputs", "files", "saved", "media", "metadata"})
_LISTS = frozenset({"notes", "outputs", "files"})
_MONEY = frozenset({"estimate", "cost"})
_FLAGS = frozenset(
    {"upper_bound", "seed_ours", "prefer_wait", "log_payload", "cancel_asked", "adopted", "told", "hidden", "budgeted", "folder_there"}
)
_MICRO = 1_000_000
_MOST_DOLLARS = 1_000_000_000
_LATEST = 253_402_300_799.0
"""The end of the year 9999: no number of seconds in here is larger."""
_DEEPEST = 60
"""JSON that is nested deeper is none of ours, and ends whoever walks through it."""
_DAY = re.compile(r"[\w-]{0,20}")
UNREADABLE = "unreadable"
"""The state of a row whose state is no text."""


def counted(column: str, *, most: int = _MOST_DOLLARS * _MICRO) -> str:
    """Return the SQL of a number that can be summed: NULL where a column holds something else."""
    return f"CASE WHEN typeof({column})='integer' AND {column} BETWEEN 0 AND {most} THEN {column} END"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job. Times are seconds since the epoch by this machine's clock, money is in US dollars."""

    intent: str
    state: str = "new"
    press_key: str | None = None
    """What version 0.1.0 recognises a re-run by, the folder in it; None for a row that a re-run must not show (an extra take, a press
    never sent)."""
    typed_key: str | None = None
    """What a re-run is recognised by, in whatever folder (`pvideo.library.press_key`); None until it is looked up, in a row of 0.1.0."""
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
    folder_there: bool = False
    """Whether it was there at the press: one that is not there now may be still to be made, or was renamed or deleted."""
    # money
    estimate: Decimal | None = None
    estimate_text: str = ""
    upper_bound: bool = False
    cost: Decimal | None = None
    budgeted: bool = True
    """Whether it counts in the budgets; not where another journal's press was taken in from its sidecar."""
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
    unreadable: tuple[str, ...] = ()
    """The columns that this version cannot read: each is as if nothing stood there."""

    @property
    def price_word(self) -> str:
        """What a repetition would cost, in words."""
        return "free" if self.realm == "demo" else self.estimate_text

    @property
    def words(self) -> str:
        """What its files are named by: the prompt, or the model's name where there is none."""
        return self.prompt if self.prompt.strip() else self.model.partition(":")[0].rpartition("/")[2]

    @property
    def warning(self) -> str:
        """That not all of it can be read; empty when all can."""
        return fill(texts()["notes"]["unreadable"], columns=", ".join(self.unreadable)) if self.unreadable else ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL


COLUMNS = tuple(item.name for item in fields(JobRow) if item.name != "unreadable")
WHEREABOUTS = ("intent", "state", "folder", "folder_there", "files", "bytes", "sha256")
"""What tells where a job's files lie: of many jobs, the rest takes too long to read."""


def encode(name: str, value: Any) -> Any:
    """Return a column's value as SQLite keeps it."""
    if name in _JSON:
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    if name in _MONEY:
        return None if value is None else int((value * _MICRO).to_integral_value())
    if name == "seed":  # the model's seed has no bounds, SQLite's integers have
        return None if value is None else str(value)
    return int(value) if name in _FLAGS else value


def decode(raw: sqlite3.Row | Mapping[str, Any], columns: Iterable[str] = COLUMNS) -> JobRow:
    """Return the job of one row of the table, or these columns of it; `JobRow.unreadable` names what could not be read.

    Raises:
        ValueError: Not even its id can be read.
    """
    return read({name: raw[name] for name in columns}, _decode)


def decode_all(found: Iterable[sqlite3.Row], columns: Iterable[str] = COLUMNS) -> list[JobRow]:
    """Return the jobs of these rows, each read for itself; one without an id is logged and left out."""
    rows = []
    for raw in found:
        try:
            rows.append(decode(raw, columns))
        except ValueError:
            _tell(repr(raw["intent"]), ("intent",))
    return rows


def dollars(micro: int | None) -> Decimal | None:
    """Return an amount as kept (millionths of a dollar) in dollars."""
    return None if micro is None else (Decimal(micro) / _MICRO)


def read(values: Mapping[str, Any], decoded: Callable[[str, Any], Any]) -> JobRow:
    """Return the job that these columns tell of.

    Args:
        values: What is known of the columns, as it is kept.
        decoded: Makes Python's value of it.

    Raises:
        ValueError: Not even its id can be read.
    """
    known, bad = {}, []
    for name, value in values.items():
        try:
            known[name] = _checked(name, decoded(name, value))
        except (TypeError, ValueError, ArithmeticError, RecursionError):
            bad.append(name)
    intent = known.pop("intent", "")
    if not intent:
        msg = "a job without an id"
        raise ValueError(msg)
    if "state" in bad:
        known["state"] = UNREADABLE
    elif known.get("state", "new") not in STATES:
        bad.append("state")
    if bad:
        _tell(intent, tuple(bad))
    return JobRow(intent=intent, **known, unreadable=tuple(bad))


def listed(name: str, value: Any) -> Any:
    """Return a column's JSON as the job has it: its lists are tuples."""
    if name not in _LISTS or not isinstance(value, list):
        return () if name in _LISTS and value is None else value
    return tuple(value)


def load_json(text: str) -> Any:
    """Return what JSON says.

    Raises:
        ValueError: It is none, or has a number that is none.
        RecursionError: It is nested without end.
    """
    return _READER.decode(text)


_told: set[tuple[str, tuple[str, ...]]] = set()


def _tell(intent: str, columns: tuple[str, ...]) -> None:
    """Log once what cannot be read."""
    if (intent, columns) not in _told:
        _told.add((intent, columns))
        logger.warning("this version cannot read %s of job %s", ", ".join(columns), intent)


def _decode(name: str, value: Any) -> Any:
    if name in _JSON:
        return listed(name, load_json(value) if value is not None else None)
    if name in _MONEY:
        return dollars(value)
    if name == "seed":
        return None if value is None else int(value)
    return bool(value) if name in _FLAGS and value in (0, 1) else value


def _checked(name: str, value: Any) -> Any:
    """Return a column's value when it is what this version writes there."""
    kind = _KINDS[name]
    if value is None and kind.endswith(" | None"):
        return None
    if not _FITS[kind.removesuffix(" | None")](value) or (name in _IN_RANGE and not _IN_RANGE[name](value)):
        raise ValueError(name)
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value and _is_whole_text(value)


def _is_whole_text(text: str) -> bool:
    """Return whether it can be written: half a character cannot."""
    return text.isascii() or bool(text.encode())


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _LATEST


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and _is_flat(value) and _is_whole_text(json.dumps(value, ensure_ascii=False))


_KINDS = {item.name: str(item.type) for item in fields(JobRow)}
_FITS: dict[str, Callable[[Any], bool]] = {
    "str": _is_text,
    "bool": lambda value: isinstance(value, bool),
    "int": _is_whole,
    "float": _is_time,
    "Decimal": lambda value: isinstance(value, Decimal) and value.is_finite() and 0 <= value <= _MOST_DOLLARS,
    "tuple[str, ...]": lambda value: isinstance(value, tuple) and all(map(_is_text, value)),
    "dict[str, Any]": _is_object,
}
_IN_RANGE: dict[str, Callable[[Any], bool]] = {
    "stars": lambda value: 0 <= value <= 5,
    "bytes": lambda value: 0 <= value < 2**63,
    "day": lambda value: _DAY.fullmatch(value) is not None,
}


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(digits)
    return value


def _refuse(word: str) -> Any:
    raise ValueError(word)


_READER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)


def _is_flat(value: Any) -> bool:
    """Return whether it is nested no deeper than anything of ours."""
    level = [value]
    for _ in range(_DEEPEST):
        inner = [item for item in level if isinstance(item, (dict, list))]
        if not inner:
            return True
        level = [item for found in inner for item in (found.values() if isinstance(found, dict) else found)]
    return False
