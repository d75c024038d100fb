"""Clips are drawn in other processes: once per input, and a process that dies costs nobody a clip."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("av")

from pvideo.demo.clip import Clip, ClipError
from pvideo.demo.farm import Farm

GIVEN = {"prompt": "a cat", "duration": 1, "draft": True, "seed": 1, "save_audio": False}


@pytest.fixture
def farm(tmp_path):
    made = Farm(tmp_path / "cache", size=2)
    yield made
    made.close()


def test_the_same_input_is_drawn_once(farm, tmp_path):
    """The second prediction gets another name of the same file."""
    first = farm(GIVEN, tmp_path / "a.mp4", prediction_id="one")
    drawn = [p.stat().st_mtime_ns for p in farm.folder.iterdir()]
    second = farm(dict(reversed(GIVEN.items())), tmp_path / "b.mp4", prediction_id="two")

    assert first == second == Clip(1.0, 1280, 720, 24, False)
    assert [p.stat().st_mtime_ns for p in farm.folder.iterdir()] == drawn
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_without_a_seed_every_prediction_is_its_own(farm, tmp_path):
    """As with the real model."""
    loose = {**GIVEN, "seed": None}
    for name in ("a", "b"):
        farm(loose, tmp_path / name, prediction_id=name)

    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


def test_a_worker_that_died_is_replaced(farm, tmp_path):
    """Idle ones end by themselves; the next clip does not notice."""
    farm(GIVEN, tmp_path / "a.mp4")
    (worker,) = farm._all
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    assert farm({**GIVEN, "seed": 2}, tmp_path / "b.mp4").seconds == 1.0
    assert [w.pid for w in farm._all] != [worker.pid]


def test_what_cannot_be_drawn_is_said_and_the_worker_lives_on(farm, tmp_path):
    """A refused input is the model's sentence, not a crash."""
    with pytest.raises(ClipError, match=r"^Input validation error: image"):
        farm({**GIVEN, "image": "https://example.com/a.png"}, tmp_path / "a.mp4")
    pids = {w.pid for w in farm._all}
    farm(GIVEN, tmp_path / "a.mp4")

    assert {w.pid for w in farm._all} == pids


def test_two_are_drawn_at_once_and_no_more(farm, tmp_path):
    """The rest waits in line."""
    with ThreadPoolExecutor(5) as pool:
        made = list(pool.map(lambda n: farm({**GIVEN, "seed": n}, tmp_path / str(n)), range(5)))

    assert len(made) == 5
    assert 1 <= len(farm._all) <= 2
    assert len(list(farm.folder.glob("*.mp4"))) == 5


def test_what_is_kept_has_a_limit(farm, tmp_path, monkeypatch):
    """The oldest go; predictions keep theirs."""
    monkeypatch.setattr("pvideo.demo.farm._CACHE_LIMIT", 1)
    for n in (1, 2):
        farm({**GIVEN, "seed": n}, tmp_path / str(n))

    assert len(list(farm.folder.glob("*.mp4"))) == 1
    assert (tmp_path / "1").stat().st_size > 1000


def test_at_the_end_nothing_is_left(farm, tmp_path):
    """No process, no file, and nobody starts anew."""
    farm(GIVEN, tmp_path / "a.mp4")
    workers = list(farm._all)
    farm.close()

    assert all(w.poll() is not None for w in workers)
    assert not farm.folder.exists()
    with pytest.raises(RuntimeError, match="ending"):
        farm({**GIVEN, "seed": 3}, tmp_path / "b.mp4")
