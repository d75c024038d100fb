"""Video generation inside a Jupyter notebook, with P-Video on Replicate through Cloudflare AI Gateway.

``%load_ext pvideo`` brings the ``%%pvideo`` magic; `generate` is the same in code; `Studio` has the controls. Names are loaded when
they are first used, so that ``import pvideo`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pvideo.errors import (
        BudgetError,
        BusyError,
        DemoError,
        DownloadError,
        ExportError,
        InputError,
        JournalError,
        ManagementError,
        PredictionError,
        PVideoError,
        RefusedError,
        SettingsError,
        UnconfirmedError,
        UnreachableError,
        WatchError,
    )
    from pvideo.job.collection import library as open_library  # noqa: F401 - what the room `library` does when it is called
    from pvideo.job.gateways import gateways
    from pvideo.job.plan import sweep
    from pvideo.job.press import generate
    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video
    from pvideo.notebook.compare import compare
    from pvideo.notebook.demonstration import configure
    from pvideo.notebook.page import export
    from pvideo.notebook.studio import Studio

__version__ = "0.1.0"

__all__ = [
    "BudgetError",
    "BusyError",
    "DemoError",
    "DownloadError",
    "ExportError",
    "InputError",
    "JournalError",
    "ManagementError",
    "PVideoError",
    "PredictionError",
    "RefusedError",
    "SettingsError",
    "Studio",
    "Sweep",
    "UnconfirmedError",
    "UnreachableError",
    "Video",
    "WatchError",
    "compare",
    "configure",
    "export",
    "gateways",
    "generate",
    "library",
    "load_ipython_extension",
    "sweep",
    "unload_ipython_extension",
]

_ERRORS = frozenset(name for name in __all__ if name.endswith("Error"))
_HOMES = {
    "Studio": "pvideo.notebook.studio",
    "Sweep": "pvideo.job.sweep",
    "Video": "pvideo.job.video",
    "compare": "pvideo.notebook.compare",
    "configure": "pvideo.notebook.demonstration",
    "export": "pvideo.notebook.page",
    "gateways": "pvideo.job.gateways",
    "generate": "pvideo.job.press",
    "sweep": "pvideo.job.plan",
}


def __getattr__(name: str) -> Any:
    if name == "library":  # a room and a function: the room, called, opens the library
        return importlib.import_module("pvideo.library")
    if name == "open_library":
        return _open_library()
    home = "pvideo.errors" if name in _ERRORS else _HOMES.get(name)
    if home is None:
        msg = f"module 'pvideo' has no attribute {name!r}"
        raise AttributeError(msg)
    if name != "configure" and name not in _ERRORS:
        _compose()
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def _compose() -> None:
    """Tie the rooms together: a video, which knows no notebook, is shown by one where there is one."""
    from pvideo import settings
    from pvideo.job import naming
    from pvideo.job.shown import Shown
    from pvideo.job.video import Video
    from pvideo.notebook import hook, hosts

    Shown.display_hook = staticmethod(hook.bundle_of)
    Shown.widget_hook = staticmethod(hook.widget_of)
    Video.explain_hook = staticmethod(hook.explain_video)
    naming.use(hook.Variables())
    settings.use_base(hosts.base_folder)


def _open_library() -> Any:
    from pvideo.job import collection
    from pvideo.notebook import hook

    _compose()
    collection.Library.display_hook = staticmethod(hook.bundle_of_library)
    collection.Library.widget_hook = staticmethod(hook.history_of)
    return collection.library


def load_ipython_extension(shell: Any) -> None:
    """Register ``%%pvideo`` and ``%pvideo`` (``%load_ext pvideo``); loading twice is harmless."""
    from pvideo.notebook.extension import load

    _compose()
    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Undo what loading did (``%unload_ext pvideo``); running videos go on."""
    from pvideo.notebook.extension import unload

    unload(shell)
