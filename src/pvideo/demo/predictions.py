"""A prediction and how it ages: what it is at a moment follows from the clock, from its fate and from its clip."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from . import errors

if TYPE_CHECKING:
    from pathlib import Path

End = Literal["succeeded", "failed", "canceled", "aborted"]
ID_LETTERS = string.digits + string.ascii_lowercase
PATH_LETTERS = string.ascii_letters + string.digits
KEEP: Any = object()
"""The output stays what was rendered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How a prediction is going to end; faults choose others than success."""

    end: End | Literal["never"] = "succeeded"
    error: str | None = None
    at: float = 0.6
    """Where in its run a failure happens, 0 to 1."""
    slow: float = 1.0
    """Factor on queue and run."""
    stuck: Literal["starting", "processing"] = "processing"
    """Where a prediction that never ends stays."""
    output: Any = KEEP
    """An output of another shape."""
    no_metrics: bool = False


@dataclass(slots=True, kw_only=True)
class Clip:
    """What the renderer made, or is still making."""

    path: Path
    ready_at: float | None = None
    seconds: float | None = None
    size: int = 0
    sha256: str = ""
    error: str | None = None
    files: dict[str, Path] = field(default_factory=dict)
    """The files of the output, by name; `path` alone where the output is one video."""
    output: Any = None
    """The output with its files' names in it, where it is not one video."""
    parts: list[str] = field(default_factory=list)
    """The parts of a text, which arrive one after the other."""


@dataclass(slots=True, kw_only=True)
class Prediction:
    """One prediction. Times are seconds since 1970."""

    model: str
    version: str
    input: dict[str, Any]
    kind: str = "video"
    """What is made: see `pvideo.demo.others`."""
    created: float
    queue: float
    run: float
    clip: Clip
    fate: Fate = field(default_factory=Fate)
    run_limit: float = 1800.0
    deadline: float | None = None
    seed: int = 0
    source: Literal["api", "web"] = "api"
    webhook: bool = False
    """Whether a webhook was named; none is called, and the log says so."""
    id: str = field(default_factory=lambda: "".join(secrets.choice(ID_LETTERS) for _ in range(26)))
    secret_path: str = field(default_factory=lambda: "".join(secrets.choice(PATH_LETTERS) for _ in range(49)))
    ended: End | None = None
    ended_at: float = 0.0
    error: str | None = None

    @property
    def starts(self) -> float:
        """When it goes from ``starting`` to ``processing``."""
        if self.fate.end == "never" and self.fate.stuck == "starting":
            return float("inf")
        return self.created + self.queue * self.fate.slow

    @property
    def length(self) -> float:
        """How long it computes."""
        return self.run * self.fate.slow

    @property
    def started(self) -> float | None:
        """When it started, for a prediction that has settled; None if it never did."""
        if self.ended == "aborted" or (self.ended and self.ended_at < self.starts):
            return None
        return self.starts

    def settle(self, now: float) -> None:
        """End the prediction if something ended it up to `now`."""
        if self.ended:
            return
        ends = [end for end in (self._natural_end(), self._deadline_end(), self._limit_end()) if end and end[0] <= now]
        if ends:
            self.ended_at, self.ended, self.error = min(ends, key=lambda end: end[0])

    def status(self, now: float) -> str:
        """Return Replicate's word for the state at `now`."""
        self.settle(now)
        return self.ended or ("processing" if now >= self.starts else "starting")

    def progress(self, now: float) -> float:
        """Return how far the computing is at `now`, 0 to 1."""
        if self.ended == "succeeded":
            return 1.0
        until = min(now, self.ended_at) if self.ended else now
        done = (until - self.starts) / self.length if self.length else 1.0
        return max(0.0, min(done, 0.99))

    def cancel(self, now: float, *, starting: Literal["canceled", "aborted"]) -> bool:
        """Cancel it; return whether there was something to cancel."""
        status = self.status(now)
        if self.ended:
            return False
        self.ended, self.ended_at = (starting if status == "starting" else "canceled"), now
        return True

    def written(self, now: float) -> list[str]:
        """Return the parts of a text that exist at `now`."""
        if self.ended == "succeeded":
            return self.clip.parts
        return self.clip.parts[: int(self.progress(now) * len(self.clip.parts))] if now >= self.starts else []

    def output_ready(self, now: float) -> bool:
        """Whether the output exists, also while the status still says ``processing``."""
        end = self._natural_end()
        return self.fate.end == "succeeded" and end is not None and end[0] <= now and (self.ended in {None, "succeeded"})

    def _natural_end(self) -> tuple[float, End, str | None] | None:
        match self.fate.end:
            case "never":
                return None
            case "aborted":
                return self.starts, "aborted", self.fate.error
            case "failed" | "canceled":
                return self.starts + self.length * self.fate.at, self.fate.end, self.fate.error
        if self.clip.ready_at is None:
            return None
        when = max(self.starts + self.length, self.clip.ready_at)
        return (when, "failed", self.clip.error) if self.clip.error else (when, "succeeded", None)

    def _deadline_end(self) -> tuple[float, End, None] | None:
        if self.deadline is None:
            return None
        return self.deadline, ("aborted" if self.deadline < self.starts else "canceled"), None

    def _limit_end(self) -> tuple[float, End, str] | None:
        return self.starts + self.run_limit, "failed", errors.RUN_TIMED_OUT
