"""A finished file arrives whole, by its own checksum, or not at all."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import os
import re
import stat
import threading

import httpx
import pytest
from tests.support.canary import cloudflare_canary, replicate_canary
from tests.support.sockets import serve

from pvideo.settings import Endpoint, Secret
from pvideo.wire import part as part_module
from pvideo.wire.download import DownloadFailed, fetch
from pvideo.wire.sniff import file_type

URL = "https://replicate.delivery/xezq/abc/output.mp4"


def box(name: bytes, size: int) -> bytes:
    return (size + 8).to_bytes(4, "big") + name + bytes(index * 7 % 251 for index in range(size))


MP4 = box(b"ftyp", 24) + box(b"moov", 4000) + box(b"mdat", 3_000_000)
SHA = hashlib.sha256(MP4).hexdigest()


def endpoint(port=None):
    hosts = ("replicate.delivery", "*.replicate.delivery", *(("127.0.0.1",) if port else ()))
    return Endpoint(
        base_url=f"http://127.0.0.1:{port}/v1" if port else "https://gateway.ai.cloudflare.com/v1/a/b/replicate",
        kind="gateway",
        gateway_token=Secret(cloudflare_canary(), "CF_AIG_TOKEN"),
        replicate_token=Secret(replicate_canary(), "REPLICATE_API_TOKEN"),
        delivery_hosts=hosts,
    )


class Host:
    """Delivers `data` with ranges, as scripted: each entry of `plan` changes one answer."""

    def __init__(self, data=MP4, plan=(), etag='"v1"'):
        self.data, self.plan, self.etag, self.requests, self.waits = data, list(plan), etag, [], []

    def answer(self, request):
        self.requests.append(request)
        step = self.plan.pop(0) if self.plan else None
        made = step(self, request) if step else None
        return made or self.ordinary(request)

    def ordinary(self, request, *, cut=None, ranges=True, etag=None, length=True):
        etag, found = etag or self.etag, re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        start = int(found[1]) if found and ranges and request.headers.get("if-range") == etag else 0
        body, status = self.data[start:], 206 if start else 200
        headers = {"content-type": "video/mp4", "etag": etag}
        if length:
            headers["content-length"] = str(len(body))
        if start:
            headers["content-range"] = f"bytes {start}-{len(self.data) - 1}/{len(self.data)}"
        return httpx.Response(status, headers=headers, stream=Chunks(body, cut))

    async def sleep(self, seconds):
        self.waits.append(seconds)


class Chunks(httpx.AsyncByteStream):
    def __init__(self, body, cut=None):
        self.body, self.cut = body, cut

    async def __aiter__(self):
        end = len(self.body) if self.cut is None else self.cut
        for start in range(0, end, 50_000):
            yield self.body[start : min(start + 50_000, end)]
        if self.cut is not None:
            raise httpx.ReadError("reset")


def get(host, path, *, url=URL, where=None, **options):
    told = []

    async def run():
        transport = httpx.MockTransport(host.answer)
        how = {"transport": transport, "sleep": host.sleep, "on_progress": lambda got, size: told.append((got, size)), **options}
        return await fetch(url, path, endpoint=where or endpoint(), **how)

    return asyncio.run(run()), told


def fails(host, path, **options):
    with pytest.raises(DownloadFailed) as caught:
        get(host, path, **options)
    assert not path.exists()
    return caught.value


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cat.part"


def test_a_file_arrives_whole(path):
    host = Host()
    fetched, told = get(host, path)
    assert path.read_bytes() == MP4
    assert (fetched.bytes, fetched.sha256, fetched.content_type, fetched.extension) == (len(MP4), SHA, "video/mp4", ".mp4")
    assert told[-1] == (len(MP4), len(MP4))
    assert [got for got, _ in told] == sorted(got for got, _ in told)
    assert len(told) < 20


def test_no_token_and_no_cookie_goes_there(path):
    where, seen = endpoint(), []
    host = Host(plan=[lambda host, _: httpx.Response(500, headers={"set-cookie": "a=b"})])
    get(host, path, where=where, on_exchange=seen.append, user_agent="pvideo/0.1")
    for request in host.requests:
        text = repr(request.headers.raw)
        assert where.gateway_token.reveal() not in text
        assert where.replicate_token.reveal() not in text
        assert not {name for name in request.headers if "auth" in name or "cookie" in name or name.startswith("cf-")}
        assert (request.headers["accept-encoding"], request.headers["user-agent"]) == ("identity", "pvideo/0.1")
    assert [(item.host, item.path, item.status) for item in seen] == [
        ("replicate.delivery", "/xezq/abc/output.mp4", 500),
        ("replicate.delivery", "/xezq/abc/output.mp4", 200),
    ]


@pytest.mark.parametrize("cut", [0, 1, 100, 511, 512, 100_000, 262_144, 1_000_000, 2_999_999])
def test_cut_anywhere_it_is_resumed(path, cut):
    host = Host(plan=[lambda host, request: host.ordinary(request, cut=cut)])
    fetched, _ = get(host, path)
    assert (fetched.sha256, path.read_bytes() == MP4) == (SHA, True)
    second = host.requests[1].headers
    if cut >= 512:
        assert (second["range"], second["if-range"]) == (f"bytes={cut}-", '"v1"')
    else:
        assert "range" not in second


def test_cut_at_every_hundred_kilobytes_it_still_comes(path):
    cuts = [lambda host, request: host.ordinary(request, cut=100_000)] * (len(MP4) // 100_000)
    fetched, _ = get(Host(plan=cuts), path)
    assert fetched.sha256 == SHA


SLOPPY = {
    "ignores Range": lambda host, request: host.ordinary(request, ranges=False),
    "another ETag, whole": lambda host, request: host.ordinary(request, ranges=False, etag='"v2"'),
    "another ETag, part": lambda host, request: httpx.Response(
        206, headers={"etag": '"v2"', "content-range": f"bytes 1000000-{len(MP4) - 1}/{len(MP4)}"}, stream=Chunks(MP4[1_000_000:])
    ),
    "another start": lambda host, request: httpx.Response(
        206, headers={"etag": '"v1"', "content-range": f"bytes 999999-{len(MP4) - 1}/{len(MP4)}"}, stream=Chunks(MP4[999_999:-1])
    ),
    "another size": lambda host, request: httpx.Response(
        206, headers={"etag": '"v1"', "content-range": f"bytes 1000000-{len(MP4)}/{len(MP4) + 1}"}, stream=Chunks(MP4[1_000_000:])
    ),
    "no Content-Range": lambda host, request: httpx.Response(206, headers={"etag": '"v1"'}, stream=Chunks(MP4[1_000_000:])),
    "nonsense in it": lambda host, request: httpx.Response(206, headers={"content-range": "bytes x"}, stream=Chunks(b"x")),
    "416": lambda host, request: httpx.Response(416),
}


@pytest.mark.parametrize("how", SLOPPY)
def test_a_host_that_is_sloppy_about_ranges(path, how):
    host = Host(plan=[lambda host, request: host.ordinary(request, cut=1_000_000), SLOPPY[how]])
    fetched, _ = get(host, path)
    assert (fetched.sha256, path.read_bytes() == MP4) == (SHA, True)


def test_the_file_changes_between_attempts(path):
    other = box(b"ftyp", 24) + box(b"mdat", 900_000)

    def change(host, request):
        host.data, host.etag = other, '"v2"'

    fetched, _ = get(Host(plan=[lambda host, request: host.ordinary(request, cut=1_000_000), change]), path)
    assert path.read_bytes() == other
    assert fetched.sha256 == hashlib.sha256(other).hexdigest()


@pytest.mark.parametrize("etag", ['W/"weak"', ""])
def test_without_a_strong_etag_it_begins_again(path, etag):
    host = Host(plan=[lambda host, request: host.ordinary(request, cut=1_000_000)], etag=etag)
    fetched, _ = get(host, path)
    assert fetched.sha256 == SHA
    assert "range" not in host.requests[1].headers


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_not_there(path, status):
    host = Host(plan=[lambda host, _: httpx.Response(status)])
    failed = fails(host, path)
    assert (failed.error.key, failed.retry, failed.gone, len(host.requests)) == ("fetch_failed", True, True, 1)
    assert str(status) in failed.error.sentence


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 520])
def test_passing_trouble_is_tried_again(path, status):
    host = Host(plan=[lambda host, _: httpx.Response(status, headers={"retry-after": "7"} if status == 429 else {})] * 3)
    fetched, _ = get(host, path)
    assert fetched.sha256 == SHA
    assert len(host.waits) == 3
    assert all(0 < wait <= 8 for wait in host.waits)
    assert (host.waits == [7, 7, 7]) == (status == 429)


def test_it_is_given_up_for_now_after_five(path):
    host = Host(plan=[lambda host, _: httpx.Response(503)] * 100)
    failed = fails(host, path)
    assert (failed.error.key, failed.retry, failed.gone, len(host.requests)) == ("fetch_failed", True, False, 5)


def test_a_host_that_cuts_at_the_same_place_for_ever(path):
    host = Host(plan=[lambda host, request: host.ordinary(request, ranges=False, cut=1_000_000)] * 100)
    failed = fails(host, path)
    assert (failed.retry, len(host.requests) <= 7) == (True, True)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!DOCTYPE html><title>504</title>", "a web page"),
        (b"\n  <html>", "a web page"),
        (b'<?xml version="1.0"?><Error/>', "a web page"),
        (b'{"detail": "expired"}', "a message"),
        (b"", "an empty file"),
    ],
)
def test_what_is_no_video_is_not_saved(path, body, says):
    failed = fails(Host(data=body), path)
    assert failed.error.key == "output_strange"
    assert says in failed.error.sentence
    assert failed.retry


@pytest.mark.parametrize(
    ("head", "extension"),
    [
        (b"\0\0\0\x18ftypisom", ".mp4"),
        (b"\0\0\0\x18ftypqt  ", ".mov"),
        (b"\x1a\x45\xdf\xa3", ".webm"),
        (b"\x89PNG\r\n\x1a\n", ".png"),
        (b"\xff\xd8\xff\xe0", ".jpg"),
        (b"RIFF\0\0\0\0WEBP", ".webp"),
        (b"GIF89a", ".gif"),
        (b"ID3\x04", ".mp3"),
        (b"\xff\xfb\x90\x00", ".mp3"),
        (b"RIFF\0\0\0\0WAVE", ".wav"),
        (b"fLaC", ".flac"),
        (b"OggS", ".ogg"),
    ],
)
def test_the_name_follows_the_content(path, head, extension):
    data = head + b"\x01" * 2000
    fetched, _ = get(Host(data=data), path)
    assert fetched.extension == extension == file_type(data).extension


def test_no_length_told(path):
    fetched, told = get(Host(plan=[lambda host, request: host.ordinary(request, length=False)]), path)
    assert fetched.sha256 == SHA
    assert told[0][1] is None


def test_no_length_told_and_cut_without_a_sign(path):
    def cut(host, request):
        return httpx.Response(200, stream=Chunks(MP4[:1_500_000]))

    fetched, _ = get(Host(plan=[cut]), path)
    assert fetched.sha256 == SHA


@pytest.mark.parametrize("told", [10, len(MP4) + 10])
def test_a_lying_length(path, told):
    def lie(host, request):
        return httpx.Response(200, headers={"content-length": str(told), "etag": '"v1"'}, stream=Chunks(MP4))

    fetched, _ = get(Host(plan=[lie]), path)
    assert fetched.sha256 == SHA


def test_an_endless_stream_ends_at_the_cap(path):
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield MP4[:100_000]
            while True:
                yield b"\0" * 100_000

    failed = fails(Host(plan=[lambda host, _: httpx.Response(200, stream=Endless())]), path, cap=2 * 1024**2)
    assert (failed.error.key, failed.retry) == ("output_strange", False)
    assert "larger than 2 MB" in failed.error.sentence


def test_a_size_over_the_cap_is_refused_before_it_is_read(path):
    class Never(httpx.AsyncByteStream):
        async def __aiter__(self):
            pytest.fail("it was read")
            yield b""

    answer = httpx.Response(200, headers={"content-length": str(3 * 1024**3)}, stream=Never())
    assert "larger than 2048 MB" in fails(Host(plan=[lambda host, _: answer]), path).error.sentence


def test_too_little_room_is_known_before(path, monkeypatch):
    monkeypatch.setattr(part_module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())
    failed = fails(Host(), path)
    assert (failed.error.key, failed.retry) == ("disk_full_after", False)
    assert str(path.parent) in failed.error.sentence


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (errno.ENOSPC, "disk_full_after"),
        (errno.EDQUOT, "disk_full_after"),
        (errno.EIO, "folder_closed_after"),
        (errno.EROFS, "folder_closed_after"),
    ],
)
@pytest.mark.parametrize("where", ["write", "fsync"])
def test_a_disk_that_fails(path, monkeypatch, number, key, where):
    def broken(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(part_module.os, where, broken)
    host = Host()
    failed = fails(host, path)
    assert (failed.error.key, failed.retry, failed.error.paid, len(host.requests)) == (key, False, "yes", 1)


@pytest.mark.parametrize("what", ["file", "symlink", "fifo", "directory"])
def test_it_never_writes_through_what_is_there(path, tmp_path, what):
    target = tmp_path / "precious"
    target.write_bytes(b"mine")
    if what == "file":
        path.write_bytes(b"theirs")
    elif what == "symlink":
        path.symlink_to(target)
    elif what == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(DownloadFailed) as caught:
        get(Host(), path)
    assert caught.value.error.key == "folder_closed_after"
    assert target.read_bytes() == b"mine"
    assert path.is_symlink() or path.exists()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DownloadFailed) as caught:
        get(Host(), tmp_path / "nowhere" / "x.part")
    assert (caught.value.error.key, caught.value.retry) == ("folder_closed_after", False)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_umask(path, mask, mode):
    before = os.umask(mask)
    try:
        get(Host(), path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_it_is_on_the_disk_before_it_is_called_done(path, monkeypatch):
    order = []
    real_write, real_sync = os.write, os.fsync
    monkeypatch.setattr(part_module.os, "write", lambda *given: order.append("write") or real_write(*given))
    monkeypatch.setattr(part_module.os, "fsync", lambda handle: order.append("fsync") or real_sync(handle))
    get(Host(), path)
    assert (order[-1], order.count("fsync")) == ("fsync", 1)


def test_writing_does_not_stop_the_loop(path, monkeypatch):
    threads = set()
    real = os.write
    monkeypatch.setattr(part_module.os, "write", lambda *given: threads.add(threading.get_ident()) or real(*given))
    get(Host(), path)
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_allowed_hosts(path, status):
    def away(host, request):
        return httpx.Response(status, headers={"location": "https://x.replicate.delivery/real.mp4"})

    host = Host(plan=[away])
    fetched, _ = get(host, path)
    assert fetched.sha256 == SHA
    assert [request.url.host for request in host.requests] == ["replicate.delivery", "x.replicate.delivery"]


@pytest.mark.parametrize(
    "location", ["https://169.254.169.254/x", "http://replicate.delivery/x", "https://evil.example/x", "file:///etc/passwd"]
)
def test_a_redirect_elsewhere_is_not_followed(path, location):
    host = Host(plan=[lambda host, _: httpx.Response(302, headers={"location": location})])
    failed = fails(host, path)
    assert (failed.error.key, failed.retry, len(host.requests)) == ("output_strange", False, 1)


def test_redirects_in_a_circle_end(path):
    host = Host(plan=[lambda host, _: httpx.Response(302, headers={"location": "/again"})] * 100)
    failed = fails(host, path)
    assert (failed.error.key, len(host.requests)) == ("output_strange", 6)


@pytest.mark.parametrize("head", ["data:video/mp4;base64,", "DATA:;base64,", "data:application/octet-stream;x=y;base64,"])
def test_a_data_uri_is_decoded(path, head):
    fetched, _ = get(Host(), path, url=head + base64.b64encode(MP4).decode())
    assert (fetched.sha256, path.read_bytes() == MP4, fetched.extension) == (SHA, True, ".mp4")


@pytest.mark.parametrize(
    "url",
    [
        "data:",
        "data:video/mp4;base64",
        "data:video/mp4;base64,!!!!",
        "data:video/mp4;base64,AAA",
        "data:text/html,<b>x",
        "data:text/html;base64,PGI+",
        "data:,",
    ],
)
def test_a_data_uri_that_is_no_video(path, url):
    assert fails(Host(), path, url=url).error.key == "output_strange"


def test_a_data_uri_over_the_cap(path, monkeypatch):
    monkeypatch.setattr("pvideo.wire.download.DATA_CAP", 1000)
    assert "too large" in fails(Host(), path, url="data:;base64," + "A" * 2000).error.sentence


def test_canceling_removes_what_was_written(path):
    async def run():
        begun = asyncio.Event()

        class Slow(httpx.AsyncByteStream):
            async def __aiter__(self):
                yield MP4[:600_000]
                begun.set()
                await asyncio.sleep(5)

        transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Slow()))
        task = asyncio.create_task(fetch(URL, path, endpoint=endpoint(), on_progress=lambda *_: None, transport=transport))
        await begun.wait()
        there = path.exists()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return there

    assert asyncio.run(run())
    assert not path.exists()


def test_over_a_real_socket_with_a_reset_in_the_middle(path):
    async def run():
        async def answer(peer):
            request = await peer.request()
            found = re.search(rb"range: bytes=(\d+)-", request, re.IGNORECASE)
            start = int(found[1]) if found else 0
            head = f'HTTP/1.1 {206 if start else 200} X\r\netag: "v1"\r\ncontent-length: {len(MP4) - start}\r\n'
            head += f"content-range: bytes {start}-{len(MP4) - 1}/{len(MP4)}\r\n" if start else ""
            await peer.send(head.encode() + b"\r\n" + MP4[start : start + 1_000_000 if not start else None])
            if not start:
                peer.reset()

        async def at_once(_):
            await asyncio.sleep(0)

        async with serve(answer) as server:
            url, where = f"http://127.0.0.1:{server.port}/x.mp4", endpoint(server.port)
            fetched = await fetch(url, path, endpoint=where, on_progress=lambda *_: None, sleep=at_once)
            return fetched, server

    fetched, server = asyncio.run(run())
    assert (fetched.sha256, path.read_bytes() == MP4) == (SHA, True)
    assert server.connections >= 2
    assert not any(b"uthorization" in request for request in server.requests)


def test_a_length_told_too_short_is_doubted_once(path):
    """A lie is not taken for the file; a file that is told the same twice is taken as it is."""
    short = len(MP4) - 1000
    host = Host(MP4[:short])
    fetched, _ = get(host, path)
    assert (fetched.bytes, len(host.requests)) == (short, 2)
    assert [request.headers.get("range") for request in host.requests] == [None, None]
