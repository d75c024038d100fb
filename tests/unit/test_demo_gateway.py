"""The gateway's half of the demo: who may pass, and what it does to a request on its way."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.canary import cloudflare_canary, replicate_canary
from tests.support.demo import InProcess

if TYPE_CHECKING:
    from pathlib import Path

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture
def demo(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path)


def code(answer: Any) -> int:
    return answer.json()["error"][0]["code"]


def upstream(demo: InProcess) -> list[dict[str, Any]]:
    return [row for row in demo.ledger()["requests"] if row["via"] == "gateway"]


def test_an_answer_carries_the_gateways_marks(demo: InProcess) -> None:
    answer = demo.create()
    marks = [answer.headers[f"cf-aig-{name}"] for name in ("log-id", "request-id", "event-id")]
    assert len(set(marks)) == 1
    assert UUID7.fullmatch(marks[0])
    assert (answer.headers["cf-aig-step"], answer.headers["cf-aig-cache-status"]) == ("0", "MISS")
    named = demo.create(headers={"cf-aig-event-id": "press-1"})
    assert named.headers["cf-aig-event-id"] == "press-1"
    assert named.headers["cf-aig-request-id"] != "press-1"
    assert demo.predictions()[1]["event_id"] == "press-1"
    assert demo.predictions()[1]["log_id"] == named.headers["cf-aig-log-id"]


def test_addresses_in_answers_stay_replicates(demo: InProcess) -> None:
    data = demo.create().json()
    assert data["urls"]["get"] == f"https://api.replicate.com/v1/predictions/{data['id']}"
    demo.settings(urls="demo")
    look = demo.request("GET", f"/predictions/{data['id']}").json()
    assert look["urls"]["get"] == f"{demo.api_root}/predictions/{data['id']}"


def test_gateway_headers_end_at_the_gateway(demo: InProcess) -> None:
    demo.create(headers={"cf-aig-metadata": "{}", "cf-aig-skip-cache": "true", "prefer": "wait=1", "cancel-after": "5m"})
    [row] = upstream(demo)
    assert not [name for name in row["headers"] if name.startswith("cf-")]
    assert (row["headers"]["prefer"], row["headers"]["cancel-after"]) == ("wait=1", "5m")
    assert row["headers"]["authorization"] == "present, matches: true"
    assert demo.predictions()[0]["deadline"] == 300
    assert demo.predictions()[0]["headers"]["cf-aig-metadata"] == "{}"
    demo.settings(cancel_after_passes=False)
    demo.create(headers={"cancel-after": "5m"})
    assert demo.predictions()[1]["deadline"] is None


@pytest.mark.parametrize("token", [None, "wrong"])
def test_its_own_token(demo: InProcess, token: str | None) -> None:
    headers = {"authorization": f"Bearer {demo.replicate_token}"} | ({"cf-aig-authorization": f"Bearer {token}"} if token else {})
    answer = demo.request("POST", "/predictions", data={}, headers=headers)
    assert (answer.status_code, code(answer)) == (401, 2009)
    assert "cf-aig-log-id" not in answer.headers
    assert upstream(demo) == []
    demo.settings(authentication=False)
    assert demo.request("GET", "/predictions", headers=headers).status_code == 200


def test_two_different_401(demo: InProcess) -> None:
    answer = demo.create(headers={"authorization": "Bearer wrong"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json()["title"] == "Unauthenticated"


def test_wrong_addresses(demo: InProcess) -> None:
    for path, wanted in {"/v1/demo/typo/replicate/predictions": 2001, "/v1/other/pvideo/replicate/predictions": 2001}.items():
        assert code(demo.request("GET", "", url=demo.origin + path)) == wanted
    assert code(demo.request("GET", "", url=f"{demo.origin}/v1/demo/pvideo/replikate/predictions")) == 2008


@pytest.mark.parametrize(
    ("setting", "method", "path"), [("list_allowed", "GET", "/predictions"), ("model_allowed", "GET", "/models/prunaai/p-video")]
)
def test_what_may_not_pass_is_a_switch(demo: InProcess, setting: str, method: str, path: str) -> None:
    assert demo.request(method, path).status_code == 200
    demo.settings(**{setting: False})
    assert code(demo.request(method, path)) == 2008
    assert demo.request(method, "", url=f"{demo.api_root}{path}").status_code == 200


def test_stored_keys(demo: InProcess) -> None:
    only_gateway = {"cf-aig-authorization": f"Bearer {demo.gateway_token}"}
    body = {"version": "prunaai/p-video", "input": {"prompt": "a cat"}}

    def create(**more: str) -> Any:
        return demo.request(
            "POST", "/predictions", data=body, headers=only_gateway | {name.replace("_", "-"): text for name, text in more.items()}
        )

    bare = create()
    assert (bare.status_code, bare.json()["detail"]) == (401, "You did not pass an authentication token")
    assert code(create(cf_aig_no_wholesale="true")) == 2040
    demo.settings(byok_aliases=("default", "class"))
    assert create().status_code == 201
    assert create(cf_aig_no_wholesale="true", cf_aig_byok_alias="class").status_code == 201
    unknown = create(cf_aig_byok_alias="klass")
    assert (unknown.status_code, code(unknown)) == (400, 2040)
    assert unknown.json()["error"][0]["message"].endswith("named 'klass'. Configured aliases: 'default', 'class'")
    assert create(authorization="Bearer wrong").status_code == 401


@pytest.mark.parametrize("technique", ["fixed", "sliding"])
def test_its_rate_limit_counts_polls_too(demo: InProcess, technique: str) -> None:
    demo.settings(gateway_limit=3, gateway_interval=10, gateway_technique=technique)
    path = f"/predictions/{demo.create().json()['id']}"
    demo.clock.advance(6)
    assert [demo.request("GET", path).status_code for _ in range(3)] == [200, 200, 429]
    refused = demo.create()
    assert (code(refused), "retry-after" in refused.headers) == (2003, False)
    demo.clock.advance(5)
    # A fixed window starts anew; a sliding one has got back only the place of the create.
    assert [demo.request("GET", path).status_code for _ in range(3)] == ([200] * 3 if technique == "fixed" else [200, 429, 429])
    assert len(demo.predictions()) == 1


def test_a_sticky_cache_serves_old_answers(demo: InProcess) -> None:
    demo.settings(sticky_cache=True)
    first, second = demo.create(), demo.create()
    assert (second.json()["id"], second.headers["cf-aig-cache-status"]) == (first.json()["id"], "HIT")
    fresh = demo.create(headers={"cf-aig-skip-cache": "true"})
    assert fresh.json()["id"] != first.json()["id"]
    path = f"/predictions/{first.json()['id']}"
    demo.request("GET", path)
    demo.clock.advance(60)
    assert demo.request("GET", path).json()["status"] == "starting"
    demo.clock.advance(300)
    assert demo.request("GET", path).json()["status"] == "succeeded"
    assert len(demo.predictions()) == 2


def test_a_cache_key_caches_even_where_caching_is_off(demo: InProcess) -> None:
    key = {"cf-aig-cache-key": "one"}
    assert demo.create(headers=key).json()["id"] == demo.create(headers=key, seed=5).json()["id"]


def test_a_hit_on_request(demo: InProcess) -> None:
    demo.faults({"match": {"op": "create", "nth": 2}, "do": "cache_hit"})
    first, second, third = (demo.create(seed=seed) for seed in (1, 2, 3))
    assert second.headers["cf-aig-cache-status"] == "HIT"
    assert second.json()["id"] == first.json()["id"] != third.json()["id"]


LOST = {"match": {"op": "create", "host": "replicate"}, "phase": "after_accept", "do": "close"}


class TestRetries:
    def test_an_upstream_that_drops_is_2005_after_it_was_paid(self, demo: InProcess) -> None:
        demo.faults(LOST)
        answer = demo.create()
        assert (answer.status_code, code(answer)) == (400, 2005)
        assert len(demo.predictions()) == 1

    def test_set_to_retry_it_pays_again(self, demo: InProcess) -> None:
        demo.settings(gateway_retry=2)
        demo.faults(LOST)
        assert code(demo.create(headers={"cf-aig-event-id": "press-1"})) == 2005
        assert [row["event_id"] for row in demo.predictions()] == ["press-1"] * 3
        demo.create(headers={"cf-aig-max-attempts": "1"})
        assert len(demo.predictions()) == 4
        demo.settings(gateway_retry_honours_header=False)
        demo.create(headers={"cf-aig-max-attempts": "1"})
        assert len(demo.predictions()) == 7

    def test_it_retries_server_errors_only(self, demo: InProcess) -> None:
        demo.settings(gateway_retry=5)
        demo.faults({"match": {"op": "create", "host": "replicate", "nth": [1, 2]}, "do": "status", "status": 502})
        assert demo.create().status_code == 201
        assert len(upstream(demo)) == 3
        assert demo.create(duration=99).status_code == 422
        assert len(upstream(demo)) == 4

    def test_a_forced_resend(self, demo: InProcess) -> None:
        demo.faults({"match": {"op": "create"}, "do": "retry_upstream", "times": 3})
        newest = demo.create().json()["id"]
        assert [row["id"] for row in demo.predictions()][-1] == newest
        assert len(demo.predictions()) == 3
        demo.create(headers={"cf-aig-max-attempts": "1"})
        assert len(demo.predictions()) == 4


def test_python_urllib_is_turned_away_at_the_edge(demo: InProcess) -> None:
    answer = demo.create(headers={"user-agent": "Python-urllib/3.12"})
    assert (answer.status_code, answer.text) == (403, "error code: 1010")


@pytest.mark.parametrize("header", ["authorization", "cf-aig-authorization"])
def test_real_tokens_are_refused_and_not_repeated(demo: InProcess, header: str) -> None:
    token = replicate_canary() if header == "authorization" else cloudflare_canary()
    answer = demo.create(headers={header: f"Bearer {token}", "x-note": f"see {token}"})
    assert answer.status_code == 401
    assert "no real tokens" in answer.text
    assert token not in answer.text
    assert token not in json.dumps(demo.ledger())
    assert demo.predictions() == []


def test_tokens_of_true_shape_pass_where_a_test_made_them_the_demos(tmp_path: Path) -> None:
    gateway, replicate = cloudflare_canary(), replicate_canary()
    demo = InProcess(tmp_path, gateway_token=gateway, replicate_token=replicate)
    assert demo.create().status_code == 201
    assert gateway not in json.dumps(demo.ledger())
    demo.settings(ledger_tokens=True)
    demo.create()
    assert demo.predictions()[1]["headers"]["cf-aig-authorization"] == f"Bearer {gateway}"


def test_the_bare_face_wants_replicates_token_only(demo: InProcess) -> None:
    token = {"authorization": f"Bearer {demo.replicate_token}"}
    body = {"input": {"prompt": "a cat"}}
    answer = demo.request("POST", "", url=f"{demo.api_root}/models/prunaai/p-video/predictions", data=body, headers=token)
    assert answer.status_code == 201
    assert not [name for name in answer.headers if name.startswith("cf-aig")]
    row = demo.ledger()["requests"][0]
    assert (row["host"], row["via"], row["path"]) == ("replicate", "", "/models/prunaai/p-video/predictions")
    assert row["credentials"]["authorization"]["matches"] == "replicate"


def test_the_ledger_tells_whose_token_came(demo: InProcess) -> None:
    import hashlib

    crossed = {"cf-aig-authorization": f"Bearer {demo.replicate_token}", "authorization": f"Bearer {demo.gateway_token}"}
    assert demo.request("GET", "/predictions", headers=crossed).status_code == 401
    row = demo.ledger()["requests"][0]
    assert {name: row["credentials"][name]["matches"] for name in crossed} == {
        "cf-aig-authorization": "replicate",
        "authorization": "gateway",
    }
    assert row["credentials"]["authorization"]["sha256"] == hashlib.sha256(demo.gateway_token.encode()).hexdigest()
    assert row["headers"]["authorization"] == "present, matches: true"
