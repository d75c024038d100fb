"""The two shapes of an error body that are known: the gateway's envelope and Replicate's problem+json."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pvideo.errors import Problem
from pvideo.secrets import redact
from pvideo.wire.prediction import BadAnswer, clean_text, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class GatewayError:
    """The gateway's own refusal: ``{"success": false, "error": [{"code", "message"}], …}``, old and new form."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class ReplicateError:
    """Replicate's refusal, an RFC 7807 problem: ``{"title"?, "detail", "status"?, "invalid_fields"?}``."""

    title: str
    detail: str
    problems: tuple[Problem, ...]
    body: Mapping[str, Any]


def known_shape(status: int, headers: Mapping[str, str], body: bytes) -> GatewayError | ReplicateError | None:
    """Return the error that `body` is, or None when its shape is not known: then it proves nothing (a portal's 403)."""
    kind = headers.get("content-type", "")
    if kind and "json" not in kind.lower():
        return None
    try:
        data = parse_json(body)
    except BadAnswer:
        return None
    if not isinstance(data, dict):
        return None
    return _gateway(data) if "error" in data else _replicate(data, status)


def _gateway(data: dict[str, Any]) -> GatewayError | None:
    # The key is "error", an array (the management API's is "errors"); older bodies lack name, httpCode and internalCode.
    entries = data["error"]
    first = entries[0] if isinstance(entries, list) and entries else None
    code = first.get("code") if isinstance(first, dict) else None
    if data.get("success") is not False or not isinstance(first, dict) or not isinstance(code, int) or isinstance(code, bool):
        return None
    if data.get("internalCode", code) != code or data.get("name", "AiGatewayError") != "AiGatewayError":
        return None
    return GatewayError(code, phrase(first.get("message")))


def _replicate(data: dict[str, Any], status: int) -> ReplicateError | None:
    detail = data.get("detail")
    if not isinstance(detail, str) or data.get("status", status) != status:
        return None
    fields = data.get("invalid_fields")
    rows = [row for row in fields[:_MAX_PROBLEMS] if isinstance(row, dict)] if isinstance(fields, list) else []
    return ReplicateError(phrase(data.get("title")), phrase(detail), tuple(_problem(row) for row in rows), data)


def _problem(row: dict[str, Any]) -> Problem:
    """Put one of the validator's messages at the input it belongs to (it names the parent when an input is missing)."""
    field, message, kind = phrase(row.get("field")), phrase(row.get("description")), row.get("type")
    name = field.removeprefix("input.") if field != "input" else ""
    missing = re.fullmatch(r"(\S+) is required", message)
    extra = re.fullmatch(r"Additional property (\S+) is not allowed", message)
    if kind == "required" and missing:
        name = f"{name}.{missing[1]}" if name else missing[1]
    if kind == "additional_property_not_allowed" and extra:
        name = extra[1]
    return Problem(name, message, "input_refused")


def phrase(value: object, limit: int = 300) -> str:
    """Return a server's text fit for a sentence: one line, no control characters, no token, at most `limit` characters."""
    if not isinstance(value, str):
        return ""
    text = redact(" ".join(clean_text(value[:20_000]).split()))
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def sentence(text: str) -> str:
    """Return `text` with an end, to stand before another sentence."""
    return text if not text or text[-1] in ".!?…" else f"{text}."
