"""By which names the demo may be called: a page that has its own name pointed at this machine (DNS rebinding) calls it by that one."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def named(header: str) -> str:
    """Return the host that a ``Host`` header names, without its port; empty where it names none."""
    try:
        return (urlsplit(f"//{header}").hostname or "") if "@" not in header else ""
    except ValueError:
        return ""
