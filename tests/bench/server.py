"""A demo in a process of its own, so that the other side's CPU is not counted as ours.

Every job waits in the queue for a time drawn evenly from a range, writes no progress in its log, and then has its video.
Commands come as JSON lines on standard input, answers go as JSON lines to standard output.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """The other side, as the benchmarks steer it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.base_url: str
        self.origin: str
        hello = self._read()
        self.base_url, self.origin = hello["base_url"], hello["origin"]
        self.gateway_token, self.replicate_token = hello["gateway_token"], hello["replicate_token"]

    def jobs_take(self, middle: float, spread: float = 0.2) -> None:
        """Let jobs that are made from now on take so long, spread evenly (seconds)."""
        self._ask({"queue_seconds": [(1 - spread) * middle, (1 + spread) * middle]})

    def looks_fail(self, every: int) -> None:
        """Let every so many-th look be answered with a 503."""
        failing = list(range(every, 100_000, every))
        self._ask({"fault": {"match": {"op": "get", "nth": failing}, "phase": "before_accept", "do": "status", "status": 503}})

    def told(self) -> dict[str, Any]:
        """Return `ends` (id → when it ended, epoch seconds), `looks` (id → how often it was asked for), `lists`, `at` (every GET)."""
        return self._ask({})

    def _ask(self, settings: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(settings) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def served() -> Iterator[Server]:
    """Run the other side for the time of a with-block."""
    command = [sys.executable, "-m", "tests.bench.server"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process)


def main() -> None:
    """Serve until standard input ends."""
    from tests.support.demo import running_demo

    free = 10**9
    with running_demo(speed=1.0, seconds_per_second=0.0, other_limit=free, create_limit=free) as demo:
        address = ("base_url", "origin", "gateway_token", "replicate_token")
        print(json.dumps({name: getattr(demo, name) for name in address}), flush=True)
        for line in sys.stdin:
            settings = json.loads(line)
            if "fault" in settings:
                demo.faults(settings["fault"])
                print("{}", flush=True)
            elif settings:
                demo.settings(**settings)
                print("{}", flush=True)
            else:
                print(json.dumps(_told(demo)), flush=True)


def _told(demo: Any) -> dict[str, Any]:
    now, asked = demo.state.clock.now(), [row for row in demo.requests(method="GET") if "/predictions" in row["path"]]
    ends = {item.id: item.ended_at for item in demo.state.store if item.status(now) == "succeeded"}
    looks = dict.fromkeys(ends, 0)
    for row in asked:
        name = row["path"].rpartition("/")[2]
        looks[name] = looks.get(name, 0) + 1
    lists = [row["at"] for row in asked if row["path"].partition("?")[0].endswith("/predictions")]
    return {"ends": ends, "looks": looks, "lists": len(lists), "at": [row["at"] for row in asked]}


if __name__ == "__main__":
    main()
