"""The gateway's other ways in (the universal endpoint, `/replicate/v1`), and who is judged first there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.demo import InProcess

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

CAT = {"version": "prunaai/p-video", "input": {"prompt": "a cat"}}


@pytest.fixture
def demo(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path)


def step(demo: InProcess, endpoint: str = "predictions", query: Any = None, **more: Any) -> dict[str, Any]:
    """One step, with its keys in the order of Cloudflare's `ai-gateway-provider`."""
    headers = {"authorization": f"Bearer {demo.replicate_token}", "content-type": "application/json", **more.pop("headers", {})}
    return {"endpoint": endpoint, "headers": headers, "provider": "replicate", "query": CAT if query is None else query, **more}


def ask(demo: InProcess, body: Any, *, path: str = "demo/pvideo", headers: dict[str, str] | None = None) -> httpx.Response:
    sent = {"cf-aig-authorization": f"Bearer {demo.gateway_token}", "content-type": "application/json", **(headers or {})}
    return demo.request("POST", "", url=f"{demo.api_root}/{path}", data=body, headers=sent)


def code(answer: httpx.Response) -> int:
    data = answer.json()
    assert (data["success"], data["error"][0]["code"]) == (False, data["internalCode"])
    return data["internalCode"]


BAD = {**CAT, "input": {"prompt": "a cat", "duration": 99}}


@pytest.mark.parametrize(
    ("endpoint", "query"),
    [
        ("predictions", CAT),
        ("/predictions", CAT),
        ("v1/predictions", CAT),  # what Cloudflare's own package leaves of https://api.replicate.com/v1/predictions
        ("models/prunaai/p-video/predictions", {"input": CAT["input"]}),
        ("v1/models/prunaai/p-video/predictions", {"input": CAT["input"]}),
    ],
)
@pytest.mark.parametrize("path", ["demo/pvideo", "demo/pvideo/"])
def test_found_f_the_universal_endpoint_makes_a_prediction(demo: InProcess, endpoint: str, query: Any, path: str) -> None:
    answer = ask(demo, [step(demo, endpoint, query)], path=path, headers={"cf-aig-event-id": "press-1", "cf-aig-metadata": '{"seat":4}'})
    (made,) = demo.predictions()
    (entry,) = demo.state.log.entries("pvideo")

    assert answer.status_code == 201, answer.text
    assert (answer.json()["id"], answer.headers["cf-aig-step"], answer.headers["cf-aig-event-id"]) == (made["id"], "0", "press-1")
    assert answer.headers["cf-aig-log-id"] == answer.headers["cf-aig-request-id"] == made["log_id"] == entry["row"]["id"]
    assert made["event_id"] == "press-1"
    assert (entry["row"]["model"], entry["row"]["provider"], entry["row"]["metadata"]) == ("prunaai/p-video", "replicate", {"seat": 4})
    # Nothing that is the gateway's goes on to Replicate.
    (upstream,) = (row for row in demo.ledger()["requests"] if row["via"])
    assert not [name for name in upstream["headers"] if name.startswith("cf-")]


@pytest.mark.parametrize(
    ("first", "status"),
    [
        ({"query": BAD}, 422),
        ({"headers": {"authorization": "Bearer wrong"}}, 401),
        ({"query": {**CAT, "version": "nobody/nothing"}}, 422),
        ({"endpoint": "nowhere"}, 404),
        ({"provider": "openai", "endpoint": "chat/completions"}, 400),
        ({"provider": "replikate"}, 400),
        ({"headers": {"cf-aig-byok-alias": "unknown"}, "bare": True}, 400),
    ],
)
def test_found_f_a_step_that_fails_is_followed_by_the_next(demo: InProcess, first: dict[str, Any], status: int) -> None:
    bare = first.pop("bare", False)
    failing = step(demo, **first)
    if bare:
        del failing["headers"]["authorization"]
    alone = ask(demo, [failing])
    before = len(demo.state.log.entries("pvideo"))
    both = ask(demo, [failing, step(demo)])

    assert (alone.status_code, alone.headers["cf-aig-step"]) == (status, "0")
    assert (both.status_code, both.headers["cf-aig-step"]) == (201, "1")
    assert len(demo.predictions()) == 1
    assert both.headers["cf-aig-request-id"] != both.headers["cf-aig-log-id"] == demo.predictions()[0]["log_id"]
    assert [entry["row"]["step"] for entry in demo.state.log.entries("pvideo")][: -before or None][0] == 1


def test_found_f_the_first_that_succeeds_is_the_last_that_is_tried(demo: InProcess) -> None:
    assert ask(demo, [step(demo), step(demo), step(demo)]).headers["cf-aig-step"] == "0"
    assert len(demo.predictions()) == 1


def test_found_f_where_all_fail_the_last_answer_comes(demo: InProcess) -> None:
    answer = ask(demo, [step(demo, headers={"authorization": "Bearer wrong"}), step(demo, query=BAD)])

    assert (answer.status_code, answer.headers["cf-aig-step"]) == (422, "1")
    assert answer.json()["title"] == "Input validation failed"
    assert demo.predictions() == []


def test_found_f_a_lost_answer_is_followed_too_and_paid_twice(demo: InProcess) -> None:
    demo.faults({"match": {"op": "create", "host": "replicate", "nth": 1}, "phase": "after_accept", "do": "close"})
    answer = ask(demo, [step(demo), step(demo)])

    assert (answer.status_code, answer.headers["cf-aig-step"]) == (201, "1")
    assert len(demo.predictions()) == 2


