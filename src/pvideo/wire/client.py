"""Replicate's predictions through the gateway: create, get, cancel, list, model.

A create is sent once, on its own connection, and never repeated here. Whatever goes wrong leaves as a `CreateFailed` or
`LookFailed` that knows what it means; `sender` keeps the tokens out of it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from pvideo.errors import PVideoError
from pvideo.wire import gateway
from pvideo.wire.answers import Created, Look, Page, log_id, read_created, read_look, read_object, read_page
from pvideo.wire.refusal import Purpose, judge_create, judge_look
from pvideo.wire.sender import Plan, Sender
from pvideo.wire.upload import Stored, multipart, read_stored
from pvideo.wire.verdict import CreateFailed, LookFailed, Verdict

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from pvideo.settings import Endpoint
    from pvideo.wire.exchange import Recorder
    from pvideo.wire.transport import Answer

__all__ = ["Client", "CreateFailed", "Created", "Look", "LookFailed", "Page", "Patience"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how much is waited for: seconds and bytes."""

    connect: float = 10.0
    answer: float = 30.0
    """Between two bytes of an answer."""
    wait_grace: float = 15.0
    """Beyond the n seconds of ``Prefer: wait=n``, for the hops between."""
    look: float = 30.0
    """For a whole look, connecting included."""
    upload: float = 900.0
    """For a whole file of at most 100 MB."""
    body: int = 8 * 1024**2
    wait_body: int = 64 * 1024**2
    """For ``Prefer: wait``, which has answered with the file itself as a ``data:`` URI (recorded)."""


