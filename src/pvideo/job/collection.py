"""The library as a person holds it: a sequence of videos, newest first, read from the journal a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, overload

from pvideo import settings
from pvideo.arguments import COUNT, FLAG, PATH, STARS, TEXT, Rule, is_number, no_such, path_of, takes, wrong
from pvideo.errors import ExportError
from pvideo.job.engine import Engine
from pvideo.job.shown import Shown
from pvideo.library.search import Filter, Found, asked, moment, rows_of, search

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pvideo.job.video import Video
    from pvideo.library.rows import JobRow

_PAGE = 100
_SHOWN = 10


class Library(Sequence["Video"], Shown):
    """Videos of the journal, those that run or were found after a restart first, then newest first.

    It is as it was when it was made; ``search()`` without words looks again. Made by `pvideo.library`.
    """

    def __init__(self, engine: Engine, text: str, wanted: Filter, limit: int | None = None) -> None:
        self._engine = engine
        self.text = text
        """The words it was asked for."""
        self._wanted, self._limit = wanted, limit
        self._found: Found | None = None
        self._rows: dict[int, JobRow] = {}

    @property
    def filter(self) -> Filter:
        """What it was asked for, as data."""
        return self._wanted

    @property
    def found(self) -> Found:
        """The ids and sums of what was found."""
        if self._found is None:
            self._found = search(self._engine.journal, self._wanted, finder=self._engine.tools.owner)
        return self._found

    @property
    def intents(self) -> tuple[str, ...]:
        """The ids of the presses, in order."""
        return self.found.intents if self._limit is None else self.found.intents[: self._limit]

    @takes(words=TEXT)
    def search(self, words: str = "", **choice: Any) -> Library:
        """Return the videos that these words and choices leave (see `pvideo.library`)."""
        _check("search", choice)
        text = f"{self.text} {words}".strip()
        return Library(self._engine, text, _filter(text, self._wanted, choice), choice.get("limit", self._limit))

    def search_anew(self, words: str, **choice: Any) -> Library:
        """Return what other words leave, with the choices that were made first."""
        return Library(self._engine, words, _filter(words, self._wanted, {"stars": self._wanted.stars or None, **choice}), self._limit)

    def __len__(self) -> int:
        return len(self.intents)

    @overload
    def __getitem__(self, index: int) -> Video: ...
    @overload
    def __getitem__(self, index: slice) -> list[Video]: ...
    def __getitem__(self, index: int | slice) -> Video | list[Video]:
        if isinstance(index, slice):
            return [self._engine.video(intent) for intent in self.intents[index]]
        return self._engine.video(self.intents[index])

    def __iter__(self) -> Iterator[Video]:
        return (self._engine.video(intent) for intent in self.intents)

    def rows(self, start: int = 0, stop: int | None = None) -> list[JobRow]:
        """Return a part as the journal keeps it, without making handles of it."""
        return rows_of(self._engine.journal, self.intents[start:stop])

    def to_dataframe(self) -> Any:
        """Return one line for each video, with what made it and what came of it, as a pandas ``DataFrame``.

        Raises:
            ExportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise ExportError("extra_missing", what="pandas", line="pip install pandas") from None
        return pd.DataFrame.from_records(self.records())

    def records(self) -> list[dict[str, Any]]:
        """Return one flat mapping for each video: what `to_dataframe` has as columns, each input as ``input.NAME``."""
        found = []
        for start in range(0, len(self), _PAGE):
            found += [_record(row) for row in self.rows(start, start + _PAGE)]
        return found

    def __repr__(self) -> str:
        from pvideo.model.price import money

        words = f"{self.text!r}, " if self.text else ""
        count = f"{self.found.videos} video{'' if self.found.videos == 1 else 's'}"
        lines = [f"Library({words}{count}, {money(self.found.cost)})"]
        lines += [f"  {line}" for line in map(_line, self.rows(0, _SHOWN))]
        if len(self) > _SHOWN:
            lines.append(f"  … {len(self) - _SHOWN} more")
        return "\n".join(lines)


_DATE = Rule(
    "a date like 2026-11-20",
    lambda value: is_number(value, -1e11, 1e11) or isinstance(value, (str, date)),
    '"2026-11-20"',
).or_none()
_CHOICE: Mapping[str, Rule] = {
    **dict.fromkeys(("model", "realm"), TEXT.or_none()),
    **dict.fromkeys(("since", "until"), _DATE),
    "stars": STARS,
    "folder": Rule("a path", lambda value: value == "" or PATH.fits(value), '"videos"').or_none(),
    "hidden": FLAG.or_none(),
    "limit": COUNT,
}
"""What a library can be asked for."""


