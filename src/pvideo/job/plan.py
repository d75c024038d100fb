"""How a sweep comes about: every combination is checked and priced before the first is pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo import settings
from pvideo.arguments import FLAG, INPUTS, TEXT, Rule, takes, wrong
from pvideo.errors import InputError, SettingsError
from pvideo.job.axes import axes_of, combine
from pvideo.job.engine import Engine
from pvideo.job.intent import asked
from pvideo.job.models import MODEL
from pvideo.job.owner import alive
from pvideo.job.press import beside, find_model, refuse_tokens, with_defaults
from pvideo.job.recognition import recognise
from pvideo.job.seats import Seat
from pvideo.job.sweep import Sweep
from pvideo.model.price import estimate
from pvideo.model.validation import gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pvideo.job.axes import Axis, Combination
    from pvideo.model.schema import Model


_OWN = ("model", "input", "name", "run")


def _are_prompts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value))


_PROMPTS = Rule("a text, or a list of texts", _are_prompts, '"A {red | blue} boat"').or_none()


@takes(prompt=_PROMPTS, model=MODEL, input=INPUTS.or_none(), name=TEXT, run=FLAG.or_none())
def sweep(
    prompt: str | Sequence[str] | None = None,
    /,
    *,
    model: str | Model | None = None,
    input: Mapping[str, Any] | None = None,  # noqa: A002 - Replicate's word
    name: str = "",
    run: bool | None = None,
    **inputs: Any,
) -> Sweep:
    """Make a video of every combination. It returns at once, always with new jobs; `Sweep.wait` waits for all.

    Args:
        prompt: What the videos show. ``{a | b}`` in it are alternatives, ``{{`` and ``}}`` literal braces; a list is so many prompts.
        model: ``owner/name`` or a model; the one in the settings by default.
        input: Further inputs by name: those that are called like one of these arguments, or are no word of Python.
        name: What the sheet calls it.
        run: Whether to start it: None starts what costs no more than ``configure(confirm_over=1.00)``, and leaves the rest to the
            sheet's button or `Sweep.run`; where there is nobody to press one, that is an error.
        **inputs: The model's inputs; a list, tuple, range or set is what that input goes through: ``seed=range(4)``.

    Raises:
        InputError: An argument or a combination does not fit, or an input is given twice; nothing was sent.
        BudgetError: All together are over a budget, or it needs your word (``confirm_needed``); nothing was sent.
        SettingsError: No account is set up.
        JournalError: It could not be written down first.
    """
    chosen = find_model(model)
    given = gather(chosen, {} if prompt is None else {"prompt": prompt}, inputs, input or {}, own=_OWN)
    if not _PROMPTS.fits(given.get("prompt")):
        raise wrong("sweep", "prompt", _PROMPTS, given["prompt"])
    fixed, varied = axes_of(chosen, given)
    axes, combinations = combine(fixed, varied)
    return begin(plan(chosen, axes, combinations, name=name), run=run)


def plan(
    model: Model,
    axes: tuple[Axis, ...],
    combinations: tuple[Combination, ...],
    *,
    name: str = "",
    again: bool = True,
    prefer_wait: bool = False,
    defaults: bool = True,
) -> Sweep:
    """Return the sweep of these combinations, each checked; nothing is pressed. Unless `again`, what the library has is in its place.

    With `defaults` what is not given is taken from ``configure(inputs=…)``.

    Raises:
        InputError: A combination does not fit (``combination_wrong`` names it).
        SettingsError: No account is set up.
    """
    _check_axes(model, axes, combinations)
    seats = [_seat(model, combination, defaults=defaults) for combination in combinations]
    made = Sweep(model, axes, seats, name=name, again=again, prefer_wait=prefer_wait)
    engine = Engine.get()
    try:
        place = settings.endpoint()
        made.realm, made.base_url = place.realm, place.base_url
    except SettingsError:
        if again or not _find(engine, made, seats):
            raise
    else:
        if not again:
            _find(engine, made, seats)
    return made


def begin(made: Sweep, *, run: bool | None = None) -> Sweep:
    """Start a sweep, unless it costs so much that it needs a person's word.

    Raises:
        BudgetError: It does, and nobody is there to give it.
    """
    if run or (run is None and not needs_word(made)):
        return made.run()
    if run is None and not Sweep.attended():
        raise made.unstarted()
    return made


def needs_word(made: Sweep) -> bool:
    """Return whether it costs more than ``confirm_over``; a price that is not known counts as more."""
    price = made.to_pay
    return made.realm == "real" and (price is None or price > settings.current().confirm_over)


def _check_axes(model: Model, axes: tuple[Axis, ...], combinations: tuple[Combination, ...]) -> None:
    """Refuse an axis that the model would ignore: its videos would all be the same, and all be paid."""
    names = {axis.name for axis in axes}
    for combination in combinations:
        for name, void in model.voided(combination.inputs).items():
            if name in names:
                problem = f"{void.said} replaces {name}: its values would all make the same video."
                raise InputError("combination_wrong", combination=combination.title, problem=problem)


def _seat(model: Model, combination: Combination, *, defaults: bool) -> Seat:
    from pvideo.model.prepare import prepare

    inputs = with_defaults(model, settings.current(), combination.inputs) if defaults else dict(combination.inputs)
    refuse_tokens(model, inputs)
    try:
        prepared = prepare(model, inputs, folder=beside())
    except InputError as error:
        if not combination.title or error.key == "option_unknown":
            raise
        problem = " ".join(found.message for found in error.problems) or error.sentence
        raise InputError("combination_wrong", problems=error.problems, combination=combination.title, problem=problem) from None
    return Seat(combination, prepared.typed, inputs, estimate(model, prepared.input).amount)


def _find(engine: Engine, made: Sweep, seats: list[Seat]) -> bool:
    """Put what the library has into its place, and return whether that is all of it."""
    now = settings.current()
    for seat in seats:
        found = recognise(engine.journal, asked(made.model, made.realm, seat.typed, now), "any")
        if found is None or (found.row.state == "new" and not alive(found.row.owner)):
            continue
        made.id = found.row.sweep or made.id
        made.sit(seat, engine.reuse(found.row.intent, found.copies))
    return made.started
