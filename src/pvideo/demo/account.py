"""The Cloudflare account of the demo: its gateways, what each is set to, and the keys that are stored in it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .clock import iso
from .limits import Limit

if TYPE_CHECKING:
    from .clock import Clock
    from .config import DemoConfig
    from .messages import Answer

DEFAULT = "default"
"""The one gateway that the service makes by itself, on the first authenticated request for it."""

UNSET: dict[str, Any] = {
    "authentication": False,
    "byok_only": False,
    "cache_invalidate_on_update": False,
    "cache_ttl": 0,
    "collect_logs": True,
    "dlp": None,
    "guardrails": None,
    "is_default": False,
    "log_management": None,
    "log_management_strategy": None,
    "logpush": False,
    "logpush_public_key": None,
    "otel": [],
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
    "rate_limiting_technique": "fixed",
    "retry_backoff": None,
    "retry_delay": None,
    "retry_max_attempts": None,
    "spend_limits": None,
    "store_id": None,
    "stripe": None,
    "zdr": False,
}
"""What a gateway is set to where nothing was said (names: Cloudflare's own client)."""


@dataclass(slots=True)
class Gate:
    """One gateway."""

    id: str
    created: float
    modified: float
    settings: dict[str, Any] = field(default_factory=lambda: dict(UNSET))
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Stored keys by alias."""
    limit: Limit = field(default_factory=Limit)
    cache: OrderedDict[tuple[str, ...], tuple[float, Answer]] = field(default_factory=OrderedDict)
    last: OrderedDict[tuple[str, str], Answer] = field(default_factory=OrderedDict)

    def show(self) -> dict[str, Any]:
        """Return it as the API does."""
        return {"id": self.id, **self.settings, "created_at": iso(self.created, 3), "modified_at": iso(self.modified, 3)}

    def throttled(self, now: float) -> bool:
        """Take one place of its rate limit; True when there is none. It may be less than a second off, as the service's is."""
        most, interval = self.settings["rate_limiting_limit"], self.settings["rate_limiting_interval"]
        if not (most and interval):
            return False
        self.limit.sliding = self.settings["rate_limiting_technique"] == "sliding"
        return self.limit.take(now, most=most, interval=float(interval)) > 0

    @property
    def retries(self) -> int:
        """How often a failed request is sent again."""
        return int(self.settings["retry_max_attempts"] or 0)


class Account:
    """All gateways. The one in the demo's own settings is always there (unless that name is empty) and is set by them."""

    def __init__(self, config: DemoConfig, clock: Clock) -> None:
        self.config, self.clock = config, clock
        self.gates: dict[str, Gate] = {}

    def find(self, account: str, name: str) -> Gate | None:
        """Return a gateway as it is set now."""
        if account != self.config.account:
            return None
        if name == self.config.gateway and name:
            gate = self.gates.get(name) or self.add(name, {})
            gate.settings.update(self._configured())
            return gate
        return self.gates.get(name)

    def all(self) -> list[Gate]:
        """Return every gateway, the newest first."""
        self.find(self.config.account, self.config.gateway)
        return sorted(self.gates.values(), key=lambda gate: gate.created, reverse=True)

    def add(self, name: str, settings: dict[str, Any]) -> Gate:
        """Make a gateway."""
        now = self.clock.now()
        gate = self.gates[name] = Gate(name, now, now)
        self.change(gate, settings)
        return gate

    def add_default(self) -> Gate:
        """Make the gateway that the service makes by itself; its settings are documented."""
        return self.add(DEFAULT, {"authentication": True, "is_default": True})

    def change(self, gate: Gate, settings: dict[str, Any]) -> None:
        """Set a gateway anew: what is not said is as if it had never been set (so a caller has to send everything)."""
        given = {name: value for name, value in settings.items() if name in UNSET}
        for name in ("cache_ttl", "rate_limiting_interval", "rate_limiting_limit"):  # null is stored as 0 (observed)
            given[name] = given.get(name) or 0
        kept = {"is_default": gate.settings["is_default"]}
        gate.settings = {**UNSET, **kept, **given}
        gate.modified = self.clock.now()
        gate.cache.clear()
        if gate.id == self.config.gateway and settings:
            self._configure(gate.settings)

    def remove(self, gate: Gate) -> None:
        """Delete a gateway."""
        del self.gates[gate.id]
        if gate.id == self.config.gateway:
            self.config.gateway = ""

    def aliases(self, gate: Gate) -> dict[str, str]:
        """Return the stored keys by alias."""
        own = {alias: str(key["secret"]) for alias, key in gate.keys.items()}
        return dict.fromkeys(self.config.byok_aliases, self.config.replicate_token) | own

    def _configured(self) -> dict[str, Any]:
        config = self.config
        return {
            "authentication": config.authentication,
            "byok_only": config.byok_only,
            "cache_ttl": round(config.sticky_seconds) if config.sticky_cache else 0,
            "rate_limiting_limit": config.gateway_limit,
            "rate_limiting_interval": config.gateway_interval if config.gateway_limit else 0,
            "rate_limiting_technique": config.gateway_technique,
            "retry_max_attempts": config.gateway_retry or None,
            "collect_logs": config.collect_logs,
        }

    def _configure(self, settings: dict[str, Any]) -> None:
        config = self.config
        config.authentication, config.byok_only = settings["authentication"], settings["byok_only"]
        config.collect_logs = settings["collect_logs"]
        config.sticky_cache = settings["cache_ttl"] > 0
        config.sticky_seconds = float(settings["cache_ttl"] or config.sticky_seconds)
        config.gateway_limit = settings["rate_limiting_limit"]
        config.gateway_interval = float(settings["rate_limiting_interval"] or config.gateway_interval)
        config.gateway_technique = settings["rate_limiting_technique"]
        config.gateway_retry = settings["retry_max_attempts"] or 0
