"""How a video comes into a cell's output, and what stands there when it has ended.

In a notebook: a live card, for whoever formats the video. When the video has ended the page is offered the plain html for its file (the
live card stays); if it cannot do that, an output of ours becomes the html, but never while the video plays. What is published reaches the
page that is open now and no other: the card itself lives on, for the page that comes back, an `ipywidgets.Output` or a captured output,
until its cell runs again. Without widgets: html or text.
"""

from __future__ import annotations

import contextvars
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .hosts import Host, cell_id, detect, message_id, notebook_folder
from .saved import saved_card, still_card

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import TypeIs

    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video

    from .card import Card
    from .compare import Compare
    from .sheet import Sheet

CLEAN_WITHIN = 2.0
"""Seconds the page has to say that its file holds the html, from when it has drawn the widget."""
DRAWN_WITHIN = 10.0
"""Seconds it may take until then: a page that never draws a widget gets the html after them."""
PLAYING_AT_MOST = 3600.0


@dataclass(eq=False)
class Showing:
    """One card, sheet or comparison, and the outputs it stands in."""

    card: Card | Sheet | Compare
    shell: Any
    host: Host
    """As it was in the cell: whether someone can answer belongs to each request."""
    displays: list[str] = field(default_factory=list)
    """The outputs that an update reaches by their id, while the page that has them is open."""
    places: set[str] = field(default_factory=set)
    """Where it stands, as far as cells tell: an id for each time that it was shown."""
    pinned: bool = False
    """Whether it was shown where no cell is told, from a button's callback: it may stand there for ever."""
    origin: contextvars.Context = field(default_factory=contextvars.copy_context)


class Outputs:
    """What this kernel shows, so that running a cell again lets go of what it showed before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._showing: dict[str, Showing] = {}
        self._cells: dict[str, tuple[str, list[tuple[str, str]]]] = {}
        self.pending: dict[str, list[str]] = {}
        """Outputs without a widget (video -> display ids) that wait for their final html."""
        self.took_over: Callable[[Video, Video], None] | None = None
        """Told when a button made a new video, so that the variable can follow."""

    def show(self, video: Video | Sweep | Compare, shell: Any, *, cell: str = "") -> None:
        """Show a video, a sweep's sheet or a comparison in the running cell; `cell` stands for it where the host has no cell ids."""
        host = detect(shell)
        display = uuid.uuid4().hex
        if not host.has_html:
            tell(repr(video))
            return
        data = self.bundle(video, shell, cell=cell, display=display)
        if not host.has_widgets and not _is_settled(video):
            self.pending.setdefault(_intent(video), []).append(display)
        publish(shell, data, display)

    def bundle(self, video: Video | Sweep | Compare, shell: Any, *, cell: str = "", display: str = "") -> dict[str, Any]:
        """Return a video, a sweep's sheet or a comparison for whoever formats it.

        Args:
            video: What is shown.
            shell: IPython's shell.
            cell: What stands for the running cell where the host has no cell ids.
            display: The id that it is published under, if it is one of ours: only then it can be replaced.
        """
        host = detect(shell)
        place = display or uuid.uuid4().hex
        known = self._let_go(cell_id(shell) or cell, message_id(shell), (_intent(video), place))
        if not host.has_widgets:
            return still_bundle(video) if host.has_html else {"text/plain": repr(video)}
        showing = self._showing_of(video, shell, host)
        with self._lock:
            showing.displays += [display] if display else []
            showing.places |= {place} if known else set()
            showing.pinned |= not known
        return showing.card.mimebundle()

    def widget(self, video: Video | Sweep, shell: Any) -> Card | Sheet | Compare:
        """Return the widget that shows a video or a sweep, for a host that takes it as a cell's value."""
        return self._showing_of(video, shell, detect(shell)).card

    def finish(self, video: Video | Sweep, shell: Any) -> None:
        """Put the final html where no widget stands. On the cell's own thread, as others are not recorded there."""
        for display in self.pending.pop(_intent(video), []):
            publish(shell, still_bundle(video), display, update=True)

    def cards(self) -> list[Card | Sheet | Compare]:
        """Return the open cards."""
        with self._lock:
            return [showing.card for showing in self._showing.values()]

    def clear(self) -> None:
        """Let go of every card."""
        with self._lock:
            gone = list(self._showing.values())
            self._showing.clear()
            self._cells.clear()
        for showing in gone:
            showing.card.close()

    def _showing_of(self, video: Video | Sweep | Compare, shell: Any, host: Host) -> Showing:
        with self._lock:
            showing = self._showing.get(_intent(video))
        if showing is not None and showing.card.is_open:
            # It may have ended long ago, and what it ended as may have changed: found again, or its file moved.
            showing.card.follow(video)  # type: ignore[arg-type]  # found by its own id
            return showing
        made = Showing(self._make(video), shell, host)
        with self._lock:
            self._showing[_intent(video)] = made
        return made

    def _make(self, video: Video | Sweep | Compare) -> Card | Sheet | Compare:
        if _is_compare(video):
            video.follow(video, settled=self._settled)
            return video
        if _is_sweep(video):
            from .sheet import Sheet

            return Sheet(video, settled=self._settled)

        from .card import Card

        return Card(video, settled=self._settled, took_over=self._followed)

    def _let_go(self, cell: str, message: str, shown: tuple[str, str]) -> bool:
        """Note what a cell shows; a cell that runs again has lost what it showed before. Return whether there is a cell."""
        if not cell:
            return False
        with self._lock:
            before, lost = self._cells.get(cell, ("", []))
            same_run = before == message and message != ""
            self._cells[cell] = (message, [*lost, shown] if same_run else [shown])
            closing = [] if same_run else [self._lost(intent, place, keep=intent == shown[0]) for intent, place in lost]
        for card in closing:
            if card is not None:
                card.close()
        return True

    def _lost(self, intent: str, place: str, *, keep: bool) -> Card | Sheet | Compare | None:
        """Take one output from a card; return the card if that was its last and it is not to be kept."""
        showing = self._showing.get(intent)
        if showing is None or place not in showing.places:
            return None
        showing.places.remove(place)
        showing.displays = [display for display in showing.displays if display != place]
        return None if showing.places or showing.pinned or keep else self._showing.pop(intent).card

    def _followed(self, old: Video, new: Video) -> None:
        with self._lock:
            showing = self._showing.pop(_intent(old), None)
            if showing is not None:
                self._showing[_intent(new)] = showing
            self._cells = {
                cell: (message, [(_intent(new) if intent == _intent(old) else intent, place) for intent, place in rows])
                for cell, (message, rows) in self._cells.items()
            }
        if self.took_over is not None:
            self.took_over(old, new)

    def _settled(self, card: Card | Sheet | Compare) -> None:
        """Bring a card's end to where it stands: the page's file holds html, or the output becomes html."""
        video = _of(card)
        with self._lock:
            showing = self._showing.get(_intent(video))
        if showing is None or not showing.host.swaps:
            return
        if card.here.wait(DRAWN_WITHIN):
            card.answered.wait(CLEAN_WITHIN)
        if card.clean:
            return
        card.quiet.wait(PLAYING_AT_MOST)
        if _of(card) is not video or not card.is_open or card.panels:
            return
        with self._lock:
            displays, showing.displays = showing.displays, []
            has_other_places = not showing.places <= set(displays)
        data = still_bundle(video, text=False)
        for display in displays:
            self._replace(showing, data, display)
        if has_other_places:
            card.give_way(data["text/html"])

    @staticmethod
    def _replace(showing: Showing, data: dict[str, str], display: str) -> None:
        try:
            publish(showing.shell, data, display, update=True)
        except LookupError:
            # ipykernel 7.0.0 and 7.0.1 publish only from the context of a cell.
            showing.origin.copy().run(publish, showing.shell, data, display, update=True)


