"""Where a video can stand besides its own cell: whoever shows it, in the end it is there, and the file has its html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import PROMPT, SETUP

if TYPE_CHECKING:
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
