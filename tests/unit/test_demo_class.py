"""Thirty seats on one demo: presses are answered at once, clips are drawn one after another, and everybody gets theirs."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.support.demo import fast_renderer, running_demo

from pvideo.endpoint import Endpoint
from pvideo.secrets import Secret
from pvideo.wire.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.demo import RunningDemo

SEATS = 30
AT_ONCE = 2
PATIENCE = 60.0


class Studio:
    """Draws clips as the demo's farm does, and holds them up until the test lets them go."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.most = self.now = 0
        self._lock = threading.Lock()

    def __call__(self, given: dict[str, Any], out: Path, /, *, prediction_id: str) -> float:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            assert self.free.wait(PATIENCE)
            return fast_renderer(given, out, prediction_id=prediction_id)
        finally:
            with self._lock:
                self.now -= 1


async def press(demo: RunningDemo, seat: int) -> tuple[Client, str]:
    endpoint = Endpoint(
        base_url=demo.base_url,
        kind="demo",
        gateway_token=Secret(demo.gateway_token, "the demo"),
        replicate_token=Secret(demo.replicate_token, "the demo"),
    )
    client = Client(replace(endpoint), user_agent="pvideo/test")
    asked = {"prompt": f"a boat for seat {seat}", "draft": True, "duration": 1, "seed": seat}
    created = await client.create(
        "prunaai/p-video", asked, event_id=f"seat-{seat}", deadline=900, metadata={"label": f"student-{seat:02d}"}
    )
    return client, created.prediction.id


async def watch(client: Client, prediction_id: str) -> str:
    while True:
        seen = (await client.get(prediction_id)).prediction
        if seen.terminal:
            await client.aclose()
            return seen.status
        await asyncio.sleep(0.02)


def test_thirty_seats_share_one_demo() -> None:
    studio = Studio()
    with running_demo() as demo:
        demo.state.store.renderer = studio
        demo.state.store._executor = ThreadPoolExecutor(AT_ONCE)

        async def lesson() -> list[str]:
            # No clip is drawn yet, and still every press has its answer, and every look.
            seats = await asyncio.gather(*(press(demo, seat) for seat in range(SEATS)))
            looks = await asyncio.gather(*(client.get(prediction_id) for client, prediction_id in seats))
            assert not any(look.prediction.terminal for look in looks)
            studio.free.set()
            return await asyncio.gather(*(watch(client, prediction_id) for client, prediction_id in seats))

        ends = asyncio.run(asyncio.wait_for(lesson(), PATIENCE))

        assert ends == ["succeeded"] * SEATS
        assert studio.most == AT_ONCE
        paid = demo.predictions()
        assert len({one["id"] for one in paid}) == SEATS
        assert len({one["sha256"] for one in paid}) == SEATS
