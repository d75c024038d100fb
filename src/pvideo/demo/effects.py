"""What a fault does to a request on its way (see `pvideo.demo.faults` for which request).

``rst`` `close` `hang`: the connection ends so, without an answer; in mid_response after `at` bytes of the body. `unread`: before the
    request's body is read.  ``hang`` with `seconds` ends in a close.
``delay`` `seconds`.  ``hold``: stop here until the control port says ``/_emu/release``.
``status`` `status`, `body` (text or JSON), `content_type`, `headers`.  ``error`` `code` (gateway 2003 …) or `name` (replicate: no_token …).
``redirect`` `status`, `location`.  ``cache_hit``: the gateway hands out the newest older create.  ``retry_upstream`` `times`.
``truncate`` `at`: a cut body under its full content-length.  ``drip`` `rate` bytes a second.
``body`` `text`, or `set` and `remove` on the JSON body, `repeat` (0: without end).  ``headers`` `set`, `remove`.
``fate`` `end`, `error`, `at`, `slow`, `stuck`, `output`: how the created prediction ends.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import errors
from .messages import Answer, Call, Cut, DroppedError, json_answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from .clock import Clock
    from .faults import Rule

NAMED: dict[str, Callable[[], Answer]] = {
    "no_token": errors.no_token,
    "bad_token": errors.bad_token,
    "no_credit": errors.no_credit,
    "not_found": errors.not_found,
    "invalid_version": errors.invalid_version,
    "throttled": lambda: errors.throttled(30, low_credit=False, header=False),
    "low_credit": lambda: errors.throttled(5, low_credit=True, header=True),
    "bad_gateway": lambda: edge(502, "Bad gateway"),
    "browser_signature": lambda: Answer(status=403, headers={"content-type": "text/plain; charset=UTF-8"}, body=b"error code: 1010"),
}
DLP_HEADER = json.dumps({"findings": [{"profile": {"context": {}, "entry_ids": ["a1"], "profile_id": "b2"}, "policy_ids": ["block"]}]})


async def through(rules: Iterable[Rule], call: Call, handle: Callable[[Call], Awaitable[Answer]], *, clock: Clock) -> Answer:
    """Send `call` to `handle` with `rules` on its way.

    Raises:
        DroppedError: A rule ended the connection.
    """
    rules = list(rules)
    answer: Answer | None = None
    for rule in _at("before_accept", rules):
        answer = await _apply(rule, None, clock)
        if answer:
            break
    answer = answer or await handle(call)
    for rule in _at("after_accept", rules):
        answer = await _apply(rule, answer, clock) or answer
    for rule in _at("mid_response", rules):
        answer = await _break(rule, answer, clock)
    for rule in _at("after_response", rules):
        if rule.do in {"close", "rst"}:
            answer = replace(answer, then="rst" if rule.do == "rst" else "close")
    return answer


def edge(status: int, title: str) -> Answer:
    """Return an HTML page as Cloudflare's edge makes it."""
    page = f"<!DOCTYPE html><html><head><title>gateway | {status}: {title}</title></head><body><h1>Error {status}</h1></body></html>"
    return Answer(status=status, headers={"content-type": "text/html; charset=UTF-8", "server": "cloudflare"}, body=page.encode())


def _at(phase: str, rules: list[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.phase == phase and rule.do not in {"fate", "cache_hit", "retry_upstream"}]


async def _apply(rule: Rule, answer: Answer | None, clock: Clock) -> Answer | None:
    """Do what `rule` says before or after the prediction exists; return the answer that replaces the real one, if any."""
    arguments = rule.arguments
    match rule.do:
        case "rst" | "close":
            raise DroppedError("rst" if rule.do == "rst" else "close")
        case "hang":
            if "seconds" not in arguments:
                raise DroppedError("hang")
            await clock.sleep(arguments["seconds"])
            raise DroppedError("close")
        case "delay":
            await clock.sleep(arguments.get("seconds", 1))
        case "hold":
            rule.reached.set()
            await rule.released.wait()
        case "status" | "error" | "redirect":
            return _made(rule)
        case "body" | "headers" | "truncate" | "drip":
            # Before there is an answer these have nothing to work on but what they bring themselves.
            return await _break(rule, answer or Answer(headers={"content-type": "application/json"}), clock)
    return None


def _made(rule: Rule) -> Answer:
    arguments = rule.arguments
    headers = {str(name).lower(): str(value) for name, value in arguments.get("headers", {}).items()}
    if rule.do == "redirect":
        return Answer(status=arguments.get("status", 302), headers={"location": arguments["location"], **headers})
    if rule.do == "error":
        if "name" in arguments:
            return NAMED[arguments["name"]]().with_headers(headers)
        extra = {"cf-aig-dlp": DLP_HEADER} if arguments["code"] in {2029, 2030} else {}
        return errors.envelope(arguments["code"], arguments.get("message"), status=arguments.get("status")).with_headers(extra | headers)
    status, body = arguments.get("status", 500), arguments.get("body")
    if body is None:
        return edge(status, arguments.get("title", "Error")).with_headers(headers)
    kind = arguments.get("content_type", "text/html; charset=UTF-8" if isinstance(body, str) else "application/json")
    if isinstance(body, str):
        return Answer(status=status, headers={"content-type": kind, **headers}, body=_bytes(body))
    return json_answer(status, body, content_type=kind, headers=headers)


async def _break(rule: Rule, answer: Answer, clock: Clock) -> Answer:
    """Do what `rule` says to an answer that exists."""
    arguments = rule.arguments
    match rule.do:
        case "rst" | "close" | "hang":
            return replace(answer, cut=Cut(how=DroppedError(rule.do).how, at=arguments.get("at")))
        case "truncate":
            return replace(answer, cut=Cut(at=arguments.get("at")))
        case "drip":
            return replace(answer, rate=float(arguments.get("rate", 1)))
        case "headers":
            return _reheadered(answer, arguments)
        case "body":
            return _rebodied(answer, arguments)
    return await _apply(rule, answer, clock) or answer


def _reheadered(answer: Answer, arguments: dict[str, Any]) -> Answer:
    gone = {name.lower() for name in arguments.get("remove", ())}
    kept = {name: value for name, value in answer.headers.items() if name not in gone}
    return replace(answer, headers=kept | {name.lower(): str(value) for name, value in arguments.get("set", {}).items()})


def _rebodied(answer: Answer, arguments: dict[str, Any]) -> Answer:
    status = arguments.get("status", answer.status)
    headers = dict(answer.headers)
    if "content_type" in arguments:
        headers["content-type"] = arguments["content_type"]
    if "text" in arguments:
        body = _bytes(arguments["text"])
    else:
        data = {**json.loads(answer.body or b"{}"), **arguments.get("set", {})}
        for name in arguments.get("remove", ()):
            data.pop(name, None)
        body = json_answer(200, data).body
    return replace(answer, status=status, headers=headers, body=body, repeat=arguments.get("repeat", 1))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


async def wait_reached(rule: Rule, seconds: float) -> bool:
    """Return whether a ``hold`` was reached within `seconds`."""
    try:
        await asyncio.wait_for(rule.reached.wait(), seconds)
    except TimeoutError:
        return False
    return True
