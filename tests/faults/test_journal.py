"""D10, D12: the journal is locked, damaged, newer, read-only, on a disk that is full or refuses WAL; and it is long."""

from __future__ import annotations

import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pvideo.errors import JournalError
from pvideo.library import queries, sidecar
from pvideo.library.journal import Journal
from pvideo.library.press_key import typed_key
from pvideo.library.rows import JobRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.killing.ground import Ground
    from tests.support.demo import RunningDemo

PAGE = 4096


def row_of(number: int, **changes: Any) -> JobRow:
    prompt = f"A cat number {number} walking through a field of flowers in slow motion"
    made = JobRow(
        intent=f"job-{number}",
        state="done",
        press_key=f"key-{number}",
        fingerprint=f"f{number}",
        model="prunaai/p-video",
        prompt=prompt,
        typed_key=f"key-{number}",
        typed={"prompt": prompt},
        input={"prompt": prompt, "duration": 5, "seed": number},
        day=f"2026-{number // 28 % 12 + 1:02d}-{number % 28 + 1:02d}",
        pressed_at=1_795_000_000.0 + number,
        prediction_id=f"{number:08d}" + "a" * 18,
        status="succeeded",
        cost=Decimal("0.10"),
        estimate=Decimal("0.10"),
        files=(f"/videos/{number}.mp4",),
        took=10.0,
        finished_at=1_795_000_010.0 + number,
    )
    return replace(made, **changes)


def key_of(number: int) -> str:
    made = row_of(number)
    return typed_key(made.realm, made.model, made.typed)


def healthy(path: Path, rows: int = 30) -> bytes:
    """Make a journal and return its bytes."""
    with closing(Journal(path)) as journal:
        for number in range(rows):
            journal.add(row_of(number))
    return path.read_bytes()


# -- D10


def test_d10_the_first_kernels_of_a_home_wait_for_each_other(tmp_path: Path) -> None:
    """SQLite does not wait for a file that is to become WAL while another kernel writes it: "database is locked" came at once."""
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")  # as the first kernel does to make its tables
        letting_go = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
        letting_go.start()
        with closing(Journal(path)) as journal:
            assert journal.read("PRAGMA journal_mode")[0][0] == "wal"
        letting_go.join()


def test_d10_kernels_that_start_at_the_same_moment_all_get_the_journal(ground: Ground) -> None:
    at = time.monotonic() + 0.15
    cells = [ground.start(at=at, prompt=f"cat {number}") for number in range(6)]
    ends = [cell.until("done", "late", "error") for cell in cells]
    assert [end["event"] for end in ends] == ["done"] * 6, ends
    for cell in cells:
        cell.join()


