"""Asking Replicate for a model: for the one who waits for it, or in the background, once at a time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pvideo.endpoint import Endpoint
    from pvideo.model.reference import Reference

logger = logging.getLogger(__name__)


class Lookups:
    """The models that are being asked for. On the engine's thread.

    Args:
        ask: Asks an endpoint for a model.
    """

    def __init__(self, ask: Callable[[Endpoint, Reference], Awaitable[dict[str, Any]]]) -> None:
        self._ask = ask
        self._asking: set[Reference] = set()

    async def look(self, endpoint: Endpoint, reference: Reference, within: float) -> dict[str, Any]:
        """Return a model as Replicate tells of it, `within` so many seconds."""
        async with asyncio.timeout(within):
            return await self._ask(endpoint, reference)

    async def refresh(self, endpoint: Endpoint, reference: Reference, told: Callable[[dict[str, Any]], None]) -> None:
        """Give a model to `told`, unless it is being asked for already; without an answer nothing happens."""
        if reference in self._asking:
            return
        self._asking.add(reference)
        try:
            told(await self._ask(endpoint, reference))
        except PVideoError as error:
            logger.info("%s was not asked anew: %s", reference, error.key)
        finally:
            self._asking.discard(reference)
