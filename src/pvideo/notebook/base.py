"""The base of all widgets: one lock around everything that ipywidgets leaves unguarded against threads.

Measured with ipywidgets 8.1.9: `hold_sync` in one thread against a trait in another loses the last value, and two `set_state` at once
raise `KeyError`. One re-entrant lock around both ways in and out loses nothing. It is never held across the network, and what a
message asks for is done in a thread of its own (`hand`), so that a button is heard while the kernel works.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import weakref
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import anywidget
import traitlets

from pvideo.errors import PVideoError

from .hosts import detect, follow_page
from .pulse import pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")
logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())

WIDGET = "application/vnd.jupyter.widget-view+json"

_open: weakref.WeakSet[Live] = weakref.WeakSet()
"""Every widget there is: where the notebook was moved, all of them say other addresses."""

_STATIC = Path(__file__).parents[1] / "static"


@cache
def bundle(page: str) -> tuple[str, str]:
    """Return a widget's part in the page, its script and its styles.

    Raises:
        ImportError: It was not built: a checkout needs one build before its first widget.
    """
    try:
        return tuple((_STATIC / f"{page}.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))  # type: ignore[return-value]
    except FileNotFoundError as error:
        advice = "Build it once: npm --prefix js install && npm --prefix js run build."
        msg = f"pvideo's page part is missing ({Path(error.filename).name}). {advice}"
        raise ImportError(msg) from None


def hand(task: Callable[..., object], *args: object) -> threading.Thread:
    """Do something in a thread of its own; a failure goes to the log, never to a cell's output."""
    thread = threading.Thread(target=_quietly, args=(task, *args), name="pvideo-hand", daemon=True)
    thread.start()
    return thread


def _quietly(task: Callable[..., object], *args: object) -> None:
    try:
        task(*args)
    except Exception:
        logger.exception("%s failed", getattr(task, "__qualname__", task))


_from_page: contextvars.ContextVar[bool] = contextvars.ContextVar("from_page", default=False)


def from_page() -> bool:
    """Return whether what happens now is a page's word: a message, or a trait that it wrote. Anything may write to a comm."""
    return _from_page.get()


@contextmanager
def _heard_from_page() -> Iterator[None]:
    before = _from_page.set(True)
    try:
        yield
    finally:
        _from_page.reset(before)


