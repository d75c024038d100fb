"""The magics in real kernels against the embedded gateway: with a page that answers (a plain client), and with nobody there."""

from __future__ import annotations

import os
import time
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest
from tests.support import kernels
from tests.support.canary import cloudflare_canary, find, replicate_canary

from pvideo.notebook.base import WIDGET

pytest.importorskip("uvicorn")
PROMPT = "A cat walking"
WITHIN = 40.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A private home whose demo ends with the module."""
    from pvideo.demo import host

    folder = tmp_path_factory.mktemp("home")
    yield folder
    host.stop(home=folder)


@pytest.fixture
def environment(home: Path, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDFLARE", "CF_", "REPLICATE", "PVIDEO", "JPY"))}
    return {**kept, "PVIDEO_HOME": str(home), "IPYTHONDIR": str(tmp_path / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}


def notebook(*cells: str) -> Any:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def execute(found: Any, folder: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    kernels.execute(found, folder)
    return found


def test_a_notebook_that_nobody_looks_at_waits_and_keeps_plain_html(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = ("%load_ext pvideo", "%pvideo demo --speed 20", f"%%pvideo cat --draft\n{PROMPT}", "cat.path.name")
    done = execute(notebook(*cells), tmp_path, environment, monkeypatch)

    (card,) = done.cells[2].outputs
    assert set(card.data) == {"text/html", "text/plain"}
    assert 'src="videos/' in card.data["text/html"]
    assert len(card.data["text/html"]) < 200_000
    assert done.cells[3].outputs[0].data["text/plain"].strip("'") in card.data["text/html"]
    assert "widgets" not in done.metadata
    assert str(tmp_path) not in nbformat.writes(done)


def test_an_unchanged_cell_is_not_sent_again(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    cells = ("%load_ext pvideo", "%pvideo demo --speed 20", "%%pvideo cat --draft\nA fox", "%%pvideo cat --draft\nA fox", "cat.seed")
    first = execute(notebook(*cells), tmp_path, environment, monkeypatch)
    second = execute(notebook(*cells), tmp_path, environment, monkeypatch)

    seeds = {done.cells[4].outputs[0].data["text/plain"] for done in (first, second)}
    assert len(seeds) == 1
    assert "nothing was sent" in second.cells[3].outputs[0].data["text/html"]


def test_an_error_before_sending_fails_the_notebook(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from nbclient.exceptions import CellExecutionError

    found = notebook("%load_ext pvideo", f"%%pvideo cat\n{PROMPT}")
    with pytest.raises(CellExecutionError, match="No account is set up"):
        execute(found, tmp_path, environment, monkeypatch)

    (error,) = found.cells[1].outputs
    assert "Traceback" not in "\n".join(error.traceback)
    assert "%pvideo demo" in "\n".join(error.traceback)


def test_no_token_of_the_environment_is_in_an_executed_notebook(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = {"CF_AIG_TOKEN": cloudflare_canary(), "REPLICATE_API_TOKEN": replicate_canary()}
    account = {"CLOUDFLARE_ACCOUNT_ID": "0" * 32, "PVIDEO_BASE_URL": "http://127.0.0.1:9/v1/a/g/replicate"}
    cells = ("%load_ext pvideo", "%pvideo doctor", "%pvideo demo --speed 20", f"%%pvideo cat --draft\n{PROMPT}", "%pvideo explain cat")
    done = execute(notebook(*cells), tmp_path, {**environment, **account, **tokens}, monkeypatch)

    text = nbformat.writes(done)
    assert find(text.encode(), list(tokens.values()), "the notebook") == []
    assert "cf-aig-authorization: ••••" in text


class Page:
    """A client that says it can answer, as a page does."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.manager, self.client = kernels.start(environment, folder)

    def run(self, code: str, *, wait: bool = True) -> list[dict[str, Any]]:
        """Run a cell and return what came until it ended."""
        message = self.client.execute(code, allow_stdin=True)
        return self.until(lambda one: is_idle(one, message)) if wait else []

    def until(self, over: Any) -> list[dict[str, Any]]:
        """Return what comes until `over` holds of a message."""
        found: list[dict[str, Any]] = []
        end = time.monotonic() + WITHIN
        while time.monotonic() < end:
            try:
                found.append(self.client.get_iopub_msg(timeout=1))
            except Empty:
                continue
            if over(found[-1]):
                return found
        raise AssertionError([one["msg_type"] for one in found])

    def say(self, comm: str, content: dict[str, Any]) -> None:
        """Send a custom message to a widget."""
        body = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", body))

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def is_idle(message: dict[str, Any], request: str) -> bool:
    return message["parent_header"].get("msg_id") == request and message["content"].get("execution_state") == "idle"


def shown(messages: list[dict[str, Any]], kind: str = "display_data") -> list[dict[str, Any]]:
    return [one["content"] for one in messages if one["msg_type"] == kind]


def views(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The views that came, in order."""
    states = [one["content"]["data"].get("state", {}) for one in messages if one["msg_type"] in {"comm_open", "comm_msg"}]
    return [state["view"] for state in states if "view" in state]


@pytest.fixture
def page(environment: dict[str, str], tmp_path: Path) -> Any:
    static = Path(__file__).parents[2] / "src" / "pvideo" / "static" / "widget.js"
    if not static.exists():
        pytest.skip("the page part is not built (npm --prefix js run build)")
    opened = Page(environment, tmp_path)
    opened.run("%load_ext pvideo\n%pvideo demo --speed 20")
    yield opened
    opened.close()


def test_a_page_gets_a_live_card_at_once_and_html_at_the_end(page: Page) -> None:
    began = time.monotonic()
    first = page.run(f"%%pvideo cat --draft\n{PROMPT}")
    assert time.monotonic() - began < 2

    (display,) = shown(first)
    assert set(display["data"]) == {WIDGET, "text/html", "text/plain"}
    model = display["data"][WIDGET]["model_id"]
    rest = page.until(lambda one: one["msg_type"] == "update_display_data")
    (update,) = shown(rest, "update_display_data")
    assert update["transient"]["display_id"] == display["transient"]["display_id"]
    assert set(update["data"]) == {"text/html"}
    assert "<video" in update["data"]["text/html"]
    statuses = [view["status"] for view in views(first + rest)]
    assert statuses[0] == "sending"
    assert statuses[-1] == "succeeded"
    assert model in {one["content"]["comm_id"] for one in first if one["msg_type"] == "comm_open"}


def test_a_page_that_keeps_its_file_clean_keeps_its_card(page: Page) -> None:
    first = page.run("%%pvideo dog --draft\nA dog")
    model = shown(first)[0]["data"][WIDGET]["model_id"]
    rest = page.until(lambda one: one["content"].get("data", {}).get("state", {}).get("saved") if one["msg_type"] == "comm_msg" else False)
    page.say(model, {"kind": "clean", "id": views(rest)[-1]["id"], "ok": True})

    after = page.run("import time; time.sleep(2.5)")
    assert shown(after, "update_display_data") == []
    assert not [one for one in after if one["msg_type"] == "comm_close"]


def test_running_the_cell_again_closes_the_card_of_before(page: Page) -> None:
    code = "from pvideo.notebook.display import outputs\n"
    page.run("%%pvideo one --draft --again\nA bird")
    page.run("%%pvideo one --draft --again\nA bird")
    found = page.run(code + "print(len(outputs.cards()))")

    (stream,) = shown(found, "stream")
    assert stream["text"].strip() == "1"
    page.run("%pvideo wait one")
