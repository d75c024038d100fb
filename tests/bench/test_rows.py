"""Each row of `make bench` in a short form: that it can be measured, not what. The browser's rows are `tests/e2e/test_bench.py`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.bench import classroom, process, watching
from tests.bench.__main__ import IN_THE_BROWSER, MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT: dict[str, Callable[[], list[tuple[str, str]]]] = {
    "a": lambda: watching.lag_and_looks(None, lengths=(1.0,), jobs=1),
    "c": lambda: process.imports(rounds=1),
    "d": lambda: watching.crowds(counts=(2,), length=1.0),
    "g": process.bundle,
    "i": lambda: process.library(count=40),
    "j": lambda: process.fetching(size=2_000_000),
    "k": lambda: classroom.lesson(seats=1),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("letter", SHORT)
def test_found_g_every_row_can_be_measured(letter: str) -> None:
    rows = SHORT[letter]()

    assert rows
    assert all(name.startswith(f"({letter}) ") and told for name, told in rows)


def test_found_g_no_row_is_left_out() -> None:
    in_the_browser = (Path(__file__).parents[1] / "e2e" / "test_bench.py").read_text()

    assert set(SHORT) == {*MEASURES, "a"}
    assert set(re.findall(r"def test_(\w)_", in_the_browser)) == set(IN_THE_BROWSER)
