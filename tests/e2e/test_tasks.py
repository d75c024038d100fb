"""The twelve tasks of a person, and how many steps (a cell run, a press, a drop, a typed answer) each may take.

"Change one input, run again" and "draft to final" are counted in a Studio, too: `test_studio.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect
from tests.e2e.cells import PROMPT, SETUP
from tests.e2e.steps import at_most
from tests.support.waiting import wait_until

from pvideo.demo import host

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab
    from tests.e2e.steps import Steps

SHORT = "--draft --duration 1 --no-prompt-upsampling"
CAT = f"%%pvideo cat {SHORT}\n{PROMPT}"
BOAT = f"%%pvideo boat {SHORT}\nA paper boat in the rain"
FOUR = f"%%pvideo four {SHORT} --seed 1..4\nA red kite"
ELSEWHERE = """import os
from pvideo.demo import host
from pvideo.settings import current
os.environ["PVIDEO_BASE_URL"] = host.ensure(home=current().home).base_url"""
"""The one thing that a person with an account does not need: where this test's gateway is."""


def test_making_comparing_and_sharing(lab: Lab, demo: Demo) -> None:
    demo.change(speed=40)
    lab.open(lab.write(SETUP, CAT))

    # First video, no account: the demo's cell, and one of one's own.
    with at_most(2, lab) as steps:
        steps.run(0)
        steps.run(1)
        lab.expect_status(lab.card(1), "succeeded")
    assert demo.created() == 1

    # Change one input, run again.
    with at_most(2, lab) as steps:
        steps.edit(1, BOAT)
        steps.run(1)
        boat = lab.card(1).first
        expect(boat).to_contain_text("A paper boat")
        lab.expect_status(boat, "succeeded")
    assert demo.created() == 2

    # Draft to final.
    with at_most(1, lab) as steps:
        press(steps, boat, "final")
        final = lab.card(1).nth(1)
        lab.expect_status(final, "succeeded")
    draft, made = (prediction["input"] for prediction in demo.predictions()[1:])
    assert made == {**draft, "draft": False}

    # Compare two: on the newer one, with the video before it.
    with at_most(1, lab) as steps:
        press(steps, final, "compare")
        comparison = lab.output(1).locator("section.pvideo-compare")
        expect(comparison.locator("video")).to_have_count(2, timeout=20_000)

    # Share a comparison that plays anywhere: one file, with both videos in it.
    with at_most(1, lab) as steps:
        steps.press(comparison.get_by_role("button", name="Save as page"))
        expect(comparison).to_contain_text(".html", timeout=20_000)
    (page,) = lab.folder.glob("*.html")
    assert page.read_text().count("data:video/mp4") == 2

    # Continue a shot.
    with at_most(3, lab) as steps:
        press(steps, boat, "continue_shot")
        box = boat.get_by_label("What happens next?")
        steps.type(box, "It sails away")
        steps.key(box, "Control+Enter")
        assert wait_until(lambda: demo.statuses() == ["succeeded"] * 4, 20)
    assert demo.predictions()[-1]["input"]["image"].startswith("data:image/jpeg")


def test_four_seeds_an_old_prompt_and_the_real_requests(lab: Lab, demo: Demo) -> None:
    demo.change(speed=40)
    lab.open(lab.write(SETUP, BOAT, FOUR, "%pvideo history boat", "%pvideo explain boat"))
    lab.run(0)
    lab.run(1)
    lab.expect_status(lab.card(1), "succeeded")

    with at_most(1, lab) as steps:
        steps.run(2)
        expect(lab.output(2).locator("section.pvideo-sheet")).to_have_attribute("data-state", "over", timeout=60_000)
    assert sorted(prediction["input"]["seed"] for prediction in demo.predictions()[1:]) == [1, 2, 3, 4]

    # The prompt of an old video stands in its row, whole.
    with at_most(1, lab) as steps:
        steps.run(3)
        expect(lab.output(3)).to_contain_text("A paper boat in the rain")
    expect(lab.output(3)).not_to_contain_text("A red kite")

    # What a class wants to see: the requests and answers as they were, and what they mean.
    with at_most(1, lab) as steps:
        steps.run(4)
        expect(lab.output(4)).to_contain_text("201")
        expect(lab.output(4)).to_contain_text("curl")
    assert demo.created() == 5


def test_cancel_and_go_on_after_a_restart(lab: Lab, demo: Demo) -> None:
    demo.change(speed=1, seconds_per_second=10)
    slow, snail = (f"%%pvideo {name} --duration 5\nA snail on a {place}" for name, place in (("slow", "road"), ("snail", "wall")))
    lab.open(lab.write(SETUP, slow, snail, "%load_ext pvideo"))
    lab.run(0)
    lab.run(1)
    lab.expect_status(lab.card(1), "processing")

    with at_most(1, lab) as steps:
        press(steps, lab.card(1), "cancel")
        lab.expect_status(lab.card(1), "canceled")
    demo.wait_for_statuses("canceled")

    # Loading the extension after a restart says what it found, and saves it.
    demo.change(seconds_per_second=1)
    lab.run(2)
    lab.expect_status(lab.card(2), "processing")
    lab.restart_kernel()
    with at_most(1, lab) as steps:
        steps.run(3)
        expect(lab.output(3)).to_contain_text("1 video from before is still being made: %pvideo history")
        assert wait_until(lambda: list(lab.folder.rglob("*snail*.mp4")), 30)
    assert demo.statuses() == ["canceled", "succeeded"]


def test_an_account_of_ones_own(lab: Lab, demo: Demo, kernel_environment: dict[str, str]) -> None:
    demo.change(speed=40)
    account = host.ensure(home=Path(kernel_environment["PVIDEO_HOME"]))
    tokens = {"Gateway token": account.gateway_token, "Replicate token": account.replicate_token}
    answers = {"Cloudflare account id": account.account, "AI Gateway name": account.gateway, **tokens}
    lab.open(lab.write(f"%load_ext pvideo\n{ELSEWHERE}", "%pvideo setup", CAT))
    lab.run(0)

    with at_most(5, lab) as steps:
        key = steps.run(1, wait=False)
        for question, answer in answers.items():
            expect(lab.output(1).locator(".jp-Stdin-prompt").last).to_contain_text(question)
            steps.answer(lab.output(1).locator("input.jp-Stdin-input").last, answer)
        lab.wait_for_run(key)
        expect(lab.output(1)).to_contain_text("all good")
    lab.run(2)
    lab.expect_status(lab.card(2), "succeeded")
    # A real account's price stands there without the demo's words.
    expect(lab.card(2)).to_contain_text("$0.005")
    expect(lab.card(2)).not_to_contain_text("free")
    assert demo.statuses() == ["succeeded"]
    saved = str(lab.read())
    assert not [name for name, token in tokens.items() if token in saved]


def press(steps: Steps, card: Locator, name: str) -> None:
    """Press the button of a card, as one step."""
    steps.press(card.locator(f'button[data-action="{name}"]'))
