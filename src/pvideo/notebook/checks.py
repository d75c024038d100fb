"""The free checks behind ``%pvideo doctor`` and ``%pvideo setup``: they only look, nothing is made and nothing is paid."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from pvideo.endpoint import Endpoint
    from pvideo.errors import PVideoError
    from pvideo.wire.client import Client

WITHIN = 9.0
"""Seconds for all requests together."""
_UNKNOWN = "0" * 26
"""An id that Replicate cannot have given: asking for it proves the tokens where the list is not passed on."""
_GATEWAY_KEYS = frozenset(
    {"gateway_token", "gateway_name", "gateway_address", "unreachable", "certificate", "certificates_unreadable", "gateway_busy"}
    | {"spend_limit", "credit_cloudflare", "server_trouble", "edge_refused", "other_answer"}
)
"""What is the gateway's, or lies before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor: ✓ good, ✗ to fix, – not checked."""

    mark: Literal["✓", "✗", "–"]
    name: str
    text: str
    next: str = ""


def check_network(endpoint: Endpoint, model: str, *, make: Callable[[Endpoint], Client] | None = None) -> list[Check]:
    """Ask the gateway, Replicate, and for the model; at most `WITHIN` seconds.

    Args:
        endpoint: Where requests go.
        model: ``owner/name``.
        make: Makes the client (tests give their own).
    """
    client = (make or open_client)(endpoint)
    try:
        return run_apart(_ask(client, endpoint, model))
    except TimeoutError:
        return [Check(mark="✗", name="Gateway", text=f"no answer within {WITHIN:.0f} s", next="Check network and proxy.")]


def run_apart(work: Coroutine[Any, Any, list[Check]]) -> list[Check]:
    """Run a coroutine to its end in a thread of its own: the kernel's own loop is running in this one."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(asyncio.run(asyncio.wait_for(work, WITHIN)))
        except Exception as error:  # noqa: BLE001 - it is raised again on the asking thread
            results.append(error)

    thread = threading.Thread(target=run, name="pvideo-doctor", daemon=True)
    thread.start()
    thread.join(WITHIN + 1)
    if not results:
        raise TimeoutError
    if isinstance(results[0], BaseException):
        raise results[0]
    found: list[Check] = results[0]
    return found


def open_client(endpoint: Endpoint) -> Client:
    """Return a client for a few looks."""
    import pvideo
    from pvideo.wire.client import Client

    return Client(endpoint, user_agent=f"pvideo/{pvideo.__version__}")


async def _ask(client: Client, endpoint: Endpoint, model: str) -> list[Check]:
    try:
        checks = await _ask_both(client, endpoint, model)
        if any(check.mark != "✓" for check in checks):
            return [*checks, Check(mark="–", name="Model", text="not checked, needs Replicate")]
        return [*checks, await _ask_model(client, model)]
    finally:
        await client.aclose()


async def _ask_both(client: Client, endpoint: Endpoint, model: str) -> list[Check]:
    """Ask for the list: what a lost answer is found again by, and free."""
    from pvideo.wire.verdict import LookFailed

    began = time.monotonic()
    try:
        await client.list(created_after=datetime.now(UTC) - timedelta(minutes=1))
    except LookFailed as failed:
        error, took = failed.verdict.error, time.monotonic() - began
        if error.key == "list_refused":
            return await _ask_one(client, endpoint, took)
        return _failed(endpoint, await _whose(client, model) if error.key == "token_revoked" else error, took)
    return [_gateway(endpoint, time.monotonic() - began, finds=True), _replicate(endpoint)]


def _failed(endpoint: Endpoint, error: PVideoError, took: float) -> list[Check]:
    """Put what is wrong in the line that it belongs to."""
    if error.key in _GATEWAY_KEYS or (error.key == "refused" and error.values.get("who") == endpoint.gateway):
        return [_bad("Gateway", error), Check(mark="–", name="Replicate", text="not checked, needs the gateway")]
    return [_gateway(endpoint, took), _bad("Replicate", error)]


async def _whose(client: Client, model: str) -> PVideoError:
    """Return whose token was refused: of a list it is only told that one was, as while a job runs."""
    from pvideo.errors import PVideoError
    from pvideo.wire.verdict import LookFailed

    owner, _, short = model.partition("/")
    try:
        await client.model(owner, short)
    except LookFailed as failed:
        return failed.verdict.error
    return PVideoError.make("refused", who="Replicate", status=401, detail="The token may not list predictions.")


async def _ask_one(client: Client, endpoint: Endpoint, took: float) -> list[Check]:
    """The list is not passed on: a look at an unknown prediction tells whether anything is."""
    from pvideo.wire.verdict import LookFailed

    try:
        await client.get(_UNKNOWN)
    except LookFailed as failed:
        if failed.verdict.kind != "gone":
            return _failed(endpoint, failed.verdict.error, took)
    return [_gateway(endpoint, took, finds=False), _replicate(endpoint)]


async def _ask_model(client: Client, name: str) -> Check:
    from pvideo.wire.verdict import LookFailed

    owner, _, short = name.partition("/")
    try:
        body = await client.model(owner, short)
    except LookFailed as failed:
        return _bad("Model", failed.verdict.error)
    version = (body.get("latest_version") or {}).get("id")
    return Check(mark="✓", name="Model", text=f"{name} is there" + (f", version {str(version)[:8]}…" if version else ""))


def _gateway(endpoint: Endpoint, took: float, *, finds: bool | None = None) -> Check:
    words = [f"answered in {took * 1000:.0f} ms"]
    if endpoint.gateway_token is not None:
        words.append("took our token")
    found = {True: "; a lost answer can be found again (list works)", False: "; a lost answer cannot be found again here (no list)"}
    return Check(mark="✓", name="Gateway", text=", ".join(words) + (found[finds] if finds is not None else ""))


def _replicate(endpoint: Endpoint) -> Check:
    if endpoint.replicate_token is None:
        alias = f' "{endpoint.stored_key}"' if endpoint.stored_key else ""
        return Check(mark="✓", name="Replicate", text=f"took the key{alias} stored in the gateway")
    return Check(mark="✓", name="Replicate", text=f"took our token ({_token(endpoint.replicate_token)})")


def _bad(name: str, error: PVideoError) -> Check:
    sentence = error.sentence.removesuffix(" Not paid.").removesuffix(" Nothing was sent or paid.")
    return Check(mark="✗", name=name, text=f"{error.title}. {sentence}".strip(), next=error.next)


def _token(secret: Any) -> str:
    return f"{secret.source}, {secret.length} characters"
