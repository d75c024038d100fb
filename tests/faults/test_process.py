"""D13 to D15: no memory is left, the interpreter ends, and kernels that come and go leave nothing behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pvideo import settings
from pvideo.job.engine import Engine
from pvideo.job.press import generate
from pvideo.model.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.killing.ground import Ground
    from tests.support.demo import RunningDemo

ENDS_WITHIN = 2.0
"""The bar: the interpreter's end is not held up for longer, in seconds."""

CYCLES = 200


def environment(ground: Ground) -> dict[str, str]:
    """What a program needs to work on this ground."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDFLARE", "CF_", "REPLICATE", "PVIDEO"))}
    demo = ground.demo
    account = {"PVIDEO_BASE_URL": demo.base_url, "CF_AIG_TOKEN": demo.gateway_token, "REPLICATE_API_TOKEN": demo.replicate_token}
    return {**kept, **account, "PVIDEO_HOME": str(ground.home)}


def run(ground: Ground, program: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "default", "-c", program]
    given = {"cwd": ground.root, "env": environment(ground), "capture_output": True, "text": True, "timeout": 90}
    return subprocess.run(command, check=False, **given, **more)


def finish(ground: Ground, demo: RunningDemo) -> None:
    """The next kernel brings in what the one that ended had begun."""
    demo.settings(speed=50)
    ground.prompt = "A cat"
    cell = ground.start()
    end = cell.until("done", "late", "error")
    assert end["event"] == "done", end
    cell.join()
    ground.check()


# -- D13

STARVED = """
import resource, time
import pvideo
from pvideo.job.engine import Engine
video = pvideo.generate("A cat", duration=1, draft=True)
while video.prediction_id is None:
    time.sleep(0.01)
print(video.prediction_id, flush=True)
room = int(open("/proc/self/statm").read().split()[0]) * 4096 + 40 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (room, room))
hoard = []
try:
    while True:
        hoard.append(bytearray(2**20))
except MemoryError:
    pass
try:
    video.wait(5)
except BaseException:
    pass
"""


def test_d13_a_kernel_without_memory_keeps_its_job(ground: Ground, demo_server: RunningDemo) -> None:
    demo_server.settings(speed=1)
    ran = run(ground, STARVED)
    assert ran.stdout.strip()
    assert any(row["prediction_id"] == ran.stdout.split()[0] for row in ground.rows())
    finish(ground, demo_server)


BREAKS = """
import logging, sys, time
import pvideo
from pvideo.job import {module} as broken
first = [True]
inner = broken.{name}

async def breaks(*args, **more):
    if first:
        first.clear()
        raise {error}
    return await inner(*args, **more)

broken.{name} = breaks
video = pvideo.generate("A cat", duration=1, draft=True)
try:
    video.wait(8)
except Exception as problem:
    print(type(problem).__name__, video.status)
"""


@pytest.mark.parametrize("error", ["MemoryError()", "RecursionError('maximum recursion depth exceeded')"], ids=["memory", "recursion"])
@pytest.mark.parametrize(
    ("module", "name"), [("watching", "watch"), ("saving", "save"), ("sending", "_accept")], ids=["watch", "save", "accept"]
)
def test_d13_a_step_that_breaks_off_keeps_its_job(ground: Ground, demo_server: RunningDemo, module: str, name: str, error: str) -> None:
    demo_server.settings(speed=20)
    ran = run(ground, BREAKS.format(module=module, name=name, error=error))
    assert ran.returncode == 0, ran.stderr
    assert len(demo_server.requests("gateway", "POST")) == 1
    finish(ground, demo_server)
    assert len(demo_server.requests("gateway", "POST")) == 1


# -- D14

ENDINGS = {
    "falls off its end": "",
    "sys.exit": "sys.exit(0)",
    "exit()": "exit()",
    "raises SystemExit in a cell": "raise SystemExit",
    "quits with a card observed": "video.observe(print); sys.exit(0)",
    "collects garbage last": "import gc; del video; gc.collect(); sys.exit(0)",
    "with an atexit of its own": "import atexit; atexit.register(lambda: pvideo.generate('late', duration=1, draft=True)); sys.exit(0)",
}
PRESSES = """
import sys, time
import pvideo
video = pvideo.generate("A cat", duration=1, draft=True)
while {until}:
    time.sleep(0.005)
