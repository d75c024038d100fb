"""The history, a rating, the requests in words, and a page to give away: through the page, as a person does it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect
from tests.e2e.cells import SETUP
from tests.e2e.test_keys import KEYS
from tests.faults.test_journal import row_of

from pvideo.library.journal import Journal, _insert

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

POPPIES = "A cat walking through a field of poppies, seen from far away, in the last light of a long summer evening"
CAT = f"%%pvideo cat --draft --duration 1\n{POPPIES}"
BOAT = "%%pvideo boat --draft --duration 1 --aspect-ratio 9:16\nA paper boat in the rain"
RATED = "print(cat.stars, boat.stars, repr(boat.note))"
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

    rate_and_explain(lab, root, card)
    lab.theme("JupyterLab Dark")
    lab.picture("history-dark", of=lab.output(4))
    lab.theme("JupyterLab Light")

    lab.run(5)
    expect(lab.output(5)).to_contain_text("4 1 'the rain is good'")
    lab.page.set_viewport_size({"width": 690, "height": 1200})
    root.get_by_role("searchbox").scroll_into_view_if_needed()
    lab.picture("history-narrow")
    lab.page.set_viewport_size({"width": 1280, "height": 900})
    root.get_by_role("button", name="Close").click()
    expect(root.locator(".pvideo-card")).to_have_count(0)
    compare_two(lab, root)

    forget_what_is_gone(lab, root)

    # The file holds plain html.
    data = lab.read()["cells"][4]["outputs"][0]["data"]
    assert "application/vnd.jupyter.widget-view+json" not in data
    assert "poppies" in "".join(data["text/html"])
    assert demo.created() == 2


def compare_two(lab: Lab, root: Locator) -> None:
    """Two that are selected stand side by side below."""
    rows = root.locator(".pvideo-row")
    rows.nth(0).focus()
    for key in ("Space", "ArrowDown", "Space"):
        lab.page.keyboard.press(key)
    root.get_by_role("button", name="Compare 2").click()
    expect(lab.output(4).locator(".pvideo-compare video")).to_have_count(2)
    lab.picture("history-compare", of=lab.output(4))


def rate_and_explain(lab: Lab, root: Locator, card: Locator) -> None:
    """What the More row opens."""
    rows = root.locator(".pvideo-row")
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


def forget_what_is_gone(lab: Lab, root: Locator) -> None:
    """A file that is gone is said so; its row goes when it is told to, and nothing else does."""
    rows = root.locator(".pvideo-row")
    next((lab.folder / "videos").glob("*boat*.mp4")).unlink()
    lab.run(4)
    expect(rows.nth(0)).to_contain_text("missing: moved or deleted")
    rows.nth(0).get_by_role("button", name="Find it").click()
    expect(root.locator(".pvideo-told")).to_contain_text("Not found below")
    lab.picture("history-missing", of=lab.output(4))
    rows.nth(0).get_by_role("button", name="Forget").click()
    expect(rows).to_have_count(1)


def test_what_a_card_of_the_history_makes_stands_below_it(lab: Lab, demo: Demo) -> None:
    demo.change(speed=40)
    lab.open(lab.write(SETUP, "%%pvideo cat --draft --duration 1 --no-prompt-upsampling\nA cat", HISTORY))
    for index in range(3):
        lab.run(index)
    root, cards = lab.output(2), lab.output(2).locator("section.pvideo-card")
    rows = root.locator(".pvideo-row")
    rows.first.get_by_role("button", name="Open").click()
    lab.expect_status(cards.first, "succeeded")

    cards.first.locator('[data-action="final"]').click()
    lab.expect_status(cards.nth(1), "succeeded")
    expect(cards.nth(1)).to_contain_text("final of cat")
    cards.first.locator('[data-action="continue_shot"]').click()
    box = cards.first.get_by_label("What happens next?")
    box.fill("It jumps")
    box.press("Control+Enter")
    lab.expect_status(cards.nth(2), "succeeded")
    expect(cards.nth(2)).to_contain_text("goes on from cat")

    # The history has them, too; another take stands in the card's own place.
    expect(rows).to_have_count(3)
    cards.first.locator('[data-action="again"]').click()
    expect(rows).to_have_count(4)
    expect(cards.first.locator('[data-action="compare"]')).to_be_visible(timeout=20_000)
    lab.expect_status(cards.first, "succeeded")
    cards.first.locator('[data-action="compare"]').click()
    comparison = root.locator("section.pvideo-compare")
    expect(comparison.locator("video")).to_have_count(2)
    comparison.get_by_role("button", name="Load B in Studio").click()
    expect(root.locator(".pvideo-studio").get_by_label("Prompt", exact=True)).to_have_value("A cat")
    assert demo.created() == 4


def fill(home: Path) -> None:
    """Make a journal of ten thousand videos of long ago."""
    with closing(Journal(home / "journal.db")) as journal, journal.transaction() as db:
        for number in range(10_000):
            _insert(db, row_of(number, realm="demo"))


def test_ten_thousand_rows_open_at_once_and_keep_their_keys(lab: Lab, demo: Demo, kernel_environment: dict[str, str]) -> None:
    fill(Path(kernel_environment["PVIDEO_HOME"]))
    lab.open(lab.write("first = 1", SETUP, "%pvideo history flowers", "last = 1"))
    lab.run(1)
    lab.run(2)
    root = lab.output(2).locator("section.pvideo-history")
    rows = root.locator(".pvideo-row")

    expect(rows.first).to_be_visible()
    expect(root.locator(".pvideo-history-total")).to_contain_text("10,000 videos")
    before = rows.count()
    assert before <= 60
    root.locator(".pvideo-rows").evaluate("list => list.scrollTop = list.scrollHeight")
    expect(rows.nth(before)).to_be_attached()
    lab.picture("history-long", of=lab.output(2))

    root.get_by_role("searchbox").fill("9876")
    expect(rows).to_have_count(1)
    lab.select(0)
    for control in (rows.first, rows.first.get_by_role("button", name="Open"), root.get_by_role("searchbox")):
        control.focus()
        standing = (lab.cells(), lab.active_cell())
        for key in KEYS:
            lab.page.keyboard.press(key)
        assert (lab.cells(), lab.active_cell()) == standing
    assert demo.created() == 0


def test_a_page_plays_offline_and_the_requests_are_told(lab: Lab, demo: Demo, browser: Browser) -> None:
    demo.change(speed=30)
    lab.open(lab.write(SETUP, CAT, BOAT, "%pvideo wait", "%pvideo export both.html cat boat", "%pvideo explain cat"))
    for index in range(6):
        lab.run(index)
    expect(lab.output(4)).to_contain_text("Written: both.html")

    context = browser.new_context(offline=True, viewport={"width": 1100, "height": 900})
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else problems.append(asked.url))
    page.goto((lab.folder / "both.html").as_uri())
    page.get_by_role("button", name="Play all").click()
    for video in page.locator("video").all():
        page.wait_for_function("video => video.ended || video.currentTime > 0.2", arg=video.element_handle(), timeout=20_000)
    page.screenshot(path=lab.picture("export-page").with_name("export-page.png"), full_page=True)
    context.close()
    assert problems == []

    explained = lab.output(5)
    expect(explained).to_contain_text("Please make this.")
    explained.locator("summary").first.click()
    expect(explained).to_contain_text("opens your gateway")
    explained.locator("details details").first.locator("summary").click()
    expect(explained).to_contain_text("$CF_AIG_TOKEN")
    lab.picture("explain", of=explained)
    assert "demo-" not in (explained.text_content() or "")
    assert demo.created() == 2
