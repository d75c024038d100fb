"""``%%pvideo`` with ranges: in a real shell, with the engine's real thread and the demo on real sockets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from tests.support.notebook import FakeComm

import pvideo
from pvideo import settings
from pvideo.errors import BudgetError, InputError, PredictionError
from pvideo.job.limits import limits
from pvideo.job.sweep import Sweep
from pvideo.model.catalog import load
from pvideo.notebook import base, display, hook, magics, sheet
from pvideo.notebook.contact import saved_sheet
from pvideo.notebook.display import Outputs
from pvideo.notebook.options import parse
from pvideo.notebook.sheet import Sheet
from pvideo.notebook.tiles import KEYS, limited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.demo import RunningDemo

FAILS = {"do": "fate", "end": "failed", "error": "CUDA out of memory"}
MODEL = load("prunaai/p-video")
THREADS: list[Any] = []
"""What messages were handed to, so that a test can wait for its end."""


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A shell with no person at its kernel, so that cells wait and show html."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    made = InteractiveShell()
    made.history_manager.enabled = False
    magics.register(made)
    made.shown = []
    person(made, there=False)
    monkeypatch.setattr(display, "publish", lambda _, data, name, *, update=False: made.shown.append(data))
    monkeypatch.setattr(magics, "outputs", Outputs())
    monkeypatch.setattr(hook, "attended", lambda: not headless(made))
    monkeypatch.setattr(Sweep, "attended", staticmethod(lambda: not headless(made)))
    yield made
    made.history_manager.end_session()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without a browser, and a pulse that the test turns."""
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(sheet.pulse, "mark", lambda _: None)
    monkeypatch.setattr(sheet, "hand", lambda *task: THREADS.append(base.hand(*task)))
    THREADS.clear()


def person(shell: Any, *, there: bool) -> None:
    parent = {"content": {"allow_stdin": there}, "header": {"msg_id": "m"}, "metadata": {}}
    shell.kernel = SimpleNamespace(get_parent=lambda: parent)


def headless(shell: Any) -> bool:
    return not shell.kernel.get_parent()["content"]["allow_stdin"]


def run(shell: Any, line: str, body: str = "A cat\n") -> Any:
    """Run a cell and return its error, if it has one."""
    return shell.run_cell(f"%%pvideo {line} --draft --duration 1\n{body}").error_in_exec


def seeds(demo: RunningDemo) -> list[int]:
    return sorted(prediction["input"]["seed"] for prediction in demo.predictions())


# The line


