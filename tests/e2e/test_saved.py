"""What survives: the page reloaded, the kernel restarted, the notebook reopened, distrusted, exported."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import CAT, FULL, SETUP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

WIDGET = "application/vnd.jupyter.widget-view+json"


def finished(lab: Lab) -> Path:
    """Make one video in a notebook, save it, and return the notebook's file."""
    path = lab.write(SETUP, CAT)
    lab.open(path)
    lab.run(0)
    lab.run(1)
    lab.expect_status(lab.card(1), "succeeded")
    lab.expect_playing(lab.video(1))
    lab.wait_for_saved_html(1)
    lab.read()
    return path


def outputs(book: dict[str, Any], index: int) -> list[dict[str, Any]]:
    """Return the mime bundles that a cell has in the file."""
    return [output["data"] for output in book["cells"][index]["outputs"] if "data" in output]


def test_a_reload_while_it_runs_finds_the_live_card_again(lab: Lab, demo: Demo) -> None:
    demo.change(speed=1)
    path = lab.write(SETUP, FULL)
    lab.open(path)
    lab.run(0)
    lab.run(1)
    lab.expect_status(lab.card(1), "processing")
    lab.read()

    lab.reload(path)
    expect(lab.card(1)).to_be_visible(timeout=30_000)
    lab.expect_status(lab.card(1), "succeeded")

    lab.expect_playing(lab.video(1))
    assert demo.created() == 1


def test_a_reload_afterwards_shows_the_video(lab: Lab, demo: Demo) -> None:
    path = finished(lab)

    lab.reload(path)

    lab.expect_playing(lab.video(1))
    assert demo.created() == 1


def test_the_file_is_small_and_holds_html_instead_of_a_widget(lab: Lab) -> None:
    book = json.loads(finished(lab).read_text())

    bundles = outputs(book, 1)
    assert any("<video" in "".join(bundle.get("text/html", "")) for bundle in bundles)
    assert not any(WIDGET in bundle for bundle in bundles)
    assert "widgets" not in book["metadata"]
    assert len(json.dumps(book)) < 100_000


@pytest.mark.parametrize("trusted", [True, False])
def test_a_notebook_reopened_without_its_kernel_plays(
    open_lab: Callable[..., Lab], lab: Lab, server: Any, demo: Demo, trusted: bool
) -> None:
    path = finished(lab)
    lab.page.close()
    server.end_kernels()
    if not trusted:
        # A changed file no longer fits its signature.
        book = json.loads(path.read_text())
        book["cells"][0]["source"] = "# received by mail"
        path = path.with_name("received.ipynb")
        path.write_text(json.dumps(book))

    later = open_lab("lab")
    later.open(path)

    assert later.trusted(1) is trusted
    later.expect_playing(later.video(1))
    later.picture(f"reopened-{'trusted' if trusted else 'untrusted'}", of=later.output(1))
    assert demo.created() == 1


def test_an_exported_page_plays(lab: Lab) -> None:
    path = finished(lab)
    # nbconvert's own page asks another host for its mathematics, which a machine without network has not.
    lab.expect_problem("cdnjs.cloudflare.com")

    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", str(path)], check=True, capture_output=True)
    lab.page.goto(path.with_suffix(".html").as_uri())

    lab.expect_playing(lab.page.locator("video").first)
    lab.picture("exported")


def test_run_all_twice_pays_once(lab: Lab, demo: Demo) -> None:
    lab.open(lab.write(SETUP, CAT, "cat.wait()"))
    lab.run_all()
    assert demo.created() == 1

    lab.run_all()

    lab.expect_status(lab.card(1), "succeeded")
    expect(lab.card(1)).to_contain_text("nothing was sent")
    assert demo.created() == 1


def test_after_a_restart_the_same_cell_goes_on_without_paying(lab: Lab, demo: Demo) -> None:
    demo.change(speed=1)
    lab.open(lab.write(SETUP, FULL))
    lab.run(0)
    lab.run(1)
    lab.expect_status(lab.card(1), "processing")

    lab.restart_kernel()
    lab.run(0)
    lab.run(1)
    lab.expect_status(lab.card(1), "succeeded")

    lab.expect_playing(lab.video(1))
    assert demo.statuses() == ["succeeded"]


def test_without_a_file_server_the_bytes_come_from_the_kernel(lab: Lab, demo: Demo) -> None:
    lab.expect_problem("Failed to load resource")
    lab.page.route("**/*.mp4*", lambda route: route.abort())
    lab.open(lab.write(SETUP, CAT))
    lab.run(0)

    lab.run(1)
    lab.expect_status(lab.card(1), "succeeded")

    lab.expect_playing(lab.video(1))
    assert str(lab.video(1).evaluate("video => video.currentSrc")).startswith("blob:")
    assert demo.created() == 1
