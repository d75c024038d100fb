"""G05: the history says one thing and Replicate's list another; the doctor's report names both sides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as draw

from pvideo import settings
from pvideo.job.engine import Engine
from pvideo.job.press import generate
from pvideo.job.reconcile import compare
from pvideo.notebook.audit import check_history
from pvideo.notebook.doctor import doctor
from pvideo.wire.prediction import Prediction

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

BEGIN, END = 1_000.0, 4_000.0
NAMES = [f"{number:02d}{'a' * 20}" for number in range(12)]


def prediction(name: str, *, source: str = "api") -> Prediction:
    return Prediction(id=name, status="succeeded", metrics={}, source=source, created_at=datetime.fromtimestamp(2_000, UTC))


@given(
    there=draw.dictionaries(draw.sampled_from(NAMES), draw.sampled_from(["api", "web"])),
    here=draw.dictionaries(draw.sampled_from(NAMES), draw.none() | draw.floats(0, 5_000)),
)
def test_g05_every_difference_is_named_and_nothing_else(there: dict[str, str], here: dict[str, float | None]) -> None:
    only_there, only_here = compare([prediction(name, source=source) for name, source in there.items()], here, begin=BEGIN, end=END)

    assert set(only_there) == {name for name, source in there.items() if source == "api" and name not in here}
    assert set(only_here) == {name for name, at in here.items() if at is not None and BEGIN <= at <= END and name not in there}
    assert not set(only_there) & set(only_here)


def create_elsewhere(demo: RunningDemo) -> str:
    """Make a prediction of the same account on another machine."""
    import httpx

    body = {"version": "prunaai/p-video", "input": {"prompt": "elsewhere", "draft": True}}
    return httpx.post(f"{demo.base_url}/predictions", json=body, headers=demo.headers, trust_env=False).json()["id"]


def test_g05_the_same_on_both_sides_is_not_worth_a_word(demo: RunningDemo) -> None:
    generate("A cat", duration=1, draft=True).wait(30)
    assert check_history(settings.endpoint()) == []
    assert "History" not in doctor(None)


def test_g05_one_that_is_not_in_the_history_is_named(demo: RunningDemo) -> None:
    generate("A cat", duration=1, draft=True).wait(30)
    other = create_elsewhere(demo)

    (check,) = check_history(settings.endpoint())
    assert (check.mark, check.name) == ("✗", "History")
    assert check.text == f"1 prediction of the last hour at Replicate, but not in your history: {other}"
    assert other in doctor(None)


def test_g05_one_that_replicate_does_not_list_is_named(demo: RunningDemo) -> None:
    video = generate("A cat", duration=1, draft=True).wait(30)
    journal = Engine.get().journal
    journal.update(video.intent, prediction_id="gone" + "a" * 22, created_at=video.snapshot().created_at - 600)

    checks = {check.text.split(":")[0]: check.text for check in check_history(settings.endpoint())}
    assert checks["1 prediction of the last hour in your history, but not at Replicate"].endswith("gone" + "a" * 22)
    assert video.prediction_id in checks["1 prediction of the last hour at Replicate, but not in your history"]


def test_g05_looking_makes_nothing(demo: RunningDemo) -> None:
    generate("A cat", duration=1, draft=True).wait(30)
    before = len(demo.requests("gateway", "POST"))
    doctor(None)
    assert len(demo.requests("gateway", "POST")) == before == 1
