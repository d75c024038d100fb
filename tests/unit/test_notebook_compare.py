"""Comparing: which videos, what the page is given, what is saved, and what its messages do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.notebook import CAT, FakeComm, FakeVideo, made, snap

from pvideo.errors import InputError
from pvideo.job.video import Video
from pvideo.notebook import base, compare
from pvideo.notebook.base import WIDGET
from pvideo.notebook.card import Card
from pvideo.notebook.hosts import Host

if TYPE_CHECKING:
    import threading
    from pathlib import Path


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without a browser, and videos without an engine."""
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(compare.pulse, "mark", lambda item: None)
    monkeypatch.setattr(compare, "detect", lambda: Host("jupyter"))


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    started: list[threading.Thread] = []

    def hand(*args: Any) -> threading.Thread:
        started.append(base.hand(*args))
        return started[-1]

    monkeypatch.setattr(compare, "hand", hand)
    return started


class Known(FakeVideo, Video):
    """A fake one that is a `Video`."""

    shots = ()
    before: Any = None

    def __init__(self, first: Any) -> None:
        FakeVideo.__init__(self, first)

    snapshot = FakeVideo.snapshot
    observe = FakeVideo.observe
    __repr__ = FakeVideo.__repr__


def one(tmp_path: Path, name: str = "cat", **changes: Any) -> Known:
    inputs = {"prompt": changes.get("prompt", CAT), "draft": name == "cat"}
    return Known(made(tmp_path / f"{name}.mp4", **{"intent": name, "name": name, "typed": inputs, "input": inputs, **changes}))


def test_two_videos_stand_beside_each_other_with_what_differs(tmp_path: Path) -> None:
    shown = compare.compare(one(tmp_path), one(tmp_path, "final", prompt=CAT.replace("flowers", "poppies")))

    assert [(item["letter"], item["name"], item["draft"], item["fps"]) for item in shown.view["items"]] == [
        ("A", "cat", "draft", 24.0),
        ("B", "final", "", 24.0),
    ]
    assert shown.view["prompts"][0]["said"] == "removed: flowers; added: poppies"
    assert shown.view["inputs"] == [{"name": "draft", "values": ["on", "off"]}]
    assert shown.view["items"][1]["cell"].startswith("%%pvideo final")


def test_sequences_are_taken_apart_and_one_alone_gets_the_one_before_it(tmp_path: Path) -> None:
    cat, other, third = one(tmp_path), one(tmp_path, "b"), one(tmp_path, "c")
    cat.before = other

    assert compare.compare([cat, other], third).videos == (cat, other, third)
    assert compare.compare(cat).videos == (other, cat)


@pytest.mark.parametrize("count", [0, 1, 10])
def test_too_few_or_too_many_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(InputError, match=f"2 to 9 videos; it got {count}"):
        compare.compare(*[one(tmp_path, f"v{number}") for number in range(count)])


@pytest.mark.parametrize("wrong", ["cat", 7, b"cat"])
def test_something_else_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match="A comparison takes videos"):
        compare.compare(wrong, wrong)


def test_a_running_video_shows_its_state_until_it_is_there(tmp_path: Path) -> None:
    running = Known(snap("processing", intent="b"))
    shown = compare.compare(one(tmp_path), running)
    assert (shown.view["items"][1]["status"], shown.view["items"][1]["video"]) == ("processing", None)
    assert shown.saved == ""

    running.publish(made(tmp_path / "b.mp4", intent="b"))
    shown.push()

    assert shown.view["items"][1]["video"]["file"].endswith("b.mp4")
    assert shown.saved.count("<video ") == 2


def test_what_is_saved_is_a_plain_table(tmp_path: Path) -> None:
    shown = compare.compare(one(tmp_path), one(tmp_path, "final", prompt=CAT.replace("flowers", "<b>poppies</b>")))
    shown.push()

    html = shown.saved
    assert html.startswith("<table")
    assert html.count("<video ") == 2
    assert "<s>flowers</s>" in html
    assert "&lt;b&gt;" in html.replace("<b><u>", "")
    assert "<td>on</td><td>off</td>" in html
    assert not any(word in html for word in ("class=", "data-", "<script", "<style"))
    assert len(html) < 10_000


def test_without_a_page_there_is_html_and_no_widget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[Any] = []
    monkeypatch.setattr(compare, "detect", lambda: Host("headless"))
    monkeypatch.setattr("pvideo.notebook.waiting.wait_for", waited.append)

    shown = compare.compare(one(tmp_path), one(tmp_path, "b"))

    assert isinstance(shown, compare.StillCompare)
    assert set(shown._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert waited == list(shown.videos)
    monkeypatch.setattr(compare, "detect", lambda: Host("jupyter"))
    assert WIDGET in compare.compare(*shown.videos)._repr_mimebundle_()


def test_load_fills_the_newest_studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: list[threading.Thread]) -> None:
    class Studio:
        def __init__(self) -> None:
            self.loaded: list[Any] = []

        def load(self, video: Any) -> None:
            self.loaded.append(video)

    studio = Studio()
    monkeypatch.setattr("pvideo.notebook.studio.newest", lambda: studio)
    shown = compare.compare(one(tmp_path), one(tmp_path, "b"))

    for nonce in ("wrong", shown.view["nonce"]):
        shown.comm.say({"kind": "load", "id": "b", "nonce": nonce})
    for thread in threads:
        thread.join(5)
    shown.push()

    assert studio.loaded == [shown.videos[1]]
    assert shown.view["notice"] == "Loaded B b in the Studio."


