"""Addresses of files that Replicate is to fetch: which of them it could reach, and which carry something that it must not get."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OURS = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")
"""Names that mean something in one's own network only (RFC 6761, 6762, 8375; ICANN's .internal)."""
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}")


def is_private(host: str) -> bool:
    """Return whether a host is this machine, or in a network that the rest of the world cannot reach.

    No name is looked up: what a name of the internet leads to is not judged.
    """
    name = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        if not _NUMBERS.fullmatch(name):
            return "." not in name or name.endswith(_OURS)
        try:
            address = ipaddress.ip_address(socket.inet_aton(name))  # "127.1", "0x7f.1", "2130706433"
        except OSError:
            return True
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    return not address.is_global or address.is_multicast


def is_of_the_stand_in(scheme: str, host: str) -> bool:
    """Return whether an address on loopback can be fetched: by the demo, or another stand-in for Replicate, which is here as well."""
    from pvideo import settings
    from pvideo.errors import SettingsError

    if scheme != "http" or host not in _LOOPBACK:
        return False
    try:
        return settings.endpoint().host in _LOOPBACK
    except SettingsError:
        return True  # nothing goes anywhere yet


def parts(value: str) -> tuple[str, str]:
    """Return (scheme, host) of an address, in lower case; both empty when it is none."""
    try:
        found = urlsplit(value)
        scheme, host, port = found.scheme.lower(), found.hostname or "", found.port
    except ValueError:
        return "", ""
    plain = not any(character.isspace() or not character.isprintable() for character in value) and port != 0
    return (scheme, host) if host and plain and "\\" not in value else ("", "")
