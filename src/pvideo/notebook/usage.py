"""The help of ``%%pvideo -h``, written from the model's schema: ranges, defaults, prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvideo.errors import texts
from pvideo.model.schema import MISSING

from .options import OURS, option_of

if TYPE_CHECKING:
    from pvideo.model.schema import Field, Model

_LEFT = 30


def usage(model: Model, default_model: str) -> str:
    """Return the help text.

    Args:
        model: Whose inputs are told.
        default_model: The model of a cell that names none.
    """
    head = [
        f"%%pvideo [name] [--options]        {_text_word(model)}; `name` becomes a Video",
        "{variable}, {cat.seed}, {row[key]} are filled in, in the line and in the text; {{ and }} are literal braces.",
        "--seed 1..4, --duration 2..8..2, --resolution 720p,1080p make a Sweep: every combination, its price first.",
        "",
        f"Inputs of {model.name} ({price_line(model)}):",
    ]
    fields = [_field(model, field) for field in model.fields if field.name != model.prompt_field and field.place != "hidden"]
    fields = fields if model.has_schema else [f"  {texts()['notes']['no_schema'].format(model=model.name)}"]
    ours = [_row(f"--{name.replace('_', '-')}", words) for name, words in OURS.items()]
    rest = [_row("--model OWNER/NAME", f"another model (default {default_model})"), _row("--input NAME=VALUE", "any input by its own name")]
    return "\n".join([*head, *fields, "", "Ours:", *ours, *rest])


def _text_word(model: Model) -> str:
    """Say which input the cell's text is."""
    if model.prompt_field is None:
        return "the cell has no text"
    return f"the {model.prompt_field} is the cell's text"


def price_line(model: Model) -> str:
    """Return the price with the model's defaults, and of a draft where there is one."""
    from pvideo.model.price import estimate

    plain = estimate(model, {"prompt": "x"}).text
    if not model.has_draft:
        return plain
    return f"{plain} with the defaults, {estimate(model, {'prompt': 'x', 'draft': True}).text} as a draft"


def _field(model: Model, field: Field) -> str:
    option = option_of(model, field.name)
    if not option:
        return _row(f"--input {field.name}={field.name.upper()}", _facts(field))
    if field.kind == "boolean":
        return _row(f"{option} / --no-{option.removeprefix('--')}", _facts(field))
    return _row(f"{option} {field.name.upper()}", _facts(field))


def _facts(field: Field) -> str:
    words = [_range(field), _default(field), _first_sentence(field.description)]
    return "; ".join(word for word in words if word)


def _range(field: Field) -> str:
    if field.enum:
        return " | ".join(str(choice) for choice in field.enum)
    if field.minimum is not None and field.maximum is not None and field.maximum < 2**31 - 1:
        return f"{field.minimum} to {field.maximum}{f' {field.unit}' if field.unit else ''}"
    return {"image": "a path or https address", "audio": "a path or https address"}.get(field.media or "", "")


def _default(field: Field) -> str:
    if field.default is MISSING or field.default is None:
        return "required" if field.required else ""
    value = {True: "on", False: "off"}[field.default] if isinstance(field.default, bool) else field.default
    return f"default {value}"


def _first_sentence(text: str | None) -> str:
    sentence = (text or "").split(". ")[0].rstrip(".")
    return sentence if len(sentence) <= 90 else sentence[:89] + "…"


def _row(left: str, right: str) -> str:
    return f"  {left:<{_LEFT}} {right}" if len(left) <= _LEFT else f"  {left}\n  {'':<{_LEFT}} {right}"
