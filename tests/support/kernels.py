"""Real kernels for the tests. They are spoken to over files: a port is chosen some time before a kernel listens there, and any other
test may take it meanwhile."""

from __future__ import annotations

import functools
import itertools
import tempfile
from typing import TYPE_CHECKING

from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from traitlets.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient
    from nbformat import NotebookNode

_numbers = itertools.count()


def over_files() -> Config:
    """Settings for one kernel."""
    return Config({"KernelManager": {"transport": "ipc", "ip": f"{_folder().name}/kernel{next(_numbers)}"}})


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    # Not one of pytest's: a socket's path has room for about a hundred characters.
    return tempfile.TemporaryDirectory(prefix="kernels-")


def clear() -> None:
    """Remove the folder: a worker of pytest-xdist ends without the interpreter's farewell."""
    if _folder.cache_info().currsize:
        _folder().cleanup()
        _folder.cache_clear()


def start(environment: dict[str, str], folder: Path) -> tuple[KernelManager, BlockingKernelClient]:
    """Start a kernel that works in a folder, and speak to it."""
    manager = KernelManager(kernel_name="python3", config=over_files())
    manager.start_kernel(env=environment, cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return manager, client


def execute(book: NotebookNode, folder: Path, *, timeout: int = 60, environment: dict[str, str] | None = None) -> None:
    """Run a notebook from top to bottom with nobody looking at it."""
    options = {"kernel_name": "python3", "resources": {"metadata": {"path": str(folder)}}, "config": over_files()}
    NotebookClient(book, timeout=timeout, **options).execute(**({"env": environment} if environment else {}))
