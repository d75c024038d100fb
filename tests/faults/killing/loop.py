"""Many trials, a few at a time, and what is said of them at the end."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING

from tests.faults.killing.servers import Remote, Servers
from tests.faults.killing.trial import IN_DOUBT, Outcome, Trial
from tests.faults.killing.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

AT_ONCE = 8
REPORTS: list[Report] = []
"""The runs of this process, for the summary at its end."""


@dataclass
class Report:
    """What a run of the loop found."""

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)
    took: float = 0.0

    @property
    def failed(self) -> list[Outcome]:
        return sorted((one for one in self.outcomes if one.problem), key=lambda one: one.number)

    @property
    def phases(self) -> Counter[str]:
        """How many kernels were killed in which phase."""
        return Counter(phase for one in self.outcomes for phase in one.phases if not phase.endswith("(by itself)"))

    @property
    def in_doubt(self) -> float:
        """Which share of the kills fell between the journal's `sending` and the id's commit."""
        kills = self.phases
        return sum(count for phase, count in kills.items() if phase in IN_DOUBT) / max(kills.total(), 1)

    def lines(self) -> list[str]:
        """Return the report as text."""
        kills, given_up = self.phases, sum(one.lost for one in self.outcomes)
        lines = [
            f"{len(self.outcomes)} trials, seed {self.seed}, {kills.total()} kills in {self.took:.0f} s: "
            f"{len(self.failed)} paid twice, lost or left in pieces",
            *(f"  {count:5d}  {phase}{' *' if phase in IN_DOUBT else ''}" for phase, count in kills.most_common()),
            f"  * between the journal's `sending` and the id's commit: {self.in_doubt:.0%}",
            f"  in {given_up} trials nothing had left: shown as not confirmed, made after [Generate again]",
        ]
        return lines + [f"  trial {one.number}: {one.problem.splitlines()[0]}" for one in self.failed]


def run(numbers: Iterable[int], seed: int, folder: Path, *, at_once: int = AT_ONCE) -> Report:
    """Run the trials of these numbers."""
    report, began = Report(seed), time.monotonic()
    REPORTS.append(report)
    with Servers(at_once) as servers, Zygote() as zygote, ThreadPoolExecutor(at_once) as pool:
        free: SimpleQueue[Remote] = SimpleQueue()
        for demo in servers.demos:
            free.put(demo)

        def one(number: int) -> Outcome:
            demo = free.get()
            try:
                return Trial(number, seed, folder / f"trial-{number}", demo, zygote).run()
            finally:
                free.put(demo)

        report.outcomes = list(pool.map(one, numbers))
    report.took = time.monotonic() - began
    return report
