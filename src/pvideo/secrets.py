"""Tokens in one type that never shows itself, and the redaction of whatever may echo one."""

from __future__ import annotations

import binascii
import hmac
import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
_RUN, _STEP = 8, 8
"""Whatever has 15 characters has, wherever it stands in a text, a whole run of 8 that begins at a multiple of 8 there."""
_CORE, _STRIDE = 4, 3
"""And what has `_HALF` one of 4 that begins at a multiple of 3."""
_SHORTEST = 16
"""Shorter tokens (and those without a digit) are words; real ones have 40 characters or more."""


# What may stand around a token that was copied: spaces, quotes, the scheme of its header.
_AROUND = re.compile(r"""\A\s*["']*\s*(?:bearer\s+["']*)?|\s*["']*\s*\Z""", re.IGNORECASE)
_WORD = re.compile(r"[!-~]+")
_URL_ALPHABET = str.maketrans("+/", "-_")
_SLANTS = ("%", "\\", "&")
_CODED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\([\"\\/])")
_NAMED = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}


class _Words:
    """Words that may be shown nowhere, known in every form in which a server may repeat them.

    How many there are costs a text nothing: each form of some length is looked up by its runs. No function here or below binds a word,
    or a form of one, to a name: so no traceback shows it, whatever line fails.
    """

    __slots__ = ("__by_run", "__long", "__short")

    def __init__(self) -> None:
        self.__by_run: dict[str, set[str]] = {}
        self.__short: set[str] = set()
        self.__long: set[str] = set()

    def add(self, read: Callable[[], str]) -> None:
        """Take in the word that `read` returns."""
        for form in _forms(read):
            self._take(form)

    def _take(self, read: Callable[[], str]) -> None:
        if len(read()) < _RUN + _STEP - 1:
            self.__short.add(read())
        else:
            for start in range(_STEP):
                self.__by_run.setdefault(read()[start : start + _RUN], set()).add(read())
        if _is_long(read):
            self.__long.add(read())

    def strike(self, text: str, *, long: bool = False) -> str:
        """Strike out every word: plain, in base64 or hex, or with any of its characters escaped.

        Args:
            text: What may hold one.
            long: Leave out what an address or a file may hold by chance.
        """
        if any(self._standing(text, long=long)):
            text = _without(text, map(re.escape, self._standing(text, long=long)))
        if any(map(text.__contains__, _SLANTS)) and any(self._standing(_plain(text), long=long)):
            text = _without(text, map(_slanted, map(iter, self._standing(_plain(text), long=long))))
        return text

    def stands_in(self, text: str) -> bool:
        """Return whether one that no text holds by chance stands in `text`, in any form."""
        return any(self._standing(text, long=True)) or (
            any(map(text.__contains__, _SLANTS)) and any(self._standing(_plain(text), long=True))
        )

    def lies_in(self, data: bytes) -> bool:
        """Return whether one that no file holds by chance lies in `data`, plain or in base64 or hex."""
        return any(map(data.__contains__, map(str.encode, self.__long)))

    def _standing(self, text: str, *, long: bool) -> Iterator[str]:
        """Return the forms that stand in `text`, the longest first."""
        runs = (text[at : at + _RUN] for at in range(0, len(text), _STEP))
        near = chain(self.__short, *map(self.__by_run.__getitem__, filter(self.__by_run.__contains__, runs)))
        return iter(sorted(set(filter(text.__contains__, filter(self.__long.__contains__, near) if long else near)), key=len, reverse=True))

    def __repr__(self) -> str:
        return "<words>"


class _Vault:
    """Holds the tokens' values apart from the objects that stand for them, so that no ``vars()`` or debugger of those shows one.

    Nor does a traceback: no function here or below binds a value to a name, whatever line of it fails.
    """

    __slots__ = ("__cores", "__pieces", "__seen", "__values", "words")

    def __init__(self) -> None:
        self.__values: dict[int, str] = {}
        self.__seen: set[str] = set()
        self.__pieces: set[str] = set()
        self.__cores: set[str] = set()
        self.words = _Words()
        """Every token of this process, so that an echo is struck out after its object is gone too."""

    def put(self, key: int, read: Callable[[], str]) -> int:
        """Keep what `read` returns and return its length; 0 when it is no token."""
        self.__values[key] = _AROUND.sub("", read())
        length = len(self.__values[key])
        if not _WORD.fullmatch(self.__values[key]):
            del self.__values[key]
            return 0
        if self.__values[key] not in self.__seen:
            self.__seen.add(self.__values[key])
            self.words.add(lambda: self.__values[key])
            # A made-up word (the demo's) is struck out whole only: its pieces are words that texts need.
            if length >= _SHORTEST and any(character.isdigit() for character in self.__values[key]):
                self.__pieces |= {self.__values[key][start : start + _HALF] for start in range(length - _HALF + 1)}
                self.__cores |= {self.__values[key][start : start + _CORE] for start in range(length - _CORE + 1)}
        return length

    def get(self, key: int) -> str:
        return self.__values[key]

    def drop(self, key: int) -> None:
        self.__values.pop(key, None)

    def spots(self, text: str) -> list[int]:
        """Return where in `text` runs of `_HALF` characters of a token begin."""
        cores = [at for at in range(0, len(text), _STRIDE) if text[at : at + _CORE] in self.__cores]
        near = chain.from_iterable(range(max(core + _CORE - _HALF, 0), core + 1) for core in cores)
        return [at for at in near if text[at : at + _HALF] in self.__pieces]

    def __repr__(self) -> str:
        return f"<{len(self.__values)} tokens>"


