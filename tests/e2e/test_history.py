"""The history, a rating, the requests in words, and a page to give away: through the page, as a person does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect
from tests.e2e.cells import SETUP

if TYPE_CHECKING:
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

POPPIES = "A cat walking through a field of poppies, seen from far away, in the last light of a long summer evening"
CAT = f"%%pvideo cat --draft --duration 1\n{POPPIES}"
BOAT = "%%pvideo boat --draft --duration 1 --aspect-ratio 9:16\nA paper boat in the rain"
HISTORY = "import pvideo\nhistory = pvideo.library()\nhistory"


def test_the_history_is_searched_rated_and_opened(lab: Lab, demo: Demo) -> None:
    demo.change(speed=30)
    lab.open(
        lab.write(SETUP, CAT, BOAT, "cat.wait(); boat.wait(); print('there')", HISTORY, "print(cat.stars, boat.stars, repr(boat.note))")
    )
    for index in range(5):
        lab.run(index)
    root = lab.output(4).locator("section.pvideo-history")
    rows = root.locator(".pvideo-row")

    expect(rows).to_have_count(2)
    expect(root.locator(".pvideo-history-total")).to_contain_text("2 videos")
    lab.picture("history", of=lab.output(4))

    root.get_by_role("searchbox").fill("poppies")
    expect(rows).to_have_count(1)
    expect(rows.locator("mark")).to_have_text("poppies")
    lab.picture("history-search", of=lab.output(4))
    root.get_by_role("searchbox").fill("")
    expect(rows).to_have_count(2)

    # By the keyboard alone: down into the rows, a star, another row, open it.
    root.get_by_role("searchbox").press("ArrowDown")
    lab.page.keyboard.press("s")
    expect(rows.nth(0).locator(".pvideo-row-star[data-on]")).to_have_count(1)
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("4")
    expect(rows.nth(1).locator(".pvideo-row-star[data-on]")).to_have_count(4)
    lab.page.keyboard.press("ArrowUp")
    lab.page.keyboard.press("Enter")
    card = root.locator(".pvideo-card")
    lab.expect_status(card, "succeeded")
    expect(card).to_be_focused()
    lab.picture("history-open", of=lab.output(4))

    card.locator('[data-action="more"]').click()
    card.get_by_role("button", name="Stars and note").click()
    card.get_by_role("textbox", name="Note").fill("the rain is good")
    card.get_by_role("textbox", name="Note").press("Tab")
    expect(rows.nth(0).locator(".pvideo-row-note")).to_have_text("the rain is good")
    lab.picture("history-note", of=lab.output(4))
    card.get_by_role("button", name="Explain").click()
    steps = card.locator(".pvideo-step")
    expect(steps.first).to_contain_text("Please make this.")
    steps.first.locator("summary").click()
    expect(steps.first).to_contain_text("Copy as curl")
    lab.picture("history-explain", of=lab.output(4))
    lab.theme("JupyterLab Dark")
    lab.picture("history-dark", of=lab.output(4))
    lab.theme("JupyterLab Light")

    lab.run(5)
    expect(lab.output(5)).to_contain_text("4 1 'the rain is good'")
    lab.page.set_viewport_size({"width": 560, "height": 1200})
    lab.picture("history-narrow")
    assert demo.created() == 2
