"""The handle on one job that a person holds: ``cat.wait().path``. There is no Jupyter in it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pvideo.errors import PVideoError
from pvideo.job import lineage
from pvideo.model.sniff import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from decimal import Decimal

    from pvideo.job.engine import Engine
    from pvideo.job.feed import Feed
    from pvideo.job.states import Snapshot
    from pvideo.library.rows import JobRow
    from pvideo.wire.gateways import LogEntry

_RAISED_BEFORE_THE_END = frozenset({"token_revoked", "endpoint_gone"})


class Video:
    """One press and what comes of it.

    Example::

        cat = pvideo.generate("A cat walking through a field of flowers", duration=5, draft=True)
        cat.status           # "processing"
        cat.wait().path      # PosixPath('…/videos/2026-11-20-a-cat-walking-through-6p0efnay.mp4')
    """

    display_hook: ClassVar[Callable[[Video], Any] | None] = None
    """Shows the live card; the notebook's part sets it."""
    explain_hook: ClassVar[Callable[[Video], Any] | None] = None
    """Words the requests; the notebook's part sets it."""

    def __init__(self, engine: Engine, intent: str, feed: Feed) -> None:
        self._engine = engine
        self._feed = feed
        self.intent = intent
        """The press's own id."""

    def snapshot(self) -> Snapshot:
        """Return everything that is known of it now."""
        return self._feed.latest

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

    def wait(self, timeout: float | None = None) -> Video:
        """Wait until the file is on the disk and return this video. An interrupt ends the waiting, not the job.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            PVideoError: The job ended without a file; the error says why and whether anything was paid.
            DownloadError: It was made, but could not be saved.
            TimeoutError: It was not there in time; the job goes on.
        """
        self._own()
        begun = time.monotonic()
        if not self._feed.wait(over, timeout):
            raise TimeoutError(self._not_yet(time.monotonic() - begun))
        return self._result()

    def __await__(self) -> Generator[Any, None, Video]:
        return self._arrive().__await__()

    def cancel(self) -> None:
        """Ask for it to be canceled. Free before it is sent; once it runs, Replicate may still charge."""
        self._own()
        self._engine.cancel(self.intent)

    def take(self, **changes: Any) -> Video:
        """Make another take: the same inputs with a new seed. A new job; it costs what this one did.

        Args:
            **changes: Inputs that are to be different.

        Raises:
            PVideoError: As `pvideo.generate`.
        """
        from pvideo.job import actions

        return actions.take(self, **changes)

    def final(self, *, again: bool = False) -> Video:
        """Make the final of this draft: the same inputs and seed, in full quality, at the full price.

        It is made once: a second call returns the same video, and sends nothing.

        Args:
            again: Make another one all the same.

        Raises:
            InputError: This is no draft, or its model has none.
            BudgetError: The budget stopped it.
        """
        from pvideo.job import actions

        return actions.final(self, again=again)

    def continue_shot(self, prompt: str, *, at: float | None = None, **changes: Any) -> Video:
        """Go on where this video ends: its last picture becomes the first of a new video. Waits for this video's file.

        Args:
            prompt: What happens next.
            at: Seconds from the start of the picture to go on from; the last one by default.
            **changes: Inputs that are to be different.

        Raises:
            InputError: The model takes no first frame, or the picture cannot be taken (it needs the extra ``media``).
            BudgetError: The budget stopped it.
        """
        from pvideo.job import actions

        return actions.continue_shot(self, prompt, at=at, **changes)

    @property
    def shots(self) -> tuple[Video, ...]:
        """The chain that this video is a shot of, first to last; only itself when it was not continued."""
        return tuple(self._engine.video(intent) for intent in self.snapshot().shots) or (self,)

    @property
    def before(self) -> Video | None:
        """The video to compare this one with: what it was made from, else the one before it in this session; None without one."""
        found = lineage.before(self._engine.courses(), self.snapshot())
        return None if found is None else self._engine.video(found)

    def rate(self, stars: int | None = None, note: str | None = None) -> Video:
        """Rate it, and note something on it, in the journal and in the JSON beside the file.

        Args:
            stars: 1 to 5, 0 for none; None leaves them.
            note: A line of text, empty for none; None leaves it.

        Raises:
            InputError: The stars are no number from 0 to 5.
        """
        from pvideo.job.keeping import rate

        self._own()
        rate(self._engine, self, stars, note)
        return self

    def export(self, path: str | Path) -> Path:
        """Write a copy to `path`, or a ``.gif`` or ``.webm`` (these need the extra ``media``), and return where it lies.

        Raises:
            ExportError: There is no file, its kind is not known, or the extra is missing.
            OSError: It cannot be written there.
        """
        from pvideo.errors import ExportError
        from pvideo.job.export import export

        if self.path is None:
            raise ExportError("export_nothing", names=self.name or "This video")
        return export(self.path, path)

    def reveal(self) -> Path | None:
        """Show the file in this machine's file manager, where there is one; return the folder that it lies in."""
        from pvideo.job.keeping import reveal

        return None if self.path is None else reveal(self.path)

    def find(self, where: str | Path | None = None) -> Path | None:
        """Look for a file that was moved, by its size and sha256, and return where it lies now; None when it is not found.

        Args:
            where: The file, or a folder to look below; by default the folder it was saved in, and the working folder.
        """
        from pvideo.job.keeping import find

        self._own()
        return find(self._engine, self, where)

    def forget(self) -> None:
        """Take it out of the history. No file is deleted."""
        from pvideo.job.keeping import forget

        self._own()
        forget(self._engine, self)

    def explain(self) -> Any:
        """Return the requests and answers behind it, without tokens: readable, with ``.curl`` and ``.python`` of each request."""
        hook = type(self).explain_hook
        return self._engine.exchanges(self.intent) if hook is None else hook(self)

    def log(self) -> LogEntry:
        """Return what the gateway noted of this press: status, duration, cached, path, feedback (needs ``CLOUDFLARE_API_TOKEN``).

        Raises:
            SettingsError: There is no token for this.
            ManagementError: There is no entry, it is in the dashboard only, or it may not be read.
        """
        from pvideo.job import log

        return log.log(self._row())

    def feedback(self, value: int | None, *, score: float | None = None) -> LogEntry:
        """Give this press's entry in the gateway's log a thumb: 1 or -1, None takes it back.

        Args:
            value: The thumb.
            score: Any number, where you keep scores.

        Raises:
            SettingsError: Another value, or there is no token for this.
            ManagementError: As for `log`; the token also needs "AI Gateway Edit".
        """
        from pvideo.job import log

        return log.feedback(self._row(), value, score=score)

    def _row(self) -> JobRow:
        return self._engine.row(self.intent)

    async def _arrive(self) -> Video:
        self._own()
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def tell(snapshot: Snapshot) -> None:
            if over(snapshot):
                loop.call_soon_threadsafe(arrived.set)

        stop = self.observe(tell)
        try:
            if not over(self.snapshot()):
                await arrived.wait()
        finally:
            stop()
        return self._result()

    def _result(self) -> Video:
        snapshot = self.snapshot()
        if snapshot.path is not None:
            return self
        error = snapshot.error or PVideoError.make("unexpected", detail=f"it ended as {snapshot.status} without a reason")
        # A copy: the traceback of one raise must not hang on to the error that the card shows.
        raise PVideoError.from_dict(error.to_dict())

    def _not_yet(self, seconds: float) -> str:
        shown = self.snapshot()
        return f"{self.name or 'the video'} is still {shown.status} after {seconds:.0f} s of waiting; it goes on."

    def _own(self) -> None:
        if self._engine.pid != os.getpid():
            msg = f"{self!r} belongs to the process that this one was forked from; wait for it or cancel it there."
            raise RuntimeError(msg)

    def __repr__(self) -> str:
        shown = self.snapshot()
        parts = [repr(shown.name or shown.prompt[:40]), shown.status]
        if shown.path is not None:
            parts.append(_beside(shown.path))
        elif shown.error is not None:
            parts.append(shown.error.title)
        return f"Video({', '.join([*parts, shown.cost_text])})"

    def _ipython_display_(self) -> None:
        hook = type(self).display_hook
        if hook is None:
            raise NotImplementedError  # IPython then shows the repr
        hook(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002 - IPython's protocol
        return {"text/plain": repr(self)}

    def __copy__(self) -> Video:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Video:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen, (self.intent,)


def reopen(intent: str) -> Video:
    """Return the handle on a job by its press's id (what a pickled `Video` becomes)."""
    from pvideo.job.engine import Engine

    return Engine.get().video(intent)


def over(snapshot: Snapshot) -> bool:
    """Return whether waiting is over: file, sidecar and journal are done, or nothing more happens by itself."""
    stopped = snapshot.error is not None and snapshot.error.key in _RAISED_BEFORE_THE_END
    # With the file there, only its price is still to come; a connection that is lost is not waited for.
    return snapshot.settled or stopped or (snapshot.path is not None and snapshot.phase == "lost")


def _beside(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return path.name
