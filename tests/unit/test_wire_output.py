"""What a model gave back is taken apart by what it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pvideo.endpoint import DELIVERY_HOSTS
from pvideo.wire.output import JSON, TEXT, is_ours, sources, text_so_far
from pvideo.wire.prediction import Prediction
from pvideo.wire.sniff import named_type

A, B = "https://replicate.delivery/xezq/a/out-0.png", "https://replicate.delivery/xezq/a/out-1.png"
FOREIGN = "https://example.com/a.png"
DATA = "data:image/png;base64,iVBORw0KGgo="


def of(output: Any, kind: str) -> tuple[str, ...]:
    prediction = Prediction(id="a" * 26, status="succeeded", output=output, metrics={})
    return sources(prediction, kind=kind, hosts=DELIVERY_HOSTS)


def written(source: str) -> str:
    return base64.b64decode(source.partition(",")[2]).decode()


@pytest.mark.parametrize(
    ("output", "kind", "expected"),
    [
        (A, "image", (A,)),
        ([A, B], "image", (A, B)),
        ({"audio": A, "stems": [B]}, "audio", (A, B)),
        (A, "text", (A,)),
        ([A, B], "text", (A, B)),
        (DATA, "json", (DATA,)),
        ([A, DATA], "json", (A, DATA)),
        (FOREIGN, "video", (FOREIGN,)),
        (None, "text", ()),
        ([], "video", ()),
        (7, "video", ()),
    ],
)
def test_files_are_files(output: Any, kind: str, expected: tuple[str, ...]) -> None:
    assert of(output, kind) == expected


@pytest.mark.parametrize(
    ("output", "kind", "text"),
    [
        (["The ", "sky", " is blue."], "text", "The sky is blue."),
        ("one text", "text", "one text"),
        ("one text", "json", "one text"),
        (FOREIGN, "text", FOREIGN),
        (["\ud83d", "x"], "text", "?x"),
        ("", "text", ""),
    ],
)
def test_texts_are_joined(output: Any, kind: str, text: str) -> None:
    (source,) = of(output, kind)

    assert source.startswith(TEXT)
    assert is_ours(source)
    assert written(source) == text


@pytest.mark.parametrize("output", [{"a": 1}, [1, 2], ["x", "y"], 3.5, True, {"deep": [{"no": None}]}])
def test_everything_else_is_json(output: Any) -> None:
    (source,) = of(output, "json")

    assert source.startswith(JSON)
    assert json.loads(written(source)) == output


def test_files_within_json_are_found_and_their_bytes_left_out() -> None:
    long = DATA + "A" * 5000
    *files, document = of({"image": A, "mask": long, "page": FOREIGN}, "json")

    assert files == [A, long]
    told = json.loads(written(document))
    assert (told["image"], told["page"]) == (A, FOREIGN)
    assert "saved as a file" in told["mask"]


def test_a_text_is_told_while_it_comes() -> None:
    assert text_so_far(["The ", "sky"], "text") == "The sky"
    assert text_so_far([A], "image") == text_so_far(None, "text") == text_so_far({"a": 1}, "text") == ""


@pytest.mark.parametrize(
    ("name", "declared", "extension"),
    [
        ("mesh.glb", "application/octet-stream", ".glb"),
        ("subtitles.srt", "text/plain", ".srt"),
        ("RESULT.JSON", "", ".json"),
        ("result", "application/json; charset=utf-8", ".json"),
        ("drawing.svg", "", ".svg"),
        ("output.mp4", "text/html", None),
        ("output.mp4", "application/json", None),
        ("page", "text/html", None),
        ("x.exe", "", None),
    ],
)
def test_a_file_without_a_beginning_of_its_own_is_known_by_its_name(name: str, declared: str, extension: str | None) -> None:
    found = named_type(name, declared)

    assert (found.extension if found else None) == extension
