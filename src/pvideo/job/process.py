"""The engines of this process: one for each journal, ended with the interpreter, and not inherited by a forked child."""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pvideo.job.engine import Engine


class Engines:
    """Knows every engine that is open, by its journal's path."""

    def __init__(self) -> None:
        self.open: dict[Path, Engine] = {}
        self._making = threading.RLock()

    def get(self, path: Path, make: Callable[[Path], Engine]) -> Engine:
        """Return the engine of a journal; it is made once."""
        with self._making:
            if path not in self.open:
                self.open[path] = make(path)
            return self.open[path]

    def drop(self, engine: Engine) -> None:
        """Forget an engine that ends."""
        with self._making:
            for path in [path for path, known in self.open.items() if known is engine]:
                del self.open[path]

    def end(self) -> None:
        """End all of them, with the interpreter."""
        for engine in list(self.open.values()):
            engine.close()

    def before_fork(self) -> None:
        """Let the threads finish what they import: a child inherits a half-imported module, and would wait for it for ever."""
        if self.open:
            from pvideo.job import finding, saving  # noqa: F401
            from pvideo.wire import client, download  # noqa: F401

    def forked(self) -> None:
        """In a forked child: the threads did not come along, and the parent's journal is not ours to touch."""
        self.open.clear()
        self._making = threading.RLock()


engines = Engines()
"""Those of this process."""

atexit.register(engines.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=engines.before_fork, after_in_child=engines.forked)
