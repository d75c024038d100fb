"""Outputs, found by trying: several at once, any kind, what changes its address, and a disk that is full for a while."""

from __future__ import annotations

import errno
import gzip
import json
import os
import zlib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.deliveries import HOST, PNG, R2, SIGNATURE, SIGNED, deliver, late, sha
from tests.support.demo import tiny_clip

from pvideo import settings
from pvideo.errors import DownloadError, JournalError, PredictionError, PVideoError, WaitTimeoutError
from pvideo.job import saving
from pvideo.library import files
from pvideo.notebook.saved import saved_card
from pvideo.notebook.view import view_of
from pvideo.wire.output import key_of

if TYPE_CHECKING:
    from tests.faults.scene import Scene

    from pvideo.job.video import Video

MINUTE = 60.0


def made(scene: Scene, output: Any, delivered: dict[str, Any], **press: Any) -> tuple[Video, Any]:
    """Press for a prediction that gives back `output`, from a host with these files."""
    scene.fate(output=output)
    host = deliver(scene, delivered)
    return scene.press(**press), host


def done(scene: Scene, video: Video, *data: bytes) -> None:
    """The promises hold, and these files lie there, in this order."""
    assert [sha(path.read_bytes()) for path in video.paths] == [sha(one) for one in data]
    scene.check(lost=frozenset({video.prediction_id}), foreign=frozenset(map(sha, data)))


A, B, C = (PNG + name * 3000 for name in (b"a", b"b", b"c"))
URLS = [f"{HOST}{name}.png" for name in "abc"]
FOREIGN = "https://evil.example/b.png"


@pytest.mark.parametrize("shape", ["list", "dict", "nested"])
@pytest.mark.parametrize("missing", [404, 403, FOREIGN, 0, b"<!doctype html>", b""], ids=str)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_found_a2_each_output_goes_its_own_way(scene: Scene, shape: str, missing: Any, place: int) -> None:
    whole = [A, B, C]
    urls = [FOREIGN if missing == FOREIGN and number == place else url for number, url in enumerate(URLS)]
    given = {url: data for number, (url, data) in enumerate(zip(urls, whole, strict=True)) if number != place}
    if missing != FOREIGN:
        given[urls[place]] = 503 if missing == 0 else missing
    output: Any = {"list": urls, "dict": dict(zip("xyz", urls, strict=True)), "nested": [{"x": [urls[0]]}, urls[1:]]}[shape]
    video, host = made(scene, output, given)
    scene.run(30)
    here = [data for number, data in enumerate(whole) if number != place]
    assert [sha(path.read_bytes()) for path in video.paths] == [sha(data) for data in here]
    assert [Path(file) for file in scene.row(video).files] == list(video.paths)
    scene.settle()
    assert video.status == "succeeded"
    assert video.error.key == "some_saved"
    assert "2 of 3 are saved" in str(video.error)
    assert (video.error.paid, video.wait() is video) == ("yes", True)
    assert all(host.count(url) == 1 for number, url in enumerate(urls) if number != place)
    done(scene, video, *here)


def test_found_a2_what_comes_later_is_put_in_its_place(scene: Scene) -> None:
    video, host = made(scene, URLS, {URLS[0]: A, URLS[1]: late(8, B), URLS[2]: C})
    scene.settle()
    assert (video.status, video.error) == ("succeeded", None)
    assert host.count(URLS[0]) == host.count(URLS[2]) == 1
    done(scene, video, A, B, C)


def test_found_a2_a_killed_kernel_s_files_are_not_fetched_again(scene: Scene) -> None:
    video, host = made(scene, URLS, {URLS[0]: A, URLS[1]: 404, URLS[2]: C})
    scene.run(30)
    scene.restart()
    host.behind, scene.kernel.carrier, host.files[URLS[1]] = scene.kernel.carrier, host, B
    scene.settle()
    again = scene.kernel.engine.video(video.intent)
    assert again.status == "succeeded"
    assert host.count(URLS[0]) == host.count(URLS[2]) == 1
    done(scene, again, A, B, C)


