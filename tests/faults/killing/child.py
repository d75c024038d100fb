"""What a forked kernel does: it opens the notebook and runs the cell. Points where it stops or dies are laid into it here, from outside.

A task is a dict: ``home folder base_url gateway_token replicate_token prompt log``, and
``do``: "cell" (load the extension, run the cell, wait), "recover" (no cell), or "hold" (run the cell, do not wait);
``inputs``, ``prefer_wait``, ``again``: of the press;
``points``: {name: "kill" | "stop" | "tell"} (see `points`);
``lost``: whether a press that never left is expected, so that a person presses [Generate again];
``clocks``: see `clocks`;
``within``: seconds to wait.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pvideo.job.video import Video

Tell = "Callable[..., None]"


def load() -> None:
    """Import all that a kernel needs, once, in the zygote."""
    import anyio._backends._asyncio  # noqa: F401 - loaded with the first connection otherwise
    import httpx  # noqa: F401
    import jsonschema  # noqa: F401
    from tests.faults.killing import clocks, points  # noqa: F401

    from pvideo.job import actions, finding, press, recover, saving, sending, watching  # noqa: F401
    from pvideo.job.press import find_model
    from pvideo.library import sidecar  # noqa: F401
    from pvideo.model.prepare import prepare
    from pvideo.wire import client, download, transfer  # noqa: F401

    prepare(find_model(), {"prompt": "A cat", "duration": 1, "draft": True}, folder=Path.cwd())


def run(task: dict[str, Any], tell: Any) -> None:
    """Do the task, tell what happens, and end as an interpreter does."""
    from pvideo.job import engine

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(relativeCreated)d %(name)s %(message)s")
    try:
        _prepare(task, tell)
        tell("began")
        _do(task, tell)
    except Exception as problem:
        logging.getLogger("child").exception("the cell failed")
        tell("error", type=type(problem).__name__, text=str(problem))
    for one in list(engine.Engine._engines.values()):
        one.close()
    tell("ended")


def _prepare(task: dict[str, Any], tell: Any) -> None:
    from tests.faults.killing import clocks, points

    from pvideo import settings
    from pvideo.job import engine

    engine.examine = None  # type: ignore[assignment]  # a process for each poster takes longer than the rest of a trial; nothing paid hangs on it
    os.chdir(Path(task["folder"]).parent)
    named = ("home", "folder", "base_url", "gateway_token", "replicate_token")
    settings.configure(budget_day=None, **{name: task[name] for name in named})
    if task.get("clocks"):
        clocks.install(task["clocks"], tell)
    points.install(task.get("points", {}), tell)


def _do(task: dict[str, Any], tell: Any) -> None:
    from pvideo.job.press import find_model, press
    from pvideo.job.recover import recover

    recover()  # as %load_ext does
    if task.get("do") == "recover":
        _stay(task)
        return
    if "at" in task:  # several kernels press at the same moment
        time.sleep(max(task["at"] - time.monotonic(), 0.0))
    inputs = {"prompt": task["prompt"], "duration": 1, "draft": True, **task.get("inputs", {})}
    again = bool(task.get("again"))
    video = press(find_model(), inputs, again=again, reuse=not again, prefer_wait=bool(task.get("prefer_wait")))
    words: list[str] = []
    stop = video.observe(lambda shown: words.append(shown.status) if words[-1:] != [shown.status] else None)
    tell("pressed", intent=video.intent, status=video.status)
    if task.get("do") == "hold":
        _stay(task)
        return
    if task.get("lost"):
        video = _give_up(video, tell)
    try:
        video.wait(task.get("within", 60.0))
    except TimeoutError:
        tell("late", status=video.status, error=str(video.error))
        return
    # The file may be there before the price: the notebook stays open until nothing more happens by itself.
    end = time.monotonic() + 30
    while not video.snapshot().settled and time.monotonic() < end:
        time.sleep(0.01)
    stop()
    tell("done", status=video.status, path=str(video.path), words=words)


def _give_up(video: Video, tell: Any) -> Video:
    """Wait until it was looked for in vain, then press [Generate again], as a person would."""
    from pvideo.job import actions

    end = time.monotonic() + 30
    while video.snapshot().looked_at is None and time.monotonic() < end:
        time.sleep(0.02)
    tell("lost", status=video.status, error=video.error.key if video.error else "")
    return actions.generate_again(video)


def _stay(task: dict[str, Any]) -> None:
    time.sleep(task.get("within", 60.0))


def die() -> None:
    """End here and now, as by the out-of-memory killer."""
    os.kill(os.getpid(), signal.SIGKILL)
