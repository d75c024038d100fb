"""Cloudflare's file host, where outputs of Replicate have been seen to stand: ``ai-gateway-outputs.<32 hex>.r2.cloudflarestorage.com``.

An address is signed for one GET of one path for a day. Nothing below is Cloudflare's key or account; both are made up for each demo.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .messages import Answer

if TYPE_CHECKING:
    from .messages import Call

FOLDER = "/provider-outputs"
LIFETIME = 86_400
_STAMP = "%Y%m%dT%H%M%SZ"


class Bucket:
    """Signs addresses and judges requests by their signature."""

    def __init__(self) -> None:
        self.host = f"ai-gateway-outputs.{secrets.token_hex(16)}.r2.cloudflarestorage.com"
        self._access, self._key = secrets.token_hex(16), secrets.token_bytes(32)

    def sign(self, base: str, path: str, at: float) -> str:
        """Return the address of `path`, good for a day from `at`; `base` is the host's own address unless another is given."""
        stamp = time.strftime(_STAMP, time.gmtime(at))
        return f"{base or f'https://{self.host}'}{path}?{urlencode(self._query(path, stamp))}"

    def refused(self, call: Call, now: float) -> Answer | None:
        """Return why a request gets nothing, or None when its signature is good."""
        if "authorization" in call.headers:
            return problem(400, "InvalidArgument", "Only one auth mechanism allowed")
        asked = call.parameters
        stamp = asked.get("X-Amz-Date", "")
        signed = hmac.compare_digest(asked.get("X-Amz-Signature", "").encode(), self._signature(call.path, stamp).encode())
        if call.method != "GET" or not signed or asked != self._query(call.path, stamp):
            return problem(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
        if now > _moment(stamp) + LIFETIME:
            return problem(403, "AccessDenied", "Request has expired")
        return None

    def _query(self, path: str, stamp: str) -> dict[str, str]:
        return {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
            "X-Amz-Credential": f"{self._access}/{stamp[:8]}/auto/s3/aws4_request",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(LIFETIME),
            "X-Amz-Signature": self._signature(path, stamp),
            "X-Amz-SignedHeaders": "host",
            "x-id": "GetObject",
        }

    def _signature(self, path: str, stamp: str) -> str:
        return hmac.new(self._key, f"GET\n{path}\n{stamp}\n{LIFETIME}".encode(), hashlib.sha256).hexdigest()


def problem(status: int, code: str, message: str) -> Answer:
    """Return one of the host's errors, which are XML."""
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status=status, headers={"content-type": "application/xml"}, body=text.encode())


def _moment(stamp: str) -> float:
    return float(calendar.timegm(time.strptime(stamp, _STAMP)))