def test_a_page_is_saved_beside_the_notebook_where_this_pvideo_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: list[threading.Thread]
) -> None:
    written: list[Any] = []

    def make(path: Path, *videos: Any) -> Path:
        written.append((path.name, videos))
        return path

    monkeypatch.setattr(compare, "_page_maker", lambda: None)
    assert "page" not in compare.compare(one(tmp_path), one(tmp_path, "b")).view["actions"]
    monkeypatch.setattr(compare, "_page_maker", lambda: make)
    shown = compare.compare(one(tmp_path), one(tmp_path, "b"))
    assert "page" in shown.view["actions"]

    shown.comm.say({"kind": "page", "nonce": shown.view["nonce"]})
    for thread in threads:
        thread.join(5)
    shown.push()

    assert written == [("compare-cat-b.html", shown.videos)]
    assert shown.view["notice"] == "Saved as compare-cat-b.html: it plays anywhere."


def test_the_bytes_of_its_own_videos_are_sent_and_no_others(tmp_path: Path, threads: list[threading.Thread]) -> None:
    (tmp_path / "b.mp4").write_bytes(b"video")
    shown = compare.compare(one(tmp_path), one(tmp_path, "b"))

    for wanted in ("b", "other", None):
        shown.comm.say({"kind": "want", "id": wanted})
    for thread in threads:
        thread.join(5)

    (chunk,) = shown.comm.custom("chunk")
    assert (chunk.data["content"]["id"], bytes(chunk.buffers[0])) == ("b", b"video")


def test_closing_lets_the_videos_go(tmp_path: Path) -> None:
    running = Known(snap("processing", intent="b"))
    shown = compare.compare(one(tmp_path), running)
    assert running.observers == 1

    shown.close()

    assert running.observers == 0


def test_compare_on_a_card_shows_it_below_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, final = one(tmp_path), one(tmp_path, "final")
    final.before = draft
    card = Card(final)
    assert "compare" in [action["name"] for action in card.view["actions"]]

    for _ in range(2):
        card._act("compare")
    card.push()

    assert len(card.below) == 1
    assert card.below[0].startswith("anywidget:")
    assert card.saved.count("<video ") == 3
    assert "compare" not in [action["name"] for action in Card(draft).view["actions"]]


def test_a_final_stands_below_its_draft_and_is_saved_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, final = one(tmp_path), Known(snap("processing", intent="final"))
    followed: list[Any] = []
    monkeypatch.setattr("pvideo.notebook.doing.act", lambda *_: final)
    card = Card(draft, took_over=lambda *pair: followed.append(pair))

    card._act("final")
    below = next(iter(card.panels._panels.values()))
    final.publish(made(tmp_path / "final.mp4", intent="final"))
    below.push()
    card.push()

    assert card.video is draft
    assert followed == []
    assert card.saved.count("<video ") == 2
    draft.publish(replace(draft.snapshot(), made=(_link(),)))
    card.push()
    card._act("final")
    assert [message.data["content"]["id"] for message in card.comm.custom("show_below")] == ["final"]
    assert len(card.below) == 1


def test_where_nothing_can_be_drawn_below_the_final_takes_the_card_s_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, final = one(tmp_path), one(tmp_path, "final")
    monkeypatch.setattr("pvideo.notebook.doing.act", lambda *_: final)
    monkeypatch.setattr("pvideo.notebook.card.hand", lambda task, *args: task(*args))
    card = Card(draft)
    card._act("final")

    card.comm.say({"kind": "no_below"})

    assert card.video is final
    assert not card.panels


def test_the_picture_of_the_page_goes_with_the_next_shot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jpeg = b"\xff\xd8\xff" + bytes(9)
    given: list[Any] = []
    monkeypatch.setattr("pvideo.job.actions.continue_shot", lambda video, prompt, **rest: given.append((prompt, rest)))
    monkeypatch.setattr("pvideo.notebook.card.hand", lambda task, *args: task(*args))
    card = Card(one(tmp_path))
    press = {"kind": "action", "id": "cat", "nonce": card.view["nonce"], "name": "continue_shot"}

    card.comm.say({"kind": "frame", "id": "cat", "name": "frame.jpg", "size": 12, "index": 0, "count": 1}, [memoryview(jpeg)])
    card.comm.say({**press, "prompt": " it looks up ", "at": 2.04})
    card.comm.say({**press, "prompt": "it yawns", "at": True})
    card.comm.say({**press, "prompt": "  "})

    assert given == [("it looks up", {"at": 2.04, "picture": jpeg}), ("it yawns", {"at": None, "picture": None})]


def _link() -> Any:
    from pvideo.job.states import Link

    return Link(intent="final", name="cat_final", made_as="final")
