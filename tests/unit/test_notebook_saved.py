"""What a saved notebook keeps: plain, playable, free of markup that is not ours."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.notebook import failed, made, snap

from pvideo.model.catalog import from_api
from pvideo.notebook.options import parse
from pvideo.notebook.saved import poster_url, saved_card
from pvideo.notebook.source import cell_source, python_source

BOOKS = Path("/books")
FILE = BOOKS / "videos" / "2026-cat.mp4"
KEPT = {"figure", "video", "figcaption", "b", "a", "br", "details", "summary", "pre"}
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "{{}} $x$",
    "a\u202eb",
    "a\x00b",
    '"><b onmouseover=x>',
    "💥" * 5000,
]


class Page(HTMLParser):
    """The elements of a page, as a browser would make them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_finished_video_plays_from_a_relative_address_on_the_video_itself() -> None:
    page = Page(saved_card(made(FILE), BOOKS))

    assert page.attributes["video"]["src"] == "videos/2026-cat.mp4"
    assert page.attributes["a"]["href"] == "videos/2026-cat.mp4"
    assert "source" not in page.tags
    assert page.attributes["video"]["preload"] == "metadata"


def test_everything_is_said_in_visible_words() -> None:
    text = Page(saved_card(made(FILE), BOOKS)).text

    for word in ("succeeded", "5 s", "720p", "$0.10", "seed 183", "A cat walking", "Make it again", "%%pvideo cat"):
        assert word in text


@pytest.mark.parametrize("snapshot", [made(FILE), failed("model_failed"), failed("gateway_token", "rejected"), snap("processing")])
def test_only_what_an_untrusted_notebook_keeps_is_used(snapshot: Any) -> None:
    html = saved_card(snapshot, BOOKS)

    assert set(Page(html).tags) <= KEPT
    for dropped in ("role=", "aria-", "data-", " id=", "class=", "var(", "<style", "color:"):
        assert dropped not in html.replace('"data:', '"')


def test_an_end_without_a_video_is_a_readable_card() -> None:
    page = Page(saved_card(failed("model_failed"), BOOKS))

    assert "video" not in page.tags
    for word in ("failed", "see billing", "CUDA out of memory", "Try again", "%%pvideo cat"):
        assert word in page.text


@pytest.mark.parametrize("prompt", HOSTILE)
def test_a_hostile_prompt_is_text_and_nothing_else(prompt: str) -> None:
    changes = {"prompt": prompt, "typed": {"prompt": prompt}, "name": "cat"}
    html = saved_card(made(FILE, **changes), BOOKS)
    page = Page(html)

    assert page.tags == Page(saved_card(made(FILE), BOOKS)).tags
    assert not any(name.startswith("on") for attributes in page.attributes.values() for name in attributes)
    assert "\u202e" not in html
    assert "\x00" not in html


def test_the_demo_is_marked_and_shows_no_bare_price() -> None:
    text = Page(saved_card(made(FILE, realm="demo"), BOOKS)).text

    assert text.startswith("DEMO")
    assert "free · would be $0.10" in text


def test_a_portrait_video_stands_narrow() -> None:
    html = saved_card(made(FILE, intent="portrait", media=None, input={"aspect_ratio": "9:16"}), BOOKS)

    assert "max-width:270px" in html


def jpeg(side: int) -> bytes:
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    image.effect_noise((side, side), 90).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def test_a_large_poster_is_made_small_enough_for_the_file() -> None:
    image = pytest.importorskip("PIL.Image")
    url = poster_url(jpeg(1600))

    small = base64.b64decode(url.partition(",")[2]) if url else b""
    assert len(small) <= 60_000
    assert not small or max(image.open(io.BytesIO(small)).size) <= 640


def test_a_saved_card_stays_below_two_hundred_kilobytes() -> None:
    assert len(saved_card(made(FILE, poster=jpeg(640)), BOOKS)) < 200_000


def test_the_cell_source_makes_the_same_video_again() -> None:
    typed = {"prompt": "x", "duration": 5, "draft": True, "save_audio": False, "image": {"path": "my cat.png", "sha256": "0"}}
    source = cell_source(snap(typed=typed, prompt="A {cat} and {row}", template="A {cat}"))

    line, prompt = source.split("\n")
    assert line == "%%pvideo cat --duration 5 --draft --no-save-audio --image 'my cat.png' --seed 183"
    assert prompt == "A {{cat}} and {{row}}"


def test_the_python_source_is_a_call_that_compiles() -> None:
    source = python_source(snap(typed={"prompt": "x", "duration": 5, "draft": True}, prompt='say "hi"'))

    compile(source, "cell", "exec")
    assert source.startswith("cat = pvideo.generate(")
    assert "seed=183" in source


PROPERTIES = {
    "prompt": {"type": "string"},
    "model": {"type": "string"},
    "wait": {"type": "boolean"},
    "style": {"type": "string"},
    "again": {"type": "integer"},
    "images": {"type": "array", "items": {"type": "string", "format": "uri"}},
    "image": {"type": "string", "format": "uri"},
}
SCHEMAS = {"Input": {"type": "object", "properties": PROPERTIES}, "Output": {"type": "string", "format": "uri"}}
STRANGE = from_api({"owner": "you", "name": "strange", "latest_version": {"openapi_schema": {"components": {"schemas": SCHEMAS}}}})


def test_the_cell_gives_every_input_back_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvideo.notebook.source.known_model", lambda _: STRANGE)
    inputs = {"model": "v2", "wait": True, "style": "it's {new} --draft", "again": 3, "image": {"path": "a b.png", "sha256": "0"}}
    inputs |= {"images": [{"path": "one.png", "sha256": "1"}, "https://example.com/two.png"]}
    shown = snap(model="you/strange", typed={"prompt": "x", **inputs}, prompt="x", name="not a name", seed=None)

    line = cell_source(shown).splitlines()[0]
    asked = parse(line.removeprefix("%%pvideo "), {}, lambda _: STRANGE, "prunaai/p-video")

    expected = {**inputs, "image": "a b.png", "images": ["one.png", "https://example.com/two.png"]}
    assert dict(asked.inputs) == expected
    assert (asked.name, asked.model, asked.wait) == ("", "you/strange", False)
    call = python_source(shown)
    given = eval(call, {"pvideo": SimpleNamespace(generate=lambda prompt, **values: values)})
    assert {**given.pop("input"), **given, "model": "v2"} == expected
