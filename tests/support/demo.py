"""The demo for tests: on real loopback ports in a thread, or in process on a clock of the test's own.

with running_demo() as demo:          # fixture `demo_server` in tests/conftest.py
    demo.base_url, demo.gateway_token, demo.replicate_token
    demo.faults([{"match": {"op": "create"}, "phase": "after_accept", "do": "rst"}])
    demo.settings(speed=4, quirks="recorded");  demo.ledger()["predictions"];  demo.reset()

demo = InProcess(tmp_path);  demo.clock.advance(12);  httpx.AsyncClient(transport=demo.transport, base_url=demo.base_url)
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn

from pvideo.demo.app import DemoApps, DemoConfig, build
from pvideo.demo.messages import DroppedError
from pvideo.demo.rawhttp import UVICORN

if TYPE_CHECKING:
    from collections.abc import Iterator

FAST = {"speed": 50.0}


@functools.cache
def tiny_clip(seconds: float = 1.0) -> bytes:
    """Return a valid mp4 of 64×36 pixels, made once."""
    import av
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=24)
            stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
            for number in range(int(seconds * 24)):
                picture = np.full((36, 64, 3), (number * 9 % 255, 90, 140), dtype=np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
        return path.read_bytes()


def fast_renderer(given: dict[str, Any], out: Path, *, prediction_id: str) -> float:
    """Write a tiny valid mp4, another one for each prediction (a `free` box with its id at the end), at once."""
    mark = prediction_id.encode()
    out.write_bytes(tiny_clip() + (8 + len(mark)).to_bytes(4, "big") + b"free" + mark)
    return float(given.get("duration", 5))


class RunningDemo:
    """A demo on three loopback ports, served by a thread of this process."""

    def __init__(self, **settings: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pvideo-demo-")
        self.config = DemoConfig(**{**FAST, **settings})
        self.apps: DemoApps = build(self.config, renderer=fast_renderer, workdir=Path(self._folder.name) / "clips")
        self._sockets = [socket.create_server(("127.0.0.1", 0), backlog=256) for _ in range(3)]
        api, delivery, control = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in self._sockets)
        self.origin = api
        self.api_root = f"{api}/v1"
        self.base_url = f"{api}/v1/{self.config.account}/{self.config.gateway}/replicate"
        self.delivery_url, self.control_url, self.control_token = delivery, control, self.apps.control_token
        self.gateway_token, self.replicate_token = self.config.gateway_token, self.config.replicate_token
        self.state = self.apps.state
        self.state.bind(api_root=self.api_root, delivery_base=delivery)
        self.management_url, self.management_token = f"{api}/client/v4", self.config.management_token
        self._servers = [_server(app) for app in (self.apps.api, self.apps.delivery, self.apps.control)]
        self._thread = threading.Thread(target=self._run, name="pvideo-test-demo", daemon=True)

    def start(self) -> None:
        self._thread.start()
        until = time.monotonic() + 20
        while not all(server.started for server in self._servers):
            assert time.monotonic() < until, "the demo did not start"
            time.sleep(0.005)

    def stop(self) -> None:
        for server in self._servers:
            server.should_exit = server.force_exit = True
        self._thread.join(20)
        self.state.close()
        for one in self._sockets:
            one.close()
        self._folder.cleanup()

    # -- the control port

    def ledger(self) -> dict[str, Any]:
        """Return what really happened: `predictions`, `requests`, `faults`."""
        return self.control("ledger")

    def predictions(self) -> list[dict[str, Any]]:
        """Return every prediction created, oldest first."""
        return self.ledger()["predictions"]

    def requests(self, host: str | None = None, method: str | None = None) -> list[dict[str, Any]]:
        """Return the requests the client made (not those the gateway sent on), oldest first."""
        rows = [row for row in self.ledger()["requests"] if not row["via"]]
        return [row for row in rows if host in {None, row["host"]} and method in {None, row["method"]}]

    def faults(self, rules: list[dict[str, Any]] | dict[str, Any]) -> list[int]:
        """Lay down faults (see `pvideo.demo.faults`); return their numbers."""
        return self.control("faults", rules)["rules"]

    def clear_faults(self) -> None:
        self.control("faults", method="DELETE")

    def next(self, *what: str) -> None:
        """Ask for trouble by its teaching name."""
        self.control("next", {"what": list(what)})

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings of the running demo."""
        return self.control("settings", changes)

    def reset(self, **changes: Any) -> None:
        """Return to the settings at the start, with nothing in the ledger."""
        self.control("reset", {})
        if changes:
            self.settings(**changes)

    def reached(self, rule: int, seconds: float = 10) -> bool:
        """Wait until a `hold` has been reached."""
        return self.control(f"reached/{rule}?seconds={seconds}")["reached"]

    def release(self, rule: int) -> None:
        """Let a `hold` go on."""
        self.control(f"release/{rule}", {})

    def control(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.control_token}"}
        request = urllib.request.Request(f"{self.control_url}/_emu/{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode()) from None

    # -- what a client would do

    @property
    def headers(self) -> dict[str, str]:
        """Both tokens, as a client sends them to the gateway."""
        return {"cf-aig-authorization": f"Bearer {self.gateway_token}", "authorization": f"Bearer {self.replicate_token}"}

    def _run(self) -> None:
        async def all_three() -> None:
            await asyncio.gather(*(server.serve(sockets=[one]) for server, one in zip(self._servers, self._sockets, strict=True)))

        asyncio.run(all_three())


def _server(app: Any) -> uvicorn.Server:
    server = uvicorn.Server(uvicorn.Config(app, **UVICORN, log_level="error", timeout_graceful_shutdown=0))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    return server


@contextlib.contextmanager
def running_demo(**settings: Any) -> Iterator[RunningDemo]:
    """Run a demo for the time of a with-block."""
    demo = RunningDemo(**settings)
    demo.start()
    try:
        yield demo
    finally:
        demo.stop()


class ManualClock:
    """Stands still until it is advanced; a sleeper moves it on (`auto`), or waits for `advance`."""

    def __init__(self, start: float = 1_795_000_000.0, *, auto: bool = True) -> None:
        self.moment, self.auto = start, auto

    def now(self) -> float:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += seconds

    async def sleep(self, seconds: float) -> None:
        until = self.moment + seconds
        if self.auto:
            self.moment = max(self.moment, until)
        await asyncio.sleep(0)
        while self.moment < until:  # noqa: ASYNC110 (the test moves the clock, nothing announces it)
            await asyncio.sleep(0)


class AtOnce(Executor):
    """Runs what is submitted there and then."""

    def submit(self, work: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(work(*args, **kwargs))
        return future


class InProcess:
    """A demo without ports and threads, on a clock that the test moves."""

    def __init__(self, folder: Path, *, renderer: Any = fast_renderer, clock: Any = None, **settings: Any) -> None:
        self.clock = clock or ManualClock()
        self.config = DemoConfig(**settings)
        self.apps = build(self.config, clock=self.clock, renderer=renderer, workdir=folder / "clips", executor=AtOnce())
        self.state = self.apps.state
        self.origin, self.delivery_url = "http://127.0.0.1:8001", "http://127.0.0.1:8002"
        self.api_root = f"{self.origin}/v1"
        self.base_url = f"{self.origin}/v1/{self.config.account}/{self.config.gateway}/replicate"
        self.state.bind(api_root=self.api_root, delivery_base=self.delivery_url)
        self.gateway_token, self.replicate_token = self.config.gateway_token, self.config.replicate_token
        self.management_url, self.management_token = f"{self.origin}/client/v4", self.config.management_token
        self.transport = AppTransport({8001: self.apps.api, 8002: self.apps.delivery, 8003: self.apps.control})

    headers = RunningDemo.headers

    def faults(self, rules: list[dict[str, Any]] | dict[str, Any]) -> list[int]:
        return [self.state.faults.add(rule).number for rule in (rules if isinstance(rules, list) else [rules])]

    def settings(self, **changes: Any) -> None:
        self.config.change(changes)

    def ledger(self) -> dict[str, Any]:
        return self.state.ledger.show(list(self.state.store), self.clock.now())

    def predictions(self) -> list[dict[str, Any]]:
        return self.ledger()["predictions"]

    def request(
        self, method: str, path: str, *, data: Any = None, url: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Ask through the gateway (or at `url`), with both tokens unless `headers` are given."""

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self.transport, trust_env=False) as client:
                sent = self.headers if headers is None else headers
                return await client.request(method, url or f"{self.base_url}{path}", json=data, headers=sent)

        return asyncio.run(ask())

    def create(self, *, headers: dict[str, str] | None = None, **given: Any) -> httpx.Response:
        """Create a prediction; the prompt is a cat unless it is given."""
        body = {"version": "prunaai/p-video", "input": {"prompt": "a cat", **given}}
        return self.request("POST", "/predictions", data=body, headers={**self.headers, **(headers or {})})


def port_of(url: httpx.URL) -> int:
    """Return the port of `InProcess` that plays the host of an address: Cloudflare's file host is played by the delivery port."""
    return 8002 if re.fullmatch(r"ai-gateway-outputs\.[0-9a-f]{32}\.r2\.cloudflarestorage\.com", url.host) else url.port or 0


class AppTransport(httpx.AsyncBaseTransport):
    """Carries requests to ASGI applications by port; a dropped connection becomes the exception httpx would raise."""

    def __init__(self, apps: dict[int, Any]) -> None:
        self._inner = {port: httpx.ASGITransport(app) for port, app in apps.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        inner = self._inner.get(port_of(request.url))
        if inner is None:
            raise httpx.ConnectError("nobody listens", request=request)
        try:
            return await inner.handle_async_request(request)
        except DroppedError as dropped:
            if dropped.how == "hang":
                raise httpx.ReadTimeout("no answer", request=request) from None
            raise httpx.ReadError(f"connection ended ({dropped.how})", request=request) from None
