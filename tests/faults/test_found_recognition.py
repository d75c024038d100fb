"""B1 to B3: by what a press is recognised: what was asked, and what this notebook's folder holds. C10: what leads nowhere is said."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.test_journal import quickest, row_of

from pvideo import settings
from pvideo.errors import PVideoError, SettingsError
from pvideo.job.engine import Engine
from pvideo.job.press import find_model, press
from pvideo.job.recognition import recognise
from pvideo.library.journal import Journal, _insert
from pvideo.library.press_key import typed_key
from pvideo.library.rows import JobRow
from pvideo.notebook import hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.scene import Scene
    from tests.support.demo import RunningDemo

CAT = {"prompt": "A cat walking through a field of flowers", "draft": True, "duration": 1}


def cell(folder: Path | None = None, **inputs: Any) -> Any:
    """Run an unchanged cell, in the project of this video folder."""
    if folder is not None:
        settings.configure(folder=folder)
    return press(find_model(None), {**CAT, **inputs}, again=False, reuse=True)


def fresh() -> Journal:
    """Start over, as a restarted kernel; return its journal."""
    for engine in list(Engine._engines.values()):
        engine.close()
    return Engine.get().journal


# -- (a) to (d)


def test_found_b2_another_folder_is_another_matter(demo: RunningDemo, tmp_path: Path) -> None:
    first = cell(tmp_path / "one" / "videos").wait(60)
    second = cell(tmp_path / "two" / "videos").wait(60)
    assert first.intent != second.intent
    assert len(demo.predictions()) == 2
    assert cell(tmp_path / "one" / "videos").path == first.path
    assert len(demo.predictions()) == 2


def test_found_b2_two_projects_that_begin_at_the_same_time_have_their_own(demo: RunningDemo, tmp_path: Path) -> None:
    """Neither video folder is made yet: that is no folder that was renamed."""
    demo.settings(speed=0.5)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    videos = [cell(tmp_path / name / "videos") for name in ("one", "two")]
    assert len({video.intent for video in videos}) == 2
    assert [cell(tmp_path / name / "videos").intent for name in ("one", "two")] == [video.intent for video in videos]
    demo.settings(speed=50)
    assert [video.wait(60).path.parent for video in videos] == [tmp_path / name / "videos" for name in ("one", "two")]
    assert len(demo.predictions()) == 2


def test_found_b2_a_file_that_is_gone_is_said_and_not_paid_again(demo: RunningDemo, tmp_path: Path) -> None:
    first = cell().wait(60)
    first.path.unlink()
    fresh()
    again = cell()
    assert (again.intent, again.path, again.error.key) == (first.intent, None, "file_missing")
    assert len(demo.predictions()) == 1


@pytest.mark.parametrize("restart", [False, True])
def test_found_b2_a_renamed_folder_takes_its_row_along(demo: RunningDemo, tmp_path: Path, restart: bool) -> None:
    first = cell(tmp_path / "one").wait(60)
    (tmp_path / "one").rename(tmp_path / "two")
    if restart:
        fresh()
    again = cell(tmp_path / "two")
    assert (again.intent, again.wait(5).path.parent) == (first.intent, tmp_path / "two")
    row = Engine.get().journal.get(first.intent)
    assert (row.folder, row.files) == (str(tmp_path / "two"), (str(again.path),))
    assert len(demo.predictions()) == 1


@pytest.mark.parametrize("harm", ["another size", "other bytes", "gone"])
def test_found_b2_a_copy_that_is_not_the_file_is_not_shown(demo: RunningDemo, tmp_path: Path, harm: str) -> None:
    first = cell(tmp_path / "one").wait(60)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    copy = tmp_path / "two" / first.path.name
    data = copy.read_bytes()
    copy.write_bytes({"another size": data + b"x", "other bytes": data[:-1] + b"x", "gone": b""}[harm])
    if harm == "gone":
        copy.unlink()
    assert cell(tmp_path / "two").wait(60).intent != first.intent
    assert len(demo.predictions()) == 2


def test_found_b2_a_copy_is_shown_where_it_lies_and_the_row_stays(demo: RunningDemo, tmp_path: Path) -> None:
    first = cell(tmp_path / "one").wait(60)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    for _ in range(2):
        assert cell(tmp_path / "two").path == tmp_path / "two" / first.path.name
        assert Engine.get().journal.get(first.intent).folder == str(tmp_path / "one")
        assert cell(tmp_path / "one").path == tmp_path / "one" / first.path.name
        fresh()
    assert len(demo.predictions()) == 1


@pytest.mark.parametrize("recovered", [False, True])
def test_found_b2_what_runs_goes_on_in_the_renamed_project(scene: Scene, tmp_path: Path, recovered: bool) -> None:
    one, two = tmp_path / "project" / "videos", tmp_path / "renamed" / "videos"
    one.mkdir(parents=True)
    settings.configure(folder=one)
    first = scene.press(again=False)
    scene.run(0.5)
    scene.kernel.kill()
    one.parent.rename(two.parent)
    settings.configure(folder=two)
    scene.restart()
    if recovered:
        scene.settle()
    again = scene.press(again=False)
    scene.settle()

    assert again.intent == first.intent
    assert again.path.parent == two
    assert not one.exists()
    assert len(scene.paid) == 1
    scene.folder = two


def test_found_b2_what_another_project_took_over_is_found_by_its_own(scene: Scene, tmp_path: Path) -> None:
    """A kernel of another project came first; what it saved for a folder that is gone is shown where the project is now."""
    one, two, other = (tmp_path / name / "videos" for name in ("project", "renamed", "other"))
    one.mkdir(parents=True)
    settings.configure(folder=one)
    first = scene.press(again=False)
    scene.run(0.5)
    one.parent.rename(two.parent)
    settings.configure(folder=other)
    scene.restart()
    scene.settle()
    settings.configure(folder=two)
    again = scene.press(again=False)

    assert (again.intent, again.path.parent) == (first.intent, other)
    assert len(scene.paid) == 1
    scene.folder = other


def test_found_b2_a_renamed_folder_in_a_running_kernel(scene: Scene, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    settings.configure(folder=one)
    first = scene.press(again=False)
    scene.run(0.2)
    one.rename(two)
    settings.configure(folder=two)
    again = scene.press(again=False)
    scene.settle()
    assert (again.intent, again.path.parent) == (first.intent, two)
    assert not one.exists()
    scene.folder = two


def test_found_b2_a_sidecar_alone_is_taken_in_and_counts_in_no_budget(
    demo: RunningDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cell(tmp_path / "one").wait(60)
    first.rate(5, "the good one")
    cost = first.cost
    assert cost > 0
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    for engine in list(Engine._engines.values()):
        engine.close()
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "other"))
    settings.configure(folder=tmp_path / "nothing")
    Engine.get()  # a journal that is there, and knows nothing

    again = cell(tmp_path / "two")

    journal = Engine.get().journal
    assert (again.intent, again.wait(5).path) == (first.intent, tmp_path / "two" / first.path.name)
    assert (again.stars, again.note, again.cost) == (5, "the good one", cost)
    spent = journal.spent(realm="real", day=journal.get(first.intent).day, session="")
    assert (spent.day, spent.total) == (Decimal(0), Decimal(0))
    assert len(demo.predictions()) == 1


@pytest.mark.parametrize("harm", ["bytes", "size", "press_key", "typed", "realm"])
def test_found_b2_a_sidecar_that_tells_another_thing_is_not_believed(
    demo: RunningDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    first = cell(tmp_path / "one").wait(60)
    (told,) = (tmp_path / "one").glob("*.json")
    changes: dict[str, Any] = {"press_key": {"press_key": None}, "typed": {"typed": {"prompt": "A dog"}}, "realm": {"realm": "demo"}}
    told.write_text(json.dumps({**json.loads(told.read_text()), **changes.get(harm, {})}))
    data = first.path.read_bytes()
    first.path.write_bytes({"bytes": data[:-1] + b"x", "size": data + b"x"}.get(harm, data))
    for engine in list(Engine._engines.values()):
        engine.close()
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "other"))
    settings.configure(folder=tmp_path / "nothing")
    Engine.get()
    assert cell(tmp_path / "one").wait(60).intent != first.intent
    assert len(demo.predictions()) == 2


def test_found_b2_code_makes_a_new_job_always(demo: RunningDemo, tmp_path: Path) -> None:
    import pvideo

    made = [pvideo.generate(CAT["prompt"], draft=True, duration=1).wait(60) for _ in range(2)]
    assert len({video.intent for video in made}) == 2
    assert len(demo.predictions()) == 2


@pytest.mark.parametrize("same", ["A cat\r\nat night", "A cat\rat night", "A cat  \nat night\t", "A cat\nat night\n\n"])
def test_found_b3_line_ends_do_not_count(demo: RunningDemo, same: str) -> None:
    first = cell(prompt="A cat\nat night").wait(60)
    assert cell(prompt=same).intent == first.intent
    assert cell(prompt="A cat at night").intent != first.intent
    assert next(item["input"]["prompt"] for item in demo.predictions()) == "A cat\nat night"


def test_found_b3_no_carriage_return_is_sent_by_code(demo: RunningDemo) -> None:
    import pvideo

    made = pvideo.generate("A cat\r\nat night \rfar away", draft=True, duration=1).wait(60)
    (sent,) = demo.predictions()
    assert sent["input"]["prompt"] == "A cat\nat night \nfar away" == made.prompt


@pytest.mark.parametrize("same", ["two names for one folder"])
def test_found_b1_a_folder_has_two_names(demo: RunningDemo, tmp_path: Path, same: str) -> None:
    first = cell(tmp_path / "one").wait(60)
    (tmp_path / same).symlink_to(tmp_path / "one")
    assert cell(tmp_path / same).intent == first.intent
    fresh()
    assert cell(tmp_path / "one").intent == first.intent
    assert len(demo.predictions()) == 1


# -- a journal of version 0.1.0


@pytest.fixture
def old(demo: RunningDemo, tmp_path: Path) -> Callable[[], Path]:
    """A journal as version 0.1.0 left it; its project's videos have the sizes and hashes that it names."""

    def make() -> Path:
        import hashlib

        videos, path = tmp_path / "videos", tmp_path / "home" / "journal.db"
        text = (Path(__file__).parents[1] / "support" / "journal-0.1.0.sql").read_text()
        videos.mkdir()
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as db:
            db.executescript(text.replace("@PROJECT@", str(tmp_path)).replace("@BASE@", demo.base_url))
            for intent, files in db.execute("SELECT intent, files FROM jobs WHERE state='done' AND press_key IS NOT NULL").fetchall():
                data = f"video of {intent}".encode()
                Path(json.loads(files)[0]).write_bytes(data)
                values = (len(data), hashlib.sha256(data).hexdigest(), intent)
                db.execute("UPDATE jobs SET bytes=?, sha256=? WHERE intent=?", values)
            db.commit()
        return path

    return make


