"""The one rule for braces in a ``%%pvideo`` cell, for its line and its body alike.

``{identifier}``, ``{identifier.attr}`` and ``{identifier[key]}`` come from the user's namespace; ``{{`` and its ``}}`` are literal
braces; every other brace (a JSON prompt) stays as it is.
"""

from __future__ import annotations

import ast
import builtins
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from pvideo.arguments import nearest, short
from pvideo.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a name may be is Python's to say (`_expression`): its letters are more than a pattern's.
_WORD = r"[^\s{}\[\]().,:;!?'\"|=+*/<>%&@^~$#\\-]+"
_EXPRESSION = re.compile(rf"\{{({_WORD})((?:\.{_WORD}|\[[^\[\]{{}}]+\])*)\}}")
_STEP = re.compile(rf"\.({_WORD})|\[([^\]]+)\]")
_BRACES = re.compile(r"\{[^{}]+\}")
_NESTED = re.compile(r"\{[^{}]+(?:\{[^{}]+\}[^{}]*)+\}")
"""Braces with braces in them: the width of ``{x:>{width}}``, and all JSON."""
_CONVERTED = re.compile(r"![rsa](?::|$)")
_OPERATIONS = (ast.BinOp, ast.BoolOp, ast.Compare, ast.Call, ast.IfExp)


def expand(text: str, namespace: Mapping[str, Any]) -> str:
    """Put the user's values into `text`.

    Raises:
        InputError: ``variable_unknown``, naming what is not defined and the nearest name that is.
    """
    _check_braces(text, namespace)
    parts: list[str] = []
    open_braces: list[str] = []
    at = 0
    while at < len(text):
        piece, width = _next_piece(text, at, namespace, open_braces)
        parts.append(piece)
        at += width
    return "".join(parts)


def _check_braces(text: str, namespace: Mapping[str, Any]) -> None:
    """Refuse braces that are meant to be filled in, and are none of the forms that are: ``{x:>5}``, ``{x!r}``, ``{x + 1}``.

    They are those that Python's own f-strings would fill in from the user's variables; where something else in the text is filled in, also
    a sum of plain numbers. JSON, CSS and LaTeX are none of these.

    Raises:
        InputError: ``braces_unclear``.
    """
    plain = text.replace("{{", "\0\0")  # an escape opens nothing
    filled = any(_is_expression(match) for match in _EXPRESSION.finditer(plain))
    for found in (*_BRACES.finditer(plain), *_NESTED.finditer(plain)):
        expression = _EXPRESSION.fullmatch(found[0])
        if expression is not None and _is_expression(expression):
            continue
        inside = _BRACES.sub("1", found[0][1:-1])
        if _is_meant(inside, namespace, filled=filled):
            what = short(" ".join(found[0].split()), 40)
            raise InputError("braces_unclear", what=what, advice=f"Put it into a variable first; for literal braces write {{{what}}}.")


def _is_meant(inside: str, namespace: Mapping[str, Any], *, filled: bool) -> bool:
    """Return whether what stands in braces is a field of an f-string that the user's variables, or numbers alone, fill in."""
    field = _field(inside)
    if field is None:
        return False
    value, spec = field.value, field.format_spec
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    computes = any(isinstance(node, _OPERATIONS) for node in ast.walk(value))
    if not names:
        return filled and computes
    if not names & namespace.keys() or not all(name in namespace or hasattr(builtins, name) for name in names):
        return filled and isinstance(value, ast.Name) and _CONVERTED.search(inside) is not None
    if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)):
        converted = _CONVERTED.search(inside) is not None or inside.rstrip().endswith("=")
        return converted or (spec is not None and _knows(value, spec, namespace))
    # {a | b} are alternatives.
    return computes and not (isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr))


def _field(inside: str) -> ast.FormattedValue | None:
    """Return what Python makes of it in an f-string; None where that is nothing."""
    if "\\" in inside or '"""' in inside or inside.endswith('"'):
        return None
    try:
        whole = ast.parse(f'f"""{{{inside}}}"""', mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    last = whole.values[-1] if isinstance(whole, ast.JoinedStr) and whole.values else None
    return last if isinstance(last, ast.FormattedValue) else None


def _knows(value: ast.expr, spec: ast.expr, namespace: Mapping[str, Any]) -> bool:
    """Return whether a variable's own value understands a format: a text does not understand the ``red`` of ``{color:red}``."""
    words = "".join(str(part.value) for part in getattr(spec, "values", ()) if isinstance(part, ast.Constant))
    match = _EXPRESSION.fullmatch(f"{{{ast.unparse(value)}}}")
    if match is None or words[:1].isspace():
        return False
    try:
        format(_look_up(match, namespace), words)
    except Exception:  # noqa: BLE001 - a user's own type may raise anything
        return False
    return True


def expand_value(text: str, namespace: Mapping[str, Any]) -> Any:
    """Put the user's values into one option's value; a lone ``{name}`` gives the object itself, not its text."""
    whole = _EXPRESSION.fullmatch(text)
    return _look_up(whole, namespace) if whole and _is_expression(whole) else expand(text, namespace)


def escape(text: str) -> str:
    """Return `text` so that `expand` gives it back unchanged."""
    if "{{" in text:
        return text.replace("{", "{{").replace("}", "}}")
    return _EXPRESSION.sub(lambda match: "{" + match[0] + "}" if _is_expression(match) else match[0], text)


def _is_expression(match: re.Match[str]) -> bool:
    """Return whether the words of a match are names, as Python has them."""
    words = [match[1], *(step[1] for step in _STEP.finditer(match[2]) if step[1])]
    return all(_name(word).isidentifier() for word in words)


def _name(word: str) -> str:
    """Return a name as Python keeps it: ``µ`` has two ways to be written, and a variable one."""
    return unicodedata.normalize("NFKC", word)


def _next_piece(text: str, at: int, namespace: Mapping[str, Any], open_braces: list[str]) -> tuple[str, int]:
    """Return what stands for the text at `at`, and how many characters it takes."""
    if text.startswith("{{", at):
        open_braces.append("{{")
        return "{", 2
    if text[at] == "{":
        match = _EXPRESSION.match(text, at)
        if match and _is_expression(match):
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
    name, path = _name(match.group(1)), match.group(2)
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
        return getattr(value, _name(attribute))
    bare = key.strip().strip("'\"")
    return value[int(bare)] if re.fullmatch(r"-?\d+", key.strip()) else value[bare]


def _unknown(name: str, suggestion: str) -> InputError:
    return InputError("variable_unknown", name=short(name), suggestion=f"Did you mean {suggestion}? " if suggestion else "")
