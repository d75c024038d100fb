"""What Cloudflare's API tells of a gateway and of a log entry, as values; what it leaves out or spells otherwise is met here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUIRED = ("cache_invalidate_on_update", "cache_ttl", "collect_logs", "rate_limiting_interval", "rate_limiting_limit")
"""What has to be sent each time, beside the name (Cloudflare's clients)."""

SETTABLE = (
    *REQUIRED,
    *("authentication", "byok_only", "dlp", "guardrails", "log_classification", "log_management", "log_management_strategy", "logpush"),
    *("logpush_public_key", "otel", "rate_limiting_technique", "retry_backoff", "retry_delay", "retry_max_attempts", "spend_limits"),
    *("store_id", "stripe", "workers_ai_billing_mode", "zdr"),
)
"""What a change sends back as it was read: what is not sent would be set anew."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests of a gateway in so many seconds, looks among them.

    ``fixed`` starts a new count at the end of each interval, ``sliding`` counts the interval before each request.
    """

    requests: int
    seconds: float
    technique: Literal["fixed", "sliding"] = "fixed"

    def __str__(self) -> str:
        return f"{self.requests} request{'' if self.requests == 1 else 's'} per {self.seconds:g} s ({self.technique})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway as it is set. ``settings`` has everything under Cloudflare's own names."""

    name: str
    account: str
    authentication: bool = False
    """Whether it wants ``cf-aig-authorization``."""
    cache_ttl: float = 0
    """Seconds that answers are served again; 0 is off."""
    collect_logs: bool = True
    rate_limit: RateLimit | None = None
    retries: int = 0
    """How often it sends a failed request again by itself ("Retry requests")."""
    byok_only: bool = False
    """Whether a request without a Replicate key is refused, in place of being billed by Cloudflare."""
    created_at: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, data: Mapping[str, Any], account: str) -> Gateway:
        """Read one of the API's objects."""
        return cls(
            name=str(data.get("id") or ""),
            account=account,
            authentication=data.get("authentication") is True,
            cache_ttl=_number(data.get("cache_ttl")),
            collect_logs=data.get("collect_logs") is not False,
            rate_limit=_rate(data),
            retries=int(_number(data.get("retry_max_attempts"))),
            byok_only=data.get("byok_only") is True,
            created_at=str(data.get("created_at") or ""),
            settings={name: value for name, value in data.items() if isinstance(name, str)},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """What the gateway noted of one request. Times are in seconds, money is in US dollars."""

    id: str
    gateway: str
    created_at: str = ""
    status: int | None = None
    duration: float | None = None
    cached: bool = False
    path: str = ""
    provider: str = ""
    model: str = ""
    success: bool | None = None
    tokens: tuple[int, int] | None = None
    """In and out; None where there are none, as with videos."""
    cost: float | None = None
    """What the gateway reckons; it knows no prices of videos, so None or 0 says nothing."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    feedback: int | None = None
    """1, -1, or None where nobody gave one."""
    score: float | None = None
    link: str = ""
    """The gateway's log page in the dashboard."""

    @classmethod
    def of(cls, data: Mapping[str, Any], gateway: str, link: str) -> LogEntry:
        """Read one of the API's objects."""
        took, status = data.get("duration"), data.get("status_code")
        tokens = (int(_number(data.get("tokens_in"))), int(_number(data.get("tokens_out"))))
        return cls(
            id=str(data.get("id") or ""),
            gateway=gateway,
            created_at=str(data.get("created_at") or ""),
            status=int(status) if isinstance(status, (int, float)) else None,
            duration=_number(took) / 1000 if isinstance(took, (int, float)) else None,
            cached=data.get("cached") is True,
            path=str(data.get("path") or ""),
            provider=str(data.get("provider") or ""),
            model=str(data.get("model") or ""),
            success=data["success"] if isinstance(data.get("success"), bool) else None,
            tokens=tokens if any(tokens) else None,
            cost=_number(data.get("cost")) or None,
            metadata=_metadata(data.get("metadata")),
            feedback=int(_number(data.get("feedback"))) or None,
            score=_number(data.get("score")) if isinstance(data.get("score"), (int, float)) else None,
            link=link,
        )


def dashboard(account: str, gateway: str) -> str:
    """Return the gateway's log page in Cloudflare's dashboard."""
    return f"https://dash.cloudflare.com/{account}/ai/ai-gateway/gateways/{gateway}/logs"


def _rate(data: Mapping[str, Any]) -> RateLimit | None:
    most, seconds = int(_number(data.get("rate_limiting_limit"))), _number(data.get("rate_limiting_interval"))
    technique: Literal["fixed", "sliding"] = "sliding" if data.get("rate_limiting_technique") == "sliding" else "fixed"
    return RateLimit(most, seconds, technique) if most > 0 and seconds > 0 else None


def _metadata(value: Any) -> dict[str, Any]:
    """Return an entry's metadata, which is typed as text and was observed as an object."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return {str(name): item for name, item in value.items()} if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0