def still_bundle(video: Video | Sweep | Compare, *, text: bool = True) -> dict[str, str]:
    """Return a video, a sheet or a comparison as html (and text), as it stands now."""
    if _is_compare(video):
        return {"text/html": video.still(), **({"text/plain": repr(video)} if text else {})}
    if _is_sweep(video):
        from .contact import saved_sheet

        return {"text/html": saved_sheet(video, notebook_folder()), **({"text/plain": repr(video)} if text else {})}
    snapshot = video.snapshot()
    html = saved_card(snapshot, notebook_folder()) if snapshot.done else still_card(snapshot, notebook_folder())
    return {"text/html": html, **({"text/plain": repr(video)} if text else {})}


def videos_of(value: Video | Sweep | Compare) -> tuple[Video, ...]:
    """Return the videos that are being made, or were, of what is shown."""
    return tuple(value.videos) if _is_compare(value) or _is_sweep(value) else (value,)


def tell(text: str) -> None:
    """Print a text in the running cell; never called from a thread."""
    print(text)  # noqa: T201 - it is what a line magic is for


def publish(shell: Any, data: dict[str, Any], display: str, *, update: bool = False) -> None:
    """Show data under a display id, or replace what stands there."""
    shell.display_pub.publish(data=data, metadata={}, transient={"display_id": display}, update=update)


def _of(card: Card | Sheet | Compare) -> Video | Sweep | Compare:
    """Return what it shows; a comparison is shown itself."""
    return card if _is_compare(card) else card.video


def _intent(video: Video | Sweep | Compare) -> str:
    if _is_compare(video):
        return video.key
    return video.id if _is_sweep(video) else video.snapshot().intent


def _is_settled(video: Video | Sweep | Compare) -> bool:
    if _is_compare(video):
        return True  # there is one only where there are widgets
    if _is_sweep(video):
        return video.started and all(one.snapshot().settled for one in video.videos)
    return video.snapshot().settled


def _is_sweep(video: Video | Sweep | Compare) -> TypeIs[Sweep]:
    from pvideo.job.sweep import Sweep

    return isinstance(video, Sweep)


def _is_compare(video: object) -> TypeIs[Compare]:
    # By its kind: its module need not be loaded for the question.
    return getattr(video, "kind", None) == "compare"


outputs = Outputs()
"""What this kernel shows."""
