"""A6 to A9, D9, D12: what the journal and the sidecars tell is odd, or the journal is not where it was; and what a search asks for."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draw
from tests.faults.test_journal import row_of

from pvideo.errors import PVideoError
from pvideo.job import adoption
from pvideo.job.collection import Library, _filter
from pvideo.job.engine import Engine
from pvideo.job.live import picture, revived
from pvideo.library import queries, sidecar
from pvideo.library.journal import Journal
from pvideo.library.rows import COLUMNS, JobRow
from pvideo.library.search import Filter
from pvideo.notebook.history import as_html, as_text, row_view
from pvideo.notebook.view import view_of

if TYPE_CHECKING:
    from tests.faults.scene import Scene
    from tests.support.demo import RunningDemo

DEEP = "[" * 200 + "]" * 200
ENDLESS = "[" * 100_000
ODD: tuple[Any, ...] = (
    *(None, "", "abc", b"\xff\x00", -1, 7, 2**62, 1.5, -1e300, 9e999, "\x00", "/../..", "[*"),
    *("{}", "null", "[1, 2]", DEEP, '{"key": "of tomorrow", "title": 3}', '{"key": "model_failed", "values": 7, "problems": [[]]}'),
    *('{"width": "wide", "extra": {}}', '{"prompt": 5, "duration": "long", "image": {"file": 3}}', '{"a": NaN}', '["\\ud800"]', "9" * 5000),
)


def write(path: Path, intent: str, **columns: Any) -> None:
    """Put values into a row as another program does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        for name, value in columns.items():
            db.execute(f"UPDATE OR REPLACE jobs SET {name}=? WHERE intent=?", (value, intent))


def looked_at(journal: Journal) -> list[JobRow]:
    """Return the rows of a history, after everything was asked that is asked of a journal."""
    rows = queries.history(journal)
    for row in rows:
        shown = picture(row, revived(row), None)
        json.dumps(view_of(shown, nonce="", base=Path("/"), now=0.0, autoplay=False), allow_nan=False).encode()
        json.dumps(row_view(row), allow_nan=False).encode()
    as_html(rows, Path("/")).encode()
    as_text(rows).encode()
    journal.spent(realm="real", day="2026-01-02", session="")
    for row in rows:
        journal.by_press(row.typed_key or "", row.folder)
        journal.elsewhere(row.typed_key or "", "/other")
    _ = (journal.unfinished(), journal.lost(), queries.size(journal), queries.news(journal, set()), queries.predictions(journal, ""))
    journal.durations(model="prunaai/p-video", realm="real", shape="")
    journal.paces(model="prunaai/p-video", realm="real")
    return rows


def library_of(journal: Journal, patch: pytest.MonkeyPatch) -> Library:
    patch.setattr(Engine, "recover", lambda _: None)
    return Library(Engine(journal), "", _filter("", Filter(), {}))


