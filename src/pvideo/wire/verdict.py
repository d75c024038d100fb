"""What the outcome of one request means, as data, and the errors that carry it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.errors import PVideoError

LONGEST_WAIT = 120.0
"""A server may ask for any wait; we show and keep at most this one (seconds)."""

Kind = Literal["refused", "busy", "not_sent", "ambiguous", "gone", "trouble"]
_LASTING = frozenset({"certificate", "certificates_unreadable"})
_RESETS = re.compile(r"resets? in ~?\s*(\d+(?:\.\d+)?)\s*s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One outcome.

    For a create: ``refused``, ``busy`` and ``not_sent`` prove that no prediction exists; ``ambiguous`` means there may be
    one, and it may be paid. For a look: ``refused`` (a token), ``busy``, ``gone`` (404), else ``trouble``.
    """

    kind: Kind
    error: PVideoError
    retry_after: float | None = None
    """Seconds to wait, 1 to 120, when the answer asked for it."""
    asked: float | None = None
    """What the answer asked for, before our limits."""
    second_look: bool = False
    """The same answer is also given in passing (code 2009 was captured as a throttle): ask once more before blaming."""
    told: str = ""
    """What came instead of a look's answer, in words that fit in brackets."""
    log_id: str | None = None
    """The gateway's log entry of this request, when it named one."""

    @property
    def lasting(self) -> bool:
        """Whether it stays so until a person changes something: trying again is no use."""
        return self.error.key in _LASTING


class CreateFailed(Exception):  # noqa: N818 - it names what happened
    """A create brought no prediction id; ``verdict`` says whether one may exist all the same."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict.error))
        self.verdict = verdict


class LookFailed(Exception):  # noqa: N818 - it names what happened
    """A get, cancel, list or model request brought no answer; ``verdict`` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict.error))
        self.verdict = verdict


def asked_wait(headers: Mapping[str, str], body: Any, *, now: datetime | None = None) -> float | None:
    """Return how many seconds an answer asks to wait: ``Retry-After``, the body's ``retry_after``, or its text's "~30s".

    The gateway's own 429 says nothing (captured), Replicate's says it in the body, its document shows it in the text.
    """
    found = _header_wait(headers, now)
    if found is None and isinstance(body, dict):
        given = body.get("retry_after")
        found = float(given) if isinstance(given, (int, float)) and not isinstance(given, bool) and abs(given) < 1e9 else None
        text = body.get("detail")
        if found is None and isinstance(text, str):
            match = _RESETS.search(text[:2000])
            found = float(match[1][:12]) if match else None
    return found


def bounded(seconds: float | None) -> float | None:
    """Return a wait that is never a busy loop and never longer than `LONGEST_WAIT`."""
    return None if seconds is None else min(max(seconds, 1.0), LONGEST_WAIT)


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """Return the answer's ``Date`` in UTC, or None."""
    return _http_date(headers.get("date", ""))


def _header_wait(headers: Mapping[str, str], now: datetime | None) -> float | None:
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[+-]?\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return float(text)
    moment = _http_date(text)
    if moment is None:
        return None
    return (moment - (server_date(headers) or now or datetime.now(UTC))).total_seconds()


def _http_date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # 10 ms that the HTTP library costs anyway

    try:
        moment = parsedate_to_datetime(text[:60])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
