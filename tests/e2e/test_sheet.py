"""The contact sheet: it fills, opens a card, plays in step, and pays for nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect
from tests.e2e.cells import PROMPT, SETUP

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

BOARD = f"%%pvideo board --seed 1..2 --fps 24,48 --duration 2 --draft\n{PROMPT}"


def sheet_of(lab: Lab, index: int) -> Locator:
    return lab.output(index).locator("section.pvideo-sheet")


def expect_state(sheet: Locator, state: str) -> None:
    expect(sheet).to_have_attribute("data-state", state, timeout=60_000)


def test_a_cell_with_ranges_fills_a_sheet_and_pays_for_each_video_once(lab: Lab, demo: Demo) -> None:
    demo.change(speed=2)
    lab.open(lab.write(SETUP, BOARD, "print(len(board), board[0].seed, board[1].inputs['fps'])"))
    lab.run(0)
    lab.run(1)
    sheet = sheet_of(lab, 1)
    expect(sheet.locator(".pvideo-sheet-title")).to_have_text("board: 4 videos: seed 1, 2 × fps 24, 48")
    expect(sheet.locator(".pvideo-tile")).to_have_count(4)
    lab.picture("sheet-running", of=lab.output(1))
    expect_state(sheet, "over")

    expect(sheet.locator(".pvideo-sheet-stands")).to_contain_text("4 of 4 done")
    lab.picture("sheet-board", of=lab.output(1))
    lab.run(2)
    expect(lab.output(2)).to_contain_text("4 1 48")
    asked = [(one["input"]["seed"], one["input"]["fps"]) for one in demo.predictions()]
    assert sorted(asked) == [(seed, rate) for seed in range(1, 3) for rate in (24, 48)]

    # By keyboard: one Tab stop, arrows move, Enter opens a card, Escape closes it and stays.
    tiles = sheet.locator(".pvideo-tile")
    tiles.first.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Enter")
    card = lab.card(1)
    expect(card).to_contain_text("board[3]")
    lab.expect_playing(card.locator("video").first)
    lab.picture("sheet-open", of=lab.output(1))
    tiles.nth(2).focus()
    lab.page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(sheet.locator(".pvideo-tile[tabindex='0']")).to_have_count(1)
    assert lab.active_cell() == 1
    assert len(lab.cells()) == 3

    sheet.locator('button[data-action="play"]').click()
    lab.page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.pvideo-tile video')];"
        " return all.length === 4 && all.every((one) => one.currentTime > 0.3) &&"
        " Math.max(...all.map((one) => one.currentTime)) - Math.min(...all.map((one) => one.currentTime)) < 0.25; }",
        timeout=20_000,
    )
    lab.picture("sheet-playing", of=lab.output(1))

    lab.wait_for_saved_html(1)
    saved = lab.read()["cells"][1]["outputs"][0]["data"]
    assert set(saved) == {"text/html", "text/plain"}
    html = "".join(saved["text/html"])
    assert html.count("<img ") == 4
    assert len(html) < 250_000

    lab.run(1)
    expect(sheet.locator(".pvideo-sheet-total")).to_have_text("from your library; nothing was sent")
    lab.theme("JupyterLab Dark")
    try:
        lab.picture("sheet-dark", of=lab.output(1))
    finally:
        lab.theme("JupyterLab Light")
    assert demo.created() == 4


DEAR = """import pvideo
from pvideo.demo import host
from pvideo.settings import current
place = host.ensure(home=current().home)
pvideo.configure(demo=False, base_url=place.base_url, gateway_token=place.gateway_token, replicate_token=place.replicate_token)
pvideo.configure(confirm_over=0.02)"""


def test_a_dear_sweep_starts_by_its_button_and_what_failed_is_tried_again_alone(lab: Lab, demo: Demo) -> None:
    demo.change(speed=4)
    lab.open(lab.write(SETUP, DEAR, "%%pvideo board --duration 1..2 --draft --seed 7 --each\nA {red | blue} boat"))
    for index in range(3):
        lab.run(index)
    sheet = sheet_of(lab, 2)
    expect(sheet).to_have_attribute("data-state", "asks")
    lab.picture("sheet-asks", of=lab.output(2))
    assert demo.created() == 0

    demo.faults({"match": {"op": "create", "nth": 1}, "do": "fate", "end": "failed", "error": "CUDA out of memory"})
    sheet.get_by_role("button", name="Generate 4 · $0.03").click()
    expect_state(sheet, "over")
    lab.picture("sheet-failed", of=lab.output(2))
    again = sheet.get_by_role("button", name="Try the failed one again · $0.0")
    assert sorted(demo.statuses()) == ["failed", *["succeeded"] * 3]

    for number in (1, 2):
        sheet.locator(".pvideo-tile-box:visible").nth(number).click()
    expect(sheet.locator('button[data-action="compare"]')).to_have_text("Compare 2")
    lab.picture("sheet-selected", of=lab.output(2))

    again.click()
    expect(sheet.locator(".pvideo-sheet-stands")).to_contain_text("4 of 4 done", timeout=60_000)
    assert sorted(demo.statuses()) == ["failed", *["succeeded"] * 4]
    sheet.locator('button[data-action="compare"]').click()
    expect(lab.output(2).locator(".pvideo-compare video")).to_have_count(2, timeout=20_000)

    lab.page.set_viewport_size({"width": 560, "height": 900})
    lab.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    lab.picture("sheet-narrow")
