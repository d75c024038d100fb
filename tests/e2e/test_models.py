"""Other models than P-Video: images, a text, sound and JSON on their cards, saved beside the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect
from tests.e2e.cells import SETUP

if TYPE_CHECKING:
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

IMAGES = (
    "%%pvideo foxes --model black-forest-labs/flux-schnell --num-outputs 4 --aspect-ratio 16:9 --output-format png\nA red fox in the snow"
)
TEXT = "%%pvideo answer --model anthropic/claude-4.5-haiku\nWhy is the sky blue?"
SOUND = "%%pvideo waltz --model google/lyria-2\nA slow waltz for two flutes"
JSON = "%%pvideo told --model pvideo-demo/describe --image {foxes.path}"
MISTAKE = "%%pvideo --model black-forest-labs/flux-schnel\nA red fox"
FILES = "print(answer.text)\nprint(told.output['caption'], [path.suffix for path in (*foxes.paths, answer.path, waltz.path, *told.paths)])"


def test_images_text_sound_and_json_stand_on_cards_and_in_files(lab: Lab, demo: Demo) -> None:
    lab.open(lab.write(SETUP, IMAGES, TEXT, SOUND, JSON, MISTAKE, FILES))
    lab.run(0)
    for index in (1, 2, 3):
        lab.run(index)
    for index in (1, 2, 3):
        lab.expect_status(lab.card(index), "succeeded")
    first = lab.card(1).locator("img.pvideo-media")
    expect(first).to_be_visible()
    expect(lab.card(1).locator(".pvideo-gallery img")).to_have_count(3)
    # Only now the files are there, so that one can be an input.
    lab.run(4)
    lab.expect_status(lab.card(4), "succeeded")

    for image in (first, lab.card(1).locator(".pvideo-gallery img").last):
        lab.page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())
    expect(lab.card(2).locator("pre.pvideo-text")).to_contain_text("Why is the sky blue?")
    expect(lab.card(3).locator("audio.pvideo-media")).to_be_visible()
    lab.page.wait_for_function("sound => sound.duration > 3", arg=lab.card(3).locator("audio").element_handle())
    expect(lab.card(4).locator("pre.pvideo-text")).to_contain_text("caption")
    expect(lab.card(4).locator(".pvideo-gallery img")).to_have_count(1)
    for index, name in enumerate(("images", "text", "sound", "json"), start=1):
        lab.picture(f"model-{name}", of=lab.output(index))

    lab.expect_problem("No model of that name")
    lab.run(5)
    expect(lab.output(5)).to_contain_text("Did you mean black-forest-labs/flux-schnell?")
    lab.run(6)
    expect(lab.output(6)).to_contain_text("['.png', '.png', '.png', '.png', '.txt', '.wav', '.jpg', '.json']")
    assert demo.statuses() == ["succeeded"] * 4
    assert len(list((lab.folder / "videos").glob("*.png"))) == 4

    lab.wait_for_saved_html(1)
    saved = lab.read()
    html = ["".join(output["data"].get("text/html", "")) for cell in saved["cells"][1:5] for output in cell["outputs"]]
    assert html[0].count("<img ") == 4
    assert "Why is the sky blue?" in html[1]
    assert "<audio " in html[2]
