"""D3: what a delivered or given file costs, and which files it opens, is not up to the file."""

from __future__ import annotations

import os
import signal
import struct
import sys
import threading
import time
import zlib
from collections import deque
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from tests.support.demo import tiny_clip

import pvideo
from pvideo.errors import ExportError, InputError
from pvideo.job import codec_program
from pvideo.job.codec import Codec, CodecError
from pvideo.job.export import export
from pvideo.job.frame import still
from pvideo.job.probe import codec as shared
from pvideo.job.probe import examine
from pvideo.model.picture import Unreadable, open_picture, thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.demo import RunningDemo

MOST = 400 * 2**20
"""Bytes of memory that any of these may take."""


def png(width: int, height: int) -> bytes:
    """Return a picture of one bit a pixel, all black: 30,000 × 30,000 are 109 kB."""
    press = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    body = b"".join(press.compress(row) for _ in range(height)) + press.flush()
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in parts)


def saved(kind: str, folder: Path) -> bytearray:
    path = folder / f"small.{kind}"
    Image.new("L", (16, 16), 90).save(path)
    return bytearray(path.read_bytes())


def large(kind: str, folder: Path) -> bytes:
    """Return a small file that says it is a very large picture."""
    if kind == "png":
        return png(30_000, 30_000)
    data = saved(kind, folder)
    if kind == "gif":
        data[6:10] = struct.pack("<HH", 65_000, 65_000)
        frame = data.index(b"\x2c", 13)
        data[frame + 5 : frame + 9] = struct.pack("<HH", 65_000, 65_000)
    elif kind == "bmp":
        data[18:26] = struct.pack("<ii", 60_000, 60_000)
    elif kind == "jpg":
        start = data.index(b"\xff\xc0")
        data[start + 5 : start + 9] = struct.pack(">HH", 60_000, 60_000)
    return bytes(data)


@pytest.mark.parametrize("kind", ["png", "gif", "bmp", "jpg"])
def test_found_d3_a_picture_s_size_is_looked_at_before_it_is_decoded(tmp_path: Path, kind: str) -> None:
    import psutil

    path = tmp_path / f"large.{kind}"
    path.write_bytes(large(kind, tmp_path))
    before = psutil.Process().memory_info().rss

    assert examine(path)[1] is None
    with pytest.raises(InputError, match=path.name):
        still(path)
    assert thumbnail(path, 200) is None
    with pytest.raises((Unreadable, Image.DecompressionBombError)):
        open_picture(path.read_bytes())

    assert psutil.Process().memory_info().rss - before < MOST
    assert shared._process is not None, "a file of this kind is an answer, not the end of the decoder"
    decoder = psutil.Process(shared._process.pid)
    assert decoder.memory_info().rss < MOST
    if sys.platform == "linux":
        assert decoder.rlimit(psutil.RLIMIT_AS) == (codec_program.MOST_MEMORY,) * 2
        assert decoder.rlimit(psutil.RLIMIT_CORE) == (0, 0)


def test_found_d3_a_large_picture_within_the_limit_has_its_poster(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(4_000, 3_000))

    about, poster = examine(path)

    assert about is not None
    assert (about["width"], about["height"]) == (4_000, 3_000)
    assert poster is not None
    assert open_picture(poster).size == (640, 480)


PLAYLISTS = {
    "ffconcat": "ffconcat version 1.0\nfile neighbour.mp4\n",
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\nneighbour.mp4\n#EXT-X-ENDLIST\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>neighbour.mp4</BaseURL></Period></MPD>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="neighbour.png"/></svg>',
}


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".png"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_found_d3_a_playlist_makes_no_poster_of_its_neighbour(tmp_path: Path, kind: str, suffix: str) -> None:
    (tmp_path / "neighbour.mp4").write_bytes(tiny_clip())
    path = tmp_path / f"listed{suffix}"
    path.write_text(PLAYLISTS[kind])

    assert examine(path) == (None, None)
    with pytest.raises(InputError, match=path.name):
        still(path)
    with pytest.raises(ExportError, match=path.name):
        export(path, tmp_path / "made.gif")
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(["neighbour.mp4", path.name])


