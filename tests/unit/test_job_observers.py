"""Observers: told until they leave, whatever the others do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvideo.job.observers import Observers

if TYPE_CHECKING:
    import pytest


def test_what_one_does_wrong_harms_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    observers, heard = Observers("job j1"), []

    def fails(news: str) -> None:
        msg = f"no use for {news}"
        raise ValueError(msg)

    for observer in (fails, heard.append):
        observers.add(observer)
    observers.tell("news")

    assert heard == ["news"]
    assert [record.message for record in caplog.records] == ["an observer of job j1 failed"]


def test_who_left_hears_nothing_and_may_leave_twice_and_while_it_is_told() -> None:
    observers, heard = Observers("the jobs"), []
    leave = observers.add(lambda: (heard.append("one"), leave()))
    observers.add(lambda: heard.append("two"))

    observers.tell()
    observers.tell()
    leave()

    assert heard == ["one", "two", "two"]
    assert len(observers) == 1