def _is_long(read: Callable[[], str]) -> bool:
    """Whether a known token is one that a text would not hold by chance (a run of one letter is not)."""
    return len(read()) > _HALF and len(set(read())) >= _LETTERS


def _forms(read: Callable[[], str]) -> list[Callable[[], str]]:
    """Return what reads a word in the forms that are plain texts again: itself, hex, base64 at its three shifts in both alphabets."""
    forms: list[Callable[[], str]] = [partial(_hex, read), lambda: _hex(read).upper()]
    forms += [partial(_packed, read, shift) for shift in range(3)]
    forms += [partial(_for_urls, form) for form in forms]
    return [read, *(form for form in forms if _is_long(form))]


def _for_urls(read: Callable[[], str]) -> str:
    return read().translate(_URL_ALPHABET)


def _hex(read: Callable[[], str]) -> str:
    return read().encode("utf-8", "replace").hex()


def _packed(read: Callable[[], str], shift: int) -> str:
    """Return base64 of a word behind `shift` other bytes: the characters that are its own, whatever stands around it."""
    return binascii.b2a_base64(bytes(shift) + read().encode("utf-8", "replace"), newline=False)[
        -(-8 * shift // 6) : 8 * (shift + len(read().encode("utf-8", "replace"))) // 6
    ].decode("ascii")


def _plain(text: str) -> str:
    """Return `text` with what is escaped for an address, for JSON or for html as it is meant."""
    import html
    from urllib.parse import unquote

    return html.unescape(unquote(_CODED.sub(lambda found: chr(int(found[1] or found[2], 16)) if found[1] or found[2] else found[3], text)))


def _without(text: str, patterns: Iterator[str]) -> str:
    return re.sub("|".join(patterns), _MASK, text)


def _slanted(word: Iterator[str]) -> str:
    """Return the pattern of a word any of whose characters may be escaped, each in its own way."""
    return "".join(map(_one_slanted, word))


def _one_slanted(character: str) -> str:
    number = ord(character)
    units = character.encode("utf-16-be", "replace").hex()
    ways = [  # before the character itself, which one of them may begin with
        "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "replace")),
        "".join(f"\\\\u{units[at : at + 4]}" for at in range(0, len(units), 4)),
        rf"\\x{number:02x}",
        f"&#(?:0*{number}|x0*{number:x});",
        *(re.escape(name) for name, meant in _NAMED.items() if meant == character),
    ]
    slash = r"\\?" if character in '"/\\' else ""
    return f"(?:(?i:{'|'.join(ways)})|{slash}{re.escape(character)})"


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


_hidden: ContextVar[_Words | None] = ContextVar("hidden", default=None)
_LEAST = 4
"""Shorter values of secret inputs are parts of ordinary words."""


def hide(words: Iterable[str]) -> None:
    """Strike these words out of all that is read and said from here on in this task: a job's secret inputs, which a server may repeat."""
    hidden = _Words()
    for word in words:
        if len(word) >= _LEAST:
            hidden.add(lambda word=word: word)  # type: ignore[misc]
    _hidden.set(hidden)


def find_token(text: str) -> str | None:
    """Return what kind of token `text` seems to hold (``"Replicate token"``, ``"Cloudflare token"``), or None."""
    for kind, shape in _SHAPES:
        if shape.search(text):
            return kind
    return "token" if _vault.words.stands_in(text) else None


def token_in(value: object) -> str | None:
    """Return what kind of token a value seems to hold, within containers and in their keys too, or None."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        return find_token(value)
    inner = [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, (list, tuple, set, frozenset)) else ()
    return next(filter(None, map(token_in, inner)), None)


def token_in_file(data: bytes) -> str | None:
    """Return what kind of token a file's bytes hold, plain or in base64 or hex, or None."""
    for kind, shape in _SHAPES:
        if re.search(shape.pattern.encode("ascii"), data):
            return kind
    return "token" if _vault.words.lies_in(data) else None


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
    return _without_pieces(strike(unsigned(text)))


def strike(text: str) -> str:
    """Strike out every known token, in whatever form it stands there, and everything shaped like one; pieces stay (see `redact`)."""
    hidden = _hidden.get()
    text = _vault.words.strike(text if hidden is None else hidden.strike(text))
    for _, shape in _SHAPES:
        text = shape.sub(_MASK, text)
    return text


_ADDRESSES = ("data:", "http:", "https:")


def cleaned(data: Any, *, but: str = "") -> Any:
    """Strike out known tokens everywhere in parsed JSON, in place, and return it.

    Args:
        data: What a server answered.
        but: What stands under this name stays: it is our own words again, and compared with them.
    """
    whole = [data]
    waiting: list[Any] = [whole]
    # A list as a stack, not recursion: how deep it is nested is the server's choice.
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            for name in [name for name in item if _told(name) != name]:
                item[_told(name)] = item.pop(name)
        for place, value in item.items() if isinstance(item, dict) else enumerate(item):
            if isinstance(value, str):
                item[place] = _told(value)
            elif isinstance(value, (dict, list)) and not (but and place == but):
                waiting.append(value)
    return whole[0]


def _told(text: str) -> str:
    hidden, address = _hidden.get(), text[:6].lower().startswith(_ADDRESSES)
    return _vault.words.strike(text if hidden is None else hidden.strike(text, long=address), long=address)


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
