"""A page object: what a person does in JupyterLab or Notebook 7, in the words of the tests."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import nbformat
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Error, Locator, Page
    from tests.e2e.jupyter import Jupyter

SCREENSHOTS = Path(__file__).resolve().parents[2] / ".test-artifacts" / "screenshots"
PAGE_SCRIPT = Path(__file__).with_name("page.js").read_text()
_UNTIL = """(video, start) => new Promise((done) => {{
  const look = () => {{ if ({condition}) done(true); else setTimeout(look, 50); }};
  look();
}})"""
NOISE = {
    # Notebook 7.6 looks for JupyterLab's file browser while it starts, with or without any extension.
    "notebook": ("Cannot read properties of undefined (reading 'schema')", "Command 'filebrowser:open-path' not registered."),
    "lab": (),
}
"""Errors that a host makes by itself."""
WINDOWED = "Failed to execute 'removeChild' on 'Node': The node to be removed is not a child of this node."
"""What JupyterLab's windowed notebook says now and then when it puts a cell away (jupyterlab#15415); our modules come from ``blob:``."""
READY = 60_000
"""Milliseconds a page of JupyterLab may take on a loaded machine."""


class Lab:
    """One page with one notebook at a time, in a folder of its own."""

    def __init__(self, page: Page, server: Jupyter, folder: Path, host: Literal["lab", "notebook"] = "lab") -> None:
        """Take a fresh page; `folder` lies below the server's root."""
        self.page, self.server, self.folder, self.host = page, server, folder, host
        self.problems: list[str] = []
        self._expected: list[str] = []
        self._keys = itertools.count()
        page.add_init_script(PAGE_SCRIPT)
        page.on("pageerror", self._failed)
        page.on("console", self._heard)

    # The notebook

    def write(self, *sources: str, name: str = "test.ipynb", kernel: str = "python3") -> Path:
        """Write a notebook of code cells and return its file."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        book.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
        path = self.folder / name
        nbformat.write(book, path)
        return path

    def open(self, path: Path, *, kernel: bool = True) -> None:
        """Open a notebook and wait for its kernel."""
        address = quote(str(path.relative_to(self.server.root)))
        area = {"lab": f"/lab/tree/{address}?reset", "notebook": f"/notebooks/{address}"}[self.host]
        self.page.goto(self.server.url + area, timeout=READY)
        self._wait_until_open(path, kernel=kernel)

    def reload(self, path: Path, *, kernel: bool = True) -> None:
        """Load the page again, as F5 does."""
        self.page.reload(timeout=READY)
        self._wait_until_open(path, kernel=kernel)

    def read(self) -> Any:
        """Save the notebook and return what is in the file."""
        self._call("save()")
        name = self.page.evaluate("jupyterapp.shell.currentWidget.context.path")
        return json.loads((self.server.root / name).read_text())

    def run(self, index: int, *, wait: bool = True, timeout: float = 60) -> str:
        """Run one cell; with `wait`, until the kernel has finished it (seconds). Returns the key for `wait_for_run`."""
        key = f"run{next(self._keys)}"
        self._call(f"run({index}, {key!r})")
        if wait:
            self.wait_for_run(key, timeout)
        return key

    def run_all(self, timeout: float = 120) -> None:
        """Run every cell, as the menu's Run All does."""
        key = f"run{next(self._keys)}"
        self._call(f"runAll({key!r})")
        self.wait_for_run(key, timeout)

    def wait_for_run(self, key: str, timeout: float = 60) -> None:
        """Wait until the cell that was started under this key has ended."""
        self.page.wait_for_function("key => window.tests.runs[key] !== 'running'", arg=key, timeout=timeout * 1000)
        assert self._value(f"runs[{key!r}]") == "done"

    def is_running(self, key: str) -> bool:
        """Whether the cell that was started under this key still runs."""
        return bool(self._value(f"runs[{key!r}]") == "running")

    def cells(self) -> list[tuple[str, str, int | None]]:
        """Return kind, source and execution count of every cell."""
        return list(zip(self._call("kinds()"), self._call("sources()"), self._call("counts()"), strict=True))

    def active_cell(self) -> int:
        """Return the index of the selected cell."""
        return int(self._call("active()"))

    def select(self, index: int) -> None:
        """Select a cell."""
        self._call(f"select({index})")

    def set_source(self, index: int, text: str) -> None:
        """Write a cell anew."""
        self._call(f"setSource({index}, {json.dumps(text)})")

    def restart_kernel(self) -> None:
        """Restart the kernel, as the menu does after its question."""
        self._call("restart()")
        self._call("ready()")

    def shut_down_kernel(self) -> None:
        """End the kernel."""
        self._call("shutdown()")

    def leave_kernel_asleep(self) -> None:
        """From here on, wake no kernel that has overlooked a request: the page itself has to."""
        self._call("still()")

    def interrupt(self) -> None:
        """Interrupt the running cell."""
        self._call("interrupt()")

    # What is seen

    def output(self, index: int) -> Locator:
        """Return the output area of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-Cell-outputArea")

    def card(self, index: int) -> Locator:
        """Return the card that a cell shows."""
        return self.output(index).locator("section.pvideo-card")

    def studio(self, index: int) -> Locator:
        """Return the Studio that a cell shows."""
        return self.output(index).locator("div.pvideo-studio")

    def video(self, index: int) -> Locator:
        """Return the player that a cell shows, in a live card or in saved html."""
        return self.output(index).locator("video").first

    def expect_status(self, card: Locator, status: str, timeout: float = 60) -> None:
        """Wait until a card shows a status, to the eye and in its markup (seconds)."""
        expect(card).to_have_attribute("data-status", status, timeout=timeout * 1000)
        expect(card.locator(".pvideo-badge")).to_contain_text(re.compile(status, re.IGNORECASE))

    def states(self, card: Locator | None = None) -> list[str]:
        """Return every status that a card (or, without one, the page's only job) has shown, in order."""
        wanted = card.get_attribute("data-id") if card else None
        return [status for job, status in self._value("states") if wanted is None or job == wanted]

    def expect_playing(self, video: Locator, timeout: float = 20) -> None:
        """Assert that a player has pictures and that its clock moves after play."""
        expect(video).to_be_visible(timeout=timeout * 1000)
        video.evaluate(_UNTIL.format(condition="video.readyState >= 2"), 0, timeout=timeout * 1000)
        video.evaluate("async video => { video.muted = true; if (video.ended) video.currentTime = 0; await video.play(); }")
        before = video.evaluate("video => video.currentTime")
        video.evaluate(_UNTIL.format(condition="video.currentTime > start || video.ended"), before, timeout=timeout * 1000)
        assert video.evaluate("video => video.videoWidth") > 0

    def wait_for_saved_html(self, index: int, timeout: float = 30, *, having: str = "", without: str = "") -> None:
        """Wait until a save would write html for this cell and no widget; `having` one text, and `without` another one."""
        clean = "([index, having, without]) => window.tests.isClean(index, having, without)"
        self.page.wait_for_function(clean, arg=[index, having, without], timeout=timeout * 1000)

    def trusted(self, index: int) -> bool:
        """Whether the notebook's host trusts a cell's outputs."""
        return bool(self._call(f"trusted({index})"))

    def contrast(self, of: Locator) -> float:
        """Return the contrast of a text with the ground it stands on (WCAG 2: 1 to 21)."""
        return float(of.evaluate("element => window.tests.contrast(element)"))

    def pair(self, root: Locator, ink: str, ground: str) -> float:
        """Return the contrast of two colors as CSS writes them, as they are painted inside `root`."""
        return float(root.evaluate("(root, [ink, ground]) => window.tests.pair(root, ink, ground)", [ink, ground]))

    def said(self) -> list[str]:
        """Return what a screen reader has been given to say, in order, since the page was loaded."""
        return list(self._value("said"))

    def resize(self, index: int, width: int) -> None:
        """Make the widget in a cell's output this wide (pixels)."""
        self.output(index).evaluate(
            """(output, width) => {
              const around = output.getBoundingClientRect().width - output.querySelector(".pvideo").getBoundingClientRect().width;
              output.style.width = output.style.maxWidth = `${width + around}px`;
            }""",
            width,
        )

    def expect_problem(self, text: str) -> None:
        """Accept errors in the console that this test makes on purpose."""
        self._expected.append(text)

    def theme(self, name: str) -> None:
        """Switch JupyterLab's theme: "JupyterLab Dark", "JupyterLab Light"."""
        self._call(f"theme({name!r})")
        wanted = "true" if "Light" in name else "false"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", wanted, timeout=READY)

    def picture(self, name: str, of: Locator | None = None) -> Path:
        """Keep a screenshot for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        (of or self.page).screenshot(path=path)
        return path

    # Inside

    def _wait_until_open(self, path: Path, *, kernel: bool) -> None:
        self.page.wait_for_function("name => window.tests?.isOpen(name)", arg=path.name, timeout=READY)
        if kernel:
            self._call("ready()")

    def _call(self, call: str) -> Any:
        return self.page.evaluate(f"window.tests.{call}")

    def _value(self, name: str) -> Any:
        return self.page.evaluate(f"window.tests.{name}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._hear(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, error: Error) -> None:
        stack = error.stack or ""
        if WINDOWED not in str(error) or "blob:" in stack:
            self._hear(f"pageerror: {error}\n{stack}")

    def _hear(self, problem: str) -> None:
        if not any(noise in problem for noise in (*NOISE[self.host], *self._expected)):
            self.problems.append(problem)
