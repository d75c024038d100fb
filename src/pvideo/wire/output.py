"""What a model gave back, taken apart: addresses of files, a text, or JSON.

Texts and JSON become ``data:`` URIs of ours, so that they are saved in the same way as files are.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from pvideo.secrets import redact
from pvideo.wire.hosts import StrangeAddressError, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pvideo.wire.prediction import Prediction

TEXT = "data:text/plain;charset=utf-8;base64,"
"""Begins a text that we wrote down; no file of a model's begins so."""
JSON = "data:application/json;charset=utf-8;base64,"
"""Begins JSON that we wrote down."""

_MEDIA = frozenset({"video", "image", "audio"})
_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+[;,]")
_LONG_DATA = 1000
_MOST = 100
_DEEP = 50


def sources(prediction: Prediction, *, kind: str, hosts: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be saved of an output, in order: files first.

    Args:
        prediction: As it was answered.
        kind: What the model's schema says it makes. Where that is video, image or audio every address is a file's, and one on a strange
            host is refused when it is fetched; elsewhere an address of another host is a part of the text.
        hosts: The hosts that files are fetched from.
    """
    output = prediction.output
    if kind in _MEDIA or output is None:
        return prediction.outputs
    files = tuple(text for text, _ in zip(_files(output, hosts), range(_MOST), strict=False))
    words = _words(output)
    if words is not None and files and len(files) == len(words):
        return files
    if words is not None and not files and (isinstance(output, str) or kind == "text"):
        return (_written(TEXT, redact("".join(words))),)
    return (*files, _written(JSON, json.dumps(_without_bytes(output), ensure_ascii=False, indent=2)))


def text_so_far(output: Any, kind: str) -> str:
    """Return the text that a running prediction has given so far; empty for everything else."""
    words = _words(output) if kind == "text" else None
    return redact("".join(words)) if words else ""


def is_ours(source: str) -> bool:
    """Return whether a source is a text or JSON that was in the answer itself."""
    return source.startswith((TEXT, JSON))


def _words(output: Any) -> list[str] | None:
    """Return the parts of a text; None when the output is something else."""
    if isinstance(output, str):
        return [output]
    if isinstance(output, list) and output and all(isinstance(part, str) for part in output):
        return output
    return None


def _files(output: Any, hosts: Sequence[str]) -> Iterator[str]:
    waiting = [output]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if _is_file(item, hosts):
                yield item
        elif isinstance(item, (list, dict)):
            waiting.extend(reversed(list(item.values() if isinstance(item, dict) else item)))


def _is_file(text: str, hosts: Sequence[str]) -> bool:
    if text[:5].lower() == "data:":
        return _DATA.match(text) is not None
    try:
        return bool(check(text, hosts))
    except StrangeAddressError:
        return False


def _without_bytes(value: Any, depth: int = 0) -> Any:
    """Return JSON without the bytes of files, which are saved beside it."""
    if isinstance(value, str):
        long = len(value) > _LONG_DATA and _DATA.match(value) is not None
        return f"{value[:40].partition(',')[0]},… ({len(value):,} characters, saved as a file)" if long else value
    if depth > _DEEP:
        return "…"
    if isinstance(value, dict):
        return {str(name): _without_bytes(item, depth + 1) for name, item in value.items()}
    return [_without_bytes(item, depth + 1) for item in value] if isinstance(value, list) else value


def _written(start: str, text: str) -> str:
    return start + base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
