"""B12, B13, B17: pictures are sent as they look, what is surely wrong is refused unsent, and files come in as people hold them."""

from __future__ import annotations

import base64
import io
import json
import struct
import tempfile
import wave
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from tests.support.pictures import noise, picture

from pvideo.errors import InputError
from pvideo.model import catalog
from pvideo.model.given import from_schema
from pvideo.model.prepare import prepare
from pvideo.model.whole import is_cut

if TYPE_CHECKING:
    from pathlib import Path

MODEL = catalog.load("prunaai/p-video")
PROMPT = "a cat"


def sent(value: Any, name: str = "image", model: Any = MODEL) -> bytes:
    return base64.b64decode(prepare(model, {"prompt": PROMPT, name: value}).input[name].partition(",")[2])


def shown(value: Any) -> Image.Image:
    opened = Image.open(io.BytesIO(sent(value)))
    opened.load()
    return opened


def refused(model: Any = MODEL, **inputs: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        prepare(model, {"prompt": PROMPT, **inputs})
    assert caught.value.paid == "no"
    assert "Nothing was sent" in str(caught.value)
    return caught.value


# B12: Pillow's pictures.


def ramp(mode: str, top: float, width: int = 64) -> Image.Image:
    """From black at the left to white at the right."""
    levels = [top * x / (width - 1) for x in range(width)] * 4
    if mode.startswith("I;16"):
        order = ">" if mode.endswith("B") else "<"
        return Image.frombytes(mode, (width, 4), struct.pack(f"{order}{len(levels)}H", *map(round, levels)))
    made = Image.new(mode, (width, 4))
    made.putdata(levels if mode == "F" else [round(level) for level in levels])
    return made


@pytest.mark.parametrize(
    ("mode", "top"),
    [("I;16", 65535), ("I;16B", 65535), ("I", 65535), ("I", 255), ("I", 10_000_000), ("F", 1.0), ("F", 255.0), ("F", 65535.0), ("L", 255)],
)
@pytest.mark.parametrize("large", [False, True], ids=["small", "over 0.9 MB"])
def test_found_b12_grey_keeps_its_white_and_its_middle(mode: str, top: float, large: bool) -> None:
    drawn = ramp(mode, top)
    if large:
        buffer = io.BytesIO()
        drawn.save(buffer, "TIFF")
        if Image.open(io.BytesIO(buffer.getvalue())).mode != drawn.mode:
            pytest.skip("a TIFF does not hold this mode")
        from pvideo.model.picture import shrink

        data, _ = shrink(buffer.getvalue(), {"image_side": 1920, "image_quality": 90, "data_uri_bytes": 900_000})
        found = Image.open(io.BytesIO(data)).convert("L")
    else:
        found = shown(drawn).convert("L")
    left, middle, right = (found.getpixel((x, 1)) for x in (0, 32, 63))
    assert left <= 3
    assert abs(middle - 129) <= 4
    assert right >= 252


@pytest.mark.parametrize("orientation", range(1, 9))
def test_found_b12_a_turned_picture_stands_upright(orientation: int) -> None:
    from PIL import ImageOps

    drawn = Image.new("RGB", (40, 20), "white")
    drawn.paste("red", (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG", exif=exif)
    opened = Image.open(io.BytesIO(buffer.getvalue()))
    wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(buffer.getvalue())))
    found = shown(opened)
    assert found.size == wanted.size == ((40, 20) if orientation < 5 else (20, 40))
    assert found.convert("RGB").tobytes() == wanted.convert("RGB").tobytes()
    assert found.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("mode", ["PA", "LA", "P", "RGBA", "La", "RGBa"])
def test_found_b12_what_is_seen_through_stays_so(mode: str) -> None:
    drawn = Image.new("RGBA", (8, 8), (200, 200, 200, 255))
    drawn.paste((0, 0, 0, 0), (0, 0, 4, 8))
    if mode == "P":
        drawn = drawn.convert("RGB").quantize(4)
        drawn.info["transparency"] = drawn.getpixel((0, 0))
    elif mode == "PA":
        solid = drawn
        drawn = Image.new("PA", solid.size)
        drawn.putpalette([200, 200, 200] * 256)
        for x, y in ((x, y) for x in range(8) for y in range(8)):
            drawn.putpixel((x, y), (0, solid.getpixel((x, y))[3]))
    elif mode in {"La", "RGBa"}:
        drawn = drawn.convert({"La": "LA", "RGBa": "RGBA"}[mode]).convert(mode)
    else:
        drawn = drawn.convert(mode)
    assert drawn.mode == mode
    found = shown(drawn).convert("RGBA")
    assert found.getpixel((1, 1))[3] == 0
    assert found.getpixel((6, 6)) == (200, 200, 200, 255)


@cache
def profile(space: str) -> bytes:
    if space == "RGB ":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[16:20] = space.encode()
    return bytes(made)


@pytest.mark.parametrize(
    ("mode", "space", "kept"), [("CMYK", "CMYK", False), ("L", "GRAY", False), ("RGB", "RGB ", True), ("RGB", "CMYK", False)]
)
@pytest.mark.parametrize("how", ["file", "Pillow"])
def test_found_b12_a_profile_goes_only_where_it_fits(mode: str, space: str, kept: bool, how: str) -> None:
    source = Image.open(io.BytesIO(noise(1200, 900))).convert(mode)
    buffer = io.BytesIO()
    source.save(buffer, "JPEG", quality=98, icc_profile=profile(space))
    assert len(buffer.getvalue()) > 900_000
    found = shown(buffer.getvalue() if how == "file" else Image.open(io.BytesIO(buffer.getvalue())))
    assert found.mode == "RGB"
    assert found.info.get("icc_profile") == (profile(space) if kept else None)


def test_found_b12_a_grey_picture_keeps_its_own_profile_while_it_is_grey() -> None:
    drawn = ramp("L", 255)
    drawn.info["icc_profile"] = profile("GRAY")
    assert shown(drawn).info["icc_profile"] == profile("GRAY")


# B13: what is surely wrong.


def jpeg(**save: Any) -> bytes:
    return noise(64, 48, "JPEG", **save)


def sound() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * 40)
    return buffer.getvalue()


