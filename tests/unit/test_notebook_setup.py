"""``%pvideo setup --create`` and ``--use``: what is asked, made, said and left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.canary import cloudflare_canary, find, replicate_canary
from tests.support.demo import running_demo

import pvideo
from pvideo import settings
from pvideo.endpoint import Endpoint, Management
from pvideo.errors import InputError, ManagementError, SettingsError
from pvideo.job.limits import limits
from pvideo.notebook.gateway import describe
from pvideo.notebook.setup import Wish, setup
from pvideo.wire.gateways import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.demo import RunningDemo

API, RUN, REPLICATE = cloudflare_canary(), cloudflare_canary(), replicate_canary()
VARIABLES = (
    "CLOUDFLARE_ACCOUNT_ID",
    "CLOUDFLARE_GATEWAY_ID",
    "CF_AIG_TOKEN",
    "CLOUDFLARE_API_TOKEN",
    "REPLICATE_API_TOKEN",
    "PVIDEO_BASE_URL",
)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    for name in (
        "CLOUDFLARE_ACCOUNT_ID",
        "CLOUDFLARE_GATEWAY_ID",
        "CF_AIG_TOKEN",
        "CLOUDFLARE_API_TOKEN",
        "REPLICATE_API_TOKEN",
        "PVIDEO_BASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    yield
    settings.reset()
    limits.clear()


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningDemo]:
    tokens = {"management_token": API, "gateway_token": RUN, "replicate_token": REPLICATE}
    with running_demo(gateway="", refuse_real_tokens=False, **tokens) as demo:
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", demo.management_url)
        yield demo


def run(words: str, *answers: str, network: Any = None) -> tuple[list[str], str]:
    asked: list[str] = []
    told: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return answers[len(asked) - 1]

    options = {} if network is None else {"network": network}
    try:
        setup(words.split(), ask=ask, tell=told.append, **options)
    finally:
        said = "\n".join([*asked, *told])
        assert find(said.encode(), [API, RUN, REPLICATE], "what was said") == []
    assert len(asked) == len(answers)
    return asked, "\n".join(told)


def test_from_an_empty_account_to_a_gateway_that_works(demo: RunningDemo, tmp_path: Path) -> None:
    asked, told = run("--create my-gateway --keep", "demo", API, RUN, REPLICATE)

    assert '"AI Gateway Read" and "Edit"' in asked[1]
    assert "Account demo has no gateway yet." in told
    assert "Made the gateway my-gateway" in told
    for line in ("✓ Access      on: only requests", "✓ Cache       off", "✓ Retries     off", "✓ Logs        on", "✓ Rate limit  none"):
        assert line in told
    assert "Read with the token from %pvideo setup; it is never written down." in told
    assert "✓ Gateway" in told
    assert "✓ Model" in told
    # The next kernel finds it without a question, and without the token that can change gateways.
    assert API not in (tmp_path / "account.json").read_text(encoding="utf-8")
    settings.reset()
    assert settings.endpoint().base_url == f"{demo.api_root}/demo/my-gateway/replicate"


def test_what_the_environment_has_is_not_asked_for(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "demo")
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", API)
    monkeypatch.setenv("CF_AIG_TOKEN", RUN)
    monkeypatch.setenv("REPLICATE_API_TOKEN", REPLICATE)
    _, told = run("--create=my-gateway")

    assert "Read with the token from CLOUDFLARE_API_TOKEN, environment" in told
    assert "Made the gateway my-gateway" in told
    assert told.endswith("%pvideo setup --keep")


def test_with_everything_set_nobody_has_to_sit_there(demo: RunningDemo) -> None:
    settings.configure(account_id="demo", management_token=API, gateway_token=RUN, replicate_token=REPLICATE)
    told: list[str] = []

    def nobody(_: str) -> str:
        raise RuntimeError("this frontend does not support input requests")

    setup(["--create", "mine"], ask=nobody, tell=told.append)

    assert told[-1].startswith("In use in this kernel.")
    assert settings.endpoint().gateway_id == "mine"
    settings.configure(replicate_token=None)
    with pytest.raises(SettingsError, match="nobody can answer here"):
        setup(["--create", "other"], ask=nobody, tell=told.append)


def test_without_the_package_nothing_is_asked(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ManagementError, match=r'pip install "pvideo\[gateway\]"'):
        run("--create mine")


def test_one_that_is_there_is_used_only_when_that_is_wanted(demo: RunningDemo) -> None:
    settings.configure(account_id="demo", management_token=API)
    pvideo.gateways.create("mine", cache_ttl=300, retries=3)
    before = dict(demo.state.account.gates["mine"].settings)
    count = len(demo.requests("cloudflare"))

    asked, told = run("--create mine", "n")

    assert asked == ["Use mine as it is? y/N "]
    assert "There is a gateway called mine already; nothing was changed." in told
    assert "✗ Cache       on (300 s): a repeated prompt could get an old video" in told
    assert '✗ Retries     "Retry requests" is on (up to 3 times)' in told
    assert 'Next: pvideo.gateways.update("mine", retries=0)' in told
    assert told.endswith("Another one: %pvideo setup --create another-name.")
    assert settings.current().gateway_id == ""

    run("--create mine", "y", RUN, REPLICATE)

    assert settings.endpoint().gateway_id == "mine"
    assert {row["method"] for row in demo.requests("cloudflare")[count:]} == {"GET"}
    assert demo.state.account.gates["mine"].settings == before


def test_use_takes_one_that_is_there(demo: RunningDemo) -> None:
    settings.configure(account_id="demo", management_token=API)
    pvideo.gateways.create("mine")
    _, told = run("--use mine", RUN, REPLICATE)
    assert "Presses go through mine now." in told

    with pytest.raises(ManagementError, match='has these: "mine"'):
        run("--use other")


def test_a_token_that_may_not_ends_it_with_nothing_changed(demo: RunningDemo) -> None:
    with pytest.raises(ManagementError) as caught:
        run("--create mine", "demo", demo.config.management_read_token)

    assert caught.value.key == "management_token"
    assert "%pvideo setup (15 characters) may not make mine" in caught.value.sentence
    assert demo.state.account.gates == {}


def test_in_the_demo_nothing_is_asked_and_the_next_press_goes_through_it(demo: RunningDemo) -> None:
    api = Management(base_url=demo.management_url, account_id="demo", token=settings.Secret(API, "the demo"), realm="demo")
    there = {"gateway_token": settings.Secret(RUN, "the demo"), "replicate_token": settings.Secret(REPLICATE, "the demo")}
    base = f"{demo.api_root}/demo/pvideo/replicate"
    settings.use_demo(lambda: Endpoint(base_url=base, kind="demo", account_id="demo", gateway_id="pvideo", management=api, **there))

    _, told = run("--create class-3b")

    assert "Presses go through class-3b of the embedded account now" in told
    assert settings.endpoint().base_url == f"{demo.api_root}/demo/class-3b/replicate"
    settings.configure(stored_key="team")
    assert settings.endpoint().replicate_token is not None  # the account's stored key is not the demo's
    settings.use_demo(None)
    with pytest.raises(SettingsError):
        settings.endpoint()


def test_what_does_not_work_is_not_kept(demo: RunningDemo, tmp_path: Path) -> None:
    _, told = run("--create mine --keep", "demo", API, "wrong-token-for-the-gateway", REPLICATE)

    assert "✗ Gateway     Cloudflare refused the gateway token." in told
    assert "– Replicate" in told
    assert not (tmp_path / "account.json").exists()


@pytest.mark.parametrize("words", ["--create", "--make x", "x", "--create a b", "--use"])
def test_a_line_that_is_not_understood(words: str) -> None:
    with pytest.raises(InputError):
        run(words)


@pytest.mark.parametrize("name", ["x" * 65, "a/b", "ü"])
def test_a_name_that_cannot_be_one_is_refused_before_anything_is_asked(name: str) -> None:
    with pytest.raises(SettingsError, match="1 to 64 letters"):
        run(f"--create {name}")


def test_the_line_is_read() -> None:
    assert Wish.of(["--create", "a"]) == Wish.of(["--create=a"]) == Wish(create="a")
    assert Wish.of(["--use", "a", "--keep"]) == Wish.of(["--keep", "--use=a"]) == Wish(use="a", keep=True)
    assert Wish.of([]) == Wish()


def test_every_setting_is_said_with_what_it_means() -> None:
    risky = {"id": "g", "authentication": False, "cache_ttl": 60, "retry_max_attempts": 5, "collect_logs": False, "byok_only": True}
    risky |= {"rate_limiting_limit": 5, "rate_limiting_interval": 60}
    lines = {line.name: line for line in describe(Gateway.of(risky, "a"), log_payload=True)}

    assert [lines[name].mark for name in ("Access", "Cache", "Retries", "Logs", "Rate limit", "Keys")] == ["✗", "✗", "✗", "–", "✓", "✓"]
    assert all(lines[name].next.startswith('pvideo.gateways.update("g", ') for name in ("Access", "Cache", "Retries"))
    assert lines["Rate limit"].text == "5 requests per 60 s (fixed), looks among them; pvideo stays under it"

    calm = {line.name: line for line in describe(Gateway.of({"id": "g", "authentication": True}, "a"), log_payload=False)}
    assert {line.mark for line in calm.values()} == {"✓"}
    assert not [line for line in calm.values() if line.next]
