"""What is sent is what was typed: files written in, nothing added, and what the model would ignore left out and said."""

from __future__ import annotations

import base64
import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image
from tests.support.pictures import picture

from pvideo.errors import InputError
from pvideo.model import catalog
from pvideo.model import reading as reading_module
from pvideo.model.ahead import waiting
from pvideo.model.prepare import prepare

MODEL = catalog.load("prunaai/p-video")
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(32)
FLAC = b"fLaC" + bytes(40)
MP3 = b"ID3\x04" + bytes(40)


def decoded(uri):
    head, _, body = uri.partition(",")
    return head, base64.b64decode(body, validate=True)


def refused(**inputs):
    with pytest.raises(InputError) as caught:
        prepare(MODEL, {"prompt": "a cat", **inputs})
    assert caught.value.paid == "no"
    return caught.value


def make(properties):
    latest = {"openapi_schema": {"components": {"schemas": {"Input": {"type": "object", "properties": properties}}}}}
    return catalog.from_api({"owner": "someone", "name": "something", "latest_version": latest})


def test_exactly_what_was_typed_is_sent():
    prepared = prepare(MODEL, {"prompt": "a cat", "seed": None, "draft": False, "duration": 5.0})

    assert prepared.input == {"prompt": "a cat", "duration": 5, "draft": False}
    assert list(prepared.typed) == ["draft", "duration", "prompt"]
    assert (prepared.notes, prepared.secret_fields, prepared.files) == ((), (), ())


def test_the_same_inputs_in_another_order_and_spelling_are_the_same_press():
    one = prepare(MODEL, {"prompt": "a cat", "save_audio": True, "duration": 5})
    other = prepare(MODEL, {"duration": 5.0, "save-audio": True, "prompt": "a cat"})

    assert json.dumps(one.typed) == json.dumps(other.typed)


def test_a_replaced_input_is_left_out_and_said():
    prepared = prepare(MODEL, {"prompt": "x", "image": "https://a.example/b.png", "aspect_ratio": "16:9", "audio": WAV, "duration": 3})

    assert set(prepared.input) == {"prompt", "image", "audio"}
    assert prepared.typed["aspect_ratio"] == "16:9"
    assert prepared.notes == ("Audio replaces duration: 3 was not sent.", "A first frame replaces aspect_ratio: 16:9 was not sent.")


def test_a_default_that_is_replaced_is_not_mentioned():
    assert prepare(MODEL, {"prompt": "x", "image": "https://a.example/b.png"}).notes == ()


@pytest.mark.parametrize(
    "address",
    ["https://a.example/b.png?x=1", "HTTPS://a.example/b", "http://127.0.0.1:8000/b.png", "http://localhost/b.png", "http://[::1]/b.png"],
)
def test_an_address_goes_as_it_is(address):
    prepared = prepare(MODEL, {"prompt": "x", "image": address})

    assert prepared.input["image"] == prepared.typed["image"] == address


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://a.example/b.png", "http://a.example is not fetched; an address has to begin with https://."),
        ("ftp://a.example/b.png", "ftp://a.example is not fetched; an address has to begin with https://."),
        ("https://", "https:// is no address."),
        ("https://[", "https://[ is no address."),
        ("https://a.example/b c.png", "https://a.example/b c.png is no address."),
    ],
)
def test_other_addresses_are_refused(address, sentence):
    error = refused(image=address)

    assert error.key == "file_refused"
    assert [(problem.field, problem.message) for problem in error.problems] == [("image", sentence)]


@pytest.mark.parametrize("as_value", [str, Path, lambda path: path.as_uri(), lambda path: Path(os.path.relpath(path))])
def test_a_file_is_written_into_the_input(tmp_path, as_value):
    data = picture()
    path = tmp_path / "cat.png"
    path.write_bytes(data)

    prepared = prepare(MODEL, {"prompt": "x", "image": as_value(path)})

    assert decoded(prepared.input["image"]) == ("data:image/png;base64", data)
    assert prepared.typed["image"]["file"] == sha256(data).hexdigest()
    assert prepared.typed["image"]["path"].endswith("cat.png")
    (file,) = prepared.files
    assert (file.name, file.type, file.bytes, file.sha256, file.size) == ("cat.png", "image/png", len(data), file.source, (64, 48))


