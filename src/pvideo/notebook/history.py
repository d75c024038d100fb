"""``%pvideo history``: what was made, newest first, as a table of html or twenty rows of text."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .hosts import detect, notebook_folder, running_shell
from .view import relative
from .words import date, size

if TYPE_CHECKING:
    from pvideo.library.rows import JobRow

_ROWS = 20
_PROMPT = 60
_EMPTY = "No videos here yet. Run a %%pvideo cell or press Generate in a Studio."
_CELL = "text-align:left;padding:2px 10px 2px 0;vertical-align:top"


def show(words: str) -> None:
    """Show what was made, with the words to look for."""
    from pvideo.job.engine import Engine
    from pvideo.library import queries

    engine = Engine.get()
    engine.recover()
    rows = queries.history(engine.journal, words, limit=_ROWS)
    text = as_text(rows, words) + _total(engine)
    shell = running_shell()
    if not rows or shell is None or not detect(shell).has_html:
        from .display import tell

        tell(text)
        return
    shell.display_pub.publish(data={"text/html": as_html(rows, notebook_folder()), "text/plain": text}, metadata={})


def as_text(rows: list[JobRow], words: str = "") -> str:
    """Return the rows as lines of text."""
    if not rows:
        return f"Nothing was found for {words!r}." if words else _EMPTY
    lines = [f"{'made':<14} {'status':<12} {'money':<10} {'seed':<11} {'name':<12} prompt"]
    for row in rows:
        seed = "" if row.seed is None else str(row.seed)
        lines.append(f"{_made(row):<14} {_status(row):<12} {_money(row):<10} {seed:<11} {row.name:<12} {_short(row.prompt)}")
    return "\n".join(lines)


def as_html(rows: list[JobRow], base: Path) -> str:
    """Return the rows as a plain table, whole prompts in it."""
    head = "".join(f'<th style="{_CELL}">{name}</th>' for name in ("prompt", "made", "status", "money", "seed", "file"))
    body = "".join(f"<tr>{_cells(row, base)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: JobRow, base: Path) -> str:
    name = f"<b>{escape(row.name)}</b> " if row.name else ""
    plain = [_made(row), _status(row), _money(row), "" if row.seed is None else str(row.seed)]
    cells = [name + escape(row.prompt), *(escape(text) for text in plain), _file(row, base)]
    return "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)


def _file(row: JobRow, base: Path) -> str:
    from pvideo.library.queries import changed, missing

    if not row.files:
        return ""
    if missing(row):
        return "missing: moved or deleted"
    path = Path(row.files[0])
    link = f'<a href="{escape(relative(path, base))}">{escape(path.name)}</a>'
    return f"{link} (changed since it was saved)" if changed(row) else link


def _status(row: JobRow) -> str:
    from pvideo.job.live import status_of

    return status_of(row)


def _made(row: JobRow) -> str:
    return date(row.pressed_at)


def _money(row: JobRow) -> str:
    from pvideo.job.budget import cost_text

    return "free" if row.realm == "demo" else cost_text(row, _status(row))


def _short(prompt: str) -> str:
    line = " ".join(prompt.split())
    return line if len(line) <= _PROMPT else line[: _PROMPT - 1] + "…"


def _total(engine: Any) -> str:
    from pvideo.library.queries import size as library_size

    count, total = library_size(engine.journal)
    return f"\n{count} video{'' if count == 1 else 's'} · {size(total)}" if count else ""
