"""The handle on one job that a person holds: ``cat.wait().path``. There is no Jupyter in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pvideo.arguments import FLAG, PATH, STARS, TEXT, Rule, is_number, takes
from pvideo.errors import PVideoError
from pvideo.job import lineage
from pvideo.job.shown import Shown
from pvideo.job.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pvideo.library.rows import JobRow
    from pvideo.wire.gateways import LogEntry


_MOMENT = Rule("a number of seconds from the start, or None for the last picture", lambda value: is_number(value, 0, 1e9), "1.5").or_none()
_NOTE = Rule("text, or None to leave it", TEXT.fits, '"the light is right"').or_none()
_SCORE = Rule("a number, or None", lambda value: is_number(value, -1e300, 1e300), "1").or_none()


class Video(Waiting, Shown):
    """One press and what comes of it.

    Example::

        cat = pvideo.generate("A cat walking through a field of flowers", duration=5, draft=True)
        cat.status           # "processing"
        cat.wait().path      # PosixPath('…/videos/2026-11-20-a-cat-walking-through-6p0efnay.mp4')
    """

    explain_hook: ClassVar[Callable[[Video], Any] | None] = None
    """Words the requests; the notebook's part sets it."""

    @takes()
    def cancel(self) -> None:
        """Ask for it to be canceled. Free before it is sent; once it runs, Replicate may still charge."""
        self._own()
        self._engine.cancel(self.intent)

    @takes()
    def take(self, **changes: Any) -> Video:
        """Make another take: the same inputs with a new seed. A new job; it costs what this one did.

        Args:
            **changes: Inputs that are to be different.

        Raises:
            PVideoError: As `pvideo.generate`.
        """
        from pvideo.job import actions

        return actions.take(self, changes)

    @takes(again=FLAG)
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

    @takes(prompt=TEXT, at=_MOMENT)
    def continue_shot(self, prompt: str, *, at: float | None = None, **changes: Any) -> Video:
        """Go on where this video ends: its last picture becomes the first of a new video. Waits for this video's file.

        Args:
            prompt: What happens next.
            at: Seconds from the start of the picture to go on from; the last one by default.
            **changes: Inputs that are to be different.

        Raises:
            InputError: An argument does not fit, the model takes no first frame, or the picture cannot be taken (it needs the
                extra ``media``).
            BudgetError: The budget stopped it.
        """
        from pvideo.job import actions

        return actions.continue_shot(self, prompt, changes, at=at)

    @property
    def shots(self) -> tuple[Video, ...]:
        """The chain that this video is a shot of, first to last; only itself when it was not continued."""
        return tuple(self._engine.video(intent) for intent in self.snapshot().shots) or (self,)

    @property
    def before(self) -> Video | None:
        """The video to compare this one with: what it was made from, else the one before it in this session; None without one."""
        found = lineage.before(self._engine.courses(), self.snapshot())
        return None if found is None else self._engine.video(found)

    @takes(stars=STARS, note=_NOTE)
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

    @takes(path=PATH)
    def export(self, path: str | Path) -> Path:
        """Write a copy to `path`, or a ``.gif`` or ``.webm`` (these need the extra ``media``), and return where it lies.

        Raises:
            InputError: `path` is none.
            ExportError: There is no file, its kind is not known, the extra is missing, or it cannot be written there.
        """
        from pvideo.errors import ExportError
        from pvideo.job.export import export

        if self.path is None:
            raise ExportError("export_nothing", names=self.name or "This video")
        return export(self.path, path)

    @takes()
    def save(self) -> Video:
        """Try now to save what was made and is not on the disk: into the settings' folder when the one of the press is full or closed.

        It returns at once; `wait` returns when the file is there. A file that has moved is fetched again while Replicate has it.
        Where nothing is left to save, it does nothing.
        """
        from pvideo import settings

        self._own()
        self._engine.save(self.intent, folder=settings.current().video_folder, begun=True)
        return self

    @takes()
    def reveal(self) -> Path | None:
        """Show the file in this machine's file manager, where there is one; return the folder that it lies in."""
        from pvideo.job.keeping import reveal

        return None if self.path is None else reveal(self.path)

    @takes(where=PATH.or_none())
    def find(self, where: str | Path | None = None) -> Path | None:
        """Look for a file that was moved, by its size and sha256, and return where it lies now; None when it is not found.

        Args:
            where: The file, or a folder to look below; by default the folder it was saved in, and the notebook's.
        """
        from pvideo.job.keeping import find

        self._own()
        return find(self._engine, self, where)

    @takes()
    def forget(self) -> None:
        """Take it out of the history. No file is deleted."""
        from pvideo.job.keeping import forget

        self._own()
        forget(self._engine, self)

    @takes()
    def explain(self) -> Any:
        """Return the requests and answers behind it, without tokens: readable, with ``.curl`` and ``.python`` of each request."""
        hook = type(self).explain_hook
        return self._engine.exchanges(self.intent) if hook is None else hook(self)

    @takes()
    def log(self) -> LogEntry:
        """Return what the gateway noted of this press: status, duration, cached, path, feedback (needs ``CLOUDFLARE_API_TOKEN``).

        Raises:
            SettingsError: There is no token for this.
            ManagementError: There is no entry, it is in the dashboard only, or it may not be read.
        """
        from pvideo.job import log

        return log.log(self._row())

    @takes(score=_SCORE)
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

    def __copy__(self) -> Video:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Video:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return reopen, (self.intent,)


def reopen(intent: str) -> Video:
    """Return the handle on a job by its press's id (what a pickled `Video` becomes).

    Raises:
        PVideoError: The journal here does not have it (``video_elsewhere``).
    """
    from pvideo.job.engine import Engine

    engine = Engine.get()
    try:
        return engine.video(intent)
    except KeyError:
        raise PVideoError.make("video_elsewhere", path=str(engine.journal.path), intent=intent) from None
