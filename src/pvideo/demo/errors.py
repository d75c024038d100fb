"""The error bodies of both services: Replicate's problem+json and the gateway's envelope, as captured or documented."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .messages import Answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

GATEWAY: dict[int, tuple[int, str]] = {
    2001: (400, "Please configure AI Gateway in the Cloudflare dashboard"),
    2003: (429, "Rate limited"),
    2005: (400, "Failed to get response from provider"),
    2008: (400, "Invalid provider"),
    2009: (401, "Unauthorized"),
    2016: (424, "Prompt blocked due to security configurations"),
    2017: (424, "Response blocked due to security configurations"),
    2021: (402, "Insufficient balance; add money to your gateway or use BYOK"),
    2029: (424, "Request content blocked due to DLP policy violations"),
    2030: (424, "Response content blocked due to DLP policy violations"),
    2040: (400, "Provider 'replicate' has no BYOK credential named 'default'. Configured aliases: none"),
    2041: (429, "Spend limit exceeded: rule '5e7f1b6b' (cost limit 100 per 604800s, sliding) for replicate prunaai/p-video"),
    2045: (429, "Spend limit exceeded: rule 'per-user' (cost limit 0.002 per 3600s, fixed) for replicate prunaai/p-video"),
}
"""Code to HTTP status and message. Messages of 2008 are unconfirmed."""

_WITHOUT_MESSAGE = frozenset({2001, 2003, 2009, 2021, 2040, 2041, 2045})
"""Captured without a top-level `message`."""
_BARE = frozenset({2016, 2017, 2029, 2030})
"""Documented as `success` and `error` alone."""

INTERRUPTED = "Prediction interrupted; please retry (code: PA)"
FLAGGED = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
RUN_TIMED_OUT = "Prediction timed out (E8367)"


def envelope(code: int, message: str | None = None, *, status: int | None = None) -> Answer:
    """Return the gateway's error `code` in its envelope (note `error`, not `errors`)."""
    own_status, own_message = GATEWAY.get(code, (400, "Unknown error"))
    http, text = status or own_status, message or own_message
    data: dict[str, Any] = {"success": False, "result": [], "messages": [], "error": [{"code": code, "message": text}]}
    if code in _BARE:
        return json_answer(http, {"success": False, "error": data["error"]})
    data |= {"name": "AiGatewayError", "httpCode": http, "internalCode": code}
    if (code, http) == (2009, 400):  # captured once in this shape; a client has to go by the code
        del data["result"], data["messages"]
    if code not in _WITHOUT_MESSAGE or http != own_status:
        data["message"] = text
    return json_answer(http, data)


def problem(status: int, detail: str, *, title: str = "", **more: Any) -> Answer:
    """Return one of Replicate's errors."""
    data: dict[str, Any] = {"title": title} if title else {}
    return json_answer(status, data | {"detail": detail, "status": status} | more, content_type="application/problem+json")


def not_played(what: str) -> Answer:
    """Something that Replicate does and the demo does not; in Replicate's form, with a status that Replicate itself does not send."""
    return problem(501, f"This is the pvideo demo: it does not play {what}", title="Not played")


def no_token() -> Answer:
    """No `Authorization` at all."""
    return problem(401, "You did not pass an authentication token", title="Unauthenticated")


def bad_token() -> Answer:
    """A token that Replicate does not know."""
    return problem(401, "You did not pass a valid authentication token", title="Unauthenticated")


def real_token() -> Answer:
    """A token that looks like one of the real services: the demo wants none of those."""
    detail = "This is the pvideo demo: it takes no real tokens. Remove this one from the settings."
    return problem(401, detail, title="Unauthenticated")


def no_credit() -> Answer:
    """The Replicate account has no credit."""
    where = "https://replicate.com/account/billing#billing"
    detail = (
        f"You have insufficient credit to run this model. Go to {where} to purchase credit. "
        "Once you purchase credit, please wait a few minutes before trying again."
    )
    return problem(402, detail, title="Insufficient credit")


def not_found(what: str = "prediction") -> Answer:
    """An unknown id; the text is unconfirmed, the shape recorded."""
    return problem(404, f"The specified {what} does not exist")


def invalid_version() -> Answer:
    """An unknown model or version."""
    detail = "The specified version does not exist (or perhaps you don't have permission to use it?)"
    return problem(422, detail, title="Invalid version or not permitted")


def invalid_input(fields: Sequence[dict[str, str]]) -> Answer:
    """Return the 422 for `fields` (each `type`, `field`, `description`)."""
    lines = [f"- {item['field']}: {item['description']}\n" if item["field"] else f"- {item['description']}\n" for item in fields]
    data = {"detail": "".join(lines), "status": 422, "title": "Input validation failed", "invalid_fields": list(fields)}
    return json_answer(422, data, content_type="application/problem+json")


def throttled(seconds: float, *, low_credit: bool, header: bool) -> Answer:
    """Return Replicate's 429; the bare text is documented, the one with `retry_after` was captured."""
    wait = max(1, math.ceil(seconds))
    more = {"retry-after": str(wait)} if header else {}
    if not low_credit:
        detail = f"Request was throttled. Your rate limit resets in ~{wait}s."
        return json_answer(429, {"detail": detail}, content_type="application/problem+json", headers=more)
    detail = (
        "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests "
        f"while you have less than $5.0 in credit. Your rate limit resets in ~{wait}s."
    )
    return problem(429, detail, retry_after=wait).with_headers(more)