@pytest.mark.parametrize(
    ("line", "inputs", "axes"),
    [
        ("--seed 1..4", {}, {"seed": (1, 2, 3, 4)}),
        ("--seed 1..9..4", {}, {"seed": (1, 5, 9)}),
        ("--seed 3..1", {}, {"seed": (3, 2, 1)}),
        ("--seed 7,1..2", {}, {"seed": (7, 1, 2)}),
        ("--seed -2..-1", {}, {"seed": (-2, -1)}),
        ("--seed 5", {"seed": 5}, {}),
        ("--seed 5..5", {}, {"seed": (5,)}),
        ("--resolution 720p,1080p", {}, {"resolution": ("720p", "1080p")}),
        ("--fps 24,48", {}, {"fps": (24, 48)}),
        ("--draft=on,off", {}, {"draft": (True, False)}),
        ("--no-draft=on,off", {}, {"draft": (False, True)}),
        ("--input draft=on,off", {}, {"draft": (True, False)}),
        ("--image a,b.png", {"image": "a,b.png"}, {}),
        ("--image a.png,b.png --each", {}, {"image": ("a.png", "b.png")}),
        ("--seed {many}", {}, {"seed": (3, 4)}),
        ("--duration 2,4 --seed 1..2", {}, {"duration": (2, 4), "seed": (1, 2)}),
    ],
)
def test_ranges_and_lists_on_the_line(line: str, inputs: dict[str, Any], axes: dict[str, Any]) -> None:
    asked = parse(f"board {line}", {"many": [3, 4]}, lambda _: MODEL, MODEL.name)

    assert (dict(asked.inputs), dict(asked.axes)) == (inputs, axes)
    assert list(asked.axes) == list(axes)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--seed 1..1000000000", "at most 100"),
        ("--seed 1..5..0", "at most 100"),
        ("--seed 1,two", "'two' was given"),
        ("--resolution 720p,4k", "720p or 1080p"),
        ("--seed 1...4", "seed is"),
    ],
)
def test_what_is_no_range_is_refused(line: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(f"board {line}", {}, lambda _: MODEL, MODEL.name)


# The cell


def test_a_cell_with_a_range_makes_a_sweep_and_waits_where_nobody_is(demo: RunningDemo, shell: Any) -> None:
    assert run(shell, "board --seed 1..3") is None

    board = shell.user_ns["board"]
    assert isinstance(board, Sweep)
    assert [video.seed for video in board] == [1, 2, 3]
    assert shell.user_ns["_pvideo"] is board[2]
    (shown,) = shell.shown
    assert set(shown) == {"text/html", "text/plain"}
    assert "3 of 3 done" in shown["text/html"]
    assert shown["text/html"].count("<a href=") == 3
    assert seeds(demo) == [1, 2, 3]

    assert run(shell, "board --seed 1..3") is None
    assert shell.user_ns["board"].videos == board.videos
    assert seeds(demo) == [1, 2, 3]
    assert run(shell, "board --seed 1..3 --again") is None
    assert seeds(demo) == [1, 1, 2, 2, 3, 3]


def test_alternatives_are_many_only_with_each(demo: RunningDemo, shell: Any) -> None:
    shell.user_ns["light"] = "dusk"
    run(shell, "one", "A {red | blue} boat at {light}\n")
    run(shell, "two --each", 'A {red | blue} boat at {light}, {{x}} {"a": {"b": 1}}\n')

    assert shell.user_ns["one"].inputs["prompt"] == "A {red | blue} boat at dusk"
    assert [video.inputs["prompt"] for video in shell.user_ns["two"]] == [
        'A red boat at dusk, {x} {"a": {"b": 1}}',
        'A blue boat at dusk, {x} {"a": {"b": 1}}',
    ]
    assert shell.user_ns["two"][0].snapshot().template == 'A red boat at {light}, {{x}} {"a": {"b": 1}}'


def test_a_sweep_of_one_is_a_sweep_where_an_axis_was_written(demo: RunningDemo, shell: Any) -> None:
    run(shell, "board --seed 5..5")

    assert len(shell.user_ns["board"]) == 1


def test_a_sweep_takes_over_a_video_s_name_and_the_reverse_but_no_other(demo: RunningDemo, shell: Any) -> None:
    run(shell, "cat --seed 1")
    run(shell, "cat --seed 1..2")
    assert isinstance(shell.user_ns["cat"], Sweep)
    run(shell, "cat --seed 1")
    assert isinstance(shell.user_ns["cat"], pvideo.Video)

    shell.user_ns["df"] = 1.5
    assert run(shell, "df --seed 1..2").key == "name_taken"
    assert seeds(demo) == [1, 2]


def test_where_nobody_is_a_dear_sweep_names_its_price_and_the_way_on(demo: RunningDemo, shell: Any) -> None:
    settings.configure(confirm_over="0.01")
    error = run(shell, "board --seed 1..4")

    assert isinstance(error, BudgetError)
    assert "4 videos cost $0.02, over confirm_over ($0.01)" in str(error)
    assert "board.run() starts it" in error.next
    assert demo.predictions() == []
    shell.user_ns["board"].run().wait(60)
    assert seeds(demo) == [1, 2, 3, 4]


def test_a_wrong_combination_fails_the_cell_and_binds_nothing(demo: RunningDemo, shell: Any) -> None:
    error = shell.run_cell("%%pvideo board --duration 18..22\nA cat").error_in_exec

    assert error.key == "combination_wrong"
    assert "duration 21" in str(error)
    assert "board" not in shell.user_ns
    assert demo.predictions() == []


def test_a_bad_end_that_was_waited_for_is_raised_and_the_others_kept(demo: RunningDemo, shell: Any) -> None:
    demo.faults([{"match": {"op": "create", "nth": 1}, **FAILS}])
    error = run(shell, "board --seed 1..2 --wait")

    assert isinstance(error, PredictionError)
    assert "1 of 2 videos were not made" in str(error)
    assert len([video for video in shell.user_ns["board"] if video.path]) == 1
    assert "Replicate could not make it" in shell.shown[-1]["text/html"]


def test_wait_and_cancel_know_a_sweep_s_name(demo: RunningDemo, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    demo.settings(speed=2)
    shell.user_ns["board"] = pvideo.sweep("A cat", seed=[1, 2], draft=True, duration=1, name="board")
    shell.run_line_magic("pvideo", "cancel board")
    assert capsys.readouterr().out.count("asked to cancel") == 2

    shell.run_line_magic("pvideo", "wait board")
    assert capsys.readouterr().out.count("board[") == 2
    assert shell.run_cell("%pvideo wait bord").error_in_exec.key == "video_unknown"


def test_help_mentions_ranges(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell("%%pvideo -h")

    out = capsys.readouterr().out
    assert "--seed 1..4" in out
    assert "--each" in out


# The sheet


def board_of(**inputs: Any) -> Sweep:
    return pvideo.sweep("A cat", **{"seed": [1, 2, 3], "draft": True, "duration": 1, "name": "board", **inputs})


def say(shown: Sheet, content: Any) -> None:
    """Send a message as the page does, and wait until it is done."""
    shown.comm.say(content)
    for thread in THREADS:
        thread.join(30)


def messages(comm: Any) -> int:
    return len([one for one in comm.sent if one.data.get("method") == "update"])


def pressed(shown: Sheet, name: str, **changes: Any) -> dict[str, Any]:
    label = next((action["label"] for action in shown.sheet["actions"] if action["name"] == name), "")
    return {"kind": "sheet", "name": name, "label": label, "nonce": shown.sheet["nonce"], **changes}


def test_the_sheet_says_the_sum_and_starts_by_its_button_only(demo: RunningDemo, page: None) -> None:
    settings.configure(confirm_over="0.01", budget_day=5)
    board = board_of()
    shown = Sheet(board)

    assert set(shown.sheet) == set(KEYS)
    assert shown.sheet["total"] == "total $0.015, leaves $4.985 of today"
    assert [action["label"] for action in shown.sheet["actions"]] == ["Generate 3 · $0.015"]
    assert {tile["note"] for tile in shown.sheet["tiles"]} == {"not sent"}
    shown.push()
    assert "not sent" in shown.saved
    for wrong in (pressed(shown, "start", nonce="x"), pressed(shown, "start", label="Generate 3 · $0.00"), pressed(shown, "again")):
        say(shown, wrong)
    assert not board.started

    say(shown, pressed(shown, "start"))
    say(shown, pressed(shown, "start"))
    board.wait(60)
    shown.push()

    assert (shown.sheet["state"], shown.sheet["done"], shown.sheet["said"]) == ("over", 3, "All 3 are done")
    assert shown.sheet["parts"] == ["3 of 3 done", "$0.015"]
    assert len(shown.posters) == 3
    assert seeds(demo) == [1, 2, 3]
    assert "3 of 3 done" in shown.saved
    assert demo.gateway_token not in shown.saved + str(shown.sheet)
    shown.close()


def test_a_sheet_says_before_it_starts_how_long_the_gateways_limit_makes_it(demo: RunningDemo) -> None:
    settings.configure(confirm_over=0, rate_limit=(7, 60))
    board = board_of(seed=[1, 2, 3])
    try:
        assert not board.started
        assert limited(board, board.tally()) == "3 videos take at least 2 min: pvideo lets 7 requests per 60 s (fixed) pass"
        settings.configure(rate_limit=None)
        assert limited(board, board.tally()) == ""
    finally:
        limits.clear()
    assert demo.predictions() == []


def test_the_sheet_s_buttons_cancel_what_is_left_and_try_again_what_failed(demo: RunningDemo, page: None) -> None:
    demo.faults([{"match": {"op": "create", "nth": 1}, **FAILS}])
    board = board_of()
    shown = Sheet(board)
    with pytest.raises(PredictionError):
        board.wait(60)
    shown.push()
    assert [action["label"] for action in shown.sheet["actions"]] == ["Try the failed one again · $0.005"]
    assert shown.sheet["said"] == "2 of 3 done, 1 failed"

    say(shown, pressed(shown, "retry"))
    board.wait(60)
    shown.push()
    assert shown.sheet["actions"] == []
    assert len(demo.predictions()) == 4

    demo.settings(speed=1)
    other = board_of(seed=range(10, 16))
    left = Sheet(other)
    assert [action["label"] for action in left.sheet["actions"]] == ["Cancel the 6 left"]
    say(left, pressed(left, "cancel"))
    with pytest.raises(PredictionError):
        other.wait(60)
    left.push()
    assert left.sheet["actions"][0]["label"].startswith("Make the missing")
    for one in (shown, left):
        one.close()


def test_a_button_that_a_budget_stops_says_so_on_the_sheet(demo: RunningDemo, page: None) -> None:
    settings.configure(confirm_over="0.001")
    board = board_of()
    settings.configure(budget_day="0.01")
    shown = Sheet(board)
    say(shown, pressed(shown, "start"))
    shown.push()

    assert shown.sheet["message"]["key"] == "budget_reached"
    assert demo.predictions() == []
    shown.close()


def test_a_tile_opens_as_a_card_whose_retry_takes_the_tile_s_place(demo: RunningDemo, page: None) -> None:
    demo.faults([{"match": {"op": "create", "nth": 1}, **FAILS}])
    board = board_of(seed=[1, 2])
    shown = Sheet(board)
    with pytest.raises(PredictionError):
        board.wait(60)
    (bad,) = board.failed
    say(shown, {"kind": "open", "id": bad.intent})
    (opened,) = shown.panels._panels.values()
    assert (shown.opened, opened.view["id"], opened.silent) == (bad.intent, bad.intent, True)
    assert shown.below == [f"anywidget:{opened.model_id}"]

    opened._act("retry")
    board.wait(60)
    opened.push()
    assert bad not in board.videos
    assert shown.opened in {video.intent for video in board}

    good = next(video for video in board if video.intent != shown.opened)
    say(shown, {"kind": "open", "id": good.intent})
    assert not opened.is_open
    (again,) = shown.panels._panels.values()
    again._act("again")
    assert good in board.videos
    assert (shown.opened, again.video.intent in {video.intent for video in board}) == ("", False)

    say(shown, {"kind": "open", "id": ""})
    assert (shown.opened, shown.below) == ("", [])
    shown.close()


def test_two_tiles_are_compared_below(demo: RunningDemo, page: None) -> None:
    board = board_of(seed=[1, 2]).wait(60)
    shown = Sheet(board)
    for _ in range(2):
        say(shown, {"kind": "compare", "ids": [video.intent for video in board]})

    (made,) = shown.panels._panels.values()
    assert made.videos == board.videos
    shown.push()
    assert "<table" in shown.saved
    shown.close()
    assert not made.is_open


def test_strange_messages_change_nothing(demo: RunningDemo, page: None) -> None:
    board = board_of(seed=[1]).wait(60)
    shown = Sheet(board)
    for content in (
        {"kind": "open", "id": 5},
        {"kind": "want", "id": "nobody"},
        {"kind": "rate", "id": board[0].intent, "stars": 99},
        {"kind": "compare", "ids": "x"},
        {"kind": "compare", "ids": [1, 2]},
        {"kind": "clean", "id": "other", "ok": True},
        {"kind": "nothing"},
        {},
    ):
        say(shown, content)

    assert (shown.below, shown.clean, len(demo.predictions())) == ([], False, 1)
    say(shown, {"kind": "clean", "id": board.id, "ok": True})
    assert shown.clean
    shown.close()


def test_it_is_told_once_that_all_is_over_and_lets_go(demo: RunningDemo, page: None) -> None:
    board = board_of(seed=[1, 2])
    told: list[Sheet] = []
    shown = Sheet(board, settled=told.append)
    board.wait(60)
    for _ in range(3):
        shown.push()
    for thread in THREADS:
        thread.join(30)
    assert told == [shown]

    assert len(board._observers) == 1
    comm, count = shown.comm, messages(shown.comm)
    shown.close()
    shown.push()
    assert len(board._observers) == 0
    assert messages(comm) == count


def test_a_sheet_on_a_cell_s_last_line_is_live_and_running_again_lets_go(
    demo: RunningDemo, shell: Any, page: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(shell, there=True)
    outputs = magics.outputs
    monkeypatch.setattr(display, "outputs", outputs)
    monkeypatch.setattr("pvideo.notebook.hosts.running_shell", lambda: shell)
    run(shell, "board --seed 1..2")
    first = outputs.cards()[0]
    assert isinstance(first, Sheet)
    assert "application/vnd.jupyter.widget-view+json" in shell.shown[-1]
    shell.user_ns["board"].wait(60)

    shell.run_cell("board")
    assert outputs.cards() == [first]
    run(shell, "board --seed 3..4")
    shell.user_ns["board"].wait(60)
    assert len(outputs.cards()) == 2
    outputs.clear()
    assert not first.is_open


def test_the_saved_table_has_headers_and_holds_what_was_typed_as_text(demo: RunningDemo, tmp_path: Path) -> None:
    board = pvideo.sweep("A <b>cat</b>", seed=[1, 2], fps=[24, 48], draft=True, duration=1, name="board").wait(60)
    html = saved_sheet(board, tmp_path)

    for word in ("seed 1", "seed 2", "fps 24", "fps 48"):
        assert f">{word}</th>" in html
    assert html.count("<td") == 4
    assert "A &lt;b&gt;cat&lt;/b&gt;" in html
    assert "<b>cat" not in html
    assert not any(word in html for word in ("<style", "<svg", "data-", "role="))


def test_a_star_on_a_tile_is_the_video_s_rating(demo: RunningDemo, page: None) -> None:
    board = board_of(seed=[1]).wait(60)
    shown = Sheet(board)
    assert shown.sheet["rates"]

    say(shown, {"kind": "rate", "id": board[0].intent, "stars": 1})
    shown.push()

    assert board[0].stars == 1
    assert shown.sheet["tiles"][0]["stars"] == 1
    shown.close()
