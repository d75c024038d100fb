"""The promises that hold after every fault, checked by comparing what cannot talk to each other.

The demo's ledger says what was really created and asked for, the journal what pvideo believes, the library folder what is there:

I1 paid once · I2 nothing finished is lost · I3 no lies on disk · I4 tokens nowhere but in their headers · I5 tokens to one host.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.canary import find, scan

from pvideo.library.journal import Journal
from pvideo.library.rows import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pvideo.library.rows import JobRow


@dataclass(kw_only=True)
class Evidence:
    """What is left when everything has come to rest."""

    ledger: dict[str, Any]
    rows: list[JobRow]
    folder: Path
    home: Path
    tokens: tuple[str, str]
    """The gateway's and Replicate's, which the demo takes for its own."""
    texts: list[str] = field(default_factory=list)
    """Logs, messages and reprs of the run."""
    strangers: list[str] = field(default_factory=list)
    """Addresses that were asked for although nobody should ask there."""

    @property
    def paid(self) -> list[dict[str, Any]]:
        """Every prediction that was really created."""
        return list(self.ledger["predictions"])


def journal_rows(path: Path) -> list[JobRow]:
    """Return every job of a journal, oldest first; none when there is no journal."""
    if not path.exists():
        return []
    journal = Journal(path)
    try:
        return [decode(row) for row in journal.read("SELECT * FROM jobs ORDER BY pressed_at")]
    finally:
        journal.close()


def check(
    evidence: Evidence,
    *,
    acts: Mapping[str, int] | None = None,
    resent: int = 0,
    lost: frozenset[str] = frozenset(),
    foreign: frozenset[str] = frozenset(),
    direct: bool = False,
) -> None:
    """Check I1 to I5.

    Args:
        evidence: What is left.
        acts: How often each press key may be paid; once where it is not named.
        resent: How many predictions the gateway made of its own, against its orders.
        lost: Ids whose file the fault made impossible to save (and nothing may claim otherwise).
        foreign: The sha256 of further files that may lie in the folder.
        direct: Whether Replicate itself may be asked for its list, or given files, with its own token.
    """
    paid_once(evidence, acts=acts or {}, resent=resent)
    nothing_lost(evidence, lost=lost)
    no_lies(evidence, foreign=foreign, lost=lost)
    tokens_nowhere(evidence)
    tokens_to_one_host(evidence, direct=direct)


def paid_once(evidence: Evidence, *, acts: Mapping[str, int], resent: int = 0) -> None:
    """I1: for every press at most one prediction, and none without a press."""
    known = {row.intent: row for row in evidence.rows}
    by_intent = Counter(item["event_id"] for item in evidence.paid)
    assert not set(by_intent) - set(known), "something was created that the journal does not know"
    surplus = sum(count - 1 for count in by_intent.values())
    assert surplus <= resent, f"paid more than once: {by_intent}"
    by_key = Counter(known[intent].press_key for intent in by_intent)
    assert by_key[None] == 0, "a press that was called unsent was paid"
    over = {key: count for key, count in by_key.items() if count > acts.get(str(key), 1)}
    assert not over, f"more predictions than acts: {over}"
    claimed = Counter(row.prediction_id for row in evidence.rows if row.prediction_id)
    assert all(count == 1 for count in claimed.values()), "one prediction is claimed by two jobs"
    for row in evidence.rows:
        if row.state in {"rejected"} or (row.error or {}).get("key") == "canceled_unsent":
            assert row.intent not in by_intent, f"{row.intent} is called unpaid and was created"


def nothing_lost(evidence: Evidence, *, lost: frozenset[str] = frozenset()) -> None:
    """I2: every prediction that succeeded is a file with the ledger's sha256, and the journal says which."""
    jobs = {row.prediction_id: row for row in evidence.rows if row.prediction_id}
    for item in evidence.paid:
        if item["status"] != "succeeded" or item["id"] in lost:
            continue
        row = jobs.get(item["id"])
        assert row is not None, f"{item['id']} was made and nobody has it"
        assert row.state == "done", f"{item['id']} was made and its job is {row.state}: {row.error}"
        assert row.files, f"{item['id']} was made and has no file"
        assert _sha256(evidence.folder / row.files[0]) == item["sha256"] == row.sha256


def no_lies(evidence: Evidence, *, foreign: frozenset[str] = frozenset(), lost: frozenset[str] = frozenset()) -> None:
    """I3: a file under its final name is whole, and nothing half-made is left."""
    made = {item["sha256"] for item in evidence.paid} | foreign
    files = [path for path in evidence.folder.rglob("*") if path.is_file()] if evidence.folder.exists() else []
    left = [path.name for path in files if path.suffix == ".part"]
    assert not left, f"left behind: {left}"
    for path in files:
        if path.suffix != ".json":
            assert _sha256(path) in made, f"{path.name} is none of the ledger's files"
    for row in evidence.rows:
        if row.state == "done" and row.files and row.prediction_id not in lost:
            assert (evidence.folder / row.files[0]).is_file(), f"the journal tells of {row.files[0]}"


def tokens_nowhere(evidence: Evidence) -> None:
    """I4: neither the files nor what was said hold a token, in any form."""
    tokens = list(evidence.tokens)
    found, _ = scan([evidence.home, evidence.folder], tokens)
    for number, text in enumerate(evidence.texts):
        found += find(text.encode("utf-8", "surrogatepass"), tokens, f"text {number}")
    assert not found, found


def tokens_to_one_host(evidence: Evidence, *, direct: bool = False) -> None:
    """I5: the gateway alone got them; nobody else was asked at all."""
    assert not evidence.strangers, f"asked where nobody should: {evidence.strangers}"
    for row in evidence.ledger["requests"]:
        if row["via"]:
            continue  # the gateway's own request to Replicate
        names = set(row["credentials"])
        if direct and row["host"] == "replicate":
            assert row["method"] == "GET" or row["path"] == "/files", row["path"]
            assert names == {"authorization"}, row["path"]
            assert not [name for name in row["headers"] if name.startswith("cf-aig")], row["headers"]
        elif row["host"] != "gateway":
            assert not names, f"{row['method']} {row['path']} at {row['host']} carried {names}"
        matched = {name: found["matches"] for name, found in row["credentials"].items()}
        assert matched.get("authorization", "replicate") == "replicate", row["path"]
        assert matched.get("cf-aig-authorization", "gateway") == "gateway", row["path"]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
