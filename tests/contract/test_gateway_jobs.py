"""A job and its gateway, whole and over real connections: its log entry, feedback, metadata, stored keys, counted refusals."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.canary import cloudflare_canary, find, replicate_canary, scan
from tests.support.demo import running_demo

import pvideo
from pvideo import settings
from pvideo.errors import ManagementError, RefusedError, SettingsError
from pvideo.job.engine import Engine
from pvideo.job.limits import limits
from pvideo.job.log import rated
from pvideo.notebook import commands
from pvideo.notebook.doctor import doctor
from pvideo.notebook.log import part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.demo import RunningDemo

TOKENS = {"gateway_token": cloudflare_canary(), "replicate_token": replicate_canary(), "management_token": cloudflare_canary()}


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunningDemo]:
    with running_demo(refuse_real_tokens=False, **TOKENS) as demo:
        values = {
            "PVIDEO_BASE_URL": demo.base_url,
            "CF_AIG_TOKEN": TOKENS["gateway_token"],
            "REPLICATE_API_TOKEN": TOKENS["replicate_token"],
            "CLOUDFLARE_API_TOKEN": TOKENS["management_token"],
            "PVIDEO_HOME": str(tmp_path / "home"),
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        settings.reset()
        yield demo
        Engine.get().close()
        settings.reset()
        limits.clear()


def press(prompt: str = "a cat", **more: Any) -> Any:
    return pvideo.generate(prompt, draft=True, **more).wait(timeout=60)


def shell(**names: Any) -> Any:
    return SimpleNamespace(user_ns=names)


def test_a_videos_entry_in_the_gateways_log(demo: RunningDemo, capsys: Any) -> None:
    settings.configure(metadata={"class": "3b"})
    video = press(name="cat")

    entry = video.log()

    assert (entry.status, entry.path, entry.cached, entry.provider, entry.gateway) == (201, "predictions", False, "replicate", "pvideo")
    assert (entry.metadata["class"], entry.metadata["intent"], entry.tokens, entry.cost) == ("3b", video.intent, None, None)
    assert entry.id == demo.predictions()[0]["log_id"] == video.snapshot().log_id
    assert entry.link == "https://dash.cloudflare.com/demo/ai/ai-gateway/gateways/pvideo/logs"

    commands.run("log cat", shell(cat=video))
    text = capsys.readouterr().out
    assert f"cat · log {entry.id} · pvideo · 201" in text
    assert (
        "not from the cache · replicate/predictions · prunaai/p-video · no cost: the gateway knows no prices of videos · class=3b" in text
    )


def test_it_is_found_without_its_log_id_too(demo: RunningDemo) -> None:
    video = press()
    log_id = video.log().id
    engine = Engine.get()
    course = engine._courses[video.intent]
    for columns in ({"log_id": None}, {"log_id": "gone"}, {"log_id": None, "event_id": ""}):
        engine.journal.update(video.intent, **columns)
        course.row = engine.journal.get(video.intent)
        assert video.log().id == log_id


def test_feedback_goes_to_the_entry_and_back(demo: RunningDemo, capsys: Any) -> None:
    video = press(name="cat")
    assert video.feedback(+1, score=90).feedback == 1
    assert (video.log().feedback, video.log().score) == (1, 90)
    commands.run("log", shell(_pvideo=video))
    assert "feedback 👍" in capsys.readouterr().out
    assert video.feedback(None).feedback is None
    assert (video.log().feedback, video.log().score) == (None, 90)
    with pytest.raises(SettingsError):
        video.feedback(5)


def test_a_rating_goes_there_only_when_that_is_wanted(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    video = press()
    row = Engine.get().row(video.intent)
    assert rated(row, 5) is None
    settings.configure(send_ratings=True)
    for stars, thumb in ((5, 1), (1, -1), (3, None), (4, 1), (0, None)):
        rated(row, stars).join(30)
        assert video.log().feedback == thumb
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    rated(row, 5).join(30)  # nothing of it is in the way of the rating


def test_a_token_that_may_only_read_gives_no_feedback(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    video = press()
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", demo.config.management_read_token)
    assert video.log().status == 201

    with pytest.raises(ManagementError, match='also "AI Gateway Edit"') as caught:
        video.feedback(1)
    assert caught.value.key == "management_token"
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    with pytest.raises(SettingsError, match="CLOUDFLARE_API_TOKEN is not set"):
        video.log()


@pytest.mark.parametrize(("status", "key"), [(404, "log_elsewhere"), (200, "log_missing")])
def test_the_new_log_system_is_told_with_the_dashboard(demo: RunningDemo, status: int, key: str) -> None:
    video = press()
    demo.settings(logs_system="observability", logs_absent_status=status)

    with pytest.raises(ManagementError, match="new log system") as caught:
        video.log()

    assert caught.value.key == key
    assert "https://dash.cloudflare.com/demo/ai/ai-gateway/gateways/pvideo/logs" in caught.value.next


def test_explain_has_the_entry_or_says_why_not(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    video = press(name="cat")
    assert part(video).startswith("cat · log ")
    demo.settings(logs_system="observability")
    assert part(video).endswith("/gateways/pvideo/logs")
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    assert part(video).startswith("log: No token for Cloudflare's API.")


def test_what_has_no_entry_says_why(demo: RunningDemo) -> None:
    demo.settings(collect_logs=False)
    with pytest.raises(ManagementError, match="where logs are off"):
        press().log()
    demo.faults({"match": {"op": "create"}, "do": "error", "name": "bad_token"})
    refused = pvideo.generate("another", draft=True)
    with pytest.raises(RefusedError):
        refused.wait(60)
    with pytest.raises(ManagementError) as caught:
        refused.log()
    assert caught.value.key in {"log_missing", "log_none"}


def test_no_payload_no_prompt_in_the_log(demo: RunningDemo) -> None:
    settings.configure(log_payload=False)
    entry = press("a secret cat").log()

    kept = demo.state.log.find("pvideo", entry.id)
    assert kept["request"] == ""
    assert "secret cat" not in str(kept["row"])


def test_a_stored_key_is_named_and_no_token_of_ours_goes_with_it(demo: RunningDemo) -> None:
    demo.settings(byok_aliases=["default", "team"])
    settings.configure(stored_key="team")

    assert press().status == "succeeded"

    asked = demo.requests("gateway")
    assert {row["headers"].get("cf-aig-byok-alias") for row in asked} == {"team"}
    assert not [row for row in asked if "authorization" in row["headers"]]
    report = doctor(shell())
    assert 'the key "team" stored in the gateway; a Replicate token of yours is not sent' in report
    assert 'took the key "team" stored in the gateway' in report


@pytest.mark.parametrize(
    ("aliases", "alias", "words"),
    [
        ([], "", "None was sent, and pvideo has no stored key. Not paid."),
        ([], "team", 'has no stored key called "team". Not paid.'),
        (["default", "class"], "team", 'has no stored key called "team", only "default", "class". Not paid.'),
        (["team"], "", 'has no stored key called "default", only "team". Not paid.'),
    ],
)
def test_a_missing_key_and_an_unknown_alias_are_told_apart(
    demo: RunningDemo, monkeypatch: pytest.MonkeyPatch, aliases: list[str], alias: str, words: str
) -> None:
    monkeypatch.delenv("REPLICATE_API_TOKEN")
    demo.settings(byok_aliases=aliases)
    settings.configure(stored_key=alias)

    with pytest.raises(RefusedError) as caught:
        press()

    assert caught.value.key == "stored_key"
    assert words in caught.value.sentence
    report = doctor(shell())
    assert "✗ Replicate" in report
    # Without a name the looks of the doctor reach Replicate, which says it in its own words.
    assert (words.removesuffix(" Not paid.") if alias else "Replicate got no token") in report
    assert demo.predictions() == []


@pytest.mark.parametrize("value", ["two words", "x" * 65, pytest.param(TOKENS["replicate_token"], id="token"), "a\nb"])
def test_an_alias_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="the alias it was stored under") as caught:
        settings.configure(stored_key=value)
    assert TOKENS["replicate_token"] not in str(caught.value)
    settings.reset()


def test_a_stored_key_needs_a_gateway_and_its_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    for name in ("CF_AIG_TOKEN", "CLOUDFLARE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    settings.configure(account_id="a", gateway_id="g", replicate_token="x" * 40, stored_key="team")
    with pytest.raises(SettingsError, match="CF_AIG_TOKEN is not set"):
        settings.endpoint()
    settings.configure(base_url="https://api.replicate.com/v1")
    with pytest.raises(SettingsError, match="needs a gateway"):
        settings.endpoint()
    settings.reset()


def test_the_doctor_reads_how_the_gateway_is_set(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    good = doctor(shell())
    assert "✓ Set-up" in good
    assert "pvideo: authentication on, no cache, no retries; logs on; rate limit none; read with CLOUDFLARE_API_TOKEN, environment" in good
    assert "log_payload=False" in good

    pvideo.gateways.update("pvideo", cache_ttl=300, retries=3, authentication=False, rate_limit=(900, 60))
    bad = doctor(shell())
    assert "✗ Access" in bad
    assert "a repeated prompt could get an old video" in bad
    assert '"Retry requests" is on (up to 3 times)' in bad
    assert 'Next: pvideo.gateways.update("pvideo", retries=0)' in bad
    assert "3 things to fix" in bad

    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKENS["gateway_token"])
    assert "– Set-up" in doctor(shell())
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    assert "No token for Cloudflare's API" in doctor(shell())
    for text in (good, bad):
        assert find(text.encode(), list(TOKENS.values()), "the report") == []


def test_a_refusal_by_the_limit_is_counted_and_shown(demo: RunningDemo, capsys: Any) -> None:
    # As Replicate throttles an account, with the shortest wait that it may name.
    body = {"detail": "Request was throttled.", "status": 429, "title": "Throttled", "retry_after": 1}
    how = {"status": 429, "body": body, "content_type": "application/problem+json", "headers": {"retry-after": "1"}}
    demo.faults([{"match": {"op": "create", "nth": 1}, "phase": "before_accept", "do": "status", **how}])
    press()
    press("a dog")

    meter = limits.meter("demo", "pvideo")
    assert meter.gateway_busy + meter.replicate_busy == 1
    assert len(meter.times) == len(demo.requests("gateway"))
    assert meter.remaining is not None
    commands.run("limits", shell())
    assert "refused (429): " in capsys.readouterr().out


def test_nothing_that_is_left_holds_a_token(demo: RunningDemo, tmp_path: Path, capsys: Any) -> None:
    settings.configure(metadata={"seat": 4}, stored_key="")
    video = press()
    video.feedback(1)
    doctor(shell())
    for command in ("log", "limits", "explain"):
        commands.run(command, shell(_pvideo=video))
    Engine.get().close()

    findings, count = scan([tmp_path], list(TOKENS.values()))
    assert findings == []
    assert count >= 3
    assert find(capsys.readouterr().out.encode(), list(TOKENS.values()), "what was said") == []
    assert find(str(demo.state.log._entries).encode(), list(TOKENS.values()), "the gateway's log") == []
