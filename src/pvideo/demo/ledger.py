"""What really happened: every prediction that was created and every request with its headers. Tests read it; the client cannot."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections import deque
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .clock import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .config import DemoConfig
    from .messages import Call, Face
    from .predictions import Prediction

KEPT = 50_000
REAL_TOKEN = re.compile(r"\b(?:r8_[A-Za-z0-9]{37}|cf(?:ut|at|k)_[A-Za-z0-9_-]{40,})")
"""The shapes of real tokens: Replicate's, and Cloudflare's since 2026."""
CREDENTIALS = frozenset({"authorization", "cf-aig-authorization", "proxy-authorization", "cookie"})
_LONG = 2_000
_AT_GATEWAY: ContextVar[tuple[Call, str] | None] = ContextVar("at_gateway", default=None)


class Ledger:
    """The record. `host` of a request is whom it was sent to; what the gateway sends on stands under ``replicate`` with `via` gateway."""

    def __init__(self, config: DemoConfig) -> None:
        self.config = config
        self.requests: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.creates: dict[str, dict[str, Any]] = {}
        self.faults_fired: list[dict[str, Any]] = []

    def request(self, host: Face, call: Call, *, at: float, via: str = "") -> dict[str, Any]:
        """Write down a request; the returned row gets its `status` when there is one."""
        row: dict[str, Any] = {
            "host": host,
            "via": via,
            "method": call.method,
            "path": call.path,
            "query": call.query,
            "headers": self.headers(call),
            "credentials": self._credentials(call.headers),
            "bytes": len(call.body),
            "status": None,
            "at": at,
            "prediction": None,
        }
        self.requests.append(row)
        return row

    @contextlib.contextmanager
    def through_gateway(self, call: Call, *, log_id: str) -> Iterator[None]:
        """Credit every prediction created inside to the gateway's request, which has headers that Replicate never sees."""
        token = _AT_GATEWAY.set((call, log_id))
        try:
            yield
        finally:
            _AT_GATEWAY.reset(token)

    def created(self, item: Prediction, call: Call) -> None:
        """Write down what came with the request that created `item`."""
        outer, log_id = _AT_GATEWAY.get() or (call, "")
        self.creates[item.id] = {
            "headers": self.headers(outer),
            "event_id": outer.headers.get("cf-aig-event-id", ""),
            "log_id": log_id,
            "upstream_headers": self.headers(call),
        }

    def headers(self, call: Call) -> dict[str, str]:
        """Return the headers of `call` as the record may keep them."""
        return {name: self._header(name, value) for name, value in call.headers.items()}

    def fired(self, rule: int, what: str, call: Call) -> None:
        """Write down that a fault happened."""
        self.faults_fired.append({"rule": rule, "do": what, "method": call.method, "path": call.path})

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self.creates.clear()
        self.faults_fired.clear()

    def show(self, predictions: list[Prediction], now: float) -> dict[str, Any]:
        """Return the whole record as JSON data, oldest first."""
        return {
            "now": now,
            "predictions": [self._prediction(item, now) for item in predictions],
            "requests": list(self.requests),
            "faults": list(self.faults_fired),
        }

    def _prediction(self, item: Prediction, now: float) -> dict[str, Any]:
        return {
            "id": item.id,
            "model": item.model,
            "input": {name: _short(value) for name, value in item.input.items()},
            "created_at": iso(item.created, 6),
            "created": item.created,
            "status": item.status(now),
            "deadline": None if item.deadline is None else item.deadline - item.created,
            "sha256": item.clip.sha256,
            "size": item.clip.size,
            "seconds": item.clip.seconds,
            "paid": self._paid(item),
            "event_id": "",
            **self.creates.get(item.id, {}),
        }

    def _paid(self, item: Prediction) -> bool:
        """Whether Replicate charges it: aborted ones are free, canceled ones are not; failed and no_op are switches."""
        if item.ended == "aborted":
            return False
        if item.input.get("no_op"):
            return self.config.no_op_is_billed
        return item.ended != "failed" or self.config.failed_is_billed

    def _header(self, name: str, value: str) -> str:
        if self.config.ledger_tokens:
            return value
        if name in CREDENTIALS:
            return f"present, matches: {str(bool(self._matches(value))).lower()}"
        return REAL_TOKEN.sub("(token)", value)

    def _credentials(self, headers: Mapping[str, str]) -> dict[str, dict[str, str]]:
        """Return for each credential whose it is and its hash, by which a test finds its canary."""
        return {
            name: {"matches": self._matches(headers[name]), "sha256": hashlib.sha256(bare(headers[name]).encode()).hexdigest()}
            for name in sorted(CREDENTIALS & headers.keys())
        }

    def _matches(self, value: str) -> str:
        known = {self.config.gateway_token: "gateway", self.config.replicate_token: "replicate"}
        known |= {self.config.management_token: "management", self.config.management_read_token: "management"}
        return known.get(bare(value), "")


def bare(value: str) -> str:
    """Return the token of an authorization header's value."""
    scheme, _, token = value.strip().partition(" ")
    return token.strip() if scheme.lower() in {"bearer", "token"} else value.strip()


def _short(value: Any) -> Any:
    if not isinstance(value, str) or len(value) <= _LONG:
        return value
    return f"{value[:80]}… ({len(value)} characters, sha256 {hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()})"
