"""The harness itself: a widget that is not ours, so that a failure here is not ours either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.lab import Lab

WIDGET = """
import anywidget, threading, traitlets
class Probe(anywidget.AnyWidget):
    _esm = '''export default { render({ model, el }) {
      const card = document.createElement("section");
      const badge = document.createElement("b");
      card.className = "pvideo-card"; badge.className = "pvideo-badge"; card.dataset.id = "x";
      const show = () => { card.dataset.status = model.get("status"); badge.textContent = model.get("status"); };
      show(); model.on("change:status", show); card.append(badge); el.append(card);
    } }'''
    status = traitlets.Unicode("sending").tag(sync=True)
probe = Probe()
probe
"""
THREAD = """
def work():
    for status in ("starting", "processing", "succeeded"):
        probe.status = status
threading.Thread(target=work).start()
import ipykernel; print(ipykernel.__version__)
"""


@pytest.mark.parametrize(
    ("host", "kernel", "version"), [("lab", "python3", "7."), ("lab", "ipykernel72", "7.2"), ("notebook", "python3", "7.")]
)
def test_a_widget_lives_in_every_host_and_kernel(open_lab: Callable[..., Lab], host: str, kernel: str, version: str) -> None:
    lab = open_lab(host)
    lab.open(lab.write(WIDGET, THREAD, kernel=kernel))

    lab.run(0)
    expect(lab.card(0)).to_be_visible()
    lab.run(1)

    lab.expect_status(lab.card(0), "succeeded")
    assert lab.states(lab.card(0)) == ["sending", "starting", "processing", "succeeded"]
    expect(lab.output(1)).to_contain_text(version)
    assert len(lab.read()["cells"]) == 2
    assert lab.picture(f"harness-{host}-{kernel}").stat().st_size > 10_000
