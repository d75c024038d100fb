"""What stays of a Studio: after a reload, in a second view, in the file, without its kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import SETUP
from tests.e2e.steps import drop
from tests.support.pictures import picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

MADE = "import pvideo\nstudio = pvideo.Studio()\nstudio"
PLAYS = """cells => cells.every((cell) => {
  const outputs = JSON.stringify(jupyterapp.shell.currentWidget.context.model.toJSON().cells[cell].outputs);
  return outputs.includes("<video") && !outputs.includes("widget-view+json");
})"""
"""A save would write a player for these cells: the video is there, and no widget."""
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.mark.parametrize("host", ["lab", "notebook"])
def test_a_reload_finds_the_studio_and_two_views_agree(open_lab: Callable[..., Lab], demo: Demo, host: str) -> None:
    demo.change(speed=20)
    lab = open_lab(host)
    path = lab.write(SETUP, MADE, "studio", "studio.inputs = {**studio.inputs, 'duration': 3}")
    lab.open(path)
    for cell in range(3):
        lab.run(cell)
    first, second = lab.studio(1), lab.studio(2)
    image = lab.folder / "cat.png"
    image.write_bytes(picture(64, 48))

    # Two views of one Studio, and Python, say the same.
    first.get_by_label("Prompt", exact=True).fill("A paper boat in the rain")
    expect(second.get_by_label("Prompt", exact=True)).to_have_value("A paper boat in the rain")
    drop(second.locator('[data-field="image"] .pvideo-file'), image, "image/png")
    for view in (first, second):
        expect(view.locator('[data-field="image"] .pvideo-file-name')).to_have_text("cat.png · 1 kB")
        expect(view.locator('[data-field="image"] img')).to_be_visible()
    lab.run(3)
    for view in (first, second):
        expect(view.get_by_role("textbox", name="Duration")).to_have_value("3")
    second.locator('button[data-action="generate"]').click()
    for view in (first, second):
        lab.expect_status(view.locator("section.pvideo-card").first, "succeeded")

    # The file holds the newest card as html, and words; no widget that nobody has any more.
    lab.page.wait_for_function(PLAYS, arg=[1, 2], timeout=30_000)
    book = lab.read()
    for cell in (1, 2):
        (bundle,) = [output["data"] for output in book["cells"][cell]["outputs"] if "data" in output]
        html = "".join(bundle["text/html"])
        assert WIDGET not in bundle
        assert "<video" in html
        assert "run this cell to use it" in html
    assert "model_id" not in json.dumps(book)

    # Loaded again, with its kernel: the Studio is back where it was, with all that was in it.
    lab.reload(path)
    for view in (lab.studio(1), lab.studio(2)):
        expect(view.get_by_label("Prompt", exact=True)).to_have_value("A paper boat in the rain", timeout=30_000)
        expect(view.get_by_role("textbox", name="Duration")).to_have_value("3")
        expect(view.locator('[data-field="image"] .pvideo-file-name')).to_have_text("cat.png · 1 kB")
        expect(view.locator('[data-field="image"] img')).to_be_visible()
        lab.expect_status(view.locator("section.pvideo-card").first, "succeeded")
    lab.expect_playing(lab.studio(1).locator("video").first)
    lab.picture(f"studio-reloaded-{host}", of=lab.output(1))
    lab.studio(1).get_by_label("Prompt", exact=True).fill("Once more")
    expect(lab.studio(2).get_by_label("Prompt", exact=True)).to_have_value("Once more")
    lab.read()
    assert "model_id" not in path.read_text()

    # Without its kernel the file still plays.
    lab.restart_kernel()
    lab.reload(path)
    lab.expect_playing(lab.video(1))
    expect(lab.output(1)).to_contain_text("run this cell to use it")
    assert demo.created() == 1
