"""What makes a press recognisable: for real or not, the model, and the inputs as typed. Where it was pressed is another question."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

_LINE_END = re.compile("\\r\\n?|\\n")


def canonical(value: Any) -> str:
    """Return JSON that is equal for equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def typed_key(realm: str, model: str, typed: Mapping[str, Any]) -> str:
    """Return the key of a press: how an editor ends lines, and blanks at their ends, do not count.

    A file counts by what is in it, not by where it lies: the Studio's uploads lie somewhere else each time.
    """
    named = {name: value["file"] if isinstance(value, Mapping) and "file" in value else value for name, value in typed.items()}
    return hashlib.sha256(canonical([realm, model, _even(named)]).encode(errors="surrogatepass")).hexdigest()


def _even(value: Any) -> Any:
    if isinstance(value, str):
        return "\n".join(line.rstrip() for line in _LINE_END.split(value)).strip("\n")
    if isinstance(value, Mapping):
        return {name: _even(item) for name, item in value.items()}
    return [_even(item) for item in value] if isinstance(value, (list, tuple)) else value
