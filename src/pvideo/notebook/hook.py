"""How a `Video` or a `Library` on a cell's last line is shown, and explained: the package's root sets their hooks to these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pvideo.job.collection import Library
    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video

    from .compare import Compare
    from .explain import Explanation


def attended() -> bool:
    """Return whether somebody can press a button in the running cell; a script has its own code for that."""
    from .hosts import detect, running_shell

    return detect(running_shell()).kind != "headless"


def bundle_of(value: Video | Sweep | Compare) -> dict[str, Any]:
    """Return a video, a sweep or a comparison for whoever formats it in the running cell: live, as html, or as text.

    Where nothing arrives after the cell has ended it waits, as ``%%pvideo`` does.
    """
    from .hosts import detect, running_shell

    shell = running_shell()
    host = detect(shell)
    if not host.has_html:
        return {"text/plain": repr(value)}
    from .display import outputs, videos_of

    if host.waits:
        from .waiting import wait_for

        for video in videos_of(value):
            wait_for(video)
    return outputs.bundle(value, shell)


def widget_of(video: Video | Sweep) -> Any:
    """Return the card of a video or the sheet of a sweep; its text where no widgets are drawn. For marimo, which has no display ids."""
    from .hosts import detect, running_shell

    shell = running_shell()
    if not detect(shell).has_widgets:
        return repr(video)
    from .display import outputs

    return outputs.widget(video, shell)


class Variables:
    """The notebook's variables: which names are free for a video that a button makes."""

    def is_free(self, name: str) -> bool:
        """Whether no variable is called that."""
        return name not in self._all()

    def bind(self, name: str, video: Video) -> None:
        """Let a variable of that name hold the video."""
        self._all()[name] = video

    def attended(self) -> bool:
        """Whether somebody can press a button in the running cell."""
        return attended()

    @staticmethod
    def _all() -> dict[str, Any]:
        from .hosts import running_shell

        shell = running_shell()
        found: dict[str, Any] = shell.user_ns if shell is not None else {}
        return found


def explain_video(video: Video) -> Explanation:
    """Return the requests behind a video, in words."""
    from .explain import explanation

    return explanation(video)


def bundle_of_library(library: Library) -> dict[str, Any]:
    """Return a library as the history, for whoever formats it in the running cell."""
    from .hosts import detect, running_shell

    shell = running_shell()
    if not detect(shell).has_html:
        return {"text/plain": repr(library)}
    from .history import bundle

    return bundle(library, shell)


def history_of(library: Library) -> Any:
    """Return a library as the history; its text where no widgets are drawn. For marimo."""
    from .hosts import detect, running_shell

    if not detect(running_shell()).has_widgets:
        return repr(library)
    from .library import History

    return History(library)
