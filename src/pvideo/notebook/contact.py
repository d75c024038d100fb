"""What a saved notebook keeps of a sheet: one plain table of posters and links, readable in any viewer."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .saved import poster_url
from .tiles import note, parts, reason, short_money, total
from .view import relative
from .words import say

if TYPE_CHECKING:
    from pathlib import Path

    from pvideo.job.axes import Combination
    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video

_WRAP = 4
_CELL = "text-align:left;vertical-align:top;padding:4px 8px 4px 0"
_SIDE = 240


def saved_sheet(made: Sweep, base: Path) -> str:
    """Return the html of a sheet as it stands now."""
    words = [made.title, total(made) if not made.started else "", *(parts(made, made.tally()) if made.videos else [])]
    head = " · ".join(escape(word) for word in words if word)
    return f"<p><b>{escape(made.name)}</b> {head}</p>" + "".join(_tables(made, base)) + _prompt(made)


def _prompt(made: Sweep) -> str:
    prompts = {combination.inputs.get("prompt") for combination in made.combinations}
    return f"<p>{escape(str(prompts.pop()))}</p>" if len(prompts) == 1 else ""


def _tables(made: Sweep, base: Path) -> list[str]:
    """Return one table; two axes make its columns and rows, and what else is varied repeats it."""
    seats = list(zip(made.combinations, made.places, strict=True))
    if len(made.axes) < 2:
        rows = [seats[at : at + _WRAP] for at in range(0, len(seats), _WRAP)]
        return [f"<table><tbody>{''.join(_row('', row, base, titled=True) for row in rows)}</tbody></table>"]
    columns, lines, *_ = made.axes
    head = "".join(f'<th style="{_CELL}">{escape(columns.label(at))}</th>' for at in range(len(columns.values)))
    tables = []
    for rest in dict.fromkeys(combination.places[2:] for combination in made.combinations):
        own = [seat for seat in seats if seat[0].places[2:] == rest]
        caption = ", ".join(axis.label(at) for axis, at in zip(made.axes[2:], rest, strict=True))
        body = "".join(
            _row(lines.label(line), sorted((seat for seat in own if seat[0].places[1] == line), key=lambda seat: seat[0].places[0]), base)
            for line in range(len(lines.values))
        )
        title = f"<caption>{escape(caption)}</caption>" if caption else ""
        tables.append(f"<table>{title}<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>")
    return tables


def _row(title: str, seats: list[tuple[Combination, Video | None]], base: Path, *, titled: bool = False) -> str:
    first = "" if titled else f'<th style="{_CELL}">{escape(title)}</th>'
    cells = "".join(f'<td style="{_CELL}">{_cell(combination, video, base, titled=titled)}</td>' for combination, video in seats)
    return f"<tr>{first}{cells}</tr>"


def _cell(combination: Combination, video: Video | None, base: Path, *, titled: bool) -> str:
    name = f"{escape(combination.title)}<br>" if titled and combination.title else ""
    if video is None:
        return name + escape(say("sheet", "not_sent"))
    shown = video.snapshot()
    file, poster = relative(shown.path, base), poster_url(shown.poster)
    title = escape(f"{combination.title} {shown.prompt[:200]}")
    picture = f'<img src="{poster}" width="{_SIDE}" title="{title}">' if poster else ""
    linked = f'<a href="{escape(file)}">{picture or escape(say("labels", "open"))}</a><br>' if file else ""
    words = [f"<b>{escape(shown.status)}</b>", *(escape(word) for word in (note(shown), short_money(shown)) if word)]
    why = f"<br>{escape(reason(shown))}" if reason(shown) else ""
    return f"{name}{linked}{' · '.join(words)}{why}"
