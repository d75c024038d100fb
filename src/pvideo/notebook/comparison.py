"""A comparison as data for the page, and as the plain html that a saved notebook keeps of it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from .difference import LETTERS, inputs_between, said, words_between
from .facts import facts, shape
from .saved import poster_url, saved_player
from .source import cell_source, known_model
from .view import clip_of
from .words import money, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pvideo.job.states import Snapshot

_RATE = 24.0


def view_of(snapshots: Sequence[Snapshot], *, key: str, nonce: str, base: Path, notice: str, actions: list[str]) -> dict[str, Any]:
    """Return what the page shows (``Comparison`` in ``js/src/comparison.ts``).

    Args:
        snapshots: The videos as they are now, 2 to 9.
        key: What the comparison is known by in the page.
        nonce: What a message has to carry back.
        base: The notebook's folder.
        notice: One sentence above the buttons.
        actions: The buttons that Python answers.
    """
    return {
        "id": key,
        "nonce": nonce,
        "items": [_item(snapshot, letter, base) for letter, snapshot in zip(LETTERS, snapshots, strict=False)],
        "prompts": prompts(snapshots),
        "inputs": inputs_between(snapshots),
        "notice": notice,
        "actions": actions,
    }


def prompts(snapshots: Sequence[Snapshot]) -> list[dict[str, Any]]:
    """Return how each other prompt differs from the first one's: pieces, and the same in words."""
    first = snapshots[0].prompt
    rows = []
    for letter, snapshot in zip(LETTERS[1:], snapshots[1:], strict=False):
        pieces = words_between(first, snapshot.prompt)
        rows.append({"letter": letter, "pieces": [list(piece) for piece in pieces], "said": said(pieces)})
    return rows


def still(snapshots: Sequence[Snapshot], base: Path) -> str:
    """Return the comparison as html: the videos beside each other, and what differs as a table. No style that a sanitiser drops."""
    heads = "".join(f"<th>{_title(snapshot, letter)}</th>" for letter, snapshot in zip(LETTERS, snapshots, strict=False))
    width = 100 // min(len(snapshots), 3)
    players = [
        f'<td width="{width}%" style="vertical-align:top">{saved_player(snapshot, base) or escape(snapshot.status)}</td>'
        for snapshot in snapshots
    ]
    rows = [f"<tr><th></th>{heads}</tr>", f"<tr><td></td>{''.join(players)}</tr>", _prompt_row(snapshots)]
    rows += [_row(row["name"], [escape(str(value)) for value in row["values"]]) for row in inputs_between(snapshots)]
    end = f"<p>{escape(say('compare', 'rest'))}</p>"
    return f'<table border="1" style="max-width:100%">{"".join(rows)}</table>{end}'


def _item(snapshot: Snapshot, letter: str, base: Path) -> dict[str, Any]:
    clip = clip_of(snapshot, base)
    width, height = shape(snapshot)
    media = snapshot.media
    model = known_model(snapshot.model)
    asked = snapshot.input.get("fps") or _default(model, "fps") or _RATE
    return {
        "id": snapshot.intent,
        "letter": letter,
        "name": snapshot.name,
        "status": snapshot.status,
        "done": snapshot.done,
        "draft": "draft" if any(fact.startswith("draft") for fact in facts(snapshot)) else "",
        "money": money(snapshot),
        "prompt": snapshot.prompt,
        "video": clip if clip is not None and snapshot.done else None,
        "shape": {"width": width, "height": height},
        "poster": poster_url(snapshot.poster),
        "fps": media.fps if media is not None and media.fps > 0 else float(asked),
        "cell": cell_source(snapshot),
    }


def _default(model: Any, name: str) -> Any:
    field = model.field(name) if model is not None else None
    return field.default if field is not None and isinstance(field.default, (int, float)) else None


def _title(snapshot: Snapshot, letter: str) -> str:
    draft = ["draft"] if any(fact.startswith("draft") for fact in facts(snapshot)) else []
    return escape(f"{letter} {snapshot.name}".strip() + f" ({', '.join([*draft, money(snapshot)])})")


def _prompt_row(snapshots: Sequence[Snapshot]) -> str:
    cells = [escape(snapshots[0].prompt), *("".join(_piece(*piece) for piece in row["pieces"]) for row in prompts(snapshots))]
    return _row(say("compare", "prompt"), cells)


def _piece(kind: str, text: str) -> str:
    words = escape(text)
    return {"removed": f"<s>{words}</s> ", "added": f"<b><u>{words}</u></b>"}.get(kind, words)


def _row(name: str, cells: Sequence[str]) -> str:
    return f"<tr><td>{escape(name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
