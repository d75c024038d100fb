"""Ten models as Replicate would describe them: written for the tests, each with what the others have not."""

from __future__ import annotations

from typing import Any

URI = {"type": "string", "format": "uri"}


def answer(name: str, schemas: dict[str, Any], *, about: str = "", official: bool = True) -> dict[str, Any]:
    """Return the answer to ``GET /models/{owner}/{name}``."""
    owner, _, short = name.partition("/")
    document = {"openapi": "3.0.2", "info": {"title": "Cog", "version": "0.1.0"}, "paths": {}, "components": {"schemas": schemas}}
    version = {
        "id": f"{sum(name.encode()):064x}",
        "created_at": "2026-05-01T00:00:00Z",
        "cog_version": "0.14.0",
        "openapi_schema": document,
    }
    return {"owner": owner, "name": short, "description": about, "is_official": official, "latest_version": version}


def inputs(*required: str, **properties: Any) -> dict[str, Any]:
    """Return an ``Input`` in the order given."""
    ordered = {
        name: {"title": name.replace("_", " ").title(), **part, "x-order": place} for place, (name, part) in enumerate(properties.items())
    }
    return {"type": "object", "title": "Input", "required": list(required), "properties": ordered}


def enum(name: str, default: Any, *, nullable: bool = False) -> dict[str, Any]:
    """Return a property whose values stand elsewhere, as Cog writes it."""
    part: dict[str, Any] = {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "default": default, "description": "A choice."}
    return {**part, "nullable": True} if nullable else part


def values(name: str, *choices: Any) -> dict[str, Any]:
    """Return what `enum` refers to."""
    kind = "integer" if isinstance(choices[0], int) else "string"
    return {"enum": list(choices), "type": kind, "title": name, "description": "An enumeration."}


def streamed() -> dict[str, Any]:
    """Return the output of a language model."""
    words = {"type": "array", "items": {"type": "string"}, "title": "Output"}
    return {**words, "x-cog-array-type": "iterator", "x-cog-array-display": "concatenate"}


