"""A1: nothing of a kernel's life changes because a video was made, shown, continued or exported."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tests.faults.test_kernels import Kernel, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.killing.ground import Ground

TRIED_FOR = 90.0
"""Seconds, on a busy machine; what hangs does so for ever."""

MADE = """
import atexit, concurrent.futures, json, multiprocessing, os, signal, sys, threading, time
from pathlib import Path
import pvideo
from pvideo.job.frame import still

video = pvideo.generate("A cat", duration=1, draft=True).wait(60)
assert video.snapshot().media.seconds == 1.0, video.snapshot().media
assert video.snapshot().poster[:3] == still(video.path)[:3] == still(video.path, 0.5)[:3] == bytes.fromhex("ffd8ff")
video.export("small.gif")
video.export("small.webm")
"""
WAYS = {
    "fork, ended by the interpreter": """
pid = os.fork()
if pid == 0:
    atexit.register(print, "the child's own farewell", flush=True)
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
""",
    "fork, which makes a poster of its own": """
from pvideo.job.probe import examine
pid = os.fork()
if pid == 0:
    about, poster = examine(video.path)
    sys.exit(7 if about["seconds"] == 1.0 and poster else 1)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
assert examine(video.path)[1] == video.snapshot().poster
""",
    "fork in the middle of an export": """
for number in range(5):
    working = threading.Thread(target=video.export, args=(f"again{number}.webm",))
    working.start()
    time.sleep(0.03 * number)
    pid = os.fork()
    if pid == 0:
        sys.exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    working.join()
    assert Path(f"again{number}.webm").stat().st_size == Path("small.webm").stat().st_size
""",
    "a pool of processes": """
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
""",
    "an executor of processes": """
with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
""",
    "a terminal": """
import pty
pid, handle = pty.fork()
if pid == 0:
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
""",
}
FAREWELL = "the child's own farewell"


def test_found_a1_a_program_forks_after_a_video(ground: Ground) -> None:
    """On Python 3.12 and newer, with PyAV 19, each of these hung for ever."""
    ways = "".join(f"{code}\nprint({name!r}, flush=True)\n" for name, code in WAYS.items())
    command = [sys.executable, "-W", "ignore", "-c", MADE + ways + "print(sorted({'av', 'numpy'} & set(sys.modules)))"]
    with subprocess.Popen(command, cwd=ground.root, env=environment(ground), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        try:
            said, errors = program.communicate(timeout=TRIED_FOR)
        except subprocess.TimeoutExpired:
            program.kill()
            said, errors = program.communicate()

    lines = [line for line in said.decode().splitlines() if line != FAREWELL]
    assert (lines, errors.decode(), program.returncode) == ([*WAYS, "[]"], "", 0)
    ground.check()


@pytest.fixture
def kernel(ground: Ground) -> Iterator[Kernel]:
    opened = Kernel(ground)
    yield opened
    opened.close()


def test_found_a1_a_kernel_s_shell_commands_after_a_video(ground: Ground, kernel: Kernel) -> None:
    kernel.run(MADE)

    began = time.monotonic()
    assert "hi from the shell" in kernel.run("!echo hi from the shell")
    assert "['two', 'lines']" in kernel.run("found = !printf 'two\\nlines'\nprint(list(found))")
    assert "bash was here" in kernel.run("%%bash\necho bash was here")
    took = time.monotonic() - began

    assert took < TRIED_FOR, f"three commands took {took:.1f} s"
    ground.check()


def test_found_a1_the_decoder_ends_soon_and_with_its_kernel(ground: Ground) -> None:
    """What decodes is gone a few seconds later, and at once when its kernel is killed."""
    import psutil

    told = "print('ready', flush=True)\nsys.stdin.readline()\n"
    command = [sys.executable, "-W", "ignore", "-c", f"{MADE}{told}still(video.path)\n{told}"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ground.root, env=environment(ground), **pipes) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        decoders = psutil.Process(program.pid).children
        assert program.stdout.readline() == "ready\n"
        ground.wait_for(lambda: not decoders())

        program.stdin.write("\n")
        program.stdin.flush()
        assert program.stdout.readline() == "ready\n"
        (decoder,) = decoders()
        assert not {"CF_AIG_TOKEN", "REPLICATE_API_TOKEN"} & set(decoder.environ())

        program.kill()
        psutil.wait_procs([decoder], timeout=10)
        assert not decoder.is_running()
