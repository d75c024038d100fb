"""What the client hands out when a request went well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pvideo.wire import gateway
from pvideo.wire.prediction import BadAnswer, Prediction, parse_json
from pvideo.wire.verdict import server_date

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# Opaque since 2026-10-08 (UUIDv7; ULIDs before): only what can stand in a URL is kept.
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A prediction was made; ``log_id`` and ``event_id`` find the create in the gateway's log."""

    prediction: Prediction
    log_id: str | None
    event_id: str
    server_date: datetime | None
    status_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A prediction as it was at ``server_date``; ``cached`` answers are old and tell nothing new."""

    prediction: Prediction
    server_date: datetime | None
    cached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some predictions, newest first; ``cursor`` asks for older ones."""

    items: tuple[Prediction, ...]
    cursor: str | None
    server_date: datetime | None
    cached: bool = False


def is_hit(headers: Mapping[str, str]) -> bool:
    """Return whether the gateway's cache answered."""
    return headers.get("cf-aig-cache-status", "").upper() == "HIT"


def log_id(headers: Mapping[str, str]) -> str | None:
    """Return the id of the gateway's log entry."""
    return _opaque(headers.get("cf-aig-log-id"))


def read_created(status: int, headers: Mapping[str, str], body: bytes, event_id: str) -> Created | None:
    """Return what was made, or None unless the answer proves it: 200, 201 or 202, not cached, with a valid id."""
    if status not in {200, 201, 202} or is_hit(headers):
        return None
    try:
        prediction = Prediction.from_json(parse_json(body))
    except BadAnswer:
        return None
    event = _opaque(headers.get("cf-aig-event-id")) or event_id
    return Created(prediction=prediction, log_id=log_id(headers), event_id=event, server_date=server_date(headers), status_code=status)


def read_look(status: int, headers: Mapping[str, str], body: bytes, prediction_id: str) -> Look | None:
    """Return the look, or None when the answer is not this prediction."""
    if not 200 <= status < 300:
        return None
    try:
        prediction = Prediction.from_json(parse_json(body))
    except BadAnswer:
        return None
    if prediction.id != prediction_id:
        return None
    return Look(prediction=prediction, server_date=server_date(headers), cached=is_hit(headers))


def read_page(status: int, headers: Mapping[str, str], body: bytes) -> Page | None:
    """Return the page, without the items that are no predictions; None when it is no page."""
    data = read_object(status, body)
    if data is None or not isinstance(data.get("results"), list):
        return None
    items = tuple(item for item in map(_prediction, data["results"]) if item)
    return Page(items=items, cursor=gateway.cursor_of(data.get("next")), server_date=server_date(headers), cached=is_hit(headers))


def read_object(status: int, body: bytes) -> dict[str, Any] | None:
    """Return the JSON object that a 2xx answer is, or None."""
    if not 200 <= status < 300:
        return None
    try:
        data = parse_json(body)
    except BadAnswer:
        return None
    return data if isinstance(data, dict) else None


def _prediction(data: object) -> Prediction | None:
    try:
        return Prediction.from_json(data)
    except BadAnswer:
        return None


def _opaque(text: str | None) -> str | None:
    return text if text and _OPAQUE.fullmatch(text) else None
