"""The clients of this process: one for each endpoint that its jobs were sent through."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

import pvideo
from pvideo import settings
from pvideo.errors import PVideoError
from pvideo.job.limits import limits
from pvideo.wire.verdict import LookFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.endpoint import Endpoint
    from pvideo.job.tools import Client, Uploads
    from pvideo.library.rows import JobRow
    from pvideo.model.reference import Reference

logger = logging.getLogger(__name__)

USER_AGENT = f"pvideo/{pvideo.__version__}"


class Endpoints:
    """Finds the client for a job: through the endpoint that it was sent through, and no other.

    Args:
        heard: Is given every exchange.
    """

    def __init__(self, heard: Callable[[Any], None]) -> None:
        self._heard = heard
        self._known: dict[tuple[str, str], Endpoint] = {}
        self._clients: dict[tuple[str, str], tuple[Client, Endpoint]] = {}
        self._retired: list[Client] = []

    def learn(self, endpoint: Endpoint) -> None:
        """Remember an endpoint, so that its jobs go on also when the settings change."""
        self._known[endpoint.kind, endpoint.base_url] = endpoint

    def known(self, row: JobRow) -> Endpoint | None:
        """Return a job's endpoint as this process knows it."""
        return self._known.get((row.kind, row.base_url))

    def client(self, row: JobRow, ask: bool = False) -> tuple[Client, Endpoint] | None:
        """Return the client for a job; None when its endpoint is not configured now.

        Args:
            row: The job.
            ask: Whether to ask the settings again (a token may have been renewed).
        """
        key = (row.kind, row.base_url)
        if ask or key not in self._known:
            self._learn_current()
        endpoint = self._known.get(key)
        if endpoint is None:
            return None
        return self._client(key, endpoint)

    def direct(self, row: JobRow) -> Client | None:
        """Return the client that asks Replicate itself for its list; None unless the settings allow it now."""
        self._learn_current()
        endpoint = self._known.get((row.kind, row.base_url))
        itself = endpoint.itself() if endpoint is not None else None
        return None if itself is None else self._client(("reconcile", row.base_url), itself)[0]

    def files(self, row: JobRow) -> tuple[Uploads, Endpoint] | None:
        """Return the client that large files are sent with: through the job's gateway, or around it where the settings say so."""
        self._learn_current()
        endpoint = self._known.get((row.kind, row.base_url))
        if endpoint is None:
            return None
        target = endpoint.for_files()
        key = (row.kind, row.base_url) if target is endpoint else ("files", row.base_url)
        return cast("Uploads", self._client(key, target)[0]), target

    def _client(self, key: tuple[str, str], endpoint: Endpoint) -> tuple[Client, Endpoint]:
        found = self._clients.get(key)
        if found is None or found[1] != endpoint:
            if found is not None:
                self._retired.append(found[0])
            found = self._clients[key] = (self._make(endpoint), endpoint)
        return found

    async def model(self, endpoint: Endpoint, reference: Reference) -> dict[str, Any]:
        """Ask Replicate for a model; for one of its versions when that is named.

        Raises:
            PVideoError: There is no such model or version, or no answer.
        """
        client = cast("Any", self._make(endpoint))
        try:
            if not reference.version:
                found: dict[str, Any] = await client.model(reference.owner, reference.name)
                return found
            version = await client.version(reference.owner, reference.name, reference.version)
            return {"owner": reference.owner, "name": reference.name, "latest_version": version}
        except LookFailed as failed:
            raise failed.verdict.error from None
        finally:
            await client.aclose()

    async def close(self) -> None:
        """Close all connections."""
        clients = [client for client, _ in self._clients.values()] + self._retired
        self._clients, self._retired = {}, []
        await asyncio.gather(*(cast("Any", client).aclose() for client in clients), return_exceptions=True)

    def _learn_current(self) -> None:
        try:
            self.learn(settings.endpoint())
        except PVideoError as error:
            logger.debug("no endpoint now: %s", error.key)

    def _make(self, endpoint: Endpoint) -> Client:
        from pvideo.wire.client import Client as WireClient

        def heard(exchange: Any) -> None:
            limits.heard(endpoint, exchange)
            self._heard(exchange)

        return WireClient(endpoint, user_agent=USER_AGENT, on_exchange=heard)
