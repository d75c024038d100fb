"""Which process is which: a pid alone may have been given to another program, so its start time is part of its name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

_STATE, _START = 0, 19


def started(pid: int) -> str | None:
    """Return when a process started, as the system writes it; None when there is none or it is only a zombie."""
    if pid <= 0:
        return None
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # The program's name stands in parentheses and may hold anything; what follows the last one is regular.
        fields = stat[stat.rindex(")") + 2 :].split()
        return None if fields[_STATE] in "ZX" else fields[_START]
    return _asked(pid)


def _asked(pid: int) -> str | None:
    """Ask ``ps``, where there is no /proc."""
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=5)  # noqa: S603, S607
    state, _, start = answer.stdout.strip().partition(" ")
    return start.strip() if start and not state.startswith("Z") else None


@lru_cache
def boot() -> str:
    """Return what tells one boot of this machine from the next, empty when that is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def lives(pid: int, start: str, boot_id: str) -> bool:
    """Say whether this very process still runs."""
    return boot_id == boot() and bool(start) and started(pid) == start


def end(pid: int, start: str, boot_id: str) -> bool:
    """Ask this very process to end; False when it is gone already."""
    if pid == os.getpid() or not lives(pid, start, boot_id):
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    return True
