"""``pvideo.gateways``: what is made, read and changed, what is left alone, and that the token goes to Cloudflare's API and nowhere else."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.canary import cloudflare_canary, find
from tests.support.demo import running_demo

import pvideo
from pvideo import settings
from pvideo.endpoint import Management
from pvideo.errors import ManagementError, SettingsError
from pvideo.job.gateways import Gateways
from pvideo.job.limits import limits
from pvideo.wire.gateways import Gateway, LogEntry, RateLimit
from pvideo.wire.management import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import RunningDemo

TOKEN = cloudflare_canary()


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    for name in ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID", "CF_AIG_TOKEN", "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    yield
    settings.reset()
    limits.clear()


@pytest.fixture
def demo() -> Iterator[RunningDemo]:
    with running_demo(gateway="", management_token=TOKEN, refuse_real_tokens=False) as demo:
        settings.configure(account_id="demo", management_url=demo.management_url, management_token=TOKEN)
        yield demo


def shown(demo: RunningDemo, name: str) -> dict[str, Any]:
    return demo.state.account.gates[name].settings


def test_an_empty_account_gets_a_gateway_that_is_safe_for_paid_calls(demo: RunningDemo) -> None:
    assert pvideo.gateways.list() == []

    made = pvideo.gateways.create("my-gateway")

    assert (made.name, made.authentication, made.cache_ttl, made.collect_logs, made.retries) == ("my-gateway", True, 0.0, True, 0)
    assert made.rate_limit is None
    sent = next(row for row in demo.requests("cloudflare") if row["method"] == "POST")
    assert sent["path"] == "/client/v4/accounts/demo/ai-gateway/gateways"
    assert pvideo.gateways.list() == [made]
    assert pvideo.gateways.get("my-gateway") == made


def test_all_that_the_service_was_seen_to_want_is_sent() -> None:
    with running_demo(gateway="", technique_required=True) as demo:
        settings.configure(account_id="demo", management_url=demo.management_url, management_token=demo.management_token)

        assert pvideo.gateways.create("my-gateway").authentication


def test_a_gateway_that_came_without_authentication_gets_it(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    add = demo.state.account.add
    monkeypatch.setattr(demo.state.account, "add", lambda name, body: add(name, {**body, "authentication": False}))

    assert pvideo.gateways.create("my-gateway").authentication


def test_a_name_that_is_taken_changes_nothing(demo: RunningDemo) -> None:
    pvideo.gateways.create("mine", cache_ttl=300)
    before = dict(shown(demo, "mine"))

    with pytest.raises(ManagementError) as caught:
        pvideo.gateways.create("mine")

    assert caught.value.key == "gateway_exists"
    assert "--use mine" in caught.value.next
    assert shown(demo, "mine") == before
    assert [row["method"] for row in demo.requests("cloudflare")].count("POST") == 1


def test_a_change_leaves_everything_else_as_it_was(demo: RunningDemo) -> None:
    pvideo.gateways.create("mine", cache_ttl=300, log_management=5000, log_management_strategy="DELETE_OLDEST", byok_only=True)

    changed = pvideo.gateways.update("mine", rate_limit=(100, 60, "sliding"), retries=2)

    assert changed.rate_limit == RateLimit(100, 60.0, "sliding")
    assert (changed.authentication, changed.cache_ttl, changed.retries, changed.byok_only) == (True, 300.0, 2, True)
    assert shown(demo, "mine")["log_management_strategy"] == "DELETE_OLDEST"
    assert pvideo.gateways.update("mine", rate_limit=None, retries=0).rate_limit is None
    assert shown(demo, "mine")["retry_max_attempts"] is None


def test_it_is_deleted_by_its_own_call_alone(demo: RunningDemo) -> None:
    pvideo.gateways.create("mine")
    pvideo.gateways.use("mine")
    pvideo.gateways.update("mine", authentication=False)
    assert [row["method"] for row in demo.requests("cloudflare")].count("DELETE") == 0

    pvideo.gateways.delete("mine")

    assert pvideo.gateways.list() == []


def test_an_unknown_one_is_told_with_those_that_are_there(demo: RunningDemo) -> None:
    pvideo.gateways.create("mine")

    for call in (pvideo.gateways.get, pvideo.gateways.update, pvideo.gateways.delete, pvideo.gateways.use):
        with pytest.raises(ManagementError, match='has these: "mine"') as caught:
            call("minne")
        assert caught.value.key == "gateway_unknown"


def test_using_one_sends_presses_through_it(demo: RunningDemo) -> None:
    pvideo.gateways.create("mine")
    settings.configure(gateway_token=demo.gateway_token, replicate_token=demo.replicate_token)

    pvideo.gateways.use("mine")

    assert settings.endpoint().base_url == f"{demo.api_root}/demo/mine/replicate"
    assert settings.endpoint().gateway_id == "mine"


def test_an_address_of_another_host_is_not_used(demo: RunningDemo) -> None:
    pvideo.gateways.create("mine")
    settings.configure(gateway_token=demo.gateway_token)
    demo.state.views.api_base = "https://gateway.example.org/v1"

    pvideo.gateways.use("mine")

    with pytest.raises(SettingsError) as caught:
        settings.endpoint()
    assert caught.value.key == "trust_host"


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "-x", "../x", "ü"])
def test_a_name_that_cannot_be_one_is_not_sent(name: str, demo: RunningDemo) -> None:
    with pytest.raises(SettingsError, match="1 to 64 letters"):
        pvideo.gateways.create(name)

    assert demo.requests("cloudflare") == []


def test_a_token_is_no_name(demo: RunningDemo) -> None:
    with pytest.raises(SettingsError) as caught:
        pvideo.gateways.create(TOKEN)

    assert caught.value.key == "token_in_cell"
    assert TOKEN not in str(caught.value)
    assert demo.requests("cloudflare") == []


@pytest.mark.parametrize(
    "changes",
    [{"cache": 5}, {"cache_ttl": -1}, {"retries": 6}, {"rate_limit": 5}, {"rate_limit": (5, 60, "often")}, {"rate_limit": (5.5, 60)}],
)
def test_a_change_that_does_not_fit_is_not_sent(changes: dict[str, Any], demo: RunningDemo) -> None:
    with pytest.raises(SettingsError):
        pvideo.gateways.update("mine", **changes)

    assert demo.requests("cloudflare") == []


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, demo: RunningDemo) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ManagementError, match=r'pip install "pvideo\[gateway\]"'):
        pvideo.gateways.list()


def test_without_a_token_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.configure(account_id="demo", gateway_token="x" * 40)

    with pytest.raises(SettingsError, match="CLOUDFLARE_API_TOKEN is not set"):
        pvideo.gateways.list()


def test_the_token_of_the_environment_is_named_when_it_may_not(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.reset()
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", demo.config.management_read_token)
    settings.configure(account_id="demo", management_url=demo.management_url)
    assert pvideo.gateways.list() == []

    with pytest.raises(ManagementError) as caught:
        pvideo.gateways.create("mine")

    assert caught.value.key == "management_token"
    assert caught.value.sentence.startswith("CLOUDFLARE_API_TOKEN, environment (15 characters) may not make mine in account demo")
    assert "Nothing was changed" in caught.value.sentence


# where the token goes


def connected(answer: Any) -> tuple[Gateways, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    return Gateways(lambda there: Cloud(there, user_agent="pvideo/test", transport=httpx.MockTransport(handle))), seen


def test_it_goes_to_cloudflare_with_no_other_credential_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    strange = {"CLOUDFLARE_API_KEY": "key-of-old", "CLOUDFLARE_EMAIL": "me@example.org", "CLOUDFLARE_CUSTOM_HEADERS": "X-Secret: 1"}
    for name, value in {**strange, "CLOUDFLARE_API_USER_SERVICE_KEY": "service-key", "CLOUDFLARE_API_TOKEN": TOKEN}.items():
        monkeypatch.setenv(name, value)
    settings.configure(account_id="abc123")
    found, seen = connected(lambda _: httpx.Response(200, json={"success": True, "result": [], "errors": [], "messages": []}))

    assert found.list() == []

    (request,) = seen
    assert str(request.url) == "https://api.cloudflare.com/client/v4/accounts/abc123/ai-gateway/gateways?page=1&per_page=50"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"] == "pvideo/test"
    assert not [name for name in request.headers if name.startswith("x-")]


@pytest.mark.parametrize(
    "url", ["https://api.example.org/client/v4", "http://api.cloudflare.com/client/v4", "https://u:p@api.cloudflare.com/v4"]
)
def test_an_address_that_is_not_safe_gets_no_token(url: str) -> None:
    settings.configure(account_id="a", management_token=TOKEN, management_url=url)

    with pytest.raises(SettingsError) as caught:
        pvideo.gateways.list()
    assert caught.value.key in {"trust_host", "insecure_url", "setting_wrong"}


def test_a_host_that_was_named_gets_it() -> None:
    settings.configure(account_id="a", management_token=TOKEN, management_url="https://api.example.org/v4", trust_host="api.example.org")

    assert settings.management().host == "api.example.org"


def test_a_gateway_on_loopback_has_its_api_beside_it() -> None:
    settings.configure(base_url="http://127.0.0.1:9/v1/a/g/replicate", management_token=TOKEN)

    found = settings.management()
    assert (found.base_url, found.account_id) == ("http://127.0.0.1:9/client/v4", "a")


def test_a_server_that_gives_the_same_page_again_ends_the_list() -> None:
    settings.configure(account_id="a", management_token=TOKEN)
    page = [{"id": f"g{number}"} for number in range(50)]
    found, seen = connected(lambda _: httpx.Response(200, json={"success": True, "result": page, "errors": [], "messages": []}))

    assert len(found.list()) == 50
    assert len(seen) == 2


def test_a_redirect_takes_it_nowhere() -> None:
    settings.configure(account_id="a", management_token=TOKEN)
    found, seen = connected(lambda _: httpx.Response(307, headers={"location": "https://evil.example.org/"}))

    with pytest.raises(ManagementError):
        found.list()
    assert [request.url.host for request in seen] == ["api.cloudflare.com"]


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (lambda _: httpx.Response(502, html="<h1>bad</h1>"), "management_refused"),
        (lambda _: httpx.Response(200, text="<html>a portal</html>"), "management_lost"),
        (lambda _: httpx.Response(200, json=[1]), "management_lost"),
        (lambda _: httpx.Response(401, json={"success": False, "errors": [{"code": 10000, "message": f"no {TOKEN}"}]}), "management_token"),
        (
            lambda _: httpx.Response(400, json={"success": False, "errors": [{"code": 6003, "message": "Invalid request headers"}]}),
            "management_token",
        ),
        (lambda _: httpx.Response(400, json={"success": False, "errors": "?"}), "management_refused"),
    ],
)
def test_a_strange_answer_is_told_without_the_token(answer: Any, key: str) -> None:
    settings.configure(account_id="a", management_token=TOKEN)
    found, _ = connected(answer)

    with pytest.raises(ManagementError) as caught:
        found.list()

    assert caught.value.key == key
    text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert find(text.encode(), [TOKEN], "the traceback") == []
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_lost_answer_to_a_change_says_that_it_may_have_been_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(404, json={"success": False, "errors": [{"code": 7002, "message": "Gateway not found"}]})
        raise httpx.ReadTimeout("no answer", request=request)

    settings.configure(account_id="a", management_token=TOKEN)
    found, seen = connected(lost)

    with pytest.raises(ManagementError, match="whether it was done is not known") as caught:
        found.create("mine")

    assert caught.value.key == "management_lost"
    # It is not sent twice by itself.
    assert [request.method for request in seen] == ["GET", "POST"]


def test_the_token_is_in_no_frame_while_a_request_is_under_way() -> None:
    frames: list[str] = []

    def look(_: httpx.Request) -> httpx.Response:
        frame = sys._getframe()
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module.startswith(("cloudflare", "pvideo")) and frame.f_code.co_name != "handle_request":
                frames.append(f"{module}: {[repr(value) for value in frame.f_locals.values()]}")
            frame = frame.f_back  # type: ignore[assignment]
        return httpx.Response(200, json={"success": True, "result": [], "errors": [], "messages": []})

    settings.configure(account_id="a", management_token=TOKEN)
    found, _ = connected(look)
    found.list()

    assert any(text.startswith("cloudflare") for text in frames)
    assert find("\n".join(frames).encode(), [TOKEN], "the frames") == []


# what is read


def test_what_the_api_leaves_out_is_met() -> None:
    bare = Gateway.of({"id": "g"}, "a")
    assert (bare.authentication, bare.cache_ttl, bare.rate_limit, bare.retries, bare.collect_logs) == (False, 0, None, 0, True)
    assert Gateway.of({"rate_limiting_limit": 5, "rate_limiting_interval": None}, "a").rate_limit is None
    assert Gateway.of(
        {"rate_limiting_limit": 5, "rate_limiting_interval": 60, "rate_limiting_technique": "?"}, "a"
    ).rate_limit == RateLimit(5, 60)


@pytest.mark.parametrize(("metadata", "read"), [('{"seat":4}', {"seat": 4}), ({"seat": 4}, {"seat": 4}), (None, {}), ("nonsense", {})])
def test_a_log_entry_is_read_in_both_spellings(metadata: Any, read: Any) -> None:
    entry = LogEntry.of({"id": "1", "duration": 812, "status_code": 201, "cost": 0, "tokens_in": 0, "metadata": metadata}, "g", "")

    assert (entry.status, entry.duration, entry.cost, entry.tokens, entry.metadata) == (201, 0.812, None, None, read)


def test_reading_one_teaches_its_limit(demo: RunningDemo) -> None:
    pvideo.gateways.create("mine", rate_limit=(100, 60))

    assert limits.meter("demo", "mine").limit == RateLimit(100, 60)
    assert str(RateLimit(100, 60)) == "100 requests per 60 s (fixed)"


def test_the_package_is_loaded_when_it_is_used() -> None:
    import subprocess

    script = "import sys, pvideo; pvideo.gateways; print('cloudflare' in sys.modules, 'httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split() == ["False", "False"]


def test_a_management_is_not_shown_with_its_token() -> None:
    there = Management(
        base_url="https://api.cloudflare.com/client/v4", account_id="a", token=settings.Secret(TOKEN, "CLOUDFLARE_API_TOKEN")
    )

    assert TOKEN not in repr(there)
