"""Runs a program under strace and reads what it did to files and sockets, in order."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CALLS = "fsync,fdatasync,connect,sendto,sendmsg,write,writev,pwrite64,rename,renameat,renameat2,link,linkat"
MISSING = "strace is missing: `make test` installs it (or: apt-get install strace); without it the order on the disk is not proved."

_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>")
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")
_PORT = re.compile(r"htons\((\d+)\)")


@dataclass
class Call:
    """One system call; `begun` and `done` are its places in the trace."""

    name: str
    begun: int
    done: int
    words: list[bytes]
    """Its strings in order: the path of its descriptor (or of a name), then the data."""
    port: int | None

    @property
    def path(self) -> str:
        return self.words[0].decode("utf-8", "replace") if self.words else ""

    @property
    def data(self) -> bytes:
        return b"".join(self.words[1:])


def trace(program: str, *, folder: Path, environment: dict[str, str]) -> tuple[list[Call], str]:
    """Run a Python program under strace; return its calls and what it printed."""
    strace = shutil.which("strace")
    assert strace, MISSING
    out = folder / "trace"
    command = [strace, "-f", "-y", "-s", "200000", "-xx", "-o", str(out), "-e", f"trace={CALLS}", sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert ran.returncode == 0, ran.stderr
    return read(out.read_text()), ran.stdout


def read(text: str) -> list[Call]:
    """Return the calls of a trace (``-f -y -xx``) in the order in which they began."""
    calls: list[Call] = []
    open_calls: dict[tuple[str, str], Call] = {}
    for number, line in enumerate(text.splitlines()):
        if resumed := _RESUMED.match(line):
            call = open_calls.pop((resumed[1], resumed[2]), None)
            if call is not None:
                call.done = number
                call.words += _words(line)
            continue
        found = _LINE.match(line)
        if found is None:
            continue
        port = _PORT.search(found[3])
        call = Call(found[2], number, number, _words(found[3]), int(port[1]) if port else None)
        calls.append(call)
        if line.endswith("<unfinished ...>"):
            open_calls[found[1], found[2]] = call
    return calls


def _words(text: str) -> list[bytes]:
    return [bytes.fromhex(word.replace("\\x", "")) for word in _HEX.findall(text)]