def test_found_f_faults_meet_a_step_as_they_meet_a_request(demo: InProcess) -> None:
    demo.faults({"match": {"op": "create", "nth": 1}, "do": "status", "status": 503})
    demo.faults({"match": {"op": "create", "nth": 2}, "do": "fate", "end": "failed", "error": "no"})
    answer = ask(demo, [step(demo), step(demo)])
    demo.clock.advance(60)

    assert answer.headers["cf-aig-step"] == "1"
    assert [row["status"] for row in demo.predictions()] == ["failed"]


def test_found_f_what_a_step_says_comes_before_what_the_request_says(demo: InProcess) -> None:
    said = {"headers": {"cf-aig-event-id": "of the step", "cf-aig-collect-log": "true"}}
    ask(demo, [step(demo, **said)], headers={"cf-aig-event-id": "of the request", "cf-aig-collect-log": "false"})

    assert [row["event_id"] for row in demo.predictions()] == ["of the step"]
    assert len(demo.state.log.entries("pvideo")) == 1


def test_found_f_keys_stored_in_the_gateway_serve_its_steps(demo: InProcess) -> None:
    demo.settings(byok_aliases=("default",))
    bare = step(demo)
    del bare["headers"]["authorization"]

    assert ask(demo, [bare]).status_code == 201
    # The request's own Authorization is nobody's.
    assert ask(demo, [bare], headers={"authorization": "Bearer wrong"}).status_code == 201
    older = {"provider": "replicate", "endpoint": "predictions", "authorization": "Bearer wrong", "query": CAT}
    assert ask(demo, [older]).status_code == 401


NAMED = {"provider": "replicate", "endpoint": "predictions"}


@pytest.mark.parametrize(
    "body",
    [
        *([], {}, "text", 7, [7], [{}], [{"provider": "replicate"}], [NAMED]),
        *([{**NAMED, "provider": "", "query": {}}], [{**NAMED, "endpoint": 7, "query": {}}], [{**NAMED, "headers": [], "query": {}}, {}]),
    ],
)
def test_found_f_what_is_no_array_of_steps_is_refused(demo: InProcess, body: Any) -> None:
    answer = ask(demo, body)

    assert answer.status_code == 400
    assert code(answer) == 7001
    assert demo.predictions() == []


@pytest.mark.parametrize(
    "path", ["demo/pvideo", "demo/pvideo/replicate/predictions", "demo/pvideo/openai/chat/completions", "demo/pvideo/typo"]
)
@pytest.mark.parametrize("token", [None, "wrong"])
def test_found_f_a_wrong_token_is_told_before_a_wrong_provider(demo: InProcess, path: str, token: str | None) -> None:
    for body in ([step(demo)], [step(demo, provider="openai")], "no array", []):
        sent = {"authorization": f"Bearer {demo.replicate_token}"} | ({"cf-aig-authorization": f"Bearer {token}"} if token else {})
        answer = demo.request("POST", "", url=f"{demo.api_root}/{path}", data=body, headers=sent)

        assert (answer.status_code, code(answer)) == (401, 2009)
    assert demo.predictions() == []


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("demo/typo", 2001),
        ("other/pvideo", 2001),
        ("demo/pvideo/typo/predictions", 2008),
        ("demo/pvideo/typo", 2008),
        ("demo/pvideo/openai/chat/completions", 2008),
    ],
)
def test_found_f_other_addresses_are_told_as_they_are(demo: InProcess, path: str, wanted: int) -> None:
    assert code(ask(demo, [step(demo)], path=path)) == wanted


def test_found_f_a_provider_that_is_not_played_is_named(demo: InProcess) -> None:
    for answer in (ask(demo, [step(demo, provider="anthropic")]), ask(demo, {}, path="demo/pvideo/anthropic/v1/messages")):
        assert "pvideo demo" in answer.text
        assert "anthropic" in answer.text


def test_found_f_its_rate_limit_counts_a_request_once(demo: InProcess) -> None:
    demo.settings(gateway_limit=2, gateway_interval=60)
    answers = [ask(demo, [step(demo, query=BAD), step(demo)]) for _ in range(3)]

    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    assert (answers[2].status_code, answers[2].json()["error"][0]["code"]) == (429, 2003)


# -- /replicate/v1


def test_found_f_v1_behind_the_provider_is_a_switch(demo: InProcess) -> None:
    base = demo.base_url + "/v1"

    def create() -> httpx.Response:
        return demo.request("POST", "", url=f"{base}/predictions", data=CAT)

    refused = create()
    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")
    demo.settings(v1_path=True)
    made = create()
    assert made.status_code == 201
    assert demo.request("GET", "", url=f"{base}/predictions/{made.json()['id']}").json()["id"] == made.json()["id"]
    assert demo.request("GET", "", url=f"{base}/models/prunaai/p-video").status_code == 200
    assert demo.request("POST", "", url=f"{base}/predictions/{made.json()['id']}/cancel").status_code == 200
    # The documented address goes on as ever, and faults meet both.
    assert demo.create().status_code == 201
    demo.faults({"match": {"op": "create"}, "do": "status", "status": 503})
    assert (create().status_code, demo.create().status_code) == (503, 503)
    assert {entry["row"]["path"] for entry in demo.state.log.entries("pvideo")} >= {"predictions"}
