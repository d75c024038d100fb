"""replicate.delivery: finished videos, for anyone who knows the address, with Range and for an hour; and the two hosts beside it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from . import r2, stream
from .ledger import bare
from .messages import CORS, Answer, Call

if TYPE_CHECKING:
    from pathlib import Path

    from .clock import Clock
    from .config import DemoConfig
    from .predictions import Prediction
    from .store import Store

_TYPES = {
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Delivery:
    """Answers requests to ``https://replicate.delivery``."""

    def __init__(self, config: DemoConfig, clock: Clock, store: Store, bucket: r2.Bucket) -> None:
        self.config, self.clock, self.store, self.bucket = config, clock, store, bucket

    async def handle(self, call: Call) -> Answer:
        """Return the answer to `call`."""
        for folder, serve in ((r2.FOLDER, self._from_r2), (stream.PATH, self._streamed)):
            if call.path.startswith(f"{folder}/"):
                return serve(call)
        if call.method == "OPTIONS":
            return Answer(status=204, headers=CORS)
        if call.method not in {"GET", "HEAD"}:
            return _text(405, "Method Not Allowed")
        found = re.fullmatch(r"/xezq/([A-Za-z0-9]+)/([\w.-]+)", call.path)
        item = self.store.by_path(found[1]) if found else None
        now = self.clock.now()
        file = _files(item).get(found[2]) if item and found else None
        if item is None or file is None or now >= item.created + self.config.retention or not item.output_ready(now):
            return _text(404, "Not Found")
        if self.config.delivery_401 and bare(call.headers.get("authorization", "")) != self.config.replicate_token:
            return _text(401, "Unauthorized")
        headers = {
            **CORS,
            "content-type": _TYPES.get(file.suffix, "application/octet-stream"),
            "accept-ranges": "bytes" if self.config.delivery_ranges else "none",
            "cache-control": "public,max-age=3600",
            "etag": f'"{_digest(item, file)[:32]}"',
        }
        return self._part(call, file.read_bytes(), headers)

    def _from_r2(self, call: Call) -> Answer:
        """Answer as Cloudflare's file host: no CORS, no HEAD, a name without a suffix, and a day in place of an hour."""
        refused, now = self.bucket.refused(call, self.clock.now()), self.clock.now()
        if refused:
            return refused
        secret_path, _, stem = call.path.removeprefix(f"{r2.FOLDER}/").partition("/")
        item = self.store.by_path(secret_path)
        file = next((path for name, path in _files(item).items() if name.rsplit(".", 1)[0] == stem), None) if item else None
        if item is None or file is None or not item.output_ready(now):
            return r2.problem(404, "NoSuchKey", "The specified key does not exist.")
        headers = {
            "content-type": _TYPES.get(file.suffix, "application/octet-stream"),
            "accept-ranges": "bytes",
            "etag": f'"{_digest(item, file)[:32]}"',
        }
        return self._part(call, file.read_bytes(), headers)

    def _streamed(self, call: Call) -> Answer:
        if call.method != "GET":
            return Answer(status=204 if call.method == "OPTIONS" else 405, headers=CORS)
        item = self.store.by_path(call.path.removeprefix(f"{stream.PATH}/"))
        if item is None or item.kind != "text" or self.clock.now() >= item.created + self.config.retention:
            return _text(404, "Not Found")
        return stream.answer(call, item, self.clock)

    def _part(self, call: Call, data: bytes, headers: dict[str, str]) -> Answer:
        asked = _RANGE.fullmatch(call.headers.get("range", "")) if self.config.delivery_ranges else None
        if asked is None or asked[0] == "bytes=-" or call.headers.get("if-range", headers["etag"]) != headers["etag"]:
            return Answer(headers=headers, body=data)
        if asked[1]:
            first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
        else:
            first, last = max(0, len(data) - int(asked[2])), len(data) - 1
        if first > last:
            allowed = {name: value for name, value in headers.items() if name in CORS}
            return Answer(status=416, headers={**allowed, "content-range": f"bytes */{len(data)}"})
        return Answer(status=206, headers={**headers, "content-range": f"bytes {first}-{last}/{len(data)}"}, body=data[first : last + 1])


def _files(item: Prediction) -> dict[str, Path]:
    """Return the files of an output by the names they have in addresses."""
    return item.clip.files or {"output.mp4": item.clip.path}


def _digest(item: Prediction, file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if item.clip.files else item.clip.sha256


def _text(status: int, text: str) -> Answer:
    return Answer(status=status, headers={**CORS, "content-type": "text/plain; charset=utf-8"}, body=text.encode())
