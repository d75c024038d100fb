"""A page to give away: everything in it, nothing of this machine."""

from __future__ import annotations

import base64
import json
import re
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.canary import replicate_canary
from tests.support.notebook import FakeVideo, made, snap

from pvideo.errors import ExportError
from pvideo.notebook import page as pages
from pvideo.notebook.page import export, export_command, page

if TYPE_CHECKING:
    from pathlib import Path

    from pvideo.job.states import Snapshot


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return tmp_path


def saved(folder: Path, name: str, **changes: Any) -> Snapshot:
    (folder / "videos").mkdir(exist_ok=True)
    file = folder / "videos" / f"{name}.mp4"
    file.write_bytes(name.encode() * 100)
    return made(file, name=name, intent=name, **changes)


def test_a_page_holds_its_videos_and_names_nothing_else(folder: Path) -> None:
    picture = str(folder / "private" / "me.png")
    cat = saved(folder, "cat", typed={"prompt": "A <cat>", "image": {"path": picture, "sha256": "0"}}, prompt="A <cat>")

    path = export("out/page.html", FakeVideo(cat))
    text = path.read_text()

    assert path == folder / "out" / "page.html"
    found = re.search(r'src="data:video/mp4;base64,([^"]+)"', text)
    assert found
    assert base64.b64decode(found[1]) == b"cat" * 100
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "A &lt;cat&gt;" in text
    assert "<script>" not in text
    assert str(folder) not in text
    assert "me.png" in text


def test_a_comparison_plays_together_and_says_what_differs(folder: Path) -> None:
    inputs = {"prompt": "A cat", "duration": 5, "draft": True}
    one = saved(folder, "draft", input=inputs, stars=3, remark="nice")
    two = saved(folder, "final", input={**inputs, "draft": False})

    text = page([one, two])

    assert text.count("<video") == 2
    assert "▶ Play all" in text
    assert "<th>draft</th><td>True</td><td>False</td>" in text
    assert "<th>duration</th>" not in text
    assert "★★★" in text
    assert "nice" in text


def test_no_token_gets_into_a_page_or_a_zip(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = replicate_canary()
    book = folder / "book.ipynb"
    book.write_text(json.dumps({"cells": [{"source": f"token = '{token}'"}]}))
    monkeypatch.setenv("JPY_SESSION_NAME", str(book))
    monkeypatch.setattr("pvideo.notebook.hosts.running_shell", lambda: SimpleNamespace(kernel=object(), user_ns={}))
    cat = FakeVideo(saved(folder, "cat", prompt=f"made with {token}", remark=token, typed={"prompt": token}))

    export("page.html", cat)
    export("book.zip", cat)

    assert token not in (folder / "page.html").read_text()
    with zipfile.ZipFile(folder / "book.zip") as archive:
        assert sorted(archive.namelist()) == ["book.ipynb", "videos.html", "videos/cat.mp4"]
        for name in archive.namelist():
            assert token.encode() not in archive.read(name)
        assert archive.read("videos/cat.mp4") == b"cat" * 100


def test_a_page_that_would_be_too_large_offers_a_zip(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LIMIT", 350)
    cat, boat = FakeVideo(saved(folder, "cat")), FakeVideo(saved(folder, "boat"))

    with pytest.raises(ExportError) as caught:
        export("page.html", cat, boat)

    assert caught.value.key == "page_too_large"
    assert caught.value.next == "A zip of notebook and videos instead: %pvideo export page.zip cat boat"
    assert not (folder / "page.html").exists()
    export("page.zip", cat, boat)
    with zipfile.ZipFile(folder / "page.zip") as archive:
        assert archive.namelist() == ["videos/cat.mp4", "videos/boat.mp4"]


def test_what_cannot_be_exported_is_said(folder: Path) -> None:
    with pytest.raises(ExportError, match="There is nothing to take along"):
        export("page.html", FakeVideo(snap("processing")))
    with pytest.raises(ExportError, match=r"page.pdf is none of .html, .zip"):
        export("page.pdf", FakeVideo(saved(folder, "cat")))
    with pytest.raises(ExportError, match="A file without a name"):
        export_command([], [])


def test_sequences_and_repetitions_are_one_list(folder: Path) -> None:
    cat = FakeVideo(saved(folder, "cat"))

    said = export_command(["page.html"], [cat])

    export("twice.html", [cat], cat)
    assert said.startswith("Written: page.html (")
    assert (folder / "twice.html").read_text().count("<video") == 1
