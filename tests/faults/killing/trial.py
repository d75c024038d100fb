"""One trial of the kill loop: a cell is run, its kernel is killed, again and again; then it runs undisturbed and all must be well."""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from tests.faults.killing.ground import Ground

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.killing.servers import Remote
    from tests.faults.killing.zygote import Child, Zygote

IN_DOUBT = frozenset({"sending, not paid yet", "sending, paid", "looking for it"})
"""Phases between the journal's `sending` and the id's commit: where a prediction may be paid whose id nobody has."""


@dataclass
class Plan:
    """What happens in one trial, drawn from its seed."""

    kills: int
    aimed: list[bool]
    faults: list[dict[str, Any]]
    settings: dict[str, Any]
    window: float
    """Roughly how long a create is under way."""
    whole: float
    """Roughly what the cell takes undisturbed, in seconds; kills fall uniformly over this and 30 % more."""
    prefer_wait: bool
    words: list[str] = field(default_factory=list)

    @classmethod
    def draw(cls, chance: random.Random) -> Plan:
        before, after = chance.choice((0.0, chance.uniform(0, 0.25))), chance.choice((0.0, chance.uniform(0, 0.25)))
        prefer_wait = chance.random() < 0.15
        answer = chance.choices(list(ANSWERS), [6, 2, 2, 1, 1, 1, 1])[0]
        create = {"match": {"op": "create"}}
        faults = [{**create, "phase": "before_accept", "do": "delay", "seconds": before}] if before else []
        faults += [{**create, "phase": "after_accept", "do": "delay", "seconds": after}] if after else []
        faults += [{**create, **rule} for rule in ANSWERS[answer]]
        if chance.random() < 0.4:
            faults.append({"match": {"op": "file", "nth": [1, 2]}, "phase": "mid_response", "do": "drip", "rate": chance.uniform(4e3, 4e4)})
        if chance.random() < 0.15:
            faults.append({"match": {"op": "get", "nth": [1, 2]}, "phase": "before_accept", "do": "status", "status": 502})
        settings = {
            "speed": chance.uniform(1.5, 3.5),
            "list_lag": chance.choice((0.0, 0.0, chance.uniform(0.0, 0.6))),
            "visible_after": chance.choice((0.0, 0.0, 0.0, chance.uniform(0.0, 0.4))),
            "list_input": chance.random() < 0.9,
            "quirks": chance.choice(("documented", "recorded")),
        }
        kills = chance.choice((1, 1, 2, 2, 3, 4))
        aimed = [chance.random() < 0.5 for _ in range(kills)]
        window = before + after + (0.6 if prefer_wait else 0.02)
        words = [f"answer {answer}", f"before {before:.2f}", f"after {after:.2f}", *(f"{name} {value}" for name, value in settings.items())]
        whole = 0.4 + before + after + 1.2 / settings["speed"]
        return cls(kills, aimed, faults, settings, window, whole, prefer_wait, words)


ANSWERS: dict[str, list[dict[str, Any]]] = {
    "arrives": [],
    "is lost": [{"phase": "after_accept", "do": "close"}],
    "is reset": [{"phase": "after_accept", "do": "rst"}],
    "is cut": [{"phase": "mid_response", "do": "truncate", "at": 60}],
    "is a 502": [{"phase": "after_accept", "do": "status", "status": 502}],
    "is empty": [{"phase": "after_accept", "do": "body", "text": ""}],
    "comes after a 429": [
        {
            "match": {"op": "create", "nth": 1},
            "phase": "before_accept",
            "do": "status",
            "status": 429,
            "headers": {"retry-after": "1"},
            "content_type": "application/problem+json",
            "body": {"title": "Too Many Requests", "status": 429, "detail": "Request was throttled. Expected available in 1 second."},
        }
    ],
}


@dataclass
class Outcome:
    """What came of one trial."""

    number: int
    phases: list[str] = field(default_factory=list)
    lost: bool = False
    """Whether nothing had left, so that a person had to decide."""
    took: float = 0.0
    problem: str = ""


class Trial:
    """Runs one trial on one demo."""

    POINTS: ClassVar = {"after claim": "tell", "after request": "tell"}

    def __init__(self, number: int, seed: int, root: Path, demo: Remote, zygote: Zygote) -> None:
        self.chance = random.Random(f"{seed}:{number}")
        self.plan = Plan.draw(self.chance)
        self.outcome = Outcome(number)
        self.ground = Ground(root, demo, zygote)
        self.state = ""

    def run(self) -> Outcome:
        ground, demo, began = self.ground, self.ground.demo, time.monotonic()
        try:
            demo.reset(**self.plan.settings)
            demo.faults(self.plan.faults)
            for aimed in self.plan.aimed:
                self._kill(aimed=aimed)
            self._undisturbed()
        except AssertionError as problem:
            log = ground.log.read_text(errors="replace")[-3000:] if ground.log.exists() else ""
            self.outcome.problem = f"{problem}\nplan: {self.plan.words}\nkilled at: {self.outcome.phases}\n{log}"
        finally:
            ground.close()
            self.outcome.took = time.monotonic() - began
        if not self.outcome.problem:
            shutil.rmtree(ground.root)
        return self.outcome

    def _kill(self, *, aimed: bool) -> None:
        child = self.ground.start(prefer_wait=self.plan.prefer_wait, points=self.POINTS)
        ended = self._aim(child) if aimed else self._anywhere(child)
        child.kill()
        self.state = self.ground.phase()
        self.outcome.phases.append(self.state if not ended else f"{self.state} (by itself)")

    def _aim(self, child: Child) -> bool:
        """Let it live until the create is under way, or is being looked for, and a little longer."""
        if self.state in {"", "before the journal", "written, not sent"}:
            if self.chance.random() < 0.15:
                child.until("after claim", within=5)
                return child.run_out(self.chance.uniform(0, 0.02))
            child.until("after request", within=5)
            return child.run_out(self.chance.uniform(0, self.plan.window))
        if self.state in IN_DOUBT:
            return child.run_out(self.chance.uniform(0, 0.12 + self.plan.settings["list_lag"]))
        return self._anywhere(child)

    def _anywhere(self, child: Child) -> bool:
        return child.run_out(self.chance.uniform(0, self.plan.whole * 1.3))

    def _undisturbed(self) -> None:
        """Run the cell once more, in peace."""
        ground, row = self.ground, self.ground.row()
        if row is not None and row["state"] in {"sending", "unknown"} and not ground.demo.predictions():
            time.sleep(0.6)  # a create may still be on its way in the server
            self.outcome.lost = not ground.demo.predictions()
        lost = self.outcome.lost
        child = ground.start(prefer_wait=self.plan.prefer_wait, lost=lost)
        end = child.until("done", "late", "error", within=70)
        assert end is not None, "the kernel died by itself"
        assert end["event"] == "done", end
        child.join()
        assert child.status == 0
        if lost:
            told = child.event("lost")
            assert told is not None
            assert told["status"] == "unconfirmed", told
        ground.check(jobs=2 if lost else 1)
