"""The Studio: every control, the press, the strip, and what stands where the form is not there yet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect
from tests.e2e.cells import SETUP, STUDIO
from tests.e2e.steps import at_most, drop, paste
from tests.support.pictures import picture
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

LAX = """import pvideo
inputs = {"prompt": {"type": "string"}, "duration": {"type": "integer"}, "draft": {"type": "boolean"}}
schema = {"properties": inputs, "required": ["prompt"]}
pvideo.Studio("prunaai/p-video", schema=schema, duration=99)"""
"""A form that lets through what Replicate does not."""


def opened(lab: Lab, cell: str = STUDIO) -> Locator:
    """Open a notebook with a Studio."""
    lab.open(lab.write(SETUP, cell))
    lab.run(0)
    lab.run(1)
    studio = lab.studio(1)
    expect(studio).to_be_visible()
    return studio


def generate(studio: Locator) -> Locator:
    """Return the priced button."""
    return studio.locator('button[data-action="generate"]')


def field(studio: Locator, name: str) -> Locator:
    """Return one input's part of the form."""
    return studio.locator(f'[data-field="{name}"]')


def test_every_control_reaches_the_ledger(lab: Lab, demo: Demo) -> None:
    demo.change(speed=20)
    studio = opened(lab)
    image = lab.folder / "cat.png"
    image.write_bytes(picture(64, 48))

    studio.get_by_label("Prompt", exact=True).fill("A paper boat in the rain")
    studio.get_by_role("switch", name="Draft").press("Space")
    expect(generate(studio)).to_have_text("Generate · free")
    field(studio, "duration").locator("input[type=range]").click(position={"x": 12, "y": 12})
    duration = int(studio.get_by_role("textbox", name="Duration").input_value())
    studio.get_by_role("textbox", name="Duration").press("ArrowUp")
    field(studio, "aspect_ratio").get_by_text("9:16").click()
    field(studio, "resolution").get_by_label("720p").press("ArrowRight")
    studio.get_by_role("textbox", name="Seed").fill("183")
    studio.locator(".pvideo-more-toggle").press("Enter")
    field(studio, "fps").get_by_text("48").click()
    for name in ("Prompt upsampling", "Safety filter", "Save audio"):
        studio.get_by_role("switch", name=name).click()
    expect(studio.locator(".pvideo-more-toggle")).to_have_text("More (4)")
    generate(studio).click()
    card = studio.locator(".pvideo-place section.pvideo-card")
    expect(card).to_have_attribute("data-status", re.compile("starting|processing|succeeded"))

    assert demo.predictions()[0]["input"] == {
        "prompt": "A paper boat in the rain",
        "draft": False,
        "duration": duration + 1,
        "aspect_ratio": "9:16",
        "resolution": "1080p",
        "seed": 183,
        "fps": 48,
        "prompt_upsampling": False,
        "disable_safety_filter": False,
        "save_audio": False,
    }

    # Files: pasted, dropped, and an address; what they set is off, with the reason.
    paste(studio.get_by_label("Prompt", exact=True), image, "image/png")
    expect(field(studio, "image").locator(".pvideo-file-name")).to_contain_text("cat.png")
    expect(field(studio, "aspect_ratio").locator(".pvideo-reason")).to_have_text("Set by the first frame.")
    field(studio, "audio").locator("input[type=url]").fill("https://example.com/voice.wav")
    lab.picture("studio-files", of=studio)
    # At once: a press waits for its files.
    drop(field(studio, "last_frame_image").locator(".pvideo-file"), image, "image/png")
    generate(studio).click()
    expect(studio.locator(".pvideo-tile")).to_have_count(2)
    expect(card).not_to_have_attribute("data-status", "sending")

    sent = demo.predictions()[1]["input"]
    assert sent["audio"] == "https://example.com/voice.wav"
    assert all(str(sent[name]).startswith("data:image/") for name in ("image", "last_frame_image"))
    assert not {"aspect_ratio", "duration"} & set(sent)


