"""A press: checked, priced, written down, and handed to the engine. It returns at once."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pvideo import guard, settings
from pvideo.arguments import FLAG, INPUTS, TEXT, takes
from pvideo.errors import BudgetError, JournalError, SettingsError
from pvideo.job.adoption import drop_unsent
from pvideo.job.budget import permit
from pvideo.job.engine import Engine
from pvideo.job.intent import asked, write_down
from pvideo.job.limits import limits
from pvideo.job.models import MODEL, find_model
from pvideo.job.owner import alive
from pvideo.job.recognition import recognise
from pvideo.job.thread import uncut
from pvideo.model.validation import gather

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.endpoint import Endpoint
    from pvideo.job.video import Video
    from pvideo.library.rows import JobRow
    from pvideo.model.prepare import Prepared
    from pvideo.model.schema import Model
    from pvideo.settings import Settings

__all__ = ["find_model", "generate", "press"]

OWN = ("model", "input", "name", "prefer_wait", "confirm")
"""The words that `generate` has for itself: inputs of these names go into ``input={…}``."""
_ROOM = 30 * 1024**2
"""Bytes that must be free before anything is sent: more than most videos need."""


@takes(model=MODEL, input=INPUTS.or_none(), name=TEXT, prefer_wait=FLAG, confirm=FLAG)
def generate(
    prompt: str | None = None,
    /,
    *,
    model: str | Model | None = None,
    input: Mapping[str, Any] | None = None,  # noqa: A002 - Replicate's word
    name: str = "",
    prefer_wait: bool = False,
    confirm: bool = False,
    **inputs: Any,
) -> Video:
    """Make a video. It returns at once, always with a new job; `Video.wait` waits for the file.

    Args:
        prompt: What the video shows; for another model, what its main text input says.
        model: ``owner/name``, ``owner/name:version``, a version, or a model; the one in the settings by default.
        input: Further inputs by name: those that are called like one of these arguments, or are no word of Python.
        name: What the card calls it.
        prefer_wait: Let Replicate hold the answer back until the output is there (``Prefer: wait``), as its tutorial does.
        confirm: Agree to a price that is not known.
        **inputs: The model's inputs: ``duration=5, draft=True, image="cat.jpg"``.

    Raises:
        InputError: An argument or an input does not fit, or is given twice; ``.problems`` says which.
        BudgetError: A budget stops it, or its price is not known.
        SettingsError: No account is set up.
        JournalError: It could not be written down first.
    """
    found = find_model(model)
    text = {} if prompt is None else {found.prompt_field or "prompt": prompt}
    every = gather(found, text, inputs, input or {}, own=OWN)
    return press(found, every, name=name, prefer_wait=prefer_wait, confirm=confirm)


def press(
    model: Model,
    inputs: Mapping[str, Any],
    *,
    name: str = "",
    template: str | None = None,
    again: bool = True,
    reuse: bool = False,
    prefer_wait: bool = False,
    confirm: bool = False,
    defaults: bool = True,
    **origin: Any,
) -> Video:
    """Press once: nothing is sent that is not written down, and nothing invalid or over the budget is written down.

    Args:
        model: What to run.
        inputs: As typed; files as paths.
        name: What the card calls it.
        template: The prompt as written, before its variables were filled in.
        again: Make a new job even if the same press exists.
        reuse: Unless `again`: show the job of the same press, however it ended. Without, only one that is running.
        prefer_wait: See `generate`.
        confirm: Agree to a price that is not known.
        defaults: Take what is not given from ``configure(inputs=…)``.
        **origin: What else the journal keeps: ``made_from``, the job that a person makes this one from, and ``made_as``; ``sweep``.

    Raises:
        InputError: See `generate`; also for BudgetError, SettingsError, JournalError.
    """
    guard.refuse_tokens(name, template, origin)
    now, engine = settings.current(), Engine.get()
    typed = with_defaults(model, now, inputs) if defaults else dict(inputs)
    refuse_tokens(model, typed)
    prepared = _prepare(model, typed)
    place = _endpoint(engine, model, prepared, now, reuse=reuse and not again)
    if not isinstance(place, settings.Endpoint):
        return place
    row, sent = write_down(engine.tools, model, prepared, place, now)
    engine.learn(place)
    limits.told(place, now.rate_limit)
    row = replace(row, name=name, template=template or "", prefer_wait=prefer_wait, **origin)
    reused: Literal["none", "running", "any"] = "none" if again else "any" if reuse else "running"

    def hand_over() -> Video:
        with engine.pressing:  # a second press at the same moment must find the first one handed over
            found = recognise(engine.journal, row, reused)
            if found is not None and found.copies:
                return engine.reuse(found.row.intent, found.copies)
            kept, new = _write(engine, row, now, reused, confirm=confirm)
            if not new:
                return engine.reuse(kept.intent)
            secret = [sent[name] for name in prepared.secret_fields if sent.get(name)]
            hide = tuple(str(one) for value in secret for one in (value if isinstance(value, list) else [value]))
            return engine.submit(kept, sent=sent, hide=hide)

    return uncut(hand_over)  # an interrupt must not leave it written down and not sent


def with_defaults(model: Model, now: Settings, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs with what is not given taken from ``configure(inputs=…)``."""
    named = {_called(model, name) for name in inputs}
    usual = {field.name: value for name, value in now.inputs.items() if (field := model.field(name)) is not None}
    return {**{name: value for name, value in usual.items() if name not in named}, **inputs}