# -- A6


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "intent"])
def test_found_a6_whatever_stands_in_a_column_the_others_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str) -> None:
    path = tmp_path / "journal.db"
    with closing(Journal(path)) as journal:
        journal._db.execute("PRAGMA synchronous=OFF")
        for number in (1, 2):
            journal.add(row_of(number, state="running", session="s"))
        for number in (3, 4):
            journal.add(row_of(number, error={"key": "model_failed", "values": {}}, media={"width": 1}))
        whole = {row.intent: row for row in queries.history(journal)}
        library = library_of(journal, monkeypatch)
        for value in ODD:
            try:
                write(path, "job-1", **{column: value})
                write(path, "job-3", **{column: value})
            except sqlite3.IntegrityError:
                continue  # NOT NULL, or what SQLite itself refuses
            found = {row.intent: row for row in looked_at(journal)}
            assert found["job-2"] == whole["job-2"], value
            assert found["job-4"] == whole["job-4"], value
            fresh = library.search()
            assert len(fresh.records()) == len(found), value
            repr(fresh)
            assert "job-2" in {row.intent for row in adoption.recover(journal, "me")}, value
            write(path, "job-2", owner=None, adopted=0, told=0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=draw.dictionaries(
        draw.sampled_from([name for name in COLUMNS if name not in {"intent", "prediction_id"}]),
        draw.one_of(draw.text(), draw.binary(), draw.integers(-(2**63), 2**63 - 1), draw.floats(), draw.sampled_from(ODD)),
        min_size=1,
    )
)
def test_found_a6_whatever_stands_in_a_row_the_others_are_read(columns: dict[str, Any]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, closing(Journal(Path(folder) / "journal.db")) as journal:
        journal._db.execute("PRAGMA synchronous=OFF")
        for number in (1, 2):
            journal.add(row_of(number, state="running", session="s"))
        for name, value in columns.items():
            try:
                write(journal.path, "job-1", **{name: value})
            except (sqlite3.IntegrityError, UnicodeEncodeError):
                continue
        assert {row.intent for row in looked_at(journal)} >= {"job-2"}
        assert {row.intent for row in adoption.recover(journal, "me")} >= {"job-2"}


def test_found_a6_what_cannot_be_read_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(Journal(tmp_path / "journal.db")) as journal:
        journal.add(row_of(1))
        write(
            journal.path,
            "job-1",
            seed="no number",
            cost=-5,
            error='{"key": "of_tomorrow", "title": "New", "sentence": "It is.", "next": ""}',
        )
        (row,) = looked_at(journal)

    assert row.unreadable == ("seed", "cost")
    assert (row.seed, row.cost) == (None, None)
    assert "cannot read" in as_text([row])
    assert "seed, cost" in as_html([row], tmp_path)
    assert "cost" in row_view(row)["facts"]
    assert "seed, cost of job job-1" in caplog.text
    error = PVideoError.from_dict(row.error)
    assert (error.title, str(error)) == ("New", "New. It is.")
    assert str(PVideoError.from_dict(error.to_dict())) == str(error)


ROTTEN = {
    "an error of tomorrow": {"error": '{"key": "of_tomorrow"}'},
    "a further fact of the media": {"media": '{"width": 1, "height": 1, "fps": 1, "seconds": 1, "has_audio": true, "hdr": true}'},
    "a seed that is none": {"seed": "no number"},
    "inputs that are none": {"typed": "[", "input": b"\xff"},
    "a letter that is none": {"prompt": b"\xff\xfe"},
    "an owner that is none": {"owner": b"\x00\x01"},
    "times that are none": {"pressed_at": "yesterday", "took": "long", "sent_at": b"x"},
}


@pytest.mark.parametrize("rotten", ROTTEN)
def test_found_a6_every_paid_job_of_a_dead_kernel_is_saved(scene: Scene, rotten: str) -> None:
    videos = [scene.press(prompt=f"cat {number}") for number in range(3)]
    scene.run(1.0)
    scene.kernel.kill()
    write(scene.home / "journal.db", videos[1].intent, **ROTTEN[rotten])
    scene.restart()
    scene.settle()

    found = {row.intent: row for row in scene.rows()}
    assert [found[video.intent].state for video in videos] == ["done"] * 3
    made = {item["sha256"] for item in scene.paid}
    assert {row.sha256 for row in found.values()} == made
    assert len(made) == 3
    scene.checked = True  # the journal's own words on the rotten one are what this test wrote


def test_found_a6_a_state_of_tomorrow_is_left_alone(scene: Scene) -> None:
    video = scene.press()
    scene.settle()
    write(scene.home / "journal.db", video.intent, state="resting")
    scene.restart()
    shown = scene.kernel.engine.video(video.intent)
    scene.run(5)

    assert (shown.status, shown.snapshot().settled) == ("resting", True)
    assert scene.press(again=False).intent == video.intent
    assert len(scene.paid) == 1
    scene.checked = True


# -- A7 and A9


def saved(folder: Path, number: int, **changes: Any) -> JobRow:
    """Put a video and its sidecar there."""
    folder.mkdir(exist_ok=True)
    video = folder / f"2026-01-01-a-cat-{number}.mp4"
    video.write_bytes(f"video {number}".encode())
    row = row_of(number, files=(str(video),), bytes=video.stat().st_size, **changes)
    sidecar.write(video, row)
    return row


def odd_sidecars() -> dict[str, Any]:
    fields = {
        f"{name} is {value!r}"[:60]: {name: value}
        for name in sidecar._TOLD
        for value in ("abc", 7, -1, 1.5, True, [[]], {"a": 1}, None, [])
    }
    return {**fields, "a cost below nothing": {"cost": "-0.10"}, "a cost without end": {"cost": "Infinity"}, "NaN": {"cost": "NaN"}}


@pytest.mark.parametrize("odd", odd_sidecars())
def test_found_a7_one_odd_sidecar_costs_no_other(tmp_path: Path, odd: str) -> None:
    videos, path = tmp_path / "videos", tmp_path / "journal.db"
    for number in (1, 2, 3):
        saved(videos, number)
    second = videos / "2026-01-01-a-cat-2.json"
    second.write_text(json.dumps({**json.loads(second.read_text()), **odd_sidecars()[odd]}))
    path.write_bytes(b"not a journal")

    with closing(Journal(path, kept=lambda: sidecar.rows(videos))) as journal:
        found = {row.intent for row in looked_at(journal)}
        assert found >= {"job-1", "job-3"}
        assert len(found) == (2 if odd.startswith("intent") and "'abc'" not in odd else 3)
        spent = journal.spent(realm="real", day="2026-01-02", session="")
        assert spent.total >= 0
        assert spent.day >= 0


@pytest.mark.parametrize(
    "text",
    [
        ENDLESS,
        DEEP,
        '{"pvideo": 1, "file": "a", "intent": "x", "prediction_id": "y", "notes": ' + DEEP + "}",
        "\x00",
        "{",
        "[]",
        '"\ud800"',
    ],
    ids=["endless", "deep", "deep inside", "nul", "cut", "a list", "half a letter"],
)
def test_found_a7_what_is_no_sidecar_is_passed_over(tmp_path: Path, text: str) -> None:
    videos = tmp_path / "videos"
    saved(videos, 1)
    (videos / "odd.json").write_text(text, errors="surrogatepass")
    (videos / "binary.json").write_bytes(b"\xff\xfe\x00")
    (videos / "folder.json").mkdir()
    os.mkfifo(videos / "pipe.json")
    with closing(Journal(tmp_path / "journal.db", kept=lambda: sidecar.rows(videos))) as journal:
        assert [row.intent for row in queries.history(journal)] == ["job-1"]


def test_found_a7_a_rebuild_that_is_cut_off_is_begun_anew(tmp_path: Path) -> None:
    videos, path = tmp_path / "videos", tmp_path / "journal.db"
    for number in (1, 2):
        saved(videos, number)
    path.write_bytes(b"not a journal")

    def killed() -> Any:
        yield from sidecar.rows(videos)[:1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Journal(path, kept=killed)
    with closing(Journal(path, kept=lambda: sidecar.rows(videos))) as journal:
        assert {row.intent for row in queries.history(journal)} == {"job-1", "job-2"}


def test_found_a7_several_files_of_one_job_are_one_job(tmp_path: Path) -> None:
    paths = tuple(tmp_path / f"2026-01-01-a-cat-abc{end}.png" for end in ("", "-2", "-3"))
    for number, path in enumerate(paths):
        path.write_bytes(b"picture" * (number + 1))
    row = row_of(1, files=tuple(map(str, paths)), bytes=7)
    for path in paths:
        sidecar.write(path, row)
    (found,) = sidecar.rows(tmp_path)
    assert found.files == tuple(map(str, paths))


@pytest.mark.parametrize("gone", ["missing", "empty folder", "damaged"])
def test_found_a9_a_journal_that_is_gone_is_rebuilt(scene: Scene, gone: str) -> None:
    first = scene.press(again=False)
    scene.settle()
    scene.kernel.kill()
    scene.kernel.engine.journal.close()
    if gone == "damaged":
        (scene.home / "journal.db").write_bytes(b"noise" * 999)
    else:
        for path in scene.home.iterdir():
            path.unlink()
    if gone == "empty folder":
        scene.home.rmdir()
    settings_of = __import__("pvideo.settings", fromlist=["current"])
    kernel = scene.kernels[-1]
    journal = Journal(scene.home / "journal.db", kept=lambda: sidecar.rows(settings_of.current().video_folder))
    kernel.engine.journal = kernel.engine.tools.journal = journal
    kernel.dead = False

    second = scene.press(again=False)

    assert second.intent == first.intent
    assert len(scene.paid) == 1
    assert [row.intent for row in queries.history(journal)] == [first.intent]


def test_found_a9_the_engine_rebuilds_what_is_missing(demo: RunningDemo, tmp_path: Path) -> None:
    import pvideo
    from pvideo.job.press import find_model, press

    def cell() -> Any:
        return press(find_model(None), {"prompt": "A cat", "draft": True, "duration": 1}, again=False, reuse=True)

    first = cell().wait(60)
    Engine.get().close()
    for path in (tmp_path / "home").iterdir():
        path.unlink()
    assert [video.intent for video in pvideo.library()] == [first.intent]
    assert cell().intent == first.intent
    assert len(demo.predictions()) == 1


# -- A8


AWAY = {
    "deleted": lambda path: path.unlink(),
    "deleted with what lies beside it": lambda path: [one.unlink() for one in path.parent.glob("journal.db*")],
    "its folder deleted": lambda path: [*(one.unlink() for one in path.parent.iterdir()), path.parent.rmdir()],
    "renamed": lambda path: path.rename(path.with_name("old.db")),
    "replaced by an empty file": lambda path: (path.with_name("new").write_bytes(b""), path.with_name("new").replace(path)),
    "replaced by noise": lambda path: (path.with_name("new").write_bytes(b"noise" * 999), path.with_name("new").replace(path)),
    "replaced by an older one": lambda path: path.with_name("older.db").replace(path),
}


@pytest.mark.parametrize("away", AWAY)
def test_found_a8_what_is_paid_is_in_the_journal_of_that_name(scene: Scene, away: str) -> None:
    with closing(Journal(scene.home / "older.db")) as older:
        older.add(row_of(77))
        older.read("PRAGMA wal_checkpoint(TRUNCATE)")
    before = scene.press(prompt="before")  # runs
    scene.run(0.3)
    AWAY[away](scene.home / "journal.db")

    after = scene.press(prompt="after")
    scene.run(0.3)
    scene.restart()
    scene.settle()

    rows = {row.intent: row for row in scene.rows()}
    assert [rows[one.intent].state for one in (before, after)] == ["done", "done"]
    assert {rows[one.intent].sha256 for one in (before, after)} == {item["sha256"] for item in scene.paid}
    assert len(scene.paid) == 2
    if away == "replaced by an older one":
        assert "job-77" in rows
    scene.checked = True


def test_found_a8_between_the_press_and_the_create(scene: Scene) -> None:
    """It goes while the press waits for the loop: what may be sent is decided by the file of that name."""
    video = scene.press()
    (scene.home / "journal.db").unlink()
    scene.settle()
    scene.restart()

    assert scene.row(video).state == "done"
    assert len(scene.paid) == 1


def test_found_a8_a_place_that_is_taken_refuses_unsent(scene: Scene) -> None:
    from pvideo.errors import JournalError

    for one in scene.home.iterdir():
        one.unlink()
    (scene.home / "journal.db").mkdir()
    with pytest.raises(JournalError, match="Nothing was sent"):
        scene.press()
    assert scene.creates == []
    (scene.home / "journal.db").rmdir()
    scene.press()
    scene.settle()
    assert len(scene.paid) == 1


def test_found_a8_two_kernels_go_over_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(Journal(path, owner="one")) as one, closing(Journal(path, owner="two")) as two:
        one.add(row_of(1, state="running", owner="one", prediction_id=None))
        two.add(row_of(2, state="running", owner="two", prediction_id=None))
        path.unlink()
        one.update("job-1", status="first")
        two.update("job-2", status="second")
        two.update("job-1", remark="seen by the other")
        one.update("job-2", stars=3)
        for journal in (one, two):
            found = {row.intent: row for row in queries.history(journal)}
            assert {name: row.status for name, row in found.items()} == {"job-1": "first", "job-2": "second"}
            assert (found["job-1"].remark, found["job-2"].stars) == ("seen by the other", 3)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


# -- B7, D9, D12


def test_found_b7_no_cost_is_below_nothing(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.db")) as journal:
        for number, cost in enumerate((-500_000, "abc", b"\x01", 2**62, 2**62, 25_000)):
            journal.add(row_of(number, day="2026-01-01", estimate=None))
            write(journal.path, f"job-{number}", cost=cost)
        spent = journal.spent(realm="real", day="2026-01-01", session="")
        assert (spent.day, spent.total, spent.session) == (Decimal("0.025"),) * 3
        assert library_cost(journal) == Decimal("0.025")


def library_cost(journal: Journal) -> Decimal:
    from pvideo.library.search import search

    return search(journal, Filter()).cost


@pytest.mark.parametrize("mode", [0o755, 0o775, 0o750, 0o700])
def test_found_d9_a_folder_that_was_there_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(mode)
    Journal(home / "journal.db").close()
    assert home.stat().st_mode & 0o777 == mode
    assert (home / "journal.db").stat().st_mode & 0o777 == 0o600


def test_found_d9_a_folder_of_ours_is_private(tmp_path: Path) -> None:
    Journal(tmp_path / "a" / "home" / "journal.db").close()
    assert (tmp_path / "a" / "home").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "words", ["x" * 60_000, "word " * 12_000, " ".join(f"{n:020}" for n in range(3_000)), "★ %_\\ " * 9_000, "\ud800", "\x00"]
)
def test_found_d12_a_long_search_finds_what_is_there(tmp_path: Path, words: str) -> None:
    with closing(Journal(tmp_path / "journal.db")) as journal:
        journal.add(row_of(1, prompt=words.encode(errors="replace").decode()))
        journal.add(row_of(2, prompt="A dog"))
        for text in (words, words.upper()):
            assert "job-2" not in {row.intent for row in queries.history(journal, text.strip() or "nothing")}
        if "★" not in words and words.isprintable():
            assert [row.intent for row in queries.history(journal, words)] == ["job-1"]
            assert [row.intent for row in queries.history(journal, words.upper())] == ["job-1"]
            assert queries.history(journal, words + " absent") == []
