"""Section F of the fault matrix as a browser has it: the tokens a kernel sends are nowhere in the page, nor in what page and server say."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.e2e.cells import PROMPT, STUDIO
from tests.support.canary import cloudflare_canary, find, replicate_canary, scan
from tests.support.demo import running_demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.jupyter import Jupyter
    from tests.e2e.lab import Lab
    from tests.support.demo import RunningDemo

OTHER = "A paper boat in the rain"
ACCOUNT = "import json, os, pathlib\nos.environ.update(json.loads(pathlib.Path({path!r}).read_text()))\n%load_ext pvideo"
"""The kernel reads its tokens where the page never was: nothing that is typed holds one."""
CAT = f"%%pvideo cat --draft --duration 2\n{PROMPT}"
EXPLAIN = "%pvideo explain cat"
STATES = """async () => {
  const found = [], seen = new Set();
  const walk = (widget) => {
    if (!widget || seen.has(widget)) return;
    seen.add(widget);
    if (widget._manager?.promise) found.push(widget._manager.promise);
    for (const child of widget.children?.() ?? []) walk(child);
  };
  walk(jupyterapp.shell.currentWidget);
  const managers = new Set(await Promise.all(found));
  return JSON.stringify(await Promise.all([...managers].map((manager) => manager.get_state())));
}"""
"""What the page would store of every widget: all its traits."""
STORED = """() => {
  localStorage.setItem("mark", "a mark in the page's storage");
  sessionStorage.setItem("mark", "a mark in the tab's storage");
  return JSON.stringify({ ...sessionStorage });
}"""
FIELDS = "() => JSON.stringify([...document.querySelectorAll('input, textarea')].map((field) => field.value))"


@pytest.fixture
def real_shapes() -> Iterator[RunningDemo]:
    """A gateway whose tokens have the shapes of real ones."""
    with running_demo(gateway_token=cloudflare_canary(), replicate_token=replicate_canary()) as demo:
        yield demo


def frames(lab: Lab) -> list[bytes]:
    """Keep every websocket frame from here on, both ways; the kernel's are binary, with the messages' JSON inside."""
    kept: list[bytes] = []

    def listen(socket: Any) -> None:
        for event in ("framesent", "framereceived"):
            socket.on(event, lambda data: kept.append(data.encode() if isinstance(data, str) else data))

    lab.page.on("websocket", listen)
    return kept


def exchanges(har: Path) -> bytes:
    """Return what page and server sent each other, bodies unpacked; JupyterLab's own scripts are left out."""
    parts = []
    for entry in json.loads(har.read_text())["log"]["entries"]:
        content = entry["response"]["content"]
        body = content.pop("text", "")
        parts.append(json.dumps(entry).encode())
        if "/static/" not in entry["request"]["url"]:
            parts.append(base64.b64decode(body) if content.get("encoding") == "base64" else body.encode())
    return b"\n".join(parts)


def test_F02_no_token_in_anything_a_browser_has_or_hears(
    open_lab: Callable[..., Lab], real_shapes: RunningDemo, server: Jupyter, tmp_path: Path
) -> None:
    har, secret, before = tmp_path / "page.har", tmp_path / "account.json", len(server.log)
    tokens = {"CF_AIG_TOKEN": real_shapes.gateway_token, "REPLICATE_API_TOKEN": real_shapes.replicate_token}
    secret.write_text(json.dumps({**tokens, "PVIDEO_BASE_URL": real_shapes.base_url}))
    lab = open_lab("lab", record_har_path=har, record_har_content="embed")
    messages = frames(lab)

    path = lab.write(ACCOUNT.format(path=str(secret)), CAT, STUDIO, EXPLAIN)
    lab.open(path)
    for cell in range(3):
        lab.run(cell)
    lab.expect_status(lab.card(1), "succeeded")
    studio = lab.studio(2)
    studio.get_by_label("Prompt", exact=True).fill(OTHER)
    studio.locator('button[data-action="generate"]').click()
    lab.expect_status(studio.locator("section.pvideo-card").first, "succeeded")
    lab.run(3)
    expect(lab.output(3)).to_contain_text("cf-aig-authorization")
    lab.wait_for_saved_html(1)
    lab.read()

    places = {
        "page": lab.page.content() + lab.page.evaluate(FIELDS),
        "widgets": lab.page.evaluate(STATES),
        "storage": lab.page.evaluate(STORED) + json.dumps(lab.page.context.storage_state(indexed_db=True)),
        "file": path.read_text(),
        "log": server.log[before:],
    }
    lab.page.context.close()  # only now the HAR is whole
    found = {name: text.encode() for name, text in places.items()} | {"messages": b"\n".join(messages), "requests": exchanges(har)}

    # Each place was really looked at.
    marks = {
        "page": (PROMPT, OTHER, "cf-aig-authorization"),
        "widgets": (PROMPT, OTHER, "below"),
        "storage": ("a mark in the page's storage", "a mark in the tab's storage", "_xsrf"),
        "file": (PROMPT, "cf-aig-authorization"),
        "log": (path.name,),
        "messages": (PROMPT, OTHER, "comm_msg", "comm_open", "execute_request"),
        "requests": (PROMPT, "/api/contents", "/api/sessions", "PUT"),
    }
    assert [(name, mark) for name, wanted in marks.items() for mark in wanted if mark.encode() not in found[name]] == []
    assert len(real_shapes.predictions()) == 2  # both were opened with these very tokens

    leaks = [leak for name, data in found.items() for leak in find(data, list(tokens.values()), name)]
    assert leaks + scan([lab.folder], list(tokens.values()))[0] == []