def _called(model: Model, name: str) -> str:
    field = model.field(name)
    return name if field is None else field.name


def refuse_tokens(model: Model, inputs: Mapping[str, Any]) -> None:
    """Refuse a token typed where it would be sent, kept and logged; what the model keeps secret may be one."""
    guard.refuse_tokens(*inputs, *(value for name, value in inputs.items() if not model.keeps_secret(name)))


def _prepare(model: Model, typed: Mapping[str, Any]) -> Prepared:
    from pvideo.model.prepare import prepare

    return prepare(model, typed, folder=beside())


def beside() -> Path | None:
    """Return where a relative file is looked for besides the working folder; None where the notebook's was deleted."""
    with suppress(SettingsError):
        return settings.base_folder()
    return None


def _endpoint(engine: Engine, model: Model, prepared: Prepared, now: Settings, *, reuse: bool) -> Endpoint | Video:
    """Return where it goes; without an account, the library still shows what is there."""
    try:
        return settings.endpoint()
    except SettingsError:
        if reuse:
            found = recognise(engine.journal, asked(model, "real", prepared.typed, now), "any")
            if found is not None:
                return engine.reuse(found.row.intent, found.copies)
        raise


def _write(engine: Engine, row: JobRow, now: Settings, reuse: Literal["none", "running", "any"], *, confirm: bool) -> tuple[JobRow, bool]:
    """Write it down, if the budget and the disk allow one more."""
    confirmed = confirm or row.typed_key in engine.asked
    allowed = permit(row.estimate, model=row.model, day=now.budget_day, session=now.budget_session, confirmed=confirmed)

    def check(spent: Any) -> None:
        if row.realm == "real":
            allowed(spent)
        _check_folder(Path(row.folder))

    try:
        kept, new = engine.journal.press(row, reuse=reuse, permit=check)
        if not new and kept.state == "new" and not alive(kept.owner):
            # Its process died before it was sent: nothing was paid, so this press is sent in its place.
            drop_unsent(engine.journal, kept)
            return engine.journal.press(row, reuse=reuse, permit=check)
    except BudgetError as error:
        if error.key == "price_unknown" and row.typed_key:
            engine.asked.add(row.typed_key)
        raise
    return kept, new


def _check_folder(folder: Path) -> None:
    """Refuse to pay for a video that could not be saved."""
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise JournalError("folder_closed", folder=str(folder), reason=os.strerror(errno.EACCES if nearest.is_dir() else errno.ENOTDIR))
    if shutil.disk_usage(nearest).free < _ROOM:
        raise JournalError("disk_full", folder=str(folder))
