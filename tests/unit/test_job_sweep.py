"""A sweep with the engine's real thread, its real wire, and the demo on real sockets."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import pvideo
from pvideo import settings
from pvideo.errors import BudgetError, InputError, PredictionError
from pvideo.job.axes import axes_of, combine
from pvideo.job.engine import Engine
from pvideo.job.plan import begin, plan, sweep
from pvideo.job.press import find_model, press
from pvideo.job.sweep import Sweep

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.demo import RunningDemo

FAILS = {"do": "fate", "end": "failed", "error": "CUDA out of memory"}


def cats(**inputs: Any) -> Sweep:
    return sweep("A cat", **{"draft": True, "duration": 1, "name": "board", **inputs})


def cell(prompt: str = "A cat", **inputs: Any) -> Sweep:
    """What a `%%pvideo` cell does: the same again shows what is there."""
    model = find_model()
    axes, combinations = combine(*axes_of(model, {"prompt": prompt, "draft": True, "duration": 1, **inputs}))
    return begin(plan(model, axes, combinations, name="board", again=False))


def seeds(demo: RunningDemo) -> list[int]:
    return sorted(prediction["input"]["seed"] for prediction in demo.predictions())


def test_every_combination_becomes_a_file(demo: RunningDemo) -> None:
    board = pvideo.sweep("A {red | blue} boat", seed=range(2), draft=True, duration=1, name="board")

    assert board.wait(60) is board

    assert len(board) == len(demo.predictions()) == 4
    assert [(video.inputs["prompt"], video.seed) for video in board] == [
        ("A red boat", 0),
        ("A red boat", 1),
        ("A blue boat", 0),
        ("A blue boat", 1),
    ]
    assert len({video.path for video in board}) == 4
    assert (board.price, board.cost) == (Decimal("0.02"), Decimal("0.02"))
    assert board[0].name == "board[0]"
    assert board[1:3] == (board.videos[1], board.videos[2])
    assert board[1].snapshot().template == "A red boat"
    assert {Engine.get().journal.get(video.intent).sweep for video in board} == {board.id}
    assert repr(board) == "Sweep('board', 4 videos: red, blue × seed 0, 1, 4 of 4 done, $0.02)"
    assert board.failed == ()


def test_it_can_be_awaited(demo: RunningDemo) -> None:
    async def both() -> Sweep:
        return await cats(seed=[1, 2])

    assert len(asyncio.run(both()).videos) == 2


def test_code_makes_new_ones_each_time_and_a_cell_does_not(demo: RunningDemo) -> None:
    first = cell(seed=[1, 2]).wait(60)
    again = cell(seed=[1, 2])

    assert again.videos == first.videos
    assert again.id == first.id
    assert (again.started, again.to_pay, again.price, again.cost) == (True, Decimal(0), Decimal(0), Decimal(0))
    assert seeds(demo) == [1, 2]

    wider = cell(seed=[1, 2, 3])
    assert wider.price == Decimal("0.005")
    wider.wait(60)
    assert seeds(demo) == [1, 2, 3]

    cats(seed=[1, 2]).wait(60)
    assert seeds(demo) == [1, 1, 2, 2, 3]


def test_a_wrong_combination_is_named_and_nothing_is_sent(demo: RunningDemo) -> None:
    with pytest.raises(InputError, match=r"seed 2, duration 30: duration is 1 to 20 s; 30 was given") as caught:
        sweep("A cat", seed=[2], duration=[1, 30])

    assert caught.value.key == "combination_wrong"
    assert caught.value.problems[0].field == "duration"
    with pytest.raises(InputError, match="no such input"):
        sweep("A cat", sed=[1, 2])
    assert demo.predictions() == []


def test_values_that_would_be_left_out_make_no_axis(demo: RunningDemo, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="replaces aspect_ratio"):
        sweep("A cat", image="https://example.com/a.png", aspect_ratio=["16:9", "1:1"])
    assert demo.predictions() == []


def test_the_budget_is_asked_for_all_of_them_first(demo: RunningDemo) -> None:
    settings.configure(budget_day="0.015")

    with pytest.raises(BudgetError) as caught:
        cats(seed=range(4))

    assert caught.value.key == "budget_reached"
    assert "$0.02 would make today $0.02 of $0.015" in str(caught.value)
    assert demo.predictions() == []
    assert len(cats(seed=range(3)).wait(60)) == 3


def test_a_dear_one_waits_for_a_word(demo: RunningDemo) -> None:
    settings.configure(confirm_over="0.01")
    board = cats(seed=range(3))

    assert (board.started, board.videos, len(board), board.to_pay) == (False, (), 3, Decimal("0.015"))
    for act in (lambda: board[0], board.wait, lambda: list(board)):
        with pytest.raises(BudgetError, match=r"3 videos cost \$0\.015, over confirm_over \(\$0\.01\)") as caught:
            act()
    assert "board.run() starts it" in caught.value.next
    assert "not started, $0.015" in repr(board)
    assert demo.predictions() == []

    assert board.run().wait(60).started
    assert seeds(demo) == [0, 1, 2]
    board.run()
    assert seeds(demo) == [0, 1, 2]


def test_where_nobody_is_a_dear_one_is_an_error_that_names_the_way_on(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.configure(confirm_over="0.01")
    monkeypatch.setattr(Sweep, "attended", staticmethod(lambda: False))

    with pytest.raises(BudgetError) as caught:
        cats(seed=range(3))

    assert caught.value.key == "confirm_needed"
    assert demo.predictions() == []
    cats(seed=range(3), run=True).wait(60)
    assert len(demo.predictions()) == 3


def test_an_unknown_price_counts_as_a_dear_one(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    from pvideo.model.price import UNKNOWN

    monkeypatch.setattr("pvideo.job.plan.estimate", lambda *_: UNKNOWN)
    board = cats(seed=range(2))

    assert board.price is None
    with pytest.raises(BudgetError, match="The price of 2 videos is not known"):
        board.wait()
    assert len(board.run().wait(60)) == 2


def test_what_failed_is_kept_and_tried_again_alone(demo: RunningDemo) -> None:
    demo.faults([{"match": {"op": "create", "nth": 2}, **FAILS}])
    board = cats(seed=[1, 2, 3])

    with pytest.raises(PredictionError, match=r"1 of 3 videos were not made\. seed \d: .*CUDA out of memory"):
        board.wait(60)
    (bad,) = board.failed
    assert sum(video.path is not None for video in board) == 2
    assert "1 failed" in repr(board)
    assert board.retry_price == Decimal("0.005")

    board.retry().wait(60)

    assert board.failed == ()
    assert bad not in board.videos
    assert len(demo.predictions()) == 4
    assert sorted([1, 2, 3, bad.seed]) == seeds(demo)
    assert cell(seed=[1, 2, 3]).videos == board.videos
    assert len(demo.predictions()) == 4


def test_those_left_are_canceled_and_those_done_kept(demo: RunningDemo) -> None:
    demo.settings(speed=1)
    board = cats(seed=range(8))
    board.cancel()

    with pytest.raises(PredictionError):
        board.wait(60)

    assert {video.status for video in board} <= {"canceled", "succeeded", "aborted"}
    assert len(demo.predictions()) <= 4
    assert board.tally().left == 0


def test_after_a_crash_the_cell_goes_on_and_pays_for_none_twice(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.settings(speed=2)
    board = cell(seed=range(8))
    board[0]._feed.wait(lambda shown: shown.prediction_id is not None, 30)
    # A dead process: its engine is gone, its owner is nobody, and what waited was never sent.
    engine = Engine.get()
    engine.close()
    journal = Engine.get().journal
    with journal.transaction() as db:
        db.execute("UPDATE jobs SET owner='1:1:gone' WHERE state IN ('new', 'sending', 'unknown', 'created', 'running', 'fetching')")
    assert 1 <= len(demo.predictions()) < 8
    demo.settings(speed=50)

    after = cell(seed=range(8))
    assert after.id == board.id
    after.wait(60)

    assert seeds(demo) == list(range(8))
    assert all(video.path is not None for video in after)


def test_an_existing_video_of_the_same_press_takes_its_place(demo: RunningDemo) -> None:
    lone = press(find_model(), {"prompt": "A cat", "draft": True, "duration": 1, "seed": 2}).wait(30)

    board = cell(seed=[1, 2]).wait(60)

    assert board[1] is lone
    assert board.price == Decimal("0.005")
    assert seeds(demo) == [1, 2]


def test_a_small_account_is_told_and_asked_slowly(demo: RunningDemo) -> None:
    demo.settings(low_credit=True)
    board = cats(seed=range(3))
    for _ in range(600):
        if board.a_minute:
            break
        board._feed_wait = board[0]._feed.wait(lambda _: False, 0.05)

    now = board.tally()
    assert board.a_minute == 6
    assert now.waiting >= 1
    assert 0 < now.starts <= 25
    board.cancel()


def test_observers_hear_every_change(demo: RunningDemo) -> None:
    settings.configure(confirm_over="0.001")
    board = cats(seed=range(2))
    heard: list[int] = []
    stop = board.observe(lambda: heard.append(1))
    board.run().wait(60)
    assert len(heard) > 4

    stop()
    stop()
    count = len(heard)
    board.replace(board[0], board[0])
    assert len(heard) == count