@pytest.mark.parametrize(
    "as_value", [bytes, bytearray, memoryview, lambda data: "data:image/png;base64," + base64.b64encode(data).decode()]
)
def test_a_file_in_memory_is_written_into_the_input(as_value):
    data = picture()

    prepared = prepare(MODEL, {"prompt": "x", "image": as_value(data)})

    assert decoded(prepared.input["image"])[1] == data
    assert prepared.typed["image"] == {"file": sha256(data).hexdigest()}


def test_a_pillow_image_is_written_into_the_input():
    prepared = prepare(MODEL, {"prompt": "x", "image": Image.new("CMYK", (30, 20)), "last_frame_image": Image.new("RGBA", (20, 30))})

    assert [file.size for file in prepared.files] == [(30, 20), (20, 30)]
    assert decoded(prepared.input["image"])[0] == "data:image/png;base64"


def test_a_relative_path_is_found_in_the_working_directory_then_in_the_folder(tmp_path, monkeypatch):
    here, folder = tmp_path / "here", tmp_path / "folder"
    for place, width in ((here, 10), (folder, 20)):
        place.mkdir()
        (place / "cat.png").write_bytes(picture(width))
    monkeypatch.chdir(here)

    first = prepare(MODEL, {"prompt": "x", "image": "cat.png"}, folder=folder)
    (here / "cat.png").unlink()
    second = prepare(MODEL, {"prompt": "x", "image": "cat.png"}, folder=folder)

    assert [prepared.files[0].size for prepared in (first, second)] == [(10, 48), (20, 48)]


def test_what_was_typed_can_be_pressed_again(tmp_path):
    path = tmp_path / "cat.png"
    path.write_bytes(picture())
    first = prepare(MODEL, {"prompt": "x", "image": path})

    again = prepare(MODEL, first.typed)

    assert (again.typed, again.input) == (first.typed, first.input)


def test_a_file_that_has_changed_since_is_not_the_same_press(tmp_path):
    path = tmp_path / "cat.png"
    path.write_bytes(picture())
    typed = prepare(MODEL, {"prompt": "x", "image": path}).typed
    path.write_bytes(picture(99))

    error = refused(**{**typed, "prompt": "x"})

    assert "cat.png has changed since it was first used." in str(error)


def test_a_file_from_memory_has_to_be_given_again():
    assert "image was given in memory and is not kept; give it again." in str(refused(image={"file": "0" * 64}))


def test_a_link_is_followed(tmp_path):
    (tmp_path / "cat.png").write_bytes(picture())
    (tmp_path / "link.png").symlink_to("cat.png")

    assert prepare(MODEL, {"prompt": "x", "image": tmp_path / "link.png"}).files[0].name == "link.png"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("missing.png", None, "missing.png is not there."),
        ("empty.png", b"", "empty.png is empty."),
        ("cat.heic", b"\x00\x00\x00\x18ftypheic" + bytes(20), "cat.heic is not jpg, png or webp."),
        ("cat.png", b"<svg/>", "cat.png is not jpg, png or webp."),
        ("cat.gif", b"GIF89a" + bytes(20), "cat.gif is not jpg, png or webp."),
        ("song.png", MP3, "song.png is not jpg, png or webp."),
    ],
)
def test_a_file_that_is_no_picture_is_refused(tmp_path, name, data, sentence):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)

    error = refused(image=path)

    assert error.key == "file_refused"
    assert error.problems[0].message.endswith(sentence)


