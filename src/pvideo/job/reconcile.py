"""Which prediction in Replicate's list is the one whose answer was lost: comparing, nothing else.

No request carries an idempotency key, but the input comes back verbatim (175 of 175 recorded exchanges). So a seed of our
own choosing is a tag: the same seed and prompt within the window is our press. Without our seed the whole input is compared,
and the older press takes the older prediction.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pvideo.library.press_key import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pvideo.library.rows import JobRow
    from pvideo.wire.prediction import Prediction

MARGIN = 120.0
"""How long before our reckoning of the sending a prediction may seem to be created, in seconds."""

HIDDEN = "••••"
"""What stands for a secret input in the journal."""


def comparable(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input without what cannot be compared: nothing given, secrets, and the bytes of files."""
    return {name: value for name, value in sent.items() if value is not None and value != HIDDEN and not _has_bytes(value)}


def fingerprint(sent: Mapping[str, Any]) -> str:
    """Return what two presses with the same input have in common."""
    return hashlib.sha256(canonical(comparable(sent)).encode()).hexdigest()


def matches(row: JobRow, prediction: Prediction) -> bool:
    """Return whether a prediction's input is what the job sent."""
    if not prediction.input:
        return False
    if row.seed_ours:
        return _same_tag(row, prediction.input)
    expected = comparable(row.input)
    blind = set(row.input) - set(expected)
    given = {name: value for name, value in comparable(prediction.input).items() if name not in blind}
    return canonical(_plain(given)) == canonical(_plain(expected))


def candidates(predictions: Sequence[Prediction], *, sent_at: float, claimed: set[str]) -> list[Prediction]:
    """Return the predictions that may be this job's, oldest first: of its time, unclaimed, not made in a browser.

    Args:
        predictions: What the list shows. The model's name is no filter: recorded lists show it under another one.
        sent_at: When the job was sent, by the server's clock.
        claimed: Ids that belong to jobs already.
    """

    def of_its_time(prediction: Prediction) -> bool:
        return prediction.created_at is None or prediction.created_at.timestamp() >= sent_at - MARGIN

    found = [p for p in predictions if p.id not in claimed and p.source != "web" and of_its_time(p)]
    unique = {p.id: p for p in found}.values()
    return sorted(unique, key=lambda p: p.created_at.timestamp() if p.created_at else 0.0)


def choose(row: JobRow, found: Sequence[Prediction], alike: Sequence[JobRow]) -> tuple[Prediction | None, list[Prediction]]:
    """Return the job's own prediction, and further ones that its gateway's retries made.

    Args:
        row: The job whose answer was lost.
        found: The candidates whose input matches, oldest first.
        alike: All jobs with the same input that have no prediction yet, this one among them, oldest first.
    """
    if not found:
        return None, []
    if row.seed_ours:
        return found[0], list(found[1:])
    if any(other.state == "sending" and other.intent != row.intent for other in alike):
        return None, []  # one of these may be that one's, whose answer is still on its way
    place = next((number for number, other in enumerate(alike) if other.intent == row.intent), 0)
    return (found[place] if place < len(found) else None), []


def gone(found: Sequence[Prediction], *, sent_at: float) -> Prediction | None:
    """Return the one prediction of the job's moment whose data Replicate has removed, so that nothing else can be told."""
    removed = [p for p in found if p.data_removed and not p.input and p.created_at and abs(p.created_at.timestamp() - sent_at) <= MARGIN]
    return removed[0] if len(removed) == 1 else None


def compare(
    listed: Sequence[Prediction], here: Mapping[str, float | None], *, begin: float, end: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the predictions that only Replicate's list has, and those that only the journal has.

    Args:
        listed: The whole list of a time; what was made in a browser does not count.
        here: Every prediction that the journal knows, and when it was created by Replicate's clock.
        begin: From when on the list must have what the journal has, in epoch seconds by Replicate's clock.
        end: Until when: its readers lag behind its writer.
    """
    there = {p.id: p.source for p in listed}
    only_there = tuple(name for name, source in there.items() if source != "web" and name not in here)
    only_here = tuple(name for name, at in here.items() if at is not None and begin <= at <= end and name not in there)
    return only_there, only_here


def _same_tag(row: JobRow, given: Mapping[str, Any]) -> bool:
    tags = [name for name, value in row.input.items() if value == row.seed and not isinstance(value, bool)]
    return any(given.get(name) == row.seed for name in tags) and given.get("prompt") == row.input.get("prompt")


def _has_bytes(value: Any) -> bool:
    if isinstance(value, str):
        return value[:5].lower() == "data:"
    return isinstance(value, (list, tuple)) and any(_has_bytes(item) for item in value)


def _plain(value: Any) -> Any:
    """Return numbers that are equal in one form: 5 comes back as 5.0 from some servers."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