def test_d10_locked_says_so_before_anything_is_sent(ground: Ground, demo_server: RunningDemo) -> None:
    healthy(ground.home / "journal.db")
    with closing(sqlite3.connect(ground.home / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        cell = ground.start()
        end = cell.until("done", "late", "error")
        took = time.monotonic() - began
        other.execute("ROLLBACK")
    cell.join()

    assert end["type"] == "JournalError"
    assert "busy" in end["text"]
    assert "Nothing was sent" in end["text"]
    assert took < 12
    assert demo_server.requests() == []


def test_d10_locked_for_a_moment_only_waits(ground: Ground) -> None:
    healthy(ground.home / "journal.db", rows=0)
    with closing(sqlite3.connect(ground.home / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        cell = ground.start()
        assert not cell.run_out(1.0)
        other.execute("ROLLBACK")
    assert cell.until("done", "late", "error")["event"] == "done"
    cell.join()
    ground.check()


def test_d10_locked_after_the_create_keeps_what_was_paid(ground: Ground, demo_server: RunningDemo) -> None:
    """Another program holds the journal from the moment the server accepts: the id is noted as soon as it lets go."""
    (hold,) = demo_server.faults([{"match": {"op": "create"}, "phase": "after_accept", "do": "hold"}])
    cell = ground.start()
    assert demo_server.reached(hold)
    with closing(sqlite3.connect(ground.home / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        demo_server.release(hold)
        assert not cell.run_out(6.0), "it waits for the journal longer than one attempt of 5 s"
        other.execute("ROLLBACK")
    assert cell.until("done", "late", "error", within=60)["event"] == "done"
    cell.join()
    ground.check()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing but noise": lambda data: random.Random(1).randbytes(len(data)),
    "text": lambda _: b"this is not a database\n" * 900,
    "its head gone": lambda data: b"\0" * 100 + data[100:],
    "its schema gone": lambda data: data[:100] + random.Random(2).randbytes(PAGE - 100) + data[PAGE:],
    "cut in a page": lambda data: data[: len(data) // 2 + 77],
    "cut at a page": lambda data: data[: len(data) // PAGE // 2 * PAGE],
    "a page of zeros": lambda data: data[: PAGE * 2] + b"\0" * PAGE + data[PAGE * 3 :],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_d10_damaged_is_set_aside_and_rebuilt(tmp_path: Path, damage: str) -> None:
    path, videos = tmp_path / "home" / "journal.db", tmp_path / "videos"
    videos.mkdir()
    bad = DAMAGES[damage](healthy(path))
    for number in (1, 2):
        video = videos / f"{number}.mp4"
        video.write_bytes(b"video")
        sidecar.write(video, row_of(number))
    path.write_bytes(bad)

    with closing(Journal(path, kept=lambda: sidecar.rows(videos))) as journal:
        assert journal.damaged is not None
        assert journal.damaged.read_bytes() == bad, "it is kept as it was: someone may be able to read it"
        assert {row.intent for row in queries.history(journal)} == {"job-1", "job-2"}
        assert journal.by_press(key_of(1), str(videos)).files == (str(videos / "1.mp4"),)
    with closing(Journal(path)) as journal:
        assert journal.damaged is None


def test_d10_two_damages_in_one_second_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for text in (b"first" * 999, b"second" * 999, b"third" * 999):
        path.write_bytes(text)
        Journal(path).close()
    assert {one.read_bytes()[:5] for one in tmp_path.glob("journal.db.damaged-*")} == {b"first", b"secon", b"third"}


def test_d10_of_several_that_find_it_damaged_one_replaces_it(make_ground: Callable[..., Ground]) -> None:
    ground = make_ground()
    ground.home.mkdir()
    (ground.home / "journal.db").write_bytes(b"noise" * 9999)
    at = time.monotonic() + 0.3
    cells = [ground.start(at=at) for _ in range(6)]
    ends = [cell.until("done", "late", "error") for cell in cells]
    assert [end["event"] for end in ends] == ["done"] * 6, ends
    for cell in cells:
        cell.join()
    assert len(list(ground.home.glob("journal.db.damaged-*"))) == 1
    ground.check()


@pytest.mark.parametrize("seed", range(40))
def test_d10_flipped_bits_never_raise_anything_but_ours(tmp_path: Path, seed: int) -> None:
    """Wherever a bit flips, the journal works, is set aside, or says in our words what is wrong; no byte of it is deleted."""
    chance, path = random.Random(seed), tmp_path / "journal.db"
    data = bytearray(healthy(path))
    for _ in range(chance.choice((1, 8, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)

    said = ""
    try:
        with closing(Journal(path)) as journal:
            if journal.damaged is not None:
                assert journal.damaged.read_bytes() == bytes(data)
            journal.press(row_of(1000, state="new", prediction_id=None), reuse="any")
            assert journal.get("job-1000") is not None
    except JournalError as error:
        said = error.key
    assert said in {"", "folder_closed", "journal_newer"}
    assert sum(one.stat().st_size for one in tmp_path.glob("journal.db*")) >= len(data)


def test_d10_newer_is_left_alone(ground: Ground, demo_server: RunningDemo) -> None:
    path = ground.home / "journal.db"
    healthy(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
    before = path.read_bytes()

    cell = ground.start()
    end = cell.until("done", "late", "error")
    cell.join()

    assert (end["event"], end["type"]) == ("error", "JournalError")
    assert "99" in end["text"] or "newer" in end["text"]
    assert path.read_bytes() == before
    assert demo_server.requests() == []


def test_d10_a_home_that_cannot_be_written_sends_nothing(ground: Ground, demo_server: RunningDemo) -> None:
    """A file stands where the folder should be (root may write everywhere, so permissions alone prove nothing)."""
    ground.home.write_text("in the way")
    cell = ground.start()
    end = cell.until("done", "late", "error")
    cell.join()
    assert end["type"] == "JournalError"
    assert demo_server.requests() == []


def test_d10_a_network_folder_that_refuses_wal_keeps_the_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            return super().execute("PRAGMA journal_mode=DELETE" if "journal_mode=WAL" in sql else sql, *values)

    connect = sqlite3.connect
    monkeypatch.setattr("pvideo.library.store.sqlite3.connect", lambda *args, **more: connect(*args, factory=Refusing, **more))
    with closing(Journal(tmp_path / "journal.db")) as journal:
        assert journal.read("PRAGMA journal_mode")[0][0] == "delete"
        assert journal.read("PRAGMA synchronous")[0][0] == 2, "FULL"
        kept, new = journal.press(row_of(1, state="new", prediction_id=None), reuse="any")
        assert (kept.intent, new) == ("job-1", True)
        assert journal.press(row_of(2, state="new", prediction_id=None, typed_key="key-1"), reuse="any")[1] is False
        assert journal.claim_sending("job-1", "me", sent_at=1.0, sent_steady=1.0, boot="b")
        assert not journal.claim_sending("job-1", "other", sent_at=1.0, sent_steady=1.0, boot="b")
    assert not (tmp_path / "journal.db-wal").exists()


FULL = """
import resource, signal, sys
from pathlib import Path
from pvideo.errors import JournalError
from pvideo.library.journal import Journal
sys.path.insert(0, {root!r})
from tests.faults.test_journal import row_of

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path({path!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
written = 0
try:
    for number in range(10_000):
        journal.press(row_of(number, state="new", prediction_id=None), reuse="none")
        written += 1
except JournalError as error:
    print(error.key, written)
"""


def test_d10_a_full_disk_refuses_and_keeps_what_is_there(tmp_path: Path) -> None:
    root, path = Path(__file__).resolve().parents[2], tmp_path / "journal.db"
    program = FULL.format(root=str(root), path=str(path))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    key, written = ran.stdout.split()
    assert key in {"disk_full", "folder_closed"}
    assert int(written) > 1
    with closing(Journal(path)) as journal:
        assert len(queries.history(journal, limit=10_000)) == int(written)


def test_d10_the_limits_of_this_process_are_untouched() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert signal.getsignal(signal.SIGXFSZ) in {signal.SIG_IGN, signal.SIG_DFL}


# -- D12


@pytest.fixture(scope="module")
def long_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of 10,000 videos."""
    path = tmp_path_factory.mktemp("long") / "journal.db"
    with closing(Journal(path)) as journal, journal.transaction() as db:
        from pvideo.library.journal import _insert

        for number in range(10_000):
            _insert(db, row_of(number))
    return path


def quickest(act: Callable[[], Any], times: int = 7) -> float:
    """Return the shortest of several times that this thread had a processor: what other tests take meanwhile does not count."""
    took = []
    for _ in range(times):
        began = time.thread_time()
        act()
        took.append(time.thread_time() - began)
    return min(took)


def test_d12_ten_thousand_rows_open_within_a_second(long_journal: Path) -> None:
    assert quickest(lambda: Journal(long_journal).close(), 3) < 1.0


def test_d12_ten_thousand_rows_answer_within_20_ms(long_journal: Path) -> None:
    with closing(Journal(long_journal)) as journal:
        asked: dict[str, Callable[[], Any]] = {
            "first page": lambda: queries.history(journal, limit=50),
            "next page": lambda: queries.history(journal, limit=50, offset=5_000),
            "the cell's own": lambda: journal.by_press("key-7777", ""),
            "spent": lambda: journal.spent(realm="real", day="2026-03-03", session="s"),
            "unfinished": journal.unfinished,
            "durations": lambda: journal.durations(model="prunaai/p-video", realm="real", shape=""),
            "news": lambda: queries.news(journal, set()),
            "size": lambda: queries.size(journal),
        }
        took = {name: quickest(act) for name, act in asked.items()}
        assert max(took.values()) < 0.020, took
        assert len(queries.history(journal, limit=50)) == 50
        assert quickest(lambda: queries.history(journal, "flowers 9876", limit=50)) < 0.060
        assert [row.intent for row in queries.history(journal, "number 9876 ", limit=50)] == ["job-9876"]
