"""`pvideo.library`, ratings, moved files, exports: what a person does with finished videos, on a real engine and the demo's sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.canary import replicate_canary

import pvideo
from pvideo.errors import ExportError, InputError, PVideoError
from pvideo.job.engine import Engine
from pvideo.job.press import generate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.demo import RunningDemo

    from pvideo.job.video import Video


pytestmark = pytest.mark.usefixtures("demo")


def made(prompt: str = "A cat", **inputs: Any) -> Video:
    return generate(prompt, **{"draft": True, "duration": 1, **inputs}).wait(30)


def test_a_library_is_a_sequence_of_videos(demo: RunningDemo) -> None:
    cat, boat = made("A cat"), made("A boat")

    library = pvideo.library()

    assert list(library) == [boat, cat]
    assert library[-1] is cat
    assert library[:1] == [boat]
    assert len(library) == 2
    assert cat in library
    assert list(library.search("cat")) == [cat]
    assert list(library.search("cat").search("boat")) == []
    assert list(pvideo.library(limit=1)) == [boat]
    assert list(pvideo.library(model="a/b")) == []
    assert list(pvideo.library(until="2020-01-01")) == []
    assert list(pvideo.library(folder="videos")) == [boat, cat]
    assert repr(library).splitlines()[0] == "Library(2 videos, $0.01)"
    assert len(demo.predictions()) == 2


def test_a_choice_that_does_not_fit_is_told() -> None:
    with pytest.raises(InputError, match="since is a date like 2026-11-20; 'tomorrow' was given"):
        pvideo.library(since="tomorrow")
    with pytest.raises(InputError, match=r"search\(\) takes no color"):
        pvideo.library().search(color="red")


def test_the_room_does_not_take_the_function_away() -> None:
    code = "import pvideo.library.journal, pvideo; print(callable(pvideo.library), pvideo.library.journal.__name__)"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert shown.strip() == "True pvideo.library.journal"


def test_a_library_becomes_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    made().rate(4, "good")
    kept: list[Any] = []
    frame = SimpleNamespace(from_records=lambda rows: kept.extend(rows) or "frame")
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=frame))

    assert pvideo.library().to_dataframe() == "frame"
    assert kept[0]["prompt"] == "A cat"
    assert (kept[0]["stars"], kept[0]["note"], kept[0]["input.draft"]) == (4, "good", True)
    assert kept[0]["cost"] == 0.005


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(ExportError, match="pip install pandas"):
        pvideo.library().to_dataframe()


def test_a_rating_is_in_the_journal_and_beside_the_file() -> None:
    video = made()

    assert video.rate(5, "  the light is good ") is video

    assert (video.stars, video.note) == (5, "the light is good")
    row = Engine.get().journal.get(video.intent)
    assert (row.stars, row.remark, row.state) == (5, "the light is good", "done")
    beside = json.loads(video.path.with_suffix(".json").read_text())
    assert (beside["stars"], beside["remark"]) == (5, "the light is good")
    video.rate(0)
    assert (video.stars, video.note) == (0, "the light is good")


@pytest.mark.parametrize("stars", [6, -1, 2.5, True, "5"])
def test_a_strange_rating_is_refused(stars: Any) -> None:
    video = made()

    with pytest.raises(InputError, match="stars is a whole number from 0 to 5"):
        video.rate(stars)

    assert video.stars == 0


def test_a_note_with_a_token_is_refused() -> None:
    with pytest.raises(PVideoError) as caught:
        made().rate(note=f"made with {replicate_canary()}")

    assert caught.value.key == "token_in_cell"


def test_a_video_knows_exactly_what_made_it() -> None:
    video = made(seed=7)

    about = video.about

    assert about["inputs"] == {"prompt": "A cat", "draft": True, "duration": 1, "seed": 7}
    assert about["model"] == video.model == "prunaai/p-video"
    assert about["seed"] == about["sent"]["seed"] == 7
    assert about["path"] == video.path
    assert about["pressed_at"] <= about["finished_at"]
    assert len(about["sha256"]) == 64


def test_a_moved_file_is_found_by_what_is_in_it(tmp_path: Path) -> None:
    video, other = made("A cat"), made("A boat")
    elsewhere = tmp_path / "deep" / "er"
    elsewhere.mkdir(parents=True)
    video.path.rename(elsewhere / "renamed.mp4")
    Engine.get().close()
    again = pvideo.library("cat")[0]
    assert again.path is None
    assert again.error.key == "file_missing"

    assert again.find(other.path) is None
    assert again.find(tmp_path / "nowhere") is None
    assert again.find() == elsewhere / "renamed.mp4"

    assert again.path == elsewhere / "renamed.mp4"
    assert again.error is None
    assert (elsewhere / "renamed.json").is_file()


def test_forgetting_takes_a_row_and_no_file() -> None:
    video = made()

    video.forget()

    assert list(pvideo.library()) == []
    assert video.path.is_file()
    assert Engine.get().journal.get(video.intent).state == "done"


def test_a_video_is_copied_and_made_into_other_kinds(tmp_path: Path) -> None:
    pytest.importorskip("av")
    video = made()

    copy = video.export(tmp_path / "out" / "copy.mp4")
    gif, webm = video.export(tmp_path / "small.gif"), video.export(tmp_path / "small.webm")

    assert copy.read_bytes() == video.path.read_bytes()
    assert gif.read_bytes()[:6] == b"GIF89a"
    assert webm.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    assert video.export(tmp_path / "out") == tmp_path / "out" / video.path.name
    assert not list(tmp_path.rglob("*.part*"))
    with pytest.raises(ExportError, match=r"copy\.avi is none of"):
        video.export("copy.avi")


def test_a_folder_is_shown_only_where_there_is_a_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr("pvideo.job.keeping.subprocess.Popen", lambda command, **_: started.append(command))
    monkeypatch.setattr("pvideo.job.keeping.sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    video = made()

    assert video.reveal() == video.path.parent
    assert started == []
    monkeypatch.setenv("DISPLAY", ":0")
    video.reveal()
    assert started == [["xdg-open", str(video.path.parent)]]


def test_a_label_goes_into_the_gateway_s_metadata(demo: RunningDemo) -> None:
    pvideo.configure(label="student-07")

    video = made()

    (create,) = demo.requests(host="gateway", method="POST")
    assert json.loads(create["headers"]["cf-aig-metadata"])["label"] == "student-07"
    assert Engine.get().journal.get(video.intent).metadata["label"] == "student-07"


def test_a_label_is_short_text_and_no_token() -> None:
    for label in (replicate_canary(), {"a": 1}):
        with pytest.raises(PVideoError) as caught:
            pvideo.configure(label=label)
        assert caught.value.key == "setting_wrong"
