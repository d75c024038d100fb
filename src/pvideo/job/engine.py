"""One background thread that runs all jobs of this process.

A plain daemon thread with one asyncio loop. Work is handed over in an empty context (a copied cell context loses updates in
nbclient), commits and decoding run in threads of their own, and nothing here prints.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pvideo import settings
from pvideo.job import adoption, exchanges, filing, lineage
from pvideo.job.course import Course
from pvideo.job.endpoints import USER_AGENT, Endpoints
from pvideo.job.live import Live, revived
from pvideo.job.lookups import Lookups
from pvideo.job.observers import Observers
from pvideo.job.owner import myself
from pvideo.job.probe import examine
from pvideo.job.process import engines
from pvideo.job.thread import LoopThread
from pvideo.job.tools import Tools, current_intent
from pvideo.job.video import Video
from pvideo.library import sidecar
from pvideo.library.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pvideo.endpoint import Endpoint
    from pvideo.job.tools import Fetched
    from pvideo.library.rows import JobRow
    from pvideo.model.reference import Reference

logger = logging.getLogger(__name__)

CLOSE_WITHIN = 1.0
"""The interpreter's end is not held up for longer, in seconds."""

_ANSWERS_WITHIN = 0.9
"""Seconds that creates get at the end to be answered."""

_ANSWER_WITHIN = 60.0


