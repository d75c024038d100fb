"""The line commands, the doctor and the setup: what they say, and that they never show a token."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.notebook import NOW, FakeVideo, failed, made, snap

from pvideo import settings
from pvideo.endpoint import Endpoint
from pvideo.errors import PVideoError, SettingsError
from pvideo.library.rows import JobRow
from pvideo.notebook import commands, demonstration
from pvideo.notebook.checks import Check, check_network
from pvideo.notebook.doctor import check_library, check_notebook, check_settings, doctor
from pvideo.notebook.explain import timeline
from pvideo.notebook.history import as_html, as_text
from pvideo.notebook.setup import setup
from pvideo.wire.verdict import LookFailed, Verdict

TOKEN = "r8_" + "Q7w8E9r0T1" * 4
REAL = Endpoint(base_url="https://gateway.ai.cloudflare.com/v1/a/g/replicate", kind="gateway", account_id="0123456789", gateway_id="g")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pvideo.job.video.Video", FakeVideo)
    monkeypatch.setattr(FakeVideo, "intent", property(lambda self: self.snapshot().intent), raising=False)
    for name in ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID", "CF_AIG_TOKEN", "CLOUDFLARE_API_TOKEN", "REPLICATE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield
    settings.reset()


def shell(**user_ns: Any) -> Any:
    return SimpleNamespace(user_ns=user_ns)


# the commands


def test_the_bare_command_lists_all(capsys: Any) -> None:
    commands.run("", shell())

    text = capsys.readouterr().out
    assert all(f"%pvideo {name}" in text for name in commands.HELP)


def test_an_unknown_command_names_the_nearest() -> None:
    with pytest.raises(PVideoError, match="Did you mean %pvideo doctor") as caught:
        commands.run("docter", shell())

    assert caught.value.key == "command_unknown"


def test_wait_returns_at_the_end_and_says_how_it_stands(capsys: Any, tmp_path: Path) -> None:
    commands.run("wait cat", shell(cat=FakeVideo(made(tmp_path / "a.mp4"))))

    assert capsys.readouterr().out.startswith("cat · succeeded · took 11 s · $0.10")


def test_wait_without_names_takes_every_video_once(capsys: Any, tmp_path: Path) -> None:
    video = FakeVideo(made(tmp_path / "a.mp4"))
    commands.run("wait", shell(cat=video, same=video, other=FakeVideo(failed("aborted", "aborted", intent="job2", name="b")), x=1))

    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_name_that_is_no_video_is_told_with_the_nearest() -> None:
    with pytest.raises(PVideoError, match="Did you mean cat") as caught:
        commands.run("wait cta", shell(cat=FakeVideo(), df=3))

    assert caught.value.key == "video_unknown"


def test_cancel_asks_the_video_and_says_what_it_may_cost(capsys: Any) -> None:
    video = FakeVideo(snap("processing"))
    video.done = False
    video.name = "cat"
    asked: list[int] = []
    video.cancel = lambda: asked.append(1)
    commands.run("cancel cat", shell(cat=video))

    assert asked == [1]
    assert "Replicate may still charge" in capsys.readouterr().out


# the demo


def test_the_demo_goes_on_and_off_by_hand_only(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    asked: list[Any] = []

    def ask(what: str, *args: Any) -> Any:
        asked.append((what, *args))
        if what == "control":
            return {"known": ["failed", "lost-answer"]}
        api = "http://127.0.0.1:9/client/v4"
        return SimpleNamespace(base_url="http://127.0.0.1:9/v1/a/g/replicate", account="a", gateway="g", management_url=api, **tokens)

    tokens = {f"{name}_token": "demo-" + digit * 32 for digit, name in (("1", "gateway"), ("2", "replicate"), ("3", "management"))}
    monkeypatch.setattr(demonstration, "_ask", ask)
    assert not settings.demo_is_on()

    commands.run("demo --speed 4 --next failed", shell())
    assert settings.endpoint().realm == "demo"
    assert ("control", "POST", "/_emu/settings", {"speed": 4.0}) in asked
    assert ("control", "POST", "/_emu/next", {"what": "failed"}) in asked
    out = capsys.readouterr().out
    assert "Nothing leaves this machine" in out
    assert not any(token in out for token in tokens.values())

    commands.run("demo off", shell())
    assert not settings.demo_is_on()
    with pytest.raises(SettingsError):
        settings.endpoint()


@pytest.mark.parametrize("words", ["--speed fast", "--speed 0", "--next nonsense", "--what 1", "nonsense"])
def test_a_wrong_demo_option_is_told(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demonstration, "_ask", lambda *_: {"known": ["failed"]})
    monkeypatch.setattr(demonstration, "demo_endpoint", lambda: None)

    with pytest.raises(PVideoError):
        commands.run(f"demo {words}", shell())


# the doctor


class FakeClient:
    """A client that answers each question as told."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.closed = False

    async def _answer(self, name: str) -> Any:
        answer = self.answers.get(name, {})
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def list(self, **_: Any) -> Any:
        return await self._answer("list")

    async def get(self, _: str) -> Any:
        return await self._answer("get")

    async def model(self, *_: str) -> Any:
        return await self._answer("model")

    async def aclose(self) -> None:
        self.closed = True


