"""A video in a cell's output: the live card, its end, and running the cell again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.notebook import FakeComm, FakeVideo, failed, made, snap

from pvideo.notebook import base, card, compare, display
from pvideo.notebook.base import WIDGET
from pvideo.notebook.compare import Compare
from pvideo.notebook.display import Outputs

if TYPE_CHECKING:
    import threading
    from pathlib import Path


class Shell:
    """A shell whose displays are written down."""

    def __init__(self, *, stdin: bool = True) -> None:
        self.user_ns: dict[str, Any] = {}
        self.shown: list[tuple[str, dict[str, Any], bool]] = []
        self.display_pub = SimpleNamespace(publish=self._publish)
        self.request("cell-1", "m1", stdin=stdin)

    def request(self, cell: str, message: str, *, stdin: bool = True) -> None:
        parent = {"content": {"allow_stdin": stdin}, "header": {"msg_id": message}, "metadata": {"cellId": cell}}
        self.kernel = SimpleNamespace(get_parent=lambda: parent)

    def _publish(self, *, data: Any, metadata: Any, transient: Any, update: bool) -> None:
        self.shown.append((transient["display_id"], data, update))


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(card.pulse, "mark", lambda item: None)
    monkeypatch.setattr(display, "CLEAN_WITHIN", 0.01)
    monkeypatch.setattr(display, "DRAWN_WITHIN", 0.01)


@pytest.fixture
def settle(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Bring a card to its end and wait for what follows."""
    threads: list[threading.Thread] = []
    for module in (card, compare):
        monkeypatch.setattr(module, "hand", lambda *args: threads.append(base.hand(*args)))

    def finish(outputs: Outputs, *, wait: bool = True) -> list[threading.Thread]:
        for shown in outputs.cards():
            shown.push()
        for thread in threads if wait else []:
            thread.join(5)
        return threads

    return finish


def test_a_notebook_gets_a_live_card_with_html_and_text_behind_it() -> None:
    outputs, shell = Outputs(), Shell()
    outputs.show(FakeVideo(), shell)

    ((_, data, update),) = shell.shown
    assert set(data) == {WIDGET, "text/plain", "text/html"}
    assert not update


def test_at_the_end_a_cells_value_gives_way_on_the_page(tmp_path: Path, settle: Any) -> None:
    outputs, shell, video = Outputs(), Shell(), FakeVideo()
    model = outputs.bundle(video, shell)[WIDGET]["model_id"]
    (shown,) = outputs.cards()
    video.publish(made(tmp_path / "a.mp4"))
    settle(outputs)

    assert shell.shown == []
    (message,) = shown.comm.custom("give_way")
    assert message.data["content"] == {"kind": "give_way", "model": model, "html": shown.saved}
    assert shown.is_open


def test_at_the_end_the_output_becomes_html_only(tmp_path: Path, settle: Any) -> None:
    outputs, shell, video = Outputs(), Shell(), FakeVideo()
    outputs.show(video, shell)
    video.publish(made(tmp_path / "a.mp4"))
    settle(outputs)

    (first, _, _), (second, data, update) = shell.shown
    assert (first, update) == (second, True)
    assert set(data) == {"text/html"}
    assert "<video" in data["text/html"]


def test_a_page_that_keeps_its_file_clean_keeps_the_live_card(tmp_path: Path, settle: Any) -> None:
    outputs, shell, video = Outputs(), Shell(), FakeVideo()
    outputs.show(video, shell)
    (shown,) = outputs.cards()
    shown.comm.say({"kind": "clean", "id": "job1", "ok": True})
    video.publish(made(tmp_path / "a.mp4"))
    settle(outputs)

    assert len(shell.shown) == 1
    assert outputs.cards() == [shown]
    assert shown.is_open


def test_a_page_that_cannot_do_it_is_not_waited_for(tmp_path: Path, settle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "CLEAN_WITHIN", 60)
    outputs, shell, video = Outputs(), Shell(), FakeVideo(made(tmp_path / "a.mp4"))
    outputs.show(video, shell)
    outputs.cards()[0].comm.say({"kind": "hello", "id": "job1"})
    outputs.cards()[0].comm.say({"kind": "clean", "id": "job1", "ok": False})
    settle(outputs)

    assert shell.shown[-1][2]


