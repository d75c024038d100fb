"""The two public pages, step by step: "Use Pruna P-video through AI Gateway" and "Replicate" of Cloudflare's AI Gateway documentation.

Each step is done as it is written there, with a plain HTTP client against the demo, and as pvideo does it.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.demo import running_demo

import pvideo
from pvideo import settings
from pvideo.endpoint import resolve
from pvideo.job.engine import Engine
from pvideo.job.limits import limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.scene import Scene
    from tests.support.demo import RunningDemo

PROMPT = "A cat walking through a field of flowers in slow motion"
BODY = {"version": "prunaai/p-video", "input": {"prompt": PROMPT, "duration": 5, "aspect_ratio": "16:9", "resolution": "720p", "fps": 24}}
VARIABLES = ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID", "CF_AIG_TOKEN", "CLOUDFLARE_API_TOKEN", "REPLICATE_API_TOKEN")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunningDemo]:
    """An account without a gateway, and nothing set up here."""
    for name in (*VARIABLES, "PVIDEO_BASE_URL", "CLOUDFLARE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    settings.reset()
    with running_demo(gateway="") as demo:
        settings.configure(account_id="demo", management_url=demo.management_url, management_token=demo.management_token)
        yield demo
        Engine.get().close()
    settings.reset()
    limits.clear()


@pytest.fixture
def gateway(account: RunningDemo) -> RunningDemo:
    """The same after step 2."""
    pvideo.gateways.create("my-gateway")
    settings.configure(gateway_token=account.gateway_token, replicate_token=account.replicate_token)
    pvideo.gateways.use("my-gateway")
    return account


def base(demo: RunningDemo) -> str:
    return f"{demo.api_root}/demo/my-gateway/replicate"


def curl(demo: RunningDemo, path: str, *headers: str, data: Any = None) -> httpx.Response:
    """Do what the page's curl does: POST with ``--data``, else GET."""
    tokens = {"REPLICATE_API_TOKEN": demo.replicate_token, "CLOUDFLARE_API_TOKEN": demo.gateway_token}
    sent = dict(line.replace("$", "").format(**tokens).split(": ", 1) for line in headers)
    method = "POST" if data is not None else "GET"
    return httpx.request(
        method, base(demo) + path, headers=sent, content=None if data is None else json.dumps(data), trust_env=False, timeout=70
    )


BOTH = ("Authorization: Bearer ${REPLICATE_API_TOKEN}", "cf-aig-authorization: Bearer ${CLOUDFLARE_API_TOKEN}")
TYPE = "Content-Type: application/json"


# "Use Pruna P-video through AI Gateway"


def test_tutorial_step_1_a_replicate_token(gateway: RunningDemo) -> None:
    """Without it Replicate refuses, and the card says where one is made."""
    settings.configure(replicate_token="r8_" + "x" * 37)
    gateway.settings(refuse_real_tokens=False)
    with pytest.raises(pvideo.RefusedError) as caught:
        pvideo.generate(PROMPT, draft=True).wait(60)
    assert caught.value.key == "replicate_token"
    assert "replicate.com/account/api-tokens" in caught.value.next


def test_tutorial_step_2_create_an_ai_gateway(account: RunningDemo) -> None:
    """By one call: a name of at most 64 characters, authentication on."""
    with pytest.raises(pvideo.SettingsError):
        pvideo.gateways.create("x" * 65)
    made = pvideo.gateways.create("my-gateway")
    assert (made.name, made.account, made.authentication) == ("my-gateway", "demo", True)
    bare = curl(account, "/predictions", BOTH[0], TYPE, data=BODY)
    assert (bare.status_code, bare.json()["name"]) == (401, "AiGatewayError")


def test_tutorial_step_3_construct_the_gateway_url(gateway: RunningDemo) -> None:
    """Instead of https://api.replicate.com/v1."""
    plain = settings.Settings(account_id="abc123", gateway_id="my-gateway", gateway_token=settings.Secret("x" * 40, "a test"))
    assert resolve(plain).base_url == "https://gateway.ai.cloudflare.com/v1/abc123/my-gateway/replicate"
    assert settings.endpoint().base_url == base(gateway)


def test_tutorial_step_4_create_a_prediction(gateway: RunningDemo) -> None:
    """Both headers, `version` with the model's name; the addresses in the answer are api.replicate.com's."""
    gateway.settings(speed=1)
    by_hand = curl(gateway, "/predictions", *BOTH, TYPE, data=BODY)
    gateway.settings(speed=50)
    assert by_hand.status_code == 201
    made = by_hand.json()
    assert made["status"] == "starting"
    assert made["urls"]["get"] == f"https://api.replicate.com/v1/predictions/{made['id']}"
    assert made["urls"]["cancel"].endswith(f"{made['id']}/cancel")

    pvideo.generate(PROMPT, duration=5, aspect_ratio="16:9", resolution="720p", fps=24, seed=1).wait(60)
    first, second = gateway.predictions()
    assert {**second["input"], "seed": None} == {**first["input"], "seed": None}
    assert {second["headers"][name] for name in ("authorization", "cf-aig-authorization")} == {"present, matches: true"}


