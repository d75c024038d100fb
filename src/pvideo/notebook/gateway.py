"""What a gateway's settings mean for paid calls, line by line: for ``%pvideo setup --create`` and ``%pvideo doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .checks import Check
from .words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.endpoint import Endpoint
    from pvideo.wire.gateways import Gateway


def describe(gateway: Gateway, *, log_payload: bool) -> list[Check]:
    """Return one line for each setting that decides what a press costs or leaves behind.

    Args:
        gateway: As it was read.
        log_payload: Whether our own creates let the log keep prompts and answers.
    """
    lines = [
        _line("Access", "authentication_on" if gateway.authentication else "authentication_off", gateway, bad=not gateway.authentication),
        _line("Cache", "cache_on" if gateway.cache_ttl else "cache_off", gateway, bad=gateway.cache_ttl > 0),
        _line("Retries", "retries_on" if gateway.retries else "retries_off", gateway, bad=gateway.retries > 0),
        _logs(gateway, log_payload=log_payload),
        Check(mark="✓", name="Rate limit", text=_limit(gateway)),
    ]
    return [*lines, Check(mark="✓", name="Keys", text=say("gateways", "byok_on"))] if gateway.byok_only else lines


def check_gateway(there: Endpoint, *, read: Callable[[str], Gateway] | None = None) -> list[Check]:
    """Read how the gateway is set, where a token allows it: one line when all is well, one for each thing to fix.

    Args:
        there: Where presses go.
        read: Reads a gateway by name (tests give their own).
    """
    from pvideo.errors import PVideoError
    from pvideo.settings import current, management

    if there.kind == "direct" or not there.gateway_id:
        return []
    try:
        gateway, source = (read or _read)(there.gateway_id), management().token.source
    except PVideoError as error:
        return [
            Check(mark="–", name="Set-up", text=say("gateways", "not_read", reason=f"{error.title}. {error.sentence}"), next=error.next)
        ]
    lines = describe(gateway, log_payload=current().log_payload)
    bad = [line for line in lines if line.mark == "✗"]
    if bad:
        return bad
    logs = "on" if gateway.collect_logs else "off"
    text = say("gateways", "good", gateway=gateway.name, logs=logs, limit=_limit(gateway), source=source)
    return [Check(mark="✓", name="Set-up", text=text, next=next((line.next for line in lines if line.next), ""))]


def _read(name: str) -> Gateway:
    from pvideo.job.gateways import gateways

    return gateways.get(name)


def _line(name: str, key: str, gateway: Gateway, *, bad: bool) -> Check:
    values = {"gateway": gateway.name, "seconds": f"{gateway.cache_ttl:g}", "times": gateway.retries}
    advice = say("gateways", f"{key}_next", **values) if bad else ""
    return Check(mark="✗" if bad else "✓", name=name, text=say("gateways", key, **values), next=advice)


def _logs(gateway: Gateway, *, log_payload: bool) -> Check:
    if not gateway.collect_logs:
        return Check(mark="–", name="Logs", text=say("gateways", "logs_off"))
    if not log_payload:
        return Check(mark="✓", name="Logs", text=say("gateways", "logs_on"))
    return Check(mark="✓", name="Logs", text=say("gateways", "logs_on_payload"), next=say("gateways", "logs_on_payload_next"))


def _limit(gateway: Gateway) -> str:
    return say("gateways", "limit", limit=gateway.rate_limit) if gateway.rate_limit else say("gateways", "limit_none")
