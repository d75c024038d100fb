"""Section F, what a whole run leaves behind: scanned by detect-secrets and by our canaries, which also know encoded forms.

A core dump is not among it, and cannot be: it is the memory of the process, which holds the tokens in its environment and in
what it sends. pvideo switches no core dumps on; who does (``ulimit -c``) has the tokens in the file. What a crash writes by
itself (faulthandler's dump) is scanned here.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from tests.support.canary import cloudflare_canary, replicate_canary, scan
from tests.support.demo import running_demo
from tests.support.scanner import detected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.demo import RunningDemo

CELLS = (
    "import logging; logging.basicConfig(level=logging.DEBUG, filename='log.txt')\n%load_ext pvideo",
    "%%pvideo cat --draft\nA cat",
    "cat.wait(60)",
    "%pvideo explain cat",
    "found = cat.explain()\nprint(repr(found), found.curl, found.python, sep='\\n')\nfound",
    "%pvideo history",
)
CRASH = """
import faulthandler, os, resource, signal
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core holds them: see above
faulthandler.enable(all_threads=True)
import pvideo
video = pvideo.generate("A cat", draft=True, duration=1)
while video.prediction_id is None: pass
os.kill(os.getpid(), signal.SIGABRT)
"""


@pytest.fixture
def real_shapes() -> Iterator[RunningDemo]:
    """A gateway whose tokens have the shapes of real ones."""
    with running_demo(gateway_token=cloudflare_canary(), replicate_token=replicate_canary()) as demo:
        yield demo


def environment(demo: Any, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDFLARE", "CF_", "REPLICATE", "PVIDEO", "JPY"))}
    account = {"PVIDEO_BASE_URL": demo.base_url, "CF_AIG_TOKEN": demo.gateway_token, "REPLICATE_API_TOKEN": demo.replicate_token}
    private = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PLATFORM_DIRS": "1", "PVIDEO_HOME": str(folder / "home")}
    return {**kept, **account, **private}


def test_F12_two_scanners_find_nothing_in_what_a_run_leaves_behind(real_shapes: RunningDemo, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbformat.write(book, run / "run.ipynb")
    convert = [sys.executable, "-m", "nbconvert", "--to"]
    for command in ([*convert, "notebook", "--execute", "--inplace", "run.ipynb"], [*convert, "html", "run.ipynb"]):
        done = subprocess.run(command, cwd=run, env=environment(real_shapes, run), capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        (run / f"{command[4]}.log").write_text(done.stdout + done.stderr)
    with closing(sqlite3.connect(run / "home" / "journal.db")) as db:
        (run / "journal.sql").write_text("\n".join(db.iterdump()))
    assert "curl" in (run / "run.html").read_text()
    assert "cf-aig-authorization" in (run / "journal.sql").read_text().lower()
    assert {".mp4", ".json", ".db", ".sql", ".html", ".ipynb", ".txt"} <= {path.suffix for path in run.rglob("*")}
    tokens = [real_shapes.gateway_token, real_shapes.replicate_token]

    assert scan([run], tokens)[0] == []
    plugin = tmp_path / "plugin.py"
    assert detected(run, plugin) == []

    for number, token in enumerate(tokens):
        (run / f"planted-{number}.txt").write_text(json.dumps({"note": f"Bearer {token}"}))
    assert {name for name, *_ in detected(run, plugin)} == {"planted-0.txt", "planted-1.txt"}
    assert len({found.where for found in scan([run], tokens)[0]}) == 2


def test_F03_what_a_crash_writes_by_itself_holds_none(real_shapes: RunningDemo, tmp_path: Path) -> None:
    command = [sys.executable, "-c", CRASH]
    crashed = subprocess.run(command, cwd=tmp_path, env=environment(real_shapes, tmp_path), capture_output=True, timeout=60, check=False)
    (tmp_path / "dump.txt").write_bytes(crashed.stdout + crashed.stderr)

    assert crashed.returncode == -signal.SIGABRT
    assert b"Fatal Python error: Aborted" in crashed.stderr
    assert scan([tmp_path], [real_shapes.gateway_token, real_shapes.replicate_token])[0] == []
