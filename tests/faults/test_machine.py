"""Every order of presses, crashes, lost answers, repeats, lags, clock steps and re-runs: I1 to I3 hold in all that were tried.

Hypothesis draws the schedules; time is virtual and the demo runs in the process. ``PVIDEO_SCHEDULES=5000`` tries more of them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as draw
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from tests.faults import promises
from tests.faults.scene import Scene

SCHEDULES = int(os.environ.get("PVIDEO_SCHEDULES", "300"))
STEPS = int(os.environ.get("PVIDEO_STEPS", "15"))
HOUR = 3600.0
LOSSES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "reset": ("after_accept", "rst", {}),
    "cut": ("mid_response", "truncate", {}),
    "502": ("after_accept", "status", {"status": 502}),
    "hang": ("after_accept", "hang", {}),
    "never arrived": ("before_accept", "rst", {}),
    "unread": ("before_accept", "close", {"unread": True}),
}
TYPED = 7
CELLS = draw.sampled_from(["a cat", "a dog"])
SEEDS = draw.sampled_from([{}, {}, {"seed": TYPED}])
SOON = draw.sampled_from([0.0, 0.02, 0.3, 1.0, 3.0])


class Life(RuleBasedStateMachine):
    """A person with cells, kernels that die, and a network that loses things."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.place = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.resent = 0

    @initialize(lag=draw.sampled_from([0.0, 0.4, 5.0, 40.0]), listed=draw.booleans(), shown=draw.sampled_from([0.0, 1.0, 20.0]))
    def begin(self, lag: float, listed: bool, shown: float) -> None:
        self.scene = Scene(Path(self.place.name), self.patch, list_lag=lag, list_input=listed, visible_after=shown)

    # -- what a person does

    @rule(cell=CELLS, then=SOON)
    def run_the_cell(self, cell: str, then: float) -> None:
        self.scene.press(again=False, prompt=cell)
        self.time_passes(then)

    @rule(cell=CELLS, seed=SEEDS, then=SOON)
    def press_again(self, cell: str, seed: dict[str, int], then: float) -> None:
        self.scene.press(prompt=cell, **seed)
        self.time_passes(then)

    @rule(cell=CELLS, then=SOON)
    def a_second_kernel_runs_the_cell(self, cell: str, then: float) -> None:
        alive = [kernel for kernel in self.scene.kernels if not kernel.dead]
        other = self.scene.new_kernel() if len(alive) < 3 else alive[0]
        self.scene.press(again=False, prompt=cell, kernel=other)
        self.time_passes(then)

    # -- what happens

    @rule(step=draw.integers(1, 45), cell=CELLS, again=draw.booleans())
    def crash_at_a_step_of_a_press(self, step: int, cell: str, again: bool) -> None:
        self.scene.kernel.dies_after = self.scene.kernel.steps + step
        self.scene.press(again=again, prompt=cell)
        self.time_passes(3.0)

    @rule()
    def restart(self) -> None:
        self.scene.restart()

    @rule(how=draw.sampled_from(sorted(LOSSES)), cell=CELLS, seed=SEEDS, then=SOON)
    def lose_the_answer_of_a_press(self, how: str, cell: str, seed: dict[str, int], then: float) -> None:
        phase, do, arguments = LOSSES[how]
        self.scene.fault(phase, do, **arguments)
        self.press_again(cell, seed, then)

    @rule(times=draw.integers(2, 3), cell=CELLS, then=SOON)
    @precondition(lambda self: self.resent < 4)
    def the_gateway_repeats_a_create(self, times: int, cell: str, then: float) -> None:
        self.resent += times - 1
        self.scene.fault("before_accept", "retry_upstream", times=times, honours_header=False)
        self.scene.fault("after_accept", "rst")
        self.press_again(cell, {}, then)

    @rule(op=draw.sampled_from(["get", "list", "file"]), do=draw.sampled_from(["rst", "hang"]))
    def lose_a_look(self, op: str, do: str) -> None:
        self.scene.fault("before_accept", do, op=op)

    @rule(seconds=draw.sampled_from([-86_400.0, -3600.0, 3600.0, 86_400.0, 0.0]))
    def the_clock_steps(self, seconds: float) -> None:
        self.scene.wall_offset = seconds

    @rule(seconds=draw.sampled_from([0.1, 1.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.scene.run(seconds)
        if self.scene.kernel.dead:
            self.scene.restart()

    # -- what always holds

    @invariant()
    def no_press_is_paid_twice(self) -> None:
        if hasattr(self, "scene"):
            promises.paid_once(self._evidence(), acts=self.scene.acts, resent=self.resent)

    def teardown(self) -> None:
        try:
            if hasattr(self, "scene"):
                self._end()
        finally:
            self.patch.chdir("/")
            if hasattr(self, "scene"):
                self.scene.close()
            self.patch.undo()
            self.place.cleanup()

    def _end(self) -> None:
        """A kernel that lives on has everything that was made; what never arrived may stay unconfirmed (for the hour)."""
        scene = self.scene
        scene.demo.state.faults.clear()
        for kernel in scene.kernels:
            kernel.kill()
        scene.restart()
        end = scene.loop.time() + 1000
        while self._unsettled() and scene.loop.time() < end:
            scene.run(10)
        evidence = self._evidence()
        promises.paid_once(evidence, acts=scene.acts, resent=self.resent)
        promises.nothing_lost(evidence, lost=self._surplus(evidence))
        promises.no_lies(evidence)

    def _unsettled(self) -> bool:
        created = {item["event_id"] for item in self.scene.paid}
        if any(row.finished and row.unknown_at is not None for row in self.scene.rows()):
            return True  # still to be looked for what the gateway made beside it
        rows = [row for row in self.scene.rows() if not row.finished]
        return any(row.state != "unknown" or row.intent in created or row.parent for row in rows) or bool(self.scene.loop._ready)

    def _surplus(self, evidence: promises.Evidence) -> frozenset[str]:
        """What a gateway repeated of a press whose seed was typed: it looks like another press of the same, so nobody takes it."""
        claimed = {row.prediction_id for row in evidence.rows}
        surplus = {item["id"] for item in evidence.paid if item["input"].get("seed") == TYPED and item["id"] not in claimed}
        assert len(surplus) <= self.resent
        return frozenset(surplus)

    def _evidence(self) -> promises.Evidence:
        scene = self.scene
        return promises.Evidence(ledger=scene.demo.ledger(), rows=scene.rows(), folder=scene.folder, home=scene.home, tokens=scene.tokens)


@pytest.mark.timeout(0 if SCHEDULES > 500 else 900)
def test_no_schedule_pays_twice_or_loses_a_video() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    profile = settings(max_examples=SCHEDULES, stateful_step_count=STEPS, deadline=None, suppress_health_check=checks, print_blob=True)
    run_state_machine_as_test(Life, settings=profile)
