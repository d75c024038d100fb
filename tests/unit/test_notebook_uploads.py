"""Files from the page, piece by piece."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pvideo.notebook.uploads import LARGEST, Upload, Uploads


def piece(at: int, of: int, total: int, **changes: Any) -> dict[str, Any]:
    whole = {"kind": "file", "field": "image", "name": "cat.png", "type": "image/png"}
    return {**whole, "size": total, "index": at, "count": of, **changes}


def test_pieces_become_a_file_that_only_its_user_can_read() -> None:
    uploads = Uploads()
    assert uploads.take(piece(0, 2, 6), [b"abc"]) is None
    got = uploads.take(piece(1, 2, 6), [memoryview(b"def")])

    assert isinstance(got, Upload)
    assert got.path.read_bytes() == b"abcdef"
    assert (got.name, got.size) == ("cat.png", 6)
    assert got.path.stat().st_mode & 0o077 == 0
    uploads.close()
    assert not got.path.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x\\y.png", "..", "", None, "a" * 400, "\x00\u202e.png", 7])
def test_a_name_is_never_a_path(name: Any) -> None:
    uploads = Uploads()
    got = uploads.take(piece(0, 1, 1, name=name), [b"x"])

    assert isinstance(got, Upload)
    assert "/" not in got.name
    assert len(got.name) <= 80
    assert got.path.parent.name.startswith("pvideo-")
    uploads.close()


@pytest.mark.parametrize(
    ("content", "buffers"),
    [
        (piece(1, 2, 6), [b"abc"]),
        (piece(0, 1, LARGEST + 1), [b"abc"]),
        (piece(0, 1, 2), [b"abc"]),
        (piece(0, 1, 9), [b"abc"]),
        (piece(0, 1, 3), []),
        (piece(0, 1, 3, index="0"), [b"abc"]),
        (piece(0, 1, 3, field=["image"]), [b"abc"]),
        (piece(0, 1, 3, size=True), [b"abc"]),
    ],
)
def test_what_does_not_fit_is_a_sentence(content: dict[str, Any], buffers: list[bytes]) -> None:
    uploads = Uploads()

    assert isinstance(uploads.take(content, buffers), str)
    uploads.close()


def test_a_second_file_for_an_input_replaces_the_first() -> None:
    uploads = Uploads()
    uploads.take(piece(0, 2, 6), [b"abc"])
    got = uploads.take(piece(0, 1, 1), [b"x"])

    assert isinstance(got, Upload)
    assert got.path.read_bytes() == b"x"
    uploads.close()


def test_a_picture_has_a_small_one_of_itself(tmp_path: Any) -> None:
    image = pytest.importorskip("PIL.Image")
    out = io.BytesIO()
    image.new("RGB", (2000, 1000), "red").save(out, "PNG")
    (tmp_path / "a.png").write_bytes(out.getvalue())
    (tmp_path / "b.wav").write_bytes(b"RIFF")

    assert Upload(tmp_path / "a.png", "a.png", 1).thumb().startswith("data:image/jpeg;base64,")
    assert Upload(tmp_path / "b.wav", "b.wav", 1).thumb() == ""


FORKED = """
import os, sys
from pvideo.notebook.uploads import Uploads
uploads = Uploads()
kept = uploads.keep("image", b"abc")
child = os.fork()
if not child:
    sys.exit()
os.waitpid(child, 0)
print(kept.path.read_bytes(), kept.path.parent)
"""


def test_found_a1_a_forked_child_that_ends_leaves_the_uploads_and_their_own_kernel_takes_them_along() -> None:
    shown = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True).stdout.split()

    assert shown[0] == "b'abc'"
    assert not Path(shown[1]).exists()
