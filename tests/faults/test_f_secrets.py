"""Section F: tokens and secret inputs are in their headers (or their input) and nowhere else, in no form, not even in halves."""

from __future__ import annotations

import copy
import faulthandler
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from tests.support.canary import cloudflare_canary, find, replicate_canary, scan

import pvideo
from pvideo import settings
from pvideo.errors import SettingsError
from pvideo.job.engine import Engine
from pvideo.job.intent import without_secrets
from pvideo.job.press import press
from pvideo.job.reconcile import HIDDEN
from pvideo.library.rows import JobRow
from pvideo.model import catalog
from pvideo.notebook import explain, history
from pvideo.secrets import Secret, redact

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scene import Scene

ID = "abcdefghijklmnopqrstuvwxyz"


def everything_in(thing: Any, depth: int = 6, seen: set[int] | None = None) -> list[str]:
    """What ``vars()`` and reprs show of a thing and of all that it holds, as a debugger would."""
    seen = set() if seen is None else seen
    if depth == 0 or id(thing) in seen or isinstance(thing, type) or type(thing).__module__.startswith("tests"):
        return []
    seen.add(id(thing))
    inner = list(thing.values()) if isinstance(thing, dict) else list(thing) if isinstance(thing, (list, tuple, set)) else []
    inner += list(getattr(thing, "__dict__", {}).values()) + [getattr(thing, name, None) for name in getattr(type(thing), "__slots__", ())]
    return [repr(thing), *(text for item in inner for text in everything_in(item, depth - 1, seen))]


def test_F02_what_a_notebook_keeps_holds_none(scene: Scene) -> None:
    video = scene.press()
    scene.settle()
    row, exchanges = scene.row(video), scene.kernel.engine.journal.exchanges(video.intent)
    shown = [repr(video), explain.timeline(video.snapshot(), exchanges), history.as_html([row], scene.folder), history.as_text([row])]
    shown += [json.dumps(exchanges), json.dumps(video._repr_mimebundle_())]
    scene.texts += shown
    assert all(name in json.dumps(exchanges).lower() for name in ("cf-aig-authorization", "bearer ••••".encode("unicode_escape").decode()))


