"""The process that draws: one line of JSON in (input, file, id), one line out (what was made, or why not)."""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path
from typing import Any

IDLE = 120.0
"""Seconds without work after which it ends, to give its memory back."""


def main() -> None:
    """Serve until the other side is gone or has had no work for a while."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever a library prints must not be taken for an answer.
    os.dup2(2, 1)
    os.nice(10)
    while line := _next_line():
        answers.write(json.dumps(_draw(json.loads(line))) + "\n")
        answers.flush()


def _next_line() -> bytes:
    ready, _, _ = select.select([sys.stdin.fileno()], [], [], IDLE)
    return sys.stdin.buffer.readline() if ready else b""


def _draw(task: dict[str, Any]) -> dict[str, Any]:
    from dataclasses import asdict

    from pvideo.demo.clip import ClipError, render
    from pvideo.demo.draw import draw

    try:
        if "kind" in task:
            return asdict(draw(task["kind"], task["given"], Path(task["folder"]), prediction_id=task["id"]))
        return asdict(render(task["given"], Path(task["out"]), prediction_id=task["id"]))
    except ValueError as error:
        if "kind" not in task and not isinstance(error, ClipError):
            return {"error": f"{type(error).__name__}: {error}"}
        return {"refused": str(error)}
    except Exception as error:  # noqa: BLE001 (a clip that fails is an answer, not the end of the process)
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
