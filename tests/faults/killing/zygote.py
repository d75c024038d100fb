"""A process that has imported everything and forks kernels on command: a fresh "kernel" costs milliseconds, not a second.

It has no threads and no open journal, so what it forks is as good as newly started. It waits for its children only when it
is told to, so a pid that the test may still signal is never another process's.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[3]
_MESSAGE = 65_536


class Child:
    """One forked kernel, as the test sees it: what it tells, and signals to it."""

    def __init__(self, zygote: Zygote, pid: int, pipe: int) -> None:
        self.zygote, self.pid, self._pipe = zygote, pid, pipe
        self.told: list[dict[str, Any]] = []
        self.ended = False
        self.status: int | None = None
        self._rest = b""

    def until(self, *events: str, within: float = 30.0) -> dict[str, Any] | None:
        """Return the first of these events; None when the child ended, or when the time is over."""
        seen, end = 0, time.monotonic() + within
        while True:
            for one in self.told[seen:]:
                if one["event"] in events:
                    return one
            seen = len(self.told)
            if self.ended or not self._read(end - time.monotonic()):
                return None

    def run_out(self, within: float) -> bool:
        """Take in what it tells for so long; return whether it ended meanwhile."""
        end = time.monotonic() + within
        while not self.ended and self._read(end - time.monotonic()):
            pass
        return self.ended

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and no zombie is left."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
        self.join()

    def join(self) -> int:
        """Wait for its end and return its status."""
        if self.status is None:
            self.status = self.zygote.reap(self.pid)
            while not self.ended and self._read(1.0):
                pass
            os.close(self._pipe)
        return self.status

    def event(self, name: str) -> dict[str, Any] | None:
        """Return what it told already."""
        return next((one for one in self.told if one["event"] == name), None)

    def _read(self, within: float) -> bool:
        """Read what is there; False when nothing came in time."""
        if not select.select([self._pipe], [], [], max(within, 0.0))[0]:
            return False
        data = os.read(self._pipe, _MESSAGE)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.told += [json.loads(line) for line in lines]
        return True


class Zygote:
    """The process that forks."""

    def __init__(self) -> None:
        self._channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        for name in [name for name in environment if name.startswith(("PVIDEO", "CF_", "CLOUDFLARE", "REPLICATE"))]:
            del environment[name]
        command = [sys.executable, "-m", "tests.faults.killing.zygote", str(far.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[far.fileno()], cwd=ROOT, env=environment)
        far.close()
        self._lock = threading.Lock()

    def start(self, task: dict[str, Any]) -> Child:
        """Fork a kernel that does `task` (see `child.run`)."""
        read, write = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._channel, [json.dumps(task).encode()], [write])
                answer = json.loads(self._channel.recv(_MESSAGE))
        finally:
            os.close(write)
        return Child(self, answer["pid"], read)

    def reap(self, pid: int) -> int:
        """Wait for a child's end and return its status, negative for a signal."""
        while True:
            with self._lock:
                self._channel.send(json.dumps({"reap": pid}).encode())
                status = json.loads(self._channel.recv(_MESSAGE))["status"]
            if status is not None:
                return int(status)
            time.sleep(0.002)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main(descriptor: int) -> None:
    channel = socket.socket(fileno=descriptor)
    from tests.faults.killing import child

    child.load()
    assert threading.active_count() == 1, "a fork would lose these threads"
    assert len(list(Path("/proc/self/task").iterdir())) == 1
    gc.freeze()
    while True:
        data, descriptors, _, _ = socket.recv_fds(channel, _MESSAGE, 1)
        if not data:
            return
        task = json.loads(data)
        answer = {"status": _reaped(task["reap"])} if "reap" in task else {"pid": _fork(task, descriptors[0], channel)}
        channel.send(json.dumps(answer).encode())


def _reaped(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _fork(task: dict[str, Any], pipe: int, channel: socket.socket) -> int:
    pid = os.fork()
    if pid:
        os.close(pipe)
        return pid
    code = 1
    try:
        channel.close()
        code = _be(task, pipe)
    except BaseException:  # noqa: BLE001 - a forked child must never return into the zygote's loop
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _be(task: dict[str, Any], pipe: int) -> int:
    from tests.faults.killing import child

    log = os.open(task["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)

    def tell(event: str, **facts: Any) -> None:
        os.write(pipe, json.dumps({"event": event, "at": time.monotonic(), **facts}).encode() + b"\n")

    with contextlib.suppress(BrokenPipeError):
        child.run(task, tell)
    return 0


if __name__ == "__main__":
    main(int(sys.argv[1]))
