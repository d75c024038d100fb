"""The live card: what it sends, what it hears, and that it lets go."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import ipywidgets
import pytest
from tests.support.notebook import FakeComm, FakeVideo, failed, made, snap

from pvideo.errors import BudgetError
from pvideo.job.states import Link
from pvideo.notebook import base, card
from pvideo.notebook.base import WIDGET
from pvideo.notebook.card import Card

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without a browser: comms that record, a bundle that is built, a pulse that the test turns."""
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(card.pulse, "mark", lambda item: None)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads that messages were handed to, so that a test can wait for their end."""
    started: list[threading.Thread] = []

    def hand(*args: Any) -> threading.Thread:
        started.append(base.hand(*args))
        return started[-1]

    monkeypatch.setattr(card, "hand", hand)
    return started


def joined(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(5)


def action(shown: Card, pressed: str, **changes: Any) -> dict[str, Any]:
    return {"kind": "action", "id": shown.view["id"], "nonce": shown.view["nonce"], "name": pressed, **changes}


def test_a_card_shows_its_video_and_follows_it() -> None:
    video = FakeVideo()
    shown = Card(video)
    assert (shown.kind, shown.view["status"], shown.saved) == ("card", "sending", "")

    video.change(status="processing")
    shown.push()

    assert shown.view["status"] == "processing"
    assert [view["status"] for view in shown.comm.states("view")] == ["processing"]


def test_an_end_brings_the_saved_html_with_it_in_one_message(tmp_path: Path) -> None:
    video = FakeVideo()
    shown = Card(video)
    video.publish(made(tmp_path / "a.mp4"))
    shown.push()

    (state,) = [message.data["state"] for message in shown.comm.sent if message.data.get("method") == "update"]
    assert set(state) == {"saved", "view"}
    assert "<video" in state["saved"]


def test_the_end_is_told_once_and_the_video_keeps_no_card(tmp_path: Path, threads: list[threading.Thread]) -> None:
    told: list[Card] = []
    video = FakeVideo()
    shown = Card(video, settled=told.append)
    assert video.observers == 1

    video.publish(made(tmp_path / "a.mp4"))
    shown.push()
    shown.push()
    joined(threads)

    assert told == [shown]
    shown.close()
    left = weakref.ref(shown)
    told.clear()
    del shown
    gc.collect()
    assert left() is None
    assert video.observers == 0


def test_an_ended_card_still_hears_of_its_final(tmp_path: Path, threads: list[threading.Thread]) -> None:
    video = FakeVideo()
    shown = Card(video)
    video.publish(made(tmp_path / "a.mp4", input={"prompt": "A cat", "draft": True}))
    shown.push()

    video.change(made=(Link(intent="job2", name="cat_final", made_as="final"),))
    shown.push()

    assert shown.view["facts"][-1] == "draft of cat_final"
    assert next(action["label"] for action in shown.view["actions"]) == "Show its final"


def test_a_video_that_is_made_but_not_saved_is_not_the_end(threads: list[threading.Thread]) -> None:
    told: list[Card] = []
    shown = Card(FakeVideo(snap("succeeded", settled=False, phase="saving")), settled=told.append)
    shown.push()
    joined(threads)

    assert told == []
    assert shown.saved == ""


def test_a_heartbeat_is_answered_with_the_view() -> None:
    shown = Card(FakeVideo())
    shown.comm.say({"kind": "hello"})

    assert shown.comm.custom("alive")
    assert shown.comm.states("view")[-1]["id"] == "job1"


def test_a_button_does_what_it_says(monkeypatch: pytest.MonkeyPatch, threads: list[threading.Thread]) -> None:
    done: list[tuple[str, Any]] = []
    monkeypatch.setattr("pvideo.notebook.doing.act", lambda name, video, *_: done.append((name, video)))
    video = FakeVideo(snap("processing"))
    shown = Card(video)
    shown.comm.say(action(shown, "cancel"))
    joined(threads)

    assert done == [("cancel", video)]


@pytest.mark.parametrize(
    "changes",
    [{"nonce": "another"}, {"nonce": None}, {"id": "job2"}, {"name": "again"}, {"name": "__class__"}, {"name": ["cancel"]}, {"name": None}],
)
def test_a_press_that_this_page_was_not_offered_does_nothing(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch, threads: list[threading.Thread]
) -> None:
    done: list[str] = []
    monkeypatch.setattr("pvideo.notebook.doing.act", lambda name, video, *_: done.append(name))
    shown = Card(FakeVideo(snap("processing")))
    shown.comm.say(action(shown, "cancel", **changes))
    joined(threads)

    assert done == []


@pytest.mark.parametrize(
    "content", [None, 3, [], "hello", {}, {"kind": 7}, {"kind": "unheard of"}, {"kind": "hello", "__proto__": {"x": 1}}]
)
def test_strange_messages_are_taken_quietly(content: Any, capsys: Any) -> None:
    shown = Card(FakeVideo())
    shown.comm.say(content)

    assert capsys.readouterr() == ("", "")


def test_a_button_that_makes_a_new_video_is_followed(monkeypatch: pytest.MonkeyPatch, threads: list[threading.Thread]) -> None:
    taken: list[tuple[Any, Any]] = []
    old, new = FakeVideo(failed("model_failed")), FakeVideo(snap("sending", intent="job2"))
    monkeypatch.setattr("pvideo.notebook.doing.act", lambda name, video, *_: new)
    shown = Card(old, took_over=lambda *pair: taken.append(pair))
    shown.comm.say(action(shown, "retry"))
    joined(threads)
    shown.push()

    assert taken == [(old, new)]
    assert (shown.view["id"], shown.view["status"], shown.saved) == ("job2", "sending", "")
    assert (old.observers, new.observers) == (0, 1)


def test_what_a_button_is_refused_is_said_on_the_card(monkeypatch: pytest.MonkeyPatch, threads: list[threading.Thread]) -> None:
    def refuse(*_: Any) -> None:
        raise BudgetError("budget_reached", price="$0.10", period="today", sum="$5.04", budget="$5.00", line="x")

    monkeypatch.setattr("pvideo.notebook.doing.act", refuse)
    shown = Card(FakeVideo(failed("model_failed")))
    shown.comm.say(action(shown, "retry"))
    joined(threads)
    shown.push()
    assert (shown.view["message"]["key"], shown.view["message"]["tone"]) == ("budget_reached", "warn")

    monkeypatch.setattr("pvideo.notebook.doing.act", lambda name, video, *_: None)
    shown.comm.say(action(shown, "retry"))
    joined(threads)
    shown.push()
    assert shown.view["message"]["key"] == "model_failed"


def test_the_page_says_whether_it_plays_and_whether_its_file_is_clean() -> None:
    shown = Card(FakeVideo(failed("aborted", "aborted")))
    assert shown.quiet.is_set()

    shown.comm.say({"kind": "playing", "id": "job1", "playing": True})
    shown.comm.say({"kind": "clean", "id": "job1", "ok": True})

    assert not shown.quiet.is_set()
    assert (shown.clean, shown.answered.is_set()) == (True, True)


def test_bytes_come_in_pieces_of_a_mebibyte(tmp_path: Path, threads: list[threading.Thread]) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(bytes(range(256)) * 10_000)
    shown = Card(FakeVideo(made(file)))
    shown.comm.say({"kind": "want", "id": "job1"})
    joined(threads)

    chunks = shown.comm.custom("chunk")
    assert [len(chunk.buffers[0]) for chunk in chunks] == [1_048_576, 1_048_576, 462_848]
    assert b"".join(bytes(chunk.buffers[0]) for chunk in chunks) == file.read_bytes()
    assert chunks[0].data["content"] == {"kind": "chunk", "id": "job1", "index": 0, "count": 3, "size": 2_560_000, "type": "video/mp4"}


def test_bytes_that_are_not_there_are_answered_with_the_reason(tmp_path: Path, threads: list[threading.Thread]) -> None:
    shown = Card(FakeVideo(made(tmp_path / "gone.mp4")))
    shown.comm.say({"kind": "want", "id": "job1"})
    joined(threads)

    (answer,) = shown.comm.custom("no_bytes")
    assert answer.data["content"]["reason"] == "gone.mp4 is not there."


def test_a_card_falls_back_to_html_and_text() -> None:
    shown = Card(FakeVideo(failed("model_failed")))
    bundle = shown._repr_mimebundle_()

    assert set(bundle) == {WIDGET, "text/plain", "text/html"}
    assert repr(shown) == bundle["text/plain"]
    assert bundle["text/plain"].startswith("cat · failed · Replicate could not make it")
    assert "object at 0x" not in bundle["text/plain"]


def test_a_closed_card_is_html_and_leaves_nothing_behind() -> None:
    video = FakeVideo()
    shown = Card(video)
    model_id = shown.model_id
    shown.close()

    assert video.observers == 0
    assert model_id not in ipywidgets.widgets.widget._instances
    assert set(Card._repr_mimebundle_(shown)) == {"text/plain", "text/html"}
    left = weakref.ref(shown)
    del shown
    gc.collect()
    assert left() is None


def test_a_missing_bundle_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(base, "_STATIC", tmp_path)
    base.bundle.cache_clear()

    with pytest.raises(ImportError, match=r"page part is missing \(widget\.js\)\. Build it once: npm"):
        Card(FakeVideo())
    gc.collect()


def test_messages_reach_a_card_while_a_cell_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Routed(FakeComm):
        def _reply_subshell_for(self, data: Any, default: Any) -> None: ...

    monkeypatch.setattr("comm.create_comm", Routed)

    assert Card(FakeVideo()).comm._reply_subshell_for is None


def test_a_thread_without_a_cell_is_heard_on_ipykernel_7_0() -> None:
    import contextvars

    shell_parent: contextvars.ContextVar[int] = contextvars.ContextVar("shell_parent")
    shell_parent.set(1)
    shown = Card(FakeVideo())
    plain = shown.comm.publish_msg
    shown.comm.publish_msg = lambda *args, **kwargs: (shell_parent.get(), plain(*args, **kwargs))

    contextvars.Context().run(shown.send, {"kind": "alive"})

    assert shown.comm.custom("alive")


def test_two_threads_lose_no_last_value() -> None:
    shown = Card(FakeVideo())

    def count() -> None:
        for number in range(300):
            with shown.hold_sync():
                shown.heartbeat = number

    def echo() -> None:
        for number in range(300):
            shown.set_state({"saved": str(number)})

    workers = [threading.Thread(target=task) for task in (count, echo, count)]
    for worker in workers:
        worker.start()
    joined(workers)

    assert shown.comm.states("heartbeat")[-1] == shown.heartbeat == 299
