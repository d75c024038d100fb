"""Iterating on a video by its card's buttons, and videos beside each other in step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import PROMPT, SETUP

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

CAT = f"%%pvideo cat --draft --duration 2 --seed 7 --no-prompt-upsampling --aspect-ratio 16:9\n{PROMPT}"
LONG = f"%%pvideo cat --draft --duration 11 --aspect-ratio 1:1\n{PROMPT}"
POPPIES = f"%%pvideo poppies --draft --duration 11 --aspect-ratio 1:1 --seed {{cat.seed}}\n{PROMPT.replace('flowers', 'poppies')}"
FRAME = 1 / 24
"""Seconds of one picture at the slowest rate."""

_HEADS = "root => [...root.querySelectorAll('video')].map(video => video.currentTime)"
_READY = """root => Promise.all([...root.querySelectorAll('video')].map(
  video => video.readyState > 2 || new Promise(done => { video.oncanplay = done; }),
))"""
_BEGUN_ANEW = """root => new Promise(done => {
  const isNew = video => !video.seeking && video.currentTime < 5;
  const look = () => ([...root.querySelectorAll('video')].every(isNew) ? done(true) : setTimeout(look, 20));
  look();
})"""
_COUNT_PICTURES = """() => {
  const plain = HTMLCanvasElement.prototype.toBlob;
  window.pictures = 0;
  HTMLCanvasElement.prototype.toBlob = function (done, ...rest) {
    return plain.call(this, blob => { window.pictures += blob ? 1 : 0; done(blob); }, ...rest);
  };
}"""
_UNTIL = """(root, wanted) => new Promise((done, failed) => {
  const videos = [...root.querySelectorAll('video')], begun = performance.now();
  const told = () => JSON.stringify(videos.map(video => [video.currentTime, video.seeking, video.readyState, video.paused]));
  const look = () => {
    if (videos.every(video => !video.seeking && video.currentTime >= wanted)) done(true);
    else if (performance.now() - begun > 40000) failed(new Error(`not at ${wanted}: ${told()}`));
    else setTimeout(look, 20);
  };
  look();
})"""


_APART = """root => new Promise(done => {
  const videos = [...root.querySelectorAll('video')], found = [];
  const look = () => {
    const heads = videos.map(video => video.currentTime);
    found.push(Math.max(...heads) - Math.min(...heads));
    if (found.length < 9) setTimeout(look, 60);
    else done(found.sort((one, other) => one - other)[4]);
  };
  look();
})"""


def spread(compare: Locator, after: float = 0) -> float:
    """How far the play heads are apart once all have come to `after` (seconds): the middle of nine readings."""
    compare.evaluate(_UNTIL, after)
    found: float = compare.evaluate(_APART)
    return found


def test_a_draft_becomes_a_final_and_goes_on_by_the_cards_buttons(lab: Lab, demo: Demo) -> None:
    lab.open(lab.write(SETUP, CAT, "print(cat_final.name, cat_2.name)"))
    lab.run(0)
    lab.run(1)
    card = lab.card(1).first
    lab.expect_status(card, "succeeded")
    expect(card.locator(".pvideo-promise")).to_have_text("Same prompt and seed; the picture can still differ.")
    assert card.locator(".pvideo-actions > button").first.inner_text() == "Make final · free"
    lab.picture("make-final", of=lab.output(1))

    # Pressed twice: the second press shows what the first one made.
    card.locator('button[data-action="final"]').dblclick()
    final = lab.card(1).nth(1)
    lab.expect_status(final, "succeeded")
    expect(card.locator(".pvideo-facts")).to_contain_text("draft of cat_final")
    expect(final.locator(".pvideo-facts")).to_contain_text("final of cat")
    card.locator('button[data-action="final"]', has_text="Show its final").click()
    first, second = (prediction["input"] for prediction in demo.predictions())
    assert second == {**first, "draft": False}

    # Three steps: the button, the words, Ctrl+Enter; from where the player stands.
    lab.page.evaluate(_COUNT_PICTURES)
    card.locator("video").evaluate("video => { video.pause(); video.currentTime = 1; }")
    card.locator('button[data-action="continue_shot"]').click()
    box = card.get_by_label("What happens next?")
    expect(box).to_be_focused()
    expect(card.locator(".pvideo-next-place")).to_have_text("from the picture at 0:01.00")
    box.press_sequentially("it looks up x d d")
    lab.picture("continue", of=lab.output(1))
    before = lab.cells()
    box.press("Control+Enter")
    shot = lab.card(1).nth(2)
    lab.expect_status(shot, "succeeded")
    assert lab.cells() == before
    assert lab.page.evaluate("window.pictures") == 1
    assert len(list((lab.folder / "videos").glob("*-1.00s.jpg"))) == 1
    third = demo.predictions()[2]["input"]
    assert {name: third.get(name) for name in ("prompt", "draft", "aspect_ratio")} == {
        "prompt": "it looks up x d d",
        "draft": True,
        "aspect_ratio": None,
    }
    assert third["image"].startswith("data:image/jpeg;base64,")
    expect(shot.locator(".pvideo-facts")).to_contain_text("goes on from cat")
    shot.locator('button[data-action="play_chain"]').click()
    expect(shot.locator(".pvideo-chain-name")).to_have_text("shot 2 of 2 · cat_2", timeout=20_000)
    lab.run(2)
    expect(lab.output(2)).to_contain_text("cat_final cat_2")
    lab.picture("final-and-shot", of=lab.output(1))

    shot.locator('button[data-action="compare"]').click()
    compare = lab.output(1).locator("section.pvideo-compare")
    expect(compare.locator("video")).to_have_count(2)
    compare.evaluate(_READY)
    lab.picture("compare-below", of=compare)
    assert demo.created() == 3
    saved = json.dumps(lab.read())
    assert "widget-view" not in saved
    assert saved.count("<video ") >= 5


@pytest.mark.alone
def test_play_heads_stay_within_one_frame(lab: Lab, demo: Demo) -> None:
    demo.change(speed=40)
    lab.open(lab.write(SETUP, LONG, POPPIES, "import pvideo\npvideo.compare(cat, poppies)"))
    for index in range(4):
        lab.run(index)
    pair: Any = lab.output(3).locator("section.pvideo-compare")
    expect(pair.locator("video")).to_have_count(2, timeout=60_000)
    expect(pair.locator("del")).to_have_text("flowers")
    expect(pair.locator("ins")).to_have_text("poppies")
    pair.evaluate(_READY)

    grid = pair.locator(".pvideo-grid")
    grid.focus()
    grid.press("l")  # again and again: on a slow machine it would be over before the next key
    grid.press(" ")
    assert spread(pair, 10) <= FRAME
    grid.press("Home")
    pair.evaluate(_BEGUN_ANEW)
    assert spread(pair, 1) <= FRAME
    grid.press(" ")
    expect(pair.locator('button[data-action="play"]')).to_have_text("Play both")
    assert spread(pair) <= FRAME / 4

    shown = pair.locator(".pvideo-frame-number")
    number = int(shown.inner_text().split()[-1])
    for step in range(1, 4):
        grid.press("ArrowRight")
        expect(shown).to_have_text(f"frame {number + step}")
    assert spread(pair, (number + 3) * FRAME) <= FRAME / 4
    lab.picture("compare", of=lab.output(3))

    # Where the server writes the file, not the page: the output becomes the html.
    lab.page.evaluate("Object.defineProperty(jupyterapp.shell.currentWidget.context.model, 'collaborative', { value: true })")
    lab.run(3)
    expect(lab.output(3).locator("table video")).to_have_count(2, timeout=30_000)
    expect(pair).to_have_count(0)
    assert "widget-view" not in json.dumps(lab.read()["cells"][3])
