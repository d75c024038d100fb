"""Finding a model by what a person calls it: in the catalog, among those kept from before, else by asking Replicate."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from pvideo import settings
from pvideo.arguments import Rule
from pvideo.errors import PVideoError
from pvideo.guard import refuse_tokens
from pvideo.job.engine import Engine
from pvideo.model import shelf
from pvideo.model.reference import Reference, read
from pvideo.model.schema import Model

MODEL = Rule("owner/name, owner/name:version, or a model", lambda value: isinstance(value, (str, Model)), '"prunaai/p-video"').or_none()
"""What a call may be given as its model; None is the one of the settings."""
ANSWER_WITHIN = 8.0
"""Seconds a cell may wait for a model that is met for the first time."""
_ALIKE = 0.85
"""How alike two names are where one may be a slip of the other (difflib's ratio)."""


def find_model(model: str | Model | None = None) -> Model:
    """Return a model by its reference; one that is kept from before is taken at once, and asked for anew in the background.

    Raises:
        InputError: ``model_name_wrong``: it is no model's name.
        RefusedError: ``model_unknown`` or ``version_unknown``: Replicate has none of that name, or does not show it.
        PVideoError: Replicate could not be asked.
    """
    if model is not None and not isinstance(model, str):
        return model
    refuse_tokens(model)
    reference = read(model or settings.current().model)
    kept = shelf.look(reference)
    if kept is None:
        return _asked(reference)
    if not reference.version and time.time() - kept.at > shelf.FRESH:
        _refresh(reference)
    return kept.model


def _asked(reference: Reference) -> Model:
    if not reference.model:
        # Replicate tells of a version under its model's name only: without that, the inputs go as they are typed.
        return shelf.of_version(reference.version) or shelf.without_schema(reference)
    try:
        body = Engine.get().model(reference, ANSWER_WITHIN)
    except TimeoutError:
        raise PVideoError.make("model_slow", model=str(reference), seconds=round(ANSWER_WITHIN)) from None
    except PVideoError as error:
        raise _explained(error, reference) from None
    return shelf.keep(reference, body)


def _explained(error: PVideoError, reference: Reference) -> PVideoError:
    """Say of a model that Replicate does not show which name may have been meant."""
    from difflib import get_close_matches

    if error.key != "model_refused":
        return error
    if reference.version:
        return PVideoError.make("version_unknown", model=reference.model, version=reference.version[:8])
    near = get_close_matches(reference.model, [name for name in shelf.names() if name != reference.model], n=1, cutoff=_ALIKE)
    return PVideoError.make("model_unknown", model=reference.model, suggestion=f"Did you mean {near[0]}? " if near else "")


def _refresh(reference: Reference) -> None:
    """Ask for a model again beside what is going on; what is kept stays when there is no answer."""

    def told(body: dict[str, Any]) -> None:
        shelf.keep(reference, body)

    with suppress(PVideoError):
        Engine.get().refresh_model(reference, told)
