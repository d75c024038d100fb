"""A video as source code again: the ``%%pvideo`` cell, and the Python call, that make it once more."""

from __future__ import annotations

import keyword
import re
import shlex
from typing import TYPE_CHECKING, Any

from pvideo.job.press import OWN

from .options import RESERVED, option_of
from .text import escape

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot
    from pvideo.model.schema import Field, Model

_WIDTH = 100
_BARE = re.compile(r"[\w./:@%+,=-]+", re.ASCII)


def known_model(name: str) -> Model | None:
    """Return the model of that name, if it is known without asking; None when it is not (then the inputs speak for themselves)."""
    from pvideo.model.shelf import find

    return find(name)


def cell_source(snapshot: Snapshot) -> str:
    """Return the ``%%pvideo`` cell that makes this video again, with the seed that was used."""
    model = known_model(snapshot.model)
    words = ["%%pvideo", *([snapshot.name] if _is_variable(snapshot.name) else [])]
    if model is None or model.name != _default_model():
        words += ["--model", snapshot.model]
    for name, value in _inputs(snapshot, model).items():
        words += _option(model, name, value)
    return " ".join(words) + "\n" + escape(snapshot.prompt)


def python_source(snapshot: Snapshot) -> str:
    """Return the ``pvideo.generate`` call that makes this video again."""
    model = known_model(snapshot.model)
    parts = [repr(snapshot.prompt)] if snapshot.prompt else []
    if model is None or model.name != _default_model():
        parts.append(f"model={snapshot.model!r}")
    inputs = _inputs(snapshot, model)
    parts += [f"{name}={value!r}" for name, value in inputs.items() if _is_variable(name) and name not in OWN]
    others = {name: value for name, value in inputs.items() if not _is_variable(name) or name in OWN}
    parts += [f"input={others!r}"] if others else []
    call = f"pvideo.generate({', '.join(parts)})"
    if len(call) > _WIDTH:
        call = "pvideo.generate(\n    " + ",\n    ".join(parts) + ",\n)"
    return f"{snapshot.name} = {call}" if _is_variable(snapshot.name) else call


def _inputs(snapshot: Snapshot, model: Model | None) -> dict[str, Any]:
    """Return what was asked, as typed, without the prompt and without what must not be written down."""
    text = model.prompt_field if model else "prompt"
    values = {name: value for name, value in snapshot.typed.items() if name != text}
    if model is not None:
        values = {name: value for name, value in values.items() if not _is_secret(model.field(name))}
        seed = model.seed_field
        if seed and snapshot.seed is not None:
            values[seed] = snapshot.seed
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    """Return a file as the path it was typed as: a canonical file value is a mapping with its path."""
    if isinstance(value, dict) and "path" in value:
        return str(value["path"])
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, list, dict)) else str(value)


def _option(model: Model | None, name: str, value: Any) -> list[str]:
    field = model.field(name) if model else None
    known = option_of(model, name) if model and field else ""
    option = known if field else "" if name.replace("-", "_") in RESERVED else "--" + name.replace("_", "-")
    if isinstance(value, bool) and (field is None or field.kind == "boolean") and option:
        return [option if value else "--no-" + option.removeprefix("--")]
    if isinstance(value, (list, dict)):
        import json

        value = json.dumps(value)
    text = escape(str(value))
    if not option:  # one of ours has that name
        return ["--input", shlex.quote(f"{name}={text}")]
    if text.startswith("--"):  # as a word of its own it would be an option
        return [f"{option}={shlex.quote(text)}"]
    return [option, text if _BARE.fullmatch(text) else shlex.quote(text)]


def _is_variable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _is_secret(field: Field | None) -> bool:
    return field is not None and field.secret


def _default_model() -> str:
    from pvideo.settings import current

    return current().model
