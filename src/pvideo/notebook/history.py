"""``%pvideo history`` and `pvideo.library()` as they are shown: the live history, or a table of html, or twenty rows of text."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .hosts import cell_id, detect, message_id, notebook_folder, running_shell
from .view import relative
from .words import date, say, size

if TYPE_CHECKING:
    from pvideo.job.collection import Library
    from pvideo.library.rows import JobRow
    from pvideo.library.search import Found

    from .library import History

ROWS = 20
_PROMPT = 60
_CELL = "text-align:left;padding:2px 10px 2px 0;vertical-align:top"

_shown: dict[str, tuple[str, list[History]]] = {}
"""What each cell shows, and the request that it came of."""

ROW_KEYS = (
    *("id", "name", "status", "done", "phase", "prompt", "stars", "note", "made", "facts", "money", "seed", "missing", "changed", "file"),
    *("running", "thumb"),
)
"""The names of a row's parts (``js/src/library/row.ts`` is the other side; a contract test compares them)."""


def show(words: str) -> None:
    """Show what was made, with the words to look for."""
    from pvideo.job.collection import library

    found = library(words)
    shell = running_shell()
    if shell is None or not detect(shell).has_html:
        from .display import tell

        tell(text_of(found))
    else:
        present(found, shell)


def present(library: Library, shell: Any) -> None:
    """Show a library in the running cell: live where widgets are drawn."""
    shell.display_pub.publish(data=bundle(library, shell), metadata={})


def bundle(library: Library, shell: Any) -> dict[str, Any]:
    """Return a library for whoever formats it: live where widgets are drawn, else its newest rows as html and text."""
    if detect(shell).has_widgets:
        from .library import History

        made = History(library)
        _let_go(cell_id(shell), message_id(shell), made)
        return made.mimebundle()
    rows = library.rows(0, ROWS)
    html = {"text/html": as_html(rows, notebook_folder())} if rows else {}
    return {"text/plain": text_of(library), **html}


def _let_go(cell: str, message: str, made: History) -> None:
    """Close what a cell showed before it ran again: nobody sees it, and it would look up every video all the same."""
    if not cell:
        return
    before, lost = _shown.get(cell, ("", []))
    same_run = before == message and message != ""
    _shown[cell] = (message, [*lost, made] if same_run else [made])
    for history in () if same_run else lost:
        history.close()


def text_of(library: Library) -> str:
    """Return a library as lines of text."""
    sums = total(library.found)
    return as_text(library.rows(0, ROWS), library.text) + (f"\n{sums}" if sums else "")


def as_text(rows: list[JobRow], words: str = "") -> str:
    """Return the rows as lines of text."""
    if not rows:
        return say("history", "nothing_text", words=words) if words else say("history", "empty")
    lines = [f"{'made':<14} {'status':<12} {'money':<10} {'seed':<11} {'name':<12} {'stars':<6} prompt"]
    for row in rows:
        seed, stars = "" if row.seed is None else str(row.seed), "★" * row.stars
        lines.append(f"{date(row.pressed_at):<14} {_status(row):<12} {_money(row):<10} {seed:<11} {row.name:<12} {stars:<6} {_prompt(row)}")
    return "\n".join(lines)


def as_html(rows: list[JobRow], base: Path) -> str:
    """Return the rows as a plain table, whole prompts in it."""
    head = "".join(f'<th style="{_CELL}">{name}</th>' for name in ("prompt", "made", "status", "money", "seed", "file"))
    body = "".join(f"<tr>{_cells(row, base)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def row_view(row: JobRow) -> dict[str, Any]:
    """Return a row as the page shows it, without its picture."""
    from pvideo.library.queries import changed, missing

    running = not row.finished
    file = Path(row.files[0]) if row.files else None
    return {
        "id": row.intent,
        "name": row.name,
        "status": _status(row),
        "done": row.finished,
        "phase": "",
        "prompt": row.prompt,
        "stars": row.stars,
        "note": row.remark,
        "made": date(row.pressed_at),
        "facts": _facts(row),
        "money": _money(row),
        "seed": "" if row.seed is None else str(row.seed),
        "missing": missing(row),
        "changed": changed(row),
        "file": "" if file is None else file.name,
        "running": say("history", "running_demo" if row.realm == "demo" else "running") if running and row.prediction_id else "",
        "thumb": "",
    }


def total(found: Found) -> str:
    """Return what was found in one line; empty when there is no video."""
    from pvideo.model.price import money

    if not found.videos:
        return ""
    cost = "free" if found.demo == found.videos and not found.cost else money(found.cost)
    key = "total_one" if found.videos == 1 else "total"
    return say("history", key, count=f"{found.videos:,}", size=size(found.bytes), cost=cost)


def _cells(row: JobRow, base: Path) -> str:
    name = f"<b>{escape(row.name)}</b> " if row.name else ""
    stars = f" {'★' * row.stars}" if row.stars else ""
    note = f"<br><i>{escape(row.remark)}</i>" if row.remark else ""
    plain = [date(row.pressed_at), _status(row), _money(row), "" if row.seed is None else str(row.seed)]
    warning = f"<br>{escape(row.warning)}" if row.unreadable else ""
    cells = [f"{name}{escape(row.prompt)}{stars}{note}{warning}", *(escape(text) for text in plain), _file(row, base)]
    return "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)


def _file(row: JobRow, base: Path) -> str:
    from pvideo.library.queries import changed, missing

    if not row.files:
        return ""
    if missing(row):
        return escape(say("history", "missing"))
    path = Path(row.files[0])
    link = f'<a href="{escape(relative(path, base))}">{escape(path.name)}</a>'
    return f"{link} ({escape(say('history', 'changed'))})" if changed(row) else link


def _facts(row: JobRow) -> str:
    """Return the little that stands in a row: ``draft 5 s``."""
    seconds = row.seconds or row.input.get("duration")
    parts = ["draft" if row.input.get("draft") is True else "", f"{seconds:g} s" if isinstance(seconds, (int, float)) else ""]
    facts = " ".join(part for part in parts if part)
    return " · ".join(part for part in (facts, row.warning) if part)


def _status(row: JobRow) -> str:
    from pvideo.job.live import status_of

    return status_of(row)


def _money(row: JobRow) -> str:
    from pvideo.job.budget import cost_text

    return "free" if row.realm == "demo" else cost_text(row, _status(row))


def _prompt(row: JobRow) -> str:
    return " · ".join(part for part in (_short(row.prompt), row.warning) if part)


def _short(prompt: str) -> str:
    line = " ".join(prompt.split())
    return line if len(line) <= _PROMPT else line[: _PROMPT - 1] + "…"
