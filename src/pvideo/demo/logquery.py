"""What a request to the Logs API asks for: filters in each form that clients write, order, search, page and limit.

Names, kinds and defaults are those of Cloudflare's document. What is not understood is refused and never left out: a filter that is
overlooked would delete everything.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from .clock import from_iso

if TYPE_CHECKING:
    from collections.abc import Callable

Entry = dict[str, Any]

_TEXTS = (
    *("id", "path", "request_content_type", "response_content_type", "request_type", "provider", "model", "model_type"),
    *("event_id", "metadata.key", "metadata.value", "dlp_action", "user_agent"),
)
_NUMBERS = ("cost", "tokens", "tokens_in", "tokens_out", "duration", "feedback")
_SWITCHES = ("success", "cached", "authentication", "wholesale", "compatibilityMode")
_KEYS = frozenset({"created_at", *_TEXTS, *_NUMBERS, *_SWITCHES})
_OPERATORS = ("eq", "neq", "contains", "lt", "gt")
_ORDERS = (
    *("created_at", "provider", "model", "model_type", "success", "cached"),
    *("cost", "tokens_in", "tokens_out", "duration", "feedback"),
)
_DIRECTIONS = ("asc", "desc")
_ALSO = ("model", "model_type", "provider", "request_content_type", "response_content_type", "success", "cached")
"""Deprecated parameters that are filters by their own names."""
_RANGES = {f"{end}_{name}": (name, end) for name in ("cost", "duration", "tokens_in", "tokens_out") for end in ("min", "max")}
_RANGES |= {f"{end}_total_tokens": ("tokens", end) for end in ("min", "max")}
_SEARCHED = ("id", "model", "provider", "path")
_PART = re.compile(r"filters(?:\[(?P<index>\d*)\]|\.(?P<number>\d+))?(?:\[(?P<part>[a-z]+)\]|\.(?P<name>[a-z]+))(?:\[\d*\]|\.\d+)?")
_MOST_DELETED = 10_000
_LARGEST_PAGE = 1_000


class QueryError(ValueError):
    """A part of the query is not understood; `name` is which."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: the entry's value compared with one of several."""

    key: str
    operator: str
    values: tuple[Any, ...]

    def fits(self, entry: Entry) -> bool:
        """Whether an entry fulfils it. A name and a value of the metadata are looked for apart (observed)."""
        held = _held(entry, self.key)
        if self.operator == "neq":
            return any(have not in self.values for have in held)
        return any(_COMPARE[self.operator](have, value) for have in held for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which entries are meant, and in which order."""

    tests: tuple[Callable[[Entry], bool], ...]
    order: str
    descending: bool
    page: int
    size: int

    def select(self, newest_first: list[Entry]) -> list[Entry]:
        """Return all entries that are meant, in order."""
        found = [entry for entry in newest_first if all(test(entry) for test in self.tests)]
        if self.order == "created_at" and not self.descending:
            found.reverse()
        # What is alike stays as it came.
        return sorted(found, key=lambda entry: _rank(_held(entry, self.order)[0]), reverse=self.descending)

    def cut(self, found: list[Entry]) -> list[Entry]:
        """Return the part of `found` that one answer has."""
        return found[(self.page - 1) * self.size : self.page * self.size]


def to_list(query: str) -> Query:
    """Return what a query of ``GET …/logs`` means.

    Raises:
        QueryError: A part of it is not understood.
    """
    asked, filters = _parted(query)
    tests: list[Callable[[Entry], bool]] = [item.fits for item in filters]
    tests += [Filter(name, "eq", (_value(name, name, asked.pop(name)),)).fits for name in _ALSO if name in asked]
    for name, (key, end) in _RANGES.items():
        if name in asked:
            tests.append(_within(key, end, _value(name, "cost", asked.pop(name))))
    for name, end in (("start_date", "min"), ("end_date", "max")):
        if name in asked:
            tests.append(_within("created_at", end, _value(name, "created_at", asked.pop(name))))
    if "feedback" in asked:
        # Unconfirmed: 1 is a thumb up, 0 a thumb down.
        tests.append(Filter("feedback", "eq", (1.0 if _one_of("feedback", asked.pop("feedback"), ("0", "1")) == "1" else -1.0,)).fits)
    if words := asked.pop("search", ""):
        tests.append(lambda entry: _found(entry, words))
    _one_of("meta_info", asked.pop("meta_info", "true"), ("true", "false"))
    older = _one_of("direction", asked.pop("direction", "desc"), _DIRECTIONS)
    usual = "asc" if "order_by" in asked else older
    page, size = _whole(asked, "page", 1, 10**9), _whole(asked, "per_page", 20, _LARGEST_PAGE)
    return _ordered(asked, tests, usual=usual, page=page, size=size)


def to_delete(query: str) -> Query:
    """Return what a query of ``DELETE …/logs`` means: the oldest first, ``limit`` of them.

    Raises:
        QueryError: A part of it is not understood.
    """
    asked, filters = _parted(query)
    limit = _whole(asked, "limit", _MOST_DELETED, _MOST_DELETED)
    return _ordered(asked, [item.fits for item in filters], usual="asc", page=1, size=limit)


def _ordered(asked: dict[str, str], tests: list[Callable[[Entry], bool]], *, usual: str, page: int, size: int) -> Query:
    order = _one_of("order_by", asked.pop("order_by", "created_at"), _ORDERS)
    direction = _one_of("order_by_direction", asked.pop("order_by_direction", usual), _DIRECTIONS)
    for name in asked:
        raise QueryError(name, "Unrecognized key")
    return Query(tests=tuple(tests), order=order, descending=direction == "desc", page=page, size=size)


# -- the forms of filters


def _parted(query: str) -> tuple[dict[str, str], list[Filter]]:
    """Return the plain parameters, and the filters."""
    plain: dict[str, str] = {}
    parts: list[tuple[str, str, str]] = []
    for name, text in parse_qsl(query, keep_blank_values=True):
        found = _PART.fullmatch(name)
        if found:
            parts.append((found["index"] if found["number"] is None else found["number"], found["part"] or found["name"], text))
        elif name.startswith("filters") and name != "filters":
            raise QueryError("filters", f"{name} is not understood")
        elif name in plain:
            raise QueryError(name, "Expected one value, received several")
        else:
            plain[name] = text
    if "filters" not in plain:
        return plain, [_filter(item) for item in _assembled(parts)]
    if parts:
        raise QueryError("filters", "Two forms of filters at once")
    return plain, [_filter(item) for item in _from_json(plain.pop("filters"))]


def _from_json(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise QueryError("filters", "Expected array")
    return found


def _assembled(parts: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Return the filters whose keys, operators and values came as parameters of their own."""
    for _, part, _ in parts:
        if part not in {"key", "operator", "value"}:
            raise QueryError("filters", f"Unrecognized key {part!r}")
    if len({bool(index) for index, _, _ in parts}) > 1:
        raise QueryError("filters", "Two forms of filters at once")
    if parts and parts[0][0]:
        numbered: dict[str, list[tuple[str, str]]] = {}
        for index, part, text in parts:
            numbered.setdefault(index, []).append((part, text))
        return [item for index in sorted(numbered, key=int) for item in _zipped(numbered[index], most=1)]
    named = [(part, text) for _, part, text in parts]
    order = [part for part, _ in named]
    if "value" in order and "key" in order[order.index("value") :]:
        return _in_turn(named)
    return _zipped(named)


def _in_turn(named: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Read filters that stand one after the other, each beginning with its key."""
    found: list[list[tuple[str, str]]] = []
    for part, text in named:
        if part == "key":
            found.append([])
        if not found:
            raise QueryError("filters", "A filter begins with its key")
        found[-1].append((part, text))
    return [item for one in found for item in _zipped(one, most=1)]


def _zipped(named: list[tuple[str, str]], *, most: int | None = None) -> list[dict[str, Any]]:
    """Read all keys, all operators, all values (Cloudflare's Python client): which value is whose must be beyond doubt."""
    keys, operators, values = ([text for part, text in named if part == wanted] for wanted in ("key", "operator", "value"))
    if len(keys) != len(operators) or (most is not None and len(keys) != most):
        raise QueryError("filters", "key, operator and value are required")
    if len(keys) == 1:
        return [{"key": keys[0], "operator": operators[0], "value": values}]
    if len(values) != len(keys):
        raise QueryError("filters", "Which value belongs to which filter cannot be told; send filters as JSON")
    return [{"key": key, "operator": operator, "value": [value]} for key, operator, value in zip(keys, operators, values, strict=True)]


def _filter(item: Any) -> Filter:
    if not isinstance(item, dict) or item.keys() != {"key", "operator", "value"}:
        raise QueryError("filters", "key, operator and value are required")
    key, operator, given = item["key"], item["operator"], item["value"]
    if not isinstance(key, str) or key not in _KEYS:
        raise QueryError("filters", f"Invalid enum value for key: {key!r}")
    if operator not in _OPERATORS or (operator in {"lt", "gt"} and key in _SWITCHES):
        raise QueryError("filters", f"Invalid enum value for operator: {operator!r}")
    if not isinstance(given, list) or not given:
        raise QueryError("filters", "value: an array with a value in it is required")
    return Filter(key, operator, tuple(_part_of(value) if operator == "contains" else _value("filters", key, value) for value in given))


# -- values


def _value(name: str, key: str, given: Any) -> Any:
    """Return a value as entries hold those of `key`: text, number, moment, or true and false.

    Raises:
        QueryError: It is none of these.
    """
    kind: dict[type, Callable[[Any], Any]] = {str: str, bool: lambda value: value, int: float, float: float}
    if given is None:
        return None
    if type(given) not in kind:
        raise QueryError(name, "Invalid value")
    if key in _SWITCHES:
        switched = {"true": True, "false": False, "1": True, "0": False}.get(_text(given).lower())
        if switched is None:
            raise QueryError(name, f"Expected true or false, received {given!r}")
        return switched
    try:
        if key == "created_at":
            return from_iso(_text(given))
        if key in _NUMBERS:
            number = float(_text(given))
            if math.isfinite(number):
                return number
            raise ValueError(number)
    except ValueError:
        wanted = "a date" if key == "created_at" else "a number"
        raise QueryError(name, f"Expected {wanted}, received {given!r}") from None
    return _text(given)


def _part_of(given: Any) -> str:
    if not isinstance(given, (str, int, float)):
        raise QueryError("filters", "Invalid value")
    return _text(given)


def _text(value: Any) -> str:
    """Return a value as text, as it stands in JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _held(entry: Entry, key: str) -> list[Any]:
    """Return what an entry holds under a filter's key."""
    row, metadata = entry["row"], entry["row"]["metadata"] or {}
    match key:
        case "metadata.key":
            return list(metadata)
        case "metadata.value":
            return [_text(value) for value in metadata.values()]
        case "tokens":
            return [float(row["tokens_in"] + row["tokens_out"])]
        case "created_at":
            return [from_iso(row["created_at"])]
        case "event_id" | "authentication" | "wholesale" | "compatibilityMode" | "dlp_action" | "user_agent":
            return [entry[key]]
    value = row[key]
    return [float(value) if key in _NUMBERS and value is not None else value]


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, want: have == want,
    "contains": lambda have, want: want in _text(have),
    "lt": lambda have, want: None not in {have, want} and have < want,
    "gt": lambda have, want: None not in {have, want} and have > want,
}


def _within(key: str, end: str, bound: Any) -> Callable[[Entry], bool]:
    return lambda entry: _held(entry, key)[0] >= bound if end == "min" else _held(entry, key)[0] <= bound


def _found(entry: Entry, words: str) -> bool:
    """Whether free text is found in what an entry says of itself (not in the bodies)."""
    metadata = entry["row"]["metadata"] or {}
    said = [*(entry["row"][name] for name in _SEARCHED), entry["event_id"], *metadata, *metadata.values()]
    return any(words.lower() in _text(value).lower() for value in said)


def _rank(value: Any) -> tuple[bool, Any]:
    """Return what a value is ordered by; none comes before any."""
    return (value is not None, "" if value is None else value)


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> str:
    if given not in allowed:
        raise QueryError(name, f"Invalid enum value. Expected {' | '.join(allowed)}, received {given!r}")
    return given


def _whole(asked: dict[str, str], name: str, usual: int, most: int) -> int:
    text = asked.pop(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and 1 <= int(text) <= most):
        raise QueryError(name, f"Expected a whole number from 1 to {most}, received {text!r}")
    return int(text)
