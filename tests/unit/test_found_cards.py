"""Found by trying: a card lives on after its end, and costs little then."""

from __future__ import annotations

import gc
import os
import statistics
import tracemalloc
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.notebook import FakeComm, FakeVideo, failed, made, snap

from pvideo.notebook import base, card, hosts
from pvideo.notebook.card import Card
from pvideo.notebook.hosts import Host
from pvideo.notebook.view import KEYS

if TYPE_CHECKING:
    from pathlib import Path

LIVE_BEFORE = 24_300
"""Bytes that a live card without a poster kept in 0.1.0."""
POSTER = 40_000


class Quiet(FakeComm):
    """A page that keeps nothing of what it is sent."""

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comm.create_comm", Quiet)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(card.pulse, "mark", lambda item: None)


def test_found_c1_two_hundred_finished_cards_are_kept_at_little_cost_each(tmp_path: Path) -> None:
    def video(number: int) -> FakeVideo:
        return FakeVideo(made(tmp_path / f"{number}.mp4", intent=f"job{number}", poster=os.urandom(POSTER)))

    videos = [video(number) for number in range(200)]
    Card(video(-1)).push()  # what is loaded once
    cards, sizes = [], []
    tracemalloc.start()
    try:
        for one in videos:
            before = tracemalloc.get_traced_memory()[0]
            cards.append(Card(one))
            cards[-1].push()
            gc.collect(0)
            sizes.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()

    assert statistics.median(sizes) <= min(25_000, LIVE_BEFORE)
    for one in cards:
        one.close()


@pytest.mark.parametrize("end", ["made", "failed", "canceled"])
def test_found_c1_a_page_that_asks_later_gets_all_of_a_card_that_rests(tmp_path: Path, end: str) -> None:
    snapshots = {
        "made": made(tmp_path / "a.mp4", poster=os.urandom(POSTER // 4)),
        "failed": failed("model_failed"),
        "canceled": snap("canceled"),
    }
    shown = Card(FakeVideo())
    shown.video.publish(snapshots[end])
    shown.push()

    state = shown.get_state()
    assert set(state["view"]) == set(KEYS)
    assert state["view"]["status"] == snapshots[end].status
    assert snapshots[end].status in state["saved"]
    if end == "made":
        assert state["view"]["poster"].startswith("data:image/jpeg")
        assert state["view"]["poster"] in state["saved"]


def test_found_c1_a_card_that_rested_wakes_for_another_video(tmp_path: Path) -> None:
    shown = Card(FakeVideo(made(tmp_path / "a.mp4")))
    shown.push()
    assert shown.rests

    again = FakeVideo(snap("processing", intent="job2"))
    shown.follow(again)
    shown.push()
    assert not shown.rests
    assert (shown.view["id"], shown.view["status"], shown.saved) == ("job2", "processing", "")

    again.publish(made(tmp_path / "b.mp4", intent="job2"))
    shown.push()
    assert "b.mp4" in shown.get_state()["saved"]


def test_found_c1_all_widgets_of_a_kind_are_of_one_class() -> None:
    one, two = Card(FakeVideo()), Card(FakeVideo())

    assert type(one) is type(two) is Card
    assert one.get_state()["_anywidget_id"] == "pvideo.notebook.card.Card"
    assert one.get_state()["_esm"] == "export default {}"


def test_found_c5_a_widget_that_nobody_sees_opens_no_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(base, "detect", lambda: Host("headless"))
    shown = Card(FakeVideo(made(tmp_path / "a.mp4")))
    shown.push()

    assert (shown.comm, shown.model_id, shown.is_open) == (None, "", False)
    assert set(shown._repr_mimebundle_()) == {"text/plain", "text/html"}


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    path = tmp_path / "a" / "one.ipynb"
    path.write_text("{}")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    monkeypatch.setattr(hosts, "running_shell", lambda: SimpleNamespace(kernel=object(), user_ns={}))
    monkeypatch.setattr(hosts, "_moved", None)
    return path


def test_found_c4_a_page_is_believed_where_the_notebook_is_found(book: Path, tmp_path: Path) -> None:
    assert not hosts.follow_page("a/one.ipynb")
    book.rename(tmp_path / "b" / "two.ipynb")
    assert not hosts.follow_page("b/three.ipynb")
    assert hosts.notebook_folder() == tmp_path / "a"

    assert hosts.follow_page("b/two.ipynb")
    assert not hosts.follow_page("b/two.ipynb")
    assert hosts.notebook_folder() == tmp_path / "b"
    assert hosts.notebook_file() == tmp_path / "b" / "two.ipynb"

    (tmp_path / "b" / "two.ipynb").rename(book)
    assert hosts.follow_page("a/one.ipynb")
    assert hosts.notebook_folder() == tmp_path / "a"


def test_found_c4_a_second_notebook_on_the_kernel_is_no_move(book: Path, tmp_path: Path) -> None:
    (tmp_path / "b" / "other.ipynb").write_text("{}")

    assert not hosts.follow_page("b/other.ipynb")
    assert hosts.notebook_folder() == tmp_path / "a"


def test_found_c4_what_went_along_with_the_folder_is_found_there(book: Path, tmp_path: Path) -> None:
    video = tmp_path / "a" / "videos" / "x.mp4"
    video.parent.mkdir()
    video.write_bytes(b"x")
    (tmp_path / "a").rename(tmp_path / "c")
    assert hosts.follow_page("c/one.ipynb")

    assert hosts.lies_now(video) == tmp_path / "c" / "videos" / "x.mp4"
    assert hosts.lies_now(tmp_path / "a" / "gone.mp4") == tmp_path / "a" / "gone.mp4"
    shown = Card(FakeVideo(made(video)))
    assert 'src="videos/x.mp4"' in shown.still()
