"""Section C, files: names that are ours, places that are traps, disks that fail, and what a person does to the files."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings, strategies

from pvideo import settings as ours
from pvideo.errors import InputError
from pvideo.library import files, queries
from pvideo.library.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.scene import Scene

NAME = re.compile(r"\d{4}-\d\d-\d\d-[a-z0-9][a-z0-9-]*-[a-z0-9]{8}(-\d+)?")
HOSTILE = [
    "../../etc/passwd",
    "%2e%2e%2f",
    "a\x00b",
    "x" * 5000,
    "CON",
    "\u202egpj.exe",
    "-rf",
    "output.mp4",
    "",
    "..",
    "/",
    "~",
    "$HOME",
    "a\n\r",
    "🎬",
]


@settings(max_examples=300, deadline=None)
@given(
    prompt=strategies.text(max_size=200),
    prediction=strategies.from_regex(r"[a-z0-9]{20,40}", fullmatch=True),
    index=strategies.integers(0, 9),
)
@example("../../etc", "a" * 26, 0)
def test_C07_any_prompt_makes_a_name_of_ours(prompt: str, prediction: str, index: int) -> None:
    name = files.stem("2026-11-20", prompt, prediction, index)
    assert NAME.fullmatch(name)
    assert len(name) < 80


@pytest.mark.parametrize("prompt", HOSTILE)
def test_C07_a_hostile_prompt_stays_inside_the_folder(scene: Scene, prompt: str) -> None:
    video = scene.press(prompt=prompt or "-")
    scene.settle()
    assert video.path.resolve().parent == scene.folder.resolve()
    assert NAME.fullmatch(video.path.stem)


@pytest.mark.parametrize("tail", ["../../evil.sh", "%2e%2e%2fevil", "con.mp4", "a%00b.mp4", "x" * 3000, "%E2%80%AEgpj.exe"])
def test_C07_the_servers_name_is_not_used(scene: Scene, tail: str) -> None:
    video = scene.press()
    scene.run(0.05)
    item = next(iter(scene.demo.state.store))
    url = scene.demo.state.views.output_url(item)
    object.__setattr__(item.fate, "output", f"{url}?name={tail}")
    scene.settle()
    assert NAME.fullmatch(video.path.stem)
    assert video.path.suffix == ".mp4"
    assert {path.suffix for path in scene.folder.iterdir()} == {".mp4", ".json"}


def _symlink(place: Path, victim: Path) -> None:
    place.symlink_to(victim)


def _dangling(place: Path, victim: Path) -> None:
    place.symlink_to(victim.with_name("made-through-a-link"))


def _hard_link(place: Path, victim: Path) -> None:
    os.link(victim, place)


def _fifo(place: Path, victim: Path) -> None:
    os.mkfifo(place)


def _directory(place: Path, victim: Path) -> None:
    place.mkdir()


TRAPS = [_symlink, _dangling, _hard_link, _fifo, _directory]


@pytest.mark.parametrize("where", [".mp4", ".{pid}.part", ".json"])
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__.strip("_"))
def test_C08_it_never_writes_through_what_stands_there(
    scene: Scene, tmp_path: Path, trap: Callable[[Path, Path], None], where: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    video = scene.press()
    scene.run(0.2)
    name = files.stem(scene.row(video).day, "A cat", video.prediction_id)
    scene.folder.mkdir(exist_ok=True)
    place = scene.folder / f"{name}{where.format(pid=os.getpid())}"
    trap(place, victim)
    scene.run(20)
    assert victim.read_bytes() == b"precious"
    assert not (tmp_path / "made-through-a-link").exists()
    if trap is _directory and "part" in where:
        assert video.error.key == "folder_closed_after"
        place.rmdir()
        scene.save_now(video)
        scene.settle()
    assert video.path.read_bytes()[4:8] == b"ftyp"
    for left in list(scene.folder.iterdir()):
        if left != video.path and left.suffix != ".json":
            left.rmdir() if left.is_dir() and not left.is_symlink() else left.unlink()


def test_C08_a_folder_that_is_a_link_is_followed_as_its_owner_set_it(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    scene.folder.symlink_to(tmp_path / "elsewhere")
    video = scene.press()
    scene.settle()
    assert video.path.resolve().parent == tmp_path / "elsewhere"


def test_C12_a_deleted_file_is_said_and_made_good_while_it_lives(scene: Scene) -> None:
    video = scene.press(again=False)
    scene.settle()
    path = video.path
    path.unlink()
    assert queries.missing(scene.row(video))
    found = scene.press(again=False)
    assert (found.error.key, found.path) == ("file_missing", None)
    assert len(scene.paid) == 1
    scene.save_now(found)
    scene.settle()
    assert found.path == path
    assert path.is_file()


def test_C12_after_the_hour_a_deleted_file_is_said_and_costs_nothing(scene: Scene) -> None:
    video = scene.press(again=False)
    scene.settle()
    video.path.unlink()
    scene.run(4000)
    found = scene.press(again=False)
    scene.save_now(found)
    scene.settle()
    assert (found.error.key, len(scene.creates)) == ("file_missing", 1)
    scene.check(lost=frozenset({found.prediction_id}))


def test_C12_an_edited_file_is_called_changed(scene: Scene) -> None:
    from pvideo.notebook.history import as_html

    video = scene.press()
    scene.settle()
    whole = video.path.read_bytes()
    assert not queries.changed(scene.row(video))
    assert "changed" not in as_html([scene.row(video)], scene.folder)
    video.path.write_bytes(b"edited")
    assert queries.changed(scene.row(video))
    assert "changed since it was saved" in as_html([scene.row(video)], scene.folder)
    video.path.write_bytes(whole)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777 & ~0o700])
def test_C13_the_journal_is_its_users_alone_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        journal = Journal(tmp_path / "home" / "deeper" / "journal.db")
        with journal.transaction() as db:
            db.execute("CREATE TABLE more (x)")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home" / "deeper").iterdir()}
        kept = ours.keep({"account_id": "a", "gateway_token": "word"})
    finally:
        os.umask(before)
    assert {"journal.db", "journal.db-wal", "journal.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "home" / "deeper").stat().st_mode) == 0o700
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    journal.close()


@pytest.mark.parametrize("what", ["missing", "empty", "directory", "unreadable", "fifo", "text", "huge"])
def test_C14_a_file_that_cannot_be_sent_is_refused_with_a_reason(scene: Scene, tmp_path: Path, what: str) -> None:
    path = tmp_path / "cat.png"
    if what == "empty":
        path.touch()
    elif what == "directory":
        path.mkdir()
    elif what == "fifo":
        os.mkfifo(path)
    elif what == "text":
        path.write_text("not a picture")
    elif what == "huge":
        with path.open("wb") as file:
            file.truncate(2 * 1024**3)
    elif what == "unreadable":
        path.symlink_to(path)
    with pytest.raises(InputError) as refused:
        scene.press(image=str(path))
    assert [problem.field for problem in refused.value.problems] == ["image"]
    assert "cat.png" in str(refused.value)
    assert not scene.creates


def test_C14_what_leaves_is_hashed_as_sent_without_its_place(scene: Scene, tmp_path: Path) -> None:
    from PIL import Image

    picture, exif = Image.new("RGB", (64, 64), "red"), Image.Exif()
    exif[0x010F] = "Maker-of-the-camera"
    exif.get_ifd(0x8825)[1] = "N"
    picture.save(tmp_path / "cat.jpg", exif=exif)
    (tmp_path / "link.jpg").symlink_to(tmp_path / "cat.jpg")
    video = scene.press(image="link.jpg")
    scene.settle()
    sent = scene.paid[0]["input"]["image"]
    assert "Maker-of-the-camera" not in str(scene.demo.state.store._by_id[video.prediction_id].input)
    assert any("cat.jpg" in note or "link.jpg" in note for note in video.snapshot().notes)
    assert sent.startswith("data:image/jpeg")
