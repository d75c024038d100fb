"""Section C, fetching: whatever the file host does, the file is the ledger's or there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.demo import tiny_clip
from tests.unit.test_wire_hosts import BAD

from pvideo import settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scene import Scene

BIG = 3_000_000


def big_clip(given: dict[str, Any], out: Path, *, prediction_id: str) -> float:
    """Write an mp4 of some megabytes, another one for each prediction."""
    filler = prediction_id.encode() * (BIG // len(prediction_id))
    out.write_bytes(tiny_clip() + (8 + len(filler)).to_bytes(4, "big") + b"free" + filler)
    return float(given.get("duration", 5))


def saved(scene: Scene, video: Any) -> None:
    """The video is on the disk; the scene's end compares it with the ledger."""
    scene.settle()
    assert video.status == "succeeded", video.error
    assert video.path, video.error
    assert video.error is None


def unsaved(scene: Scene, video: Any, *keys: str) -> None:
    """There is no file, nothing half-made, and a sentence."""
    scene.settle()
    assert video.path is None
    assert video.error.key in keys, video.error
    scene.check(lost=frozenset({video.prediction_id}))
    assert not [path for path in scene.folder.rglob("*") if path.is_file()] if scene.folder.exists() else True


@pytest.mark.parametrize("status", [403, 404, 410])
def test_C01_a_file_that_comes_late_is_fetched(scene: Scene, status: int) -> None:
    scene.fault("before_accept", "status", op="file", nth=list(range(1, 8)), status=status, body="Not Found")
    saved(scene, scene.press())


@pytest.mark.parametrize("status", [403, 404, 410])
def test_C01_a_file_that_never_comes_is_expired_after_the_hour(scene: Scene, status: int) -> None:
    scene.fault("before_accept", "status", op="file", nth=None, status=status, body="Not Found")
    video = scene.press()
    scene.run(600)
    assert video.status == "succeeded"
    assert video.error.key == "fetch_failed"
    unsaved(scene, video, "output_expired")
    assert video.status == "expired"
    assert 3500 < scene.loop.time() < 3800
    assert (video.inputs["prompt"], video.seed is not None) == ("A cat", True)


@pytest.mark.parametrize("at", [0, 7, 511, 262_144, 1_000_000, 2_000_000, 2_999_999])
@pytest.mark.parametrize("how", ["rst", "truncate", "hang"])
def test_C02_cut_anywhere_it_is_resumed_where_it_was_cut(scene: Scene, how: str, at: int) -> None:
    scene.demo.state.store.renderer = big_clip
    scene.fault("mid_response", how, op="file", at=at)
    saved(scene, scene.press())
    ranges = [row["headers"].get("range") for row in scene.asked("delivery")]
    assert len(ranges) == 2
    if at >= 512:
        assert ranges[1].startswith("bytes=")
        assert int(ranges[1][6:-1]) >= at - 262_144


def test_C02_cut_at_every_hundred_kilobytes_it_still_comes(scene: Scene) -> None:
    scene.demo.state.store.renderer = big_clip
    scene.fault("mid_response", "rst", op="file", nth=None, at=100_000)
    saved(scene, scene.press())
    assert 25 <= len(scene.asked("delivery")) <= 40


SLOPPY: dict[str, list[dict[str, Any]]] = {
    "ignores Range": [],
    "a range that begins elsewhere": [{"do": "headers", "set": {"content-range": "bytes 0-9/3000000"}}],
    "a range without a total": [{"do": "headers", "set": {"content-range": "bytes 1000000-/*"}}],
    "no range at all": [{"do": "headers", "remove": ["content-range"]}],
    "another ETag": [{"do": "headers", "set": {"etag": '"another"'}}],
    "416": [{"do": "status", "status": 416, "body": ""}],
}


@pytest.mark.parametrize("how", SLOPPY)
def test_C02_a_host_that_is_sloppy_about_ranges(scene: Scene, how: str) -> None:
    scene.demo.state.store.renderer = big_clip
    scene.demo.settings(delivery_ranges=how != "ignores Range")
    scene.fault("mid_response", "rst", op="file", at=1_000_000)
    for fault in SLOPPY[how]:
        scene.fault("after_accept", fault["do"], op="file", nth=2, **{name: value for name, value in fault.items() if name != "do"})
    saved(scene, scene.press())


@pytest.mark.parametrize(
    "how",
    [
        {"remove": ["content-length"]},
        {"set": {"content-length": "100"}},
        {"set": {"content-length": "9999999"}},
        {"set": {"content-length": "x"}},
    ],
)
def test_C03_a_length_that_is_missing_or_lies(scene: Scene, how: dict[str, Any]) -> None:
    scene.fault("after_accept", "headers", op="file", nth=1, **how)
    saved(scene, scene.press())