def bad(key: str, kind: Any = "refused") -> LookFailed:
    return LookFailed(Verdict(kind=kind, error=PVideoError.make(key, gateway="g", source="REPLICATE_API_TOKEN")))


@pytest.mark.parametrize(
    ("answers", "marks", "words"),
    [
        ({"model": {"latest_version": {"id": "abcdefgh1234"}}}, "✓✓✓", "a lost answer can be found again"),
        ({"list": bad("gateway_token")}, "✗––", "Cloudflare refused the gateway token"),
        ({"list": bad("unreachable", "trouble")}, "✗––", "could not be reached"),
        ({"list": bad("replicate_token"), "get": bad("replicate_token")}, "✓✗–", "Replicate refused its token"),
        ({"list": bad("list_refused"), "get": bad("refused", "gone")}, "✓✓✓", "cannot be found again here"),
        ({"model": bad("model_refused")}, "✓✓✗", "refused the model"),
    ],
)
def test_the_network_checks_tell_whose_fault_it_is(answers: dict[str, Any], marks: str, words: str) -> None:
    client = FakeClient(**answers)
    checks = check_network(REAL, "prunaai/p-video", make=lambda _: client)

    assert "".join(check.mark for check in checks) == marks
    assert words in " ".join(check.text for check in checks)
    assert client.closed


def test_a_gateway_that_never_answers_ends_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(FakeClient):
        async def list(self, **_: Any) -> Any:
            await asyncio.Event().wait()

    monkeypatch.setattr("pvideo.notebook.checks.WITHIN", 0.05)
    (check,) = check_network(REAL, "prunaai/p-video", make=lambda _: Silent())

    assert (check.mark, check.name) == ("✗", "Gateway")


def test_the_doctor_without_an_account_says_both_ways_on() -> None:
    report = doctor(shell())

    assert "No account is set up" in report
    assert "%pvideo demo" in report
    assert "%pvideo setup" in report
    assert "1 thing to fix" in report


def test_the_doctor_says_where_each_token_came_from_and_no_more() -> None:
    settings.configure(account_id="acc", gateway_id="gate", gateway_token="cfut_" + "Z" * 40, replicate_token=TOKEN)
    report = doctor(shell(), network=lambda *_: [Check(mark="✓", name="Gateway", text="fine")])

    assert "gateway token from gateway_token, configure" in report
    assert TOKEN[:6] not in report
    assert "ZZZ" not in report
    assert "all good" in report


def test_a_general_token_gets_the_advice_to_take_a_smaller_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "x" * 40)
    settings.configure(account_id="acc", gateway_id="gate")

    assert "AI Gateway Run" in check_settings(settings.endpoint()).next