def test_tutorial_step_5_poll_for_the_result(gateway: RunningDemo) -> None:
    """At the gateway's address, until it says succeeded; then `output` is the file's address."""
    made = curl(gateway, "/predictions", *BOTH, TYPE, data=BODY).json()
    for _ in range(500):
        seen = curl(gateway, f"/predictions/{made['id']}", *BOTH).json()
        if seen["status"] in {"succeeded", "failed"}:
            break
    assert seen["status"] == "succeeded"
    assert httpx.get(seen["output"], trust_env=False).headers["content-type"] == "video/mp4"

    video = pvideo.generate(PROMPT, draft=True).wait(60)
    assert video.path is not None
    assert video.path.stat().st_size == gateway.predictions()[1]["size"]
    looks = [row for row in gateway.requests("gateway", "GET") if row["path"].endswith(str(video.prediction_id))]
    assert looks
    assert gateway.requests("replicate") == []


def test_tutorial_step_6_prefer_wait(gateway: RunningDemo) -> None:
    """One call that answers with the output."""
    seen = curl(gateway, "/predictions", *BOTH, TYPE, "Prefer: wait", data=BODY)
    assert seen.headers["preference-applied"].startswith("wait")
    assert seen.json()["output"].endswith(".mp4")

    pvideo.generate(PROMPT, draft=True, prefer_wait=True).wait(60)
    assert gateway.predictions()[1]["headers"]["prefer"] == "wait"


def test_tutorial_step_6_note_longer_than_60_seconds_is_polled(scene: Scene) -> None:
    """An answer without an output is polled as in step 5 (in virtual time: 20 s at 1080p take 80 s)."""
    video = scene.press(prefer_wait=True, duration=20, resolution="1080p")
    scene.settle()
    assert video.status == "succeeded"
    (paid,) = scene.paid
    assert paid["headers"]["prefer"] == "wait"
    looks = [row for row in scene.asked("gateway") if row["path"].endswith(f"/predictions/{paid['id']}")]
    assert 1 <= len(looks) <= 12


# "Replicate"


def test_provider_page_endpoint_and_url_structure(gateway: RunningDemo) -> None:
    """What stands behind https://api.replicate.com/v1 stands behind the gateway's address as well."""
    for path in ("/models/prunaai/p-video", "/predictions"):
        through = curl(gateway, path, *BOTH)
        straight = httpx.get(f"{gateway.api_root}{path}", headers={"authorization": f"Bearer {gateway.replicate_token}"}, trust_env=False)
        assert (through.status_code, through.json()) == (200, straight.json())


def test_provider_page_prerequisites(account: RunningDemo) -> None:
    """Account id, gateway name, Replicate token, model: what is missing is asked for by name."""
    settings.reset()
    for given, missing in (
        ({}, "no_account"),
        ({"account_id": "abc123"}, "CLOUDFLARE_GATEWAY_ID"),
        ({"gateway_id": "my-gateway"}, "CF_AIG_TOKEN or REPLICATE_API_TOKEN"),
    ):
        settings.configure(**given)
        with pytest.raises(pvideo.SettingsError) as caught:
            settings.endpoint()
        assert missing in {caught.value.key, caught.value.values.get("setting")}
    settings.configure(replicate_token="r8_" + "x" * 37)
    assert settings.endpoint().host == "gateway.ai.cloudflare.com"


def test_provider_page_example_curl_without_authentication(account: RunningDemo) -> None:
    """The page's example has Replicate's token alone: that passes a gateway whose authentication is off, and only there."""
    pvideo.gateways.create("my-gateway", authentication=False)
    assert curl(account, "/predictions", BOTH[0], TYPE, data=BODY).status_code == 201
    pvideo.gateways.update("my-gateway", authentication=True)
    assert curl(account, "/predictions", BOTH[0], TYPE, data=BODY).status_code == 401


def test_provider_page_other_models(gateway: RunningDemo) -> None:
    """`version` takes any model's name; one that is not there is refused in Replicate's words."""
    refused = curl(
        gateway, "/predictions", *BOTH, TYPE, data={"version": "nobody/nothing", "input": {"prompt": "Write a haiku about Cloudflare"}}
    )
    assert (refused.status_code, refused.json()["title"]) == (422, "Invalid version or not permitted")


def test_both_pages_are_one_command_here(gateway: RunningDemo) -> None:
    """What the pages do by hand, `%pvideo explain` shows of a press: the same address, headers and body."""
    video = pvideo.generate(PROMPT, draft=True).wait(60)
    create = Engine.get().exchanges(video.intent)[0]
    assert (create["method"], create["path"]) == ("POST", "/predictions")
    assert json.loads(create["request_body"])["version"] == "prunaai/p-video"
    assert {name.lower() for name in create["request_headers"]} >= {"authorization", "cf-aig-authorization", "content-type"}
    assert shlex.quote(create["request_headers"]["Authorization"]) == "'Bearer ••••'"
