"""Pictures as they are sent: known by their bytes, small enough, upright, and without the place they were taken at."""

from __future__ import annotations

import base64
import io
import sys
from hashlib import sha256

import pytest
from PIL import Image
from tests.support.pictures import noise, photo, picture

from pvideo.errors import InputError
from pvideo.model import catalog
from pvideo.model.prepare import prepare
from pvideo.model.sniff import content_type, picture_size

MODEL = catalog.load("prunaai/p-video")


def decoded(uri):
    head, _, body = uri.partition(",")
    return head, base64.b64decode(body, validate=True)


def refused(**inputs):
    with pytest.raises(InputError) as caught:
        prepare(MODEL, {"prompt": "a cat", **inputs})
    assert caught.value.paid == "no"
    return caught.value


def test_a_large_picture_is_made_smaller_and_that_is_said(tmp_path):
    path = tmp_path / "big.png"
    path.write_bytes(noise(2400, 600))

    prepared = prepare(MODEL, {"prompt": "x", "image": path})

    head, data = decoded(prepared.input["image"])
    (file,) = prepared.files
    assert head == "data:image/jpeg;base64"
    assert max(picture_size(data)) <= 1920
    assert len(data) <= 900_000
    assert file.source == sha256(path.read_bytes()).hexdigest() == prepared.typed["image"]["file"]
    assert file.sha256 == sha256(data).hexdigest() != file.source
    assert prepared.notes[0].startswith("big.png (4.3 MB) goes as a JPEG of ")
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
        # Standard tables times (200 - 2 * quality) / 100: the first entry, 16, is 4 at 88 and 3 at 90.
        assert opened.quantization[0][0] <= 4


def test_a_large_turned_photo_stands_upright_and_tells_no_place():
    data = photo(1600, 1200, quality=95)
    assert len(data) > 900_000

    prepared = prepare(MODEL, {"prompt": "x", "image": data})

    sent = decoded(prepared.input["image"])[1]
    with Image.open(io.BytesIO(sent)) as opened:
        assert opened.height > opened.width
        assert not opened.getexif()
    assert b"SecretCamera" not in sent


def test_a_small_photo_loses_place_and_camera_but_not_a_pixel_nor_its_orientation():
    data = photo(160, 120)

    prepared = prepare(MODEL, {"prompt": "x", "image": data})

    sent = decoded(prepared.input["image"])[1]
    with Image.open(io.BytesIO(sent)) as opened, Image.open(io.BytesIO(data)) as original:
        assert dict(opened.getexif()) == {0x0112: 6}
        assert opened.tobytes() == original.tobytes()
    assert b"SecretCamera" not in sent
    assert b"my house" not in sent
    assert prepared.files[0].size == (120, 160)
    assert prepared.notes == ("image goes without its metadata (place, camera, comments).",)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_small_pictures_lose_their_metadata_too(kind):
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    data = noise(40, 30, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    assert b"SecretCamera" in data

    sent = decoded(prepare(MODEL, {"prompt": "x", "image": data}).input["image"])[1]

    with Image.open(io.BytesIO(sent)) as opened, Image.open(io.BytesIO(data)) as original:
        assert opened.convert("RGB").tobytes() == original.convert("RGB").tobytes()
        assert not opened.getexif()
    assert b"SecretCamera" not in sent


@pytest.mark.parametrize(
    ("mode", "kind", "corner"),
    [("RGBA", "PNG", (255, 255, 255)), ("P", "PNG", None), ("L", "JPEG", (0, 0, 0)), ("I;16", "PNG", (0, 0, 0)), ("CMYK", "JPEG", None)],
)
def test_every_mode_can_be_made_smaller(mode, kind, corner):
    data = picture(400, 300, kind, mode) + bytes(950_000)

    sent = decoded(prepare(MODEL, {"prompt": "x", "image": data}).input["image"])[1]

    with Image.open(io.BytesIO(sent)) as opened:
        assert (opened.mode, opened.size) == ("RGB", (400, 300))
        if corner:
            assert max(abs(a - b) for a, b in zip(opened.getpixel((0, 0)), corner, strict=True)) <= 2


@pytest.mark.parametrize("data", [picture()[:60] + bytes(950_000), b"\xff\xd8\xff\xe0" + bytes(950_000)], ids=["png", "jpeg"])
def test_a_large_damaged_picture_is_refused(data):
    assert "image cannot be read as a picture" in str(refused(image=data))


def test_a_picture_of_too_many_pixels_is_not_decoded():
    data = bytearray(picture() + bytes(950_000))
    data[16:24] = (10_000).to_bytes(4, "big") * 2

    assert "image has 10000 × 10000 pixels, too many to make smaller here." in str(refused(image=bytes(data)))


def test_without_pillow_the_extra_is_named(monkeypatch):
    data = picture() + bytes(950_000)
    monkeypatch.setitem(sys.modules, "PIL", None)

    assert 'making it smaller needs Pillow: pip install "pvideo[media]"' in str(refused(image=data))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x00\x00\x00\x20ftypavif", "image/avif"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypqt  ", "video/quicktime"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"OggS", "audio/ogg"),
        (b"", ""),
        (b"text", ""),
    ],
)
def test_files_are_known_by_their_first_bytes(data, kind):
    assert content_type(data) == kind
    assert picture_size(data) is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_cut_anywhere_never_makes_us_raise(kind):
    data = photo(48, 32) if kind == "JPEG" else picture(48, 32, kind)

    sizes = {picture_size(data[:length]) for length in range(0, len(data), 3)}
    for length in range(1, len(data), 97):
        try:
            prepare(MODEL, {"prompt": "x", "image": data[:length]})
        except InputError as error:
            assert error.problems  # noqa: PT017 - most cuts go through, as Replicate is the one to decode

    assert sizes <= {None, (48, 32), (32, 48)}
