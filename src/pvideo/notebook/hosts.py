"""Where a cell's output will be seen, found out at run time: it decides about widgets, waiting and files."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pvideo.errors import SettingsError
from pvideo.settings import working_folder

Kind = Literal["jupyter", "voila", "vscode", "colab", "marimo", "headless", "terminal", "script"]


_moved: Path | None = None
"""The notebook's file, where its page has told of a move."""


@dataclass(frozen=True, slots=True)
class Host:
    """What shows our output."""

    kind: Kind

    @property
    def has_widgets(self) -> bool:
        """Whether a live card can be shown (nbclient would store each card's whole module; Colab shows no thread's updates)."""
        return self.kind in {"jupyter", "voila", "vscode", "marimo"}

    @property
    def waits(self) -> bool:
        """Whether a cell has to wait for its video, as nothing arrives after it has ended."""
        return self.kind in {"headless", "colab"}

    @property
    def swaps(self) -> bool:
        """Whether an output can be replaced by its display id after its cell has ended."""
        return self.kind in {"jupyter", "vscode"}

    @property
    def has_html(self) -> bool:
        """Whether html is shown at all."""
        return self.kind not in {"terminal", "script"}

    @property
    def label(self) -> str:
        """The host's name as a person knows it."""
        names = {"jupyter": "Jupyter", "voila": "Voila", "vscode": "VS Code", "colab": "Colab", "marimo": "marimo"}
        return names.get(self.kind, "no page" if self.kind == "headless" else self.kind)


def detect(shell: Any = None) -> Host:
    """Return the host of the running cell; `shell` is IPython's, found by itself when not given.

    Read it inside the cell: whether someone can answer (``allow_stdin``) is a property of each request.
    """
    shell = shell or running_shell()
    if shell is None:
        return Host("marimo" if _in_marimo() else "script")
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return Host("terminal")
    if "google.colab" in sys.modules:
        return Host("colab")
    if os.getenv("SERVER_SOFTWARE", "").startswith("voila/"):
        return Host("voila")
    if not _allows_stdin(kernel):
        return Host("headless")
    return Host("vscode" if "__vsc_ipynb_file__" in shell.user_ns or os.getenv("VSCODE_PID") is not None else "jupyter")


def notebook_folder() -> Path:
    """Return the folder that saved addresses are relative to: the notebook's, as `base_folder` has it."""
    try:
        return base_folder()
    except SettingsError:
        return Path(Path.home().anchor)


def base_folder() -> Path:
    """Return the folder that the notebook lies in.

    Where no host tells it, it is the one that the kernel began in, wherever its cells have gone since. A script has none: it is the
    folder that it works in at the moment.

    Raises:
        SettingsError: No host tells it, and the working folder was deleted.
    """
    shell = running_shell()
    begun = getattr(shell, "starting_dir", None)
    folders = [*(path.parent for path in _places(shell)), *([Path(begun)] if isinstance(begun, str) else [])]
    return next((folder for folder in folders if folder.is_dir()), None) or working_folder()


def follow_page(path: object) -> bool:
    """Take the notebook's path as its page tells it, from the server's root; return whether it lies elsewhere than was known.

    The kernel is told once, when it starts, where its notebook lies. After a move only the page knows; what it says is believed where
    the notebook is found.
    """
    global _moved  # noqa: PLW0603 - of the one notebook of this process
    session, before = _session(), _moved
    if session is None or not isinstance(path, str) or not path.endswith(".ipynb") or Path(path).is_absolute() or ".." in Path(path).parts:
        return False
    # A kernel may have two notebooks; the one that it was started with was moved only if it is gone.
    there = None if session.is_file() else next((place for root in session.parents if (place := root / path).is_file()), None)
    _moved = there if there is not None or session.is_file() else _moved
    return before != _moved


def lies_now(path: Path) -> Path:
    """Return where a file lies that may have gone along with the notebook's folder."""
    session = _session()
    if session is None or path.exists() or not path.is_relative_to(session.parent):
        return path
    along = notebook_folder() / path.relative_to(session.parent)
    return along if along.exists() else path


def notebook_file() -> Path | None:
    """Return the running notebook's file, None where the host does not tell."""
    return next((path for path in _places(running_shell()) if path.suffix == ".ipynb" and path.is_file()), None)


def _places(shell: Any) -> list[Path]:
    """Return where the notebook's file lies, or lay: as its page told last, then as the hosts said when the kernel began."""
    return [*([_moved] if _moved is not None else []), *_told(shell)]


def _session() -> Path | None:
    """Return the notebook's file as the kernel was told when it started."""
    return next(iter(_told(running_shell())), None)


def _told(shell: Any) -> list[Path]:
    """Return what hosts say the notebook's file is: VS Code and Jupyter to a kernel, marimo of itself."""
    if shell is None:
        folder = getattr(sys.modules.get("marimo"), "notebook_dir", lambda: None)() if _in_marimo() else None
        return [Path(folder) / "notebook.py"] if folder is not None else []
    if getattr(shell, "kernel", None) is None:
        return []
    names = shell.user_ns
    said = [names.get("__vsc_ipynb_file__"), names.get("__session__"), os.getenv("JPY_SESSION_NAME")]
    return [Path(name) for name in said if isinstance(name, str) and Path(name).is_absolute()]


def cell_id(shell: Any) -> str:
    """Return an id of the running cell, empty where the host does not tell."""
    parent = _parent(getattr(shell, "kernel", None))
    found = parent.get("metadata", {}).get("cellId", "")
    return found if isinstance(found, str) else ""


def message_id(shell: Any) -> str:
    """Return the id of the running request, empty where there is none."""
    found = _parent(getattr(shell, "kernel", None)).get("header", {}).get("msg_id", "")
    return found if isinstance(found, str) else ""


def _allows_stdin(kernel: Any) -> bool:
    content = _parent(kernel).get("content", {})
    return bool(content.get("allow_stdin", getattr(kernel, "_allow_stdin", True)))


def _parent(kernel: Any) -> dict[str, Any]:
    try:
        parent = kernel.get_parent()
    except (AttributeError, LookupError):
        return {}
    return parent if isinstance(parent, dict) else {}


def running_shell() -> Any:
    """Return IPython's shell, None where there is none; IPython is not loaded for the question."""
    interactive = sys.modules.get("IPython.core.getipython")
    return interactive.get_ipython() if interactive else None


def _in_marimo() -> bool:
    marimo = sys.modules.get("marimo")
    try:
        return bool(marimo and marimo.running_in_notebook())
    except Exception:  # noqa: BLE001 - a strange marimo is no marimo
        return False
