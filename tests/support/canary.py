"""Finds a token in anything a run left behind, also encoded, packed or cut in half.

Canaries have the published shapes of real tokens (Replicate's ``r8_`` + 37, Cloudflare's ``cfut_`` + 48), are made anew for each test,
and belong to no account.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import secrets
import string
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

_LETTERS = string.ascii_letters + string.digits
_TOO_DEEP = 3


def replicate_canary() -> str:
    """Return a token-shaped word that is nobody's: ``r8_`` and 37 characters."""
    return "r8_" + "".join(secrets.choice(_LETTERS) for _ in range(37))


def cloudflare_canary() -> str:
    """Return a token-shaped word that is nobody's: ``cfut_`` and 48 characters."""
    return "cfut_" + "".join(secrets.choice(_LETTERS) for _ in range(48))


@dataclass(frozen=True)
class Finding:
    """One place where a canary stands, and in which form."""

    where: str
    form: str


def forms(token: str) -> dict[str, bytes]:
    """Return the encodings in which a leaked token is looked for."""
    raw = token.encode()
    middle = len(token) // 2
    found = {
        "plain": raw,
        "first half": raw[:middle],
        "second half": raw[middle:],
        "reversed": raw[::-1],
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "UTF-16LE": token.encode("utf-16-le"),
        "UTF-16BE": token.encode("utf-16-be"),
        "URL, every byte": "".join(f"%{byte:02X}" for byte in raw).encode(),
        "URL": quote(token, safe="").encode(),
        "JSON escapes": "".join(f"\\u{ord(character):04x}" for character in token).encode(),
    }
    for shift in range(3):
        # The first and last group depend on their neighbours; what is between them does not.
        packed = base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4]
        found[f"base64, shifted by {shift}"] = packed
        found[f"base64url, shifted by {shift}"] = packed.replace(b"+", b"-").replace(b"/", b"_")
    return found


def find(data: bytes, tokens: list[str], where: str, *, depth: int = 0) -> list[Finding]:
    """Return where in `data` one of `tokens` stands, looking inside gzip, zlib and zip too."""
    found = [Finding(where, form) for token in tokens for form, needle in forms(token).items() if needle in data]
    if depth < _TOO_DEEP:
        for name, inner in _unpack(data):
            found += find(inner, tokens, f"{where} › {name}", depth=depth + 1)
    return found


def scan(folders: list[Path], tokens: list[str]) -> tuple[list[Finding], int]:
    """Scan every file below `folders`; return the findings and how many files were read."""
    found: list[Finding] = []
    count = 0
    for path in (item for folder in folders for item in sorted(folder.rglob("*"))):
        if path.is_file() and not path.is_symlink():
            found += find(path.read_bytes(), tokens, str(path))
            count += 1
    return found, count


def _unpack(data: bytes) -> list[tuple[str, bytes]]:
    unpacked: list[tuple[str, bytes]] = []
    start = data.find(b"\x1f\x8b\x08")
    while start >= 0:
        with contextlib.suppress(OSError, EOFError, zlib.error):
            unpacked.append(("gzip", gzip.decompress(data[start:])))
        start = data.find(b"\x1f\x8b\x08", start + 1)
    if data[:2] == b"PK":
        with contextlib.suppress(zipfile.BadZipFile, RuntimeError), zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked += [(name, archive.read(name)) for name in archive.namelist()]
    return unpacked
