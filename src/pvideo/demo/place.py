"""Where the demo of a user keeps what its starters and it agree on: one folder, one lock, one state file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pvideo.demo import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG_TAIL = 8192
TOKENS = ("gateway_token", "replicate_token", "management_token", "control_token")
"""What opens a demo; each is a random word of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One demo process, as its starter wrote it down. ``pid`` is 0 while it is being started."""

    pid: int
    started: str
    boot: str
    api: int
    delivery: int
    control: int
    code: str
    account: str
    gateway: str
    gateway_token: str = field(repr=False)
    replicate_token: str = field(repr=False)
    management_token: str = field(default="", repr=False)
    control_token: str = field(default="", repr=False)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return processes.lives(self.pid, self.started, self.boot)


class Place:
    """The folder ``<home>/demo``, for this user only."""

    def __init__(self, home: Path | None = None) -> None:
        self.folder = (home or default_home()) / "demo"
        self.state_file, self.log = self.folder / "state.json", self.folder / "demo.log"

    def make(self) -> None:
        """Create the folder."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other starters, and a process that is about to end, out for a moment."""
        import fcntl

        self.make()
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Some network file systems have no locks: then two starters at once are two processes, and the later one is used.
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def read(self) -> State | None:
        """Return what is written down; None when nothing is, or nothing that can be read."""
        try:
            return State(**json.loads(self.state_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, state: State) -> None:
        """Write it down for this user's eyes only, all or nothing."""
        new = self.folder / f"state.{os.getpid()}"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
        new.replace(self.state_file)

    def touch(self) -> None:
        """Note that somebody is about to use the process: it then does not end for being idle."""
        os.utime(self.state_file)

    def touched(self) -> float:
        """Return when that was last noted, in seconds since 1970."""
        try:
            return self.state_file.stat().st_mtime
        except OSError:
            return 0.0

    def log_tail(self) -> str:
        """Return the end of what the process wrote."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - _LOG_TAIL))
                return file.read().decode(errors="replace")
        except OSError:
            return ""


def fresh_token() -> str:
    """Return a new random word that opens a demo and nothing else."""
    return "demo-" + secrets.token_hex(16)


def default_home() -> Path:
    """Return the folder pvideo keeps its own files in: ``PVIDEO_HOME``, or the system's place for a user's data."""
    named = os.environ.get("PVIDEO_HOME")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_data_path("pvideo")


def code() -> str:
    """Return a fingerprint of the demo's own code, so that an updated package does not talk to yesterday's process."""
    from pvideo import __version__

    here, seen = Path(__file__).parent, []
    for folder in (here, here / "film", here.parent / "model" / "catalog"):
        if folder.is_dir():
            seen += [f"{e.path}:{e.stat().st_size}:{e.stat().st_mtime_ns}" for e in os.scandir(folder) if e.name.endswith((".py", ".json"))]
    return __version__ + "+" + hashlib.sha256("\n".join(sorted(seen)).encode()).hexdigest()[:16]
