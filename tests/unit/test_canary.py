"""The scanner finds what it is there to find; otherwise a clean scan would mean nothing."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from urllib.parse import quote

import pytest
from tests.support.canary import cloudflare_canary, find, replicate_canary, scan

TOKEN = replicate_canary()


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        f"token={TOKEN};".encode(),
        TOKEN[: len(TOKEN) // 2].encode(),
        TOKEN[len(TOKEN) // 2 :].encode(),
        TOKEN[::-1].encode(),
        TOKEN.encode().hex().encode(),
        TOKEN.encode("utf-16"),
        *[base64.b64encode(b"x" * pad + b"Bearer " + TOKEN.encode() + b"tail") for pad in range(3)],
        base64.urlsafe_b64encode(TOKEN.encode()),
        quote(TOKEN).encode(),
        json.dumps({"a": TOKEN}).encode(),
        b"junk" + gzip.compress(TOKEN.encode()),
        zipped(TOKEN.encode()),
        zipped(gzip.compress(base64.b64encode(TOKEN.encode()))),
    ],
    ids=range(15),
)
def test_it_is_found_in_every_form(data):
    assert find(data, [TOKEN], "here")


def test_nothing_is_found_where_there_is_nothing(tmp_path):
    (tmp_path / "other.txt").write_text(replicate_canary() + cloudflare_canary())

    assert scan([tmp_path], [TOKEN]) == ([], 1)
