"""Stand-ins for other models than P-Video: the names and main inputs of real ones, outputs of every kind, and a few that misbehave.

Their schemas are written for the demo and hold less than the real ones; what they give back is drawn or made up, and marked DEMO.
"""

from __future__ import annotations

import hashlib
from typing import Any

Model = dict[str, Any]

IMAGE_URI = {"type": "string", "format": "uri"}
_SEED = {"type": "integer", "nullable": True, "description": "A number that repeats a result. Leave blank for a new one."}
_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4")
_URI = {"type": "string", "format": "uri", "title": "Output"}
_URIS = {"type": "array", "items": {"type": "string", "format": "uri"}, "title": "Output"}
_STREAM = {
    "type": "array",
    "items": {"type": "string"},
    "title": "Output",
    "x-cog-array-type": "iterator",
    "x-cog-array-display": "concatenate",
}
_FAILURE = "CUDA out of memory. Tried to allocate 2.50 GiB"


def prompt(words: str = "What to make.") -> dict[str, Any]:
    """Return the usual text input."""
    return {"type": "string", "description": words}


def choice(*values: Any, default: Any) -> dict[str, Any]:
    """Return an input with a few values; `model` lays it out as Cog does."""
    return {"choices": list(values), "default": default}


def model(name: str, about: str, inputs: dict[str, Any], output: Any, *, required: tuple[str, ...] = (), official: bool = True) -> Model:
    """Return a model as ``GET /models/{owner}/{name}`` answers it, with the schema as Cog lays it out."""
    owner, _, short = name.partition("/")
    schemas: dict[str, Any] = {"Output": output}
    properties: dict[str, Any] = {}
    for place, (field, given) in enumerate(inputs.items()):
        title = field.replace("_", " ").title()
        if "choices" in given:
            values = given["choices"]
            kind = "integer" if isinstance(values[0], int) else "string"
            schemas[field] = {"enum": values, "type": kind, "title": field, "description": "An enumeration."}
            part: dict[str, Any] = {"allOf": [{"$ref": f"#/components/schemas/{field}"}], "default": given["default"]}
        else:
            part = {"title": title, **given}
        properties[field] = {**part, "x-order": place}
    schemas["Input"] = {"type": "object", "title": "Input", "properties": properties, **({"required": list(required)} if required else {})}
    document = {"openapi": "3.0.2", "info": {"title": "Cog", "version": "0.1.0"}, "paths": {}, "components": {"schemas": schemas}}
    return {
        "url": f"https://replicate.com/{name}",
        "owner": owner,
        "name": short,
        "description": about,
        "visibility": "public",
        "is_official": official,
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 0,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": {
            "id": hashlib.sha256(name.encode()).hexdigest(),
            "created_at": "2026-07-01T00:00:00.000000Z",
            "cog_version": "0.16.12",
            "openapi_schema": document,
        },
    }


def bare(made: Model) -> Model:
    """Return a model that tells no schema."""
    made["latest_version"]["openapi_schema"] = {}
    return made


