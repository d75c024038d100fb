"""Exports, found by trying: whoever may write into the folder lays links where the parts of an export will be."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.demo import tiny_clip
from tests.support.notebook import FakeVideo, made, snap

from pvideo.errors import ExportError
from pvideo.job.export import export as to_file
from pvideo.notebook.page import export, page

if TYPE_CHECKING:
    from collections.abc import Callable

PRECIOUS = b"precious"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "cat.mp4").write_bytes(tiny_clip())
    return tmp_path


def _whole(path: Path) -> bool:
    begins = {".zip": b"PK\x03\x04", ".html": b"<!doctype", ".gif": b"GIF89a", ".webm": b"\x1aE\xdf\xa3", ".mp4": tiny_clip()[:16]}
    return path.read_bytes().startswith(begins[path.suffix])


def _export(target: str) -> Path:
    source = Path("videos/cat.mp4").absolute()
    return export(target, FakeVideo(made(source, name="cat"))) if target.endswith((".zip", ".html")) else to_file(source, target)


def _names(target: str) -> list[str]:
    """Every name that a part of this export has, had, or might have."""
    stem, suffix = Path(target).stem, Path(target).suffix
    return [
        *(f".{target}.part", f".{stem}.part{suffix}", f"{target}.part", f"{stem}.part", f"{target}.tmp"),
        *(f"{target}.{os.getpid()}.part", f".{target}.{os.getpid()}.part"),
    ]


def _symlink(place: Path, victim: Path) -> None:
    place.symlink_to(victim)


def _dangling(place: Path, victim: Path) -> None:
    place.symlink_to(victim.with_name("made-through-a-link"))


def _hard_link(place: Path, victim: Path) -> None:
    os.link(victim, place)


@pytest.mark.parametrize("target", ["x.zip", "x.html", "x.mp4", "x.gif", "x.webm"])
@pytest.mark.parametrize("trap", [_symlink, _dangling, _hard_link], ids=lambda trap: trap.__name__.strip("_"))
def test_found_d10_an_export_never_writes_through_a_link(folder: Path, trap: Callable[[Path, Path], None], target: str) -> None:
    victim = folder / "victim"
    victim.write_bytes(PRECIOUS)
    for name in _names(target):
        trap(folder / name, victim)

    path = _export(target)

    assert victim.read_bytes() == PRECIOUS
    assert not (folder / "made-through-a-link").exists()
    assert path.is_file()
    assert not path.is_symlink()
    assert _whole(path)
    if target == "x.zip":
        with zipfile.ZipFile(path) as archive:
            assert archive.read("videos/cat.mp4") == tiny_clip()


@pytest.mark.parametrize("target", ["x.zip", "x.html", "x.mp4"])
def test_found_d10_a_link_that_comes_in_the_last_moment_is_not_followed(folder: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """The attacker watches the folder and is faster than we are: the link stands there when the part is opened."""
    victim = folder / "victim"
    victim.write_bytes(PRECIOUS)
    real = os.open

    def late(path: Any, flags: int, *more: Any, **options: Any) -> int:
        if str(path).endswith(".part") and flags & os.O_CREAT and not os.path.lexists(path):
            Path(path).symlink_to(victim)
        return real(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", late)

    with pytest.raises(ExportError, match="File exists"):
        _export(target)

    assert victim.read_bytes() == PRECIOUS
    assert not (folder / target).exists()


def test_found_d10_a_target_that_is_a_link_is_replaced(folder: Path) -> None:
    victim = folder / "victim"
    victim.write_bytes(PRECIOUS)
    (folder / "x.zip").symlink_to(victim)

    assert not _export("x.zip").is_symlink()
    assert victim.read_bytes() == PRECIOUS


def test_found_d10_what_breaks_off_leaves_what_was_there(folder: Path) -> None:
    (folder / "x.gif").write_bytes(b"before")
    (folder / "videos" / "cat.mp4").write_bytes(b"no video")
    with pytest.raises(ExportError):
        _export("x.gif")
    assert (folder / "x.gif").read_bytes() == b"before"
    assert {path.name for path in folder.iterdir()} <= {"x.gif", "videos", "home"}


def test_found_d6_a_page_to_give_away_plays_what_can_be_played_only(folder: Path) -> None:
    shown = []
    for name, data, text in (
        ("a.bin", b"\x07\x03\x99" * 9, ""),
        ("b.svg.txt", b"<svg onload='alert(1)'/>", "<svg onload='alert(1)'/>"),
        ("c.html.txt", b"<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("d.exr", b"v/1\x01", ""),
    ):
        file = folder / "videos" / name
        file.write_bytes(data)
        shown.append(snap("succeeded", path=file, paths=(file,), text=text, name=name[0], intent=name, took=1.0))

    html = page(shown)

    assert "<video" not in html
    assert html.count('<a href="data:application/octet-stream;base64,') == 2
    assert html.count('<img src="data:image/svg+xml;base64,') == 1
    assert "&lt;script&gt;alert(1)" in html
    assert "<svg" not in html
