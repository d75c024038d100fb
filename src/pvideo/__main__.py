"""``python -m pvideo recover``: go on with the videos of a kernel that is gone, without Jupyter."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pvideo.job.engine import Engine

_LOOK_EVERY = 0.2
_AT_MOST = 3700.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code: 0 when nothing is left to do."""
    parser = argparse.ArgumentParser(prog="python -m pvideo", description="P-Video in notebooks; here: without one.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("recover", help="save what kernels that are gone had begun; never sends a create")
    command.add_argument("--wait", action="store_true", help="stay until all of it has ended")
    chosen = parser.parse_args(arguments)
    return _recover(wait=chosen.wait)


def _recover(*, wait: bool) -> int:
    from pvideo.errors import PVideoError
    from pvideo.job.engine import Engine
    from pvideo.job.waiting import over

    try:
        engine = Engine.get()
        _learn_the_demo(engine)
        rows = engine.recover_now()
    except PVideoError as error:
        _say(str(error))
        return 1
    if not rows:
        _say("Nothing was left unfinished.")
        return 0
    videos = [engine.video(row.intent) for row in rows]
    for video in videos:
        _say(f"Going on with {video!r}")
    end = time.monotonic() + (_AT_MOST if wait else 2.0)
    while time.monotonic() < end and not all(over(video.snapshot()) for video in videos):
        time.sleep(_LOOK_EVERY)
    for video in videos:
        _say(repr(video) if video.error is None else f"{video!r}: {video.error}")
    left = sum(not video.snapshot().settled for video in videos)
    if left:
        _say(f"{left} not finished; python -m pvideo recover --wait stays until all that can go on is saved.")
    engine.close()
    return 0 if not left else 3


def _learn_the_demo(engine: Engine) -> None:
    """Let the demo's jobs go on where a demo runs."""
    from pvideo.notebook.demonstration import running_endpoint

    there = running_endpoint()
    if there is not None:
        engine.learn(there)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
