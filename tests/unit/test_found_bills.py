"""B7, B8: what a finished job counts, whatever length its answer tells, and the end of a job that asked for no video."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.jobs import World

if TYPE_CHECKING:
    from pathlib import Path

DRAFT = Decimal("0.005")
"""US dollars a second of a 720p draft."""


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


def run(world: World, told: Any, *, lasts: float | None = None, early: bool = False, **given: Any) -> Any:
    """Run a draft of 5 s whose answer tells a length and whose file lasts another; return its course."""
    original = world.replicate.seen

    def seen(prediction: Any) -> Any:
        found = original(prediction)
        return replace(found, metrics={"video_output_duration_seconds": told}) if found.status == "succeeded" and told != "" else found

    world.replicate.seen, world.replicate.early_output = seen, early
    if lasts is not None:
        about = {"width": 1280, "height": 720, "fps": 24.0, "seconds": lasts, "has_audio": False}
        world.tools.examine = lambda _: (about, None)
    course = world.press(estimate=DRAFT * 5, estimate_text="$0.025", **given)
    world.go(course.run())
    assert course.feed.latest.status == "succeeded"
    return course


@pytest.mark.parametrize("early", [False, True], ids=["at the end", "while processing"])
@pytest.mark.parametrize(
    ("told", "lasts", "counts"),
    [
        (0, 5.0, 5),
        (0.001, 5.0, 5),
        (1e-9, 5.04, 5),
        (2.0, 5.04, 5),
        (2.0, 3.0, 3),
        (0, 7.5, "7.5"),
        (4.0, 4.0, 4),
        (4.0, 4.1, 4),
        (5.0, 5.04, 5),
        (6.0, 5.0, 6),
        (-3.0, 5.0, 5),
        (None, 5.0, 5),
        (float("nan"), 5.0, 5),
        ("5", 5.0, 5),
    ],
)
def test_found_b7_a_length_below_what_the_file_lasts_is_not_believed(
    world: World, told: Any, lasts: float, counts: float | str, early: bool
) -> None:
    course = run(world, told, lasts=lasts, early=early)

    assert course.row.cost == DRAFT * Decimal(counts)
    assert world.journal.get(course.row.intent).cost == course.row.cost
    assert world.journal.spent(realm="real", day="2026-11-20", session=course.row.session).day == course.row.cost
    assert "0.0 s made" not in course.feed.latest.cost_text


@pytest.mark.parametrize(("told", "counts"), [(0, 5), (0.01, 5), (2.0, 5), (5.0, 5), (8.0, 8), (-1, 5), (None, 5)])
def test_found_b7_where_the_file_cannot_be_looked_at_it_counts_no_less_than_was_estimated(world: World, told: Any, counts: int) -> None:
    assert run(world, told).row.cost == DRAFT * counts


@pytest.mark.parametrize(("told", "lasts", "counts"), [(3.0, None, 3), (3.0, 3.0, 3), (1.0, 6.0, 6), (0, None, 20), (12.0, None, 12)])
def test_found_b7_an_upper_bound_is_no_floor(world: World, told: Any, lasts: float | None, counts: int) -> None:
    given = {"input": {"audio": "https://a.example/b.wav"}, "upper_bound": True}

    assert run(world, told, lasts=lasts, **given).row.cost == DRAFT * counts


# -- B8


@pytest.mark.parametrize("output", [None, "", [], {}])
def test_found_b8_a_no_op_ends_well_without_a_video(world: World, output: Any) -> None:
    original = world.replicate.seen
    world.replicate.seen = lambda it: replace(original(it), output=output, metrics={})
    course = world.press(input={"no_op": True}, estimate=DRAFT * 5, estimate_text="$0.025")

    world.go(course.run())

    shown = course.feed.latest
    assert (shown.status, shown.settled, shown.error, shown.path, shown.cost) == ("succeeded", True, None, None, None)
    assert shown.cost_text == "cost not known"
    (note,) = shown.notes
    assert "It works" in note
    assert "Whether that is charged is not known; the budget counts $0.025 for it." in note
    assert world.journal.spent(realm="real", day="2026-11-20", session=course.row.session).day == DRAFT * 5
    assert world.journal.durations(model=course.row.model, realm=course.row.realm, shape=course.row.shape) == []


def test_found_b8_a_no_op_with_a_video_is_saved_like_any_other(world: World) -> None:
    course = world.press(input={"no_op": True})

    world.go(course.run())

    assert course.feed.latest.path is not None
    assert course.row.cost is not None


@pytest.mark.parametrize("given", [{}, {"no_op": False}])
def test_found_b8_without_no_op_a_missing_file_is_still_said(world: World, given: dict[str, Any]) -> None:
    original = world.replicate.seen
    world.replicate.seen = lambda it: replace(original(it), output=None)
    course = world.press(input=given)

    world.go(course.run())

    assert course.feed.latest.error.key == "output_strange"
