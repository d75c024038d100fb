"""How the Studio looks: three widths, three themes, and colors that everybody can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import SETUP, STUDIO

import pvideo

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

# The light one last: the server remembers it, and other tests take pictures.
THEMES = {"dark": "JupyterLab Dark", "contrast": "JupyterLab Dark High Contrast", "light": "JupyterLab Light"}
GROUND, INK = "var(--pvideo-ground)", "var(--pvideo-ink)"
STATES = ("run", "good", "warn", "bad")
TEXTS = (
    ".pvideo-label",
    ".pvideo-hint",
    ".pvideo-unit",
    ".pvideo-key",
    ".pvideo-today",
    ".pvideo-chip",
    ".pvideo-empty-text",
    ".pvideo-generate",
)
OUTSIDE = """studio => [...studio.querySelectorAll("*")]
  .filter((one) => one.offsetParent && !one.closest(".pvideo-tiles, .pvideo-aloud, .pvideo-spoken"))
  .filter((one) => one.getBoundingClientRect().right > studio.getBoundingClientRect().right + 0.5)
  .map((one) => one.outerHTML.slice(0, 90))"""
"""What is cut off: outputs clip."""

LINES = """area => {
  const style = getComputedStyle(area);
  const inner = area.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  return [inner / parseFloat(style.lineHeight), area.scrollHeight > area.clientHeight];
}"""
"""How many lines a text area shows, and whether it scrolls."""


LOOKED_AT = """
display position order cursor opacity visibility color background-color box-shadow outline-style
font-size font-weight font-style font-family line-height text-align white-space
padding-top padding-right padding-bottom padding-left margin-top margin-right margin-bottom margin-left
border-top-width border-right-width border-bottom-width border-left-width border-top-style border-left-style border-top-color
border-left-color border-top-left-radius border-bottom-right-radius min-width min-height max-width max-height row-gap column-gap
align-items justify-content justify-items place-self flex-wrap flex-grow flex-basis grid-row-start grid-column-start overflow-x
object-fit aspect-ratio"""
PAINTED_AS = r"""text => {
  const names = text.trim().split(/\s+/);
  const found = {};
  document.querySelectorAll(".pvideo, .pvideo *").forEach((one, index) => {
    if (one.parentElement.closest("svg")) return;
    for (const part of [null, "::before", "::after"]) {
      const style = getComputedStyle(one, part);
      if (part && style.content === "none") continue;
      const key = `${index} ${one.tagName}.${one.getAttribute("class")}${part ?? ""}`;
      found[key] = names.map((name) => `${name}: ${style.getPropertyValue(name)}`);
    }
  });
  return found;
}"""
"""How every element of every widget is painted."""


def top(lab: Lab, selector: str) -> float:
    """Return where a part of the Studio begins, from above."""
    return float(lab.studio(1).locator(selector).first.evaluate("part => part.getBoundingClientRect().top"))


@pytest.mark.parametrize("host", ["lab", "notebook"])
def test_every_theme_can_be_read(open_lab: Callable[..., Lab], demo: Demo, host: str) -> None:
    lab = open_lab(host)
    lab.page.set_viewport_size({"width": 1680, "height": 1000})
    lab.open(lab.write(SETUP, STUDIO))
    lab.run(0)
    lab.run(1)
    studio = lab.studio(1)
    expect(studio).to_be_visible()

    for name, theme in THEMES.items():
        lab.theme(theme)
        low = {}
        for state in STATES:
            color = f"var(--pvideo-{state})"
            tint = f"color-mix(in srgb, {color} 12%, {GROUND})"
            low |= {
                f"{state} glyph": (lab.pair(studio, color, GROUND), 3),
                f"{state} glyph on its tint": (lab.pair(studio, color, tint), 3),
            }
            low |= {f"ink on {state}": (lab.pair(studio, INK, tint), 4.5)}
        low |= {"ink": (lab.pair(studio, INK, GROUND), 4.5), "quiet": (lab.pair(studio, "var(--pvideo-quiet)", GROUND), 4.5)}
        low |= {
            "edge": (lab.pair(studio, "var(--pvideo-edge)", GROUND), 3),
            "solid": (lab.pair(studio, "#fff", "var(--pvideo-solid)"), 4.5),
        }
        low |= {text: (lab.contrast(studio.locator(f"{text}:visible").first), 4.5) for text in TEXTS}
        assert not {what: found for what, (found, least) in low.items() if found < least}, theme
        lab.resize(1, 1200)
        lab.picture(f"studio-{name}-{host}", of=studio)


def test_every_width_has_its_layout(lab: Lab, demo: Demo) -> None:
    demo.change(speed=20)
    lab.page.set_viewport_size({"width": 1680, "height": 1700})
    lab.open(lab.write(SETUP, STUDIO))
    lab.run(0)
    lab.run(1)
    studio = lab.studio(1)
    prompt = studio.get_by_label("Prompt", exact=True)
    lines = {}
    for count in (1, 3, 4, 10, 11, 30):
        prompt.fill("\n".join("a line" for _ in range(count)))
        lines[count] = prompt.evaluate(LINES)
    assert lines == {1: [3, False], 3: [3, False], 4: [4, False], 10: [10, False], 11: [10, True], 30: [10, True]}
    for text in ("A paper boat in the rain", "City lights, time-lapse"):
        prompt.fill(text)
        studio.locator('button[data-action="generate"]').click()
        lab.expect_status(studio.locator(".pvideo-place section.pvideo-card").filter(has_text=text), "succeeded")
    order = ('[data-field="prompt"]', '[data-action="generate"]', ".pvideo-place", ".pvideo-strip", ".pvideo-settings")

    for width, columns in ((400, 1), (700, 2), (1200, 1)):
        lab.resize(1, width)
        expect(studio).to_have_css("width", f"{width}px")
        tops = [top(lab, part) for part in order]
        # One column in the order of the work, until there is room for two.
        assert (tops == sorted(tops)) is (width < 760)
        fold = studio.get_by_role("button", name="Settings: draft · 5 s · 16:9 · 720p")
        assert fold.is_visible() is (width < 480)
        if width < 480:
            expect(studio.locator('[data-field="duration"]')).to_be_hidden()
            lab.picture(f"studio-{width}-folded", of=studio)
            fold.click()
        tracks = studio.locator(".pvideo-settings-body").evaluate("body => getComputedStyle(body).gridTemplateColumns.split(' ').length")
        assert tracks == columns
        assert studio.evaluate(OUTSIDE) == []
        small = studio.locator("button:visible:not(.pvideo-link), select:visible").evaluate_all(
            "(all, least) => all.filter((one) => one.getBoundingClientRect().height < least).map((one) => one.outerHTML)",
            36 if width < 480 else 28,
        )
        assert small == []
        lab.picture(f"studio-{width}", of=studio)


def test_no_widget_changes_how_another_one_looks(lab: Lab, demo: Demo) -> None:
    """Each bundle brings the shared parts once more: whichever comes last, all look the same."""
    demo.change(speed=30)
    lab.page.set_viewport_size({"width": 1680, "height": 1400})
    board = "%%pvideo board --seed 1..2 --duration 1 --draft\nA kite"
    lab.open(lab.write(SETUP, board, "import pvideo\npvideo.compare(*board)", "pvideo.library()", STUDIO))
    for cell in range(5):
        lab.run(cell)
    expect(lab.output(1).locator("section.pvideo-sheet")).to_have_attribute("data-state", "over", timeout=60_000)
    lab.output(1).locator(".pvideo-tile").first.click()
    history, studio = lab.output(3), lab.studio(4)
    history.locator(".pvideo-row").first.get_by_role("button", name="Open").click()
    history.locator('[data-action="continue_shot"]').click()
    history.locator('[data-action="more"]').click()
    history.get_by_role("button", name="Stars and note").click()
    studio.locator('button[data-action="generate"]').click()
    lab.expect_status(studio.locator(".pvideo-place section.pvideo-card"), "succeeded")
    studio.locator(".pvideo-more-toggle").click()
    lab.page.evaluate("document.querySelectorAll('video').forEach((video) => video.pause())")
    lab.page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important; }")
    lab.page.mouse.move(0, 0)
    expect(studio.get_by_role("button", name="Make final · free")).to_be_visible(timeout=20_000)
    names = lab.page.evaluate("[...document.querySelectorAll('.pvideo [id]')].map((one) => one.id)")
    assert len(names) == len(set(names)) > 20  # a label is its own field's
    bundles = {path.stem: path.read_text() for path in (Path(pvideo.__file__).parent / "static").glob("*.css")}
    assert set(bundles) == {"widget", "studio", "sheet", "compare", "library"}

    for width in (1200, 460):
        for cell in range(1, 5):
            lab.resize(cell, width)
        expect(studio).to_have_css("width", f"{width}px")
        looks = {}
        for name, rules in bundles.items():
            last = lab.page.add_style_tag(content=rules)
            looks[name] = lab.page.evaluate(PAINTED_AS, LOOKED_AT)
            last.evaluate("style => style.remove()")
        first = looks.pop("widget")
        assert len(first) > 500
        differs = {
            (name, key.partition(" ")[2]): [
                f"{one} | {other}" for one, other in zip(first[key], look.get(key, ()), strict=False) if one != other
            ]
            for name, look in looks.items()
            for key in first
            if first[key] != look.get(key)
        }
        assert differs == {}, width
    lab.picture("all-widgets")