def all_models() -> dict[str, tuple[Model, str]]:
    """Return the stand-ins by name, each with what it makes (see `pvideo.demo.draw`)."""
    found = [
        (
            model(
                "google/veo-3.1-fast",
                "A stand-in for a model that makes video from text or a picture.",
                {
                    "prompt": prompt(),
                    "image": {**IMAGE_URI, "description": "A first frame."},
                    "duration": choice(4, 6, 8, default=8),
                    "aspect_ratio": choice("16:9", "9:16", default="16:9"),
                    "resolution": choice("720p", "1080p", default="1080p"),
                    "generate_audio": {"type": "boolean", "default": True},
                    "negative_prompt": {"type": "string", "nullable": True},
                    "seed": _SEED,
                },
                _URI,
                required=("prompt",),
            ),
            "video",
        ),
        (
            model(
                "google/nano-banana",
                "A stand-in for a model that makes and edits images.",
                {
                    "prompt": prompt("A description of the image."),
                    "image_input": {"type": "array", "items": IMAGE_URI, "default": [], "description": "Images to edit or to take from."},
                    "aspect_ratio": choice(*_RATIOS, default="1:1"),
                    "output_format": choice("jpg", "png", default="jpg"),
                },
                _URI,
                required=("prompt",),
            ),
            "image",
        ),
        (
            model(
                "black-forest-labs/flux-schnell",
                "A stand-in for a fast image model.",
                {
                    "prompt": prompt(),
                    "aspect_ratio": choice(*_RATIOS, default="1:1"),
                    "num_outputs": {"type": "integer", "default": 1, "minimum": 1, "maximum": 4},
                    "seed": _SEED,
                    "output_format": choice("webp", "jpg", "png", default="webp"),
                    "disable_safety_checker": {"type": "boolean", "default": False},
                },
                _URIS,
                required=("prompt",),
            ),
            "image",
        ),
        (
            model(
                "anthropic/claude-4.5-haiku",
                "A stand-in for a language model; its text is streamed.",
                {
                    "prompt": prompt("The question."),
                    "system_prompt": {"type": "string", "default": ""},
                    "max_tokens": {"type": "integer", "default": 8192, "minimum": 1, "maximum": 64000},
                    "image": {**IMAGE_URI, "nullable": True},
                },
                _STREAM,
                required=("prompt",),
            ),
            "text",
        ),
        (
            model(
                "google/lyria-2",
                "A stand-in for a model that makes music.",
                {"prompt": prompt(), "negative_prompt": {"type": "string", "nullable": True}, "seed": _SEED},
                _URI,
                required=("prompt",),
            ),
            "wav",
        ),
        (
            model(
                "minimax/speech-02-turbo",
                "A stand-in for a model that turns text to speech.",
                {
                    "text": {"type": "string", "description": "What is said."},
                    "voice_id": choice("Wise_Woman", "Deep_Voice_Man", "Calm_Woman", default="Wise_Woman"),
                    "speed": {"type": "number", "default": 1.0, "minimum": 0.5, "maximum": 2.0},
                },
                _URI,
                required=("text",),
            ),
            "mp3",
        ),
        (
            model(
                "pvideo-demo/describe",
                "Says what is in a picture, as JSON with a file in it. Called by its version.",
                {"image": {**IMAGE_URI, "description": "The picture (jpg, png or webp)."}, "detail": choice("low", "high", default="low")},
                {"type": "object", "title": "Output", "properties": {"caption": {"type": "string"}, "thumbnail": IMAGE_URI}},
                required=("image",),
                official=False,
            ),
            "json",
        ),
        (
            model(
                "pvideo-demo/upscale",
                "Makes an image twice as large. Called by its version.",
                {
                    "image": {**IMAGE_URI, "description": "The image (jpg, png or webp)."},
                    "scale": {"type": "number", "default": 2, "maximum": 4},
                },
                _URI,
                required=("image",),
                official=False,
            ),
            "upscale",
        ),
        (
            model(
                "pvideo-demo/variations",
                "Makes several videos at once.",
                {"prompt": prompt(), "num_outputs": {"type": "integer", "default": 2, "minimum": 1, "maximum": 4}, "seed": _SEED},
                _URIS,
                required=("prompt",),
            ),
            "videos",
        ),
        (model("pvideo-demo/broken", "Always fails; makes no video.", {"prompt": prompt()}, _URI, required=("prompt",)), "failure"),
        (bare(model("pvideo-demo/bare", "Tells no schema.", {}, _URI)), "image"),
    ]
    return {f"{made['owner']}/{made['name']}": (made, kind) for made, kind in found}


PRIVATE = "pvideo-demo/private"
"""A model that exists and is not shown: for a stranger there is none of that name."""
FAILURE = _FAILURE
"""What ``pvideo-demo/broken`` fails with."""
