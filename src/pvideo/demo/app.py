"""Puts the demo together: the gateway, Replicate and Cloudflare's API on one port, delivery and control on two others."""

from __future__ import annotations

import dataclasses
import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .account import Account
from .clock import Clock, WallClock
from .config import DemoConfig
from .control import Control
from .delivery import Delivery
from .effects import through
from .faults import Faults, Rule
from .gateway import Gateway, Route
from .hosts import LOOPBACK
from .ledger import Ledger
from .logbook import Logbook
from .management import PREFIX, Management
from .messages import Answer, Call, DroppedError, Face
from .models import CATALOG, Models
from .rawhttp import App
from .replicate import Replicate
from .store import Renderer, Store
from .views import Views

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

__all__ = ["Demo", "DemoApps", "DemoConfig", "build", "face"]

_REPLICATE = re.compile(r"/v1(/(?:predictions|models|account|files|deployments|hardware|collections|search|trainings|webhooks)(?:/.*)?)")
"""What stands below ``https://api.replicate.com`` (the first words of all paths of Replicate's document)."""


class Demo:
    """The state of one demo: settings, clock, predictions, faults, ledger."""

    def __init__(self, config: DemoConfig, clock: Clock, store: Store, models: Models) -> None:
        self.config, self.clock, self.store, self.models = config, clock, store, models
        self._initial = dataclasses.replace(config)
        self.last_request = clock.now()
        self.ledger = Ledger(config)
        self.faults = Faults()
        self.views = Views(config)
        self._fresh()

    def _fresh(self) -> None:
        """Make the parts that remember something between requests."""
        self.replicate = Replicate(self.config, self.clock, self.models, self.store, self.views, self.ledger)
        self.account, self.log = Account(self.config, self.clock), Logbook()
        self.gateway = Gateway(self.config, self.clock, self.account, self.log, self.ledger, self.faults, self.replicate.handle)
        self.management = Management(self.config, self.account, self.log, lambda: self.views.api_base)
        self.delivery = Delivery(self.config, self.clock, self.store, self.views.bucket)

    def bind(self, *, api_root: str, delivery_base: str) -> None:
        """Say where the ports are: ``http://127.0.0.1:1234/v1`` and ``http://127.0.0.1:1235``; output URLs need it."""
        self.views.api_base, self.views.delivery_base = api_root, delivery_base

    def reset(self) -> None:
        """Return to the settings at the start, without predictions, faults and ledger."""
        for field in dataclasses.fields(DemoConfig):
            setattr(self.config, field.name, getattr(self._initial, field.name))
        self.faults.clear()
        self.store.clear()
        self.ledger.clear()
        self._fresh()

    def delivery_names(self) -> frozenset[str]:
        """Return the hosts by which the delivery port may be called: this machine's, and the one that outputs are said to stand at."""
        named = urlsplit(self.config.delivery_host).hostname or (self.views.bucket.host if self.config.output_host == "r2" else "")
        return LOOPBACK | {named} - {""}

    def settings(self, *, hidden: Sequence[str] = ()) -> dict[str, Any]:
        """Return the settings in force, without those named."""
        return {name: value for name, value in dataclasses.asdict(self.config).items() if name not in hidden}

    def close(self) -> None:
        """Stop the worker, remove the clips."""
        self.faults.clear()
        self.store.close()

    # -- what the ASGI applications call

    async def serve_api(self, call: Call) -> Answer:
        """Answer a request to the gateway, or to Replicate's own face."""
        host, call, path = face(call, v1=self.config.v1_path)
        if host == "replicate":
            return await self._serve(host, call, path, self.replicate.handle)
        if host == "cloudflare":
            return await self._serve(host, call, path, self.management.handle)
        return await self._serve(host, call, path, self.gateway.handle)

    async def serve_delivery(self, call: Call) -> Answer:
        """Answer a request to the delivery host."""
        return await self._serve("delivery", call, call.path, lambda call, _rules: self.delivery.handle(call))

    async def before_api(self, call: Call) -> None:
        """Let faults happen before the body of a request to the API is read."""
        host, call, path = face(call, v1=self.config.v1_path)
        await self._before(host, call, path)

    async def before_delivery(self, call: Call) -> None:
        """Let faults happen before the body of a request to the delivery host is read."""
        await self._before("delivery", call, call.path)

    async def _before(self, host: Face, call: Call, path: str) -> None:
        for rule in self.faults.select_unread(call, path, host):
            self.ledger.fired(rule.number, rule.do, call)
            self.ledger.request(host, call, at=self.clock.now())["status"] = rule.do
            raise DroppedError("rst" if rule.do == "rst" else "close")

    async def _serve(self, host: Face, call: Call, path: str, handle: Callable[[Call, Sequence[Rule]], Awaitable[Answer]]) -> Answer:
        self.last_request = self.clock.now()
        row = self.ledger.request(host, call, at=self.last_request)
        rules = self.faults.select(call, path, host)
        for rule in rules:
            self.ledger.fired(rule.number, rule.do, call)
        try:
            answer = await through(rules, call, lambda inner: handle(inner, rules), clock=self.clock)
        except DroppedError as dropped:
            row["status"] = dropped.how
            raise
        row["status"] = answer.status
        row["prediction"] = answer.headers.get("location", "").rpartition("/")[2] or None
        return answer


@dataclass(frozen=True, slots=True)
class DemoApps:
    """The three ASGI applications and what they share."""

    api: App
    delivery: App
    control: App
    control_token: str = dataclasses.field(repr=False)
    """Opens the control port."""
    state: Demo


def build(
    config: DemoConfig,
    *,
    renderer: Renderer,
    workdir: Path,
    clock: Clock | None = None,
    executor: Executor | None = None,
    catalog: Path = CATALOG,
    control_token: str = "",
) -> DemoApps:
    """Return the demo's applications; call ``state.bind`` when their ports are known and ``state.close`` at the end.

    Args:
        config: The settings; the demo changes this object when it is told to.
        renderer: Called as ``renderer(input, out, prediction_id=id)`` in a worker thread; may return the seconds it made.
        workdir: Where clips are kept; removed at the end.
        clock: The demo's clock; the machine's own by default.
        executor: Where clips are drawn; one thread by default.
        catalog: The folder with the models.
        control_token: What opens the control port; a random word by default.
    """
    clock, control_token = clock or WallClock(), control_token or secrets.token_hex(16)
    demo = Demo(config, clock, Store(config, clock, renderer, workdir, executor), Models(catalog))
    return DemoApps(
        api=App(config, clock, demo.serve_api, demo.before_api),
        delivery=App(config, clock, demo.serve_delivery, demo.before_delivery, demo.delivery_names),
        control=App(config, clock, Control(demo, control_token).handle, _nothing),
        control_token=control_token,
        state=demo,
    )


def face(call: Call, *, v1: bool = False) -> tuple[Face, Call, str]:
    """Return which host a request to the API port is for, the request as that host sees it, and its path at Replicate.

    With `v1`, the gateway takes Replicate's own ``v1`` behind the provider.
    """
    bare_path = _REPLICATE.fullmatch(call.path)
    if bare_path:
        return "replicate", replace(call, path=bare_path[1]), bare_path[1]
    if call.path.startswith(f"{PREFIX}/"):
        return "cloudflare", call, call.path
    return "gateway", call, Route.of(call.path, v1=v1).rest


async def _nothing(_call: Call) -> None:
    """Nothing happens before a control request."""
