"""(c) imports, (g) the bundle, (i) the library with 10,000 rows, (j) fetching 200 MB: what needs no server of ours or no browser."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.server import ROOT

FIVE = ("anywidget", "httpx", "IPython", "ipywidgets", "traitlets")
"""The packages that were given."""


def imports(rounds: int = 9) -> list[tuple[str, str]]:
    """Return what importing costs beyond an empty interpreter: medians of rounds in which everybody has one turn."""
    names = {"pvideo": "pvideo", **{name: name for name in FIVE}, "all five": ",".join(FIVE), "replicate": "replicate"}
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        empty = _python("pass")
        for name, modules in names.items():
            times[name].append(_python(f"import {modules}") - empty)
    loaded = [float(_output(_LOAD)) for _ in range(rounds)]
    told = [f"{name} {median(found) * 1000:.0f} ms" for name, found in times.items()]
    return [("(c) import", " · ".join(told)), ("(c) %load_ext pvideo", f"{median(loaded) * 1000:.0f} ms in a running IPython")]


def bundle() -> list[tuple[str, str]]:
    """Return the size of what the page loads."""
    rows = []
    for file in sorted((ROOT / "src/pvideo/static").glob("*.*s")):
        data = file.read_bytes()
        rows.append(f"{file.name} {len(data) / 1000:.1f} kB, gzipped {len(gzip.compress(data, 9)) / 1000:.1f} kB")
    return [("(g) bundle", " · ".join(rows))]


def library(count: int = 10_000) -> list[tuple[str, str]]:
    """Return how long the library's questions take with many rows."""
    from pvideo.library import queries
    from pvideo.library.journal import Journal, _insert
    from pvideo.library.rows import JobRow
    from pvideo.library.search import asked as wanted
    from pvideo.library.search import search

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.db")
        with journal.transaction() as db:
            for number in range(count):
                words = ("cat", "dog", "city", "river")[number % 4]
                text = f"A {words} in slow motion, number {number}"
                row = JobRow(
                    intent=f"i{number}", state="done", press_key=f"key{number}", typed_key=f"key{number}", realm="real", name=words,
                    model="prunaai/p-video", prompt=text, template=text, typed={"prompt": text}, input={"prompt": text},
                    shape='{"duration": 5}', day="2026-11-20",
                    pressed_at=float(number), finished_at=float(number), took=10.0 + number % 5, prediction_id=f"p{number:025d}",
                )  # fmt: skip
                _insert(db, row)
        asked: dict[str, Any] = {
            "the newest 100": lambda: queries.history(journal),
            "two words": lambda: queries.history(journal, "cat 77"),
            "a word nobody used": lambda: queries.history(journal, "zebra"),
            "page 50": lambda: queries.history(journal, offset=5000),
            "the history opens": lambda: search(journal, wanted("")),
            "its search, one hit": lambda: search(journal, wanted("river 7777")),
            "its search, a quarter": lambda: search(journal, wanted("river")),
            "its stars": lambda: search(journal, wanted("★★★")),
            "by press key": lambda: journal.by_press("key5000", ""),
            "past times": lambda: journal.durations(model="prunaai/p-video", realm="real", shape='{"duration": 5}'),
            "spent today": lambda: journal.spent(realm="real", day="2026-11-20", session="s"),
            "news": lambda: queries.news(journal, set()),
        }
        told = [f"{name} {median(_took(act) for _ in range(7)) * 1000:.1f} ms" for name, act in asked.items()]
        journal.close()
    return [(f"(i) library, {count:,} rows", " · ".join(told))]


def fetching(size: int = 200_000_000) -> list[tuple[str, str]]:
    """Return how fast a large file is fetched (and flushed to the disk, and hashed), and the most memory that takes."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.mp4"
        _large(source, size)
        copy = f"{folder}/copy"
        plain = _took(lambda: [subprocess.run(command, check=True) for command in (["cp", str(source), copy], ["sync", "-d", copy])])
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, source)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_address[1]}/output.mp4"
            found = json.loads(_output(_FETCH, url, f"{folder}/part"))
            server.shutdown()
    speed = size / found["took"] / 1e6
    return [
        (
            f"(j) fetch of {size / 1e6:.0f} MB",
            f"{found['took']:.2f} s ({speed:.0f} MB/s; copying the file with cp and sync: {plain:.2f} s)"
            f" · peak memory {found['peak']:.0f} MB, {found['peak'] - found['before']:.0f} MB more than before",
        )
    ]


_LOAD = """
from IPython.core.interactiveshell import InteractiveShell
import time
shell = InteractiveShell.instance()
begun = time.perf_counter()
shell.run_line_magic("load_ext", "pvideo")
print(time.perf_counter() - begun)
"""

_FETCH = """
import asyncio, json, sys, time
from pathlib import Path
from pvideo.endpoint import Endpoint
from pvideo.wire.download import fetch
endpoint = Endpoint(base_url="http://127.0.0.1:1/v1/a/g/replicate", kind="demo", account_id="a", gateway_id="g",
                    delivery_hosts=("127.0.0.1",))
import pvideo.wire.transfer
def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1000
before = peak()
begun = time.perf_counter()
asyncio.run(fetch(sys.argv[1], Path(sys.argv[2]), endpoint=endpoint, on_progress=lambda *_: None))
took = time.perf_counter() - begun
print(json.dumps({"took": took, "before": before, "peak": peak()}))
"""


class _Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, source: Path, *args: Any) -> None:
        self._source = source
        super().__init__(*args)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "video/mp4")
        self.send_header("content-length", str(self._source.stat().st_size))
        self.end_headers()
        with self._source.open("rb") as file:
            while piece := file.read(1 << 18):
                self.wfile.write(piece)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _large(path: Path, size: int) -> None:
    from tests.support.demo import tiny_clip

    clip = tiny_clip()
    rest = size - len(clip)
    with path.open("wb") as file:
        file.write(clip + rest.to_bytes(4, "big") + b"free")
        for _ in range(rest // 1_000_000):
            file.write(b"\x5a" * 1_000_000)
        file.truncate(size)


def _python(code: str) -> float:
    return _took(lambda: subprocess.run([sys.executable, "-c", code], check=True))


def _output(code: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]


def _took(act: Any) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
