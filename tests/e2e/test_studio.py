"""The Studio: controls, price, and the video beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect
from tests.e2e.cells import SETUP, STUDIO

if TYPE_CHECKING:
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab


def test_a_press_in_the_studio_makes_a_video_that_plays(lab: Lab, demo: Demo) -> None:
    demo.change(speed=1)
    lab.open(lab.write(SETUP, STUDIO))
    lab.run(0)
    lab.run(1)
    studio = lab.studio(1)
    expect(studio).to_be_visible()
    lab.picture("studio-empty", of=lab.output(1))

    studio.get_by_label("Prompt", exact=True).fill("A paper boat in the rain")
    studio.locator('button[data-action="generate"]').click()
    card = studio.locator("section.pvideo-card").first
    lab.expect_status(card, "succeeded")

    assert lab.states(card)[-3:] == ["starting", "processing", "succeeded"]
    lab.expect_playing(card.locator("video").first)
    lab.picture("studio", of=lab.output(1))
    assert [prediction["input"]["prompt"] for prediction in demo.predictions()] == ["A paper boat in the rain"]


def test_ctrl_enter_in_the_prompt_generates_and_runs_no_cell(lab: Lab, demo: Demo) -> None:
    lab.open(lab.write(SETUP, STUDIO))
    lab.run(0)
    lab.run(1)
    before = lab.cells()

    prompt = lab.studio(1).get_by_label("Prompt", exact=True)
    prompt.fill("City lights, time-lapse")
    prompt.press("Control+Enter")
    lab.expect_status(lab.studio(1).locator("section.pvideo-card").first, "succeeded")

    assert lab.cells() == before
    assert [prediction["input"]["prompt"] for prediction in demo.predictions()] == ["City lights, time-lapse"]


def test_a_press_with_a_wrong_value_sends_nothing(lab: Lab, demo: Demo) -> None:
    lab.open(lab.write(SETUP, STUDIO))
    lab.run(0)
    lab.run(1)
    studio = lab.studio(1)

    studio.get_by_label("Prompt", exact=True).fill("")
    studio.locator('button[data-action="generate"]').click(force=True)
    lab.page.wait_for_timeout(1000)

    expect(studio.locator("section.pvideo-card[data-id]:not([data-id=''])")).to_have_count(0)
    assert demo.created() == 0