@takes(words=TEXT, **{name: _CHOICE[name] for name in ("model", "since", "until", "stars", "folder", "limit")})
def library(
    words: str = "",
    *,
    model: str | None = None,
    since: str | date | float | None = None,
    until: str | date | float | None = None,
    stars: int | None = None,
    folder: str | Path | None = None,
    limit: int | None = None,
) -> Library:
    """Return the videos of this library, newest first: a sequence of `Video`, shown on a cell's last line as the history.

    Example:
        ``pvideo.library("poppies", stars=3)[0].path``; ``pvideo.library(since="2026-11-01").to_dataframe()``

    Args:
        words: Each must stand in the prompt, name, model, note or day; also a date as the history shows it (``Nov 20``), and stars
            (``★★★`` for three or more).
        model: Only those of this model.
        since: Only those made from this day or moment on: ``"2026-11-20"``, a `date`, `datetime` or epoch seconds; local time.
        until: Only those made up to this day (its end) or moment.
        stars: Only those with at least so many stars.
        folder: Only those saved in this folder.
        limit: How many at most.

    Raises:
        InputError: An argument does not fit: a date is none.
        JournalError: The journal cannot be read.
    """
    engine = Engine.get()
    engine.recover()
    choice = {"model": model, "since": since, "until": until, "stars": stars, "folder": folder}
    return Library(engine, words, _filter(words, Filter(), choice), limit)


def _check(call: str, choice: Mapping[str, Any]) -> None:
    """Refuse a choice that there is not."""
    for name, value in choice.items():
        if name not in _CHOICE:
            raise no_such(call, name, _CHOICE, f"It takes words, {', '.join(f'{known}=' for known in _CHOICE)}.")
        if not _CHOICE[name].fits(value):
            raise wrong(call, name, _CHOICE[name], value)


def _filter(text: str, before: Filter, choice: dict[str, Any]) -> Filter:
    """Return a filter anew from all words, with the choices that were made before and are not made now."""
    given = {name: value for name, value in choice.items() if value is not None and name != "limit"}
    try:
        for name in ("since", "until"):
            if name in given:
                given[name] = moment(given[name], end=name == "until")
    except (TypeError, ValueError, OverflowError, OSError):
        raise wrong("library", name, _DATE, choice[name]) from None
    if "folder" in given:
        folder = path_of(given["folder"])
        given["folder"] = str(folder if folder.is_absolute() else settings.base_folder() / folder) if given["folder"] else ""
    names = ("model", "since", "until", "folder", "realm", "hidden")
    known = {name: getattr(before, name) for name in names}
    return asked(text, **{**known, "stars": given.pop("stars", 0), **given})


def here() -> str:
    """Return the folder that this notebook's videos are saved in."""
    return str(settings.current().video_folder)


def _record(row: JobRow) -> dict[str, Any]:
    from datetime import UTC, datetime

    from pvideo.job.live import status_of

    times = {name: getattr(row, name) for name in ("pressed_at", "finished_at")}
    return {
        "name": row.name,
        "prompt": row.prompt,
        "model": row.model,
        "version": row.version,
        "status": status_of(row),
        **{name: datetime.fromtimestamp(at, UTC) if at is not None else None for name, at in times.items()},
        "took": row.took,
        "seed": row.seed,
        "price": None if row.estimate is None else float(row.estimate),
        "cost": None if row.cost is None else float(row.cost),
        "demo": row.realm == "demo",
        "stars": row.stars,
        "note": row.remark,
        "prediction_id": row.prediction_id,
        "path": row.files[0] if row.files else None,
        "sha256": row.sha256,
        **{f"input.{name}": value for name, value in row.input.items() if name not in {"prompt", "seed"}},
    }


def _line(row: JobRow) -> str:
    from pvideo.job.live import status_of

    stars = "★" * row.stars
    prompt = " ".join(row.prompt.split())
    words = [row.day, status_of(row), row.name, stars, prompt if len(prompt) <= 60 else prompt[:59] + "…", row.warning]
    return " · ".join(word for word in words if word)