DONE = ("A cat walking through a field of flowers", "A paper boat\nin the rain\non a lake")


def test_found_b2_a_journal_of_0_1_0_is_found_by_the_new_rule(old: Callable[[], Path], demo: RunningDemo, tmp_path: Path) -> None:
    old()
    shown = [cell(prompt=prompt) for prompt in DONE]
    assert [video.path.parent for video in shown] == [tmp_path / "videos"] * 2
    assert cell(prompt="A train that never arrives").status == "failed"
    running = cell(prompt="Snow on a slow street")
    assert running.prediction_id == "qbxax9m4mx09jesu8e8vu6vwgh"
    assert demo.requests("gateway", "POST") == []
    assert cell(prompt="An extra take").prediction_id != "x" * 26, "it was never to be shown by a re-run"


def test_found_b2_a_project_of_0_1_0_that_was_renamed(old: Callable[[], Path], demo: RunningDemo, tmp_path: Path) -> None:
    old()
    (tmp_path / "videos").rename(tmp_path / "clips")
    shown = [cell(tmp_path / "clips", prompt=prompt) for prompt in DONE]
    assert [video.path.parent for video in shown] == [tmp_path / "clips"] * 2
    assert demo.requests("gateway", "POST") == []


def test_found_b2_a_kernel_of_0_1_0_goes_on_writing(old: Callable[[], Path], demo: RunningDemo, tmp_path: Path) -> None:
    """It opened the journal before it grew: its rows have none of the new columns."""
    path = old()
    with closing(sqlite3.connect(path)) as db:
        known = [row[1] for row in db.execute("PRAGMA table_info(jobs)")]
    journal = Engine.get().journal
    before = journal.get("a6bae595-d536-424c-b151-79b8ec267da5")
    late = replace(before, intent="late", prediction_id="late", prompt="A fox", typed={**before.typed, "prompt": "A fox"}, typed_key=None)
    from pvideo.library.rows import encode

    with closing(sqlite3.connect(path)) as db:
        values = [encode(name, getattr(late, name)) for name in known]
        db.execute(f"INSERT INTO jobs ({','.join(known)}) VALUES ({','.join('?' * len(known))})", values)
        db.commit()
    assert cell(prompt="A fox").intent == "late"
    with closing(sqlite3.connect(path)) as db:  # what it gives up is not shown again
        db.execute("UPDATE jobs SET press_key=NULL WHERE intent='late'")
        db.commit()
    assert journal.by_press(late.typed_key or typed_key("real", late.model, late.typed), late.folder) is None


