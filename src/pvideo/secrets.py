"""Tokens in one type that never shows itself, and the redaction of whatever may echo one."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_MASK = "••••"
# Replicate's and Cloudflare's published token shapes (secret scanners look for the same prefixes).
_SHAPES = (
    ("Replicate token", re.compile(r"r8_[A-Za-z0-9]{20,}")),
    ("Cloudflare token", re.compile(r"cf(?:ut|at|k)_[A-Za-z0-9_-]{20,}")),
)
# Amazon's signature in an address's query (Cloudflare's store has the same), and that store.
_SIGNED = re.compile(r"X-Amz-|/ai-gateway-outputs\.", re.IGNORECASE)
_PIECE = re.compile(r"[^\s\"'<>]+")
_HALF = 6
"""A piece of a known token is struck out from this length on, so that a cut-off echo shows nothing either."""
_LETTERS = 5
_SHORTEST = 16
"""Shorter tokens (and those without a digit) are words; real ones have 40 characters or more."""


# What may stand around a token that was copied: spaces, quotes, the scheme of its header.
_AROUND = re.compile(r"""\A\s*["']*\s*(?:bearer\s+["']*)?|\s*["']*\s*\Z""", re.IGNORECASE)
_WORD = re.compile(r"[!-~]+")


class _Vault:
    """Holds the tokens' values apart from the objects that stand for them, so that no ``vars()`` or debugger of those shows one.

    Nor does a traceback: no function here or below binds a value to a name, whatever line of it fails.
    """

    __slots__ = ("__known", "__long", "__pieces", "__seen", "__values")

    def __init__(self) -> None:
        self.__values: dict[int, str] = {}
        self.__seen: set[str] = set()
        self.__pieces: set[str] = set()
        self.__known: re.Pattern[str] | None = None
        self.__long: re.Pattern[str] | None = None

    def put(self, key: int, read: Callable[[], str]) -> int:
        """Keep what `read` returns and return its length; 0 when it is no token."""
        self.__values[key] = _AROUND.sub("", read())
        length = len(self.__values[key])
        if not _WORD.fullmatch(self.__values[key]):
            del self.__values[key]
            return 0
        if self.__values[key] not in self.__seen:
            self.__seen.add(self.__values[key])
            # Every token of this process, so that an echo is struck out after its object is gone too; the longest first.
            self.__known = re.compile("|".join(map(re.escape, sorted(self.__seen, key=len, reverse=True))))
            self.__long = re.compile("|".join(map(re.escape, filter(_is_long, self.__seen))) or r"(?!)")
            # A made-up word (the demo's) is struck out whole only: its pieces are words that texts need.
            if length >= _SHORTEST and any(character.isdigit() for character in self.__values[key]):
                self.__pieces |= {self.__values[key][start : start + _HALF] for start in range(length - _HALF + 1)}
        return length

    def get(self, key: int) -> str:
        return self.__values[key]

    def drop(self, key: int) -> None:
        self.__values.pop(key, None)

    def strike(self, text: str) -> str:
        """Strike out every token of this process."""
        return text if self.__known is None else self.__known.sub(_MASK, text)

    def holds(self, text: str) -> bool:
        """Return whether a token of this process stands in `text`."""
        return self.__long is not None and self.__long.search(text) is not None

    def spots(self, text: str) -> list[int]:
        """Return where in `text` runs of `_HALF` characters of a token begin."""
        return [at for at in range(len(text) - _HALF + 1) if text[at : at + _HALF] in self.__pieces] if self.__pieces else []

    def __repr__(self) -> str:
        return f"<{len(self.__values)} tokens>"


def _is_long(word: str) -> bool:
    """Whether a known token is one that a text would not hold by chance (a run of one letter is not)."""
    return len(word) > _HALF and len(set(word)) >= _LETTERS


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
        self._take(lambda: value, source)

    @classmethod
    def read(cls, read: Callable[[], str], source: str) -> Secret:
        """Make one of what `read` returns; it is called here alone, so that no caller's frame holds the value.

        Raises:
            ValueError: As above.
        """
        secret = cls.__new__(cls)
        secret._take(read, source)  # noqa: SLF001 - its own
        return secret

    def _take(self, read: Callable[[], str], source: str) -> None:
        self.source, self.length = source, 0
        self.length = _vault.put(id(self), read)
        if not self.length:
            msg = f"{source}: a token is one word of plain characters; {len(read())} characters were given"
            raise ValueError(msg) from None

    def reveal(self) -> str:
        """Return the value. Called where a header is built, and nowhere else."""
        return _vault.get(id(self))

    def __del__(self) -> None:
        if _vault is not None:  # at the interpreter's end the module is taken apart first
            _vault.drop(id(self))

    def __repr__(self) -> str:
        return f"Secret({getattr(self, 'source', '')}, {getattr(self, 'length', 0)} characters)"

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
    return "token" if _vault.holds(text) else None


def unsigned(text: str) -> str:
    """Return `text` without the queries of signed addresses: whoever has one of those may fetch the file, so it is as good as a token."""
    return _PIECE.sub(_unsigned, text) if _SIGNED.search(text) else text


def _unsigned(found: re.Match[str]) -> str:
    piece = found[0]
    start = piece.find("/")
    query = piece.find("?", start)
    if min(start, query) < 0 or not _SIGNED.search(piece):
        return piece
    # What follows may be quoted within JSON.
    return piece[:query] + "\\" * (len(piece) - len(piece.rstrip("\\")))


def redact(text: str) -> str:
    """Strike out every known token, pieces of one from six characters on, everything shaped like one, and the queries of signed addresses.

    Call it before any cut: a cut first would leave a half that no longer looks like a token.
    """
    text = _vault.strike(unsigned(text))
    for _, shape in _SHAPES:
        text = shape.sub(_MASK, text)
    return _without_pieces(text)


def _without_pieces(text: str) -> str:
    """Strike out what is left of tokens that a server cut before it echoed them, wherever it stands."""
    kept, done = "", 0
    for start, end in _spans(_vault.spots(text)):
        kept += text[done:start] + _MASK
        done = end
    return kept + text[done:]


def _spans(hits: list[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for at in hits:
        start = spans.pop()[0] if spans and at < spans[-1][1] else at
        spans.append((start, at + _HALF))
    return spans
