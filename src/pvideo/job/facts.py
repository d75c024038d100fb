"""What is known of a video, from its latest picture: its state, its files, its price, what made it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pvideo import settings
from pvideo.arguments import CALLBACK, takes
from pvideo.errors import SettingsError
from pvideo.model.sniff import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal
    from pathlib import Path

    from pvideo.errors import PVideoError
    from pvideo.job.feed import Feed
    from pvideo.job.states import Snapshot


class Facts:
    """The half of a `pvideo.Video` that is read.

    Args:
        intent: The press's own id.
        feed: Where its pictures come from.
    """

    def __init__(self, intent: str, feed: Feed) -> None:
        self._feed = feed
        self.intent = intent
        """The press's own id."""

    def snapshot(self) -> Snapshot:
        """Return everything that is known of it now."""
        return self._feed.latest

    @takes(callback=CALLBACK)
    def observe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` with every change, on the engine's thread; calling the result ends that."""
        return self._feed.observe(callback)

    @property
    def name(self) -> str:
        """What it was called in the cell, or empty."""
        return self.snapshot().name

    @property
    def status(self) -> str:
        """``sending``, ``unconfirmed``, Replicate's six words, ``rejected`` (nothing paid) or ``expired`` (paid, data gone)."""
        return self.snapshot().status

    @property
    def done(self) -> bool:
        """Whether the status is an end; it then stays. The file is a separate fact: `path`."""
        return self.snapshot().done

    @property
    def path(self) -> Path | None:
        """The file, once it is whole on the disk."""
        return self.snapshot().path

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files that were made, once they are whole on the disk."""
        return self.snapshot().paths

    @property
    def text(self) -> str | None:
        """The text that a language model made, whole once it is saved; JSON as text; None for files."""
        shown = self.snapshot()
        saved = next((path for path in shown.paths if kind_of(path.name) in {"text", "json"}), None)
        return saved.read_text(encoding="utf-8", errors="replace") if saved is not None else shown.text or None

    @property
    def output(self) -> Any:
        """What the model gave back: a text, JSON as Python has it, a path, or a list of paths; None until it is saved."""
        paths = self.paths
        document = next((path for path in paths if kind_of(path.name) == "json"), None)
        if document is not None:
            return json.loads(document.read_text(encoding="utf-8"))
        if paths and kind_of(paths[0].name) == "text":
            return self.text
        return (list(paths) if len(paths) > 1 else paths[0]) if paths else None

    @property
    def cost(self) -> Decimal | None:
        """What it cost in US dollars; None while or where that is not known ("see billing")."""
        return self.snapshot().cost

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs as typed; files as path and sha256."""
        return dict(self.snapshot().typed)

    @property
    def seed(self) -> int | None:
        """The seed, also when we chose it."""
        return self.snapshot().seed

    @property
    def prediction_id(self) -> str | None:
        """Replicate's id, once it is known."""
        return self.snapshot().prediction_id

    @property
    def model(self) -> str:
        """What made it, ``owner/name``."""
        return self.snapshot().model

    @property
    def prompt(self) -> str:
        """What it shows, with its variables filled in."""
        return self.snapshot().prompt

    @property
    def stars(self) -> int:
        """What a person thinks of it, 1 to 5; 0 is no rating. See `rate`."""
        return self.snapshot().stars

    @property
    def note(self) -> str:
        """A person's note on it. See `rate`."""
        return self.snapshot().remark

    @property
    def about(self) -> dict[str, Any]:
        """Exactly what made it, and what came of it: inputs, seed, model, version, price, times, file, rating."""
        from pvideo.job.keeping import about

        return about(self.snapshot())

    @property
    def error(self) -> PVideoError | None:
        """What went wrong, or what holds it up now."""
        return self.snapshot().error

    def __repr__(self) -> str:
        shown = self.snapshot()
        parts = [repr(shown.name or shown.prompt[:40]), shown.status]
        if shown.path is not None:
            parts.append(_beside(shown.path))
        elif shown.error is not None:
            parts.append(shown.error.title)
        return f"Video({', '.join([*parts, shown.cost_text])})"


def _beside(path: Path) -> str:
    try:
        return str(path.relative_to(settings.base_folder()))
    except (ValueError, SettingsError):
        return path.name
