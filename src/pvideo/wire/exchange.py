"""One request and its answer as a person may see them (``%pvideo explain``): without tokens, cut to a readable size."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pvideo.secrets import cleaned, redact
from pvideo.wire.prediction import clean_text

MASK = "••••"
LIMIT = 20_000
"""Characters of a body that are kept."""

_SLICE = 4 * LIMIT
_DATA = re.compile(r"(data:[\w.+/-]{0,100}(?:;[\w.=+-]{1,100}){0,3},)([A-Za-z0-9+/=%_-]{65,})")
_MARGIN = 512
"""Longer than any token: what stands at a cut may be half of one, so this much before it goes too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange with the gateway (``path`` begins with ``/``) or with the delivery host (``host`` is set)."""

    method: str
    path: str
    host: str = ""
    status: int | None = None
    """None when no answer came."""
    at: float
    """When it began, in seconds since the epoch."""
    took: float
    """Seconds until the answer was read."""
    request_headers: dict[str, str]
    response_headers: dict[str, str]
    request_body: str = ""
    response_body: str = ""
    error: str = ""


Recorder = Callable[[Exchange], None]


def file_exchange(url: str, status: int, at: float, took: float, sent: Mapping[str, str], received: Mapping[str, str]) -> Exchange:
    """Return the exchange that fetched (a part of) a file; its bytes are not in it."""
    parts = urlsplit(url)
    return Exchange(
        method="GET",
        path=redact(parts.path),
        host=parts.hostname or "",
        status=status,
        at=at,
        took=took,
        request_headers=shown_headers(sent),
        response_headers=shown_headers(received),
    )


def shown_body(body: bytes, *, hide: tuple[str, ...] = ()) -> str:
    """Return a body as text: ``data:`` URIs shortened, tokens and `hide` struck out, and only then cut."""
    text = _as_read(_DATA.sub(_short, body.decode("utf-8", "replace")))
    piece = _struck(text[:_SLICE], hide)
    if len(text) > _SLICE:
        piece = piece[:-_MARGIN]
    cut = piece[:LIMIT]
    return cut if len(text) <= LIMIT else f"{cut}… ({len(body):,} bytes)"


def _as_read(text: str) -> str:
    """Return a body without the secrets that stand in it once it is read: whoever shows a part of it reads it again."""
    try:
        data = json.loads(text)
        before = json.dumps(data)
        clean = json.dumps(cleaned(data))
    except (ValueError, RecursionError, MemoryError):
        return text
    return text if clean == before else clean


def shown_headers(headers: Mapping[str, str], *, masked: tuple[str, ...] = ()) -> dict[str, str]:
    """Return headers fit to be shown; each name in `masked` is a token's, added as it is sent."""
    shown = {name: _struck(value, ())[:1000] for name, value in headers.items() if name.lower() != "set-cookie"}
    return shown | dict.fromkeys(masked, f"Bearer {MASK}")


def _struck(text: str, hide: tuple[str, ...]) -> str:
    for value in hide:
        for form in {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]} - {""}:
            text = text.replace(form, MASK)
    return redact(clean_text(text))


def _short(found: re.Match[str]) -> str:
    return f"{found[1]}… ({len(found[2]):,} characters)"
