"""What a saved notebook keeps of a card: plain html that plays when reopened, exported or untrusted, and holds no secret.

JupyterLab's sanitiser for untrusted notebooks drops ``role``, ``aria-*``, ``data-*``, ``id``, ``<style>``, ``var()``, ``color``, and
the ``src`` of a ``<source>``; so the ``src`` stands on ``<video>`` itself and everything is said in visible words.
"""

from __future__ import annotations

import base64
import time
from html import escape
from typing import TYPE_CHECKING

from pvideo.model.picture import thumbnail

from .facts import facts, is_portrait
from .made import PLAYED, drawing, files, kind, more_files, relative, text
from .source import cell_source
from .words import money, note, say

if TYPE_CHECKING:
    from pathlib import Path

    from pvideo.job.states import Snapshot

_POSTER_SIDE = 640
_POSTER_BYTES = 60_000
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that would hide or turn round the text after them (NUL, U+202E, …)."""


def saved_card(snapshot: Snapshot, base: Path) -> str:
    """Return the html for the end of a video: the player where there is one, else a plain readable card."""
    style = f"margin:0;max-width:{_width(snapshot)}px"
    return f'<figure style="{style}">{saved_player(snapshot, base)}<figcaption>{_caption(snapshot, base)}</figcaption></figure>'


def still_card(snapshot: Snapshot, base: Path) -> str:
    """Return the html for any moment: what stands where no widget is drawn."""
    return saved_card(snapshot, base)


def saved_player(snapshot: Snapshot, base: Path) -> str:
    """Return what was made as html: what stands on the stage, then the other files, smaller."""
    shown, title = kind(snapshot), _quoted(_clean(snapshot.prompt)[:200])
    first = drawing(snapshot) or relative(snapshot.path, base) if shown in PLAYED else ""
    parts = [_one(shown, first, title, snapshot)] if first else []
    words = text(snapshot)
    if words and shown in {"text", "json"}:
        style = "white-space:pre-wrap;max-height:480px;overflow:auto;border:1px solid;padding:8px;margin:0 0 8px"
        parts.append(f'<pre style="{style}">{_quoted(_clean(words))}</pre>')
    rest = [_small(file, title) for file in files(snapshot, base)]
    if count := more_files(snapshot):
        rest.append(_quoted(say("notes", "more_files", count=f"{count:,}")))
    return "".join([*parts, *(["<p>", *rest, "</p>"] if rest else [])])


def _one(shown: str, source: str, title: str, snapshot: Snapshot) -> str:
    source = _quoted(source)
    if shown == "image":
        return f'<img src="{source}" width="{_width(snapshot)}" style="width:100%;height:auto;max-height:480px" title="{title}">'
    if shown == "audio":
        return f'<audio controls preload="metadata" src="{source}" title="{title}"></audio>'
    poster = poster_url(snapshot.poster)
    return (
        f'<video controls preload="metadata" width="{_width(snapshot)}" style="width:100%;height:auto;max-height:480px" '
        f'src="{source}"{f" poster={chr(34)}{poster}{chr(34)}" if poster else ""} title="{title}"></video>'
    )


def _small(file: dict[str, str], title: str) -> str:
    source, name = _quoted(file["file"]), _quoted(file["name"])
    if file["kind"] == "image":
        return f'<a href="{source}"><img src="{source}" width="150" title="{name}" style="margin:0 8px 8px 0"></a>'
    if file["kind"] == "video":
        return f'<video controls preload="metadata" width="300" src="{source}" title="{title}"></video> '
    if file["kind"] == "audio":
        return f'<audio controls preload="metadata" src="{source}" title="{name}"></audio> '
    return f'<a href="{source}">{name}</a> '


def _caption(snapshot: Snapshot, base: Path) -> str:
    first = [f"<b>{_quoted(snapshot.status)}</b>"]
    words = [*facts(snapshot), money(snapshot)]
    if snapshot.error is None or snapshot.status == "canceled":
        # Where a message follows it says this itself.
        words.insert(0, note(snapshot, time.time()))
    first += [_quoted(_clean(word)) for word in words if word]
    if snapshot.realm == "demo":
        first.insert(0, f"<b>{_quoted(say('labels', 'demo'))}</b>")
    file = relative(snapshot.path, base)
    if file:
        first.append(f'<a href="{_quoted(file)}">{_quoted(say("labels", "open").lower())}</a>')
    unfinished = "" if snapshot.settled else _quoted(say("labels", "saved_before_end"))
    lines = [" · ".join(first), *_message(snapshot), unfinished, _quoted(_clean(snapshot.prompt)).replace("\n", "<br>")]
    return "<br>".join(line for line in lines if line) + _source(snapshot)


def _message(snapshot: Snapshot) -> list[str]:
    """Return the error in the words of the card."""
    error = snapshot.error
    if error is None or snapshot.phase == "lost":
        return []
    return [f"<b>{_quoted(_clean(error.title))}.</b> {_quoted(_clean(error.sentence))} {_quoted(_clean(error.next))}"]


def _source(snapshot: Snapshot) -> str:
    summary = _quoted(say("labels", "make_it_again"))
    return f"<details><summary>{summary}</summary><pre>{_quoted(_clean(cell_source(snapshot)))}</pre></details>"


def poster_url(poster: bytes | None) -> str:
    """Return the poster as an address that travels inside the file: a JPEG of at most 640 px and about 20 kB."""
    if not poster:
        return ""
    small = poster if len(poster) <= _POSTER_BYTES // 2 else thumbnail(poster, _POSTER_SIDE) or poster
    return "data:image/jpeg;base64," + base64.b64encode(small).decode() if len(small) <= _POSTER_BYTES else ""


def _width(snapshot: Snapshot) -> int:
    """Return the card's width: a portrait video stands 270 px wide, as its height ends at 480."""
    return 270 if is_portrait(snapshot) else 640


def _clean(text: str) -> str:
    return text.translate(_CONTROL)


def _quoted(text: str) -> str:
    return escape(text, quote=True)