def test_found_b2_unreadable_inputs_are_keyed_once(old: Callable[[], Path], demo: RunningDemo) -> None:
    path = old()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE jobs SET typed='['")
        db.commit()
    journal = Engine.get().journal
    assert journal.read("SELECT COUNT(*) FROM jobs WHERE typed_key=''")[0][0] == 5
    assert cell(prompt=DONE[0]).wait(60).path.is_file()
    assert len(demo.predictions()) == 1


# -- how long it takes


@pytest.mark.parametrize("alike", [False, True], ids=["10,000 presses", "10,000 times one press"])
def test_found_b2_it_is_found_within_a_cells_50_ms(tmp_path: Path, alike: bool) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    with closing(Journal(tmp_path / "journal.db")) as journal:
        journal._db.execute("PRAGMA synchronous=OFF")
        with journal.transaction() as db:
            for number in range(10_000):
                key = {"typed_key": "key"} if alike else {}
                _insert(db, row_of(number, folder=str(folder), **key))
        for number in range(10_000):
            (folder / f"2026-01-01-a-dog-{number:08}.json").touch()
        asked = JobRow(intent="", typed_key="key" if alike else "key-7777", model="m", prompt="A cat", folder=str(folder))
        assert quickest(lambda: recognise(journal, asked, "any")) < 0.050
        for strange in (replace(asked, folder=str(tmp_path)), replace(asked, typed_key="unknown")):
            assert recognise(journal, strange, "any") is None
            assert quickest(lambda strange=strange: recognise(journal, strange, "any")) < 0.050


