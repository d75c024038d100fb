"""(a) Lag and looks of single jobs, everybody at the same time; (d) 1, 100 and 1,000 jobs at once.

Lag is from the end on the server to the status seen. Each of our jobs has an engine and a journal of its own here, as in a
notebook with one video; the official clients run in a process beside it, against the same server, in the same seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import psutil
from tests.bench.server import ROOT, Server, served
from tests.support.schedules import best, even

if TYPE_CHECKING:
    from collections.abc import Iterable

JOBS = 24
PAST = 30
LENGTHS = (3.0, 5.0, 15.0, 30.0, 90.0, 300.0)
FAILING = 7
"""Every so many-th look is answered with a 503, in the row that says so."""


def lag_and_looks(newer: Path | None, lengths: Iterable[float] = LENGTHS, jobs: int = JOBS) -> list[tuple[str, str]]:
    """Return a row for each length of job.

    Args:
        newer: A Python that has `replicate` 2.0.0b4, or None.
        lengths: Seconds.
        jobs: How many each of those compared has at once.
    """
    rows = [(f"(a) jobs of {length:g} s ± 20 %", _one_length(length, newer, jobs)) for length in lengths]
    return [*rows, (f"(a) jobs of 3 s ± 20 %, every {FAILING}th look fails", _one_length(3.0, newer, jobs, failing=FAILING))]


def _one_length(length: float, newer: Path | None, jobs: int, *, failing: int = 0) -> str:
    with served() as server, tempfile.TemporaryDirectory() as folder:
        server.jobs_take(length)
        if failing:
            server.looks_fail(failing)
        command = [str(ROOT / "tests/bench/official.py"), server.origin, server.replicate_token, str(jobs)]
        pythons = [Path(sys.executable), *([newer] if newer else [])]
        others = [subprocess.Popen([str(each), *command], stdout=subprocess.PIPE, text=True) for each in pythons]
        own = subprocess.run(
            [sys.executable, "-m", "tests.bench.watching", "single", folder, str(length), str(jobs)],
            cwd=ROOT, env=_environment(server), capture_output=True, text=True, check=True,
        )  # fmt: skip
        results = json.loads(own.stdout.splitlines()[-1])
        for process in others:
            told = json.loads(process.communicate()[0])
            results[f"replicate {told['version']}"] = told["seen"]
        told = server.told()
    parts = []
    for name, seen in results.items():
        lag = mean(moment - told["ends"][key] for key, moment in seen.items())
        looks = mean(told["looks"][key] for key in seen)
        parts.append(f"{name} {lag:.2f} s / {looks:.1f}")
    ideal = best(even(length), lag=0.25)
    return " · ".join([*parts, f"optimum {ideal.lag:.2f} s / {ideal.looks:.1f}"])


def crowds(counts: Iterable[int] = (1, 100, 1000), length: float | None = None) -> list[tuple[str, str]]:
    """Return a row for each number of jobs at once; a job takes 45 s, of very many 90 s, unless `length` says how long."""
    return [(f"(d) {count:,} job{'s' if count > 1 else ''} at once", _crowd(count, length)) for count in counts]


def _crowd(count: int, length: float | None) -> str:
    with served() as server, tempfile.TemporaryDirectory() as folder:
        server.jobs_take(length or (45.0 if count < 500 else 90.0), 0.33)
        own = subprocess.run(
            [sys.executable, "-m", "tests.bench.watching", "crowd", folder, str(count)],
            cwd=ROOT, env=_environment(server), capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = json.loads(own.stdout.splitlines()[-1])
        told = server.told()
    lags = sorted(moment - told["ends"][key] for key, moment in found["seen"].items())
    watched = [at for at in told["at"] if found["created"] <= at <= found["ended"]]
    busiest = max((sum(at <= other < at + 1 for other in watched) for at in watched), default=0)
    p95 = lags[min(int(0.95 * len(lags)), len(lags) - 1)]
    parts = [
        f"{found['watching']:.1%} of a core while watching, {found['cpu']:.2f} CPU s per job-minute in all",
        f"RSS {found['rss_created']:.0f} MB when all are sent, {found['rss_watched']:.0f} MB when the first end, "
        f"{found['rss_ended']:.0f} MB when all are saved",
        f"{found['threads']} threads of ours while watching (the loop's, the journal's)",
        f"lag mean {mean(lags):.2f} s, p95 {p95:.2f} s, most {lags[-1]:.2f} s",
        f"{len(watched) / count:.1f} requests a job, at most {busiest} in a second",
        f"{found['saved']:,} of {count:,} saved",
    ]
    return " · ".join(parts)


def _environment(server: Server) -> dict[str, str]:
    import os

    tokens = {"CF_AIG_TOKEN": server.gateway_token, "REPLICATE_API_TOKEN": server.replicate_token}
    return {**os.environ, **tokens, "PVIDEO_BASE_URL": server.base_url}


# -- in a process of their own


def single(folder: Path, length: float, jobs: int) -> dict[str, dict[str, float]]:
    """Run cold and warm jobs, each with its own engine; return when each one's end was seen."""
    from pvideo import settings
    from pvideo.job.engine import Engine
    from pvideo.job.press import generate

    settings.configure(budget_day=None, folder=str(folder / "videos"))
    seen: dict[str, dict[str, float]] = {"ours cold": {}, "ours warm": {}}
    videos = []
    pattern: Any = None
    for number in range(jobs):
        for name, moments in seen.items():
            settings.configure(home=folder / f"{name}-{number}")
            if name == "ours warm":
                _remember(Engine.get().journal, pattern, length)
            video = generate("A cat", duration=5)
            pattern = pattern or Engine.get().journal.get(video.intent)
            video.observe(lambda s, moments=moments: moments.setdefault(s.prediction_id, time.time()) if s.done else None)
            videos.append(video)
            time.sleep(0.02)
    for video in videos:
        video.wait(600)
    return seen


