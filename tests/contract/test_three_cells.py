"""From an empty account to a first video with three cells, in a real kernel whose page answers the questions."""

from __future__ import annotations

import os
import time
from queue import Empty
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import kernels
from tests.support.canary import cloudflare_canary, find, replicate_canary, scan
from tests.support.demo import running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WITHIN = 60.0
API, RUN, REPLICATE = cloudflare_canary(), cloudflare_canary(), replicate_canary()
THREE = ("%load_ext pvideo", "%pvideo setup --create my-gateway", "%%pvideo cat --draft --wait\nA cat walking through a field of flowers")


class Page:
    """A page that runs cells and types what it was told when a password is asked for."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.manager, self.client = kernels.start(environment, folder)
        self.heard: list[dict[str, Any]] = []

    def run(self, code: str, *answers: str) -> str:
        """Run a cell, answer its questions, and return what it printed."""
        left, questions = list(answers), []
        request = self.client.execute(code, allow_stdin=True)
        printed, end = "", time.monotonic() + WITHIN
        while time.monotonic() < end:
            if self.client.stdin_channel.msg_ready():
                question = self.client.get_stdin_msg(timeout=1)["content"]
                assert question["password"], question
                questions.append(question["prompt"])
                self.client.input(left.pop(0))
            try:
                message = self.client.get_iopub_msg(timeout=0.2)
            except Empty:
                continue
            self.heard.append(message)
            content = message["content"]
            assert message["msg_type"] != "error", content["traceback"]
            printed += content.get("text", "") if message["msg_type"] == "stream" else ""
            if message["parent_header"].get("msg_id") == request and content.get("execution_state") == "idle":
                assert left == []
                return "\n".join([*questions, printed])
        raise AssertionError(printed)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDFLARE", "CF_", "REPLICATE", "PVIDEO", "JPY"))}
    return {**kept, "PVIDEO_HOME": str(tmp_path / "home"), "IPYTHONDIR": str(tmp_path / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}


@pytest.fixture
def opened() -> Iterator[list[Page]]:
    pages: list[Page] = []
    yield pages
    for page in pages:
        page.close()


def test_from_an_empty_account_to_a_first_video(tmp_path: Path, environment: dict[str, str], opened: list[Page]) -> None:
    tokens = {"management_token": API, "gateway_token": RUN, "replicate_token": REPLICATE}
    work = tmp_path / "work"
    work.mkdir()
    with running_demo(gateway="", refuse_real_tokens=False, **tokens) as demo:
        # The one thing that a person with an account does not need: where this test's Cloudflare is.
        page = Page(work, {**environment, "CLOUDFLARE_BASE_URL": demo.management_url})
        opened.append(page)

        page.run(THREE[0])
        told = page.run(THREE[1], "demo", API, RUN, REPLICATE)
        page.run(THREE[2])

        assert "Made the gateway my-gateway in account demo" in told
        assert "all good" in told
        (made,) = demo.predictions()
        (create,) = [row for row in demo.requests("gateway", "POST") if row["status"] == 201]
        assert create["path"] == "/v1/demo/my-gateway/replicate/predictions"
        (file,) = (work / "videos").glob("*.mp4")
        assert file.stat().st_size == made["size"]
        assert "201" in page.run("%pvideo log cat")

        assert find(str(page.heard).encode() + told.encode(), [API, RUN, REPLICATE], "the notebook") == []
        assert find(str(demo.state.log._entries).encode(), [API, RUN, REPLICATE], "the gateway's log") == []
    findings, _ = scan([tmp_path], [API, RUN, REPLICATE])
    assert findings == []


def test_the_same_in_the_demo_asks_nothing(tmp_path: Path, environment: dict[str, str], opened: list[Page]) -> None:
    from pvideo.demo import host

    page = Page(tmp_path, environment)
    opened.append(page)
    try:
        page.run("%load_ext pvideo\n%pvideo demo --speed 20")
        told = page.run("%pvideo setup --create class-3b")
        page.run("%%pvideo cat --draft --wait\nA cat")

        assert "Presses go through class-3b of the embedded account now" in told
        assert "class-3b · 201" in page.run("%pvideo log cat")
        assert "class-3b: authentication on" in page.run("%pvideo doctor")
    finally:
        host.stop(home=tmp_path / "home")
