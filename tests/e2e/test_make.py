"""The README's first command, as somebody runs it without a terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(400)
def test_make_demo_prints_what_it_made_and_stops() -> None:
    # Not a part of the `make` that may have started these tests.
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("MAKE")}, "CI": "true"}
    answer = subprocess.run(
        ["make", "demo"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr
    lines = dict(line.split(maxsplit=1) for line in answer.stdout.splitlines() if line.startswith(("Video:", "Notebook:")))
    assert len(lines) == 2
    assert Path(lines["Video:"]).stat().st_size > 10_000
    book = nbformat.read(lines["Notebook:"], as_version=4)
    assert all(cell.execution_count for cell in book.cells if cell.cell_type == "code")