def _remember(journal: Any, pattern: Any, length: float) -> None:
    for number in range(PAST):
        took = length * (0.8 + 0.4 * ((number * 7) % PAST + 0.5) / PAST)
        past = {"state": "done", "took": took, "intent": f"past-{number}", "press_key": None, "prediction_id": f"past{number:022d}"}
        journal.add(replace(pattern, **past, finished_at=float(number), outputs=(), files=()))


def crowd(folder: Path, count: int) -> dict[str, Any]:
    """Run many jobs in one engine and measure this process."""
    from pvideo import settings
    from pvideo.job.press import generate

    settings.configure(budget_day=None, folder=str(folder / "videos"), home=folder / "home")
    me, seen = psutil.Process(), {}
    threads_before = me.num_threads()
    begun, cpu = time.time(), time.process_time()
    videos = [generate(f"A cat, number {number}", duration=5) for number in range(count)]
    for video in videos:
        video.observe(lambda s: seen.setdefault(s.prediction_id, time.time()) if s.done else None)
    _until(lambda: all(video.prediction_id for video in videos))
    created, cpu_created, rss_created = time.time(), time.process_time(), me.memory_info().rss / 1e6
    threads = me.num_threads() - threads_before
    _until(lambda: len(seen) > count // 20)  # the first have ended: until here it only watched
    watching = (time.process_time() - cpu_created) / (time.time() - created)
    rss_watched = me.memory_info().rss / 1e6
    _until(lambda: len(seen) == count)
    ended = time.time()
    for video in videos:
        video.wait(600)
    minutes = sum(seen[video.prediction_id] - begun for video in videos) / 60
    spent, rss = time.process_time() - cpu, me.memory_info().rss / 1e6
    saved = sum(video.path is not None for video in videos)
    return {
        "seen": seen, "created": created, "ended": ended, "watching": watching, "cpu": spent / minutes,
        "rss_created": rss_created, "rss_watched": rss_watched, "rss_ended": rss, "threads": threads, "saved": saved,
    }  # fmt: skip


def _until(true: Any, seconds: float = 900.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.25)


if __name__ == "__main__":
    _, what, where, *numbers = sys.argv
    print(json.dumps(single(Path(where), float(numbers[0]), int(numbers[1])) if what == "single" else crowd(Path(where), int(numbers[0]))))