def test_the_library_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").touch()

    assert "1 video," in check_library(tmp_path / "videos").text
    assert check_library(tmp_path / "not" / "there").mark == "✓"


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("7.4.0", "Cancel works"),
        ("7.10.1", "Cancel works"),
        ("6.29.5", "when a cell ends"),
        ("7.0.1", "loses updates"),
        ("7.3.0", "stop hearing"),
    ],
)
def test_the_notebook_line_knows_the_kernel(version: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvideo.notebook.doctor._version", lambda _: version)
    kernel = SimpleNamespace(get_parent=lambda: {"content": {"allow_stdin": True}})

    assert words in check_notebook(SimpleNamespace(kernel=kernel, user_ns={})).text


# the setup


def run_setup(answers: list[str], *words: str, mark: Any = "✓") -> tuple[list[str], list[str]]:
    asked: list[str] = []
    told: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return answers[len(asked) - 1]

    setup(list(words), ask=ask, tell=told.append, network=lambda *_: [Check(mark=mark, name="Gateway", text="…")])
    return asked, told


def test_four_answers_set_the_account_for_this_kernel(tmp_path: Path) -> None:
    asked, told = run_setup(["acc", "gate", "cfut_" + "Z" * 40, TOKEN])

    assert len(asked) == 4
    there = settings.endpoint()
    assert (there.account_id, there.gateway_id) == ("acc", "gate")
    assert there.replicate_token is not None
    assert there.replicate_token.reveal() == TOKEN
    assert told[-1].startswith("In use in this kernel.")
    assert TOKEN not in "".join(told + asked)
    assert not (tmp_path / "account.json").exists()


def test_it_is_kept_on_the_machine_only_when_asked(tmp_path: Path) -> None:
    run_setup(["acc", "gate", "", TOKEN])
    asked, told = run_setup([], "--keep")
    kept = tmp_path / "account.json"

    assert asked == []
    assert told[-1].startswith(f"Kept in {kept}")
    assert kept.stat().st_mode & 0o077 == 0
    settings.reset()
    there = settings.endpoint()
    assert there.gateway_id == "gate"
    assert there.replicate_token is not None
    assert there.replicate_token.reveal() == TOKEN


def test_keeping_at_once_asks_the_same_four_and_keeping_again_loses_nothing() -> None:
    asked, _ = run_setup(["acc", "gate", "", TOKEN], "--keep")
    settings.reset()
    settings.configure(gateway_id="other")
    run_setup([], "--keep")
    settings.reset()

    assert len(asked) == 4
    there = settings.endpoint()
    assert there.gateway_id == "other"
    assert there.replicate_token is not None
    assert there.replicate_token.reveal() == TOKEN


def test_a_token_of_the_environment_is_not_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    run_setup(["acc", "gate", "", ""], "--keep")

    assert TOKEN not in (tmp_path / "account.json").read_text(encoding="utf-8")


def test_what_does_not_work_is_not_kept(tmp_path: Path) -> None:
    asked, told = run_setup(["acc", "gate", "", TOKEN], "--keep", mark="✗")

    assert len(asked) == 4
    assert "for this kernel only" in told[-1]
    assert not (tmp_path / "account.json").exists()


def test_enter_keeps_what_is_set() -> None:
    settings.configure(account_id="acc", gateway_id="gate", replicate_token=TOKEN)
    asked, _ = run_setup(["", "other", "", ""])

    assert "Enter keeps acc" in asked[0]
    assert (settings.endpoint().account_id, settings.endpoint().gateway_id) == ("acc", "other")


def test_where_nobody_can_answer_setup_says_what_to_do() -> None:
    def ask(_: str) -> str:
        raise RuntimeError("raw_input was called, but this frontend does not support input requests.")

    with pytest.raises(SettingsError, match="CLOUDFLARE_ACCOUNT_ID"):
        setup(ask=ask, tell=lambda _: None)


# explain and history


def exchange(method: str, path: str, at: float, status: int | None, body: str = "", **more: Any) -> dict[str, Any]:
    headers = {"cf-aig-authorization": "Bearer ••••", "authorization": "Bearer ••••", "cf-aig-max-attempts": "1"}
    base = {"method": method, "path": path, "host": "", "status": status, "at": NOW + at, "took": 0.1, "error": ""}
    return {**base, "request_headers": headers, "response_headers": {}, "request_body": "", "response_body": body, **more}


def test_explain_tells_the_requests_in_time() -> None:
    rows = [
        exchange("POST", "/v1/a/g/replicate/predictions", 0, 201, '{"status": "starting"}'),
        *(exchange("GET", "/v1/a/g/replicate/predictions/abc", 1 + n, 200, '{"status": "processing"}') for n in range(4)),
        exchange("GET", "/v1/a/g/replicate/predictions/abc", 6, 200, '{"status": "succeeded"}'),
        exchange("GET", "/x.mp4", 7, 200, host="replicate.delivery"),
    ]
    text = timeline(made(Path("/a.mp4"), prediction_id="abc"), rows)

    lines = text.splitlines()
    assert lines[0].startswith("cat · prediction abc · succeeded in 11.2 s · $0.10 · 7 requests")
    assert "Sent once; if the answer is lost we look" in text
    assert "cf-aig-authorization: ••••   opens your gateway" in text
    assert "(3 more looks like this)" in text
    assert "another host: no token goes there" in text
    assert lines[-1].startswith("  7.0 s")


def test_explain_tells_a_lost_answer() -> None:
    text = timeline(failed("answer_lost", "unconfirmed"), [exchange("POST", "/v1/a/g/replicate/predictions", 0, None, error="closed")])

    assert "no answer" in text


def test_history_is_text_and_html_without_markup_of_the_prompt() -> None:
    row = JobRow(intent="1", state="done", name="cat", prompt="<b>boat</b> " + "x" * 99, seed=5, pressed_at=NOW, estimate_text="$0.10")

    text, html = as_text([row]), as_html([row], Path("/books"))
    assert "succeeded" in text
    assert "…" in text
    assert "<b>boat" not in html
    assert "&lt;b&gt;boat" in html
    assert as_text([]).startswith("No videos here yet")
    assert "zebra" in as_text([], "zebra")