def test_C03_a_stream_without_end_stops_at_the_cap(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from pvideo.wire import download

    cap = 5 * 1024**2
    monkeypatch.setitem(download.fetch.__kwdefaults__, "cap", cap)
    text = (tiny_clip() + b"\0" * 60_000).decode("latin-1")
    scene.demo.state.store.renderer = big_clip
    scene.fault("after_accept", "body", op="file", nth=None, text=text, repeat=0)
    # The body is text to the demo, so its first bytes are given as they are.
    scene.kernel.carrier.edit = lambda request, data: tiny_clip()[:64] + data[64:] if "/xezq/" in str(request.url) else data
    video = scene.press()
    unsaved(scene, video, "output_strange")
    assert "larger than 5 MB" in str(video.error)


def test_C03_too_little_room_is_known_before_it_is_fetched(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    video = scene.press()
    monkeypatch.setattr("pvideo.wire.part.shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())
    scene.run(40)
    assert (video.path, video.error.key) == (None, "disk_full_after")
    assert not [path for path in scene.folder.rglob("*") if path.is_file()]
    monkeypatch.undo()
    saved(scene, video)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<!DOCTYPE html><title>Sign in</title>", "a web page"),
        ('{"detail": "no"}', "a message"),
        ("", "an empty file"),
    ],
)
def test_C04_what_is_no_video_is_not_saved_as_one(scene: Scene, text: str, says: str) -> None:
    scene.fault("after_accept", "body", op="file", nth=None, text=text)
    video = scene.press()
    scene.run(30)
    assert says in str(video.error)
    unsaved(scene, video, "output_strange", "output_expired")


def test_C04_a_page_that_stands_there_for_a_moment_is_passed(scene: Scene) -> None:
    scene.fault("after_accept", "body", op="file", nth=[1, 2], text="<html>One moment</html>", content_type="video/mp4")
    saved(scene, scene.press())


FURTHER = [
    "http://127.0.0.1:8001/v1/demo/pvideo/replicate/predictions",
    "http://127.0.0.1:8003/_emu/ledger",
    "http://localhost:8002/xezq/a/output.mp4",
]


@pytest.mark.parametrize("url", [*BAD, *FURTHER])
def test_C05_an_address_elsewhere_is_not_asked(scene: Scene, url: str) -> None:
    scene.fate(output=url)
    video = scene.press()
    scene.run(5)
    scene.settle()
    loopback = url.startswith(("http://127.0.0.1", "https://127.0.0.1"))
    assert video.path is None
    assert video.status in {"succeeded", "expired"}
    if loopback:  # what a server on loopback may name, as the demo does; it is asked without a token
        scene.strangers.clear()
    else:
        assert video.error.key == "output_strange"
        assert not scene.asked("delivery")
    assert not scene.strangers
    scene.check(lost=frozenset({video.prediction_id}))


def test_C05_the_list_has_forty() -> None:
    assert len(BAD) >= 40


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/a.mp4",
        "file:///etc/passwd",
        "https://[::1]/a.mp4",
        "http://10.0.0.1/",
    ],
)
def test_C05_a_redirect_elsewhere_is_not_followed(scene: Scene, status: int, place: str) -> None:
    scene.fault("before_accept", "redirect", op="file", nth=None, status=status, location=place)
    video = scene.press()
    unsaved(scene, video, "output_strange")
    assert not scene.strangers


def test_C05_where_a_name_leads_changes_nothing(scene: Scene) -> None:
    """Names are compared, not where they lead; the real gateway's endpoint allows no loopback at all."""
    real = settings.Settings(account_id="a", gateway_id="g", gateway_token=settings.Secret("gateway-word", "CF_AIG_TOKEN"))
    from pvideo.endpoint import resolve

    assert not {"127.0.0.1", "localhost"} & set(resolve(real).delivery_hosts)
    assert "127.0.0.1" in settings.endpoint().delivery_hosts


def test_C06_no_token_travels_with_a_download(scene: Scene) -> None:
    video = scene.press()
    saved(scene, video)
    assert [row["credentials"] for row in scene.asked("delivery")] == [{}]
    assert not any(name.startswith("cf-aig") or name == "cookie" for row in scene.asked("delivery") for name in row["headers"])


def test_C06_a_host_that_wants_a_token_gets_none(scene: Scene) -> None:
    scene.demo.settings(delivery_401=True)
    video = scene.press()
    scene.run(60)
    assert video.error.key == "fetch_failed"
    scene.demo.settings(delivery_401=False)
    saved(scene, video)
    assert not any(row["credentials"] for row in scene.asked("delivery"))
