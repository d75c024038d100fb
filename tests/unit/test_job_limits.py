"""The gateway's rate limit: how long presses take within it, that our own requests stay under it, and that refusals are counted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pvideo import settings
from pvideo.endpoint import Endpoint
from pvideo.errors import SettingsError
from pvideo.job.limits import Limits, Pace, limits, plan, planned
from pvideo.notebook import limits as words
from pvideo.wire.gateways import RateLimit

if TYPE_CHECKING:
    from tests.faults.scene import Scene

THERE = Endpoint(base_url="https://gateway.ai.cloudflare.com/v1/a/g/replicate", kind="gateway", account_id="a", gateway_id="g")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    yield
    settings.reset()
    limits.clear()


# planning


@pytest.mark.parametrize(
    ("count", "limit", "seconds"),
    [
        (0, RateLimit(10, 60), 0),
        (4, None, 0),
        (1, RateLimit(10, 60), 0),
        (2, RateLimit(10, 60), 60),
        (16, RateLimit(28, 60), 180),
        (16, RateLimit(10_000, 60), 0),
        (601, None, 60),
    ],
)
def test_a_plan_says_how_long_it_takes_at_the_least(count: int, limit: RateLimit | None, seconds: float) -> None:
    assert plan(count, limit) == seconds


def test_a_plan_knows_the_time_of_one_and_an_account_with_little_credit() -> None:
    assert plan(3, None, took=12) == 12
    assert plan(13, None, per_minute=6) == 120
    assert plan(4, RateLimit(4, 10), looks=0) == 0
    assert plan(5, RateLimit(4, 10), looks=0, took=2) == 12


def test_a_sweep_is_told_how_long_it_takes_before_it_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    settings.configure(account_id="a", gateway_id="g", replicate_token="x" * 40)
    assert words.sweep_line(16, took=10) == ""
    settings.configure(rate_limit=(28, 60))

    assert planned(16, took=10) == (190.0, RateLimit(28, 60.0))
    assert words.sweep_line(16, took=10) == "16 videos take at least 3:10: g lets 28 requests per 60 s (fixed) pass"
    assert words.sweep_line(4, took=10) == ""


# keeping to it


def moments(pace: Pace, count: int, *, looking: bool = False) -> list[float]:
    now, found = 0.0, []
    for _ in range(count):
        now += pace.take(now, looking=looking)
        found.append(now)
    return found


def test_no_interval_ever_holds_more_than_the_limit() -> None:
    found = moments(Pace(lambda: RateLimit(5, 10)), 23)

    assert found[4] == 0.0
    assert all(late - early > 10 for early, late in zip(found, found[5:], strict=False))


def test_looks_leave_room_for_presses() -> None:
    pace = Pace(lambda: RateLimit(10, 60))
    assert moments(pace, 8, looking=True)[-1] == 0.0
    assert pace.wait(1.0, looking=True) > 50
    assert (pace.wait(1.0), pace.take(1.0), pace.take(1.0)) == (0.0, 0.0, 0.0)
    assert pace.wait(1.0) > 50


def test_without_a_limit_nothing_waits() -> None:
    assert moments(Pace(), 500)[-1] == 0.0


def test_a_limit_that_is_learned_holds_for_what_was_sent_before() -> None:
    known: list[RateLimit | None] = [None]
    pace = Pace(lambda: known[0])
    moments(pace, 30)
    known[0] = RateLimit(10, 60)

    assert pace.wait(1.0) > 50


@pytest.mark.parametrize("technique", ["fixed", "sliding"])
def test_many_presses_under_a_known_limit_are_never_refused(scene: Scene, technique: Any) -> None:
    scene.demo.settings(gateway_limit=12, gateway_interval=30.0, gateway_technique=technique)
    limits.learn("demo", "pvideo", RateLimit(12, 30, technique), "a test")
    scene.run(7.0)
    for number in range(8):
        scene.press(prompt=f"cat {number}", draft=True)
    scene.settle()

    assert len(scene.paid) == 8
    assert [row["status"] for row in scene.asked("gateway") if row["status"] == 429] == []


def test_configure_says_it_where_it_cannot_be_read(scene: Scene) -> None:
    settings.configure(rate_limit=(6, 20))
    scene.demo.settings(gateway_limit=6, gateway_interval=20.0)
    for number in range(3):
        scene.press(prompt=f"cat {number}", draft=True)
    scene.settle()

    assert [row["status"] for row in scene.asked("gateway") if row["status"] == 429] == []
    assert limits.meter("demo", "pvideo").source == "configure"


def test_a_card_says_that_the_limit_holds_it_up(scene: Scene) -> None:
    limits.learn("demo", "pvideo", RateLimit(4, 60), "a test")
    scene.demo.settings(gateway_limit=4, gateway_interval=60.0)
    first = scene.press(prompt="one", draft=True)
    scene.run(20)
    assert first.status == "succeeded"
    videos = [scene.press(prompt=f"cat {number}", draft=True) for number in range(3)]
    scene.run(2)

    waiting = [video.snapshot() for video in videos if video.snapshot().phase == "countdown"]
    assert [shown.error.title for shown in waiting] == ["Your gateway's rate limit is reached"]
    assert waiting[0].next_at - scene.now() > 30
    scene.settle()
    assert {video.status for video in videos} == {"succeeded"}
    assert [row for row in scene.asked("gateway") if row["status"] == 429] == []


@pytest.mark.parametrize("value", [5, (0, 60), (5,), ("a", 60), (5.5, 60), (5, 0), "5/60"])
def test_a_limit_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(SettingsError, match=r"\(100, 60\)"):
        settings.configure(rate_limit=value)


def test_what_was_read_wins_over_what_was_told() -> None:
    known = Limits()
    known.told(THERE, (5, 60))
    assert known.meter("a", "g").limit == RateLimit(5, 60.0)
    known.learn("a", "g", RateLimit(9, 60), "Cloudflare")
    known.told(THERE, (5, 60))

    assert known.meter("a", "g").limit == RateLimit(9, 60)


# counting


def exchange(status: int, body: str = "", method: str = "GET", at: float = 0.0, **headers: str) -> Any:
    return SimpleNamespace(status=status, response_body=body, method=method, at=at, response_headers=headers)


def test_both_refusals_are_counted_apart() -> None:
    known = Limits()
    gateway = '{"success":false,"error":[{"code":2003,"message":"Rate limited"}]}'
    spend = '{"success":false,"error":[{"code":2045,"message":"Spend limit exceeded"}]}'
    for body in (gateway, gateway, spend, '{"detail":"Request was throttled. Your rate limit resets in ~30s."}'):
        known.heard(THERE, exchange(429, body))
    known.heard(THERE, exchange(201, method="POST", **{"ratelimit-remaining": "598"}))

    meter = known.meter("a", "g")
    assert (meter.gateway_busy, meter.replicate_busy, meter.remaining) == (2, 1, 598)
    assert words.refused(meter) == "refused (429): 2 by the gateway, 1 by Replicate"


def test_a_refused_press_is_counted_by_the_engine_and_shown(scene: Scene, capsys: Any) -> None:
    from pvideo.notebook import commands

    scene.demo.settings(gateway_limit=1, gateway_interval=30.0)
    scene.press()
    scene.settle()
    assert limits.meter("demo", "pvideo").gateway_busy == 0  # the scene's own client counts nothing
    limits.meter("demo", "pvideo").gateway_busy = 3
    limits.learn("demo", "pvideo", RateLimit(1, 30), "Cloudflare")
    commands.run("limits", SimpleNamespace(user_ns={}))

    text = capsys.readouterr().out
    assert "pvideo: 1 request per 30 s (fixed), from Cloudflare; sent in the last 30 s: 0" in text
    assert "3 by the gateway, 0 by Replicate" in text
    assert "Replicate: 600 creates a minute" in text


def test_where_nothing_is_known_it_says_how_to_know(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    settings.configure(account_id="a", gateway_id="g", replicate_token="x" * 40)

    assert "no rate limit is known (read with %pvideo doctor" in words.report()
