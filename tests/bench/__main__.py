"""Measures, prints one table and keeps it in RESULTS.md.

python -m tests.bench            everything, about fifteen minutes
python -m tests.bench a d        only these rows (the table is printed, RESULTS.md stays as it is)
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import classroom, process, watching
from tests.bench.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

MEASURES: dict[str, Callable[[], list[tuple[str, str]]]] = {
    "g": process.bundle,
    "c": process.imports,
    "i": process.library,
    "j": process.fetching,
    "d": watching.crowds,
    "k": classroom.lesson,
}
IN_THE_BROWSER = ("b", "e", "f", "h")
RESULTS = Path(__file__).with_name("RESULTS.md")
NEWER = "replicate==2.0.0b4"
PACKAGES = ("anywidget", "httpx", "ipython", "ipykernel", "ipywidgets", "jupyterlab", "replicate", "traitlets")
HEAD = """# What was measured

`make bench` wrote this: {date}, pvideo {pvideo}, Python {python}, {system}, {cores} cores, load {load} when it began.
{packages}.{without}

Everything ran on this one machine, against the demo on loopback. Who is compared ran at the same time (a) or in turns (c).
*Lag* is from the end on the server to the status seen; *looks* are GET requests for one job. In (a) the job times are spread evenly
by ±20 %, nothing is in the logs, cold knows no past job and warm thirty; the optimum is computed (dynamic programming, the
distribution known, one early look) for a mean lag of 0.25 s. In (k) every seat is a process that has pressed before; all press in one
moment, and what each waited is counted from there.

| what | measured |
|---|---|
"""


def main(wanted: list[str]) -> None:
    """Measure what is wanted, or everything."""
    load, rows, without = os.getloadavg()[0], [], ""
    unknown = set(wanted) - {*MEASURES, *IN_THE_BROWSER, "a"}
    if unknown:
        sys.exit(f"pvideo: there is no row {', '.join(sorted(unknown))}")
    for letter, measure in MEASURES.items():
        rows += _told(measure()) if not wanted or letter in wanted else []
    if not wanted or set(IN_THE_BROWSER) & set(wanted):
        rows += _told(_in_the_browser(wanted))
    if not wanted or "a" in wanted:
        with tempfile.TemporaryDirectory() as folder:
            newer = _newer(Path(folder))
            without = "" if newer else f" {NEWER} could not be installed and is left out."
            rows += _told(watching.lag_and_looks(newer))
    if wanted:
        return
    table = "".join(f"| {name} | {told} |\n" for name, told in sorted(rows, key=lambda row: row[0][:3]))
    RESULTS.write_text(_head(load, without) + table)
    print(f"\nKept in {RESULTS.relative_to(ROOT)}")


def _told(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    for name, told in rows:
        print(f"{name:52} {told}", flush=True)
    return rows


def _in_the_browser(wanted: list[str]) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "rows"
        kept.touch()
        chosen = " or ".join(f"test_{letter}_" for letter in wanted) or "test_"
        command = [sys.executable, "-m", "pytest", "tests/e2e/test_bench.py", "-q", "--timeout", "300", "-k", chosen]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PVIDEO_BENCH_ROWS": str(kept)}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{done.stdout[-2000:]}\npvideo: the browser rows could not be measured")
        return [(name, told) for name, told in (json.loads(line) for line in kept.read_text().splitlines())]


def _newer(folder: Path) -> Path | None:
    """Return a Python with the beta of `replicate`, in an environment that is gone afterwards."""
    python = folder / "bin" / "python"
    with suppress(subprocess.CalledProcessError):
        for command in ([sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", "--quiet", NEWER]):
            subprocess.run(command, check=True, capture_output=True)
        return python
    return None


def _head(load: float, without: str) -> str:
    return HEAD.format(
        date=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        pvideo=version("pvideo"),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count(),
        load=f"{load:.1f}",
        packages=", ".join(f"{name} {version(name)}" for name in PACKAGES),
        without=without,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