class Client:
    """One endpoint's API, for one event loop.

    Args:
        endpoint: Where requests go, and with which tokens.
        user_agent: Ours; the gateway's edge refuses Python's own (403, ``error code: 1010``).
        on_exchange: Is given every exchange, without tokens. What it raises is dropped.
        transport: Replaces the connections, in tests.
        clock: Monotonic seconds.
        verify: Replaces the TLS context, in tests.
        patience: How long and how much is waited for.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        user_agent: str,
        on_exchange: Recorder | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        verify: ssl.SSLContext | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._patience = patience or Patience()
        self._sender = Sender(endpoint=endpoint, user_agent=user_agent, recorder=on_exchange, given=transport, clock=clock, verify=verify)

    async def create(
        self,
        model: str,
        input: dict[str, Any],  # noqa: A002 - Replicate's name
        *,
        version: str | None = None,
        event_id: str,
        deadline: float,
        prefer_wait: int | None = None,
        log_payload: bool = True,
        metadata: Mapping[str, Any] | None = None,
        hide: tuple[str, ...] = (),
    ) -> Created:
        """Make a prediction. It is sent once; it costs money.

        Args:
            model: ``owner/name``, sent as ``version`` (official models are called by name).
            input: The model's input, JSON.
            version: A digest or ``owner/name:digest`` to send instead.
            event_id: Our id of this press, for the gateway's log.
            deadline: After how many seconds Replicate stops it (5 to 86400).
            prefer_wait: Seconds (1 to 60) to wait for the output in this request; None answers at once with the id.
            log_payload: Whether the gateway's log keeps the prompt and the answer.
            metadata: What the gateway's log keeps with it (`pvideo.metadata`). Never a prompt.
            hide: Values of secret inputs, struck out of what is recorded.

        Raises:
            CreateFailed: No id came back; its verdict says whether a paid prediction may exist.
        """
        try:
            payload = gateway.payload(model, input, version)
        except (ValueError, TypeError, RecursionError):
            payload = b""
        if not payload:
            raise CreateFailed(Verdict(kind="refused", error=PVideoError.make("input_refused", detail="The input is not JSON.")))
        options: dict[str, Any] = {"deadline": deadline, "prefer_wait": prefer_wait, "log_payload": log_payload, "metadata": metadata}
        ask = gateway.create(self._endpoint, payload, event_id=event_id, **options)
        answer = await self._sender.send(ask, self._create_plan(prefer_wait, hide))
        if isinstance(answer, Verdict):
            raise CreateFailed(answer)
        created = read_created(answer.status, answer.headers, answer.body, event_id)
        if created is None:
            there: dict[str, Any] = {"endpoint": self._endpoint, "model": model, "size": len(payload)}
            verdict = judge_create(answer.status, answer.headers, answer.body, **there)
            raise CreateFailed(replace(verdict, log_id=log_id(answer.headers)))
        return created

    async def get(self, prediction_id: str) -> Look:
        """Return a prediction as it is now.

        Raises:
            LookFailed: It could not be seen; ``gone`` when Replicate does not know it (yet).
            ValueError: The id cannot be one.
        """
        answer = await self._look(gateway.get(self._endpoint, prediction_id), "watch")
        return read_look(answer.status, answer.headers, answer.body, prediction_id) or self._refuse(answer, "watch")

    async def cancel(self, prediction_id: str) -> Look:
        """Ask Replicate to stop a prediction; the answer says how it stands then.

        Raises:
            LookFailed: No answer that can be read; look again to know.
            ValueError: The id cannot be one.
        """
        answer = await self._look(gateway.cancel(self._endpoint, prediction_id), "watch")
        return read_look(answer.status, answer.headers, answer.body, prediction_id) or self._refuse(answer, "watch")

    async def list(self, *, created_after: datetime, cursor: str | None = None) -> Page:
        """Return a page of the account's predictions, newest first.

        Raises:
            LookFailed: The list could not be read.
        """
        answer = await self._look(gateway.list_predictions(self._endpoint, created_after=created_after, cursor=cursor), "list")
        return read_page(answer.status, answer.headers, answer.body) or self._refuse(answer, "list")

    async def model(self, owner: str, name: str) -> dict[str, Any]:
        """Return a model with its latest version's schema, as Replicate has it.

        Raises:
            LookFailed: It could not be read; its error names the model, the token or the gateway.
            ValueError: The name cannot be one.
        """
        answer = await self._look(gateway.model(self._endpoint, owner, name), "read")
        return read_object(answer.status, answer.body) or self._refuse(answer, "read", f"{owner}/{name}")

    async def version(self, owner: str, name: str, version: str) -> dict[str, Any]:
        """Return one version of a model with its schema.

        Raises:
            LookFailed: See `model`.
            ValueError: The name or the version cannot be one.
        """
        answer = await self._look(gateway.version(self._endpoint, owner, name, version), "read")
        return read_object(answer.status, answer.body) or self._refuse(answer, "read", f"{owner}/{name}:{version}")

    async def upload(self, name: str, kind: str, data: bytes, *, tell: Callable[[int, int], None]) -> Stored:
        """Store an input file at Replicate; it costs nothing, so that it may be tried again.

        Args:
            name: What it is called there.
            kind: Its content type.
            data: Its bytes.
            tell: Is given how many of them were handed over, and how many there are.

        Raises:
            LookFailed: It was not stored, or not for certain.
        """
        patience = self._patience
        ask = gateway.upload(self._endpoint, multipart(name, kind, data), tell)
        plan = Plan(purpose="read", connect=patience.connect, read=patience.answer, total=patience.upload, cap=patience.body, fresh=True)
        answer = await self._sender.send(ask, plan)
        if isinstance(answer, Verdict):
            raise LookFailed(answer)
        return read_stored(answer.status, answer.body) or self._refuse(answer, "read")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._sender.aclose()

    def _create_plan(self, prefer_wait: int | None, hide: tuple[str, ...]) -> Plan:
        patience = self._patience
        read, cap = patience.answer, patience.body
        if prefer_wait is not None:
            read, cap = min(max(prefer_wait, 1), 60) + patience.wait_grace, patience.wait_body
        total = patience.connect + read + patience.answer
        return Plan(purpose="create", connect=patience.connect, read=read, total=total, cap=cap, fresh=True, hide=hide)

    async def _look(self, ask: gateway.Ask, purpose: Purpose) -> Answer:
        patience = self._patience
        plan = Plan(purpose=purpose, connect=patience.connect, read=patience.look, total=patience.look, cap=patience.body)
        answer = await self._sender.send(ask, plan)
        if isinstance(answer, Verdict):
            raise LookFailed(answer)
        return answer

    def _refuse(self, answer: Answer, purpose: Purpose, model: str = "") -> NoReturn:
        verdict = judge_look(answer.status, answer.headers, answer.body, endpoint=self._endpoint, purpose=purpose, model=model)
        raise LookFailed(replace(verdict, log_id=log_id(answer.headers)))
