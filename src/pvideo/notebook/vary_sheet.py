"""The sheet in a Studio: as long as nothing was started it asks what varies, and follows the form; the price stands on its button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.errors import PVideoError
from pvideo.job.axes import axes_of

from .base import hand
from .pulse import pulse
from .sheet import Sheet
from .vary import LONGEST, MOST, Line, choices, first_lines, lines_of, planned, values_of
from .view import message_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.job.sweep import Sweep
    from pvideo.model.schema import Model


class VarySheet(Sheet):
    """A sheet of inputs some of which vary. It starts by its button only, whatever ``confirm_over`` is.

    Args:
        model: What makes the videos.
        inputs: The form's values as a press takes them.
        axes: Inputs that are others than the form's; a list is what one goes through. Without a list the first line says what.
        lines: The lines to begin with instead.
        made: Told of each sweep that this sheet shows, before it is started.
        changed: Called when what is saved of it is another now.

    Raises:
        InputError: A combination does not fit.
        SettingsError: No account is set up.
    """

    vary = traitlets.Dict().tag(sync=True)
    """What can vary and what does, until something was started: ``fields``, ``lines``, ``message``. Default ``{}``."""

    def __init__(
        self,
        model: Model,
        inputs: Mapping[str, Any],
        axes: Mapping[str, Any],
        *,
        made: Callable[[Sweep], None],
        changed: Callable[[], None],
        lines: list[Line] | None = None,
    ) -> None:
        self.model = model
        self._made, self._changed = made, changed
        self._own, varied = axes_of(model, axes)
        self._fixed = dict(varied)
        """What varies by code, where no line can say it."""
        chosen = lines_of(model, varied) if varied else lines if lines is not None else first_lines(model)
        self._inputs = dict(inputs)
        self._lines: list[Line] | None = chosen
        self._pending: object = None
        """What is being worked out: the newest of it counts, and until then nothing starts."""
        self._problem: PVideoError | None = None
        self._begun = False
        self._asked: Mapping[str, Any] | None = None
        """A press that came while the form's newest values were worked out: it holds if its button still says the same then."""
        self._stood: object = None
        first = self._plan(chosen, self._inputs)
        made(first)
        super().__init__(first)
        self.vary = self._vary()

    @property
    def lines(self) -> list[Line] | None:
        """What varies, while nothing was started and all is well."""
        return None if self._problem is not None or self.video.videos else self._lines

    def choose(self, *lines: Line) -> None:
        """Vary these inputs: each with the text of its values (``("seed", "1..4")``), as the sheet's own lines do."""
        self._again(list(lines), self._inputs)

    def take(self, inputs: Mapping[str, Any]) -> None:
        """Follow the form, as long as nothing was started."""
        if dict(inputs) != self._inputs and not self.video.videos:
            self._again(self._lines, dict(inputs))

    def renew(self) -> None:
        """Price it anew: the account, or the demo, is another now."""
        if not self.video.videos:
            self._again(self._lines, self._inputs)

    def _again(self, lines: list[Line] | None, inputs: dict[str, Any]) -> None:
        wanted = self._pending = object()
        self._lines, self._inputs = lines, inputs
        hand(self._work_out, wanted, lines, inputs)

    def _work_out(self, wanted: object, lines: list[Line] | None, inputs: dict[str, Any]) -> None:
        found, problem = None, None
        try:
            found = self._plan(lines, inputs)
        except PVideoError as error:
            problem = error
        with self._lock:  # against a press: either it starts what stands there, or it is refused
            if self._pending is not wanted or self._begun:
                return
            self._pending, self._problem, self._refused = None, problem, None
            asked, self._asked = self._asked, None
            if found is not None:
                self._made(found)
                self.follow(found)
            if found is not None and asked is not None:
                self._pressed(asked)
        pulse.mark(self)

    def _plan(self, lines: list[Line] | None, inputs: Mapping[str, Any]) -> Sweep:
        varied = self._fixed if lines is None else values_of(self.model, lines)
        return planned(self.model, {**inputs, **self._own}, varied)

    def still(self) -> str:
        """Return what was made as plain html; a question that nobody answered is not kept."""
        return super().still() if self.video.videos else ""

    # News: from the engine's thread to the page.

    def push(self) -> None:
        """Bring the newest state to the page, and tell of it where what is saved is another."""
        if not self.is_open:
            return
        super().push()
        self.vary = self._vary()
        stands = (self.video.id, self.sheet.get("state"), self.sheet.get("done"), self.sheet.get("left"), self.saved)
        if stands != self._stood:
            self._stood = stands
            self._changed()

    def _sheet(self) -> dict[str, Any]:
        view = super()._sheet()
        # It waits because it was asked to, not because it is dear.
        return view if self._refused is not None else {**view, "message": None}

    def _vary(self) -> dict[str, Any]:
        fields = choices(self.model)
        if self.video.videos or self._begun or not fields:
            return {}
        problem = message_of(self._problem, "warn") if self._problem is not None else None
        lines = [{"name": name, "text": text} for name, text in self._lines or ()]
        return {"fields": fields, "lines": lines, "message": problem, "fixed": self._lines is None}

    # Messages: from the page.

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one message of the page."""
        if content["kind"] == "vary":
            self._chosen(content)
        else:
            super().heard(content, buffers)

    def _chosen(self, content: Mapping[str, Any]) -> None:
        given = content.get("lines")
        if self.video.videos or self._begun or not isinstance(given, list) or not 1 <= len(given) <= MOST:
            return
        lines = [(line.get("name"), line.get("text")) for line in given if isinstance(line, dict)]
        known = {choice["name"] for choice in choices(self.model)}
        if len(lines) == len(given) and all(name in known and isinstance(text, str) and len(text) <= LONGEST for name, text in lines):
            self.choose(*lines)  # type: ignore[arg-type]

    def _pressed(self, content: Mapping[str, Any]) -> None:
        starts = content.get("name") == "start" and not self.video.videos
        if starts and self._pending is not None and content.get("nonce") == self._nonce:
            self._asked = content
        elif starts and (self._pending is not None or self._problem is not None or self._begun):
            pulse.mark(self)
        else:
            super()._pressed(content)

    def _accepted(self, name: str) -> None:
        self._begun = name == "start"

    def _do(self, act: Callable[[], object]) -> None:
        super()._do(act)
        self._begun = False
