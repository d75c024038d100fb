"""How long a job will take: learned from the journal's own past jobs of the same settings, a usual pace where there are none.

The same estimate stands on the card and places the looks.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import lru_cache
from math import erf, exp, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ENOUGH = 3
"""So many past jobs make a history; fewer only correct the usual pace."""

SIMILAR = 5
"""After so many a card calls it an estimate; before, it says that it is a first run."""

SURE = 20
"""After so many jobs in a row without a surprise, a history is believed in full."""

_TAKES_PART = ("draft", "resolution", "duration", "fps", "image", "audio")
_POINTS = 120
_FADES = 0.985
"""What a past job counts relative to the next newer one: models get faster, and slower."""

_STRANGE = 0.15
"""A job that took so much (a share) less or more than all before it is a surprise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """When the end comes, as a grid: at ``times`` (seconds since sent), the share of jobs that have ended by then."""

    times: tuple[float, ...]
    ended: tuple[float, ...]

    def share(self, moment: float) -> float:
        """Return the share of jobs that have ended at a moment."""
        index = bisect_left(self.times, moment)
        if index == 0:
            return 0.0
        if index == len(self.times):
            return 1.0
        early, late = self.times[index - 1], self.times[index]
        low, high = self.ended[index - 1], self.ended[index]
        return low + (high - low) * (moment - early) / (late - early)

    def when(self, share: float) -> float:
        """Return the moment by which a share of the jobs have ended."""
        return self.times[min(bisect_left(self.ended, share), len(self.times) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """How long a job is expected to take from sent to ended, in seconds."""

    p50: float
    p90: float
    history: bool
    """Whether it comes from enough past jobs of the same settings (`SIMILAR`) to be told as such."""
    curve: Curve | None = field(default=None, repr=False)
    """Its whole distribution; None when nothing is known but the usual pace."""
    trust: float = 0.0
    """How far an early end can be ruled out, 0 to 1: how long the history has held."""


def shape(sent: Mapping[str, Any]) -> str:
    """Return the inputs that decide how long a prediction takes; of a file only that it is there."""
    parts = {name: True if name in {"image", "audio"} else sent[name] for name in _TAKES_PART if sent.get(name) is not None}
    return json.dumps(parts, sort_keys=True, default=str)


def prior(sent: Mapping[str, Any]) -> float:
    """Return the usual time of a job: P-Video needs about 2 s for each second (its README), a draft a quarter, 1080p twice that."""
    seconds = sent.get("duration")
    length = float(seconds) if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and seconds > 0 else 5.0
    return 2.0 * length * (0.25 if sent.get("draft") is True else 1.0) * (2.0 if sent.get("resolution") == "1080p" else 1.0) + 0.8


def expect(past: Sequence[float], sent: Mapping[str, Any], others: Iterable[tuple[str, float]] = ()) -> Expectation:
    """Return what to expect of a job.

    Args:
        past: How long jobs of the same settings took, newest first, in seconds.
        sent: Its input.
        others: Shape and time of the model's jobs of any settings: what they took more or less than usual, this one will too.
    """
    usable = tuple(took for took in past if took > 0)
    if len(usable) < ENOUGH:
        usual = prior(sent) * _pace(others)
        return Expectation(p50=usual, p90=usual * 1.8, history=False)
    curve = _learned(usable)
    return Expectation(p50=curve.when(0.5), p90=curve.when(0.9), history=len(usable) >= SIMILAR, curve=curve, trust=_trust(usable))


def sharpen(expected: Expectation, seen: Sequence[tuple[float, float]]) -> Expectation:
    """Return an expectation that also knows what the log said.

    Args:
        expected: What was known before.
        seen: Looks: seconds since sent, and how far it was (0 to 1).
    """
    if not seen or not 0.05 <= seen[-1][1] <= 1.0:
        return expected
    now, done = seen[-1]
    began, before = next(((at, share) for at, share in seen if done - share >= 0.1), (0.0, 0.0))
    left = (1.0 - done) * (now - began) / max(done - before, 1e-6)
    end, blur = now + left, 0.12 * left + 0.02 * now + 0.15
    curve = _told(expected.curve, round(end, 2), round(blur, 2))
    return Expectation(p50=curve.when(0.5), p90=curve.when(0.9), history=expected.history, curve=curve, trust=max(expected.trust, 0.5))


@lru_cache(maxsize=64)
def _learned(past: tuple[float, ...]) -> Curve:
    weights = [_FADES**age for age in range(len(past))]
    whole = sum(weights)
    middle = sum(w * took for w, took in zip(weights, past, strict=True)) / whole
    spread = sqrt(sum(w * (took - middle) ** 2 for w, took in zip(weights, past, strict=True)) / whole)
    ordered, half = sorted(past), len(past) // 2
    # The shortest stretch with half of the jobs: with two humps, it lies in one of them.
    dense = min(late - early for early, late in zip(ordered, ordered[half:], strict=False))
    spread = min(spread, dense / 1.35)
    # Silverman's width; few jobs tell little, so they blur more.
    blur = max(0.9 * spread * len(past) ** -0.2 * (1 + 4 / len(past)), 0.015 * middle, 0.05)
    edge = max(1.1 * (max(past) - min(past)) / (len(past) + 1), 0.01 * middle)
    return _mixed(past, weights, blur, min(past) - edge, max(past) + edge)


@lru_cache(maxsize=64)
def _told(history: Curve | None, end: float, blur: float) -> Curve:
    """Return what the log says, weighed by the history where that agrees."""
    points = [end + blur * step / 4 for step in range(-10, 13)]
    weights = [exp(-(((point - end) / blur) ** 2) / 2) for point in points]
    if history is not None:
        agreed = [w * (history.share(point + blur / 8) - history.share(point - blur / 8)) for w, point in zip(weights, points, strict=True)]
        if sum(agreed) > 0.02:
            weights = [a + 0.02 * w * sum(agreed) / sum(weights) for a, w in zip(agreed, weights, strict=True)]
    return _mixed(points, weights, blur / 4, points[0], points[-1])


def _mixed(centers: Sequence[float], weights: Sequence[float], blur: float, low: float, high: float) -> Curve:
    """Return the curve of a mixture of normal humps between two bounds, at which they are mirrored: edges stay sharp."""
    low = max(low, 0.0)
    times = tuple(low + (high - low) * step / _POINTS for step in range(_POINTS + 1))
    scale = blur * sqrt(2)
    mirrored = [(place, w) for center, w in zip(centers, weights, strict=True) for place in (center, 2 * low - center, 2 * high - center)]
    raw = [sum(w * erf((at - place) / scale) for place, w in mirrored) for at in times]
    return Curve(times=times, ended=tuple((value - raw[0]) / (raw[-1] - raw[0]) for value in raw))


def _trust(past: Sequence[float]) -> float:
    """Return how far the history can be relied on: it grows with each job that came as expected, and a surprise ends it."""
    for age, took in enumerate(past[:SURE]):
        older = past[age + 1 :]
        if len(older) >= 5 and not min(older) * (1 - _STRANGE) <= took <= max(older) * (1 + _STRANGE):
            return age / SURE
    return min(len(past) / SURE, 1.0)


def _pace(others: Iterable[tuple[str, float]]) -> float:
    """Return by how much the model's other jobs were slower than usual."""
    ratios = []
    for settings, took in others:
        try:
            ratios.append(took / prior(json.loads(settings)))
        except (ValueError, AttributeError):
            continue
    return min(max(median(ratios), 0.1), 10.0) if ratios else 1.0
