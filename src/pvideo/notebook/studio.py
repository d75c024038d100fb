"""The Studio: the model's inputs as controls, the price on the button, and this session's videos beside them."""

from __future__ import annotations

import secrets
import time
import weakref
from html import escape
from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.arguments import FLAG, takes
from pvideo.errors import PVideoError
from pvideo.guard import guarded
from pvideo.job.models import MODEL

from .base import from_page
from .beside import Beside
from .blueprint import SCHEMA, VIDEO, at_hand, blank, model_name, read_schema
from .form_inputs import FormInputs
from .frames import Frames
from .loading import Loading, loading, ready
from .pulse import pulse
from .purse import money_now, price_now
from .strip import Strip
from .values import Values
from .words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.job.states import Snapshot
    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video
    from pvideo.model.schema import Model

_open: weakref.WeakSet[Studio] = weakref.WeakSet()


class _Inputs(traitlets.Dict):
    """The trait of a form's values: some of them are secret, also where they do not fit."""

    @guarded
    def __set__(self, obj: Any, inputs: Any) -> None:
        super().__set__(obj, inputs)


class Studio(Loading):
    """Controls, price and videos for one model.

    A model that pvideo does not know is asked for through the gateway while the Studio is already shown.

    Example:
        ``studio = pvideo.Studio(prompt="A paper boat in the rain", draft=True)``, shown on a cell's last line; then
        ``studio.inputs["duration"] = 3`` and ``studio.generate()`` do what the page does.

    Args:
        model: ``owner/name`` or a model; the one of `pvideo.configure` when not given.
        schema: What the model takes, when it is at hand: Replicate's model as JSON, its OpenAPI document, or the input schema; or the
            path of a JSON file with one of these.
        **inputs: Values to begin with, by the model's own names.

    Raises:
        InputError: An argument does not fit, the model has no such input, or `schema` is none or names no model.
        ImportError: The page part was not built.
    """

    page = "studio"

    inputs = _Inputs().tag(sync=True)
    """The values now, as typed; what is not in it has the model's default. A file stands here by its name. What is written into it is in
    the form."""

    videos = traitlets.List(read_only=True)
    """The videos of this Studio, newest first."""

    # What the page is told.

    form = traitlets.Dict().tag(sync=True)
    """What the controls are, from the model's schema."""

    problems = traitlets.List().tag(sync=True)
    """What is to be fixed before a press, each with its field."""

    price = traitlets.Dict().tag(sync=True)
    """What a press costs now, and what the button says."""

    money = traitlets.Dict().tag(sync=True)
    """What was spent in this session and today."""

    views = traitlets.List().tag(sync=True)
    """The videos of this Studio as the page sees them, newest first."""

    strip = traitlets.Dict({"links": {}, "stars": {}, "can": []}).tag(sync=True)
    """What the strip shows beside them: what was made from what, stars."""

    beside = traitlets.Unicode().tag(sync=True)
    """The widget in the place of the card, a comparison or a sweep's sheet, as anywidget refers to it. Default ``""``."""

    behind = traitlets.Unicode().tag(sync=True)
    """What the button says that brings the comparison or sheet back which left its place to the card. Default ``""``."""

    notice = traitlets.Unicode().tag(sync=True)
    """One sentence above the button, when there is something to say. Default ``""``."""

    saved = traitlets.Dict().tag(sync=True)
    """What the saved notebook keeps of this Studio: ``html``, in the place of ``model``, marked with ``key``."""

    @takes("Studio", model=MODEL, schema=SCHEMA)
    def __init__(self, model: str | Model | None = None, schema: Any = None, **inputs: Any) -> None:
        schema = read_schema(schema)
        name = model_name(model, schema)
        found = at_hand(model, schema)
        self._model: Model = found or blank(name)
        self._strip = Strip(self._news)
        self._values = Values(self._model)
        self._nonces = {}
        self._frames = Frames()
        self.born = time.monotonic()
        """When it was made: the newest one takes what is loaded from elsewhere."""
        self._key = secrets.token_urlsafe(9)
        self._beside = Beside(lambda: pulse.mark(self))
        self._ready = found is not None
        self._begun = False
        self._taken: set[str] = set()
        self._first = {} if found else dict(inputs)
        shown = self._values.first(inputs, own=("model", "schema")) if found else {}
        super().__init__(kind="studio", model=self._model.name, inputs=shown, state=ready() if found else loading(name))
        self._begun = True
        self.refresh()
        _open.add(self)
        if found is None:
            self._ask(name)

    # What a person types in Python.

    @takes(again=FLAG)
    def generate(self, *, again: bool = False) -> Video:
        """Press Generate: make a video from the inputs as they are; it costs what the button says.

        Args:
            again: Make another one although the same inputs are being made now.

        Raises:
            InputError: An input does not fit.
            BudgetError: The budget stopped it.
            SettingsError: No account is set up.
            RefusedError: The model is not known, or not yet.
        """
        from pvideo.job.press import press

        self._need_form()
        self._values.refuse_strange()
        # Without `again` the journal gives the running video of the same inputs back, and nothing is sent.
        video = press(self._model, self._typed(), again=again, defaults=False)
        self.take_in(video)
        self.notice = ""
        self._judge()
        return video

    @takes(video=VIDEO)
    def load(self, video: Video) -> None:
        """Fill the form with exactly what made a video, its seed included."""
        snapshot = video.snapshot()
        self.inputs = self._values.loaded(snapshot.typed, snapshot.seed)
        self._tell_files({})

    @takes()
    def compare(self, *videos: Video) -> Any:
        """Show videos side by side, in the place of the card; returns the widget that does."""
        import pvideo

        shown: Any = self.beget(lambda: pvideo.compare(*videos))  # type: ignore[attr-defined, unused-ignore]
        if hasattr(shown, "changed"):
            shown.changed = self._beside.refresh
        self._put(shown)
        return shown

    @takes()
    def sweep(self, **axes: Any) -> Sweep:
        """Make a sweep of the form's inputs; its sheet stands in the place of the card. Nothing is sent before its button, or `Sweep.run`.

        The sheet asks what varies, and follows the form until it is started; each change there makes another sweep.

        Args:
            **axes: Inputs that are others than the form's; a list, tuple, range or set is what that input goes through. Without one
                the seed goes through 1 to 4.

        Raises:
            InputError: A combination does not fit.
            SettingsError: No account is set up.
            RefusedError: The model is not known, or not yet.

        Example::

            studio.sweep(seed=range(1, 5)).run()
        """
        from .vary_sheet import VarySheet

        self._need_form()
        self._values.refuse_strange()
        self._values.check(axes)
        before = self._beside.shown
        lines = before.lines if isinstance(before, VarySheet) and before.model is self._model else None
        typed = self._typed()
        made: list[Sweep] = []

        def watch(sweep: Sweep) -> None:
            made.append(sweep)
            sweep.observe(lambda: self._take_all(sweep))

        self._put(self.beget(lambda: VarySheet(self._model, typed, axes, lines=lines, made=watch, changed=self._beside.refresh)))
        self.notice = ""
        return made[0]

    @takes()
    def back(self) -> None:
        """Show the card again, in the place of a comparison or a sheet; videos go on, and `reopen` brings it back."""
        self._beside.leave()
        self._tell_beside()

    @takes()
    def reopen(self) -> None:
        """Show the comparison or sheet again that left its place to the card; without one, nothing changes."""
        self._beside.come_back()
        self._tell_beside()

    def _put(self, shown: Any) -> None:
        self._beside.put(shown)
        self._tell_beside()

    def _tell_beside(self) -> None:
        with self.hold_sync():
            self.beside, self.behind = self._beside.reference, self._beside.way_back

    def _take_all(self, sweep: Sweep) -> None:
        """Take the videos of a sweep in as they are pressed."""
        for video in sweep.videos:
            if video.intent not in self._taken and self.is_open:
                self._taken.add(video.intent)
                self.take_in(video)

    def _need_form(self) -> None:
        if not self._ready:
            raise PVideoError.make("model_refused", model=self.model, detail=say("labels", "loading_form", model=self.model))

    def take_in(self, video: Video) -> None:
        """Take a video into the strip, in front of the others."""
        self._strip.add(video)
        self.set_trait("videos", self._strip.videos)

    def close(self) -> None:
        """Take the Studio off the page; its videos go on."""
        strip: Strip | None = getattr(self, "_strip", None)
        if strip is not None:
            strip.close()
            self._beside.close()
            self._values.close()
            self._frames.close()
            pulse.forget(self)
        super().close()

    def __repr__(self) -> str:
        """Say what it is: it is the text a saved notebook falls back to."""
        return f"Studio({self._model.name!r}, videos={len(self._strip.videos)})"

    def still(self) -> str:
        """Return it as plain html, as a saved notebook keeps it."""
        return self._html()

    def _html(self) -> str:
        """Return what stands where no widget is drawn: what is shown now, and how to get the Studio back."""
        from .hosts import notebook_folder
        from .saved import saved_card

        newest = "".join(saved_card(video.snapshot(), notebook_folder()) for video in self._strip.videos[:1])
        return f"{self._beside.still()}{newest}<p>{escape(say('labels', 'studio_saved', model=self._model.name))}</p>"

    # What changes by itself.

    @traitlets.validate("inputs")
    def _inputs_valid(self, proposal: Any) -> dict[str, Any]:
        values: dict[str, Any] = dict(proposal["value"])
        if self._ready and not from_page():
            self._values.check(values)
        shown = self._values.may_stand(values) if from_page() else self._values.taken(values)
        return FormInputs(shown, lambda: self.inputs, lambda changed: setattr(self, "inputs", changed))

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take a state from the page, of which no file is read because it is named there."""
        given = sync_data.get("inputs")
        super().set_state({**sync_data, "inputs": self._values.take(given)} if isinstance(given, dict) else sync_data)
        pulse.mark(self)

    @traitlets.observe("inputs")
    def _inputs_changed(self, _: object) -> None:
        if self._begun:
            self._judge()
            self._follow(lambda sheet: sheet.take(self._typed()))

    def _follow(self, tell: Callable[[Any], None]) -> None:
        """Let a sheet that was not started know of the form; one of another model goes."""
        shown = self._beside.shown
        if shown is None:
            return
        from .vary_sheet import VarySheet

        if not isinstance(shown, VarySheet) or shown.video.videos:
            return
        if shown.model is self._model:
            tell(shown)
        else:
            self.back()

    def _news(self, _: Snapshot) -> None:
        pulse.mark(self)

    def push(self) -> None:
        """Bring the newest state of the videos to the page."""
        if not self.is_open:
            return
        views, facts = self._strip.views(), self._strip.facts()
        saved = {"html": self._html(), "model": self.model_id, "key": self._key}
        with self.hold_sync():
            self.saved = saved
            self.strip = facts
            self.views = views
        self._judge()

    def refresh(self) -> None:
        """Say everything anew after the account, the demo or the model changed."""
        from pvideo.model.presentation import form

        with self.hold_sync():
            self.form = {**form(self._model), "first": price_now(self._model, self._typed()).first}
            self.saved = {"html": self._html(), "model": self.model_id, "key": self._key}
            self._judge()
        self._follow(lambda sheet: sheet.renew())

    def _judge(self) -> None:
        """Say anew what is wrong, what it costs, and what is left of the budget."""
        from pvideo.model.validation import validate

        typed = self._typed()
        found = [(problem.field, problem.message) for problem in validate(self._model, typed)] if self._ready else []
        problems = [{"field": field, "message": message} for field, message in found or self._strip.refused(typed)]
        price = price_now(self._model, typed, running=self._strip.running(typed) is not None)
        money = money_now()
        with self.hold_sync():
            self.problems, self.price, self.money = problems, price.trait, money

    def _typed(self) -> dict[str, Any]:
        return self._values.typed(self.inputs)


def newest() -> Studio | None:
    """Return the open Studio that was made last."""
    shown = [studio for studio in list(_open) if studio.is_open]
    return max(shown, key=lambda studio: studio.born) if shown else None


def refresh_all() -> None:
    """Bring every open Studio up to date: the account, or the demo, has changed. One that could not get its model asks again."""
    for studio in list(_open):
        if studio.is_open:
            studio.refresh()
            if studio.state.get("phase") == "error":
                studio.reload()