def film() -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as made:
        stream = made.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for level in range(10):
            made.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 64), (level * 20, 0, 0)))))
        made.mux(stream.encode())
    return buffer.getvalue()


WHOLE = {
    "png": (noise(64, 48), "image"),
    "jpeg": (jpeg(), "image"),
    "progressive jpeg": (jpeg(progressive=True), "image"),
    "webp": (noise(64, 48, "WEBP"), "image"),
    "lossless webp": (noise(64, 48, "WEBP", lossless=True), "image"),
    "gif": (noise(64, 48, "GIF"), "image"),
    "bmp": (noise(64, 48, "BMP"), "image"),
    "wav": (sound(), "audio"),
    "mp4": (film(), "video"),
}
ANY = from_schema(
    "owner/any",
    {
        "type": "object",
        "properties": {
            "prompt": {"type": "string"},
            **{name: {"type": "string", "format": "uri", "description": f"Input {name}"} for name in ("image", "audio", "video")},
        },
    },
)


@pytest.mark.parametrize("kind", WHOLE)
def test_found_b13_a_file_that_was_cut_is_refused(kind: str) -> None:
    data, name = WHOLE[kind]
    if kind in {"gif", "bmp"}:  # no model of ours takes one
        assert [is_cut(data[:at], f"image/{kind}") for at in (40, len(data) // 2, len(data) - 2, len(data))] == [True, True, True, False]
        return
    assert sent(data, name, ANY)
    for at in (40, len(data) // 4, len(data) // 2, len(data) * 9 // 10, len(data) - 2):
        told = str(refused(ANY, **{name: data[:at]}))
        assert f"{name} is cut short" in told or f"{name} is not " in told, at


@pytest.mark.parametrize("cut", [40, 1000])
def test_found_b13_a_cut_picture_of_a_path_names_the_file(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(noise(64, 48)[:cut])
    assert "cat.png is cut short" in str(refused(image=str(path)))
    path.write_bytes(noise(1200, 900)[:-50_000])
    assert "cat.png" in str(refused(image=path))


@pytest.mark.parametrize(
    "data",
    [
        noise(64, 48) + b"trailing",
        jpeg() + b"\0" * 20,
        jpeg() + jpeg(),
        noise(64, 48, "WEBP") + b"\0",
        sound()[:4] + b"\xff\xff\xff\xff" + sound()[8:],
        film() + b"\0\0\0\x08free",
    ],
    ids=["png", "jpeg", "two jpegs", "webp", "wav of a pipe", "mp4"],
)
def test_found_b13_what_stands_behind_the_end_is_no_cut(data: bytes) -> None:
    name = "audio" if data[8:12] == b"WAVE" else "video" if data[4:8] == b"ftyp" else "image"
    assert prepare(ANY, {"prompt": PROMPT, name: data}).files


PRIVATE = [
    *("127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.20"),
    *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "localhost", "LOCALHOST", "localhost.", "a.localhost", "nas.local"),
    *("printer", "db.internal", "x.home.arpa", "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]"),
    "１２７.0.0.1",
]


@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("port", ["", ":8443"])
def test_found_b13_an_address_that_replicate_cannot_reach_is_refused(host: str, port: str) -> None:
    assert "where Replicate cannot fetch anything" in str(refused(image=f"https://{host}{port}/a.png"))


@pytest.mark.parametrize(
    "address", ["https://a.example:99999/a.png", "https://a.example:0/a", "https://a.example:x/a", "https:///a.png", "https://[::1/a"]
)
def test_found_b13_what_is_no_address_is_refused(address: str) -> None:
    assert "is no address" in str(refused(image=address))


@pytest.mark.parametrize(
    "address",
    ["https://replicate.delivery/a.png", "https://8.8.8.8/a.png", "https://[2606:4700::1111]/a", "https://a.b.example:8443/x?y=1@2"],
)
def test_found_b13_what_the_world_can_reach_goes(address: str) -> None:
    assert prepare(MODEL, {"prompt": PROMPT, "image": address}).input["image"] == address


def test_found_b13_loopback_is_for_a_stand_in_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "http://127.0.0.1:8002/a.png"
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_" + "x" * 37)
    monkeypatch.setenv("PVIDEO_BASE_URL", "http://127.0.0.1:8001/v1/a/g/replicate")
    assert prepare(MODEL, {"prompt": PROMPT, "image": address}).input["image"] == address
    monkeypatch.setenv("PVIDEO_BASE_URL", "https://gateway.ai.cloudflare.com/v1/a/g/replicate")
    assert "has to begin with https" in str(refused(image=address))


@pytest.mark.parametrize(
    "address",
    [
        "https://user:hunter2@host.example/a.png",
        "https://hunter2@host.example/a.png",
        "HTTPS://u:hunter2@host.example",
        "http://u:hunter2@127.0.0.1/a",
        "ftp://u:hunter2@host.example/a",
        "https://u:hunter2@host.example:99999/",
        "https://u:hunter2@[::1]/",
    ],
)
@pytest.mark.parametrize("name", ["image", "prompt"])
def test_found_b13_a_password_in_an_address_reaches_nobody(address: str, name: str) -> None:
    error = refused(**{name: address})
    assert "password" in str(error)
    assert "hunter2" not in str(error) + json.dumps(error.to_dict())


INVISIBLE = [
    "\u200b",
    "\u200b\u200d\ufeff",
    " \u2060\n\t",
    "\u3164",
    "\u2800\u2800",
    "\u00ad",
    "\u202e\u202c",
    "\u0301\ufe0f",
    "\u115f",
    "\ue0001".encode("utf-16", "surrogatepass").decode("utf-16")[:0] + "\U000e0001",
]


@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_found_b13_a_prompt_that_nobody_sees_is_refused(text: str) -> None:
    assert "prompt is empty" in str(refused(prompt=text))


@pytest.mark.parametrize("text", ["猫", "🐈\u200d⬛", "é", "e\u0301", "?", "1"])
def test_found_b13_a_short_prompt_goes(text: str) -> None:
    assert prepare(MODEL, {"prompt": text}).input["prompt"] == text


@pytest.mark.parametrize("text", ["x" * 5_000_000, "猫 " * 800_000])
def test_found_b13_a_prompt_of_megabytes_is_refused(text: str) -> None:
    told = str(refused(prompt=text))
    assert f"prompt has {len(text):,} characters" in told
    assert len(told) < 400


# B17: files as people hold them.


def test_found_b17_an_open_file_goes_whole_and_is_left_where_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(picture())
    with path.open("rb") as file:
        file.read(10)
        first = prepare(MODEL, {"prompt": PROMPT, "image": file})
        assert file.tell() == 10
        again = prepare(MODEL, {"prompt": PROMPT, "image": file})
    assert first.input == again.input == prepare(MODEL, {"prompt": PROMPT, "image": path}).input
    assert first.typed["image"] == {**prepare(MODEL, {"prompt": PROMPT, "image": path}).typed["image"], "path": str(path)}
    assert prepare(MODEL, first.typed).input == first.input  # so that a further take can be made


class Stream:
    """A body of a network library: read once, piece by piece, without a place."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(min(size, 7) if size > 0 else size)


@pytest.mark.parametrize("make", ["BytesIO at its end", "spooled", "raw", "stream"])
def test_found_b17_what_behaves_like_an_open_file_goes(make: str, tmp_path: Path) -> None:
    data = picture()
    if make == "BytesIO at its end":
        file: Any = io.BytesIO()
        file.write(data)
    elif make == "spooled":
        file = tempfile.SpooledTemporaryFile()  # noqa: SIM115 - closed below
        file.write(data)
    elif make == "raw":
        (tmp_path / "a.png").write_bytes(data)
        file = (tmp_path / "a.png").open("rb", buffering=0)
    else:
        file = Stream(data)
    assert sent(file) == sent(data)
    getattr(file, "close", lambda: None)()


def test_found_b17_a_file_open_as_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_text("not a picture")
    with path.open(encoding="utf-8") as file:
        assert 'cat.png is open as text; open it with open(…, "rb")' in str(refused(image=file))
    assert "image is open as text" in str(refused(image=io.StringIO("x")))
    closed = io.BytesIO(picture())
    closed.close()
    assert "image cannot be read" in str(refused(image=closed))
    with (tmp_path / "new.png").open("wb") as writing:
        assert "new.png cannot be read" in str(refused(image=writing))
    assert "image is empty" in str(refused(image=io.BytesIO()))


COLORS = np.linspace(0, 1, 8 * 6 * 3).reshape(8, 6, 3)


@pytest.mark.parametrize(
    ("array", "mode"),
    [
        ((COLORS * 255).round().astype("uint8"), "RGB"),
        (COLORS, "RGB"),
        (COLORS.astype("float32"), "RGB"),
        ((COLORS * 255).round(), "RGB"),
        ((COLORS * 65535).round().astype("uint16"), "RGB"),
        ((COLORS * 255).round().astype("int64"), "RGB"),
        (np.dstack([COLORS, np.ones((8, 6))]), "RGBA"),
        (COLORS[:, :, 0], "L"),
        (COLORS[:, :, :1], "L"),
        ((COLORS[::-1, ::-1] * 255).round().astype("uint8")[::-1, ::-1], "RGB"),
    ],
    ids=["uint8", "float64", "float32", "float to 255", "uint16", "int64", "RGBA", "grey", "one color", "turned view"],
)
def test_found_b17_a_numpy_picture_goes_as_it_looks(array: Any, mode: str) -> None:
    found = shown(array)
    assert (found.mode, found.size) == (mode, (6, 8))
    wanted = COLORS if array.ndim == 3 and array.shape[2] >= 3 else COLORS[:, :, 0]
    got = np.asarray(found.convert("RGB" if wanted.ndim == 3 else "L"), dtype=float) / 255
    assert np.abs(got - wanted).max() <= 1.01 / 255


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 64, 64)),
        np.zeros((4, 4, 4, 3)),
        np.zeros((0, 5)),
        COLORS * 2 - 1,
        np.full((4, 4), np.nan),
        np.array([["a", "b"]]),
        COLORS * 1000,
    ],
    ids=["colors first", "four sides", "empty", "below 0", "nan", "text", "above 255"],
)
def test_found_b17_an_array_that_is_no_picture_is_refused(array: Any) -> None:
    if array.ndim == 3 and array.max() > 255:  # up to 65535 it is a picture of sixteen bits
        array = array * 100
    told = str(refused(image=array))
    assert "a picture" in told


def test_found_b17_a_mask_of_truths_is_black_and_white() -> None:
    assert shown(np.eye(4, dtype=bool)).convert("L").tobytes()[:5] == b"\xff\0\0\0\0"


def test_found_b17_a_sweep_takes_a_picture_as_one_value() -> None:
    from pvideo.job.axes import axes_of

    for value in (np.zeros((8, 6, 3)), io.BytesIO(picture()), Image.new("RGB", (4, 4))):
        fixed, varied = axes_of(MODEL, {"prompt": PROMPT, "image": value, "seed": np.arange(3)})
        assert fixed["image"] is value
        assert varied == {"seed": (0, 1, 2)}
