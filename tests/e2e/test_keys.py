"""Keys inside our widgets belong to the widgets: the notebook's own shortcuts would delete cells, or run one that costs money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import CAT, SETUP, STUDIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

KEYS = ("d", "d", "x", "m", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Shift+Enter", "Alt+Enter", "Control+Enter")
CONTROLS = "button:enabled, input:enabled, textarea:enabled, select:enabled, summary, video, a[href], [tabindex='0']"


def press_everywhere(lab: Lab, root: Locator, demo: Demo) -> int:
    """Press every key on every control, and return how many controls there were."""
    tried = 0
    for index in range(root.locator(CONTROLS).count()):
        control = root.locator(CONTROLS).nth(index)
        if not control.is_visible():
            continue
        control.focus()
        before, active, created = lab.cells(), lab.active_cell(), demo.created()
        is_prompt = control.evaluate("element => element.tagName") == "TEXTAREA"
        name = control.evaluate("element => element.outerHTML.slice(0, 120)")
        for key in KEYS:
            # In the prompt this one is Generate, and meant to cost.
            if not (is_prompt and key == "Control+Enter"):
                lab.page.keyboard.press(key)
        assert (lab.cells(), lab.active_cell(), demo.created()) == (before, active, created), name
        tried += 1
    return tried


@pytest.mark.parametrize("host", ["lab", "notebook"])
def test_no_key_on_a_card_reaches_the_notebook(open_lab: Callable[..., Lab], demo: Demo, host: str) -> None:
    lab = open_lab(host)
    lab.open(lab.write("first = 1", SETUP, CAT, "last = 1"))
    lab.run(1)
    lab.run(2)
    lab.expect_status(lab.card(2), "succeeded")
    lab.expect_playing(lab.video(2))
    lab.select(0)

    tried = press_everywhere(lab, lab.card(2), demo)

    assert tried >= 3
    assert demo.created() == 1


@pytest.mark.parametrize("host", ["lab", "notebook"])
def test_no_key_in_the_studio_reaches_the_notebook(open_lab: Callable[..., Lab], demo: Demo, host: str) -> None:
    lab = open_lab(host)
    lab.open(lab.write("first = 1", SETUP, STUDIO, "last = 1"))
    lab.run(1)
    lab.run(2)
    expect(lab.studio(2)).to_be_visible()
    studio = lab.studio(2)
    studio.locator(".pvideo-more-toggle").click()
    studio.get_by_label("Prompt", exact=True).press("Control+Enter")
    lab.expect_status(studio.locator("section.pvideo-card").first, "succeeded")
    expect(studio.get_by_role("button", name="Keep")).to_be_visible()

    tried = press_everywhere(lab, studio, demo)

    assert tried >= 25
    assert demo.created() == 1


def test_escape_gives_the_keyboard_back_to_the_notebook(lab: Lab, demo: Demo) -> None:
    lab.open(lab.write(SETUP, CAT))
    lab.run(0)
    lab.run(1)
    lab.expect_status(lab.card(1), "succeeded")
    lab.card(1).get_by_role("button").first.focus()

    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("b")

    assert len(lab.cells()) == 3
    assert demo.created() == 1
