"""A Studio's model: which one it is, and how it comes when it has to be asked for while the Studio is already shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.errors import PVideoError
from pvideo.guard import guarded

from .base import hand
from .blueprint import at_hand
from .orders import Orders
from .view import message_of
from .words import say

if TYPE_CHECKING:
    from pvideo.model.schema import Model


class _Name(traitlets.Unicode[str, str]):
    """The trait of a model's name, which is sent in a path."""

    @guarded
    def __set__(self, obj: Any, model: Any) -> None:
        super().__set__(obj, model)


class Loading(Orders):
    """The part of a Studio that has the model, or waits for it."""

    # What the other part has.
    _model: Model
    _ready: bool
    _begun: bool
    _first: dict[str, Any]

    model = _Name().tag(sync=True)
    """The model, ``owner/name``. Another one may be set: the form is built anew, and keeps what fits."""

    state = traitlets.Dict().tag(sync=True)
    """Whether the form is there: ``phase`` is ``ready``, ``loading`` or ``error``, with a ``message`` then."""

    def refresh(self) -> None:
        """Say everything anew."""
        raise NotImplementedError

    def reload(self) -> None:
        """Ask for the model again, after it could not be had."""
        if not self._ready:
            self.state = loading(self.model)
            self._ask(self.model)

    @traitlets.observe("model")
    def _model_changed(self, change: Any) -> None:
        if self._begun and change["new"] != self._model.name:
            self._become(change["new"])

    def _become(self, name: str) -> None:
        found = at_hand(name)
        if found is not None:
            self._adopt(found)
            return
        self._ready = False
        self.state = loading(name)
        self._ask(name)

    def _ask(self, name: str) -> None:
        """Ask Replicate for a model, on a thread of its own, since it takes as long as the network does."""
        hand(self._fetch, name)

    def _fetch(self, name: str) -> None:
        from pvideo.job.press import find_model

        try:
            found = find_model(name)
        except PVideoError as error:
            if self.model == name:
                self.state = {"phase": "error", "message": message_of(error, "bad")}
            return
        if self.model == name and self.is_open:
            self._adopt(found)

    def _adopt(self, model: Model) -> None:
        """Show this model's form, with what fits of the values that stand now."""
        begin, self._first = self._first, {}
        known = {name: value for name, value in begin.items() if model.field(name) is not None}
        kept = self._values.move(model, self.inputs)
        unknown = [name for name in begin if name not in known]
        self._model, self._ready = model, True
        with self.hold_sync():
            self.model = model.name
            self.inputs = {**self._values.first({}), **kept, **self._values.taken(known)}
            self.state = ready()
            self.notice = say("labels", "unknown_inputs", model=model.name, names=", ".join(unknown)) if unknown else ""
        self.refresh()


def ready() -> dict[str, Any]:
    """Return the state of a Studio whose form is there."""
    return {"phase": "ready", "message": None}


def loading(name: str) -> dict[str, Any]:
    """Return the state of a Studio whose model is being asked for."""
    return {"phase": "loading", "message": None, "model": name}
