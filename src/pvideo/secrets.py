"""Tokens in one type that never shows itself, and the redaction of whatever may echo one."""

from __future__ import annotations

import hmac
import re
from typing import NoReturn

_MASK = "••••"
# Replicate's and Cloudflare's published token shapes (secret scanners look for the same prefixes).
_SHAPES = (
    ("Replicate token", re.compile(r"r8_[A-Za-z0-9]{20,}")),
    ("Cloudflare token", re.compile(r"cf(?:ut|at|k)_[A-Za-z0-9_-]{20,}")),
)
_HALF = 6
"""A piece of a known token is struck out from this length on, so that a cut-off echo shows nothing either."""
_SHORTEST = 16
"""Shorter tokens (and those without a digit) are words; real ones have 40 characters or more."""


class _Vault:
    """Holds the tokens' values apart from the objects that stand for them, so that no ``vars()`` or debugger of those shows one."""

    __slots__ = ("__pieces", "__seen", "__values")

    def __init__(self) -> None:
        self.__values: dict[int, str] = {}
        self.__seen: set[str] = set()
        self.__pieces: set[str] = set()

    def put(self, key: int, value: str) -> None:
        self.__values[key] = value
        self.__seen.add(value)
        # A made-up word (the demo's) is struck out whole only: its pieces are words that texts need.
        if len(value) >= _SHORTEST and any(character.isdigit() for character in value):
            self.__pieces |= {value[start : start + _HALF] for start in range(len(value) - _HALF + 1)}

    def get(self, key: int) -> str:
        return self.__values[key]

    def drop(self, key: int) -> None:
        self.__values.pop(key, None)

    def seen(self) -> list[str]:
        """Every token of this process, so that an echo is struck out after its object is gone too."""
        return list(self.__seen)

    def pieces(self) -> set[str]:
        """Every run of `_HALF` characters in those."""
        return self.__pieces

    def __repr__(self) -> str:
        return f"<{len(self.__values)} tokens>"


_vault = _Vault()


class Secret:
    """A token: where it came from and its length are public, its value is not.

    Args:
        value: The token. Spaces around it and a leading ``Bearer`` are dropped.
        source: Where it came from, in words a person knows (``"REPLICATE_API_TOKEN, environment"``).

    Raises:
        ValueError: It is empty, or holds a character that cannot stand in a header.
    """

    __slots__ = ("__weakref__", "length", "source")

    def __init__(self, value: str, source: str) -> None:
        clean = value.strip().strip("\"'").strip()
        clean = clean[7:].strip() if clean[:7].lower() == "bearer " else clean
        if not clean or not all("!" <= character <= "~" for character in clean):
            msg = f"{source}: a token is one word of plain characters; {len(value)} characters were given"
            raise ValueError(msg) from None
        self.source = source
        self.length = len(clean)
        _vault.put(id(self), clean)

    def reveal(self) -> str:
        """Return the value. Called where a header is built, and nowhere else."""
        return _vault.get(id(self))

    def __del__(self) -> None:
        if _vault is not None:  # at the interpreter's end the module is taken apart first
            _vault.drop(id(self))

    def __repr__(self) -> str:
        return f"Secret({self.source}, {self.length} characters)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.reveal(), other.reveal())

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        msg = "a Secret is not pickled: give the token again where it is needed"
        raise TypeError(msg)


def find_token(text: str) -> str | None:
    """Return what kind of token `text` seems to hold (``"Replicate token"``, ``"Cloudflare token"``), or None."""
    for kind, shape in _SHAPES:
        if shape.search(text):
            return kind
    return "token" if any(len(token) > _HALF and token in text for token in _vault.seen()) else None


def redact(text: str) -> str:
    """Strike out every known token, pieces of one from six characters on, and everything shaped like one.

    Call it before any cut: a cut first would leave a half that no longer looks like a token.
    """
    for token in _vault.seen():
        text = text.replace(token, _MASK)
    for _, shape in _SHAPES:
        text = shape.sub(_MASK, text)
    return _without_pieces(text)


def _without_pieces(text: str) -> str:
    """Strike out what is left of tokens that a server cut before it echoed them, wherever it stands."""
    pieces = _vault.pieces()
    kept, done = "", 0
    for start, end in _spans([at for at in range(len(text) - _HALF + 1) if text[at : at + _HALF] in pieces] if pieces else []):
        kept += text[done:start] + _MASK
        done = end
    return kept + text[done:]


def _spans(hits: list[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for at in hits:
        start = spans.pop()[0] if spans and at < spans[-1][1] else at
        spans.append((start, at + _HALF))
    return spans
