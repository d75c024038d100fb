"""Counts what a person does: a step is one cell run, press, drop or typed answer (the twelve tasks say how many each may take)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator
    from tests.e2e.lab import Lab


class Steps:
    """Does each step, and counts it.

    with at_most(3, lab) as steps: steps.run(1); steps.type(prompt, "A dog"); steps.key(prompt, "Control+Enter")
    """

    def __init__(self, lab: Lab) -> None:
        """Begin at none."""
        self._lab, self.count = lab, 0

    def run(self, index: int, *, wait: bool = True) -> str:
        """Run a cell; returns the key for `Lab.wait_for_run`."""
        self.count += 1
        return self._lab.run(index, wait=wait)

    def edit(self, index: int, text: str) -> None:
        """Write a cell anew."""
        self.count += 1
        self._lab.set_source(index, text)

    def press(self, button: Locator) -> None:
        """Press a button."""
        self.count += 1
        button.click()

    def type(self, box: Locator, text: str) -> None:
        """Type a text into a box."""
        self.count += 1
        box.fill(text)

    def answer(self, box: Locator, text: str) -> None:
        """Answer a question of a running cell."""
        self.count += 1
        box.fill(text)
        box.press("Enter")

    def key(self, target: Locator, key: str) -> None:
        """Press a key, or several at once, on something."""
        self.count += 1
        target.press(key)

    def drop(self, zone: Locator, file: Path, kind: str = "image/png") -> None:
        """Drop a file."""
        self.count += 1
        drop(zone, file, kind)


@contextmanager
def at_most(allowed: int, lab: Lab) -> Iterator[Steps]:
    """Count the steps of one task, which may take so many and not one more."""
    steps = Steps(lab)
    yield steps
    assert 1 <= steps.count <= allowed


def drop(zone: Locator, file: Path, kind: str) -> None:
    """Drop a file as the file manager does."""
    zone.evaluate(
        """(zone, [bytes, name, type]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
          zone.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        [list(file.read_bytes()), file.name, kind],
    )


def paste(target: Locator, file: Path, kind: str) -> None:
    """Paste a file, as after a screenshot."""
    target.evaluate(
        """(target, [bytes, name, type]) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([new Uint8Array(bytes)], name, { type }));
          target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        [list(file.read_bytes()), file.name, kind],
    )
