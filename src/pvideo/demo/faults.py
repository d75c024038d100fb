"""Faults as data: which request, at which point of its way, and what happens to it there.

A rule is ``{"match": {…}, "phase": …, "do": …, …}``; rules are laid down through the control port.

``match`` (all given parts must fit; none given fits everything):
    ``host``: gateway, replicate, delivery or cloudflare; without it, whichever host the client talks to.
    ``op``: create, get, cancel, list, model, upload, account, file, stream, other.
    ``method``; ``path``: a regular expression for the whole path after ``/v1`` or ``/replicate``; ``prompt``: a part of the prompt.
    ``nth``: the how-manieth fitting request, from 1: ``3``, ``[1, 2]`` or ``"3+"``; without it, every one.
``phase``: before_accept (Replicate never saw it), after_accept (the prediction exists), mid_response, after_response.
``do``: see `pvideo.demo.effects`.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from .predictions import End

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .messages import Call, Face

Phase = Literal["before_accept", "after_accept", "mid_response", "after_response"]
KINDS: dict[str, frozenset[str]] = {
    kind: frozenset(arguments.split())
    for kind, arguments in {
        "rst": "at unread",
        "close": "at unread",
        "hang": "at seconds",
        "delay": "seconds",
        "hold": "",
        "status": "status body content_type headers title",
        "error": "code name message status headers",
        "redirect": "status location headers",
        "cache_hit": "",
        "retry_upstream": "times honours_header",
        "truncate": "at",
        "drip": "rate",
        "body": "text set remove repeat status content_type",
        "headers": "set remove",
        "fate": "end error at slow stuck output no_metrics",
    }.items()
}
"""What can be done, and the arguments each takes."""
_MATCH_KEYS = frozenset({"host", "op", "method", "path", "prompt", "nth"})
_OPERATIONS = (
    ("create", "POST", r"/predictions|/models/[^/]+/[^/]+/predictions|/deployments/[^/]+/[^/]+/predictions"),
    ("cancel", "POST", r"/predictions/[^/]+/cancel"),
    ("get", "GET", r"/predictions/[^/]+"),
    ("list", "GET", r"/predictions"),
    ("model", "GET", r"/models/[^/]+/[^/]+(?:/versions/[^/]+)?"),
    ("upload", "POST", r"/files"),
    ("account", "GET", r"/account"),
    ("file", "GET|HEAD", r"/(?:xezq|pbxt|provider-outputs)/.*"),
    ("stream", "GET", r"/v1/streams/.*"),
)


@dataclass(slots=True, kw_only=True)
class Rule:
    """One fault and how often its match has been seen."""

    number: int
    match: dict[str, Any]
    phase: Phase
    do: str
    arguments: dict[str, Any]
    seen: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, call: Call, path: str, host: Face, *, inner: bool) -> bool:
        """Whether this rule is about `call`; `inner` is the gateway's own request to Replicate."""
        wanted = self.match.get("host")
        if (wanted is None and inner) or (wanted is not None and wanted != host):
            return False
        return (
            self.match.get("method", call.method) == call.method
            and self.match.get("op", operation(call.method, path)) == operation(call.method, path)
            and re.fullmatch(self.match.get("path", ".*"), path) is not None
            and self.match.get("prompt", "") in _prompt(call, wanted="prompt" in self.match)
        )

    def counts(self) -> bool:
        """Count one fitting request; return whether it is one of those meant."""
        self.seen += 1
        nth = self.match.get("nth")
        if isinstance(nth, str):
            return self.seen >= int(nth.removesuffix("+"))
        return nth is None or self.seen in (nth if isinstance(nth, list) else [nth])


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._next = 1

    def add(self, data: Mapping[str, Any]) -> Rule:
        """Lay down a rule.

        Raises:
            ValueError: The rule is not understood.
        """
        rest = dict(data)
        match, phase, do = dict(rest.pop("match", {})), rest.pop("phase", "before_accept"), rest.pop("do", None)
        if phase not in get_args(Phase):
            raise ValueError(f"phase is one of {', '.join(get_args(Phase))}, not {phase!r}.")
        if do not in KINDS:
            raise ValueError(f"do is one of {', '.join(sorted(KINDS))}, not {do!r}.")
        if unknown := rest.keys() - KINDS[do]:
            raise ValueError(f"{do} takes {', '.join(sorted(KINDS[do])) or 'nothing'}, not {', '.join(sorted(unknown))}.")
        if unknown := match.keys() - _MATCH_KEYS:
            raise ValueError(f"match knows {', '.join(sorted(_MATCH_KEYS))}, not {', '.join(sorted(unknown))}.")
        if do == "fate" and rest.get("end", "never") not in {"never", *get_args(End)}:
            raise ValueError(f"end is never or one of {', '.join(get_args(End))}, not {rest['end']!r}.")
        re.compile(match.get("path", ""))
        rule = Rule(number=self._next, match=match, phase=phase, do=do, arguments=rest)
        self._next += 1
        self.rules.append(rule)
        return rule

    def select(self, call: Call, path: str, host: Face, *, inner: bool = False) -> list[Rule]:
        """Return the rules that happen to this request; each fitting rule counts it once."""
        return [rule for rule in self.rules if not _unread(rule) and rule.fits(call, path, host, inner=inner) and rule.counts()]

    def select_unread(self, call: Call, path: str, host: Face) -> list[Rule]:
        """Return the rules that happen before the body is read."""
        return [rule for rule in self.rules if _unread(rule) and rule.fits(call, path, host, inner=False) and rule.counts()]

    def find(self, number: int) -> Rule | None:
        """Return the rule with this number."""
        return next((rule for rule in self.rules if rule.number == number), None)

    def clear(self) -> None:
        """Take all rules away, and let go what they hold."""
        for rule in self.rules:
            rule.released.set()
        self.rules.clear()


def operation(method: str, path: str) -> str:
    """Return the name of what a request asks for."""
    for name, methods, pattern in _OPERATIONS:
        if re.fullmatch(methods, method) and re.fullmatch(pattern, path):
            return name
    return "other"


def _unread(rule: Rule) -> bool:
    return bool(rule.arguments.get("unread"))


def _prompt(call: Call, *, wanted: bool) -> str:
    if not wanted:
        return ""
    try:
        return str(json.loads(call.body)["input"]["prompt"])
    except (ValueError, KeyError, TypeError):
        return ""
