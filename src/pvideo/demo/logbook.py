"""The gateway's log: one entry for each request that it let pass, unless the request or the gateway says otherwise."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from .clock import iso

if TYPE_CHECKING:
    from .account import Gate
    from .messages import Answer, Call

KEPT = 10_000
LARGEST = 10 * 1024 * 1024
"""Bytes of an entry; larger ones are not stored (documented)."""
_METADATA = 5
_ON_MODEL = re.compile(r"/models/([^/]+/[^/]+)")


class Logbook:
    """The entries of all gateways, by their ids."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def add(
        self, gate: Gate, call: Call, path: str, answer: Answer, *, log_id: str, at: float, took: float, cached: bool, step: int = 0
    ) -> None:
        """Write down one request."""
        payload = call.headers.get("cf-aig-collect-log-payload", "true") != "false"
        if len(call.body) + len(answer.body) > LARGEST:
            return
        self._entries[log_id] = {
            "gate": gate.id,
            "event_id": call.headers.get("cf-aig-event-id", log_id),
            "authentication": gate.settings["authentication"],
            "wholesale": False,
            "compatibilityMode": False,
            "dlp_action": "",
            "user_agent": call.headers.get("user-agent", ""),
            "request": call.body.decode("utf-8", "replace") if payload else "",
            "response": answer.body.decode("utf-8", "replace") if payload else "",
            "row": {
                "id": log_id,
                "cached": cached,
                "created_at": iso(at, 3),
                "custom_cost": False,
                "duration": round(took * 1000),
                "metadata": _metadata(call.headers.get("cf-aig-metadata", "")),
                "model": _model(call, path),
                "model_type": "",
                "path": path.strip("/"),
                "provider": "replicate",
                "request_content_type": call.headers.get("content-type", ""),
                "request_type": "",
                "response_content_type": answer.headers.get("content-type", ""),
                "status_code": answer.status,
                "step": step,
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

    def entries(self, gate: str) -> list[dict[str, Any]]:
        """Return a gateway's entries, the newest first."""
        return [entry for entry in reversed(self._entries.values()) if entry["gate"] == gate]

    def delete(self, entries: list[dict[str, Any]]) -> None:
        """Delete these entries."""
        for entry in entries:
            del self._entries[entry["row"]["id"]]


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


def _model(call: Call, path: str) -> str:
    """Return the model that a request names: in its path, or as its ``version``."""
    if found := _ON_MODEL.match(path):
        return found[1]
    try:
        return str(json.loads(call.body)["version"])
    except (ValueError, KeyError, TypeError):
        return ""
