"""What ``%load_ext pvideo`` does, and how it is undone."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError

from .display import outputs, tell
from .hosts import detect
from .magics import bind, register, unregister

if TYPE_CHECKING:
    from pvideo.job.video import Video


def load(shell: Any) -> None:
    """Register the magics, take IPython's configuration, warm up, and say what is news."""
    from pvideo import settings

    settings.use_ipython(_configured(shell))
    register(shell)

    def follow(old: Video, new: Video) -> None:
        bind(shell.user_ns, old, new)

    outputs.took_over = follow
    if detect(shell).has_widgets:
        from . import card  # noqa: F401 - so that the first cell has not to wait for it
    _load_the_model()
    threading.Thread(target=_warm_up, name="pvideo-warm-up", daemon=True).start()
    line = news()
    if line:
        tell(line)


def unload(shell: Any) -> None:
    """Take the magics away. Videos go on, and their cards stay: ``%reload_ext`` unloads, too."""
    unregister(shell)
    outputs.took_over = None


def _configured(shell: Any) -> dict[str, Any]:
    """Return the values of ``c.PVideo``."""
    config = getattr(shell, "config", None)
    return dict(config["PVideo"]) if config is not None and "PVideo" in config else {}


def _load_the_model() -> None:
    """Read the model that a first cell will most likely want; one that is not known is asked for by its cell."""
    from pvideo import settings
    from pvideo.job import press  # noqa: F401
    from pvideo.model import prepare, price, shelf, validation  # noqa: F401

    with contextlib.suppress(PVideoError):
        shelf.find(settings.current().model)


def _warm_up() -> None:
    """Load, beside the first cell, what is heavy and not needed before its create: the wire, the demo's starter."""
    with contextlib.suppress(Exception):
        from pvideo.demo import host  # noqa: F401
        from pvideo.wire import client  # noqa: F401


def news() -> str:
    """Return what became of the videos of earlier kernels, in one line; empty when there is nothing to say.

    Their jobs are taken over in the background: looked at and saved, never sent.
    """
    from pvideo.job.recover import recover

    from .demonstration import running_endpoint

    try:
        found = recover(running_endpoint)
    except PVideoError as error:
        return str(error)
    parts = []
    if found.running:
        parts.append(f"{_count(found.running)} from before {'is' if found.running == 1 else 'are'} still being made")
    if found.saved:
        parts.append(f"{found.saved if parts else _count(found.saved)} {'was' if found.saved == 1 else 'were'} saved meanwhile")
    return ", ".join(parts) + ": %pvideo history" if parts else ""


def _count(number: int) -> str:
    return "1 video" if number == 1 else f"{number} videos"
