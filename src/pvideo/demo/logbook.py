"""The gateway's log: one entry for each request that it let pass, unless the request or the gateway says otherwise."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from .clock import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .messages import Answer, Call

KEPT = 10_000
LARGEST = 10 * 1024 * 1024
"""Bytes of an entry; larger ones are not stored (documented)."""
_METADATA = 5
_OPERATORS = ("eq", "neq", "contains", "lt", "gt")


class Logbook:
    """The entries of all gateways, by their ids."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def add(self, gate: str, call: Call, path: str, answer: Answer, *, log_id: str, at: float, took: float, cached: bool) -> None:
        """Write down one request."""
        payload = call.headers.get("cf-aig-collect-log-payload", "true") != "false"
        if len(call.body) + len(answer.body) > LARGEST:
            return
        self._entries[log_id] = {
            "gate": gate,
            "event_id": call.headers.get("cf-aig-event-id", log_id),
            "request": call.body.decode("utf-8", "replace") if payload else "",
            "response": answer.body.decode("utf-8", "replace") if payload else "",
            "row": {
                "id": log_id,
                "cached": cached,
                "created_at": iso(at, 3),
                "custom_cost": False,
                "duration": round(took * 1000),
                "metadata": _metadata(call.headers.get("cf-aig-metadata", "")),
                "model": _model(call),
                "model_type": "",
                "path": path.strip("/"),
                "provider": "replicate",
                "request_content_type": call.headers.get("content-type", ""),
                "request_type": "",
                "response_content_type": answer.headers.get("content-type", ""),
                "status_code": answer.status,
                "step": 0,
                "success": answer.status < 400,
                "tokens_in": 0,
                "tokens_out": 0,
                "cost": 0,
                "feedback": None,
                "score": None,
            },
        }
        while len(self._entries) > KEPT:
            self._entries.popitem(last=False)

    def find(self, gate: str, log_id: str) -> dict[str, Any] | None:
        """Return one entry with its bodies."""
        entry = self._entries.get(log_id)
        return entry if entry and entry["gate"] == gate else None

    def rows(self, gate: str, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the entries that fit all filters, the newest first.

        Raises:
            ValueError: A filter is not understood.
        """
        for item in filters:
            if item.get("operator") not in _OPERATORS or not isinstance(item.get("value"), list) or not item.get("key"):
                raise ValueError("filters: key, operator and value (a list) are required")
        return [entry["row"] for entry in self._of(gate) if all(_fits(entry, item) for item in filters)]

    def clear(self, gate: str) -> None:
        """Delete a gateway's entries."""
        for log_id in [entry["row"]["id"] for entry in self._of(gate)]:
            del self._entries[log_id]

    def _of(self, gate: str) -> Iterator[dict[str, Any]]:
        return (entry for entry in reversed(self._entries.values()) if entry["gate"] == gate)


def _fits(entry: dict[str, Any], item: dict[str, Any]) -> bool:
    """Whether an entry has one of a filter's values; a name and a value of the metadata are looked for apart (observed)."""
    metadata = entry["row"]["metadata"] or {}
    held: list[Any]
    match item["key"]:
        case "metadata.key":
            held = list(metadata)
        case "metadata.value":
            held = list(metadata.values())
        case "event_id":
            held = [entry["event_id"]]
        case key:
            held = [entry["row"].get(key)]
    return any(_compare(item["operator"], have, want) for have in held for want in item["value"])


def _compare(operator: str, have: Any, want: Any) -> bool:
    if operator == "contains":
        return str(want) in str(have)
    if operator in {"lt", "gt"}:
        try:
            return float(have) < float(want) if operator == "lt" else float(have) > float(want)
        except (TypeError, ValueError):
            return False
    return (str(have) == str(want)) == (operator == "eq")


def _metadata(text: str) -> dict[str, Any] | None:
    """Return what is kept of the header: five plain values; one that is not plain loses them all (observed)."""
    try:
        given = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(given, dict) or not all(isinstance(value, (str, int, float, bool)) for value in given.values()):
        return None
    plain = {name: value for name, value in given.items() if not name.startswith("cf.")}
    return dict(list(plain.items())[:_METADATA])


def _model(call: Call) -> str:
    try:
        return str(json.loads(call.body)["version"])
    except (ValueError, KeyError, TypeError):
        return ""
