"""One request and one answer, without a server: what travels between the gateway's half and Replicate's half of the demo."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

Face = Literal["gateway", "replicate", "delivery", "cloudflare"]
"""The host that the client believes to talk to."""
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "*",
    "access-control-expose-headers": "*",
}
"""What replicate.delivery lets every page read (recorded)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, with header names in lower case."""

    method: str
    path: str
    """At the gateway the whole path; at Replicate what follows ``/v1``."""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(self.query))

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            ValueError: The body is no JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How an answer breaks off while it is being sent."""

    how: Literal["close", "rst", "hang"] = "close"
    at: int | None = None
    """Bytes of the body that still go out; None is half of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response, with header names in lower case."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: Cut | None = None
    rate: float | None = None
    """Bytes per second, if the body is to drip."""
    repeat: int = 1
    """How often the body is sent; 0 is without end."""
    then: Literal["", "close", "rst"] = ""
    """What happens to the connection after a whole answer."""
    stream: AsyncIterator[bytes] | None = None
    """The body, where it comes bit by bit; empty bytes mean that nothing has come yet."""

    def with_headers(self, more: Mapping[str, str]) -> Answer:
        """Return this answer with `more` headers."""
        return replace(self, headers={**self.headers, **more})


def json_answer(status: int, data: Any, *, content_type: str = "application/json", headers: Mapping[str, str] | None = None) -> Answer:
    """Return `data` as a JSON answer."""
    try:
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate travels as an escape only
        body = json.dumps(data, separators=(",", ":")).encode()
    return Answer(status=status, headers={"content-type": content_type, **(headers or {})}, body=body)


class DroppedError(Exception):
    """The connection ends here without an answer: closed, reset, or left open for ever."""

    def __init__(self, how: Literal["close", "rst", "hang"] = "close") -> None:
        super().__init__(how)
        self.how: Literal["close", "rst", "hang"] = how
