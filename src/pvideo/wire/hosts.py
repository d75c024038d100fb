"""Which addresses a finished file may be fetched from: a short list of names, checked at every hop.

An output's address is the server's word. It could name this machine's network, so it is compared with what Replicate delivers
from (``replicate.delivery`` and below, its input/output files page; Cloudflare's store for what its gateway made), and with nothing else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 4096
_PLAIN = re.compile(r"[!-\[\]-~]+")  # printable ASCII without space and backslash
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*")
_ACCOUNT = "[0-9a-f]{32}"
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class StrangeAddressError(ValueError):
    """The address is not one that files are fetched from; its text says why."""


def check(url: str, allowed: Sequence[str]) -> str:
    """Return the host of `url` when a file may be fetched from it.

    Args:
        url: What the server named.
        allowed: Names, ``*.name`` for any name below, ``{account}`` in one for an account's 32 hex digits, and in the demo a loopback host.

    Raises:
        StrangeAddressError: It is no https address of an allowed host.
    """
    if not isinstance(url, str) or len(url) > _LONGEST or not _PLAIN.fullmatch(url):
        raise StrangeAddressError("it is not a plain address")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or ""), parts.port
    except ValueError:
        raise StrangeAddressError("it is not a plain address") from None
    if "@" in parts.netloc:
        raise StrangeAddressError("it holds a user name")
    if host in _LOOPBACK and host in allowed and parts.scheme in {"http", "https"}:
        return host
    if parts.scheme != "https":
        raise StrangeAddressError("it is not https")
    if port not in {None, 443} or parts.netloc.lower() not in {host, f"{host}:443"}:
        raise StrangeAddressError("it names an unusual port")
    if any(label.startswith("xn--") for label in host.split(".")):
        raise StrangeAddressError("it is not a plain address")
    if not _NAME.fullmatch(host) or not any(_matches(host, name) for name in allowed):
        raise StrangeAddressError("it is not Replicate's")
    return host


def follow(url: str, location: str, allowed: Sequence[str]) -> str:
    """Return where a redirect leads, when a file may be fetched from there too.

    Raises:
        StrangeAddressError: It may not.
    """
    try:
        target = urljoin(url, location)
    except ValueError:
        raise StrangeAddressError("it is not a plain address") from None
    check(target, allowed)
    if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
        raise StrangeAddressError("it is not https")
    return target


def _matches(host: str, name: str) -> bool:
    if name.startswith("*."):
        return host.endswith(name[1:])
    before, account, after = name.partition("{account}")
    return re.fullmatch(re.escape(before) + (_ACCOUNT if account else "") + re.escape(after), host) is not None