def test_found_a2_nothing_that_is_refused_for_good_waits_for_the_hour(scene: Scene) -> None:
    video, _ = made(scene, [URLS[0], FOREIGN], {URLS[0]: A})
    scene.run(10)
    assert scene.row(video).state == "done"
    assert "1 of 2 are saved" in str(video.error)
    assert "1 of 2 are saved" in saved_card(video.snapshot(), scene.folder.parent)
    done(scene, video, A)


ZEROS = b"\x00" * 700
KINDS: dict[str, tuple[str, bytes, str]] = {
    "exr": ("x.exr", b"v/1\x01\x02\x00\x00\x00" + ZEROS, ".exr"),
    "tif": ("x.tif", b"II*\x00\x08\x00\x00\x00" + ZEROS, ".tif"),
    "tiff, big endian": ("x.tiff", b"MM\x00*\x00\x00\x00\x08" + ZEROS, ".tiff"),
    "heic": ("x.heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + ZEROS, ".heic"),
    "heic that is called mp4": ("x.mp4", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + ZEROS, ".heic"),
    "avif by its second brand": ("x", b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif" + ZEROS, ".avif"),
    "usdz": ("x.usdz", b"PK\x03\x04" + ZEROS, ".usdz"),
    "jpeg xl": ("x.jxl", b"\x00\x00\x00\x0cJXL \r\n\x87\n" + ZEROS, ".jxl"),
    "avi": ("x.avi", b"RIFF\x00\x10\x00\x00AVI LIST" + ZEROS, ".avi"),
    "no suffix, a video": ("output", tiny_clip(), ".mp4"),
    "no suffix, unknown bytes": ("output", b"\x07\x03\x99" + ZEROS, ".bin"),
    "unknown suffix": ("x.splat", b"\x07\x03\x99" + ZEROS, ".bin"),
    "called a video": ("x.mp4", b"\x07\x03\x99" + ZEROS, ".bin"),
    "an executable": ("x.mp4", b"MZ\x90\x00" + ZEROS, ".bin"),
    "one byte": ("x.dat", b"\x07", ".bin"),
    "zip that is called mp4": ("x.mp4", b"PK\x03\x04" + ZEROS, ".zip"),
    "zip that is none": ("x.zip", b"\x07\x03\x99" + ZEROS, ".bin"),
    "npy": ("x.npy", b"\x93NUMPY\x01\x00" + ZEROS, ".npy"),
    "npy that is none": ("x.npy", b"\x07\x03\x99" + ZEROS, ".bin"),
    "text whose beginning looks like a box": ("x.txt", b"abcdefgh ijkl", ".txt"),
}


@pytest.mark.parametrize("chunked", [False, True], ids=["its length is told", "chunked"])
@pytest.mark.parametrize("name", KINDS)
def test_found_a3_whatever_is_whole_is_saved(scene: Scene, name: str, chunked: bool) -> None:
    called, data, suffix = KINDS[name]
    url = HOST + called
    video, host = made(scene, url, {url: (data, {"content-length": "" if chunked else str(len(data))})})
    scene.run(20)
    assert (scene.row(video).state, video.error) == ("done", None)
    assert "".join(video.path.suffixes) == suffix
    assert host.count(url) == 1
    if suffix in {".bin", ".exr", ".usdz", ".zip", ".heic"}:
        html, view = saved_card(video.snapshot(), scene.folder.parent), view_of_it(scene, video)
        assert "<video" not in html
        assert "<img" not in html
        assert (view["kind"], view["video"], [file["kind"] for file in view["files"]]) == ("file", None, ["file"])
    done(scene, video, data)


def view_of_it(scene: Scene, video: Video) -> dict[str, Any]:
    return view_of(video.snapshot(), nonce="n", base=scene.folder.parent, now=scene.now(), autoplay=True)


@pytest.mark.parametrize(
    ("called", "data", "kind"),
    [
        ("x.mp4", b"<!DOCTYPE html><title>504</title>", "video/mp4"),
        ("x.exr", b"<html>", "application/octet-stream"),
        ("output", b"  <html>", "text/html"),
        ("x.mp4", b"<!-- a comment --><html>", "video/mp4"),
        ("x.mp4", "\ufeff<html>".encode("utf-16-le"), "video/mp4"),
        ("x.mp4", b'{"detail": "not yet"}', "application/json"),
        ("x.usdz", b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "application/xml"),
        ("x.xml", b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code></Error>', "application/xml"),
        ("x.mp4", b"upstream connect error", "text/plain"),
        ("x.mp4", b"", "video/mp4"),
    ],
)
def test_found_a3_an_error_page_in_place_of_the_file_is_tried_again(scene: Scene, called: str, data: bytes, kind: str) -> None:
    url = HOST + called
    whole = tiny_clip()
    video, _ = made(scene, url, {url: lambda number: (data, {"content-type": kind}) if number <= 7 else whole})
    scene.settle()
    assert (video.status, video.error) == ("succeeded", None)
    done(scene, video, whole)


@pytest.mark.parametrize(
    ("called", "data", "suffix"),
    [
        ("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>parent.alert(1)</script></svg>', ".svg.txt"),
        ("x.png", b'<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', ".svg.txt"),
        ("x.html", b"<!doctype html><script>alert(1)</script>", ".html.txt"),
        ("x.HTM", b"<script>alert(1)</script>", ".htm.txt"),
        ("x.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', ".xhtml.txt"),
        ("x.xml", b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>', ".xml.txt"),
        ("x.ipynb", b'{"cells": [], "nbformat": 4}', ".ipynb.txt"),
        ("x.js", b"alert(1)", ".js.txt"),
        ("x.py", b"import os", ".py.txt"),
        ("x.sh", b"#!/bin/sh\nrm -rf ~", ".sh.txt"),
        ("x.desktop", b"[Desktop Entry]\nExec=sh", ".desktop.txt"),
        ("x.mp4", b"#!/bin/sh\nrm -rf ~", ".bin"),
    ],
)
def test_found_d6_what_a_browser_would_run_is_kept_as_text(scene: Scene, called: str, data: bytes, suffix: str) -> None:
    url = HOST + called
    video, _ = made(scene, url, {url: data})
    scene.run(20)
    assert "".join(video.path.suffixes) == suffix
    html = saved_card(video.snapshot(), scene.folder.parent)
    for word in ("<script", "<svg", "<iframe", "<object", "<embed", "onload=", f'{called}"'):
        assert word not in html
    assert not [path for path in scene.folder.iterdir() if not path.name.endswith((".txt", ".bin", ".json"))]
    done(scene, video, data)


def test_found_d6_a_drawing_is_shown_as_a_picture_and_exported_as_what_it_is(scene: Scene, tmp_path: Path) -> None:
    import base64

    data = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    video, _ = made(scene, HOST + "x.svg", {HOST + "x.svg": data})
    scene.run(20)
    address = f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
    html, view = saved_card(video.snapshot(), scene.folder.parent), view_of_it(scene, video)
    assert f'<img src="{address}"' in html
    assert (view["kind"], view["video"]["url"], view["video"]["file"], view["text"]) == ("image", address, "", "")
    assert video.export(tmp_path / "x.svg").read_bytes() == data
    assert video.export(tmp_path / "x.txt").read_bytes() == data
    done(scene, video, data)


@pytest.mark.parametrize("later", [R2, HOST], ids=["another host", "the same host"])
def test_found_a4_the_final_output_stands_first(scene: Scene, later: str) -> None:
    early, final = tiny_clip(1.0), tiny_clip(2.0)
    first, last = HOST + "preview.mp4", f"{later}final.mp4"

    def seen(_: int) -> bytes:
        (item,) = scene.demo.state.store
        object.__setattr__(item.fate, "output", last)
        return early

    host = deliver(scene, {first: seen, last: final})
    scene.demo.settings(sync_status="processing")
    scene.fate(output=first)
    video = scene.press(prefer_wait=True)
    scene.settle()
    assert host.count(last) == 1
    assert (video.status, video.path.read_bytes()) == ("succeeded", final)
    assert scene.row(video).sha256 == sha(final)
    done(scene, video, final, early)


FLUX = "black-forest-labs/flux-schnell"


def test_found_a5_more_than_a_hundred_are_saved_and_paid_for(scene: Scene) -> None:
    settings.configure(prices={FLUX: {"usd": "0.003", "per": "output"}})
    urls = [f"{HOST}{number}.png" for number in range(130)]
    data = {url: PNG + url.encode() for url in urls}
    video, _ = made(scene, urls, data, model=FLUX, prompt="x")
    scene.settle()
    assert len(video.paths) == 130
    assert video.cost == Decimal("0.003") * 130
    html = saved_card(video.snapshot(), scene.folder.parent)
    assert (html.count("<img"), "29 more files" in html) == (101, True)
    done(scene, video, *data.values())


def test_found_a5_where_the_cap_is_met_it_is_said_and_all_are_counted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.configure(prices={FLUX: {"usd": "0.003", "per": "output"}})
    for where in ("pvideo.job.course.MOST_OUTPUTS", "pvideo.job.ends.MOST_OUTPUTS"):
        monkeypatch.setattr(where, 5)
    urls = [f"{HOST}{number}.png" for number in range(8)]
    data = {url: PNG + url.encode() for url in urls}
    video, host = made(scene, urls, data, model=FLUX, prompt="x")
    scene.settle()
    assert (len(video.paths), len(host.asked)) == (5, 5)
    assert any("5 of 8 outputs are saved" in note for note in view_of_it(scene, video)["notes"])
    assert video.cost == Decimal("0.003") * 8
    done(scene, video, *list(data.values())[:5])


def test_found_d12_the_sum_of_all_outputs_has_a_cap(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "TOGETHER", 3 * len(A))
    urls = [f"{HOST}{number}.png" for number in range(6)]
    video, _ = made(scene, urls, dict.fromkeys(urls[:4], A) | dict.fromkeys(urls[4:], B + B))
    scene.run(30)
    assert len(video.paths) == 3
    assert scene.row(video).state == "done"
    assert "3 of 6 are saved" in str(video.error)
    assert "together" in str(video.error)
    done(scene, video, A, A, A)


@pytest.mark.parametrize("host", ["xn--80ak6aa92e.replicate.delivery", "xn--a.replicate.delivery", "a.xn--zz.replicate.delivery"])
def test_found_d12_a_coded_host_name_is_refused_at_once(scene: Scene, host: str) -> None:
    scene.fate(output=f"https://{host}/x.mp4")
    video = scene.press()
    scene.run(10)
    assert (video.error.key, video.snapshot().settled) == ("output_strange", True)
    scene.check(lost=frozenset({video.prediction_id}))


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("minutes", [0.75, 40])
def test_found_a12_a_disk_that_has_room_again_gets_the_file(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, problem: int, minutes: float
) -> None:
    def closed(*_: Any) -> Any:
        raise OSError(problem, os.strerror(problem))

    with monkeypatch.context() as patch:
        patch.setattr(files, "_rename_new", closed)
        video = scene.press()
        scene.run(minutes * MINUTE)
        assert (video.path, video.snapshot().settled) == (None, False)
        with pytest.raises(WaitTimeoutError) as waited:
            video.wait(0)
        assert waited.value.key in {"disk_full_after", "folder_closed_after"}
        assert str(scene.folder) in str(waited.value)
    scene.run(31)
    assert video.wait(0).path.is_file()
    assert (video.status, video.error) == ("succeeded", None)


def test_found_a12_after_the_hour_it_is_said_why(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(files, "_rename_new", full)
        video = scene.press()
        scene.settle()
    assert video.status == "expired"
    assert "is full" in str(video.error)
    assert "no kernel" not in str(video.error)
    scene.check(lost=frozenset({video.prediction_id}))


def test_found_a12_save_in_code_tries_at_once_and_in_the_folder_of_the_settings(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(part: Path, target: Path) -> Any:
        if scene.folder in target.parents:
            raise OSError(errno.ENOSPC, "full")
        return place(part, target)

    place = files._rename_new
    monkeypatch.setattr(files, "_rename_new", full)
    video = scene.press()
    scene.run(20)
    settings.configure(folder=tmp_path / "roomy")
    assert video.save() is video
    scene.run(5)
    assert video.path.parent == tmp_path / "roomy"
    scene.folder = tmp_path / "roomy"


def test_found_a12_save_begins_again_where_it_waited_for_a_person(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from pvideo.wire import download

    with monkeypatch.context() as patch:
        patch.setitem(download.fetch.__kwdefaults__, "cap", 10)
        video = scene.press()
        scene.settle()
        with pytest.raises(DownloadError):
            video.wait(0)
    video.save()
    assert not video.snapshot().settled
    scene.settle()
    assert video.wait(0).path


@pytest.mark.parametrize("key", ["disk_full", "folder_closed", "journal_busy"])
@pytest.mark.parametrize("method", ["created", "update"])
def test_found_a13_a_journal_that_is_full_says_where_it_lies(scene: Scene, monkeypatch: pytest.MonkeyPatch, method: str, key: str) -> None:
    journal = scene.kernel.engine.journal
    real, home = getattr(journal, method), str(scene.home)
    over = [False]

    def full(*given: Any, **columns: Any) -> Any:
        if scene.creates and not over[0]:
            raise JournalError(key, folder=home, path=home, reason="Read-only", seconds="5")
        return real(*given, **columns)

    monkeypatch.setattr(journal, method, full)
    video = scene.press()
    scene.run(5)
    with pytest.raises(WaitTimeoutError) as waited:
        video.wait(0)
    said = str(waited.value)
    assert home in said
    assert "PVIDEO_HOME" in said
    for lie in ("Made and paid", "Save now", "configure(folder", "Nothing was sent"):
        assert lie not in said
    assert isinstance(waited.value, TimeoutError)
    over[0] = True
    scene.settle()
    assert video.wait(0).path


SIGNED_URL = f"{R2}5d1c{SIGNED}"


@pytest.mark.parametrize("shape", ["video", "list", "dict"])
@pytest.mark.parametrize("ends", ["saved", "killed", "never"])
def test_found_a15_cloudflare_s_store_delivers_and_its_signature_is_nowhere(
    scene: Scene, caplog: pytest.LogCaptureFixture, shape: str, ends: str
) -> None:
    output: Any = {"video": SIGNED_URL, "list": [SIGNED_URL], "dict": {"video": SIGNED_URL}}[shape]
    data = tiny_clip()
    video, host = made(scene, output, {SIGNED_URL: late(6, data) if ends == "killed" else 403 if ends == "never" else data})
    views = []
    video.observe(lambda snapshot: views.extend([repr(snapshot), saved_card(snapshot, scene.folder.parent)]))
    video.observe(lambda _: views.append(json.dumps(view_of_it(scene, video), default=str)))
    if ends == "killed":
        scene.run(12)
        assert SIGNATURE in str(scene.row(video).outputs)
        scene.restart()
        host.behind, scene.kernel.carrier = scene.kernel.carrier, host
    scene.settle()
    again = scene.kernel.engine.video(video.intent)
    assert all("authorization" not in str(request.headers).lower() for request in host.asked)
    assert not any(name.startswith("cf-aig") for request in host.asked for name in request.headers)
    row = scene.row(video)
    assert (row.state, again.path is not None) == (("expired", False) if ends == "never" else ("done", True))
    from pvideo.notebook.explain import explained

    exchanges = scene.kernel.engine.exchanges(video.intent)
    told = explained(again.snapshot(), exchanges, base_url=row.base_url, outputs=row.outputs)
    said = [*views, repr(row), json.dumps(exchanges), repr(told), told._repr_html_(), str(again.error), repr(again), caplog.text]
    said += [path.read_text() for path in scene.folder.glob("*.json")] if scene.folder.exists() else []
    assert any("ai-gateway-outputs" in one for one in said)
    for one in said:
        assert SIGNATURE not in one
        assert "X-Amz-Credential" not in one
    scene.check(lost=frozenset({video.prediction_id}), foreign=frozenset({sha(data)}))


@pytest.mark.parametrize(
    "url",
    [
        "https://ai-gateway-outputs.0123456789abcdef0123456789abcde.r2.cloudflarestorage.com/a",
        "https://ai-gateway-outputs.0123456789abcdef0123456789abcdeg.r2.cloudflarestorage.com/a",
        "https://other.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/a",
        "https://ai-gateway-outputs.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com.evil.example/a",
        "https://x.ai-gateway-outputs.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/a",
        "https://ai-gateway-outputs.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com:8443/a",
        "http://ai-gateway-outputs.0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/a",
    ],
)
def test_found_a15_what_only_looks_like_that_store_is_refused(scene: Scene, url: str) -> None:
    scene.fate(output=url)
    video = scene.press()
    scene.run(10)
    assert video.error.key == "output_strange"
    assert video.snapshot().output_url is None
    scene.check(lost=frozenset({video.prediction_id}))


def packed(data: bytes, coding: str) -> bytes:
    raw = zlib.compressobj(wbits=-15)
    return {
        "gzip": gzip.compress(data),
        "x-gzip": gzip.compress(data),
        "GZIP": gzip.compress(data),
        "deflate": zlib.compress(data),
        "deflate, raw": raw.compress(data) + raw.flush(),
        "gzip, gzip": gzip.compress(gzip.compress(data)),
    }.get(coding, data)


@pytest.mark.parametrize("told", [True, False], ids=["its length is told", "chunked"])
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "deflate", "deflate, raw", "gzip, gzip", "identity", "aws-chunked", "lie"])
def test_found_a16_a_compressed_delivery_is_unpacked(scene: Scene, coding: str, told: bool) -> None:
    data, url = tiny_clip(), HOST + "x.mp4"
    sent = packed(data, coding)
    header = {"deflate, raw": "deflate", "lie": "gzip"}.get(coding, coding)
    video, host = made(scene, url, {url: (sent, {"content-encoding": header, "content-length": str(len(sent)) if told else ""})})
    scene.run(20)
    assert (video.status, video.error) == ("succeeded", None)
    assert host.count(url) <= 2
    assert all(request.headers["accept-encoding"] == "identity" for request in host.asked)
    done(scene, video, data)


def test_found_a16_what_cannot_be_unpacked_is_not_taken_for_the_file(scene: Scene) -> None:
    url, data = HOST + "x.mp4", tiny_clip()
    packed_so = (b"\x1b\x2f\x00\x99" + ZEROS, {"content-encoding": "unheard-of"})
    video, _ = made(scene, url, {url: lambda number: packed_so if number <= 7 else data})
    scene.settle()
    assert (video.status, video.error) == ("succeeded", None)
    done(scene, video, data)


@pytest.mark.parametrize(
    "url",
    [
        "https://this-hub.example/hub/logout",
        "http://127.0.0.1:8888/hub/logout",
        "https://replicate.delivery@this-hub.example/logout",
        "https://replicate.delivery:8443/x.mp4",
        "/hub/logout",
        "javascript:alert(1)",
    ],
)
def test_found_d8_the_page_is_given_allowed_addresses_only(scene: Scene, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pvideo.endpoint import DELIVERY_HOSTS

    engine = scene.kernel.engine
    real = engine.tools.endpoint
    from dataclasses import replace

    monkeypatch.setattr(engine.tools, "endpoint", lambda row: replace(real(row), delivery_hosts=DELIVERY_HOSTS))
    scene.fate(output=url)
    video = scene.press()
    shown = []
    video.observe(lambda _: shown.append(json.dumps(view_of_it(scene, video), default=str)))
    scene.run(10)
    assert video.snapshot().output_url is None
    assert view_of_it(scene, video)["video"] is None
    assert not any('"url": "' in view and '"url": ""' not in view for view in shown)
    scene.strangers.clear()
    scene.check(lost=frozenset({video.prediction_id}))


def test_found_d8_an_allowed_address_plays_at_once(scene: Scene) -> None:
    url = HOST + "x.mp4"
    video, _ = made(scene, url, {url: late(3, tiny_clip())})
    scene.run(6)
    assert view_of_it(scene, video)["video"]["url"] == url
    scene.settle()
    done(scene, video, tiny_clip())


@pytest.mark.parametrize("planted", ["another video", "a page", "a link"])
@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".2.mp4", ".html"])
def test_found_d11_a_kernel_that_takes_over_believes_no_name(scene: Scene, tmp_path: Path, planted: str, suffix: str) -> None:
    """Whoever may write into the folder lays a file of the right name there between two kernels."""
    video = scene.press()
    while not video.prediction_id:
        scene.run(0.05)
    scene.kernel.kill()
    name = files.stem(scene.row(video).day, "A cat", video.prediction_id)
    scene.folder.mkdir(exist_ok=True)
    place, evil = scene.folder / f"{name}{suffix}", tiny_clip(3.0) if planted != "a page" else b"<script>alert(1)</script>"
    if planted == "a link":
        (tmp_path / "evil").write_bytes(evil)
        place.symlink_to(tmp_path / "evil")
    else:
        place.write_bytes(evil)
    scene.restart()
    scene.settle()
    again = scene.kernel.engine.video(video.intent)
    assert sha(again.path.read_bytes()) == scene.paid[0]["sha256"] == scene.row(video).sha256
    assert again.path != place
    scene.check(foreign=frozenset({sha(evil)}))


@pytest.mark.parametrize("changed", [False, True])
def test_found_d11_a_file_that_was_placed_and_not_noted_is_known_by_its_hash(scene: Scene, changed: bool) -> None:
    url, data = HOST + "x.mp4", tiny_clip()
    video, host = made(scene, url, {url: data})
    journal = scene.kernel.engine.journal
    real = journal.update

    def dies(intent: str, **columns: Any) -> Any:
        if "files" in columns:
            scene.kernel.kill()
            raise JournalError("journal_busy", path="x", seconds="5")
        return real(intent, **columns)

    journal.update = dies
    scene.run(30)
    row = scene.row(video)
    assert (row.files, row.saved) == ((), {key_of(url): [len(data), sha(data)]})
    (placed,) = scene.folder.glob("*.mp4")
    if changed:
        placed.write_bytes(b"x" * len(data))
    scene.restart()
    host.behind, scene.kernel.carrier = scene.kernel.carrier, host
    scene.settle()
    again = scene.kernel.engine.video(video.intent)
    assert host.count(url) == (2 if changed else 1)
    assert again.path.read_bytes() == data
    scene.check(lost=frozenset({video.prediction_id}), foreign=frozenset({sha(data), sha(b"x" * len(data))}))


@pytest.mark.parametrize("end", ["failed", "canceled", "aborted"])
def test_found_e10_wait_raises_for_a_bad_end_although_something_was_saved(scene: Scene, end: str) -> None:
    data, url = tiny_clip(), HOST + "x.mp4"
    deliver(scene, {url: data})
    scene.demo.settings(sync_status="processing")
    scene.fate(output=url)
    video = scene.press(prefer_wait=True)
    while not video.paths:
        scene.run(0.05)
    course = scene.kernel.engine._courses[video.intent]
    from pvideo.errors import PVideoError as Error

    error = Error.make("model_failed", detail="x", price="$0.01")
    course.take(state=end, status=end, show={"error": error, "phase": ""})
    with pytest.raises(PredictionError) as raised:
        video.wait(0)
    assert raised.value.key == "model_failed"
    scene.checked = True


@pytest.mark.parametrize(
    ("output", "words"),
    [("I cannot make that video, sorry.", "I cannot make that video, sorry."), (["Sorry, ", "not that one."], "Sorry, not that one.")],
)
def test_found_e10_a_text_in_place_of_a_file_is_shown(scene: Scene, output: Any, words: str) -> None:
    video, _ = made(scene, output, {})
    scene.settle()
    assert (video.status, video.text, video.path.read_text()) == ("succeeded", words, words)
    assert words in saved_card(video.snapshot(), scene.folder.parent)
    assert view_of_it(scene, video)["text"] == words
    scene.check(lost=frozenset({video.prediction_id}), foreign=frozenset({scene.row(video).sha256}))


@pytest.mark.parametrize(("output", "shown"), [(None, "null"), ("done", "done"), ([], "[]"), ({"ok": True}, '{"ok": true}'), (7, "7")])
def test_found_e10_what_is_no_file_is_named(scene: Scene, output: Any, shown: str) -> None:
    video, _ = made(scene, output, {})
    scene.settle()
    with pytest.raises(PVideoError) as raised:
        video.wait(0)
    assert (raised.value.key, shown in str(raised.value)) == ("output_strange", True)
    assert "Paid" in str(raised.value)
    scene.check(lost=frozenset({video.prediction_id}))
