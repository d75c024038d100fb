"""Cloudflare AI Gateway in front of the demo's Replicate: who may pass, what is cached, limited, re-sent, and what it adds."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from . import effects, errors, universal
from .account import DEFAULT
from .faults import Faults, Rule, operation
from .ledger import REAL_TOKEN, Ledger, bare
from .messages import Answer, Call, DroppedError

if TYPE_CHECKING:
    from collections import OrderedDict

    from .account import Account, Gate
    from .clock import Clock
    from .config import DemoConfig
    from .logbook import Logbook

Upstream = Callable[[Call, Sequence[Rule]], Awaitable[Answer]]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Route:
    """``/v1/{account}/{gateway}/{provider}/{rest}`` taken apart."""

    account: str
    gateway: str
    provider: str
    rest: str

    @classmethod
    def of(cls, path: str, *, v1: bool = False) -> Route:
        """Take `path` apart; missing parts are empty. With `v1`, Replicate's own ``v1`` may stand behind the provider."""
        parts = [*path.removeprefix("/v1/").split("/", 3), "", "", "", ""]
        return cls(parts[0], parts[1], parts[2], "/" + (parts[3].removeprefix("v1/") if v1 else parts[3]))


class Gateway:
    """Answers requests to ``https://gateway.ai.cloudflare.com``."""

    def __init__(
        self, config: DemoConfig, clock: Clock, account: Account, log: Logbook, ledger: Ledger, faults: Faults, upstream: Upstream
    ) -> None:
        self.config, self.clock, self.account, self.log = config, clock, account, log
        self.ledger, self.faults, self.upstream = ledger, faults, upstream

    async def handle(self, call: Call, rules: Sequence[Rule] = ()) -> Answer:
        """Return the answer to `call`; `rules` are the faults that work inside the gateway."""
        if call.headers.get("user-agent", "").startswith("Python-urllib"):
            return effects.NAMED["browser_signature"]()
        route = Route.of(call.path, v1=self.config.v1_path)
        request_id, gate = uuid7(self.clock.now()), self._gate(call, route)
        marks = {"cf-aig-request-id": request_id, "cf-aig-event-id": call.headers.get("cf-aig-event-id", request_id)}
        if gate is None:
            return errors.envelope(2001).with_headers(marks)
        if refused := self._unauthorized(call, gate) or self._throttled(gate):
            return refused.with_headers(marks)
        if call.method == "POST" and not route.provider:
            return (await self._universal(call, gate, request_id)).with_headers(marks)
        refused = self._refused(call, route, gate)
        return (refused or await self._logged(call, route, gate, rules, log_id=request_id)).with_headers(marks)

    async def _universal(self, call: Call, gate: Gate, request_id: str) -> Answer:
        """Try one step after the other until one is not refused; the answer says which."""
        try:
            steps = universal.steps(call)
        except ValueError as error:
            return errors.envelope(7001, str(error), status=400)
        answer = errors.envelope(2005)
        for number, (provider, rest, inner) in enumerate(steps):
            log_id = request_id if len(steps) == 1 else uuid7(self.clock.now())
            answer = await self._step(inner, Route(self.config.account, gate.id, provider, rest), gate, log_id=log_id, step=number)
            if answer.status < 400:
                break
        return answer

    async def _step(self, call: Call, route: Route, gate: Gate, *, log_id: str, step: int) -> Answer:
        """Return the answer to one step, which is a request of its own to its provider, faults included."""
        mark = {"cf-aig-step": str(step)}
        if refused := self._refused(call, route, gate):
            return refused.with_headers(mark)
        rules = self.faults.select(call, route.rest, "gateway")
        for rule in rules:
            self.ledger.fired(rule.number, rule.do, call)
        try:
            return await effects.through(
                rules, call, lambda inner: self._logged(inner, route, gate, rules, log_id=log_id, step=step), clock=self.clock
            )
        except DroppedError:
            return errors.envelope(2005).with_headers(mark)

    async def _logged(self, call: Call, route: Route, gate: Gate, rules: Sequence[Rule], *, log_id: str, step: int = 0) -> Answer:
        """Return the answer to a request that may pass, and write it down."""
        began = self.clock.now()
        with self.ledger.through_gateway(call, log_id=log_id):
            answer, hit = await self._cached(call, route, gate, rules)
        if call.headers.get("cf-aig-collect-log", str(gate.settings["collect_logs"]).lower()) != "false":
            took = self.clock.now() - began
            self.log.add(gate, call, route.rest, answer, log_id=log_id, at=began, took=took, cached=hit, step=step)
        return answer.with_headers({"cf-aig-log-id": log_id, "cf-aig-step": str(step), "cf-aig-cache-status": "HIT" if hit else "MISS"})

    # -- who may pass

    def _gate(self, call: Call, route: Route) -> Gate | None:
        """Return the gateway of a request; the one called ``default`` comes into being with the first authenticated one."""
        found = self.account.find(route.account, route.gateway)
        if found is None and (route.account, route.gateway) == (self.config.account, DEFAULT):
            token = bare(call.headers.get("cf-aig-authorization", ""))
            return self.account.add_default() if token == self.config.gateway_token else None
        return found

    def _refused(self, call: Call, route: Route, gate: Gate) -> Answer | None:
        """Refuse what does not go on to Replicate. Who asks was judged before: a wrong token is told first."""
        if route.provider in universal.ELSEWHERE:
            return errors.envelope(2008, f"Invalid provider: this is the pvideo demo, it plays replicate and not {route.provider}")
        if route.provider != "replicate" or not self._passes(call, route):
            return errors.envelope(2008)
        return self._without_key(call, gate) or self._multipart(call)

    def _passes(self, call: Call, route: Route) -> bool:
        config = self.config
        switches = {"list": config.list_allowed, "model": config.model_allowed, "cancel": config.cancel_allowed}
        return switches.get(operation(call.method, route.rest), True)

    def _unauthorized(self, call: Call, gate: Gate) -> Answer | None:
        token = bare(call.headers.get("cf-aig-authorization", ""))
        if token != self.config.gateway_token and self.config.refuse_real_tokens and REAL_TOKEN.search(token):
            return errors.envelope(2009, "This is the pvideo demo: it takes no real tokens.")
        if gate.settings["authentication"] and token != self.config.gateway_token:
            return errors.envelope(2009)
        return None

    def _multipart(self, call: Call) -> Answer | None:
        if self.config.multipart_allowed or not call.headers.get("content-type", "").startswith("multipart/"):
            return None
        return errors.envelope(7000, "The request body does not support ReadableStreams yet", status=500)

    def _throttled(self, gate: Gate) -> Answer | None:
        return errors.envelope(2003) if gate.throttled(self.clock.now()) else None

    def _without_key(self, call: Call, gate: Gate) -> Answer | None:
        """Refuse an alias that is not stored; no key at all passes, and gets Replicate's own 401."""
        if "authorization" in call.headers:
            return None
        aliases, asked = self.account.aliases(gate), call.headers.get("cf-aig-byok-alias")
        wholesale_off = gate.settings["byok_only"] or call.headers.get("cf-aig-no-wholesale") == "true"
        if (asked or "default") in aliases or (asked is None and not wholesale_off):
            return None
        known = ", ".join(f"'{alias}'" for alias in aliases) or "none"
        name = asked or "default"
        return errors.envelope(2040, f"Provider 'replicate' has no BYOK credential named '{name}'. Configured aliases: {known}")

    # -- cache

    async def _cached(self, call: Call, route: Route, gate: Gate, rules: Sequence[Rule]) -> tuple[Answer, bool]:
        """Return an answer, and whether it came from the cache."""
        url = (call.method, f"{route.rest}?{call.query}")
        if any(rule.do == "cache_hit" for rule in rules) and url in gate.last:
            return gate.last[url], True
        headers, now = call.headers, self.clock.now()
        own_key = headers.get("cf-aig-cache-key")
        key = (own_key,) if own_key else (*url, call.body.decode("latin-1"))
        ttl = gate.settings["cache_ttl"]
        on = ttl > 0 or own_key is not None or "cf-aig-cache-ttl" in headers
        skip = "true" in {headers.get("cf-aig-skip-cache"), headers.get("cf-skip-cache")}
        if on and not skip and key in gate.cache and gate.cache[key][0] > now:
            return gate.cache[key][1], True
        answer = await self._forward(call, route, gate, rules)
        if 200 <= answer.status < 300:
            _remember(gate.last, url, answer)
            if on and not skip:
                _remember(gate.cache, key, (now + (ttl or self.config.sticky_seconds), answer))
        return answer, False

    # -- upstream

    async def _forward(self, call: Call, route: Route, gate: Gate, rules: Sequence[Rule]) -> Answer:
        """Send the request to Replicate, as often as the gateway is set to."""
        onward = replace(call, path=route.rest, headers=self._onward_headers(call.headers, gate))
        attempts, forced = self._attempts(call.headers, gate, rules)
        answer = errors.envelope(2005)
        for attempt in range(1, attempts + 1):
            answer = await self._once(onward, rules)
            if attempt >= forced and answer.status < 500 and not _dropped(answer):
                break
        return answer

    async def _once(self, call: Call, rules: Sequence[Rule]) -> Answer:
        row = self.ledger.request("replicate", call, at=self.clock.now(), via="gateway")
        inner = self.faults.select(call, call.path, "replicate", inner=True)
        for rule in inner:
            self.ledger.fired(rule.number, rule.do, call)
        try:
            answer = await effects.through(inner, call, lambda onward: self.upstream(onward, [*rules, *inner]), clock=self.clock)
        except DroppedError as dropped:
            row["status"] = dropped.how
            return errors.envelope(2005)
        row["status"] = answer.status
        return errors.envelope(2005) if answer.cut else answer

    def _onward_headers(self, headers: Mapping[str, str], gate: Gate) -> dict[str, str]:
        kept = {
            name: value for name, value in headers.items() if not name.startswith(("cf-aig-", "cf-skip", "cf-cache")) and name != "host"
        }
        if not self.config.cancel_after_passes:
            kept.pop("cancel-after", None)
        key = self.account.aliases(gate).get(headers.get("cf-aig-byok-alias") or "default")
        if "authorization" not in kept and key is not None:
            kept["authorization"] = f"Bearer {key}"
        return kept

    def _attempts(self, headers: Mapping[str, str], gate: Gate, rules: Sequence[Rule]) -> tuple[int, int]:
        """Return how often at most, and how often in any case, a request is sent upstream."""
        forced = next((int(rule.arguments.get("times", 2)) for rule in rules if rule.do == "retry_upstream"), 1)
        honours = all(rule.arguments.get("honours_header", True) for rule in rules if rule.do == "retry_upstream")
        most = max(1 + gate.retries, forced)
        if "cf-aig-max-attempts" in headers and self.config.gateway_retry_honours_header and honours:
            most = _whole(headers["cf-aig-max-attempts"])
        return most, min(forced, most)


def uuid7(now: float) -> str:
    """Return a lower-case UUIDv7, as log ids have been since 2026-10-08."""
    value = (int(now * 1000) & (2**48 - 1)) << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _dropped(answer: Answer) -> bool:
    return b'"internalCode":2005' in answer.body


def _whole(text: str) -> int:
    return min(max(int(text), 1), 5) if text.isdecimal() else 1


def _remember(store: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > _REMEMBERED:
        store.popitem(last=False)