def test_folders_pipes_and_strange_paths_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")

    assert "is not a file" in str(refused(image=tmp_path))
    assert "pipe is not a file" in str(refused(image=tmp_path / "pipe"))
    assert "cannot be read" in str(refused(image=tmp_path / "loop"))
    assert "is no path" in str(refused(image="a\x00b"))
    assert "cannot be read" in str(refused(image="x" * 5000))
    assert "image is empty" in str(refused(image=" "))
    assert "is not there" in str(refused(image="~nobody-of-that-name/cat.png"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    path = tmp_path / "cat.png"
    path.write_bytes(picture())
    path.chmod(0)

    assert "cannot be read (Permission denied)" in str(refused(image=path))


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "cat.png"
    path.write_bytes(picture())
    real = os.fstat

    def grow(number):
        with path.open("ab") as file:
            file.write(b"more")
        return real(number)

    monkeypatch.setattr(reading_module.os, "fstat", grow)

    assert "cat.png changed while it was read" in str(refused(image=path))


@pytest.mark.parametrize("uri", ["data:image/png;base64,@@@", "data:", "data:,", "data:image/png;base64"])
def test_a_broken_data_address_is_refused(uri):
    assert refused(image=uri).key == "file_refused"


@pytest.mark.parametrize(
    ("data", "kind"), [(WAV, "audio/wav"), (FLAC, "audio/flac"), (MP3, "audio/mpeg"), (b"\xff\xfb\x90\x00", "audio/mpeg")]
)
def test_sound_goes_with_its_type(data, kind):
    head, body = decoded(prepare(MODEL, {"prompt": "x", "audio": data}).input["audio"])

    assert (head, body) == (f"data:{kind};base64", data)


def test_sound_over_the_limit_goes_ahead(tmp_path):
    path = tmp_path / "voice.wav"
    path.write_bytes(WAV + bytes(8_400_000))

    prepared = prepare(MODEL, {"prompt": "x", "audio": path})

    (file,) = waiting(prepared.input)
    assert (file.name, file.type, len(file.data)) == ("voice.wav", "audio/wav", len(WAV) + 8_400_000)
    assert prepared.typed["audio"] == {"file": file.sha256, "path": str(path)}
    assert str(file).startswith("data:audio/wav,…")
    assert "\\x00" not in repr(prepared.input)


def test_no_file_of_a_hundred_megabytes_is_taken(tmp_path):
    path = tmp_path / "voice.wav"
    with path.open("wb") as file:
        file.write(WAV)
        file.truncate(100_000_001)

    assert refused(audio=path).problems[0].message == "voice.wav is over the limit of 100 MB (100 MB)."


def test_a_large_picture_goes_ahead_as_it_is_where_no_limits_are_known(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(picture() + bytes(1_000_000))
    model = make({"image": {"type": "string", "format": "uri"}})

    (file,) = waiting(prepare(model, {"image": path}).input)

    assert (file.type, len(file.data)) == ("image/png", path.stat().st_size)


def test_aac_is_not_taken_for_mp3():
    assert refused(audio=b"\xff\xf1\x50\x80" + bytes(20)).problems[0].message == "audio is not flac, mp3 or wav."


def test_of_files_that_do_not_fit_together_the_largest_go_ahead():
    model = make({"clips": {"type": "array", "items": {"type": "string", "format": "uri", "description": "audio"}}})

    prepared = prepare(model, {"clips": [WAV + bytes(7_900_000 + number) for number in range(3)]})

    assert [str(value)[:21] for value in prepared.input["clips"]] == [
        "data:audio/wav;base64",
        "data:audio/wav,… (7,9",
        "data:audio/wav,… (7,9",
    ]


def test_every_file_that_cannot_be_sent_is_said_at_once():
    error = refused(image="missing.png", audio="missing.wav")

    assert error.key == "input_invalid"
    assert [(problem.field, problem.key) for problem in error.problems] == [("image", "file_refused"), ("audio", "file_refused")]


def test_a_list_of_files_is_written_into_the_input(tmp_path):
    model = make({"images": {"type": "array", "items": {"type": "string", "format": "uri"}, "title": "Images"}})
    (tmp_path / "a.png").write_bytes(picture())

    prepared = prepare(model, {"images": [tmp_path / "a.png", "https://a.example/b.png"]})

    assert prepared.input["images"][0].startswith("data:image/png;base64,")
    assert prepared.input["images"][1] == prepared.typed["images"][1] == "https://a.example/b.png"


def test_a_file_of_any_kind_goes_where_any_is_taken():
    prepared = prepare(make({"weights": {"type": "string", "format": "uri"}}), {"weights": b"\x00\x01"})

    assert prepared.input["weights"] == "data:application/octet-stream;base64,AAE="


def test_a_secret_is_sent_and_not_written_down():
    model = make({"key": {"type": "string", "format": "password"}, "size": {"type": "integer"}})

    prepared = prepare(model, {"key": "hush", "size": 3})

    assert prepared.input["key"] == "hush"
    assert prepared.typed == {"size": 3}
    assert prepared.secret_fields == ("key",)
