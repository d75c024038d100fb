"""Names that are ours, files that are whole, sidecars that a lost journal is rebuilt from."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvideo.library import files, sidecar
from pvideo.library.journal import Journal
from pvideo.library.press_key import typed_key
from pvideo.library.rows import JobRow


@given(st.text(max_size=300), st.text(max_size=40))
def test_a_name_is_plain_whatever_the_prompt_and_the_id(prompt: str, prediction_id: str) -> None:
    name = files.stem("2026-11-20", prompt, prediction_id)

    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(name) <= 10 + 1 + 40 + 1 + 8
    assert Path("videos", name).resolve().parent == Path("videos").resolve()


@pytest.mark.parametrize(
    ("prompt", "slug"),
    [
        ("A cat walking through a field of flowers in slow motion", "a-cat-walking-through-a-field-of-flowers"),
        ("../../etc/passwd", "etc-passwd"),
        ("Ünïcödé — ça va?", "unicode-ca-va"),
        ("猫", "video"),
        ("x" * 90, "x" * 40),
        ("CON", "con"),
    ],
)
def test_slugs(prompt: str, slug: str) -> None:
    assert files.slug(prompt) == slug


def test_placing_keeps_the_same_file_and_moves_aside_for_another(tmp_path: Path) -> None:
    def place(data: bytes) -> str:
        part = files.part_path(tmp_path, "a")
        part.write_bytes(data)
        return files.place(part, "a", ".mp4", files.hash_file(part)).name

    assert [place(b"one"), place(b"one"), place(b"two")] == ["a.mp4", "a.mp4", "a.2.mp4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.2.mp4", "a.mp4"]


def test_without_links_it_still_never_replaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "a.mp4").write_bytes(b"old")
    part = files.part_path(tmp_path, "a")
    part.write_bytes(b"new")

    placed = files.place(part, "a", ".mp4", files.hash_file(part))

    assert placed.name == "a.2.mp4"
    assert (tmp_path / "a.mp4").read_bytes() == b"old"
    assert not list(tmp_path.glob("*.part"))


def test_an_odd_extension_becomes_plain_bytes(tmp_path: Path) -> None:
    part = files.part_path(tmp_path, "a")
    part.write_bytes(b"x")

    assert files.place(part, "a", "/../evil", "").name == "a.bin"


def test_leftovers_of_dead_processes_are_removed(tmp_path: Path) -> None:
    (tmp_path / "a.77.part").write_bytes(b"half")
    (tmp_path / "b.77.part").write_bytes(b"half")

    files.part_path(tmp_path, "a")

    assert [path.name for path in tmp_path.iterdir()] == ["b.77.part"]


def test_a_lost_journal_is_rebuilt_from_the_sidecars(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    made = JobRow(
        intent="i1",
        press_key="k",
        model="m/m",
        prompt="A cat",
        typed={"prompt": "A cat"},
        seed=2**40,
        prediction_id="p" * 26,
        cost=Decimal("0.025"),
        day="2026-11-20",
        files=(str(videos / "a.mp4"),),
        sha256="00",
    )
    (videos / "a.mp4").write_bytes(b"video")
    sidecar.write(videos / "a.mp4", made)
    (videos / "b.json").write_text('{"pvideo": 1, "file": "../../b", "intent": 1, "prediction_id": 2}')
    (videos / "c.json").write_text("[1]")

    journal = Journal(tmp_path / "journal.db", kept=lambda: sidecar.rows(videos))
    assert [row.intent for row in sidecar.rows(videos)] == ["i1"]

    found = journal.by_press(typed_key("real", "m/m", {"prompt": "A cat"}), str(videos))
    journal.close()
    assert (found.state, found.seed, found.cost, found.files) == ("done", 2**40, Decimal("0.025"), (str(videos / "a.mp4"),))
