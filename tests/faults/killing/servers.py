"""Several demos in one process, one for each trial that runs at the same time: `python -m tests.faults.killing.servers 8`.

Their addresses are printed as one line of JSON; the process ends when its standard input does.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[3]
TOLD = ("base_url", "control_url", "control_token", "gateway_token", "replicate_token")


class Remote:
    """One demo of another process: its addresses and its control port."""

    def __init__(self, told: dict[str, str]) -> None:
        self.base_url, self.control_url, self.control_token, self.gateway_token, self.replicate_token = (told[name] for name in TOLD)

    def control(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        from tests.support.demo import RunningDemo

        return RunningDemo.control(self, path, body, method=method)  # type: ignore[arg-type]

    def ledger(self) -> dict[str, Any]:
        return self.control("ledger")

    def predictions(self) -> list[dict[str, Any]]:
        return self.ledger()["predictions"]

    def faults(self, rules: list[dict[str, Any]]) -> list[int]:
        return self.control("faults", rules)["rules"]

    def reset(self, **changes: Any) -> None:
        self.control("reset", {})
        if changes:
            self.control("settings", changes)

    def creates(self) -> list[dict[str, Any]]:
        """Return the requests to create a prediction, oldest first."""
        return [
            row for row in self.ledger()["requests"] if row["method"] == "POST" and not row["via"] and row["path"].endswith("/predictions")
        ]


class Servers:
    """The process, and its demos."""

    def __init__(self, count: int) -> None:
        command = [sys.executable, "-m", "tests.faults.killing.servers", str(count)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        assert self._process.stdout is not None
        self.demos = [Remote(told) for told in json.loads(self._process.stdout.readline())]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def main(count: int) -> None:
    from tests.support.demo import RunningDemo, tiny_clip

    logging.getLogger("uvicorn.error").addFilter(lambda record: "timeout graceful shutdown" not in record.getMessage())
    tiny_clip()
    demos = [RunningDemo() for _ in range(count)]
    for demo in demos:
        demo.start()
    print(json.dumps([{name: getattr(demo, name) for name in TOLD} for demo in demos]), flush=True)
    sys.stdin.read()
    for demo in demos:
        demo.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]))