def test_the_strip_by_hand(lab: Lab, demo: Demo) -> None:
    demo.change(speed=1)
    studio = opened(lab)
    prompt = studio.get_by_label("Prompt", exact=True)
    lab.picture("studio-empty", of=lab.output(1))

    # What keeps a seed from repeating stands at Draft before anything was pressed.
    studio.get_by_role("button", name="Turn off prompt upsampling").click()
    expect(studio.get_by_role("switch", name="Draft")).to_be_focused()
    prompt.press("Control+Enter")
    card = studio.locator("section.pvideo-card").first
    expect(card).to_be_visible()
    # The same inputs again: another one only when it is asked for.
    expect(generate(studio)).to_have_text("Make another · free")
    expect(studio.locator(".pvideo-notice")).to_contain_text("This video is being made now.")
    demo.change(speed=8)
    lab.expect_status(card, "succeeded")
    assert len([text for text in lab.said() if text.startswith("Video")]) <= 2
    assert len(lab.said()) <= 5, lab.said()

    with at_most(2, lab) as steps:
        steps.type(prompt, "A paper boat in the rain")
        steps.key(prompt, "Control+Enter")
    expect(studio.locator(".pvideo-tile")).to_have_count(2)
    expect(studio.locator(".pvideo-place section.pvideo-card")).to_contain_text("A paper boat")
    lab.expect_status(studio.locator(".pvideo-place section.pvideo-card"), "succeeded")
    assert [prediction["input"]["prompt_upsampling"] for prediction in demo.predictions()] == [False, False]
    lab.expect_playing(studio.locator("video").first)
    expect(studio.get_by_role("button", name="Make final · free")).to_be_visible(timeout=20_000)  # saved, too
    lab.picture("studio", of=lab.output(1))

    # The older one: its exact inputs, and back.
    prompt.fill("half a thought")
    studio.locator(".pvideo-tile").first.press("ArrowRight")
    expect(studio.locator(".pvideo-tile").nth(1)).to_be_focused()
    lab.page.keyboard.press("Enter")
    expect(prompt).to_have_value("A cat walking through a field of flowers in slow motion")
    expect(studio.get_by_role("textbox", name="Seed")).to_have_value(str(demo.predictions()[0]["input"]["seed"]))
    expect(studio.locator(".pvideo-tile").nth(1)).to_be_focused()
    studio.get_by_role("button", name="Undo").click()
    expect(prompt).to_have_value("half a thought")
    expect(studio.get_by_role("textbox", name="Seed")).to_have_value("")
    assert demo.created() == 2


def test_a_draft_its_final_and_both_beside_each_other(lab: Lab, demo: Demo) -> None:
    demo.change(speed=20)
    studio = opened(lab, "import pvideo\npvideo.Studio(duration=1, prompt_upsampling=False)")
    card = studio.locator(".pvideo-place section.pvideo-card")
    studio.get_by_label("Prompt", exact=True).press("Control+Enter")
    lab.expect_status(card, "succeeded")

    with at_most(1, lab) as steps:
        steps.press(card.get_by_role("button", name="Make final · free"))
    expect(studio.locator(".pvideo-tile")).to_have_count(2)
    lab.expect_status(card, "succeeded")
    draft, final = (prediction["input"] for prediction in demo.predictions())
    assert (draft["draft"], final["draft"], final["seed"]) == (True, False, draft["seed"])
    newer, older = studio.locator(".pvideo-tile").all()
    expect(newer).to_have_attribute("data-joined", "")
    expect(newer).to_have_attribute("aria-label", re.compile("final of"))

    newer.press("Space")
    older.press("Space")
    expect(newer).to_have_attribute("aria-selected", "true")
    studio.get_by_role("button", name="Compare 2").click()
    back = studio.get_by_role("button", name="Back to the video")
    expect(studio.locator(".pvideo-beside video")).to_have_count(2)
    expect(card).to_be_hidden()
    # The other bundle brought the shared parts once more; the Studio's own rules stand.
    expect(studio.get_by_role("textbox", name="Duration")).to_have_css("width", "56px")
    lab.picture("studio-compare", of=lab.output(1))
    # What stands in the card's place is in the file, as long as it stands there.
    lab.wait_for_saved_html(1, having="<th>A ")
    back.click()
    expect(card).to_be_visible()
    lab.wait_for_saved_html(1, without="<th>A ")
    assert demo.created() == 2


