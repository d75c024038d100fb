"""What a create carries for the gateway's log: at most five plain values (``cf-aig-metadata``), checked, and never a token.

The gateway keeps five entries and drops further ones; one null or nested value loses all of them (observed). Names that begin with
``cf.`` are its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from pvideo.errors import SettingsError
from pvideo.secrets import find_token

MOST = 5
"""Entries that the gateway keeps (its custom metadata page)."""

LONGEST = 500
"""Characters of one value; 600 were observed to be kept."""

_LONGEST_NAME = 64
_LONGEST_HEADER = 4000
_APP = "pvideo"


def check(given: Any, *, setting: str = "metadata", most: int = MOST) -> dict[str, Any]:
    """Return metadata that the gateway keeps as it is.

    Args:
        given: Names and plain values: text, numbers, True or False.
        setting: What a message calls it.
        most: How many entries there may be.

    Raises:
        SettingsError: It is no such thing, there are too many, or one looks like a token.
    """
    problem = _problem(given, most)
    if problem:
        advice = f"Give at most {most} names with text, numbers, True or False; no prompts, no tokens."
        raise SettingsError("setting_wrong", setting=setting, problem=problem, advice=advice)
    return dict(given)


def carried(given: Mapping[str, Any], *, intent: str, label: str = "") -> dict[str, Any]:
    """Return everything that a create carries: what was given, a label, and as far as there is room our own id of the press.

    Args:
        given: What `check` passed.
        intent: The press's id, by which its log entry is found where no log id is known.
        label: A short name for whose press it is; it takes the place of an entry of that name.

    Raises:
        SettingsError: There is no room for the label.
    """
    entries = {**given, **({"label": label} if label else {})}
    if len(entries) > MOST:
        problem = f"and the label are {len(entries)} entries; the gateway keeps {MOST}"
        raise SettingsError("setting_wrong", setting="metadata", problem=problem, advice="Leave one out.")
    for name, value in (("intent", intent), ("app", _APP)):
        if len(entries) < MOST:
            entries.setdefault(name, value)
    return entries


def header(entries: Mapping[str, Any]) -> str:
    """Return the header's value: JSON in ASCII."""
    return json.dumps(dict(entries), ensure_ascii=True, separators=(",", ":"))


def _problem(given: Any, most: int) -> str:
    if not isinstance(given, Mapping):
        return f"is {type(given).__name__}, not a dict"
    if len(given) > most:
        return f"has {len(given)} entries; the gateway keeps {most}"
    for name, value in given.items():
        found = _name_problem(name) or _value_problem(name, value)
        if found:
            return found
    return "is too long for a header" if len(header(given)) > _LONGEST_HEADER else ""


def _name_problem(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
        return f"has a name that is no text of 1 to {_LONGEST_NAME} characters"
    if name.startswith("cf."):
        return 'has a name that begins with "cf."; those are the gateway\'s own'
    return f"has a name that looks like a {find_token(name)}" if find_token(name) else ""


def _value_problem(name: str, value: Any) -> str:
    if not isinstance(value, (str, int, float, bool)):
        return f"holds {type(value).__name__} at {name!r}; one such value loses all of them"
    if isinstance(value, float) and not math.isfinite(value):
        return f"holds {value} at {name!r}, which is no number of JSON"
    if isinstance(value, str) and len(value) > LONGEST:
        return f"holds {len(value)} characters at {name!r}; {LONGEST} are kept"
    if isinstance(value, str) and find_token(value):
        return f"holds what looks like a {find_token(value)} at {name!r}; the gateway's log keeps it"
    return ""
