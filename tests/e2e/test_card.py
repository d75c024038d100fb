"""A `%%pvideo` cell: its badge, its video, its Cancel, its colors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import CAT, FULL, SETUP

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

ORDER = ["sending", "starting", "processing", "succeeded"]
CONTRAST = 4.5
"""What WCAG 2 (AA) asks of text."""


def test_a_cell_shows_every_state_and_then_plays(lab: Lab, demo: Demo) -> None:
    demo.change(speed=0.5)  # long enough for a picture of it
    lab.open(lab.write(SETUP, CAT))
    lab.run(0)

    lab.run(1)
    card = lab.card(1)
    lab.expect_status(card, "processing")
    lab.picture("card-processing", of=lab.output(1))
    lab.expect_status(card, "succeeded")

    assert lab.states(card) == ORDER
    lab.expect_playing(lab.video(1))
    lab.picture("card-succeeded", of=lab.output(1))
    assert demo.statuses() == ["succeeded"]


def test_the_video_is_a_file_beside_the_notebook(lab: Lab, demo: Demo) -> None:
    lab.open(lab.write(SETUP, CAT, "print(cat.wait().path)"))
    for index in range(3):
        lab.run(index)

    files = list((lab.folder / "videos").glob("*.mp4"))

    assert len(files) == 1
    expect(lab.output(2)).to_contain_text(files[0].name)
    assert not list((lab.folder / "videos").glob("*.part"))
    assert demo.created() == 1


@pytest.mark.parametrize("kernel", ["python3", "ipykernel72"])
def test_cancel_is_heard_while_a_cell_runs(lab: Lab, demo: Demo, kernel: str) -> None:
    demo.change(speed=1, seconds_per_second=10)
    lab.open(lab.write(SETUP, FULL, "import time; time.sleep(20)", kernel=kernel))
    lab.run(0)
    lab.run(1)
    lab.expect_status(lab.card(1), "processing")
    sleeping = lab.run(2, wait=False)

    lab.card(1).locator('button[data-action="cancel"]').click()
    lab.expect_status(lab.card(1), "canceled", timeout=10)

    assert lab.is_running(sleeping)
    demo.wait_for_statuses("canceled")
    lab.interrupt()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_the_card_can_be_read_in_every_theme(lab: Lab, demo: Demo, theme: str) -> None:
    lab.open(lab.write(SETUP, CAT))
    lab.run(0)
    lab.theme(theme)
    try:
        lab.run(1)
        lab.expect_status(lab.card(1), "succeeded")
        lab.expect_playing(lab.video(1))
        lab.picture(f"card-{theme.lower().replace(' ', '-')}", of=lab.output(1))

        for part in (".pvideo-badge", ".pvideo-money", ".pvideo-prompt", ".pvideo-facts"):
            assert lab.contrast(lab.card(1).locator(part).first) >= CONTRAST, part
        for button in lab.card(1).get_by_role("button").all():
            assert lab.contrast(button) >= CONTRAST, button.inner_text()
    finally:
        lab.theme("JupyterLab Light")
    assert demo.created() == 1


def test_notebook_7_shows_the_same(open_lab: Callable[..., Lab], demo: Demo) -> None:
    lab = open_lab("notebook")
    lab.open(lab.write(SETUP, CAT))
    lab.run(0)

    lab.run(1)
    lab.expect_status(lab.card(1), "succeeded")

    lab.expect_playing(lab.video(1))
    lab.picture("card-notebook-7")
    assert demo.created() == 1
