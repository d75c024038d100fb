"""``pvideo.export`` and ``%pvideo export``: videos as one html page that plays anywhere, or as a zip with the notebook.

The page needs no server and no network: videos, posters and styles stand in it. It holds no token and no path of this machine.
"""

from __future__ import annotations

import base64
import json
import os
import zipfile
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.arguments import PATH, Rule, path_of, short, takes, wrong
from pvideo.errors import ExportError
from pvideo.job.export import write_text, writing
from pvideo.library.files import replacing
from pvideo.secrets import redact

from .facts import facts
from .made import drawing
from .made import kind as shown_kind
from .made import text as shown_text
from .page_look import SCRIPT, style
from .saved import poster_url
from .source import cell_source
from .words import date, money, say, size

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

LIMIT = 25_000_000
"""Bytes of a page: mail servers and browsers take so much."""

_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime", ".gif": "image/gif", ".png": "image/png"}
_TYPES |= {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
_TYPES |= {".mp3": "audio/mpeg", ".wav": "audio/wav", ".flac": "audio/flac", ".m4a": "audio/mp4", ".ogg": "audio/ogg"}
_TYPES |= {".mkv": "video/x-matroska", ".avif": "image/avif", ".bmp": "image/bmp", ".aac": "audio/aac"}


@takes(path=PATH)
def export(path: str | Path, *videos: Video | Iterable[Video]) -> Path:
    """Write videos to one file that can be given away, and return where it lies.

    Example:
        ``pvideo.export("page.html", draft, final)``; ``pvideo.export("book.zip", pvideo.library("poppies"))``

    Args:
        path: ``….html``: one page with everything in it, that plays anywhere. ``….zip``: the notebook and its videos.
        *videos: Videos, or sequences of them (a sweep, a library).

    Raises:
        InputError: `path` is none, or there is something else than videos.
        ExportError: There is nothing to write, the page would be over 25 MB, the kind of file is not known, or it cannot be written there.
    """
    target = path_of(path)
    shown = [video.snapshot() for video in _flat(videos)]
    kind = target.suffix.lower()
    if kind not in {".html", ".htm", ".zip"}:
        raise ExportError("export_kind", path=short(target.name), kinds=".html, .zip")
    if not any(_file(snapshot) for snapshot in shown):
        names = ", ".join(snapshot.name for snapshot in shown if snapshot.name) or say("export", "nothing")
        raise ExportError("export_nothing", names=names)
    whole = "" if kind == ".zip" else _whole_page(shown, target)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == ".zip":
            _write_zip(target, shown)
        else:
            write_text(target, whole)
    return target.absolute()


def export_command(words: list[str], videos: list[Video]) -> str:
    """Run ``%pvideo export FILE [names]`` and return what to say."""
    if not words:
        raise ExportError("export_kind", path=say("export", "no_name"), kinds=".html, .zip")
    made = export(words[0], *videos)
    return say("export", "made", path=os.path.relpath(made), size=size(made.stat().st_size))


def _whole_page(shown: list[Snapshot], target: Path) -> str:
    total = sum(file.stat().st_size for snapshot in shown if (file := _file(snapshot)) is not None)
    if total * 4 // 3 > LIMIT:  # base64 takes a third more
        count = say("export", "count_one") if len(shown) == 1 else say("export", "count", count=len(shown))
        named = " ".join(snapshot.name for snapshot in shown if snapshot.name)
        raise ExportError(
            "page_too_large",
            count=count,
            size=size(total * 4 / 3),
            limit=size(LIMIT),
            path=f"{target.with_suffix('.zip').name} {named}".strip(),
        )
    return page(shown)


def page(shown: list[Snapshot]) -> str:
    """Return videos as one html page."""
    title = " · ".join(snapshot.name for snapshot in shown if snapshot.name) or say("export", "title")
    many = len(shown) > 1
    width = 300 if len(shown) > 4 else 480 if many else 640
    figures = "".join(_figure(snapshot, number) for number, snapshot in enumerate(shown))
    button = f"<button type='button'>▶ {escape(say('export', 'play'))}</button>" if many else ""
    script = f"<script>{SCRIPT}</script>" if many else ""
    above = f"<h1>{escape(redact(title))}</h1><p class='q'>{escape(_made(shown))}</p>{button}"
    body = f"{above}<main>{figures}</main>{_differences(shown)}{script}"
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>{escape(redact(title))}</title>"
    return f"<!doctype html><html lang='en'><head>{head}<style>{style(width)}</style></head><body>{body}</body></html>\n"


def _figure(snapshot: Snapshot, number: int) -> str:
    words = [snapshot.status, *facts(snapshot), money(snapshot), "★" * snapshot.stars]
    if snapshot.realm == "demo":
        words.insert(0, say("labels", "demo"))
    name = snapshot.name or f"{number + 1}"
    note = f"<p class='q'>{escape(redact(snapshot.remark))}</p>" if snapshot.remark else ""
    source = f"<details><summary>{escape(say('labels', 'make_it_again'))}</summary><pre>{escape(_without_paths(snapshot))}</pre></details>"
    caption = f"<b class='n'>{escape(name)}</b> <span class='q'>{escape(' · '.join(word for word in words if word))}</span>"
    prompt = f"<div class='p'>{escape(redact(snapshot.prompt))}</div>"
    return f"<figure>{_media(snapshot)}<figcaption>{caption}{prompt}{note}{source}</figcaption></figure>"


def _media(snapshot: Snapshot) -> str:
    file = _file(snapshot)
    if file is None:
        return ""
    words = shown_text(snapshot)
    if words and shown_kind(snapshot) in {"text", "json"}:
        return f"<pre>{escape(redact(words))}</pre>"
    kind = _TYPES.get(file.suffix.lower(), "application/octet-stream")
    data = drawing(snapshot) or f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
    name, title = escape(file.name), escape(redact(snapshot.prompt)[:200])
    tags = {
        "data:image": ('<img src="', f'" alt="{title}">'),
        "data:audio": ('<audio controls src="', f'" title="{title}"></audio>'),
        "data:video": ('<video controls playsinline preload="metadata" src="', f'"{_poster(snapshot)} title="{title}"></video>'),
    }
    before, after = tags.get(data.partition("/")[0], ('<a href="', f'" download="{name}">{name}</a>'))
    return before + data + after


def _poster(snapshot: Snapshot) -> str:
    poster = poster_url(snapshot.poster)
    return f' poster="{poster}"' if poster else ""


def _differences(shown: list[Snapshot]) -> str:
    """Return only the inputs that differ, as a table."""
    inputs = [{name: _plain(value) for name, value in snapshot.input.items() if name != "prompt"} for snapshot in shown]
    names = sorted({name for one in inputs for name in one})
    differing = [name for name in names if len({json.dumps(one.get(name), default=str) for one in inputs}) > 1]
    if not differing:
        return ""
    head = "".join(f"<th>{escape(snapshot.name or str(number + 1))}</th>" for number, snapshot in enumerate(shown))
    rows = "".join(f"<tr><th>{escape(name)}</th>{_cells(inputs, name)}</tr>" for name in differing)
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"


def _cells(inputs: list[dict[str, Any]], name: str) -> str:
    return "".join(f"<td>{escape(str(one.get(name, '–')))}</td>" for one in inputs)


def _write_zip(target: Path, shown: list[Snapshot]) -> None:
    """Write the notebook, as it was last saved, with the videos where it looks for them."""
    from .hosts import notebook_file, notebook_folder

    base, book = notebook_folder(), notebook_file()
    with replacing(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        names: set[str] = set()
        for snapshot in shown:
            file = _file(snapshot)
            name = "" if file is None else _inside(file, base)
            if file is not None and name not in names:
                names.add(name)
                archive.write(file, name)
        if book is not None:
            archive.writestr(book.name, redact(book.read_text(encoding="utf-8")))
        if sum(file.stat().st_size for one in shown if (file := _file(one)) is not None) * 4 // 3 <= LIMIT:
            archive.writestr("videos.html", page(shown))


def _inside(file: Path, base: Path) -> str:
    """Return a video's place in the zip: as the notebook names it, and never outside."""
    relative = Path(os.path.relpath(file, base))
    return file.name if relative.is_absolute() or ".." in relative.parts else relative.as_posix()


def _without_paths(snapshot: Snapshot) -> str:
    """Return the cell that makes it again; a file of this machine stands there by its name alone."""
    from dataclasses import replace

    typed = {name: _plain(value) for name, value in snapshot.typed.items()}
    return redact(cell_source(replace(snapshot, typed=typed)))


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and "path" in value:
        return Path(str(value["path"])).name
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _made(shown: list[Snapshot]) -> str:
    moments = [snapshot.finished_at or snapshot.pressed_at for snapshot in shown]
    return say("export", "made_with", model=", ".join(sorted({snapshot.model for snapshot in shown})), date=date(max(moments)))


def _file(snapshot: Snapshot) -> Path | None:
    return snapshot.path if snapshot.path is not None and snapshot.path.is_file() else None


_VIDEOS = Rule("videos, or sequences of them (a sweep, a library)", lambda value: hasattr(value, "snapshot"), "cat")


def _flat(videos: Iterable[Any]) -> list[Video]:
    found: dict[str, Video] = {}
    for one in videos:
        if not hasattr(one, "snapshot") and (isinstance(one, (str, bytes)) or not isinstance(one, Iterable)):
            raise wrong("export", "videos", _VIDEOS, one)
        for video in [one] if hasattr(one, "snapshot") else one:
            if not _VIDEOS.fits(video):
                raise wrong("export", "videos", _VIDEOS, video)
            found.setdefault(video.snapshot().intent, video)
    return list(found.values())