def test_a_playing_video_is_not_taken_away(tmp_path: Path, settle: Any) -> None:
    outputs, shell, video = Outputs(), Shell(), FakeVideo(made(tmp_path / "a.mp4"))
    outputs.show(video, shell)
    (shown,) = outputs.cards()
    shown.comm.say({"kind": "playing", "id": "job1", "playing": True})
    (thread,) = settle(outputs, wait=False)
    thread.join(0.1)
    assert thread.is_alive()
    assert len(shell.shown) == 1

    shown.comm.say({"kind": "playing", "id": "job1", "playing": False})
    thread.join(5)
    assert shell.shown[-1][2]


def test_the_clock_of_the_answer_begins_when_the_page_has_drawn_it(tmp_path: Path, settle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "DRAWN_WITHIN", 60)
    outputs, shell, video = Outputs(), Shell(), FakeVideo(made(tmp_path / "a.mp4"))
    outputs.show(video, shell)
    (shown,) = outputs.cards()
    (thread,) = settle(outputs, wait=False)
    thread.join(0.1)  # a slow page: nothing is taken from it
    assert thread.is_alive()

    shown.comm.say({"kind": "hello", "id": "job1"})
    thread.join(5)
    assert shell.shown[-1][2]


def pair(tmp_path: Path) -> Compare:
    return Compare([FakeVideo(made(tmp_path / f"{name}.mp4", intent=name, name=name)) for name in ("a", "b")])  # type: ignore[list-item]


def test_a_comparison_becomes_html_where_the_page_cannot_keep_its_file_clean(tmp_path: Path, settle: Any) -> None:
    outputs, shell, shown = Outputs(), Shell(), pair(tmp_path)
    outputs.show(shown, shell)
    shown.comm.say({"kind": "clean", "id": shown.key, "ok": False})
    settle(outputs)

    (first, live, _), (second, data, update) = shell.shown
    assert (first, update) == (second, True)
    assert WIDGET in live
    assert set(data) == {"text/html"}
    assert data["text/html"].count("<video") == 2


def test_a_comparison_stays_live_where_the_page_can(tmp_path: Path, settle: Any) -> None:
    outputs, shell, shown = Outputs(), Shell(), pair(tmp_path)
    outputs.show(shown, shell)
    shown.comm.say({"kind": "clean", "id": "another", "ok": False})
    shown.comm.say({"kind": "clean", "id": shown.key, "ok": True})
    settle(outputs)

    assert len(shell.shown) == 1
    assert shown.is_open


def test_a_comparison_that_plays_is_not_taken_away_and_one_that_runs_is_not_over(tmp_path: Path, settle: Any) -> None:
    outputs, shell, running = Outputs(), Shell(), FakeVideo(snap("processing", intent="b"))
    shown = Compare([FakeVideo(made(tmp_path / "a.mp4", intent="a")), running])  # type: ignore[list-item]
    outputs.show(shown, shell)
    assert settle(outputs) == []

    shown.comm.say({"kind": "playing", "id": shown.key, "playing": True})
    running.publish(made(tmp_path / "b.mp4", intent="b"))
    (thread,) = settle(outputs, wait=False)
    thread.join(0.1)
    assert thread.is_alive()

    shown.comm.say({"kind": "playing", "id": shown.key, "playing": False})
    thread.join(5)
    assert shell.shown[-1][2]


def test_running_a_comparison_s_cell_again_lets_go_of_the_one_before(tmp_path: Path) -> None:
    outputs, shell, first, second = Outputs(), Shell(), pair(tmp_path), pair(tmp_path)
    outputs.show(first, shell)
    shell.request("cell-1", "m2")
    outputs.show(second, shell)

    assert not first.is_open
    assert outputs.cards() == [second]


def test_a_comparison_that_was_taken_off_the_page_is_shown_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("pvideo.notebook.hook.bundle_of", shown.append)
    monkeypatch.setattr(compare, "running_shell", Shell)
    one = pair(tmp_path)
    one._repr_mimebundle_()
    one.close()
    one._repr_mimebundle_()

    assert shown[0] is one
    assert shown[1].is_open
    assert shown[1].videos == one.videos


