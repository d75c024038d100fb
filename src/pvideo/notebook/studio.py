"""The Studio: the model's inputs as controls, the price on the button, and this session's videos below."""

from __future__ import annotations

import weakref
from html import escape
from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.errors import InputError, PVideoError

from .base import Live, hand
from .chunks import stream
from .menu import answer
from .pulse import pulse
from .purse import money_now, price_now
from .strip import Strip
from .values import Values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video
    from pvideo.model.schema import Model

    from .uploads import Upload

_NONCES = 1000

_open: weakref.WeakSet[Studio] = weakref.WeakSet()


class Studio(Live):
    """Controls, price and videos for one model.

    Example:
        ``studio = pvideo.Studio(prompt="A paper boat in the rain", draft=True)``, shown on a cell's last line; then
        ``studio.inputs = {**studio.inputs, "duration": 3}`` and ``studio.generate()`` do what the page does.

    Args:
        model: ``owner/name``; the one of `pvideo.configure` when not given.
        **inputs: Values to begin with, by the model's own names.

    Raises:
        InputError: The model has no such input.
        RefusedError: The model is not known.
        ImportError: The page part was not built.
    """

    form = traitlets.Dict().tag(sync=True)
    """What the controls are, from the model's schema."""

    inputs = traitlets.Dict().tag(sync=True)
    """The values now, as typed; what is not in it has the model's default. A file stands here by its name."""

    problems = traitlets.List().tag(sync=True)
    """What is to be fixed before a press, each with its field."""

    price = traitlets.Dict().tag(sync=True)
    """What a press costs now, and what the button says."""

    money = traitlets.Dict().tag(sync=True)
    """What was spent in this session and today."""

    views = traitlets.List().tag(sync=True)
    """The videos of this Studio as the page sees them, newest first."""

    notice = traitlets.Unicode().tag(sync=True)
    """One sentence above the button, when there is something to say. Default ``""``."""

    def __init__(self, model: str | None = None, **inputs: Any) -> None:
        from pvideo.job.press import find_model
        from pvideo.model.presentation import form

        self._model: Model = find_model(model)
        self._strip = Strip(self._news)
        self._values = Values(self._model)
        self._nonces: dict[str, None] = {}
        super().__init__(kind="studio", form=form(self._model), inputs=self._values.first(inputs))
        self.refresh()
        _open.add(self)

    # What a person types in Python.

    @property
    def model(self) -> str:
        """The model, ``owner/name``."""
        return self._model.name

    @property
    def videos(self) -> list[Video]:
        """The videos of this Studio, newest first."""
        return self._strip.videos

    def generate(self, *, again: bool = False) -> Video:
        """Press Generate: make a video from the inputs as they are; it costs what the button says.

        Args:
            again: Make another one although the same inputs are being made now.

        Raises:
            InputError: An input does not fit.
            BudgetError: The budget stopped it.
            SettingsError: No account is set up.
        """
        from pvideo.job.press import press

        # Without `again` the journal gives the running video of the same inputs back, and nothing is sent.
        video = press(self._model, self._typed(), again=again, defaults=False)
        self._strip.add(video)
        self.notice = ""
        self._judge()
        return video

    def __repr__(self) -> str:
        """Say what it is: it is the text a saved notebook falls back to."""
        return f"Studio({self._model.name!r}, videos={len(self.videos)})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from .card import WIDGET
        from .hosts import detect, notebook_folder
        from .saved import saved_card

        newest = "".join(saved_card(video.snapshot(), notebook_folder()) for video in self.videos[:1])
        words = f"<p>pvideo Studio for {escape(self._model.name)}: run this cell to use it.</p>"
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": newest or words}
        if self.is_open and detect().kind != "headless":
            bundle[WIDGET] = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        return bundle

    def close(self) -> None:
        """Take the Studio off the page; its videos go on."""
        strip: Strip | None = getattr(self, "_strip", None)
        if strip is not None:
            strip.close()
            self._values.close()
            pulse.forget(self)
        super().close()

    # What changes by itself.

    @traitlets.validate("inputs")
    def _inputs_valid(self, proposal: Any) -> dict[str, Any]:
        values: dict[str, Any] = dict(proposal["value"])
        self._values.check(values)
        return values

    @traitlets.observe("inputs")
    def _inputs_changed(self, _: object) -> None:
        self._judge()

    def _news(self, _: Snapshot) -> None:
        pulse.mark(self)

    def push(self) -> None:
        """Bring the newest state of the videos to the page."""
        if not self.is_open:
            return
        views = self._strip.views()
        with self.hold_sync():
            self.views = views
        self._judge()

    def refresh(self) -> None:
        """Say everything anew after the account or the demo changed."""
        self.form = {**self.form, "first": price_now(self._model, self._typed()).first}
        self._judge()

    def _judge(self) -> None:
        """Say anew what is wrong, what it costs, and what is left of the budget."""
        from pvideo.model.validation import validate

        typed = self._typed()
        problems = [{"field": problem.field, "message": problem.message} for problem in validate(self._model, typed)]
        price = price_now(self._model, typed, running=self._strip.running(typed) is not None)
        money = money_now()
        with self.hold_sync():
            self.problems, self.price, self.money = problems, price.trait, money

    def _typed(self) -> dict[str, Any]:
        return self._values.typed(self.inputs)

    # Messages: from the page.

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one message of the page."""
        handlers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "hello": self._hello,
            "inputs": self._take_inputs,
            "generate": self._pressed,
            "load": self._load,
            "file_clear": self._clear_file,
            "action": self._acted,
            "menu": self._asked,
            "want": self._wanted,
        }
        if content["kind"] == "file":
            self._take_file(content, buffers)
        elif content["kind"] in handlers:
            handlers[content["kind"]](content)

    def _hello(self, _: Mapping[str, Any]) -> None:
        self.alive()
        self.views = self._strip.views()

    def _take_inputs(self, content: Mapping[str, Any]) -> None:
        """Take the form's values: those of inputs that the model has; a secret is kept apart and never sent back."""
        given = content.get("inputs")
        if isinstance(given, dict):
            self.inputs = self._values.take(given)

    def _pressed(self, content: Mapping[str, Any]) -> None:
        """Take a press once: a message that comes twice is one press."""
        nonce = content.get("nonce")
        if not isinstance(nonce, str) or not 8 <= len(nonce) <= 100 or nonce in self._nonces:
            return
        self._nonces[nonce] = None
        for old in list(self._nonces)[:-_NONCES]:
            del self._nonces[old]
        self._take_inputs(content)
        hand(self._generate, content.get("again") is True)

    def _generate(self, again: bool) -> None:
        try:
            self.generate(again=again)
        except InputError as error:
            self.problems = [{"field": problem.field, "message": problem.message} for problem in error.problems]
            if error.problems:
                self.send({"kind": "focus_problem", "field": error.problems[0].field})
            else:
                self.notice = str(error)
        except PVideoError as error:
            self.notice = str(error)

    def _load(self, content: Mapping[str, Any]) -> None:
        """Fill the form with what made one of the videos."""
        video = self._strip.get(content.get("id"))
        if video is not None:
            self.inputs = self._values.loaded(video.snapshot().typed)

    def _acted(self, content: Mapping[str, Any]) -> None:
        video = self._strip.offered(content)
        if video is not None:
            hand(self._act, str(content["name"]), video)

    def _asked(self, content: Mapping[str, Any]) -> None:
        video = self._strip.offered(content, "more")
        if video is not None:
            hand(self._answer, video, dict(content))

    def _answer(self, video: Video, content: dict[str, Any]) -> None:
        answer(video, content, self.send)
        pulse.mark(self)

    def _act(self, name: str, video: Video) -> None:
        from .doing import act

        try:
            new = act(name, video)
        except PVideoError as error:
            self.notice = str(error)
            return
        if new is not None and new is not video:
            self._strip.add(new)
        pulse.mark(self)

    def _wanted(self, content: Mapping[str, Any]) -> None:
        video = self._strip.get(content.get("id"))
        if video is not None:
            hand(stream, self.send, video.snapshot().path, video.snapshot().intent)

    def _take_file(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        got = self._values.piece(content, buffers)
        if isinstance(got, str):
            self.notice = got
        elif got is not None:
            hand(self._filed, str(content["field"]), got)

    def _filed(self, field: str, upload: Upload) -> None:
        self.inputs = {**self.inputs, field: upload.name}
        self.send({"kind": "file_ok", "field": field, "name": upload.name, "size": upload.size, "thumb": upload.thumb()})

    def _clear_file(self, content: Mapping[str, Any]) -> None:
        field = str(content.get("field"))
        self._values.drop(field)
        self.inputs = {name: value for name, value in self.inputs.items() if name != field}


def refresh_all() -> None:
    """Bring the prices of every open Studio up to date: the account, or the demo, has changed."""
    for studio in list(_open):
        if studio.is_open:
            studio.refresh()
