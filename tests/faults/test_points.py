"""D02: a kernel dies at each named point of a press, on the spot; then the cell is run again, and the same promises hold."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.killing.ground import Ground
    from tests.support.demo import RunningDemo

# name of the point: what the journal then says, and how many predictions were paid
CLIENT = {
    "before journal": ("before the journal", 0),
    "after journal": ("written, not sent", 0),
    "after claim": ("sending, not paid yet", 0),
    "after connect": ("sending, not paid yet", 0),
    "after first byte": ("sending, not paid yet", 0),
    "after request": ("sending", 1),
    "after answer": ("sending, paid", 1),
    "before id": ("sending, paid", 1),
    "after id": ("watching", 1),
    "after success": ("fetching", 1),
    "before rename": ("fetching", 1),
    "after rename": ("file there, not noted", 1),
    "after file noted": ("file there, not noted", 1),
    "before sidecar": ("file there, not noted", 1),
    "before UI": ("after the end", 1),
}


@pytest.mark.parametrize("point", CLIENT)
def test_d02_a_kernel_dies_in_its_own_step(ground: Ground, point: str) -> None:
    phase, paid = CLIENT[point]

    killed = ground.start(points={point: "kill"})
    assert killed.until(point) is not None
    assert killed.join() == -signal.SIGKILL
    ground.wait_for(lambda: len(ground.demo.predictions()) == paid)
    assert ground.phase().startswith(phase)

    finish(ground, lost=paid == 0 and phase.startswith("sending"))


@pytest.mark.parametrize("point", ["searching", "before adopting", "before id", "after id", "after rename", "before sidecar"])
def test_d02_the_next_kernel_dies_while_it_takes_over(ground: Ground, point: str) -> None:
    for number, laid in enumerate(("after request", point, point)):
        killed = ground.start(points={laid: "kill"})
        met = killed.until(laid)
        # What is done once is not done again: then there is nothing to die at.
        assert met is not None or (number == 2 and point in {"after id", "after rename"})
        killed.join()

    finish(ground)


def test_d02_the_server_has_accepted_and_not_answered(ground: Ground, demo_server: RunningDemo) -> None:
    (hold,) = demo_server.faults([{"match": {"op": "create"}, "phase": "after_accept", "do": "hold"}])
    killed = ground.start()
    assert demo_server.reached(hold)
    killed.kill()
    demo_server.release(hold)
    assert ground.phase() == "sending, paid"

    finish(ground)


def test_d02_the_answer_is_sent_and_nobody_has_read_it(ground: Ground, demo_server: RunningDemo) -> None:
    (hold,) = demo_server.faults([{"match": {"op": "create"}, "phase": "after_accept", "do": "hold"}])
    killed = ground.start()
    assert demo_server.reached(hold)
    killed.signal(signal.SIGSTOP)
    demo_server.release(hold)
    ground.wait_for(lambda: [row["status"] for row in demo_server.requests("gateway", "POST")] == [201])
    killed.kill()
    assert ground.phase() == "sending, paid"

    finish(ground)


def test_d02_while_it_looks(ground: Ground, demo_server: RunningDemo) -> None:
    (hold,) = demo_server.faults([{"match": {"op": "get"}, "phase": "before_accept", "do": "hold"}])
    killed = ground.start()
    assert demo_server.reached(hold)
    killed.kill()
    demo_server.clear_faults()
    assert ground.phase() == "watching"

    finish(ground)


def test_d02_in_the_middle_of_the_download(ground: Ground, demo_server: RunningDemo) -> None:
    demo_server.faults([{"match": {"op": "file"}, "phase": "mid_response", "do": "hang", "at": 1000}])
    killed = ground.start()
    ground.wait_for(lambda: list(ground.folder.glob("*.part")))
    killed.kill()
    demo_server.clear_faults()
    assert ground.phase() == "fetching"
    assert list(ground.folder.glob("*.part"))

    finish(ground)


def test_d02_prefer_wait_is_no_exception(make_ground: Callable[..., Ground], demo_server: RunningDemo) -> None:
    demo_server.settings(speed=2)
    for point in ("after request", "after answer", "before id"):
        demo_server.reset(speed=2)
        ground = make_ground(point.replace(" ", "-"))
        killed = ground.start(points={point: "kill"}, prefer_wait=True)
        assert killed.until(point) is not None
        killed.join()
        finish(ground, prefer_wait=True)


def finish(ground: Ground, *, lost: bool = False, prefer_wait: bool = False) -> None:
    """Run the cell once more, in peace; a press that never left is given up by a person."""
    cell = ground.start(lost=lost, prefer_wait=prefer_wait)
    end = cell.until("done", "late", "error")
    assert end is not None
    assert end["event"] == "done", end
    assert cell.join() == 0
    assert lost == (cell.event("lost") is not None)
    ground.check(jobs=2 if lost else 1)
