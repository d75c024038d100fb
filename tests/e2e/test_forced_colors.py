"""Windows' contrast themes, where the system's few colors take the place of ours; and motion that nobody asked for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect
from tests.e2e.cells import SETUP, STUDIO

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

EDGES = """(root, selector) => [...root.querySelectorAll(selector)].filter((one) => one.checkVisibility()).filter((one) => {
  const style = getComputedStyle(one);
  const rgb = (color) => window.tests.painted(color).join();
  const ground = window.tests.grounds(one.parentElement).join();
  const border = parseFloat(style.borderBottomWidth) > 0 && style.borderBottomStyle !== "none" && rgb(style.borderBottomColor) !== ground;
  const outline = parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none" && rgb(style.outlineColor) !== ground;
  return !border && !outline;
}).map((one) => one.outerHTML.slice(0, 120))"""
"""Controls whose edge cannot be told from the ground they stand on."""
CONTROLS = (
    ".pvideo-button, .pvideo-input, .pvideo-switch, .pvideo-segments, .pvideo-ratios .pvideo-segment, .pvideo-file, "
    ".pvideo-tile, .pvideo-badge, .pvideo-frame, .pvideo-compare-frame, .pvideo-stage, .pvideo-demo"
)
STATES_SHOWN = {
    "ground": (".pvideo-frame", None),
    "chosen": (".pvideo-segment:has(:checked)", None),
    "not chosen": (".pvideo-segment:not(:has(:checked))", None),
    "on": (".pvideo-switch:checked", None),
    "knob on": (".pvideo-switch:checked", "::after"),
    "off": (".pvideo-switch:not(:checked)", None),
    "knob off": (".pvideo-switch:not(:checked)", "::after"),
}
PAINTED = "(one, part) => (part ? window.tests.painted(getComputedStyle(one, part).backgroundColor) : window.tests.grounds(one)).join()"
STEPS = """card => {
  Object.assign(window, { steps: [], stepsFrom: performance.now() });
  const fill = card.querySelector(".pvideo-bar-fill");
  new MutationObserver(() => window.steps.push(fill.style.transform)).observe(fill, { attributes: true, attributeFilter: ["style"] });
}"""
"""Write down where the bar stands, whenever it moves."""
BOARD = "%%pvideo board --seed 1..2 --duration 1 --draft\nA paper boat in the rain"
COMPARE = "import pvideo\npvideo.compare(*board)"
HISTORY = "pvideo.library()"


def contrast_theme(lab: Lab, scheme: str = "dark") -> None:
    """Show the page as a system with a contrast theme does."""
    lab.page.emulate_media(forced_colors="active", reduced_motion="reduce", color_scheme=scheme)  # type: ignore[arg-type]


def marks(root: Locator, selector: str) -> list[bool]:
    """Return whether there is ink in the middle of each, as it is painted."""
    found = []
    for one in root.locator(selector).all():
        with Image.open(io.BytesIO(one.screenshot(animations="disabled"))) as drawn:
            pixels = drawn.convert("L")
            left, top = pixels.width // 2 - 4, pixels.height // 2 - 4
            low, high = pixels.crop((left, top, left + 8, top + 8)).getextrema()
        found.append(high - low > 100)
    return found


def test_forced_colors_and_reduced_motion_are_respected(lab: Lab, demo: Demo) -> None:
    demo.change(speed=0.5)  # long enough to be looked at
    contrast_theme(lab)
    lab.page.set_viewport_size({"width": 1680, "height": 1400})
    lab.open(lab.write(SETUP, STUDIO))
    lab.run(0)
    lab.run(1)
    lab.resize(1, 1200)
    studio = lab.studio(1)
    studio.locator(".pvideo-more-toggle").click()
    studio.get_by_label("Prompt", exact=True).fill("A paper boat in the rain")
    studio.locator('button[data-action="generate"]').click()
    card = studio.locator(".pvideo-place section.pvideo-card").first
    lab.expect_status(card, "processing")
    card.evaluate(STEPS)

    # Nothing turns, the bar goes from second to second, and nothing plays by itself.
    assert card.locator(".pvideo-glyph-ring").evaluate("ring => getComputedStyle(ring).animationName") == "none"
    assert card.locator(".pvideo-bar-fill").evaluate("fill => getComputedStyle(fill).transitionDuration") == "0s"
    assert studio.evaluate(EDGES, f"{CONTROLS}, .pvideo-bar") == []
    lab.picture("studio-forced-running", of=studio)
    lab.expect_status(card, "succeeded")
    expect(card.locator("video")).to_be_visible()
    took = card.evaluate("card => (performance.now() - window.stepsFrom) / 1000")
    assert len(set(lab.page.evaluate("window.steps"))) <= took + 2
    card.locator("video").evaluate("video => video.readyState >= 2 || new Promise((done) => { video.onloadeddata = done; })")
    assert card.locator("video").evaluate("video => [video.paused, video.currentTime, video.played.length]") == [True, 0, 0]

    for scheme in ("light", "dark"):
        contrast_theme(lab, scheme)
        assert studio.evaluate(EDGES, CONTROLS) == [], scheme
        # What is chosen is filled, and a switch has its knob in both places.
        fills = {}
        for name, (one, part) in STATES_SHOWN.items():
            fills[name] = studio.locator(one).first.evaluate(PAINTED, part)
        ground = fills["ground"]
        assert fills["not chosen"] == fills["off"] == ground
        assert ground not in {fills["chosen"], fills["on"], fills["knob off"]}
        assert fills["knob on"] != fills["on"]
        assert lab.contrast(studio.locator(".pvideo-segment:has(:checked)").first) >= 4.5
        with Image.open(lab.picture(f"studio-forced-{scheme}-range", of=studio.locator(".pvideo-range").first)) as drawn:
            middle = [drawn.convert("RGB").getpixel((x, drawn.height // 2)) for x in range(4, drawn.width - 4)]
        assert sum(",".join(map(str, one)) != ground for one in middle) > 0.9 * len(middle)  # the track, no script can ask for it
        lab.picture(f"studio-forced-{scheme}", of=studio)


def test_a_sheet_a_comparison_and_the_history_in_a_contrast_theme(lab: Lab, demo: Demo) -> None:
    demo.change(speed=30)
    contrast_theme(lab)
    lab.page.set_viewport_size({"width": 1280, "height": 1400})
    lab.open(lab.write(SETUP, BOARD, COMPARE, HISTORY))
    for index in range(4):
        lab.run(index)
    sheet = lab.output(1).locator("section.pvideo-sheet")
    expect(sheet).to_have_attribute("data-state", "over", timeout=60_000)
    tiles = sheet.locator(".pvideo-tile")
    expect(tiles.locator(".pvideo-tile-picture:visible")).to_have_count(2)
    tiles.nth(0).focus()
    lab.page.keyboard.press("Space")
    tiles.nth(1).focus()
    lab.page.keyboard.press("s")
    expect(tiles.nth(0)).to_have_attribute("aria-selected", "true")
    expect(tiles.nth(1).locator(".pvideo-tile-star")).to_have_attribute("data-on", "")
    comparison = lab.output(2).locator("section.pvideo-compare")
    comparison.get_by_role("button", name="Loop").click()
    history = lab.output(3).locator("section.pvideo-history")
    history.locator(".pvideo-row").nth(0).click()

    for scheme in ("light", "dark"):
        contrast_theme(lab, scheme)
        for name, root in (("sheet", sheet), ("compare", comparison), ("history", history)):
            lab.picture(f"forced-{scheme}-{name}", of=root)
            assert root.evaluate(EDGES, CONTROLS) == [], (scheme, name)
        # What is chosen has its mark, and what is not has none.
        assert marks(sheet, ".pvideo-tile-box") == [True, False], scheme
