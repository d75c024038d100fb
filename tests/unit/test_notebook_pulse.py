"""News reaches the page at most twice a second, and the last state always."""

from __future__ import annotations

import threading
from typing import Any

from pvideo.notebook.pulse import Pulse


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Item:
    def __init__(self) -> None:
        self.pushed = threading.Event()

    def push(self) -> None:
        self.pushed.set()


def still(clock: Clock) -> Pulse:
    """A pulse whose thread is never started, so that the test turns the hands."""
    pulse = Pulse(clock=clock)
    pulse._start = lambda: None  # type: ignore[method-assign]
    return pulse


def test_the_first_news_goes_at_once_and_the_next_waits_half_a_second() -> None:
    clock = Clock()
    pulse, item = still(clock), Item()
    pulse.mark(item)
    assert pulse.take_due() == [item]

    pulse.mark(item)
    assert pulse.take_due() == []
    clock.now += 0.5
    assert pulse.take_due() == [item]


def test_many_marks_become_one_push() -> None:
    clock = Clock()
    pulse, item = still(clock), Item()
    for _ in range(50):
        pulse.mark(item)

    assert pulse.take_due() == [item]
    clock.now += 10
    assert pulse.take_due() == []


def test_twenty_cards_do_not_wait_for_each_other() -> None:
    pulse = still(Clock())
    items = [Item() for _ in range(20)]
    for item in items:
        pulse.mark(item)

    assert pulse.take_due() == items


def test_a_forgotten_card_is_not_pushed() -> None:
    pulse, item = still(Clock()), Item()
    pulse.mark(item)
    pulse.forget(item)

    assert pulse.take_due() == []


def test_a_card_that_fails_does_not_stop_the_others(caplog: Any) -> None:
    class Broken(Item):
        def push(self) -> None:
            raise ValueError("broken")

    pulse, item = Pulse(), Item()
    pulse.mark(Broken())
    pulse.mark(item)

    assert item.pushed.wait(5)
    assert "could not be updated" in caplog.text
