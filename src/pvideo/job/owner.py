"""Which process works on a job, and whether it still lives: its pid, when it started, and which boot of the machine."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def boot_id() -> str:
    """Return what names this boot of the machine (pids begin again with the next one)."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return _asked("sysctl", "-n", "kern.bootsessionuuid") or _asked("sysctl", "-n", "kern.boottime") or "unknown"


def myself() -> str:
    """Return this process's name as an owner."""
    return _name(os.getpid())


def alive(owner: str | None) -> bool:
    """Return whether the process that `owner` names still runs (another one with its pid does not count)."""
    if not owner:
        return False
    pid = owner.partition(":")[0]
    return pid.isdecimal() and _name(int(pid)) == owner


def _name(pid: int) -> str:
    return f"{pid}:{_started(pid)}:{boot_id()}:{_space()}"


def _started(pid: int) -> str:
    """Return when a process started, in the system's own words; empty when there is none (a zombie does nothing more)."""
    with suppress(OSError):
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if after_name[0] in {"Z", "X"} else after_name[19]
    if Path("/proc/self/stat").exists():
        return ""
    return _asked("ps", "-o", "lstart=", "-p", str(pid))


@cache
def _space() -> str:
    """Return the pid namespace: in another container the same pid is another process."""
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink())
    return ""


def _asked(*command: str) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()  # noqa: S603 - fixed words
    return ""
