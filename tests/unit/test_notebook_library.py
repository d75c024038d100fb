"""The history: what the page may ask for, and what stands where no page is."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.test_journal import row_of
from tests.support.notebook import FakeComm

import pvideo
from pvideo import settings
from pvideo.job.engine import Engine
from pvideo.notebook import base, errands
from pvideo.notebook.history import ROW_KEYS, as_text, row_view, text_of, total
from pvideo.notebook.library import History
from pvideo.notebook.thumbs import thumb

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[2] / "js" / "src" / "library" / "row.ts"


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    settings.reset()
    made = Engine.get()
    for number in range(50):
        made.journal.add(job(number, tmp_path))
    yield made
    made.close()
    settings.reset()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    started: list[threading.Thread] = []
    monkeypatch.setattr(errands, "hand", lambda *args: started.append(base.hand(*args)))
    return started


def job(number: int, folder: Path) -> Any:
    file = folder / f"{number}.mp4"
    file.write_bytes(b"x" * number)
    return row_of(number, pressed_at=1000.0 + number, files=(str(file),), bytes=number, sha256=None, folder=str(folder))


def say(history: History, kind: str, **content: Any) -> None:
    nonce = history.found["nonce"]
    history.comm.say({"kind": kind, "nonce": nonce, **content})


def joined(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(10)


def test_only_the_rows_that_are_asked_for_are_sent() -> None:
    history = History(pvideo.library())

    say(history, "rows", start=10, stop=30, stamp=history.found["stamp"])
    say(history, "rows", start=0, stop=10_000)
    say(history, "rows", start=-1, stop=5)

    pages = [message.data["content"] for message in history.comm.custom("rows")]
    assert [len(page["rows"]) for page in pages] == [20, errands.PAGE]
    assert pages[0]["rows"][0]["id"] == "job-39"
    assert history.found["count"] == 50
    assert history.found["total"].startswith("50 videos · 1 kB · $")
    assert len(str(history.get_state())) < 20_000


def test_the_search_box_and_the_choices_narrow(tmp_path: Path, engine: Engine) -> None:
    history = History(pvideo.library())
    engine.journal.update("job-7", stars=2, remark="a penguin")

    say(history, "query", query={"text": "PENGUIN", "starred": False, "here": False})
    assert history.library.intents == ("job-7",)
    say(history, "query", query={"text": "", "starred": True, "here": False})
    assert history.library.intents == ("job-7",)
    say(history, "query", query={"text": "", "starred": False, "here": True})
    assert history.found["count"] == 0
    say(history, "query", query="strange")
    assert history.query["here"] is True
    assert history.search("PENGUIN")[0].intent == "job-7"


def test_a_row_is_opened_starred_and_forgotten(threads: list[threading.Thread], engine: Engine) -> None:
    history = History(pvideo.library())

    say(history, "open", id="job-3")
    say(history, "star", id="job-3", stars=4)
    joined(threads)
    assert history.views[0]["id"] == "job-3"
    assert engine.journal.get("job-3").stars == 4

    say(history, "forget", id="job-3")
    joined(threads)
    assert "job-3" not in history.library.intents
    assert Path(engine.journal.get("job-3").files[0]).is_file()
    assert history.comm.custom("told")[-1].data["content"]["text"] == "Taken out of the history; nothing was deleted."


def test_a_page_that_was_not_given_the_rows_presses_nothing(threads: list[threading.Thread], engine: Engine) -> None:
    history = History(pvideo.library())

    say(history, "forget", id="job-3", nonce="guessed")
    say(history, "forget", id="not-there")
    say(history, "delete", id="job-3")

    joined(threads)
    assert threads == [] or len(history.library) == 50
    assert not engine.journal.get("job-3").hidden


def test_a_moved_file_is_looked_for_and_asked_for(threads: list[threading.Thread], tmp_path: Path) -> None:
    (tmp_path / "49.mp4").rename(tmp_path / "moved.bin")
    history = History(pvideo.library())
    say(history, "rows", start=0, stop=1)
    assert history.comm.custom("rows")[0].data["content"]["rows"][0]["missing"]

    say(history, "find", id="job-49", where=str(tmp_path / "nowhere"))
    joined(threads)
    said = history.comm.custom("told")[-1].data["content"]
    assert said["ask"] == "job-49"
    say(history, "find", id="job-49")
    joined(threads)

    assert history.comm.custom("told")[-1].data["content"]["text"].endswith("moved.bin")
    assert history.library[0].path == tmp_path / "moved.bin"


def test_selected_rows_become_videos_and_a_page(threads: list[threading.Thread], tmp_path: Path) -> None:
    history = History(pvideo.library())

    say(history, "select", ids=["job-5", "job-6", "gone"])
    assert [video.intent for video in history.selected] == ["job-5", "job-6"]
    say(history, "save_page")
    joined(threads)

    said = history.comm.custom("told")[-1].data["content"]
    assert (tmp_path / said["file"]).read_text().count("<video") == 2


def test_a_row_has_the_keys_that_the_page_knows(engine: Engine) -> None:
    import re

    shown = row_view(engine.journal.get("job-1"))
    interface = re.search(r"export interface Row \{(.*?)\n\}", SOURCE.read_text(encoding="utf-8"), re.DOTALL)

    assert interface
    assert set(shown) == set(ROW_KEYS) == set(re.findall(r"^  (\w+):", interface[1], re.MULTILINE))


def test_without_a_page_it_is_a_table_of_text() -> None:
    text = text_of(pvideo.library("number"))

    assert len(text.splitlines()) == 22
    assert text.splitlines()[-1].startswith("50 videos · ")
    assert as_text([]) == "No videos here yet. Run a %%pvideo cell or press Generate in a Studio."
    assert as_text([], "x") == "Nothing was found for 'x'."
    assert total(pvideo.library("nobody").found) == ""


def test_a_poster_becomes_a_small_picture() -> None:
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    image.new("RGB", (640, 360), (20, 90, 140)).save(out, "JPEG")

    small = thumb(out.getvalue())

    assert small.startswith("data:image/jpeg;base64,")
    assert len(small) < 4_000
    assert thumb(b"no picture").startswith("data:image/jpeg;base64,")