class Live(anywidget.AnyWidget):
    """A widget whose traits any thread may set, and whose messages are heard while a cell blocks."""

    page: ClassVar[str] = "widget"
    """Which bundle of ``js/`` draws it."""

    # anywidget adds these to each widget, in a class made for it alone (8 kB): here they stand in ours.
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    _anywidget_id = traitlets.Unicode().tag(sync=True)

    kind = traitlets.Unicode().tag(sync=True)
    """Which of a bundle's widgets the page draws: ``card`` or ``studio``."""

    heartbeat = traitlets.Int(0).tag(sync=True)
    """Grows with each sign of life; the page reads nothing else into it."""

    below = traitlets.List().tag(sync=True)
    """The widgets that stand below this one, as anywidget names them (`pvideo.notebook.panels`). Default ``[]``."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Live:
        """Make the widget with its lock: closing takes it, also when making one failed half-way."""
        made: Live = super().__new__(cls, *args, **kwargs)
        made._lock = threading.RLock()
        return made

    def __init__(self, **traits: Any) -> None:
        # Where the widget was made. ipykernel 7.0.0 and 7.0.1 can publish from no other context (ipykernel #1450).
        self._origin = contextvars.copy_context()
        self._esm, self._css = bundle(self.page)
        self.here = threading.Event()
        """Set once the page has drawn it."""
        self._in_marimo = detect().kind == "marimo"
        super().__init__(**traits)
        _unroute(self.comm)
        self.on_msg(self._on_message)
        _open.add(self)

    @traitlets.default("_anywidget_id")
    def _default_anywidget_id(self) -> str:
        return f"{type(self).__module__}.{type(self).__qualname__}"

    def add_traits(self, **traits: Any) -> None:
        """Add the traits that its class has not."""
        missing = {name: trait for name, trait in traits.items() if not self.has_trait(name)}
        if missing:
            super().add_traits(**missing)

    # Both directions under the one lock.

    def notify_change(self, change: Any) -> None:
        """Send a changed trait."""
        with self._lock:
            super().notify_change(change)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """Return the state, or the part `key` of it."""
        with self._lock:
            return super().get_state(key, drop_defaults)

    def send_state(self, key: Any = None) -> None:
        """Send the state, or the part `key` of it."""
        with self._lock:
            super().send_state(key)

    def set_state(self, sync_data: Any) -> None:
        """Take a state from the page."""
        with self._lock, _heard_from_page():
            super().set_state(sync_data)

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Send what is set inside as one message."""
        with self._lock, super().hold_sync():
            yield

    def _handle_msg(self, msg: Any) -> None:
        with self._lock:
            super()._handle_msg(msg)

    def _send(self, msg: Any, buffers: Any = None) -> None:
        try:
            super()._send(msg, buffers)
        except LookupError:
            self._origin.copy().run(super()._send, msg, buffers)

    def open(self) -> None:
        """Tell the page of it; where nobody looks on there is none, and nbclient would keep each widget's whole module in the file."""
        if detect().kind != "headless":
            super().open()

    def close(self) -> None:
        """Take the widget off the page and forget it."""
        with self._lock:
            try:
                super().close()
            except LookupError:
                self._origin.copy().run(super().close)
        self.__dict__.pop("_repr_mimebundle_", None)  # ipywidgets leaves nothing to show; there is html

    def beget(self, make: Callable[[], T]) -> T:
        """Make another widget on a thread of ours, which ipykernel 7.0.0 and 7.0.1 allow in the context of a cell only.

        Raises:
            PVideoError: marimo shows it, which takes none that is made outside of a cell (0.25.2: none is told to the page).
        """
        if self._in_marimo and detect().kind != "marimo":
            raise PVideoError.make("marimo_widget")
        try:
            return make()
        except LookupError:
            return self._origin.copy().run(make)

    # What a notebook is given of it.

    def still(self) -> str:
        """Return it as plain html, as it stands now: what is kept where no widget is drawn."""
        raise NotImplementedError

    def mimebundle(self) -> dict[str, Any]:
        """Return it as a widget, with text and html for where no widget is drawn."""
        spec = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        return {WIDGET: spec, "text/plain": repr(self), "text/html": self.still()}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self.mimebundle() if self.is_open else {"text/plain": repr(self), "text/html": self.still()}

    @property
    def model_id(self) -> str:
        """By what the page knows it; empty where no page does."""
        return str(self.comm.comm_id) if self.is_open else ""

    @property
    def is_open(self) -> bool:
        """Whether the page can still be reached through this widget."""
        return self.comm is not None

    # Messages.

    def _on_message(self, _widget: object, content: object, buffers: list[memoryview]) -> None:
        """Check a message's form and pass it on; a strange one is ignored, as anything may write to a comm."""
        if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
            return
        if follow_page(content.get("path")):
            for one in list(_open):
                one.moved()
        if content["kind"] == "notebook":
            return
        try:
            with _heard_from_page():
                self.heard(content, buffers or [])
        except Exception:
            logger.exception("a message of kind %.20s failed", content["kind"])

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one message of the page. Quick: anything slow goes through `hand`."""
        raise NotImplementedError

    def push(self) -> None:
        """Bring the newest state to the page."""
        raise NotImplementedError

    def moved(self) -> None:
        """Say all addresses anew: the notebook lies elsewhere."""
        pulse.mark(self)

    def alive(self) -> None:
        """Answer a heartbeat."""
        self.here.set()
        self.send({"kind": "alive"})


def _unroute(comm: Any) -> None:
    """Let messages of the page reach us while a cell blocks.

    ipykernel 7.4 sends them to the shell that last published on this comm, and a thread publishes as the main shell: Cancel would
    wait for the running cell.
    """
    if getattr(comm, "_reply_subshell_for", None) is not None:
        comm._reply_subshell_for = None  # noqa: SLF001 - there is no public way
