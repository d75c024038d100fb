"""Whom to trust: one TLS context for what the environment says now, made anew when that changes."""

from __future__ import annotations

import os
import ssl
import threading
from pathlib import Path

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
"""What httpx and ssl read when a context is made."""

_lock = threading.Lock()
_kept: dict[tuple[object, ...], ssl.SSLContext] = {}


class CertificatesUnreadable(Exception):  # noqa: N818 - it names what happened
    """A variable names certificates that cannot be read, so that nobody can be trusted.

    Attributes:
        variable: ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``.
        path: What it names.
        reason: What is wrong with that, in words.
    """

    def __init__(self, variable: str, path: str, reason: str) -> None:
        super().__init__(f"{variable}: {path} {reason}")
        self.variable, self.path, self.reason = variable, path, reason


def ssl_context() -> ssl.SSLContext:
    """Return this process's TLS context (making one costs 19 ms of CPU): for as long as the variables and their file stay as they are.

    Raises:
        CertificatesUnreadable: ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` names nothing that can be used.
    """
    key = _state()
    with _lock:
        if key not in _kept:
            made = _made()
            _kept.clear()
            _kept[key] = made
        return _kept[key]


def _state() -> tuple[object, ...]:
    file = os.getenv("SSL_CERT_FILE", "")
    try:
        found = Path(file).stat() if file else None
    except (OSError, ValueError):
        found = None
    return (*(os.getenv(name) for name in _VARIABLES), found and (found.st_ino, found.st_mtime_ns, found.st_size))


def _made() -> ssl.SSLContext:
    import httpx

    # httpx looks at the folder only where no file is named.
    variable = next((name for name in _VARIABLES[:2] if os.getenv(name)), "")
    path = os.getenv(variable, "")
    if variable == "SSL_CERT_DIR" and not Path(path).is_dir():
        raise CertificatesUnreadable(variable, path, "is no folder" if Path(path).exists() else "is not there")
    try:
        return httpx.create_ssl_context()
    except (OSError, ValueError) as problem:  # ssl's own errors are OSErrors
        if not variable:
            raise
        reason = _reason(path, problem)
    raise CertificatesUnreadable(variable, path, reason)


def _reason(path: str, problem: Exception) -> str:
    if isinstance(problem, FileNotFoundError):
        return "is not there"
    if Path(path).is_dir():
        return "is a folder"
    if isinstance(problem, ssl.SSLError):
        return "holds no certificates (PEM)"
    return f"cannot be read ({getattr(problem, 'strerror', None) or type(problem).__name__})"
