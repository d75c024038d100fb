"""Small faults found around the emulator: where it fetches from, what it keeps of uploads, and what `explain` and curl send."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import importlib.util
import re
import shutil
import subprocess
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.demo import InProcess

from pvideo.job.press import generate
from pvideo.notebook import uploads as page_uploads
from pvideo.notebook.curl import as_curl
from pvideo.notebook.explain import explanation
from pvideo.notebook.steps import steps
from pvideo.notebook.uploads import Upload, Uploads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import RunningDemo

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def redirecting(to: str) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback: ``/0`` redirects to `to`, ``/file`` is a file."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/file" else 302)
            if self.path != "/file":
                self.send_header("location", to.format(port=self.server.server_address[1]))
            self.end_headers()
            self.wfile.write(b"here" if self.path == "/file" else b"")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("to", ["http://192.0.2.1/a.png", "https://127.0.0.1/a.png", "ftp://127.0.0.1/a.png", "http://localhost.example/a"])
def test_found_d12_the_demo_follows_no_redirect_off_loopback(to: str) -> None:
    from pvideo.demo.film.media import MediaError, load

    with redirecting(to) as (base, asked), pytest.raises(MediaError, match="only data: URIs and loopback"):
        load(f"{base}/0", "image")
    assert asked == ["/0"]


def test_found_d12_a_redirect_on_loopback_is_followed() -> None:
    from pvideo.demo.film.media import load

    with redirecting("http://127.0.0.1:{port}/file") as (base, _):
        assert load(f"{base}/0", "image") == b"here"


# -- uploads that never end


def piece(at: int, of: int, total: int, **changes: Any) -> dict[str, Any]:
    return {"field": "images", "name": "cat.png", "size": total, "index": at, "count": of, **changes}


def left(uploads: Uploads) -> list[Path]:
    return sorted(uploads._folder.iterdir()) if uploads._folder else []


def test_found_d12_unfinished_uploads_have_a_limit() -> None:
    uploads = Uploads()
    for number in range(100):
        assert uploads.take(piece(0, 2, 6, slot=str(number)), [b"abc"]) is None

    assert len(left(uploads)) == page_uploads.UNFINISHED
    assert isinstance(uploads.take(piece(1, 2, 6, slot="99"), [b"def"]), Upload)
    assert isinstance(uploads.take(piece(1, 2, 6, slot="0"), [b"def"]), str)
    uploads.close()


def test_found_d12_unfinished_uploads_have_a_limit_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_uploads, "LARGEST", 100)
    uploads = Uploads()
    for number in range(5):
        assert uploads.take(piece(0, 2, 90, slot=str(number)), [b"x" * 80]) is None

    assert sum(path.stat().st_size for path in left(uploads)) <= 200
    uploads.close()


@pytest.mark.parametrize("wrong", [{"size": -1}, {"count": -1}, {"index": -1}])
def test_found_d12_a_piece_has_no_negative_numbers(wrong: dict[str, int]) -> None:
    uploads = Uploads()

    assert isinstance(uploads.take({**piece(0, 2, 6), **wrong}, [b"abc"]), str)
    assert left(uploads) == []


def test_found_d12_the_emulator_holds_only_so_much_of_unfinished_bodies(tmp_path: Path) -> None:
    demo = InProcess(tmp_path, body_limit=100_000)
    app = demo.apps.api

    async def upload() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"x" * 40_000, "more_body": True}

        async def send(_: Any) -> None:
            """Nobody listens."""

        scope = {"type": "http", "method": "POST", "path": "/v1/files", "query_string": b"", "headers": [(b"host", b"127.0.0.1")]}
        await app(scope, receive, send)

    async def many() -> None:
        tasks = [asyncio.create_task(upload()) for _ in range(20)]
        for _ in range(50):
            await asyncio.sleep(0)
        most = app.held
        assert sum(task.done() for task in tasks) > 0
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert most <= 4 * 100_000 + 40_000
        assert app.held == 0

    asyncio.run(many())


def test_found_d12_a_body_that_falls_silent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pvideo.demo import rawhttp

    monkeypatch.setattr(rawhttp, "_SILENCE", 0.05)
    demo = InProcess(tmp_path)

    async def silent() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(_: Any) -> None:
        """Nobody listens."""

    scope = {"type": "http", "method": "POST", "path": "/v1/files", "query_string": b"", "headers": [(b"host", b"127.0.0.1")]}
    with pytest.raises(rawhttp.DroppedError):
        asyncio.run(demo.apps.api(scope, silent, send))


def test_found_d12_the_emulators_store_forgets_the_oldest_and_the_expired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.test_demo_models import upload

    from pvideo.demo import uploads

    monkeypatch.setattr(uploads, "TOTAL", 250)
    demo = InProcess(tmp_path)
    ids = [upload(demo, b"x" * 100).json()["id"] for _ in range(3)]
    assert [item["id"] for item in demo.request("GET", "/files").json()["results"]] == [ids[2], ids[1]]
    demo.clock.advance(90_000)
    newest = upload(demo, b"x").json()["id"]
    assert list(demo.state.replicate.uploads._stored) == [newest]


# -- explain, curl


def test_found_d12_explain_sends_no_management_token_to_a_loopback_gateway(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", demo.management_token)
    video = generate("A cat", duration=1, draft=True).wait(60)
    said = explanation(video)

    assert said.log == ""
    assert [row for row in demo.requests("cloudflare") if "authorization" in row["headers"]] == []
    # Asked for, it is read.
    assert video.log().id == video.snapshot().log_id
    assert demo.requests("cloudflare")


@pytest.mark.parametrize("body", ['{"input": {"prompt": "a cat"}}', "@/etc/hostname", "@-", "name=value&more", "it's"])
def test_found_d12_by_hand_the_body_is_sent_as_it_stands(demo_server: RunningDemo, body: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    exchange = {"method": "POST", "path": "/predictions", "host": "", "status": 201, "at": 0.0, "request_headers": {}, "request_body": body}
    (step,) = steps([exchange], base_url=demo_server.base_url)
    command = as_curl(step)
    subprocess.run(f"{command} --noproxy '*'", shell=True, capture_output=True, check=True, timeout=30)

    assert "--data-raw" in command
    assert [row["bytes"] for row in demo_server.requests("gateway", "POST")] == [len(body.encode())]


# -- what is required is used


def test_found_d12_the_demo_requires_what_it_imports() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    required = [re.match(r"[\w-]+", line)[0] for line in extras["demo"] if not line.startswith("pvideo")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "pvideo" / "demo").rglob("*.py"))

    assert required
    for package in required:
        assert re.search(rf"^\s*(import|from) {package}\b", code, re.MULTILINE), f"{package} is required and never imported"


def test_found_d12_the_demo_asks_for_no_package_it_never_imports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pvideo.demo import host

    find = importlib.util.find_spec
    monkeypatch.setattr(host.importlib.util, "find_spec", lambda name: None if name == "starlette" else find(name))
    address = host.ensure(home=tmp_path / "home")
    try:
        assert httpx.get(address.base_url, trust_env=False).status_code == 401
    finally:
        host.stop(home=tmp_path / "home")
