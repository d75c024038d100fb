"""What differs between videos: prompts word by word, and of the inputs only those that are not the same."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from .source import known_model
from .words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pvideo.job.states import Snapshot
    from pvideo.model.schema import Field

_WORDS = re.compile(r"\s+|[^\W_]+(?:['’-][^\W_]+)*|\S", re.UNICODE)

LETTERS = "ABCDEFGHI"
"""What the videos of a comparison are called, in their order."""


def words_between(before: str, after: str) -> list[tuple[str, str]]:
    """Return a text as pieces that are ``same``, ``removed`` or ``added``, in reading order; whole words, never parts of them."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(("removed", "".join(old[a:b])))
        if c < d:
            pieces.append(("added", "".join(new[c:d])))
    return _joined(pieces)


def said(pieces: Sequence[tuple[str, str]]) -> str:
    """Return a difference in words, for who cannot see strokes and underlines; empty where there is none."""
    parts = [say("compare", kind, words=text.strip()) for kind, text in pieces if kind != "same" and text.strip()]
    return "; ".join(parts)


def inputs_between(snapshots: Sequence[Snapshot]) -> list[dict[str, Any]]:
    """Return the inputs that are not the same in all videos, each with its value in every one; the prompt stands apart."""
    models = {snapshot.model for snapshot in snapshots}
    rows = [{"name": "model", "values": [snapshot.model for snapshot in snapshots]}] if len(models) > 1 else []
    counted = [_counted(snapshot) for snapshot in snapshots]
    names = dict.fromkeys(name for values in counted for name in values if name != "prompt")
    for name in names:
        values = [_word(snapshot, name, one.get(name)) for snapshot, one in zip(snapshots, counted, strict=True)]
        if len(set(values)) > 1:
            rows.append({"name": name.replace("_", " "), "values": values})
    return rows


def _joined(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Take a lone space between two changes into them: "~~red~~ **blue** ~~cat~~ **dog**" reads worse than two runs."""
    joined: list[tuple[str, str]] = []
    at = 0
    while at < len(pieces):
        run = at
        while run < len(pieces) and (pieces[run][0] != "same" or (_is_space(pieces, run) and run > at)):
            run += 1
        if run == at:
            joined.append(pieces[at])
            at += 1
            continue
        if pieces[run - 1][0] == "same":
            run -= 1
        for kind in ("removed", "added"):
            text = "".join(text for word, text in pieces[at:run] if word in {kind, "same"})
            if any(word == kind for word, _ in pieces[at:run]):
                joined.append((kind, text))
        at = run
    return joined


def _is_space(pieces: list[tuple[str, str]], at: int) -> bool:
    return pieces[at][1].isspace() and at + 1 < len(pieces) and pieces[at + 1][0] != "same"


def _counted(snapshot: Snapshot) -> dict[str, Any]:
    """Return the values that counted, in the model's order: what was sent, else the model's default; files as they were typed."""
    from pvideo.job.intent import usual

    model = known_model(snapshot.model)
    files = {name: value for name, value in snapshot.typed.items() if isinstance(value, dict) and "path" in value}
    given = {**(usual(model) if model is not None else {}), **snapshot.input, **files}
    order = {field.name: place for place, field in enumerate(model.fields)} if model is not None else {}
    return {name: given[name] for name in sorted(given, key=lambda name: order.get(name, len(order)))}


def _word(snapshot: Snapshot, name: str, value: Any) -> str:
    """Return a value as a person reads it; an input that is called ``disable_x`` is said as it is."""
    if value is None:
        return say("compare", "not_given")
    if isinstance(value, bool):
        return say("labels", "on" if value else "off")
    if isinstance(value, dict) and "path" in value:
        return str(value["path"]).replace("\\", "/").rpartition("/")[2]
    model = known_model(snapshot.model)
    field: Field | None = model.field(name) if model is not None else None
    return f"{value} {field.unit}".strip() if field is not None else str(value)
