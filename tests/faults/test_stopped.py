"""D03, D09, D11: a kernel that stood still for ten minutes, clocks that jump, and pids that are somebody else's by now."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pvideo.job import owner
from pvideo.job.adoption import recover
from pvideo.library.journal import Journal
from pvideo.library.rows import JobRow

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.killing.ground import Ground
    from tests.support.demo import RunningDemo

TEN_MINUTES, DAY = 600.0, 86_400.0


def test_d03_stopped_while_it_looks(ground: Ground, demo_server: RunningDemo) -> None:
    (hold,) = demo_server.faults([{"match": {"op": "get", "nth": 1}, "phase": "before_accept", "do": "hold"}])
    cell = ground.start(clocks={"on_cont": TEN_MINUTES})
    assert demo_server.reached(hold)

    cell.signal(signal.SIGSTOP)
    demo_server.release(hold)
    cell.signal(signal.SIGCONT)

    end = cell.until("done", "late", "error")
    assert cell.event("awake")
    assert end["event"] == "done", end
    assert set(end["words"]) <= {"sending", "starting", "processing", "succeeded"}, "it was called lost, or over, and was neither"
    cell.join()
    ground.check()


def test_d03_stopped_while_the_create_is_under_way(ground: Ground, demo_server: RunningDemo) -> None:
    (hold,) = demo_server.faults([{"match": {"op": "create"}, "phase": "after_accept", "do": "hold"}])
    cell = ground.start(clocks={"on_cont": TEN_MINUTES})
    assert demo_server.reached(hold)

    cell.signal(signal.SIGSTOP)
    demo_server.release(hold)
    ground.wait_for(lambda: [row["status"] for row in demo_server.requests("gateway", "POST")] == [201])
    cell.signal(signal.SIGCONT)

    end = cell.until("done", "late", "error")
    assert end["event"] == "done", end
    cell.join()
    assert len(demo_server.requests("gateway", "POST")) == 1
    ground.check()


@pytest.mark.parametrize("wall", [DAY, -DAY, 3600.0, -3600.0, -1_700_000_000.0], ids=["+1 day", "-1 day", "+1 h", "-1 h", "1970s"])
@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_d09_a_wrong_wall_clock_loses_nothing(ground: Ground, demo_server: RunningDemo, wall: float, lost: bool) -> None:
    if lost:
        demo_server.faults([{"match": {"op": "create"}, "phase": "after_accept", "do": "rst"}])
    cell = ground.start(clocks={"wall": wall})

    end = cell.until("done", "late", "error")
    assert end["event"] == "done", end
    assert not {"expired", "canceled", "failed"} & set(end["words"])
    cell.join()
    ground.check()


@pytest.mark.parametrize("wall", [DAY, -DAY], ids=["+1 day", "-1 day"])
def test_d09_the_wall_clock_steps_between_the_kill_and_the_next_kernel(ground: Ground, wall: float) -> None:
    killed = ground.start(points={"after request": "kill"})
    assert killed.until("after request")
    killed.join()
    ground.wait_for(ground.demo.predictions)

    cell = ground.start(clocks={"wall": wall})
    end = cell.until("done", "late", "error")
    assert end["event"] == "done", end
    cell.join()
    ground.check()


# -- D11


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    found = Journal(tmp_path / "journal.db")
    yield found
    found.close()


def row_of(name: str, **changes: object) -> JobRow:
    return replace(JobRow(intent=name, state="created", prediction_id=f"{name}{'a' * 20}", owner=name, session="s"), **changes)


@pytest.mark.parametrize("part", ["pid", "start", "boot", "pid namespace"])
def test_d11_a_reused_pid_is_another_process(journal: Journal, part: str) -> None:
    """The same pid after a reboot, started at another time, or in another container does not keep a dead kernel's jobs."""
    mine = owner.myself().split(":")
    index = ["pid", "start", "boot", "pid namespace"].index(part)
    other = [*mine[:index], "1" if mine[index] != "1" else "2", *mine[index + 1 :]]
    # The namespace's own word has a colon ("pid:[4026531836]"): whatever follows the third one belongs to it.
    journal.add(row_of("job", owner=":".join(other)))

    assert not owner.alive(":".join(other))
    assert [row.intent for row in recover(journal, owner.myself(), session="mine")] == ["job"]
    assert journal.get("job").owner == owner.myself()


def test_d11_a_living_process_keeps_its_jobs_and_a_zombie_does_not(journal: Journal) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        name = owner._name(sleeper.pid)
        journal.add(row_of("job", owner=name))
        assert owner.alive(name)
        assert recover(journal, owner.myself(), session="mine") == []

        sleeper.kill()
        while owner.alive(name):  # it is not waited for: a zombie from here on
            pass
        assert [row.intent for row in recover(journal, owner.myself(), session="mine")] == ["job"]
    finally:
        sleeper.kill()
        sleeper.stdin.close()
        sleeper.wait()