def test_found_d3_a_format_that_opens_others_gets_none(tmp_path: Path) -> None:
    """The wall behind the first one: also a file that is opened as a playlist reaches nothing."""
    av = pytest.importorskip("av")
    (tmp_path / "neighbour.mp4").write_bytes(tiny_clip())
    path = tmp_path / "listed.txt"
    path.write_text(f"ffconcat version 1.0\nfile {tmp_path / 'neighbour.mp4'}\n")

    with pytest.raises(av.FFmpegError), codec_program._opened(str(path), "concat") as container:
        next(container.decode(video=0))


OTHERS = {
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "ppm": b"P6 1 1 255\nabc",
    "xpm": b"/* XPM */\n",
    "sgi": b"\x01\xda\x01\x01\0\2",
    "empty": b"",
}


@pytest.mark.parametrize("head", OTHERS.values(), ids=OTHERS)
def test_found_d12_pillow_tries_no_kind_that_nobody_asked_for(head: bytes) -> None:
    with pytest.raises(Unreadable):
        open_picture(head + bytes(600))
    assert thumbnail(head + bytes(600), 100) is None


@pytest.fixture
def codec(tmp_path: Path) -> Iterator[Codec]:
    made = Codec()
    (tmp_path / "a.mp4").write_bytes(tiny_clip())
    made.ask("examine", tmp_path / "a.mp4")
    yield made
    made.close()


def test_found_d3_a_decoder_that_is_stuck_is_given_up(codec: Codec, tmp_path: Path) -> None:
    stuck = codec._process
    assert stuck is not None
    os.kill(stuck.pid, signal.SIGSTOP)

    with pytest.raises(CodecError, match="took too long"):
        codec.ask("examine", tmp_path / "a.mp4", within=0.3)

    assert stuck.returncode == -signal.SIGKILL
    assert codec.ask("examine", tmp_path / "a.mp4")[0]["seconds"] == 1.0


def test_found_d3_a_decoder_that_a_file_kills_takes_nobody_along(codec: Codec, tmp_path: Path) -> None:
    killed = codec._process
    assert killed is not None
    os.kill(killed.pid, signal.SIGSTOP)
    threading.Timer(0.3, killed.kill).start()

    with pytest.raises(CodecError, match="the decoder ended"):
        codec.ask("examine", tmp_path / "a.mp4")

    assert codec.ask("examine", tmp_path / "a.mp4")[0]["seconds"] == 1.0


def test_found_d3_what_cannot_be_written_is_said_as_such(codec: Codec, tmp_path: Path) -> None:
    (tmp_path / "there.gif").write_bytes(b"kept")
    (tmp_path / "link.gif").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        codec.ask("gif", tmp_path / "a.mp4", target=str(tmp_path / "there.gif"))
    with pytest.raises(FileExistsError):
        codec.ask("gif", tmp_path / "a.mp4", target=str(tmp_path / "link.gif"))
    with pytest.raises(FileNotFoundError):
        codec.ask("webm", tmp_path / "a.mp4", target=str(tmp_path / "nowhere" / "a.webm"))

    assert (tmp_path / "there.gif").read_bytes() == b"kept"
    assert not (tmp_path / "elsewhere").exists()


def test_found_d3_an_interrupted_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mp4").write_bytes(tiny_clip(40.0))
    interrupt = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()

    with pytest.raises(KeyboardInterrupt):
        deque(export(tmp_path / "a.mp4", tmp_path / f"{number}.webm") for number in range(200))

    assert not list(tmp_path.glob(".*"))
    assert shared.ask("examine", tmp_path / "a.mp4")[0]["seconds"] == 40.0


def test_found_d3_a_video_is_there_before_its_poster(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a file does to the decoder, nobody waits for that to have it."""
    go_on = threading.Event()
    monkeypatch.setattr("pvideo.job.engine.examine", lambda path: (go_on.wait(30) and None, None))
    video = pvideo.generate("A cat", duration=1, draft=True)

    until = time.monotonic() + 30
    while video.path is None and time.monotonic() < until:
        time.sleep(0.01)

    assert (video.status, video.snapshot().settled) == ("succeeded", False)
    assert video.path is not None
    assert video.path.read_bytes()[4:8] == b"ftyp"
    go_on.set()
    assert video.wait(30).snapshot().poster is None
