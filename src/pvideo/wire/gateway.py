"""What a request to Replicate through the gateway looks like: its path, headers and body.

The gateway's address replaces ``https://api.replicate.com/v1`` whole (Cloudflare's Replicate provider page). An endpoint that
*is* api.replicate.com gets no ``cf-aig-*`` header at all. Tokens are not here: the transport puts them in last.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pvideo.metadata import header
from pvideo.wire.prediction import is_prediction_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from pvideo.settings import Endpoint
    from pvideo.wire.upload import Multipart

# Replicate takes 5 s to 24 h, in whole seconds with a unit, and waits at most 60 s.
_CANCEL_AFTER = (5, 86_400)
_LONGEST_PREFER = 60
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MAX_CURSOR = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request without its tokens; ``path`` stands behind the endpoint's base URL."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces: Callable[[], AsyncIterator[bytes]] | None = None
    """A long body, piece by piece, in place of `body`, which then says in words what it is."""


def create(
    endpoint: Endpoint,
    payload: bytes,
    *,
    event_id: str,
    deadline: float,
    prefer_wait: int | None,
    log_payload: bool,
    metadata: Mapping[str, Any] | None,
) -> Ask:
    """Return the request that makes a prediction (and is paid)."""
    low, high = _CANCEL_AFTER
    headers = {"Content-Type": "application/json", "Cancel-After": f"{min(max(round(deadline), low), high)}s", "Connection": "close"}
    if prefer_wait is not None:
        headers["Prefer"] = "wait" if prefer_wait >= _LONGEST_PREFER else f"wait={max(prefer_wait, 1)}"
    if endpoint.kind != "direct":
        headers |= _routing(endpoint) | _create_headers(event_id, metadata, log_payload=log_payload)
    return Ask(method="POST", path="/predictions", headers=headers, body=payload)


def payload(model: str, given: dict[str, Any], version: str | None) -> bytes:
    """Return a create's body. Replicate refuses any further key beside these two.

    Raises:
        ValueError, TypeError, RecursionError: `given` is no JSON.
    """
    return json.dumps({"version": version or model, "input": given}, allow_nan=False).encode("ascii")


def get(endpoint: Endpoint, prediction_id: str) -> Ask:
    """Return the request for a prediction as it is now; its address is made here, never taken from ``urls.get``."""
    return Ask(method="GET", path=_prediction_path(prediction_id), headers=_look_headers(endpoint))


def cancel(endpoint: Endpoint, prediction_id: str) -> Ask:
    """Return the request that cancels a prediction (a running one may still be billed)."""
    headers = {} if endpoint.kind == "direct" else {"cf-aig-skip-cache": "true", "cf-aig-max-attempts": "1", **_routing(endpoint)}
    return Ask(method="POST", path=f"{_prediction_path(prediction_id)}/cancel", headers=headers)


def list_predictions(endpoint: Endpoint, *, created_after: datetime, cursor: str | None) -> Ask:
    """Return the request for the predictions made since a moment, newest first, 100 a page."""
    moment = created_after.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    query = {"created_after": moment} | ({"cursor": cursor} if cursor else {})
    return Ask(method="GET", path=f"/predictions?{urlencode(query)}", headers=_look_headers(endpoint))


def model(endpoint: Endpoint, owner: str, name: str) -> Ask:
    """Return the request for a model and its schema.

    Raises:
        ValueError: A part of the name cannot stand in a path.
    """
    if not (_PART.fullmatch(owner) and _PART.fullmatch(name)):
        msg = "a model is called owner/name"
        raise ValueError(msg)
    return Ask(method="GET", path=f"/models/{quote(owner)}/{quote(name)}", headers=_look_headers(endpoint))


def version(endpoint: Endpoint, owner: str, name: str, version_id: str) -> Ask:
    """Return the request for one version of a model and its schema.

    Raises:
        ValueError: A part of the name, or the version, cannot stand in a path.
    """
    if not _PART.fullmatch(version_id):
        msg = "a version is 64 hex digits"
        raise ValueError(msg)
    whole = model(endpoint, owner, name)
    return Ask(method="GET", path=f"{whole.path}/versions/{quote(version_id)}", headers=whole.headers)


def upload(endpoint: Endpoint, body: Multipart, tell: Callable[[int, int], None]) -> Ask:
    """Return the request that stores an input file. It costs nothing; its bytes stay out of the gateway's log."""
    headers = {"Content-Type": f"multipart/form-data; boundary={body.boundary}", "Content-Length": str(body.length), "Connection": "close"}
    if endpoint.kind != "direct":
        headers |= {"cf-aig-skip-cache": "true", "cf-aig-max-attempts": "1", "cf-aig-collect-log-payload": "false", **_routing(endpoint)}
    words = f"(multipart: content, {len(body.data):,} bytes)".encode()
    return Ask(method="POST", path="/files", headers=headers, body=words, pieces=lambda: body.pieces(tell))


def cursor_of(url: object) -> str | None:
    """Return the cursor in a list's ``next``; its host and path are the server's words and are not used."""
    if not isinstance(url, str) or len(url) > 2 * _MAX_CURSOR:
        return None
    try:
        values = parse_qs(urlsplit(url).query).get("cursor", [])
    except ValueError:
        return None
    return values[0] if values and len(values[0]) <= _MAX_CURSOR else None


def _prediction_path(prediction_id: str) -> str:
    if not is_prediction_id(prediction_id):
        msg = "not a prediction id"
        raise ValueError(msg)
    return f"/predictions/{prediction_id}"


def _create_headers(event_id: str, metadata: Mapping[str, Any] | None, *, log_payload: bool) -> dict[str, str]:
    # max-attempts: the gateway's own "Retry Requests" would repeat a paid create. skip-cache: it may answer a repeated
    # prompt with an old prediction even where caching is off (observed). no-wholesale: never bill Cloudflare instead.
    headers = {
        "cf-aig-skip-cache": "true",
        "cf-aig-max-attempts": "1",
        "cf-aig-no-wholesale": "true",
        "cf-aig-event-id": event_id,
    }
    if metadata:
        headers["cf-aig-metadata"] = header(metadata)
    return headers if log_payload else headers | {"cf-aig-collect-log-payload": "false"}


def _look_headers(endpoint: Endpoint) -> dict[str, str]:
    # Looks are many: they stay out of the gateway's log (100 000 entries on a free account) and never come from its cache.
    return {} if endpoint.kind == "direct" else {"cf-aig-skip-cache": "true", "cf-aig-collect-log": "false", **_routing(endpoint)}


def _routing(endpoint: Endpoint) -> dict[str, str]:
    """Name the stored key to use; without one the gateway takes the key called ``default``, and a token of ours would win over both."""
    return {"cf-aig-byok-alias": endpoint.stored_key} if endpoint.stored_key and endpoint.stored_keys else {}
