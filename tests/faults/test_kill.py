"""D01: SIGKILL at random instants, again and again, and no video is paid twice or lost.

python -m pytest -m kill --kills 1000 --kill-seed 7          a long run; its report stands at the end
python -m pytest -m kill --kill-seed 7 --kill-trial 123      one trial of it again
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from tests.faults.killing.loop import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kill


@pytest.mark.timeout(0)
def test_d01_no_kill_makes_it_paid_twice_or_lost(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    option = request.config.getoption
    seed = option("--kill-seed")
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    only = option("--kill-trial")
    numbers = range(option("--kills")) if only is None else [only]

    report = run(numbers, seed, tmp_path)

    assert not report.failed, "\n\n".join(f"trial {one.number} of seed {seed}: {one.problem}" for one in report.failed[:3])
    assert len(report.outcomes) == len(numbers)
    if len(numbers) >= 100:
        assert report.in_doubt >= 0.4, report.lines()
        assert len(report.phases) >= 6, report.lines()
