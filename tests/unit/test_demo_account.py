"""The demo's Cloudflare account: a gateway made in it works, and each of its settings has its effect on the creates that pass it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.support.demo import InProcess

if TYPE_CHECKING:
    from pathlib import Path

SIX = {"cache_invalidate_on_update": True, "cache_ttl": 0, "collect_logs": True, "rate_limiting_interval": 0, "rate_limiting_limit": 0}
GATEWAYS = "/accounts/demo/ai-gateway/gateways"
CAT = {"version": "prunaai/p-video", "input": {"prompt": "a cat"}}


@pytest.fixture
def demo(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path, gateway="")


def api(demo: InProcess, method: str, path: str, data: Any = None, token: str = "") -> httpx.Response:
    headers = {"authorization": f"Bearer {token or demo.management_token}"}
    return demo.request(method, "", url=f"{demo.management_url}{path}", data=data, headers=headers)


def make(demo: InProcess, name: str = "mine", **settings: Any) -> None:
    answer = api(demo, "POST", GATEWAYS, {"id": name, **SIX, "authentication": True, **settings})
    assert answer.status_code == 200, answer.text


def press(demo: InProcess, name: str = "mine", headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    url = f"{demo.api_root}/demo/{name}/replicate/predictions"
    return demo.request("POST", "", url=url, data=CAT, headers={**(demo.headers if headers is None else headers), **more})


def code(answer: httpx.Response) -> int:
    return answer.json()["error"][0]["code"]


def test_an_empty_account_has_no_gateway_to_pass(demo: InProcess) -> None:
    assert api(demo, "GET", GATEWAYS).json()["result"] == []
    assert code(press(demo)) == 2001
    make(demo)
    assert press(demo).status_code == 201
    assert code(press(demo, "other")) == 2001


def test_authentication_is_the_gateways_own(demo: InProcess) -> None:
    make(demo)
    make(demo, "open", authentication=False)
    bare = {"authorization": f"Bearer {demo.replicate_token}"}
    assert code(press(demo, headers=bare)) == 2009
    assert press(demo, "open", headers=bare).status_code == 201


def test_a_cache_serves_the_old_prediction_unless_it_is_skipped(demo: InProcess) -> None:
    make(demo, cache_ttl=300)
    first, second = press(demo), press(demo)
    assert (second.json()["id"], second.headers["cf-aig-cache-status"]) == (first.json()["id"], "HIT")
    assert press(demo, **{"cf-aig-skip-cache": "true"}).json()["id"] != first.json()["id"]
    demo.clock.advance(301)
    assert press(demo).json()["id"] != first.json()["id"]


def test_retries_pay_again_unless_one_attempt_is_asked_for(demo: InProcess) -> None:
    make(demo, retry_max_attempts=2)
    demo.faults({"match": {"op": "create", "host": "replicate"}, "phase": "after_accept", "do": "close"})
    assert code(press(demo)) == 2005
    assert len(demo.predictions()) == 3
    press(demo, **{"cf-aig-max-attempts": "1"})
    assert len(demo.predictions()) == 4


@pytest.mark.parametrize(("technique", "after"), [("fixed", [201, 201, 429]), ("sliding", [429, 429, 429])])
def test_a_rate_limit_counts_in_its_own_way(demo: InProcess, technique: str, after: list[int]) -> None:
    make(demo, rate_limiting_limit=2, rate_limiting_interval=10, rate_limiting_technique=technique)
    make(demo, "other")
    demo.clock.advance(1)
    press(demo)
    demo.clock.advance(8)
    assert [press(demo).status_code for _ in range(2)] == [201, 429]
    assert press(demo, "other").status_code == 201
    demo.clock.advance(2)
    # The fixed window is over; of the sliding one only the first request is.
    statuses = [press(demo).status_code for _ in range(3)]
    assert statuses == (after if technique == "fixed" else [201, 429, 429])


def test_stored_keys_belong_to_a_gateway(demo: InProcess) -> None:
    make(demo, byok_only=True)
    key = {"alias": "team", "default_config": True, "provider_slug": "replicate", "secret": demo.replicate_token}
    only = {"cf-aig-authorization": f"Bearer {demo.gateway_token}"}
    assert code(press(demo, headers=only)) == 2040
    assert api(demo, "POST", f"{GATEWAYS}/mine/provider_configs", key).status_code == 200
    assert press(demo, headers=only, **{"cf-aig-byok-alias": "team"}).status_code == 201
    assert "Configured aliases: 'team'" in press(demo, headers=only, **{"cf-aig-byok-alias": "tema"}).text
    assert demo.replicate_token not in api(demo, "GET", f"{GATEWAYS}/mine/provider_configs").text


def test_the_one_called_default_comes_with_the_first_authenticated_request(demo: InProcess) -> None:
    assert code(press(demo, "default", headers={"authorization": "Bearer x"})) == 2001
    assert press(demo, "default").status_code == 201
    (made,) = api(demo, "GET", GATEWAYS).json()["result"]
    assert (made["id"], made["is_default"], made["authentication"], made["cache_ttl"]) == ("default", True, True, 0)


def test_the_gateway_of_the_demos_settings_is_one_like_the_others(tmp_path: Path) -> None:
    demo = InProcess(tmp_path)
    (shown,) = api(demo, "GET", GATEWAYS).json()["result"]
    assert (shown["id"], shown["rate_limiting_limit"], shown["cache_ttl"]) == ("pvideo", 0, 0)
    changes = {"rate_limiting_limit": 5, "rate_limiting_interval": 60, "cache_ttl": 90, "retry_max_attempts": 1}
    assert api(demo, "PUT", f"{GATEWAYS}/pvideo", {**SIX, **changes}).status_code == 200
    assert (demo.config.gateway_limit, demo.config.sticky_cache, demo.config.sticky_seconds) == (5, True, 90.0)
    assert (demo.config.gateway_retry, demo.config.authentication) == (1, False)
    demo.settings(gateway_limit=7)
    assert api(demo, "GET", f"{GATEWAYS}/pvideo").json()["result"]["rate_limiting_limit"] == 7


def test_an_account_has_room_for_ten(demo: InProcess) -> None:
    demo.settings(gateways_allowed=1)
    make(demo)
    assert "Too many" in api(demo, "POST", GATEWAYS, {"id": "second", **SIX}).text


@pytest.mark.parametrize(
    ("token", "status"), [("wrong", 401), ("demo-gateway-token", 403), ("demo-replicate-token", 403), ("demo-read-token", 403)]
)
def test_a_token_that_may_not_makes_nothing(demo: InProcess, token: str, status: int) -> None:
    answer = api(demo, "POST", GATEWAYS, {"id": "mine", **SIX}, token)
    assert (answer.status_code, answer.json()["errors"][0]["code"], answer.json()["success"]) == (status, 10000, False)
    assert demo.state.account.gates == {}
    other = api(demo, "GET", "/accounts/somebody/ai-gateway/gateways")
    assert other.status_code == 403


def test_no_token_and_no_route_are_told_apart(demo: InProcess) -> None:
    assert demo.request("GET", "", url=f"{demo.management_url}{GATEWAYS}", headers={}).json()["errors"][0]["code"] == 9106
    assert api(demo, "GET", f"{GATEWAYS}/mine").status_code == 404
    make(demo)
    assert api(demo, "GET", f"{GATEWAYS}/mine/nonsense").status_code == 404
    assert api(demo, "POST", GATEWAYS, [1]).status_code == 400
    wrong = api(demo, "POST", GATEWAYS, {"id": "b", **SIX, "retry_max_attempts": 9, "rate_limiting_technique": "often", "colour": 1}).json()
    assert [error["path"][-1] for error in wrong["errors"]] == ["rate_limiting_technique", "retry_max_attempts", "colour"]


class TestLog:
    def entry(self, demo: InProcess, log_id: str) -> dict[str, Any]:
        return api(demo, "GET", f"{GATEWAYS}/mine/logs/{log_id}").json()["result"]

    def test_it_has_what_came_and_keeps_bodies_unless_told_not_to(self, demo: InProcess) -> None:
        make(demo)
        kept = press(demo, **{"cf-aig-metadata": '{"seat":4,"cf.user_id":"x"}'}).headers["cf-aig-log-id"]
        without = press(demo, **{"cf-aig-collect-log-payload": "false"}).headers["cf-aig-log-id"]
        row = self.entry(demo, kept)
        assert (row["status_code"], row["provider"], row["path"], row["metadata"]) == (201, "replicate", "predictions", {"seat": 4})
        assert "a cat" in api(demo, "GET", f"{GATEWAYS}/mine/logs/{kept}/request").text
        assert "a cat" not in api(demo, "GET", f"{GATEWAYS}/mine/logs/{without}/request").text

    def test_what_is_not_plain_loses_all_of_the_metadata(self, demo: InProcess) -> None:
        make(demo)
        lost = press(demo, **{"cf-aig-metadata": '{"seat":4,"row":null}'}).headers["cf-aig-log-id"]
        many = press(demo, **{"cf-aig-metadata": '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}'}).headers["cf-aig-log-id"]
        assert self.entry(demo, lost)["metadata"] is None
        assert list(self.entry(demo, many)["metadata"]) == ["a", "b", "c", "d", "e"]

    def test_a_gateway_without_a_log_keeps_nothing(self, demo: InProcess) -> None:
        make(demo, collect_logs=False)
        press(demo)
        press(demo, **{"cf-aig-collect-log": "true"})
        assert api(demo, "GET", f"{GATEWAYS}/mine/logs").json()["result_info"]["total_count"] == 1

    def test_filters_are_json_in_the_query(self, demo: InProcess) -> None:
        make(demo)
        press(demo, **{"cf-aig-event-id": "press-1", "cf-aig-metadata": '{"seat":4}'})
        press(demo)
        for key, operator, value, count in [
            ("event_id", "eq", "press-1", 1),
            ("metadata.value", "eq", 4, 1),
            ("metadata.key", "neq", "x", 1),
            ("duration", "gt", 99999, 0),
            ("path", "contains", "predict", 2),
        ]:
            filters = httpx.QueryParams({"filters": f'[{{"key":"{key}","operator":"{operator}","value":["{value}"]}}]'})
            assert api(demo, "GET", f"{GATEWAYS}/mine/logs?{filters}").json()["result_info"]["total_count"] == count, key
        assert api(demo, "GET", f'{GATEWAYS}/mine/logs?filters=[{{"key":"id"}}]').status_code == 400

    def test_feedback_is_kept_and_checked(self, demo: InProcess) -> None:
        make(demo)
        log_id = press(demo).headers["cf-aig-log-id"]
        assert api(demo, "PATCH", f"{GATEWAYS}/mine/logs/{log_id}", {"feedback": -1, "score": 5}).status_code == 200
        assert api(demo, "PATCH", f"{GATEWAYS}/mine/logs/{log_id}", {"feedback": 2}).status_code == 400
        assert (self.entry(demo, log_id)["feedback"], self.entry(demo, log_id)["score"]) == (-1, 5)
        assert api(demo, "PATCH", f"{GATEWAYS}/mine/logs/{log_id}", {"feedback": 1}, demo.config.management_read_token).status_code == 403

    @pytest.mark.parametrize("status", [404, 403, 200])
    def test_the_new_log_system_has_no_logs_api(self, demo: InProcess, status: int) -> None:
        make(demo)
        log_id = press(demo).headers["cf-aig-log-id"]
        demo.settings(logs_system="observability", logs_absent_status=status)
        assert api(demo, "GET", f"{GATEWAYS}/mine/logs").status_code == status
        assert api(demo, "GET", f"{GATEWAYS}/mine/logs/{log_id}").status_code == max(status, 400)