# -- B1: which folder it is


def kernel(folder: Path, **names: Any) -> Any:
    return SimpleNamespace(kernel=object(), user_ns=names, starting_dir=str(folder))


def test_found_b1_the_notebooks_folder_where_a_host_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("begun", "code", "jupyter", "session", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    def found(shell: Any) -> str:
        monkeypatch.setattr(hosts, "running_shell", lambda: shell)
        return hosts.base_folder().name

    assert found(kernel(tmp_path / "begun")) == "begun"
    assert found(kernel(tmp_path / "begun", __session__=str(tmp_path / "session" / "a.ipynb"))) == "session"
    assert found(kernel(tmp_path / "begun", __session__="no path", __vsc_ipynb_file__=7)) == "begun"
    assert found(kernel(tmp_path / "begun", __session__=str(tmp_path / "renamed" / "a.ipynb"))) == "begun"
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "jupyter" / "a.ipynb"))
    assert found(kernel(tmp_path / "begun")) == "jupyter"
    assert found(kernel(tmp_path / "begun", __vsc_ipynb_file__=str(tmp_path / "code" / "a.ipynb"))) == "code"
    assert found(None) == "here", "a script that a notebook started"
    assert found(SimpleNamespace(user_ns={}, starting_dir=str(tmp_path / "begun"))) == "begun", "IPython's terminal"
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "renamed" / "a.ipynb"))
    assert found(kernel(tmp_path / "renamed")) == "here", "the kernel's own folder was renamed: it is where it is"


def test_found_b1_a_scripts_folder_is_where_it_works_at_each_press(
    demo: RunningDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pvideo

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert pvideo.generate("A cat", draft=True, duration=1).wait(60).path.parent == tmp_path / name / "videos"


# -- C10


def test_found_c10_a_pickle_of_another_journal_says_so(demo: RunningDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pickle.dumps(cell().wait(60))
    assert pickle.loads(data).path.is_file()
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "other"))
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(PVideoError, match="another journal") as caught:
        pickle.loads(data)
    assert str(tmp_path / "other") in str(caught.value)


GONE = """
import os, sys, tempfile
folder = tempfile.mkdtemp()
os.chdir(folder)
os.rmdir(folder)
import pvideo
from pvideo.errors import PVideoError
for act in (
    lambda: pvideo.generate("A cat", draft=True, duration=1),
    lambda: pvideo.sweep("A {red | blue} cat", draft=True, duration=1, run=True),
    lambda: pvideo.library(folder="videos"),
    lambda: pvideo.generate("A cat", image="cat.jpg"),
):
    try:
        act()
    except PVideoError as error:
        print(error.key)
pvideo.configure(folder=sys.argv[1])
video = pvideo.generate("A cat", draft=True, duration=1).wait(60)
print(repr(video), len(pvideo.library()))
"""


def test_found_c10_a_working_folder_that_was_deleted_is_said(demo: RunningDemo, tmp_path: Path) -> None:
    # -P: Python 3.13.0 itself fails in an import that looks into a folder that is gone ("error return without exception set").
    command = [sys.executable, "-P", "-c", GONE, str(tmp_path / "clips")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, cwd=tmp_path, env={**os.environ})
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[:3] == ["working_folder_gone"] * 3
    assert lines[-1].startswith("Video('A cat', succeeded, ")
    assert lines[-1].endswith(" 1")
    assert len(demo.predictions()) == 1


def test_found_c10_the_sentence_names_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(SettingsError, match=r"deleted.*%cd"):
        _ = settings.current().video_folder
    assert hosts.notebook_folder().is_dir()
