"""Which job an unchanged cell shows again: by what was asked, and by what this notebook's folder holds.

A project that was renamed, moved or copied has its videos with it. What another folder that is still there has is another matter.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pvideo import settings
from pvideo.errors import SettingsError
from pvideo.library import sidecar
from pvideo.library.files import is_file_of
from pvideo.library.press_key import typed_key

if TYPE_CHECKING:
    from typing import Literal

    from pvideo.library.journal import Journal
    from pvideo.library.rows import JobRow


@dataclass(frozen=True, slots=True)
class Recognised:
    """A job that a press shows again."""

    row: JobRow
    copies: tuple[Path, ...] = ()
    """Its files in this folder, where it belongs to another one."""


def recognise(journal: Journal, asked: JobRow, reuse: Literal["none", "running", "any"]) -> Recognised | None:
    """Return the job that a press shows again; what was moved here, or is new to the journal, is noted there.

    Args:
        journal: Where to look.
        asked: The press, with its key, folder, model and prompt.
        reuse: Whether a job is shown again: never, while it runs, or always.

    Raises:
        JournalError: The journal cannot be read or written.
    """
    key, folder = asked.typed_key, Path(asked.folder)
    if reuse == "none" or not key:
        return None
    found = journal.by_press(key, asked.folder, running=reuse == "running")
    if found is not None:
        return Recognised(found)
    for row in journal.elsewhere(key, asked.folder):
        if row.finished and reuse == "running":
            break
        recognised = _here(journal, row, folder)
        if recognised is not None:
            return replace(recognised, row=journal.get(row.intent) or recognised.row)
    return _told(journal, asked, folder) if reuse == "any" else None


def place_of(row: JobRow) -> Path:
    """Return where a job's files go: to its folder, or to the one in force when its own was renamed or deleted meanwhile."""
    own = Path(row.folder)
    with suppress(SettingsError):
        return settings.current().video_folder if _is_gone(row) else own
    return own


def _here(journal: Journal, row: JobRow, folder: Path) -> Recognised | None:
    """Return a job of another folder that is this one by another name, was moved here, or was copied here."""
    own = Path(row.folder)
    there, gone = _same(own, folder), _is_gone(row)
    if not row.finished:
        return _moved(journal, row, folder, row.files) if there or gone else None
    files = _files_here(row, folder)
    if files and own.is_dir() and not there:
        return Recognised(row, files)
    if files:
        return _moved(journal, row, folder, tuple(map(str, files)))
    # It was saved when its folder was gone already, wherever the kernel worked that took it over.
    strayed = gone and row.files and Path(row.files[0]).parent != own and is_file_of(Path(row.files[0]), row.bytes, row.sha256)
    return _moved(journal, row, folder, row.files) if there or strayed else None


def _is_gone(row: JobRow) -> bool:
    """Return whether a job's folder was renamed or deleted; one that is not there may also be still to be made, in a project that is."""
    own = Path(row.folder)
    return not own.is_dir() and (row.folder_there or not own.parent.is_dir())


def _moved(journal: Journal, row: JobRow, folder: Path, files: tuple[str, ...]) -> Recognised:
    journal.update(row.intent, folder=str(folder), files=files)
    return Recognised(replace(row, folder=str(folder), files=files))


def _told(journal: Journal, asked: JobRow, folder: Path) -> Recognised | None:
    """Return the job of this press that only a sidecar tells of, once the journal has it. No budget of this journal paid for it."""
    for row in sidecar.named(folder, asked.words):
        if row.press_key is None or typed_key(row.realm, row.model, row.typed) != asked.typed_key or not _files_here(row, folder):
            continue
        made = replace(row, typed_key=asked.typed_key, budgeted=False)
        if journal.add(made):
            return Recognised(made)
    return None


def _files_here(row: JobRow, folder: Path) -> tuple[Path, ...]:
    """Return a job's files in a folder; none when the first, whose size and hash are known, is not the one that was saved."""
    paths = tuple(folder / Path(file).name for file in row.files)
    return tuple(path for path in paths if path.is_file()) if paths and is_file_of(paths[0], row.bytes, row.sha256) else ()


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
