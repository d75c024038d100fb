"""``{a | b}`` in a prompt: the texts that it stands for.

The braces' other meanings stay: ``{{`` and its ``}}`` are literal, ``{name}`` is a variable (also inside an alternative), and JSON is JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pvideo.arguments import shown
from pvideo.errors import InputError

_JSON_KEY = re.compile(r"""\s*(["'])(?:\\.|(?!\1).)*\1\s*:""")
_OPENING = "{{"


@dataclass(frozen=True, slots=True)
class Group:
    """One ``{a | b}``: its texts, in order."""

    texts: tuple[str, ...]


def split(prompt: str) -> tuple[str | Group, ...]:
    """Return the parts of a prompt: plain texts, escapes and variables as they stand, and the groups between them.

    Raises:
        InputError: ``alternatives_wrong``: another than the first is empty, or a brace is not closed.
    """
    parts: list[str | Group] = []
    plain = at = 0
    while at < len(prompt):
        if prompt.startswith(_OPENING, at):
            at += 2
            continue
        end = _end(prompt, at) if prompt[at] == "{" else None
        group = None if end is None else _group(prompt[at + 1 : end])
        if group is None or end is None:
            _check_closed(prompt, at, end)
            at += 1
            continue
        parts += [prompt[plain:at], group]
        plain = at = end + 1
    return tuple(part for part in (*parts, prompt[plain:]) if part != "")


def _check_closed(prompt: str, at: int, end: int | None) -> None:
    """Refuse a brace that is not closed where a ``|`` says that it was to have alternatives."""
    rest = prompt[at:].partition("\n")[0] if prompt[at] == "{" and end is None else ""
    if "|" in rest:
        raise InputError("alternatives_wrong", problem=f"The brace of {shown(rest)} is not closed.")


def choose(parts: tuple[str | Group, ...], chosen: tuple[int, ...]) -> str:
    """Return the prompt with one text of each group, in the groups' order."""
    places = iter(chosen)
    return "".join(part if isinstance(part, str) else part.texts[next(places)] for part in parts)


def unescape(prompt: str) -> str:
    """Return a prompt whose escapes are braces again: ``{{not}}`` is ``{not}``; every other brace stays."""
    out: list[str] = []
    open_braces: list[str] = []
    at = 0
    while at < len(prompt):
        width = 2 if prompt.startswith(_OPENING, at) else 1
        piece = prompt[at : at + width]
        if piece[0] == "{":
            open_braces.append(piece)
        elif piece == "}":
            # A "}}" is an escape only where it closes a "{{": the end of nested JSON is two braces, and stays.
            width = 2 if prompt.startswith("}}", at) and open_braces[-1:] == [_OPENING] else 1
            if open_braces and (width == 2 or open_braces[-1] == "{"):
                open_braces.pop()
        out.append(piece[0])
        at += width
    return "".join(out)


def _end(prompt: str, start: int) -> int | None:
    """Return where the brace at `start` is closed; None where it is not."""
    depth = 0
    for at in range(start, len(prompt)):
        depth += {"{": 1, "}": -1}.get(prompt[at], 0)
        if depth == 0:
            return at
    return None


def _group(inside: str) -> Group | None:
    """Return the alternatives between two braces; None where they hold something else."""
    if _JSON_KEY.match(inside):
        return None
    texts, depth = [""], 0
    for letter in inside:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "|" and depth == 0:
            texts.append("")
        else:
            texts[-1] += letter
    if len(texts) == 1:
        return None
    # An empty first one means "without": {| big}. Another one is a slip.
    if not all(text.strip() for text in texts[1:]):
        raise InputError("alternatives_wrong", problem=f"{shown('{' + inside + '}')} has an empty alternative.")
    return Group(tuple(text.strip() for text in texts))