def test_a_sweep_of_the_form_from_the_strip_s_foot(lab: Lab, demo: Demo) -> None:
    demo.change(speed=20)
    studio = opened(lab, "import pvideo\nstudio = pvideo.Studio(duration=1, prompt_upsampling=False)\nstudio")
    studio.get_by_label("Prompt", exact=True).fill("A paper boat in the rain")
    studio.get_by_role("button", name="Sweep…").click()
    sheet = studio.locator(".pvideo-beside section.pvideo-sheet")
    expect(sheet.locator(".pvideo-sheet-title")).to_have_text("4 videos: seed 1–4")
    menu, box = sheet.get_by_label("Vary", exact=True), sheet.get_by_label("Values of Seed")
    expect(menu).to_be_focused()
    start = sheet.locator('button[data-action="start"]')

    # A line that cannot be read stops the start, in words; keys stay in the line.
    box.fill("1...4")
    expect(sheet.locator(".pvideo-vary .pvideo-message")).to_contain_text("Nothing was sent")
    expect(start).to_have_attribute("aria-disabled", "true")
    lab.picture("studio-sweep-problem", of=lab.output(1))
    box.fill("1..4")
    box.press("Enter")
    expect(start).not_to_have_attribute("aria-disabled", "true")
    assert (demo.created(), lab.active_cell(), len(lab.cells())) == (0, 1, 2)

    # A second line, and none again; the sheet follows the form until it starts.
    sheet.get_by_label("and", exact=True).select_option("resolution")
    expect(start).to_have_text("Generate 8 · free")
    lab.picture("studio-sweep-two", of=lab.output(1))
    lab.theme("JupyterLab Dark")
    lab.resize(1, 400)
    lab.picture("studio-sweep-narrow-dark", of=lab.output(1))
    lab.theme("JupyterLab Light")
    lab.resize(1, 840)
    sheet.get_by_label("and", exact=True).select_option("")
    expect(start).to_have_text("Generate 4 · free")
    lab.picture("studio-sweep", of=lab.output(1))
    studio.get_by_role("textbox", name="Seed", exact=True).fill("77")
    studio.get_by_label("Prompt", exact=True).fill("A paper boat in the snow")
    expect(start).not_to_have_attribute("aria-disabled", "true")
    start.click()
    expect(sheet.locator(".pvideo-vary")).to_be_hidden()
    expect(studio.locator(".pvideo-strip .pvideo-tile")).to_have_count(4)
    expect(sheet).to_have_attribute("data-state", "over", timeout=60_000)
    lab.picture("studio-sweep-done", of=lab.output(1))

    inputs = {"prompt": "A paper boat in the snow", "draft": True, "duration": 1, "prompt_upsampling": False}
    sent = sorted((prediction["input"] for prediction in demo.predictions()), key=lambda one: one["seed"])
    assert sent == [{**inputs, "seed": seed} for seed in range(1, 5)]
    lab.wait_for_saved_html(1, having="4 of 4 done")
    there_and_back(lab, studio, sheet)
    assert demo.created() == 4


OVERLOOKS = """
import time
from ipykernel.kernelapp import IPKernelApp
threads = IPKernelApp.instance().kernel.shell_channel_thread.manager
answer = threads._shell_socket.send_multipart
class Slow:
    def send_multipart(self, message):
        time.sleep(2)
        return answer(message)
threads._shell_socket = Slow()
print("slow")
"""
"""In ipykernel 7.0 to 7.3 what comes while an answer leaves is not read until the next connection (#1554): here that takes two seconds."""


def test_a_press_that_the_kernel_overlooked_is_heard_all_the_same(lab: Lab, demo: Demo) -> None:
    demo.change(speed=20)
    lab.open(lab.write(SETUP, "import pvideo\npvideo.Studio(duration=1, prompt_upsampling=False, seed=7)", OVERLOOKS, kernel="ipykernel72"))
    lab.run(0)
    lab.run(1)
    lab.leave_kernel_asleep()
    studio = lab.studio(1)

    lab.run(2, wait=False)
    expect(lab.output(2)).to_contain_text("slow")
    generate(studio).click()
    lab.page.wait_for_timeout(4000)
    assert demo.created() == 0

    lab.expect_status(studio.locator(".pvideo-place section.pvideo-card"), "succeeded")
    assert demo.created() == 1


