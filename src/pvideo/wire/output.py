"""What a model gave back, taken apart: addresses of files, a text, or JSON.

Texts and JSON become ``data:`` URIs of ours, so that they are saved in the same way as files are.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from pvideo.secrets import redact, unsigned
from pvideo.wire.hosts import StrangeAddressError, check
from pvideo.wire.prediction import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pvideo.wire.prediction import Prediction

TEXT = "data:text/plain;charset=utf-8;base64,"
"""Begins a text that we wrote down; no file of a model's begins so."""
JSON = "data:application/json;charset=utf-8;base64,"
"""Begins JSON that we wrote down."""

MOST_OUTPUTS = 2000
"""So many outputs of one prediction are saved; a note says when there are more."""
_MEDIA = frozenset({"video", "image", "audio"})
_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+[;,]")
_LONG_DATA = 1000
_CUT = "…"
"""Stands in an output that was shortened, before what it is known by."""
_SHOWN = 300
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)
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
    if output is None or (kind in _MEDIA and not _is_prose(output)):
        return prediction.outputs
    files = tuple(_files(output, hosts))
    words = _words(output)
    if words is not None and files and len(files) == len(words):
        return files
    if words is not None and not files and (isinstance(output, str) or kind == "text" or kind in _MEDIA):
        return (_written(TEXT, redact("".join(words))),)
    return (*files, _written(JSON, json.dumps(_without_bytes(output), ensure_ascii=False, indent=2)))


def text_so_far(output: Any, kind: str) -> str:
    """Return the text that a running prediction has given so far; empty for everything else."""
    words = _words(output) if kind == "text" else None
    return redact("".join(words)) if words else ""


def is_ours(source: str) -> bool:
    """Return whether a source is a text or JSON that was in the answer itself."""
    return source.startswith((TEXT, JSON))


def key_of(source: str) -> str:
    """Return what an output is known by, also when only its shortened form is left: the same address with another signature is the same."""
    whole, cut, key = source.partition(_CUT)
    return key if cut else hashlib.sha256(unsigned(whole).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_whole(source: str) -> bool:
    """Return whether an output can be fetched by what is left of it."""
    return _CUT not in source


def without_bytes(source: str) -> str:
    """Return an output as the journal keeps it: an inline file does not fit there."""
    return f"{source[:40]}{_CUT}{key_of(source)}" if source.startswith("data:") and is_whole(source) else source


def without_signature(source: str) -> str:
    """Return an output as the journal keeps it once the file is whole: what was secret in its address is not needed any more."""
    plain = unsigned(source)
    return source if plain == source or not is_whole(source) else f"{plain}{_CUT}{key_of(source)}"


def shown_instead(prediction: Prediction) -> str:
    """Return the beginning of what was given where a file was promised."""
    text = output if isinstance(output := prediction.output, str) else json.dumps(_without_bytes(output), ensure_ascii=False)
    cut = redact(clean_text(text[: 4 * _SHOWN]))[:_SHOWN].strip()
    return cut if len(text) <= _SHOWN else f"{cut}…"


def _words(output: Any) -> list[str] | None:
    """Return the parts of a text; None when the output is something else."""
    if isinstance(output, str):
        return [output]
    if isinstance(output, list) and output and all(isinstance(part, str) for part in output):
        return output
    return None


def _is_prose(output: Any) -> bool:
    """Return whether sentences were given where a file was promised."""
    words = _words(output)
    text = "".join(words).strip() if words else ""
    return len(text.split()) > 1 and not _ADDRESS.match(text) and not any(map(_ADDRESS.match, words or ()))


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
        return f"{value[:40].partition(',')[0]},… ({len(value):,} characters, saved as a file)" if long else unsigned(value)
    if depth > _DEEP:
        return "…"
    if isinstance(value, dict):
        return {str(name): _without_bytes(item, depth + 1) for name, item in value.items()}
    return [_without_bytes(item, depth + 1) for item in value] if isinstance(value, list) else value


def _written(start: str, text: str) -> str:
    return start + base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
