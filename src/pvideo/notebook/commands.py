"""The line magic ``%pvideo``: one function for each command, each returning or printing the same words everywhere."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING, Any

from pvideo.arguments import nearest, short, shown
from pvideo.errors import InputError, PVideoError

from .display import outputs, tell
from .options import split_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video

HELP = {
    "demo": "the embedded gateway: free, nothing leaves this machine   [--speed N] [--next WHAT] | off",
    "setup": "your own account: asks at a password prompt, checks it   [--create NAME | --use NAME] [--keep]",
    "doctor": "what works here and what does not; free",
    "wait": "wait until videos are there                                [names]",
    "cancel": "cancel a video                                             name",
    "history": "what was made                                              [words]",
    "export": "videos as one page, or notebook and videos as a zip      file.html|file.zip [names]",
    "budget": "what was spent, and how to change the limit",
    "explain": "the requests behind a video                                name",
    "log": "what the gateway noted of a video                          name",
    "limits": "what the gateway and Replicate allow, and what was refused",
}


_MOST = {"doctor": 0, "budget": 0, "limits": 0, "explain": 1, "log": 1}
"""How many words a command takes at most; the others take as many as there are, or look at them themselves."""


def run(line: str, shell: Any) -> None:
    """Run one command.

    Raises:
        PVideoError: There is no such command, it does not take that, or it failed.
    """
    words = split_words(line)
    if not words or words[0] in {"help", "-h", "--help"}:
        tell(overview())
        return
    name, rest = words[0], words[1:]
    if name not in HELP:
        near = nearest(name, HELP)
        raise PVideoError.make("command_unknown", name=short(name), suggestion=f"Did you mean %pvideo {near}? " if near else "")
    most = _MOST.get(name, len(rest))
    if len(rest) > most:
        takes = "the name of one video" if most else "nothing"
        advice = "Another limit: pvideo.configure(budget_day=10). " if name == "budget" else ""
        raise InputError("command_takes", name=name, takes=takes, word=shown(rest[most]), advice=advice)
    commands: dict[str, Callable[[list[str], Any], None]] = {
        "demo": _demo,
        "setup": _setup,
        "doctor": _doctor,
        "wait": _wait,
        "cancel": _cancel,
        "history": _history,
        "export": _export,
        "budget": _budget,
        "explain": _explain,
        "log": _log,
        "limits": _limits,
    }
    commands[name](rest, shell)


def overview() -> str:
    """Return the list of commands."""
    lines = [f"%pvideo {name:<9} {words}" for name, words in HELP.items()]
    return "\n".join(["%%pvideo [name] [--options]   makes a video from the cell's text; all options: %%pvideo -h", *lines])


def find_videos(names: list[str], shell: Any) -> list[Video]:
    """Return the videos that variables name, all of a sweep; without names, those of all variables.

    Raises:
        PVideoError: ``video_unknown``.
    """
    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video

    held = {name: value for name, value in shell.user_ns.items() if isinstance(value, (Video, Sweep)) and not name.startswith("_")}
    known: dict[str, list[Video]] = {name: list(value.videos) if isinstance(value, Sweep) else [value] for name, value in held.items()}
    names = [unicodedata.normalize("NFKC", name) for name in names]  # as Python keeps them
    for name in [name for name in names if name not in known]:
        remembered = _remembered(name)
        if remembered is None:
            near = nearest(name, known)
            raise PVideoError.make("video_unknown", name=short(name), suggestion=f"Did you mean {near}? " if near else "")
        known[name] = [remembered]
    found = [video for name in (names or known) for video in known[name]]
    return list({video.intent: video for video in found}.values())


def find_sweeps(shell: Any) -> list[Sweep]:
    """Return the sweeps that variables hold."""
    from pvideo.job.sweep import Sweep

    return [value for name, value in shell.user_ns.items() if isinstance(value, Sweep) and not name.startswith("_")]


def _remembered(name: str) -> Video | None:
    """Return the newest video that was called so, also by a kernel that is gone."""
    from pvideo.job.engine import Engine
    from pvideo.library.queries import newest_named

    engine = Engine.get()
    intent = newest_named(engine.journal, name)
    return None if intent is None else engine.video(intent)


def _demo(words: list[str], _: Any) -> None:
    from .demonstration import demo

    tell(demo(words))
    _refresh_studios()


def _setup(words: list[str], _: Any) -> None:
    from .setup import setup

    setup(words, tell=tell)
    _refresh_studios()


def _refresh_studios() -> None:
    """Let open Studios know; where there is none their part is not even loaded."""
    studio = sys.modules.get("pvideo.notebook.studio")
    if studio is not None:
        studio.refresh_all()


def _doctor(_: list[str], shell: Any) -> None:
    from .doctor import doctor

    tell(doctor(shell))


def _wait(names: list[str], shell: Any) -> None:
    """Wait on the cell's own thread, so that what stands at the end is recorded where nobody looks on."""
    from .card import text_of
    from .waiting import wait_for

    videos = find_videos(names, shell)
    for video in videos:
        snapshot = wait_for(video)
        outputs.finish(video, shell)
        tell(text_of(snapshot))
    for made in find_sweeps(shell):
        outputs.finish(made, shell)
    if not videos:
        tell("There is nothing to wait for.")


def _cancel(names: list[str], shell: Any) -> None:
    running = [video for video in find_videos(names, shell) if not video.done]
    if not names and len(running) > 1 and not any(set(running) <= set(made.videos) for made in find_sweeps(shell)):
        choice = ", ".join(video.name for video in running if video.name)
        raise PVideoError.make("value_wrong", problem=f"Several videos are being made ({choice}): say which one.")
    for video in running:
        video.cancel()
        tell(f"{video.name or 'The video'}: asked to cancel. Before it is sent that is free; once it runs, Replicate may still charge.")
    if not running:
        tell("Nothing is being made.")


def _history(words: list[str], _: Any) -> None:
    from .history import show

    show(" ".join(words))


def _export(words: list[str], shell: Any) -> None:
    from .page import export_command

    tell(export_command(words, find_videos(words[1:], shell)))


def _budget(_: list[str], __: Any) -> None:
    from .spending import budget

    tell(budget())


def _explain(names: list[str], shell: Any) -> None:
    from .explain import explanation
    from .hosts import detect

    found = explanation(_the_video(names, shell))
    if hasattr(shell, "display_pub") and detect(shell).has_html:
        shell.display_pub.publish(data={"text/html": found._repr_html_(), "text/plain": repr(found)}, metadata={})
    else:
        tell(repr(found))


def _log(names: list[str], shell: Any) -> None:
    from .log import shown
    from .made import called

    video = _the_video(names, shell)
    tell(shown(video.log(), called(video.snapshot())))


def _limits(_: list[str], __: Any) -> None:
    from .limits import report

    tell(report())


def _the_video(names: list[str], shell: Any) -> Video:
    """Return the video that is named, or the last one."""
    videos = find_videos(names[:1], shell)
    video: Video | None = videos[0] if names else shell.user_ns.get("_pvideo")
    if video is None:
        raise PVideoError.make("video_unknown", name="(none)", suggestion="")
    return video