MODELS: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "image": (
        answer(
            "studio-a/picture-maker",
            {
                "Input": inputs(
                    "prompt",
                    prompt={"type": "string", "description": "What is drawn."},
                    num_outputs={"type": "integer", "default": 1, "minimum": 1, "maximum": 4},
                    aspect_ratio=enum("aspect_ratio", "1:1"),
                    guidance={"type": "number", "default": 3.5, "minimum": 0, "maximum": 10},
                    output_format=enum("output_format", "webp"),
                    disable_safety_checker={"type": "boolean", "default": False},
                ),
                "aspect_ratio": values("aspect_ratio", "1:1", "16:9", "9:16", "21:9"),
                "output_format": values("output_format", "webp", "jpg", "png"),
                "Output": {"type": "array", "items": URI, "title": "Output"},
            },
            about="Makes images from text",
        ),
        "image",
        {
            "prompt": "a fox",
            "num_outputs": 3,
            "aspect_ratio": "21:9",
            "guidance": 2.5,
            "output_format": "png",
            "disable_safety_checker": True,
        },
    ),
    "text": (
        answer(
            "studio-b/talker",
            {
                "Input": inputs(
                    "prompt",
                    prompt={"type": "string"},
                    system_prompt={"type": "string", "default": "You are kind."},
                    max_tokens={"type": "integer", "default": 512, "minimum": 1},
                    temperature={"type": "number", "default": 0.7, "minimum": 0, "maximum": 2},
                    stop_sequences={"type": "array", "items": {"type": "string"}, "default": [], "maxItems": 4},
                ),
                "Output": streamed(),
            },
        ),
        "text",
        {"prompt": "why?", "system_prompt": "Be short.", "max_tokens": 30, "temperature": 0, "stop_sequences": ["END", "\n\n"]},
    ),
    "speech": (
        answer(
            "studio-c/reader",
            {
                "Input": inputs(
                    "text",
                    text={"type": "string", "description": "What is read aloud."},
                    voice=enum("voice", "nova"),
                    speed={"type": "number", "default": 1, "minimum": 0.25, "maximum": 4},
                    language=enum("language", None, nullable=True),
                ),
                "voice": values("voice", "nova", "echo", "fable", "onyx", "shimmer", "alloy"),
                "language": values("language", "en", "de"),
                "Output": {**URI, "title": "Output"},
            },
            about="Turns text to speech",
        ),
        "audio",
        {"text": "Hello there", "voice": "onyx", "speed": 1.5, "language": "de"},
    ),
    "upscaler": (
        answer(
            "studio-d/enlarger",
            {
                "Input": inputs(
                    "image",
                    image={**URI, "description": "The image (png or jpg)."},
                    scale=enum("scale", 2),
                    face_enhance={"type": "boolean", "default": False},
                ),
                "scale": values("scale", 2, 4, 8),
                "Output": {**URI, "title": "Output", "description": "The larger image"},
            },
            official=False,
        ),
        "image",
        {"image": "https://example.com/a.png", "scale": 4, "face_enhance": True},
    ),
    "video": (
        answer(
            "studio-e/filmer",
            {
                "Input": inputs(
                    "prompt",
                    prompt={"type": "string"},
                    reference_images={"type": "array", "items": URI, "nullable": True, "description": "Up to 3 images."},
                    duration=enum("duration", 5),
                    camera_fixed={"type": "boolean", "default": False},
                    seed={"type": "integer", "nullable": True},
                ),
                "duration": values("duration", 5, 10),
                "Output": {**URI, "title": "Output"},
            },
            about="Image to video",
        ),
        "video",
        {"prompt": "waves", "reference_images": ["https://example.com/a.jpg", "https://example.com/b.jpg"], "duration": 10, "seed": 7},
    ),
    "music": (
        answer(
            "studio-f/composer",
            {
                "Input": inputs(
                    "prompt",
                    prompt={"type": "string"},
                    negative_prompt={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
                    seed={"type": ["integer", "null"], "minimum": -1, "maximum": 4294967295, "default": -1},
                    bars={"type": "integer", "minimum": 4, "maximum": 64, "multipleOf": 4, "default": 8},
                ),
                "Output": {"type": "object", "properties": {"audio": URI, "stems": {"type": "array", "items": URI}}},
            },
        ),
        "json",
        {"prompt": "a waltz", "negative_prompt": "drums", "seed": 12, "bars": 16},
    ),
    "secret": (
        answer(
            "studio-g/bridge",
            {
                "Input": inputs(
                    "prompt",
                    "api_key",
                    prompt={"type": "string"},
                    api_key={"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True},
                    model_size=enum("model_size", "small"),
                ),
                "model_size": values("model_size", "small", "large"),
                "Output": {"type": "string", "title": "Output"},
            },
        ),
        "text",
        {"prompt": "hi", "api_key": "hush-4711", "model_size": "large"},
    ),
    "object": (
        answer(
            "studio-h/agent",
            {
                "Input": inputs(
                    "task",
                    task={"type": "string", "description": "What is to be done."},
                    options={"type": "object", "description": "Anything.", "additionalProperties": True},
                    schema={"type": "object", "properties": {"depth": {"type": "integer", "maximum": 3}}, "default": {}},
                ),
                "Output": {"type": "object"},
            },
        ),
        "json",
        {"task": "sort", "options": {"order": "up", "keys": [1, 2]}, "schema": {"depth": 2}},
    ),
    "nested": (
        answer(
            "studio-i/layers",
            {
                "Input": {"allOf": [{"$ref": "#/components/schemas/Base"}], "title": "Input"},
                "Base": inputs(
                    "prompt",
                    prompt={"type": "string", "maxLength": 40},
                    style=enum("Outer", "ink"),
                    layer={"$ref": "#/components/schemas/Layer"},
                ),
                "Outer": {"allOf": [{"$ref": "#/components/schemas/Inner"}], "description": "A style."},
                "Inner": values("Inner", "ink", "oil", "chalk"),
                "Layer": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": {"type": "string"}, "opacity": {"type": "number", "maximum": 1}},
                },
                "Output": {"type": "array", "items": URI},
            },
            about="Makes images",
        ),
        "image",
        {"prompt": "a hill", "style": "chalk", "layer": {"name": "sky", "opacity": 0.5}},
    ),
    "version": (
        answer(
            "someone/old-thing",
            {
                "Input": inputs(
                    frames={"type": "integer", "default": 16, "minimum": 8, "maximum": 32},
                    init_video={**URI, "description": "A video (mp4)."},
                    no_op={"type": "boolean", "default": False},
                    legacy={"type": "string", "deprecated": True, "default": ""},
                ),
                "Output": {**URI},
            },
            about="A video thing",
            official=False,
        ),
        "video",
        {"frames": 12, "init_video": "https://example.com/a.mp4"},
    ),
}
"""By what is special about it: Replicate's answer, what the model makes, and inputs that fit."""
