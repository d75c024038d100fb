"""(k) a class: thirty seats, each a process with an engine of its own, on one embedded gateway that draws for all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from statistics import median
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx
from tests.bench.server import ROOT

if TYPE_CHECKING:
    from pvideo.demo.host import DemoAddress

SEATS = 30
PATIENCE = 600.0
STEP = 0.1
"""Seconds between two plain looks of the one who measures."""


def lesson(seats: int = SEATS) -> list[tuple[str, str]]:
    """Let all seats press at once, drafts of 1 to 5 s, and return how long each waited, and how the gateway answered meanwhile."""
    from pvideo.demo import host

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        address = host.ensure(home=home / "gateway")
        try:
            found, looks = _pressed(address, home, seats)
        finally:
            host.stop(home=home / "gateway")
        alone = _drawing(home, seats)
    told = [
        f"{name} median {median(times):.2f} s, most {max(times):.2f} s"
        for name, times in (
            ("the press answered", [seat["created"] for seat in found]),
            ("the first look answered", [seat["looked"] for seat in found]),
            ("the video saved", [seat["saved"] for seat in found]),
            (f"{len(looks)} plain looks meanwhile", looks),
        )
    ]
    told.append(f"drawing the same {seats} clips with nobody there {alone:.2f} s")
    return [(f"(k) {seats} seats on one demo, a draft each", " · ".join(told))]


def asked(seat: int) -> dict[str, Any]:
    """Return a seat's input: no two are the same, so that each is drawn."""
    return {"prompt": f"a boat for seat {seat}", "duration": 1 + seat % 5, "draft": True, "seed": seat}


def _pressed(address: DemoAddress, home: Path, seats: int) -> tuple[list[dict[str, float]], list[float]]:
    """Return each seat's waits, and how long a plain look took while they waited (seconds)."""
    tokens = {"CF_AIG_TOKEN": address.gateway_token, "REPLICATE_API_TOKEN": address.replicate_token}
    environment = {**os.environ, **tokens, "PVIDEO_BASE_URL": address.base_url}
    command = [sys.executable, "-m", "tests.bench.classroom", str(home)]
    processes = [
        subprocess.Popen([*command, str(seat)], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for seat in range(seats)
    ]
    over = Event()
    try:
        # Everybody sits; then all press in the same moment.
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        with ThreadPoolExecutor(1) as watcher:
            watching = watcher.submit(_looks, address, over)
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("press\n")
                process.stdin.flush()
            try:
                found = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in processes]
            finally:
                over.set()
            return found, watching.result()
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _looks(address: DemoAddress, over: Event) -> list[float]:
    """Ask for the newest predictions now and then, as any client does, until it is over."""
    headers = {"cf-aig-authorization": f"Bearer {address.gateway_token}", "authorization": f"Bearer {address.replicate_token}"}
    took = []
    with httpx.Client(headers=headers, timeout=60, trust_env=False) as client:
        while not over.wait(STEP):
            begun = time.perf_counter()
            client.get(f"{address.base_url}/predictions").raise_for_status()
            took.append(time.perf_counter() - begun)
    return took


def _drawing(home: Path, seats: int) -> float:
    """Return how long drawing all clips takes without anybody who waits for them (seconds)."""
    from pvideo.demo.farm import Farm

    farm = Farm(home / "cache")
    try:
        farm.warm()
        begun = time.perf_counter()
        with ThreadPoolExecutor(farm.size) as executor:
            list(executor.map(lambda seat: farm(asked(seat), home / f"alone-{seat}.mp4"), range(seats)))
        return time.perf_counter() - begun
    finally:
        farm.close()


# -- in a process of its own


def sit(folder: Path, seat: int) -> dict[str, float]:
    """Press once, and return when the press was answered, when the first look, and when the video was saved (seconds since the press)."""
    from pvideo import settings
    from pvideo.errors import DownloadError
    from pvideo.job.press import generate
    from pvideo.wire.client import Client

    settings.configure(folder=str(folder / f"videos-{seat}"), home=folder / f"home-{seat}", label=f"student-{seat:02d}")
    found: dict[str, float] = {}
    plain = Client.get

    async def looked(client: Client, prediction_id: str) -> Any:
        answer = await plain(client, prediction_id)
        found.setdefault("looked", time.time())
        return answer

    # Not the lesson's first cell: what a press loads is there.
    with suppress(DownloadError):  # it makes no file
        generate("a boat", no_op=True).wait(PATIENCE)
    Client.get = looked  # type: ignore[method-assign]
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.time()
    video = generate(**asked(seat))
    video.observe(lambda s: found.setdefault("created", time.time()) if s.prediction_id else None)
    video.wait(PATIENCE)
    found["saved"] = time.time()
    # A prediction that had ended with its first answer needs no look of its own.
    found.setdefault("looked", found["created"])
    return {name: moment - begun for name, moment in found.items()}


if __name__ == "__main__":
    print(json.dumps(sit(Path(sys.argv[1]), int(sys.argv[2]))))