def test_a_press_while_the_kernel_is_busy_takes_all_of_the_form_along(lab: Lab, demo: Demo) -> None:
    """What was pressed goes when the kernel has heard all of it, a file and a loaded form too, and never without."""
    demo.change(speed=20)
    image = lab.folder / "cat.png"
    image.write_bytes(picture(64, 48))
    lab.open(lab.write(SETUP, "import pvideo\npvideo.Studio(duration=1, prompt_upsampling=False, seed=7)", "import time\ntime.sleep(5)"))
    # As where a kernel has no subshells: it hears nothing while a cell runs.
    lab.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.commsOverSubshells = 'disabled'")
    lab.run(0)
    lab.run(1)
    studio = lab.studio(1)
    prompt, tiles, notice = studio.get_by_label("Prompt", exact=True), studio.locator(".pvideo-tile"), studio.locator(".pvideo-notice-text")
    prompt.fill("A paper boat in the rain")
    generate(studio).click()
    lab.expect_status(studio.locator(".pvideo-place section.pvideo-card"), "succeeded")

    busy = lab.run(2, wait=False)
    prompt.fill("A paper boat in the snow")
    drop(field(studio, "image").locator(".pvideo-file"), image, "image/png")
    generate(studio).click()
    expect(notice).to_have_text("It goes as soon as the kernel has answered.")
    lab.picture("studio-press-waits", of=studio)
    assert (lab.is_running(busy), demo.created()) == (True, 1)
    lab.wait_for_run(busy)
    expect(tiles).to_have_count(2)
    lab.expect_status(studio.locator(".pvideo-place section.pvideo-card"), "succeeded")
    expect(notice).to_have_text("")

    busy = lab.run(2, wait=False)
    tiles.nth(1).click()
    generate(studio).click()
    assert (lab.is_running(busy), demo.created()) == (True, 2)
    lab.wait_for_run(busy)
    assert wait_until(lambda: demo.created() == 3)

    rain, snow, again = (prediction["input"] for prediction in demo.predictions())
    assert (snow["prompt"], str(snow["image"])[:11]) == ("A paper boat in the snow", "data:image/")
    assert again == rain


def there_and_back(lab: Lab, studio: Locator, sheet: Locator) -> None:
    """A sheet is not lost by going to the card, nor by opening one of the strip's tiles."""
    card = studio.locator(".pvideo-place section.pvideo-card")
    studio.get_by_role("button", name="Back to the video").click()
    expect(card).to_be_focused()
    lab.wait_for_saved_html(1, without="4 of 4 done")
    back = studio.get_by_role("button", name="Back to the sheet")
    lab.picture("studio-sweep-behind", of=lab.output(1))
    back.click()
    expect(sheet.locator("video, img")).not_to_have_count(0)
    lab.wait_for_saved_html(1, having="4 of 4 done")
    studio.locator(".pvideo-strip .pvideo-tile").nth(2).click()
    expect(card).to_be_visible()
    expect(back).to_be_visible()


def test_what_stops_a_press_stands_at_its_field(lab: Lab, demo: Demo) -> None:
    studio = opened(lab, LAX)
    prompt = studio.get_by_label("Prompt", exact=True)

    prompt.fill("")
    generate(studio).click()
    expect(prompt).to_be_focused()
    expect(field(studio, "prompt").locator(".pvideo-problem")).to_be_visible()
    expect(studio.locator(".pvideo-fix")).to_have_text("1 thing to fix")
    assert demo.created() == 0

    # What only Replicate knows: its words, at the field.
    prompt.fill("A paper boat")
    expect(field(studio, "prompt").locator(".pvideo-problem")).to_be_hidden()
    generate(studio).click()
    expect(field(studio, "duration").locator(".pvideo-problem")).to_contain_text("20")
    lab.expect_status(studio.locator("section.pvideo-card").first, "rejected")
    lab.picture("studio-refused", of=lab.output(1))
    studio.get_by_role("textbox", name="Duration").fill("3")
    expect(field(studio, "duration").locator(".pvideo-problem")).to_be_hidden()
    assert demo.created() == 0


def test_a_model_that_has_to_be_asked_for_does_not_hold_the_kernel_up(lab: Lab, demo: Demo) -> None:
    lab.open(lab.write(SETUP, 'import pvideo\npvideo.Studio("nobody/nothing", prompt="A boat")', 'pvideo.Studio("prunaai/p-video").model'))
    lab.run(0)
    lab.run(1)
    lab.run(2)
    studio = lab.studio(1)

    expect(studio.get_by_role("button", name="Try again")).to_be_visible()
    expect(studio.locator(".pvideo-loading")).to_contain_text("nobody/nothing")
    expect(generate(studio)).to_have_attribute("aria-disabled", "true")
    lab.picture("studio-no-model", of=lab.output(1))
    assert demo.created() == 0


def test_a_press_over_budget_is_refused_with_the_sum(lab: Lab, demo: Demo) -> None:
    budget = "import pvideo\npvideo.configure(base_url=pvideo.settings.endpoint().base_url, demo=False, budget_day=0.01)"
    lab.open(lab.write(SETUP + "\n" + budget, STUDIO))
    lab.run(0)
    lab.run(1)
    studio = lab.studio(1)
    expect(generate(studio)).to_have_text("Generate draft · $0.025")
    expect(studio.locator(".pvideo-today")).to_have_text("today $0.00 of $0.01")

    generate(studio).click()

    expect(studio.locator(".pvideo-notice")).to_contain_text("$0.025 would make today $0.025 of $0.01. Nothing was sent.")
    assert demo.created() == 0
