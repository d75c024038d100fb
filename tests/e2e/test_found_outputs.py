"""Where a video can stand besides its own cell: whoever shows it, in the end it is there, and the file has its html."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import PROMPT, SETUP

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

WIDGET = "application/vnd.jupyter.widget-view+json"
MAKE = f"import pvideo, ipywidgets as w\nfrom IPython.display import display\ncat = pvideo.generate({PROMPT!r}, draft=True)"
"""A video of a second, made in code."""

HOSTS = {
    "output": "out = w.Output()\nwith out:\n    display(cat)\nout",
    "appended": "out = w.Output()\nout.append_display_data(cat)\nout",
    "interact": "w.interact(lambda n: display(cat), n=(1, 3));",
    "tab": "out = w.Output()\nout.append_display_data(cat)\nw.Tab([w.VBox([w.HTML('made:'), out])], titles=['one'])",
    "accordion": "out = w.Output()\nout.append_display_data(cat)\nw.Accordion([out], titles=['one'], selected_index=0)",
    "last line": "cat",
    "handle": "handle = display('wait', display_id=True)\nhandle.update(cat)",
    "twice": "display(cat)\ndisplay(cat)",
}


def bundles(book: dict[str, Any], index: int) -> list[dict[str, Any]]:
    """Return the mime bundles that a cell has in the file."""
    return [output["data"] for output in book["cells"][index]["outputs"] if "data" in output]


def expect_html(lab: Lab, index: int) -> None:
    """Expect the finished video's html, and nothing else that needs a kernel, in the saved file."""
    lab.wait_for_saved_html(index, having="<video")
    found = bundles(lab.read(), index)
    assert found
    assert all("<video" in "".join(bundle["text/html"]) and "succeeded" in "".join(bundle["text/html"]) for bundle in found)
    assert not any(WIDGET in bundle for bundle in found)


@pytest.mark.parametrize("host", HOSTS)
def test_found_c1_whoever_shows_it_the_finished_video_is_there_and_the_file_has_its_html(lab: Lab, demo: Demo, host: str) -> None:
    demo.change(speed=1)
    lab.open(lab.write(SETUP, MAKE, HOSTS[host]))
    for index in range(3):
        lab.run(index)

    cards = lab.output(2).locator("section.pvideo-card")
    expect(cards).to_have_count(2 if host == "twice" else 1)
    for number in range(cards.count()):
        lab.expect_status(cards.nth(number), "succeeded")
    lab.expect_playing(lab.video(2))
    expect_html(lab, 2)
    # What the page keeps is live all the same: nothing took it away.
    expect(cards.first).to_be_visible()
    lab.picture(f"c1-{host.replace(' ', '-')}")
    assert demo.created() == 1


def test_found_c1_a_button_s_callback_shows_a_video_that_stays(lab: Lab, demo: Demo) -> None:
    demo.change(speed=1)
    code = """out, button = w.Output(), w.Button(description='Show')
button.on_click(out.capture()(lambda _: display(cat)))
w.VBox([button, out])"""
    lab.open(lab.write(SETUP, MAKE, code))
    for index in range(3):
        lab.run(index)

    lab.output(2).get_by_role("button", name="Show").click()
    card = lab.output(2).locator("section.pvideo-card")
    lab.expect_status(card, "succeeded")
    lab.expect_playing(lab.video(2))
    expect_html(lab, 2)
    lab.picture("c1-button")


def test_found_c1_a_captured_cell_shows_the_finished_video_later(lab: Lab, demo: Demo) -> None:
    lab.open(
        lab.write(
            SETUP,
            f"%%capture kept\n%pvideo demo\nimport pvideo\ncat = pvideo.generate({PROMPT!r}, draft=True)\ncat",
            "cat.wait();",
            "kept.show()",
        )
    )
    for index in range(4):
        lab.run(index)

    lab.expect_status(lab.output(3).locator("section.pvideo-card"), "succeeded")
    lab.expect_playing(lab.video(3))
    lab.wait_for_saved_html(3, having="<video")


@pytest.mark.parametrize("cell", [f"%%pvideo cat\n{PROMPT}", "cat", HOSTS["tab"]])
def test_found_c1_a_page_closed_while_it_is_made_finds_it_again_and_mends_its_file(
    open_lab: Callable[..., Lab], lab: Lab, demo: Demo, cell: str
) -> None:
    demo.change(speed=1)
    path = lab.write(SETUP, "pass" if cell.startswith("%%") else MAKE.replace(", draft=True", ""), cell)
    lab.open(path)
    for index in range(3):
        lab.run(index)
    lab.expect_status(lab.output(2).locator("section.pvideo-card"), "processing")
    closed = lab.read()
    assert WIDGET in json.dumps(closed["cells"][2])
    assert "python -m pvideo recover" in json.dumps(closed["cells"][2]) or "Tab" in cell
    lab.page.close()
    demo.wait_for_statuses("succeeded", timeout=60)

    later = open_lab("lab")
    later.open(path)
    later.expect_status(later.output(2).locator("section.pvideo-card"), "succeeded")
    later.expect_playing(later.video(2))
    expect_html(later, 2)
    later.picture("c1-reopened")
    assert demo.created() == 1


def test_found_c1_a_box_comes_back_live_after_a_reload(lab: Lab, demo: Demo) -> None:
    path = lab.write(SETUP, MAKE, HOSTS["interact"])
    lab.open(path)
    for index in range(3):
        lab.run(index)
    lab.expect_status(lab.output(2).locator("section.pvideo-card"), "succeeded")
    expect_html(lab, 2)

    lab.reload(path)

    lab.expect_status(lab.output(2).locator("section.pvideo-card"), "succeeded")
    expect(lab.output(2).locator(".widget-slider")).to_be_visible()
    expect_html(lab, 2)


def test_found_c2_reloading_the_extension_leaves_cards_and_their_file(lab: Lab, demo: Demo) -> None:
    demo.change(speed=1)
    lab.open(lab.write(SETUP, MAKE, "cat", "%reload_ext pvideo"))
    for index in range(4):
        lab.run(index)

    card = lab.output(2).locator("section.pvideo-card")
    lab.expect_status(card, "succeeded")
    lab.expect_playing(lab.video(2))
    expect_html(lab, 2)


@pytest.mark.parametrize("reloads", [False, True])
def test_found_c4_the_saved_address_follows_a_notebook_that_is_moved(lab: Lab, demo: Demo, reloads: bool) -> None:
    path = lab.write(SETUP, MAKE, "cat")
    lab.open(path)
    for index in range(3):
        lab.run(index)
    lab.expect_status(lab.output(2).locator("section.pvideo-card"), "succeeded")
    expect_html(lab, 2)
    if reloads:
        lab.reload(path)
        lab.expect_playing(lab.video(2))

    (path.parent / "deeper").mkdir()
    lab.page.evaluate("async () => { const context = jupyterapp.shell.currentWidget.context; await context.rename('deeper/moved.ipynb'); }")
    lab.page.wait_for_function("() => jupyterapp.shell.currentWidget.context.path.endsWith('deeper/moved.ipynb')")
    lab.wait_for_saved_html(2, having="../videos/")
    book = lab.read()

    (bundle,) = bundles(book, 2)
    address = "".join(bundle["text/html"]).split('src="')[1].split('"')[0]
    assert (path.parent / "deeper" / address).is_file()
    lab.expect_playing(lab.video(2))
