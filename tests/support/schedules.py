"""The schedule in a simulation: job times drawn from a distribution, our looks, fixed intervals, and the best there can be."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from pvideo.job.estimate import Expectation, expect
from pvideo.job.schedule import look_again, next_look

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    Draw = Callable[[random.Random], float]


@dataclass(frozen=True)
class Outcome:
    """Mean lag (end → look that sees it, seconds), mean number of looks, and the 95th percentile of the lag."""

    lag: float
    looks: float
    p95: float


def even(middle: float, spread: float = 0.2) -> Draw:
    return lambda chance: chance.uniform((1 - spread) * middle, (1 + spread) * middle)


def normal(middle: float, spread: float) -> Draw:
    return lambda chance: max(chance.gauss(middle, spread), 0.3)


def humps(*those: tuple[float, float, float]) -> Draw:
    """Return a mixture of normal humps: (weight, middle, spread)."""

    def draw(chance: random.Random) -> float:
        _, middle, spread = chance.choices(those, [weight for weight, _, _ in those])[0]
        return max(chance.gauss(middle, spread), 0.3)

    return draw


def wide(middle: float, sigma: float) -> Draw:
    return lambda chance: middle * chance.lognormvariate(0, sigma)


def follow(
    length: float, expected: Expectation, share: float = 0.0, *, fails: Container[int] = (), asked: float | None = None
) -> tuple[float, int]:
    """Return lag and looks of one job that ends after `length` seconds; each look takes a share of a second.

    The looks that `fails` counts (from 1) bring no answer, and ask to wait for `asked` seconds.
    """
    moment, looks, failed = 0.0, 0, 0
    while True:
        moment += look_again(failed, asked, left=expected.p50 - moment) if failed else next_look(moment, expected)
        looks += 1
        failed = failed + 1 if looks in fails else 0
        if moment >= length and not failed:
            return moment - length + share, looks
        moment += share


def ours(real: Draw, history: Draw | None = None, *, past: int = 20, jobs: int = 4000, seed: int = 7) -> Outcome:
    """Return how we do: `past` jobs of `history` known (none: cold), then jobs of `real`; anew for every 20 jobs."""
    chance, results = random.Random(seed), []
    while len(results) < jobs:
        expected = expect([history(chance) for _ in range(past)] if history else [], {})
        results += [follow(real(chance), expected) for _ in range(20)]
    return _outcome(results)


def fixed(real: Draw, interval: float, *, jobs: int = 4000, seed: int = 7) -> Outcome:
    """Return how looking every `interval` seconds does."""
    chance = random.Random(seed)
    lengths = [real(chance) for _ in range(jobs)]
    looks = [int(length / interval) + 1 for length in lengths]
    return _outcome([(count * interval - length, count) for count, length in zip(looks, lengths, strict=True)])


def best(real: Draw, *, lag: float | None = None, looks: float | None = None, points: int = 240, seed: int = 11) -> Outcome:
    """Return the best schedule of all for a known distribution, by dynamic programming, with one early look on top.

    Args:
        real: The distribution.
        lag: The mean lag it may have; it then has the fewest looks.
        looks: Or: the mean number of looks it may make; it then has the least lag.
    """
    chance = random.Random(seed)
    drawn = sorted(real(chance) for _ in range(6000))
    low, high = drawn[0], drawn[-1]
    grid = [low + (high - low) * step / points for step in range(points + 1)]
    cheap, dear = 1e-5, 100.0
    found = Outcome(0, 0, 0)
    for _ in range(24):
        price = (cheap * dear) ** 0.5
        found = _cheapest(drawn, grid, price)
        more = found.lag > lag if lag is not None else found.looks < (looks or 0)
        cheap, dear = (cheap, price) if more else (price, dear)
    return found


def _cheapest(drawn: list[float], grid: list[float], price: float) -> Outcome:
    """Return the schedule that minimizes mean lag + price × mean looks, by going back from the last moment of the grid."""
    counts, sums, index = [0], [0.0], 0
    for moment in grid:
        while index < len(drawn) and drawn[index] <= moment:
            index += 1
        counts.append(index)
    counts = counts[1:]
    total = 0.0
    running, sums = 0, []
    for count in counts:
        total += sum(drawn[running:count])
        running = count
        sums.append(total)
    size, last = len(drawn), len(grid) - 1
    counts[last], sums[last] = size, sum(drawn)
    value, after = [0.0] * (last + 1), [last] * (last + 1)

    def step(i: int, j: int) -> float:
        done, spent = (counts[i], sums[i]) if i >= 0 else (0, 0.0)
        return ((counts[j] - done) * grid[j] - (sums[j] - spent) + price * (size - done)) / size + value[j]

    for i in range(last - 1, -1, -1):
        value[i], after[i] = min((step(i, j), j) for j in range(i + 1, last + 1))
    _, first = min((step(-1, j), j) for j in range(last + 1))
    places = [first]
    while places[-1] != last:
        places.append(after[places[-1]])
    results, at = [], 0
    for length in drawn:
        while grid[places[at]] < length and at < len(places) - 1:
            at += 1
        results.append((max(grid[places[at]] - length, 0.0), at + 2))  # the early look, and this one
    return _outcome(results)


def _outcome(results: list[tuple[float, int]]) -> Outcome:
    lags = sorted(lag for lag, _ in results)
    return Outcome(mean(lags), mean(looks for _, looks in results), lags[int(0.95 * len(lags))])