def test_F03_files_logs_dumps_pickles_and_vars_hold_none(scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    video = scene.press()
    scene.run(0.3)
    with (tmp_path / "dump").open("w") as file:
        faulthandler.dump_traceback(file, all_threads=True)
    endpoint, now = settings.endpoint(), settings.current()
    for token in (endpoint.gateway_token, endpoint.replicate_token):
        for attempt in (lambda token=token: pickle.dumps(token), lambda token=token: json.dumps(token)):
            with pytest.raises(TypeError) as refused:
                attempt()
            scene.texts.append(str(refused.value))
        scene.texts += [repr(token), str(token), f"{token}", f"{token!r:>50}", repr(copy.deepcopy(token)), repr(copy.copy(token))]
    with pytest.raises(TypeError):
        pickle.dumps(endpoint)
    scene.texts += everything_in(endpoint) + everything_in(now) + everything_in(scene.kernel.engine) + everything_in(video)
    scene.texts += [repr(copy.deepcopy(endpoint)), pickle.dumps(video).decode("latin-1"), caplog.text]
    scene.settle()
    findings, count = scan([tmp_path], list(scene.tokens))
    assert findings == []
    assert count > 5
    names = {path.name for path in scene.home.iterdir()}
    assert {"journal.db", "journal.db-wal"} <= names


@pytest.mark.parametrize("which", [0, 1], ids=["gateway's", "Replicate's"])
def test_F04_an_echo_cut_at_any_length_leaves_no_half(scene: Scene, which: int) -> None:
    token = scene.tokens[which]
    assert settings.endpoint()
    for length in range(1, len(token) + 1):
        for text in (f"You sent {token[:length]}", f"…{token[-length:]} is not valid", f'{{"a": "{token[:length]}"}}'):
            shown = redact(text)
            for start in range(len(token) - 5):
                assert token[start : start + 6] not in shown, (length, shown)


@pytest.mark.parametrize("length", [6, 20, 39, 40, 53])
@pytest.mark.parametrize("where", ["refusal", "error of the prediction", "logs", "title", "list"])
def test_F04_a_server_that_echoes_the_token_is_not_repeated(scene: Scene, where: str, length: int) -> None:
    for token in scene.tokens:
        echo = f"{'x' * 290}{token[:length]}" if where == "title" else f"You sent Bearer {token[:length]}"
        scene.demo.state.faults.clear()
        if where == "refusal":
            scene.fault(
                "before_accept", "status", status=422, body={"detail": echo, "status": 422}, content_type="application/problem+json"
            )
        elif where == "title":
            scene.fault("before_accept", "status", status=402, body={"detail": echo, "title": echo, "status": 402})
        elif where == "list":
            scene.fault("after_accept", "rst")
            scene.fault("before_accept", "status", op="list", nth=1, status=401, body={"detail": echo, "status": 401})
        elif where == "logs":
            scene.fault("after_accept", "body", op="get", nth=[1, 2, 3], set={"logs": echo * 3})
        else:
            scene.fate(end="failed", error=echo)
        video = scene.press()
        video.observe(lambda shown: scene.texts.append(repr(shown) + shown.logs_tail))
        scene.settle()
        scene.saw(video.error, video.snapshot())
    halves = [token[:length] for token in scene.tokens]
    assert not [text for text in scene.texts for half in halves if half in text]
    home = b"".join(path.read_bytes() for path in scene.home.iterdir())
    assert not [half for half in halves if half.encode() in home]


TYPED = ["r8_" + "a1B2" * 9 + "x", "cfut_" + "a1B2" * 12, "cfat_" + "a1B2" * 12, "cfk_" + "a1B2" * 12]


@pytest.mark.parametrize("token", TYPED, ids=lambda token: token.partition("_")[0])
@pytest.mark.parametrize("inputs", [{"prompt": "use {} please"}, {"image": "{}"}, {"prompt": "a cat", "aspect_ratio": "{}"}])
def test_F05_a_typed_token_is_refused_and_kept_nowhere(scene: Scene, token: str, inputs: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        scene.press(**{name: value.format(token) for name, value in inputs.items()})
    assert refused.value.key == "token_in_cell"
    assert "history" in str(refused.value)
    assert "Nothing was sent" in str(refused.value)
    assert token not in str(refused.value)
    assert scene.rows() == []
    assert not scan([scene.home], [token])[0]


def test_F05_the_token_in_use_is_known_whatever_its_shape(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    old = replicate_canary()[3:]  # tokens made before 2026 have no prefix
    monkeypatch.setenv("CF_AIG_TOKEN", old)
    assert settings.endpoint()
    with pytest.raises(SettingsError) as refused:
        scene.press(prompt=f"with {old}")
    assert refused.value.key == "token_in_cell"


@pytest.mark.parametrize("cell", ["%%pvideo cat --seed {}\nA cat", "%%pvideo cat\nA cat {}", "%pvideo setup {}"])
def test_F05_in_a_cell_too(
    scene: Scene, cell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = InteractiveShell()
    shell.history_manager.enabled = False
    pvideo.load_ipython_extension(shell)
    capsys.readouterr()
    error = shell.run_cell(cell.format(TYPED[0])).error_in_exec
    shell.history_manager.end_session()
    shown = capsys.readouterr()
    assert isinstance(error, SettingsError)
    assert TYPED[0] not in shown.out + shown.err
    assert not scene.creates
    Engine._engines.clear()


@pytest.mark.parametrize(
    "given",
    [" {} ", '"{}"', "'{}'", "{}\n", "{}\r\n", "Bearer {}", "bearer  {}", '\t"{}" \n', "Bearer {}\r\n"],
)
def test_F06_what_stands_around_a_token_is_dropped(scene: Scene, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("CF_AIG_TOKEN", given.format(scene.tokens[0]))
    monkeypatch.setenv("REPLICATE_API_TOKEN", given.format(scene.tokens[1]))
    video = scene.press()
    scene.settle()
    assert video.path


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a b", "a\x00b", "tökén", "a\tb", "a\u2028b", "  ", "Bearer ", '""', "a\nb"])
def test_F06_what_cannot_stand_in_a_header_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="one word of plain characters") as refused:
        Secret(token, "CF_AIG_TOKEN")
    assert "Evil" not in str(refused.value)
    with pytest.raises(SettingsError) as also:
        settings.configure(gateway_token=token)
    assert "Evil" not in str(also.value)


@pytest.mark.parametrize("op", ["create", "get", "list", "cancel", "model", "file"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_F07_no_redirect_carries_a_token_away(scene: Scene, op: str, status: int) -> None:
    if op == "list":
        scene.fault("after_accept", "rst")
    scene.fault("before_accept", "redirect", op=op, nth=1, status=status, location="https://evil.example/v1/predictions")
    video = scene.press()
    scene.run(0.5)
    if op == "cancel":
        video.cancel()
    scene.run(30)
    assert scene.strangers == []
    assert not scene.asked("replicate")
    if op == "file":
        assert video.error.key == "output_strange"
        scene.save_now(video)
    scene.settle()


HOSTILE = ["https://evil.example/", "http://127.0.0.1:8002/", "file:///etc/passwd", "javascript:alert(1)", "//evil.example", 7, None]


@pytest.mark.parametrize("url", HOSTILE)
def test_F08_the_urls_of_an_answer_are_never_requested(scene: Scene, url: Any) -> None:
    urls = dict.fromkeys(("get", "cancel", "web", "stream", "self"), url)
    for op in ("create", "get", "cancel"):
        scene.fault("after_accept", "body", op=op, nth=None, set={"urls": urls})
    done, canceled = scene.press(), scene.press(duration=20)
    scene.run(1.5)
    canceled.cancel()
    scene.settle()
    assert done.path
    assert canceled.status == "canceled"
    assert len(scene.asked("delivery")) == 1
    assert scene.strangers == []
    from pvideo.wire.prediction import Prediction

    assert Prediction.from_json({"id": ID, "urls": urls}).web_url == f"https://replicate.com/p/{ID}"


@pytest.mark.parametrize("mark", [{"format": "password"}, {"x-cog-secret": True}, {"format": "password", "x-cog-secret": True}])
def test_F09_a_secret_input_is_sent_and_kept_nowhere(scene: Scene, mark: dict[str, Any]) -> None:
    body = json.loads(json.dumps(scene.demo.state.models.by_name["prunaai/p-video"]))
    body["name"] = "with-a-key"
    field = {"type": "string", "title": "Openai Api Key", "x-order": 99, **mark}
    body["latest_version"]["openapi_schema"]["components"]["schemas"]["Input"]["properties"]["openai_api_key"] = field
    scene.demo.state.models.add(body)
    model, key = catalog.from_api(body), "sk-proj-" + replicate_canary()[3:]
    assert model.field("openai_api_key").secret
    path = settings.current().journal_path.absolute()
    Engine._engines[path] = scene.kernel.engine
    try:
        scene.fault("after_accept", "rst")
        settings.configure(budget_day=None)
        video = press(model, {"prompt": "A cat", "draft": True, "duration": 1, "openai_api_key": key}, confirm=True)
    finally:
        Engine._engines.clear()
    scene.settle()
    assert video.path
    assert scene.paid[0]["input"]["openai_api_key"] == key
    assert "openai_api_key" not in video.inputs
    scene.saw(video.snapshot())
    assert not [text for text in scene.texts if key in text]
    assert not scan([scene.home, scene.folder], [key])[0]


def test_F09_an_answer_that_is_cut_within_a_secret_shows_none_of_it() -> None:
    key, row = replicate_canary()[3:], JobRow(intent="i", input={"openai_api_key": HIDDEN, "prompt": "a cat"})
    body = json.dumps({"input": {"openai_api_key": f'{key}"\\', "prompt": "a cat"}})
    for at in range(len(body) + 1):
        shown = without_secrets({"request_body": "", "response_body": body[:at]}, row)["response_body"]
        assert key[:6] not in shown
    assert "a cat" in shown


def test_F10_the_demo_never_reads_real_tokens_and_takes_none(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from pvideo.notebook import demonstration

    real = {"CF_AIG_TOKEN": cloudflare_canary(), "REPLICATE_API_TOKEN": replicate_canary(), "CLOUDFLARE_API_TOKEN": cloudflare_canary()}
    for name, value in real.items():
        monkeypatch.setenv(name, value)
    address = {"base_url": scene.demo.base_url, "gateway_token": "demo-word-gateway", "replicate_token": "demo-word-replicate"}
    address |= {"management_url": "http://127.0.0.1:9/client/v4", "management_token": "demo-word-account"}
    monkeypatch.setattr(demonstration, "_ask", lambda _: SimpleNamespace(**address, account="demo", gateway="pvideo"))
    endpoint = demonstration.demo_endpoint()
    tokens = (endpoint.gateway_token.reveal(), endpoint.replicate_token.reveal())
    assert (endpoint.realm, *tokens) == ("demo", "demo-word-gateway", "demo-word-replicate")
    settings.use_demo(demonstration.demo_endpoint)
    assert settings.endpoint() == endpoint
    assert settings.management().token.reveal() == "demo-word-account"
    for headers in (
        {"cf-aig-authorization": f"Bearer {real['CF_AIG_TOKEN']}"},
        {**scene.demo.headers, "authorization": f"Bearer {real['REPLICATE_API_TOKEN']}"},
    ):
        answer = scene.loop.run_until_complete(_ask(scene, headers))
        assert answer == 401
    assert not find(repr(scene.demo.ledger()["requests"]).encode(), list(real.values()), "the demo's own record")
    scene.checked = True


async def _ask(scene: Scene, headers: dict[str, str]) -> int:
    import httpx

    async with httpx.AsyncClient(transport=scene.demo.transport, trust_env=False) as client:
        return (await client.get(f"{scene.demo.base_url}/account", headers=headers)).status_code


@pytest.mark.parametrize("kept", [True, False])
def test_F11_the_gateways_log_keeps_the_prompt_unless_told_not_to(scene: Scene, kept: bool) -> None:
    settings.configure(log_payload=kept)
    scene.press()
    scene.settle()
    headers = scene.creates[0]["headers"]
    assert headers.get("cf-aig-collect-log-payload") == (None if kept else "false")
    assert all(row["headers"].get("cf-aig-collect-log") == "false" for row in scene.asked("gateway") if row["method"] == "GET")
    assert "A cat" not in headers["cf-aig-metadata"]


def test_what_was_set_as_metadata_goes_with_the_create_and_stays_in_the_journal(scene: Scene) -> None:
    settings.configure(metadata={"class": "3b", "seat": 4})
    scene.press()
    scene.settle()
    sent = json.loads(scene.creates[0]["headers"]["cf-aig-metadata"])
    assert sent == {"class": "3b", "seat": 4, "app": "pvideo", "intent": scene.rows()[0].intent}
    assert scene.rows()[0].metadata == sent
    assert all("cf-aig-metadata" not in asked["headers"] for asked in scene.asked("gateway") if asked["method"] == "GET")


def test_F12_all_that_a_run_leaves_behind_is_clean_in_every_form(scene: Scene, tmp_path: Path) -> None:
    for how in ("rst", "close"):
        scene.demo.state.faults.clear()
        scene.fault("after_accept", how)
        scene.press(prompt=f"lost by {how}")
        scene.settle()
    scene.fault("before_accept", "error", nth=None, name="bad_token")
    scene.press(prompt="refused")
    scene.restart()
    scene.settle()
    findings, count = scan([tmp_path], list(scene.tokens))
    assert findings == []
    assert count >= 6
    (tmp_path / "leak").write_bytes(scene.tokens[0].encode("utf-16-le"))
    assert scan([tmp_path], list(scene.tokens))[0]