class Engine:
    """All jobs of this process; `Engine.get` returns the one in use.

    Args:
        journal: Where jobs are written down.
        **parts: Replaces parts of `Tools`, in tests.
    """

    _engines: ClassVar[dict[Path, Engine]] = engines.open

    def __init__(self, journal: Journal, **parts: Any) -> None:
        self.journal = journal
        self.pid = os.getpid()
        self.asked: set[str] = set()
        """Presses whose unknown price was told already."""
        self.pressing = threading.RLock()
        """Held from writing a press down until its job is known here."""
        self._endpoints = Endpoints(self._heard)
        self._lookups = Lookups(self._endpoints.model)
        reached = {"client": self._endpoints.client, "endpoint": self._endpoints.known, "direct": self._endpoints.direct}
        reached["files"] = self._endpoints.files
        given = {**reached, "fetch": self._fetch, "examine": examine}
        self.tools = Tools(**{**given, "journal": journal, "owner": myself(), "session": uuid.uuid4().hex, "begin": self.begin, **parts})
        self._courses: dict[str, Course] = {}
        self._videos: dict[str, Video] = {}
        self._observers = Observers("the jobs")
        self._lock = threading.RLock()
        self._thread = LoopThread(self._ending)
        self._recovered = False

    @classmethod
    def get(cls) -> Engine:
        """Return this process's engine for the journal that the settings name now.

        Raises:
            JournalError: The journal cannot be opened.
        """
        return engines.get(settings.current().journal_path, _open)

    def submit(self, row: JobRow, *, sent: dict[str, Any], hide: tuple[str, ...] = ()) -> Video:
        """Start a new job and return its handle at once."""
        with self._lock:
            live = lineage.related(Live(), self.journal, row)
            course = self._courses[row.intent] = Course(row, self.tools, live=live, sent=sent, hide=hide)
        self.call(lambda: self._start(course))
        lineage.tell(self._courses, course, self.call)
        self.recover()
        self._observers.tell()
        return self._handle(course)

    def video(self, intent: str) -> Video:
        """Return the one handle of this process on a job, going on with the job when its own process is gone.

        Raises:
            KeyError: There is no such job.
            JournalError: The journal cannot be read.
        """
        with self._lock:
            course = self._courses.get(intent)
            if course is None:
                row = self.journal.get(intent)
                if row is None:
                    raise KeyError(intent)
                course = self._courses[intent] = Course(row, self.tools, live=self._revived(row))
                if not row.finished:
                    self.call(lambda: self._start(course, of_another=True))
            return self._handle(course)

    def reuse(self, intent: str, copies: tuple[Path, ...] = ()) -> Video:
        """Return the handle on a job that a press found again: nothing was sent for it. With `copies` it shows these files."""
        self.recover()
        video = self.video(intent)
        course = self._courses[intent]
        kept = self.journal.get(intent) or course.row
        if not course.row.finished:
            self.call(lambda: course.take(folder=kept.folder))  # its project was renamed
        else:
            course.row = replace(course.row, folder=kept.folder, files=kept.files)
            fresh = revived(replace(course.row, files=tuple(map(str, copies))) if copies else course.row)
            course.live.paths = fresh.paths
            error = fresh.error if fresh.missing or course.live.missing else course.live.error
            course.live.reused, course.live.phase, course.live.missing, course.live.error = True, "library", fresh.missing, error
            course.feed.publish(course.picture())
        return video

    def cancel(self, intent: str) -> None:
        """Ask for a job to be canceled; returns at once, safe from any thread."""
        self._do(intent, lambda course: self._thread.spawn(course.ask_cancel()))

    def go_on(self, intent: str) -> None:
        """Let a job look or try again now: one that waits for a person, or one that pauses."""

        def act(course: Course) -> None:
            if course.live.parked and (course.task is None or course.task.done()):
                self._start(course)
            else:
                course.nudge()

        self._do(intent, act)

    def recover(self) -> None:
        """Go on with the jobs of dead processes, in the background; the second call does nothing."""
        with self._lock:
            if self._recovered:
                return
            self._recovered = True
        self.call(lambda: self._thread.spawn(self._recover()))

    def recover_now(self) -> list[JobRow]:
        """Go on with the jobs of dead processes and return them; not on the engine's thread."""
        self._recovered = True
        rows: list[JobRow] = self._thread.ask(self._recover, _ANSWER_WITHIN)
        return rows

    def learn(self, endpoint: Endpoint) -> None:
        """Remember where a job goes."""
        self._endpoints.learn(endpoint)

    def model(self, reference: Reference, within: float = _ANSWER_WITHIN) -> dict[str, Any]:
        """Ask Replicate for a model, or for one version of it.

        Raises:
            PVideoError: There is no account, no such model, or no answer.
            TimeoutError: No answer came `within` so many seconds.
        """
        endpoint = settings.endpoint()
        found: dict[str, Any] = self._thread.ask(lambda: self._lookups.look(endpoint, reference, within), within + 1.0)
        return found

    def refresh_model(self, reference: Reference, told: Callable[[dict[str, Any]], None]) -> None:
        """Ask Replicate for a model in the background, once at a time, and give the answer to `told`.

        Raises:
            PVideoError: There is no account.
        """
        endpoint = settings.endpoint()
        self.call(lambda: self._thread.spawn(self._lookups.refresh(endpoint, reference, told)))

    def save(self, intent: str, *, folder: Path, begun: bool = False) -> None:
        """Save a made video now, into `folder` when its own is closed; also one whose file has moved, while it lives.

        Args:
            intent: The job.
            folder: Where to.
            begun: Whether to return only when it is being saved, so that it can be waited for; not on the engine's thread.
        """
        if not begun:
            self._do(intent, lambda course: self._thread.spawn(filing.save(course, str(folder), self._start)))
        elif intent in self._courses:
            with suppress(TimeoutError):  # a journal that is full is waited for
                self._thread.ask(lambda: filing.save(self._courses[intent], str(folder), self._start), _ANSWER_WITHIN)

    def note(self, intent: str, *, show: dict[str, Any] | None = None, **columns: Any) -> None:
        """Write down what a person says of a job, in the journal and beside its file. Not on the engine's thread.

        Raises:
            KeyError: There is no such job.
        """
        self.video(intent)
        course = self._courses[intent]
        self._thread.ask(lambda: filing.note(course, show=show, columns=columns), _ANSWER_WITHIN)

    def begin(self, row: JobRow) -> Course:
        """Start a job that the journal has. On the engine's thread."""
        with self._lock:
            if row.intent in self._courses:
                return self._courses[row.intent]
            course = self._courses[row.intent] = Course(row, self.tools, live=self._revived(row))
        self._start(course)
        self._observers.tell()
        return course

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` whenever a job begins here, on any thread; the result ends that."""
        return self._observers.add(observer)

    def call(self, function: Callable[[], Any]) -> None:
        """Run `function` on the engine's thread."""
        self._thread.call(function)

    def row(self, intent: str) -> JobRow:
        """Return a job as it is written down, or as this process has it when that is newer."""
        course = self._courses.get(intent)
        found = course.row if course is not None else self.journal.get(intent)
        if found is None:
            raise KeyError(intent)
        return found

    def exchanges(self, intent: str) -> list[dict[str, Any]]:
        """Return a job's exchanges, oldest first, with those that are not written down yet."""
        return exchanges.known(self._courses.get(intent), self.journal.exchanges(intent))

    def courses(self) -> list[Course]:
        """Return the jobs this process knows."""
        with self._lock:
            return list(self._courses.values())

    def close(self, timeout: float = CLOSE_WITHIN) -> None:
        """End the thread. What runs goes on at Replicate, and the journal has it for the next process."""
        engines.drop(self)
        self._hear_answers()
        if self._thread.close(timeout):
            self.journal.close()

    def _hear_answers(self) -> None:
        """Give presses that are just being sent a moment for their answers: an id that is known now need not be looked for later."""
        until = time.monotonic() + _ANSWERS_WITHIN
        while any(course.leaving for course in self.courses()) and time.monotonic() < until:
            time.sleep(0.02)

    async def _ending(self) -> None:
        await self._endpoints.close()
        for worker in (self.tools.disk, self.tools.studio):
            getattr(worker, "close", lambda _: None)(0.5)

    def _start(self, course: Course, *, of_another: bool = False) -> None:
        going_on = adoption.follow(course) if of_another else course.run()
        course.task = self._thread.spawn(going_on)

    async def _recover(self) -> list[JobRow]:
        mine = {course.row.intent for course in self.courses()}
        owner, session = self.tools.owner, self.tools.session
        rows = await self.tools.disk.run(lambda: adoption.recover(self.journal, owner, mine, session=session))
        for row in [*rows, *await self.tools.disk.run(lambda: adoption.owed(self.journal, owner, mine))]:
            try:
                self.begin(row)
            except Exception:  # each for itself: the others are paid, too
                logger.exception("job %s cannot be gone on with", row.intent)
        return rows

    def _revived(self, row: JobRow) -> Live:
        live = lineage.related(revived(row), self.journal, row)
        if row.finished:
            live.poster = self.journal.poster(row.intent)
        return live

    def _do(self, intent: str, act: Callable[[Course], Any]) -> None:
        course = self._courses.get(intent)
        if course is not None:
            self.call(lambda: act(course))

    def _handle(self, course: Course) -> Video:
        with self._lock:
            return self._videos.setdefault(course.row.intent, Video(self, course.row.intent, course.feed))

    async def _fetch(self, url: str, part: Path, *, endpoint: Endpoint, on_progress: Callable[[int, int | None], None]) -> Fetched:
        from pvideo.wire.download import fetch

        return await fetch(url, part, endpoint=endpoint, on_progress=on_progress, user_agent=USER_AGENT, on_exchange=self._heard)

    def _heard(self, exchange: Any) -> None:
        """Keep an exchange with the job on whose behalf it was."""
        course = self._courses.get(current_intent.get())
        if course is not None and exchanges.keep(course, exchange):
            self._thread.spawn(exchanges.write(course))


def _open(path: Path) -> Engine:
    return Engine(Journal(path, owner=myself(), kept=lambda: sidecar.rows(settings.current().video_folder)))