def test_one_video_in_two_cells_is_one_model_and_both_outputs_end(tmp_path: Path, settle: Any) -> None:
    outputs, shell, video = Outputs(), Shell(), FakeVideo()
    outputs.show(video, shell)
    shell.request("cell-2", "m2")
    outputs.show(video, shell)
    assert len(outputs.cards()) == 1

    video.publish(made(tmp_path / "a.mp4"))
    settle(outputs)

    assert [update for _, _, update in shell.shown] == [False, False, True, True]
    assert {shell.shown[0][0], shell.shown[1][0]} == {shell.shown[2][0], shell.shown[3][0]}


def test_running_the_cell_again_lets_go_of_its_card() -> None:
    outputs, shell = Outputs(), Shell()
    first, second = FakeVideo(), FakeVideo(snap(intent="job2"))
    outputs.show(first, shell)
    (old,) = outputs.cards()
    shell.request("cell-1", "m2")
    outputs.show(second, shell)

    assert not old.is_open
    assert [shown.video for shown in outputs.cards()] == [second]
    assert first.observers == 0


def test_running_the_cell_again_with_the_same_video_keeps_the_card() -> None:
    outputs, shell, video = Outputs(), Shell(), FakeVideo()
    outputs.show(video, shell)
    (before,) = outputs.cards()
    shell.request("cell-1", "m2")
    outputs.show(video, shell)

    assert outputs.cards() == [before]
    assert before.is_open


def test_running_the_cell_again_shows_what_the_video_is_now(tmp_path: Path, settle: Any) -> None:
    outputs, shell, video = Outputs(), Shell(), FakeVideo(made(tmp_path / "a.mp4"))
    outputs.show(video, shell)
    (shown,) = outputs.cards()
    shown.comm.say({"kind": "clean", "id": "job1", "ok": True})
    settle(outputs)
    shell.request("cell-1", "m2")
    video.change(reused=True)
    outputs.show(video, shell)
    shown.comm.say({"kind": "clean", "id": "job1", "ok": True})
    settle(outputs)

    assert shown.view["phase"] == "library"
    assert "nothing was sent" in shown.saved
    assert [update for _, _, update in shell.shown] == [False, False]


def test_two_videos_of_one_run_stay_both() -> None:
    outputs, shell = Outputs(), Shell()
    for number in (1, 2):
        outputs.show(FakeVideo(snap(intent=f"job{number}")), shell)

    assert len(outputs.cards()) == 2


def test_a_card_that_another_cell_shows_stays_open() -> None:
    outputs, shell, video = Outputs(), Shell(), FakeVideo()
    outputs.show(video, shell)
    shell.request("cell-2", "m2")
    outputs.show(video, shell)
    shell.request("cell-1", "m3")
    outputs.show(FakeVideo(snap(intent="job2")), shell)

    assert len(outputs.cards()) == 2
    assert all(shown.is_open for shown in outputs.cards())


def test_without_a_person_there_is_no_widget_and_the_end_is_put_there_later(tmp_path: Path) -> None:
    outputs, shell, video = Outputs(), Shell(stdin=False), FakeVideo()
    outputs.show(video, shell)
    video.publish(made(tmp_path / "a.mp4"))
    outputs.finish(video, shell)
    outputs.finish(video, shell)

    (first, early, _), (second, late, update) = shell.shown
    assert (first, update) == (second, True)
    assert WIDGET not in early
    assert "<video" in late["text/html"]


def test_a_terminal_gets_a_line(capsys: Any) -> None:
    Outputs().show(FakeVideo(), SimpleNamespace(user_ns={}))

    assert capsys.readouterr().out == "Video('cat')\n"


def test_a_button_that_makes_it_again_keeps_the_output_and_moves_the_name(settle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = FakeVideo(failed("model_failed")), FakeVideo(snap(intent="job2"))
    monkeypatch.setattr("pvideo.notebook.doing.act", lambda name, video, *_: new)
    moved: list[Any] = []
    outputs, shell = Outputs(), Shell()
    outputs.took_over = lambda *pair: moved.append(pair)
    outputs.show(old, shell)
    (shown,) = outputs.cards()
    shown._act("retry")

    assert moved == [(old, new)]
    assert outputs.cards() == [shown]
    shell.request("cell-1", "m2")
    outputs.show(FakeVideo(snap(intent="job3")), shell)
    assert not shown.is_open
