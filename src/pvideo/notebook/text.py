"""The one rule for braces in a ``%%pvideo`` cell, for its line and its body alike.

``{identifier}``, ``{identifier.attr}`` and ``{identifier[key]}`` come from the user's namespace; ``{{`` and its ``}}`` are literal
braces; every other brace (a JSON prompt) stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pvideo.arguments import nearest
from pvideo.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPRESSION = re.compile(r"\{([^\W\d]\w*)((?:\.[^\W\d]\w*|\[[^\[\]{}]+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[([^\]]+)\]")


def expand(text: str, namespace: Mapping[str, Any]) -> str:
    """Put the user's values into `text`.

    Raises:
        InputError: ``variable_unknown``, naming what is not defined and the nearest name that is.
    """
    parts: list[str] = []
    open_braces: list[str] = []
    at = 0
    while at < len(text):
        piece, width = _next_piece(text, at, namespace, open_braces)
        parts.append(piece)
        at += width
    return "".join(parts)


def expand_value(text: str, namespace: Mapping[str, Any]) -> Any:
    """Put the user's values into one option's value; a lone ``{name}`` gives the object itself, not its text."""
    whole = _EXPRESSION.fullmatch(text)
    return _look_up(whole, namespace) if whole else expand(text, namespace)


def escape(text: str) -> str:
    """Return `text` so that `expand` gives it back unchanged."""
    if "{{" in text:
        return text.replace("{", "{{").replace("}", "}}")
    return _EXPRESSION.sub(lambda match: "{" + match.group(0) + "}", text)


def _next_piece(text: str, at: int, namespace: Mapping[str, Any], open_braces: list[str]) -> tuple[str, int]:
    """Return what stands for the text at `at`, and how many characters it takes."""
    if text.startswith("{{", at):
        open_braces.append("{{")
        return "{", 2
    if text[at] == "{":
        match = _EXPRESSION.match(text, at)
        if match:
            return str(_look_up(match, namespace)), match.end() - at
        open_braces.append("{")
        return "{", 1
    if text[at] != "}":
        return _plain(text, at)
    # A "}}" is an escape only where it closes a "{{": the end of nested JSON is two braces, and stays.
    doubled = text.startswith("}}", at) and open_braces[-1:] == ["{{"]
    if open_braces and (doubled or open_braces[-1] == "{"):
        open_braces.pop()
    return "}", 2 if doubled else 1


def _plain(text: str, at: int) -> tuple[str, int]:
    """Return everything up to the next brace."""
    ends = [place for place in (text.find("{", at), text.find("}", at)) if place >= 0]
    piece = text[at : min(ends)] if ends else text[at:]
    return piece, len(piece)


def _look_up(match: re.Match[str], namespace: Mapping[str, Any]) -> Any:
    """Return the value an expression names."""
    name, path = match.group(1), match.group(2)
    if name not in namespace:
        known = nearest(name, (word for word in namespace if not word.startswith("_")))
        raise _unknown(name, f"{{{known}}}" if known else "")
    value = namespace[name]
    seen = name
    for step in _STEP.finditer(path):
        try:
            value = _step(value, step)
        except (AttributeError, KeyError, IndexError, TypeError) as error:
            near = nearest(step.group(1), (word for word in dir(value) if not word.startswith("_"))) if step.group(1) else ""
            raise _unknown(seen + step.group(0), f"{{{seen}.{near}}}" if near else "") from error
        seen += step.group(0)
    return value


def _step(value: Any, step: re.Match[str]) -> Any:
    """Take one ``.attr`` or ``[key]``; a key of digits is a number, quotes around a key are allowed."""
    attribute, key = step.groups()
    if attribute:
        return getattr(value, attribute)
    bare = key.strip().strip("'\"")
    return value[int(bare)] if re.fullmatch(r"-?\d+", key.strip()) else value[bare]


def _unknown(name: str, suggestion: str) -> InputError:
    return InputError("variable_unknown", name=name, suggestion=f"Did you mean {suggestion}? " if suggestion else "")
