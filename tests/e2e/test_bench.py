"""(b), (e), (f), (h): measured in a real JupyterLab in a real Chromium. `make bench` runs them in full, and keeps what they tell;
`make test` in a short form, so that they work whenever it does.

Kernel, server and page run on one machine, so that their clocks are one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from tests.e2e.cells import SETUP

if TYPE_CHECKING:
    from tests.e2e.demo import Demo
    from tests.e2e.lab import Lab

WATCH = """
window.bench = {states: [], frames: []};
const now = () => performance.timeOrigin + performance.now();
new MutationObserver((changes) => {
  for (const change of changes) if (change.attributeName === "data-status") {
    const card = change.target;
    window.bench.states.push([card.dataset.id, card.dataset.status, now()]);
  }
  for (const video of document.querySelectorAll(".pvideo video")) if (!video.benched) {
    video.benched = true;
    const card = video.closest("[data-id]")?.dataset.id ?? "";
    video.requestVideoFrameCallback((at, frame) => window.bench.frames.push([card, now()]));
  }
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ["data-status", "src"]});
"""
PRESS = """
import json, time, pvideo
seen = []
cat = pvideo.generate("A cat, number {number}", duration=1, draft=True)
cat.observe(lambda s: seen.append((s.intent, s.status, time.time() * 1000)))
cat
"""
TOLD = """
from pvideo.job.engine import Engine
last = [e for e in Engine.get().exchanges(cat.snapshot().intent) if e["method"] == "GET" and e["path"].startswith("/predictions/")][-1]
done = __import__("datetime").datetime.fromisoformat(json.loads(last["response_body"])["completed_at"]).timestamp() * 1000
print(json.dumps({"seen": seen, "done": done}))
"""
TIMED = """
import json, os, time
shell = get_ipython()
def press(number):
    begun = time.perf_counter()
    shell.run_cell_magic("pvideo", "--draft --duration 1", f"A cat, number {number}")
    return (time.perf_counter() - begun) * 1000
"""
CROWD = """
import os, time, pvideo
from IPython.display import display
videos = [pvideo.generate(f"A cat, number {{number}}, row {row}", duration=1) for number in range({count})]
for video in videos:
    display(video)
"""
RUNNING = """
while not all(video.status == "processing" for video in videos):
    time.sleep(0.2)
print("PID", os.getpid())
"""
"""JupyterLab shows at most 50 outputs of one cell."""
KEPT = os.environ.get("PVIDEO_BENCH_ROWS")
"""Where `make bench` wants the rows."""


def size(full: int, short: int) -> int:
    """Return how much is measured."""
    return full if KEPT else short


@pytest.fixture
def tell() -> Any:
    """Keep a row for the table."""

    def keep(name: str, text: str) -> None:
        if KEPT:
            with Path(KEPT).open("a") as file:
                file.write(json.dumps([name, text]) + "\n")

    return keep


def _text(lab: Lab, index: int) -> str:
    return lab.output(index).inner_text(timeout=60_000)


def test_b_the_kernel_is_free_again(lab: Lab, demo: Demo, tell: Any) -> None:
    later = f"later = [press(n) for n in range(1, {size(11, 2)})]"
    lab.open(lab.write(SETUP, TIMED, "first = press(0)", later, "print(json.dumps([first, later]))"))
    for index in range(5):
        lab.run(index)
    first, later = json.loads(_text(lab, 4))
    tell("(b) kernel time of a %%pvideo cell", f"first {first:.0f} ms · later median {median(later):.0f} ms, most {max(later):.0f} ms")


def test_e_from_the_thread_to_the_eye(lab: Lab, demo: Demo, tell: Any) -> None:
    demo.change(speed=4)
    rounds = size(8, 1)
    cells = [cell for number in range(rounds) for cell in (PRESS.format(number=number), "_ = cat.wait()", TOLD)]
    lab.page.add_init_script(WATCH)
    lab.open(lab.write(SETUP, *cells))
    lab.run(0)
    lags, frames = [], []
    for number in range(rounds):
        card, wait, told = (1 + number * 3 + offset for offset in range(3))
        lab.run(card)
        lab.run(wait)
        lab.page.wait_for_function("count => window.bench.frames.length >= count", arg=number + 1, timeout=20_000)
        lab.run(told)
        found = json.loads(_text(lab, told))
        page = lab.page.evaluate("window.bench")
        shown = {(job, status): at for job, status, at in reversed(page["states"])}
        thread = {(job, status): at for job, status, at in reversed(found["seen"])}
        lags += [shown[key] - at for key, at in thread.items() if key in shown]
        seen = min(at for _, status, at in found["seen"] if status == "succeeded")
        frames.append((page["frames"][number][1] - found["done"], page["frames"][number][1] - seen))
    lags.sort()
    whole, beyond = zip(*frames, strict=True)
    told = f"median {median(lags):.0f} ms, most {lags[-1]:.0f} ms ({len(lags)} changes)"
    tell("(e) status set in the thread → changed in the page", told)
    tell(
        "(e) finished on the server → first frame painted",
        f"median {median(whole):.0f} ms, of which after the look that saw it {median(beyond):.0f} ms (most {max(beyond):.0f} ms)",
    )


def test_f_the_saved_notebook_stays_small(lab: Lab, demo: Demo, tell: Any) -> None:
    from tests.e2e.cells import PROMPT

    count = size(3, 1)
    path = lab.write(SETUP, *(f"%%pvideo --draft\n{PROMPT}, {number}" for number in range(count)))
    lab.open(path)
    lab.run(0)
    lab.read()
    before = path.stat().st_size
    for index in range(1, count + 1):
        lab.run(index)
        lab.wait_for_saved_html(index)
    lab.read()
    tell("(f) a finished video in the saved notebook", f"{(path.stat().st_size - before) / count / 1000:.1f} kB a clip, poster included")


def test_h_a_hundred_live_cards(lab: Lab, demo: Demo, tell: Any) -> None:
    seconds, rows, each = size(20, 1), size(4, 1), size(25, 2)
    demo.change(speed=1, seconds_per_second=120)
    lab.open(lab.write(SETUP, *(CROWD.format(row=row, count=each) for row in range(rows)), RUNNING))
    session = lab.page.context.new_cdp_session(lab.page)
    session.send("Performance.enable")

    def page() -> float:
        return next(item["value"] for item in session.send("Performance.getMetrics")["metrics"] if item["name"] == "TaskDuration")

    lab.run(0)
    before = page()
    lab.page.wait_for_timeout(seconds * 250)
    idle = (page() - before) / (seconds / 4)
    for index in range(1, rows + 2):
        lab.run(index, timeout=120)
    kernel = psutil.Process(int(_text(lab, rows + 1).split("PID")[1].split()[0]))
    browser, times = page(), kernel.cpu_times()
    lab.page.wait_for_timeout(seconds * 1000)
    busy, spent = (page() - browser) / seconds, (sum(kernel.cpu_times()[:2]) - sum(times[:2])) / seconds
    live = lab.page.locator("section.pvideo-card").count()
    tell("(h) 100 live cards in one page, 20 s", f"browser {busy:.1%} of a core (the page without cards {idle:.1%}) · kernel {spent:.1%}")
    assert live == rows * each
    lab.page.evaluate("window.tests.shutdown()")
