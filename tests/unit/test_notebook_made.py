"""A card and a saved notebook show what came, whatever the model was said to make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.notebook import NOW, snap

from pvideo.job.board import count_words
from pvideo.model.catalog import load
from pvideo.notebook.made import SHOWN_TEXT, called, content_type, files, kind, text
from pvideo.notebook.saved import saved_card
from pvideo.notebook.view import view_of

BASE = Path("/work here")
FOLDER = BASE / "videos"


def made(*names: str, words: str = "", **changes: Any) -> Any:
    paths = tuple(FOLDER / name for name in names)
    return snap("succeeded", path=paths[0] if paths else None, paths=paths, text=words, took=3.0, **changes)


@pytest.mark.parametrize(
    ("names", "shown", "beside"),
    [
        (("a.mp4",), "video", []),
        (("a.png", "b.png", "c.png"), "image", ["b.png", "c.png"]),
        (("a.wav",), "audio", []),
        (("a.txt",), "text", []),
        (("a.output.json",), "json", []),
        (("a.jpg", "a-2.output.json"), "json", ["a.jpg"]),
        (("a.glb",), "file", ["a.glb"]),
        (("a.mp4", "a-2.mp3", "a-3.srt"), "video", ["a-2.mp3", "a-3.srt"]),
    ],
)
def test_the_files_decide_what_stands_where(names: tuple[str, ...], shown: str, beside: list[str]) -> None:
    snapshot = made(*names)

    assert kind(snapshot) == shown
    assert [file["name"] for file in files(snapshot, BASE)] == beside
    assert all(file["file"].startswith("videos/") for file in files(snapshot, BASE))
    view = view_of(snapshot, nonce="n", base=BASE, now=NOW, autoplay=True)
    assert (view["kind"], view["video"] is not None) == (shown, shown in {"video", "image", "audio"})


def test_before_the_files_the_model_s_word_counts() -> None:
    assert kind(snap("processing", done=False)) == "video"
    assert kind(snap("processing", done=False, model="someone/unknown")) == "video"


def test_what_has_no_name_is_called_what_it_is() -> None:
    names = ("a.mp4", "a.png", "a.wav", "a.txt", "a.output.json", "a.glb")

    assert [called(made(name, name="")) for name in names] == ["video", "image", "audio", "text", "data", "file"]
    assert called(made("a.png", name="fox")) == "fox"


def test_a_sweep_counts_what_its_model_makes() -> None:
    model = load("prunaai/p-video")

    assert [count_words(count, model) for count in (1, 8)] == ["1 video", "8 videos"]
    assert [count_words(2, replace(model, output=output)) for output in ("image", "text")] == ["2 images", "2 results"]


def test_a_long_text_is_cut_on_the_card_only() -> None:
    assert len(text(made("a.txt", words="x" * 50_000))) == SHOWN_TEXT + 1


def test_saved_html_has_every_file_and_quotes_what_a_model_wrote() -> None:
    images = saved_card(made("a.png", "b.png"), BASE)
    words = saved_card(made("a.txt", words="<script>alert(1)</script>\nsecond line"), BASE)
    mixed = saved_card(made("a.jpg", "a.output.json", words='{"caption": "x"}'), BASE)
    link = saved_card(made("a b.glb"), BASE)

    assert (images.count("<img "), 'href="videos/b.png"' in images) == (2, True)
    assert "&lt;script&gt;" in words
    assert "<script" not in words
    assert "<pre" in words
    assert ("&quot;caption&quot;" in mixed, "videos/a.jpg" in mixed) == (True, True)
    assert 'href="videos/a%20b.glb"' in link


def test_a_text_has_no_poster_behind_it() -> None:
    view = view_of(made("a.txt", words="hi", poster=b"\xff\xd8\xff"), nonce="n", base=BASE, now=NOW, autoplay=True)

    assert (view["poster"], view["text"]) == ("", "hi")


@pytest.mark.parametrize(
    ("name", "expected"), [("a.mp4", "video/mp4"), ("a.webp", "image/webp"), ("a.mp3", "audio/mpeg"), ("a.zzz", "application/octet-stream")]
)
def test_a_page_is_told_what_a_file_is(name: str, expected: str) -> None:
    assert content_type(Path(name)) == expected
    assert content_type(None) == "video/mp4"
