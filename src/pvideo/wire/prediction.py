"""A prediction, as Replicate's answers tell it. The only place that touches their raw JSON.

Recorded answers miss keys that the OpenAPI document requires, give ``logs: null``, and write times with 3 to 9 digits: so
only the id is demanded, and everything else becomes something plain when it is odd.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from pvideo.secrets import cleaned, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

TERMINAL = frozenset({"succeeded", "failed", "canceled", "aborted"})
"""Statuses that never change again (Replicate's OpenAPI document; its official clients forget ``aborted``)."""

LOG_TAIL = 64 * 1024
"""How many bytes of a prediction's logs are kept, from the end."""

# 26 lower-case letters and digits in every recorded exchange; anything else is not used in a request path.
_ID = re.compile(r"[a-z0-9]{20,40}")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,12}))?\s*(?:[Zz]|([+-])(\d\d):?(\d\d))?")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_PERCENT = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d+)?)\s?%")
_MAX_PARTS = 500_000


class BadAnswer(ValueError):  # noqa: N818 - it describes the answer
    """The body is not what was asked for: not JSON, too deep, too many parts, or without a valid id."""


def parse_json(body: bytes) -> Any:
    """Return the JSON in `body`, without what a server repeats of our tokens; an ``input`` stays as it is, to be compared with ours.

    Raises:
        BadAnswer: It is not JSON, is nested too deeply, or has so many parts that it would fill the memory.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > _MAX_PARTS:
        raise BadAnswer("too many parts")
    try:
        return cleaned(json.loads(body), but="input")
    except (ValueError, RecursionError, MemoryError) as problem:
        reason = type(problem).__name__
    raise BadAnswer(f"not JSON ({reason})")


def parse_time(value: object) -> datetime | None:
    """Return the moment that an ISO 8601 text names, in UTC; None when it names none. A missing zone is UTC."""
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    *numbers, fraction, sign, hours, minutes = found.groups()
    known = sign and int(hours) < 24 and int(minutes) < 60
    zone = timezone((1 if sign == "+" else -1) * timedelta(hours=int(hours), minutes=int(minutes))) if known else UTC
    year, month, day, hour, minute, second = (int(number) for number in numbers)
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), int((fraction or "0")[:6].ljust(6, "0")), zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def clean_text(text: str) -> str:
    """Return `text` without terminal escapes, control characters and lone surrogates; a carriage return ends a line."""
    return _CONTROL.sub("", _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n"))


def is_prediction_id(value: object) -> bool:
    """Return whether `value` can be a prediction's id, and so may stand in a request's path."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One run of a model on Replicate, at the moment of an answer. Times are in UTC, durations in seconds."""

    id: str
    status: str
    """One of Replicate's six words, or a new one: keep watching an unknown one."""
    output: Any = None
    """Also set while ``processing`` (recorded with ``Prefer: wait``); None again once Replicate removed the data."""
    error: str | None = None
    logs: str = ""
    """The last 64 kB, without terminal escapes."""
    metrics: dict[str, Any]
    input: dict[str, Any] | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    deadline: datetime | None = None
    model: str | None = None
    version: str | None = None
    """A hash, a ``d-…`` digest, or ``"hidden"`` for official models."""
    source: str | None = None
    data_removed: bool = False

    @classmethod
    def from_json(cls, data: object) -> Prediction:
        """Read one prediction object.

        Raises:
            BadAnswer: It is no object, or has no id of the known form.
        """
        if not isinstance(data, dict) or not is_prediction_id(data.get("id")):
            raise BadAnswer("no prediction id")
        given, error = data.get("input"), data.get("error")
        return cls(
            id=data["id"],
            status=_word(data.get("status")) or "unknown",
            output=data.get("output"),
            error=_error(error),
            logs=_tail(data.get("logs")),
            metrics=data["metrics"] if isinstance(data.get("metrics"), dict) else {},
            input=given if isinstance(given, dict) else None,
            created_at=parse_time(data.get("created_at")),
            started_at=parse_time(data.get("started_at")),
            completed_at=parse_time(data.get("completed_at")),
            deadline=parse_time(data.get("deadline")),
            model=_word(data.get("model")),
            version=_word(data.get("version")),
            source=_word(data.get("source")),
            data_removed=data.get("data_removed") is True,
        )

    def cleaned(self) -> Prediction:
        """Return it without the secrets of this task (`pvideo.secrets.hide`): a list was read in another's."""
        error = None if self.error is None else redact(self.error)
        return replace(self, status=redact(self.status), error=error, logs=redact(self.logs), output=cleaned(self.output))

    @property
    def terminal(self) -> bool:
        """Whether it has ended."""
        return self.status in TERMINAL

    @property
    def outputs(self) -> tuple[str, ...]:
        """Every absolute URL and ``data:`` URI in the output, in order, whatever the output's shape."""
        return tuple(_addresses(self.output))

    @property
    def seconds(self) -> float | None:
        """The length of the video that was made: what Replicate bills P-Video by."""
        return _number(self.metrics.get("video_output_duration_seconds"))

    @property
    def predict_time(self) -> float | None:
        """How long the model ran."""
        return _number(self.metrics.get("predict_time"))

    @property
    def progress(self) -> float | None:
        """How far it is, 0 to 1, where the last lines of the log show a progress bar; else None."""
        found = _PERCENT.findall("\n".join(self.logs[-4096:].splitlines()[-10:]))
        return min(float(found[-1]) / 100, 1.0) if found else None

    @property
    def web_url(self) -> str:
        """Its page on Replicate, made from the id (an answer's own ``urls`` are never used)."""
        return f"https://replicate.com/p/{self.id}"


def _addresses(value: object) -> Iterator[str]:
    # A list as a stack, not recursion: how deep it is nested is the server's choice.
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if item[:8].lower().startswith(("https://", "http://", "data:")):
                yield item
        elif isinstance(item, (list, dict)):
            waiting.extend(reversed(list(item.values() if isinstance(item, dict) else item)))


def _error(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return redact(clean_text(text[:20_000]))[:4000].strip() or None


def _word(value: object) -> str | None:
    return redact(clean_text(value[:400]))[:200] or None if isinstance(value, str) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _tail(logs: object) -> str:
    """Return the end of `logs`: cut by characters first (cheap, generous), cleaned, then cut to whole lines."""
    if not isinstance(logs, str):
        return ""
    kept = redact(clean_text(logs[-2 * LOG_TAIL :]))
    data = kept.encode("utf-8")
    if len(data) <= LOG_TAIL:
        return kept
    return data[-LOG_TAIL:].decode("utf-8", "ignore").partition("\n")[2] or data[-LOG_TAIL:].decode("utf-8", "ignore")