print(time.time(), flush=True)
{ending}
"""
MOMENTS = {
    "at once": "False",
    "as it runs": "video.prediction_id is None",
    "as it downloads": "video.snapshot().phase != 'saving'",
}


def ended(ground: Ground, program: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Run a program; return how long its end took, from its last line on."""
    ran = run(ground, program)
    return time.time() - float(ran.stdout.split()[0]), ran


@pytest.mark.parametrize("ending", ENDINGS)
def test_d14_the_interpreter_ends_in_time_and_in_silence(ground: Ground, demo_server: RunningDemo, ending: str) -> None:
    demo_server.settings(speed=0.5)
    took, ran = ended(ground, PRESSES.format(until=MOMENTS["as it runs"], ending=ENDINGS[ending]))

    assert (ran.returncode, ran.stderr) == (0, "")
    assert took <= ENDS_WITHIN
    if ending != "with an atexit of its own":
        finish(ground, demo_server)


@pytest.mark.parametrize("moment", MOMENTS)
def test_d14_at_any_moment(ground: Ground, demo_server: RunningDemo, moment: str) -> None:
    demo_server.faults([{"match": {"op": "file", "nth": 1}, "phase": "mid_response", "do": "hang", "at": 100}])
    took, ran = ended(ground, PRESSES.format(until=MOMENTS[moment], ending=""))

    assert (ran.returncode, ran.stderr) == (0, "")
    assert took <= ENDS_WITHIN
    time.sleep(0.2 if moment == "at once" else 0)  # what had left arrives
    row = ground.row()
    if row is not None and row["state"] in {"sending", "unknown"} and not demo_server.predictions():
        return  # cut off before anything was paid: it stays not confirmed, for a person
    demo_server.clear_faults()
    finish(ground, demo_server)


def test_d14_a_terminated_kernel_leaves_its_job_to_the_next(ground: Ground, demo_server: RunningDemo) -> None:
    demo_server.settings(speed=0.5)
    program = PRESSES.format(until=MOMENTS["as it runs"], ending="time.sleep(60)")
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ground.root, env=environment(ground), stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(ENDS_WITHIN) == -signal.SIGTERM
    process.stdout.close()
    finish(ground, demo_server)


# -- D15


@pytest.fixture
def account(demo: RunningDemo) -> RunningDemo:
    """This process presses, at the demo, as often as it likes."""
    settings.configure(budget_day=None)
    return demo


def holdings() -> dict[str, int]:
    """What this process holds now."""
    gc.collect()
    me = psutil.Process()
    return {"threads": me.num_threads(), "files and sockets": me.num_fds(), "python threads": threading.active_count()}


def cycle() -> None:
    """Start an engine, let it open connections, and end it."""
    engine = Engine.get()
    engine.recover_now()
    engine.model(Reference("prunaai", "p-video"))
    engine.close()


def test_d15_two_hundred_starts_leave_no_thread_no_socket_no_file(account: RunningDemo, tmp_path: Path) -> None:
    generate("A cat", duration=1, draft=True).wait(30)
    Engine.get().close()
    cycle()
    before, there = holdings(), {path.name for path in tmp_path.rglob("*")}

    for _ in range(CYCLES):
        cycle()

    end = time.monotonic() + 5
    while any(now > before[name] for name, now in holdings().items()) and time.monotonic() < end:
        time.sleep(0.05)  # the other side of a connection closes a little later
    assert {name: now for name, now in holdings().items() if now > before[name]} == {}, before
    assert {path.name for path in tmp_path.rglob("*")} == there
    assert len(account.predictions()) == 1


def test_d15_twenty_whole_jobs_leave_nothing_either(account: RunningDemo, tmp_path: Path) -> None:
    generate("A cat", duration=1, draft=True).wait(30)
    Engine.get().close()
    before = holdings()

    for number in range(20):
        generate(f"cat {number}", duration=1, draft=True).wait(30)
        Engine.get().close()

    end = time.monotonic() + 5
    while any(now > before[name] for name, now in holdings().items()) and time.monotonic() < end:
        time.sleep(0.05)
    assert {name: now for name, now in holdings().items() if now > before[name]} == {}, before
    kinds = {path.suffix for path in (tmp_path / "videos").iterdir()}
    assert kinds == {".mp4", ".json"}
    assert {path.name for path in (tmp_path / "home").iterdir()} == {"journal.db"}
