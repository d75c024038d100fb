"""``GET /predictions``: newest first, pages by cursor."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .clock import from_iso
from .views import API

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .predictions import Prediction


@dataclass(frozen=True, slots=True)
class Page:
    """One page and the addresses of its neighbours (at api.replicate.com, as the real ones are)."""

    items: list[Prediction]
    next: str | None
    previous: str | None


def list_page(oldest_first: Sequence[Prediction], asked: Mapping[str, str], *, size: int) -> Page:
    """Return the page that the query `asked` means.

    Raises:
        ValueError: A date or the cursor is not understood.
    """
    after = from_iso(asked["created_after"]) if "created_after" in asked else float("-inf")
    before = from_iso(asked["created_before"]) if "created_before" in asked else float("inf")
    source = asked.get("source")
    items = [item for item in reversed(oldest_first) if after <= item.created < before and source in {None, item.source}]
    start = _start(items, asked.get("cursor"), size)
    page = items[start : start + size]
    # A cursor names a prediction, not a number: what is created meanwhile shifts no page.
    following = _url(asked, f"older={page[-1].id}") if start + size < len(items) else None
    preceding = _url(asked, f"newer={page[0].id}") if page and start else None
    return Page(page, following, preceding)


def _start(items: Sequence[Prediction], cursor: str | None, size: int) -> int:
    if not cursor:
        return 0
    try:
        way, _, prediction_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("=")
    except (binascii.Error, UnicodeError):
        raise ValueError(cursor) from None
    position = next((index for index, item in enumerate(items) if item.id == prediction_id), None)
    if position is None or way not in {"older", "newer"}:
        raise ValueError(cursor)
    return position + 1 if way == "older" else max(0, position - size)


def _url(asked: Mapping[str, str], position: str) -> str:
    query = {**asked, "cursor": base64.urlsafe_b64encode(position.encode()).decode()}
    return f"{API}/predictions?{urlencode(query)}"
