"""Replicate's store of input files: ``/files``. What is uploaded can be named in an input until it expires."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import errors
from .clock import iso
from .messages import Answer, Call, json_answer
from .views import API

if TYPE_CHECKING:
    from .clock import Clock
    from .config import DemoConfig
    from .views import Views

LIMIT = 100_000_000
TOTAL = 1_000_000_000
"""Bytes of all files that are kept; the oldest are forgotten beyond that (the service names no such limit)."""
_BOUNDARY = re.compile(r'multipart/form-data;.*boundary="?([^";]+)"?', re.IGNORECASE)
_DISPOSITION = re.compile(r'(name|filename)="([^"]*)"', re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^/]+/v1/files/([A-Za-z0-9]+)(?:/download)?")
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file."""

    id: str
    name: str
    type: str
    data: bytes
    metadata: Any
    created: float
    expires: float


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body."""

    filename: str
    type: str
    data: bytes


class Uploads:
    """Answers requests to ``/files``."""

    def __init__(self, config: DemoConfig, clock: Clock, views: Views) -> None:
        self.config, self.clock, self.views = config, clock, views
        self._stored: dict[str, Stored] = {}

    def create(self, call: Call) -> Answer:
        """Take a file: the part ``content``, and what else the document names."""
        if len(call.body) > LIMIT:
            return errors.problem(413, "Files must be less than 100MB in size")
        parts = parse(call)
        content = parts.get("content") if parts is not None else None
        if parts is None or content is None:
            return errors.problem(400, "The request has no file: a multipart part named content is needed", title="Bad Request")
        try:
            metadata = json.loads(parts["metadata"].data) if "metadata" in parts else {}
        except ValueError:
            return errors.problem(400, "metadata is not valid JSON", title="Bad Request")
        now = self.clock.now()
        named = parts["filename"].data.decode("utf-8", "replace") if "filename" in parts else ""
        kind = parts["type"].data.decode("ascii", "replace") if "type" in parts else ""
        stored = Stored(
            id="".join(secrets.choice(_LETTERS) for _ in range(48)),
            name=(named or content.filename or "content")[:255],
            type=kind or content.type or "application/octet-stream",
            data=content.data,
            metadata=metadata,
            created=now,
            expires=now + self.config.file_lifetime,
        )
        self._stored[stored.id] = stored
        self._trim()
        return json_answer(201, self._show(stored))

    def list(self, _call: Call) -> Answer:
        """Return every file that has not expired, newest first."""
        found = [self._show(item) for item in reversed(self._stored.values()) if self._lives(item)]
        return json_answer(200, {"next": None, "previous": None, "results": found})

    def get(self, _call: Call, name: str) -> Answer:
        """Return one file's record."""
        item = self._find(name)
        return json_answer(200, self._show(item)) if item else _missing()

    def delete(self, _call: Call, name: str) -> Answer:
        """Forget one file."""
        if self._find(name) is None:
            return _missing()
        del self._stored[name]
        return Answer(status=204)

    def inlined(self, value: Any) -> Any:
        """Return an input with the uploaded files that it names written into it; a file that is gone stays an address."""
        if isinstance(value, dict):
            return {name: self.inlined(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.inlined(item) for item in value]
        found = _ADDRESS.fullmatch(value) if isinstance(value, str) else None
        item = self._find(found[1]) if found else None
        return f"data:{item.type};base64,{base64.b64encode(item.data).decode()}" if item else value

    def _trim(self) -> None:
        """Forget what has expired, and the oldest beyond the limit."""
        total = 0
        for item in reversed(list(self._stored.values())):
            total += len(item.data)
            if total > TOTAL or not self._lives(item):
                del self._stored[item.id]

    def _find(self, name: str) -> Stored | None:
        item = self._stored.get(name)
        return item if item and self._lives(item) else None

    def _lives(self, item: Stored) -> bool:
        return self.clock.now() < item.expires

    def _show(self, item: Stored) -> dict[str, Any]:
        base = self.views.api_base if self.config.urls == "demo" and self.views.api_base else API
        md5 = hashlib.md5(item.data, usedforsecurity=False).hexdigest()
        return {
            "id": item.id,
            "name": item.name,
            "content_type": item.type,
            "size": len(item.data),
            "etag": md5,
            "checksums": {"sha256": hashlib.sha256(item.data).hexdigest(), "md5": md5},
            "metadata": item.metadata,
            "created_at": iso(item.created),
            "expires_at": iso(item.expires),
            "urls": {"get": f"{base}/files/{item.id}"},
        }


def parse(call: Call) -> dict[str, Part] | None:
    """Return the parts of a multipart body by name; None when it is no whole one."""
    found = _BOUNDARY.match(call.headers.get("content-type", ""))
    if not found:
        return None
    mark = b"--" + found[1].encode()
    pieces = call.body.split(b"\r\n" + mark) if call.body.startswith(mark) else []
    if not pieces or not pieces[-1].startswith(b"--"):
        return None
    pieces[0] = pieces[0][len(mark) :]
    parts: dict[str, Part] = {}
    for piece in pieces[:-1]:
        head, gap, data = piece.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").strip().split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        names = dict(_DISPOSITION.findall(headers.get("content-disposition", "")))
        if not gap or "name" not in names:
            return None
        parts[names["name"]] = Part(names.get("filename", ""), headers.get("content-type", ""), data)
    return parts


def _missing() -> Answer:
    return errors.problem(404, "File not found")
