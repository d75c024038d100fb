"""What a card's buttons do. Each that costs makes a new press, with the same inputs as typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo import settings
from pvideo.errors import InputError, PVideoError
from pvideo.job import lineage
from pvideo.job.engine import Engine
from pvideo.job.naming import bind, name_for
from pvideo.job.press import find_model, press
from pvideo.model.validation import gather

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video
    from pvideo.model.schema import Model


def again(video: Video, *, changes: Mapping[str, Any] | None = None, confirm: bool = True, **link: Any) -> Video:
    """Make the same inputs once more, as typed, so with a new seed unless one was typed.

    Args:
        video: What to make again.
        changes: Inputs that are to be different; None takes one out.
        confirm: Whether a person agreed to a price that is not known; a priced button is such an agreement.
        **link: ``name``, ``made_from`` and ``made_as`` of the new one.

    Raises:
        PVideoError: As a press; also when it was sent through another account than the one set up now.
    """
    shown = video.snapshot()
    _same_account(shown)
    inputs = {name: value for name, value in {**shown.typed, **(changes or {})}.items() if value is not None}
    more: dict[str, Any] = {"name": shown.name, **link}
    template = shown.template if "prompt" not in (changes or {}) else None
    return press(find_model(shown.model), inputs, template=template, confirm=confirm, defaults=False, **more)


def take(video: Video, changes: Mapping[str, Any] | None = None, *, name: str | None = None) -> Video:
    """Make another take: the same inputs with a new seed, linked to the first.

    Args:
        video: What to make another take of.
        changes: Inputs that are to be different.
        name: What it is called; the next free number by default. A card's button keeps the name, as its variable follows.

    Raises:
        PVideoError: See `again`.
    """
    shown = video.snapshot()
    model = find_model(shown.model)
    seed, given = model.seed_field, gather(model, changes or {})
    called = name_for(shown.name, "") if name is None else name
    made = again(video, changes={**({seed: None} if seed else {}), **given}, name=called, made_from=shown.intent, made_as="take")
    if name is None:
        bind(called, made)
    return made


def final(video: Video, *, again: bool = False, name: str | None = None) -> Video:
    """Make the final of a draft: exactly its inputs and its seed, without the draft switch. It is made once.

    Args:
        video: The draft.
        again: Make another one although its final is being made or is there.
        name: What it is called; ``cat_final`` by default.

    Raises:
        InputError: It is no draft, or its model has none.
        PVideoError: See `again`.
    """
    shown = video.snapshot()
    model = find_model(shown.model)
    _check_draft(model, shown)
    engine = Engine.get()
    known = None if again else lineage.final_of(engine.journal, shown.intent)
    if known is not None:
        return engine.reuse(known.intent)
    called = name_for(shown.name, "_final") if name is None else name
    changes = final_changes(model, shown)
    _same_account(shown)
    made = press(
        model,
        {**shown.typed, **changes},
        name=called,
        template=shown.template,
        again=again,  # without it a second press at the same moment finds the first one running
        confirm=True,
        defaults=False,
        made_from=shown.intent,
        made_as="final",
    )
    bind(called, made)
    return made


def final_changes(model: Model, shown: Snapshot) -> dict[str, Any]:
    """Return what a final changes of its draft's inputs: the switch, and the seed that was used, also when it was ours."""
    seed = model.seed_field
    return {model.draft: False, **({seed: shown.seed} if seed and shown.seed is not None else {})}


def is_draft(model: Model, shown: Snapshot) -> bool:
    """Return whether a job is a draft that a final can be made of."""
    from pvideo.job.intent import usual

    return model.draft != "" and {**usual(model), **shown.input}.get(model.draft) is True


def continue_shot(
    video: Video,
    prompt: str,
    changes: Mapping[str, Any] | None = None,
    *,
    at: float | None = None,
    picture: bytes | None = None,
    name: str | None = None,
) -> Video:
    """Go on where a video ends: a picture of it becomes the first frame of the next. Waits for the video's file first.

    Args:
        video: The shot to go on from.
        prompt: What happens next.
        changes: Inputs that are to be different; the others stay, but a new seed, and no other files.
        at: Seconds from its start of the picture to go on from; None is the last one.
        picture: That picture as JPEG, where a page has taken it; else PyAV does (extra ``media``).
        name: What it is called; the next free number by default.

    Raises:
        InputError: The model takes no first frame, `at` is outside, or the picture cannot be taken.
        PVideoError: The video ended badly; else see `again`.
    """
    from pvideo.job.frame import keep, still

    shown = video.snapshot()
    model = find_model(shown.model)
    if not model.first_frame:
        raise InputError("no_first_frame", model=shown.model)
    # What the picture is, is no input to be given: one of the two would be dropped.
    given = gather(model, {model.prompt_field or "prompt": prompt, model.first_frame: "the picture to go on from"}, changes or {})
    _same_account(shown)
    path = video.wait().path
    if path is None:  # pragma: no cover - wait returns with the file or raises
        raise InputError("frame_missing", file=shown.name, reason="there is no file")
    frame = keep(picture or still(path, at), path, at)
    called = name_for(shown.name, "") if name is None else name
    inputs = {**kept_for_a_shot(model, shown.typed), **given, model.first_frame: str(frame)}
    made = press(model, inputs, name=called, confirm=True, defaults=False, made_from=shown.intent, made_as=lineage.SHOT)
    bind(called, made)
    return made


def kept_for_a_shot(model: Model, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that the next shot shares: not the files, nor the seed, nor what a first frame replaces."""
    replaced = {void.field for void in model.voids if void.by == model.first_frame}
    files = {field.name for field in model.fields if field.media is not None}
    left_out = {*replaced, *files, model.seed_field}
    return {name: value for name, value in typed.items() if name not in left_out}


def retry(video: Video) -> Video:
    """Try again after a bad end; after `expired` with the same seed, as that video was made once."""
    shown = video.snapshot()
    same = shown.status == "expired" and shown.seed is not None and "seed" not in shown.typed
    link: dict[str, Any] = {"made_from": shown.origin.intent, "made_as": shown.origin.made_as} if shown.origin is not None else {}
    return again(video, changes={"seed": shown.seed} if same else None, **link)


def generate_again(video: Video) -> Video:
    """Make it again although the first one may exist: that may cost a second time, and only a person can decide it."""
    return again(video)


def look_again(video: Video) -> None:
    """Look now for a lost answer."""
    Engine.get().go_on(video.intent)


def save_now(video: Video) -> None:
    """Try to save now, into the folder of the settings when the one of the press is closed."""
    Engine.get().save(video.intent, folder=settings.current().video_folder)


def cancel(video: Video) -> None:
    """Ask for it to be canceled."""
    video.cancel()


def _check_draft(model: Model, shown: Snapshot) -> None:
    if not model.draft:
        raise InputError("no_draft", model=shown.model)
    if not is_draft(model, shown):
        raise InputError("not_a_draft", name=shown.name or "This video", field=model.draft)


def _same_account(shown: Snapshot) -> None:
    """Refuse to make a free demo press a paid one, or the reverse, by a button that showed the other price."""
    if settings.endpoint().realm != shown.realm:
        raise PVideoError.make("endpoint_gone", where="the demo" if shown.realm == "demo" else shown.gateway)
