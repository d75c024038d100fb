"""Where one test's kernels work, and what is true there: the ledger, the journal and the folder, compared."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.killing.zygote import Child, Zygote

UNFINISHED = ("new", "sending", "unknown", "created", "running", "fetching")


class Ground:
    """One home, one folder for videos, one prompt, one demo.

    Args:
        root: A new folder.
        demo: `RunningDemo` or `killing.servers.Remote`.
        zygote: What forks the kernels.
        prompt: Of the cell.
    """

    def __init__(self, root: Path, demo: Any, zygote: Zygote, prompt: str = "A cat walking through a field of flowers") -> None:
        self.root, self.demo, self.zygote, self.prompt = root, demo, zygote, prompt
        self.home, self.folder, self.log = root / "home", root / "videos", root / "log"
        root.mkdir(parents=True, exist_ok=True)
        self.children: list[Child] = []

    def start(self, **task: Any) -> Child:
        """Start a kernel (see `killing.child`)."""
        demo = self.demo
        fixed = {"home": str(self.home), "folder": str(self.folder), "log": str(self.log), "prompt": self.prompt}
        where = {"base_url": demo.base_url, "gateway_token": demo.gateway_token, "replicate_token": demo.replicate_token}
        self.children.append(self.zygote.start({**fixed, **where, **task}))
        return self.children[-1]

    def close(self) -> None:
        """Let no kernel outlive its test."""
        for child in self.children:
            child.kill()

    # -- what is true

    def rows(self) -> list[dict[str, Any]]:
        """Return the journal's jobs, oldest first, from a copy: looking must not change what the next kernel finds."""
        path = self.home / "journal.db"
        if not path.exists():
            return []
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("", "-wal"):
                if path.with_name(path.name + suffix).exists():
                    shutil.copyfile(path.with_name(path.name + suffix), Path(folder) / f"copy.db{suffix}")
            with closing(sqlite3.connect(Path(folder) / "copy.db")) as db:
                db.row_factory = sqlite3.Row
                assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
                if not db.execute("SELECT 1 FROM sqlite_master WHERE name='jobs'").fetchone():
                    return []
                return [dict(row) for row in db.execute("SELECT * FROM jobs ORDER BY pressed_at")]

    def row(self) -> dict[str, Any] | None:
        """Return the cell's newest job that counts: one that was never sent does not."""
        rows = [row for row in self.rows() if row["press_key"]]
        return rows[-1] if rows else None

    def wait_for(self, true: Any, within: float = 20.0) -> None:
        """Wait until something is true of the outside world."""
        end = time.monotonic() + within
        while not true():
            assert time.monotonic() < end, f"it did not come: {[row['state'] for row in self.rows()]}, {self.log.read_text()[-2000:]}"
            time.sleep(0.01)

    def phase(self) -> str:
        """Return how far the cell's job had come, for the histogram."""
        row = self.row()
        if row is None:
            return "before the journal"
        if row["state"] == "sending":
            return "sending, paid" if self.demo.predictions() else "sending, not paid yet"
        if row["state"] == "fetching":
            return "file there, not noted" if list(self.folder.glob("*.mp4")) else "fetching"
        words = {"new": "written, not sent", "unknown": "looking for it", "created": "watching", "running": "watching"}
        return words.get(row["state"], "after the end")

    # -- the promises

    def check(self, *, pressed: int = 1, jobs: int | None = None) -> list[dict[str, Any]]:
        """Check I1, I2, I3 and the journal; return what was paid.

        Args:
            pressed: How often a person decided that it is to be made.
            jobs: Jobs in the journal, when there are more than predictions (one given up before it).
        """
        ledger = self.demo.ledger()
        paid = ledger["predictions"]
        assert len(paid) == pressed, f"I1: {len(paid)} predictions were paid for {pressed} decisions"
        rows = [row for row in self.rows() if row["press_key"]]
        assert len(rows) == (pressed if jobs is None else jobs), [(row["state"], row["prediction_id"]) for row in rows]
        done = [row for row in rows if row["state"] == "done"]
        assert {row["prediction_id"] for row in done} == {item["id"] for item in paid}, "I2: the journal's job is not the paid one"
        self.check_files({item["sha256"] for item in paid}, done)
        return paid

    def check_files(self, sums: set[str], done: list[dict[str, Any]]) -> None:
        """Check that the folder holds these files whole, and nothing else but what tells of them."""
        found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.folder.glob("*.mp4")}
        assert set(found.values()) == sums, f"I2: {found} in the folder, {sums} in the ledger"
        assert len(found) == len(sums), f"I3: {sorted(found)}"
        names = {path.name for path in self.folder.iterdir()}
        assert names == {name for one in found for name in (one, one.removesuffix(".mp4") + ".json")}, f"I3: {sorted(names)}"
        assert {row["sha256"] for row in done} == sums
        unsent = [row for row in self.rows() if row["state"] in {"new", "sending"}]
        assert not unsent, "a job hangs between two states"
