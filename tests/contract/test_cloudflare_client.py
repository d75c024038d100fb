"""Cloudflare's own Python client against the demo, unchanged: what it sends is taken, what it gets it understands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cloudflare
import httpx
import pytest
from tests.support.demo import running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import RunningDemo

SIX = {
    "id": "my-gateway",
    "cache_invalidate_on_update": True,
    "cache_ttl": 0,
    "collect_logs": True,
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
}


@pytest.fixture
def demo() -> Iterator[RunningDemo]:
    with running_demo(gateway="") as demo:
        yield demo
        for one in _opened:
            one.close()
        _opened.clear()


_opened: list[cloudflare.Cloudflare] = []


def client(demo: RunningDemo, token: str = "", *, strict: bool = True) -> Any:
    """The answers are held against the client's own types, except where the service does not keep to them either."""
    options = {"base_url": demo.management_url, "max_retries": 0, "_strict_response_validation": strict}
    _opened.append(cloudflare.Cloudflare(api_token=token or demo.management_token, **options))
    return _opened[-1].ai_gateway


def test_it_makes_reads_changes_lists_and_deletes_a_gateway(demo: RunningDemo) -> None:
    api, at = client(demo), {"account_id": "demo"}
    assert list(api.list(**at)) == []

    made = api.create(**at, **SIX, authentication=True)
    assert (made.id, made.authentication, made.cache_ttl, made.rate_limiting_technique) == ("my-gateway", True, 0, "fixed")
    changed = {**SIX, "rate_limiting_interval": 60, "rate_limiting_limit": 100}
    changed.pop("id")
    api.update("my-gateway", **at, **changed, rate_limiting_technique="sliding")
    read = api.get("my-gateway", **at)
    assert (read.rate_limiting_limit, read.rate_limiting_interval, read.rate_limiting_technique) == (100, 60, "sliding")
    # A PUT sets everything anew.
    assert read.authentication is False
    assert [gate.id for gate in api.list(**at)] == ["my-gateway"]
    assert api.urls.get("replicate", account_id="demo", gateway_id="my-gateway") == f"{demo.api_root}/demo/my-gateway/replicate"
    api.delete("my-gateway", **at)
    with pytest.raises(cloudflare.NotFoundError):
        api.get("my-gateway", **at)


def test_what_does_not_fit_is_refused_with_its_place(demo: RunningDemo) -> None:
    api = client(demo)
    with pytest.raises(cloudflare.BadRequestError) as caught:
        api.create(account_id="demo", **{**SIX, "cache_ttl": "soon"})
    assert caught.value.body["errors"] == [{"code": 7001, "message": "Invalid type", "path": ["body", "cache_ttl"]}]
    api.create(account_id="demo", **SIX)
    with pytest.raises(cloudflare.BadRequestError, match="already exists"):
        api.create(account_id="demo", **SIX)
    with pytest.raises(cloudflare.BadRequestError, match="Invalid gateway id"):
        api.create(account_id="demo", **{**SIX, "id": "x" * 65})


@pytest.mark.parametrize(
    ("token", "error"),
    [("wrong", cloudflare.AuthenticationError), ("demo-gateway-token", cloudflare.PermissionDeniedError)],
)
def test_a_token_that_may_not_gets_nothing(demo: RunningDemo, token: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="Authentication error"):
        list(client(demo, token).list(account_id="demo"))


def test_a_token_that_may_only_read_changes_nothing(demo: RunningDemo) -> None:
    reader = client(demo, demo.config.management_read_token)
    assert list(reader.list(account_id="demo")) == []
    with pytest.raises(cloudflare.PermissionDeniedError):
        reader.create(account_id="demo", **SIX)
    assert list(reader.list(account_id="demo")) == []


def test_it_reads_the_log_and_gives_feedback(demo: RunningDemo) -> None:
    # Metadata is typed as text and was observed as an object.
    api, at = client(demo, strict=False), {"account_id": "demo", "gateway_id": "my-gateway"}
    api.create(account_id="demo", **SIX)
    url, body = f"{demo.api_root}/demo/my-gateway/replicate/predictions", {"version": "prunaai/p-video", "input": {"prompt": "a cat"}}
    named = {**demo.headers, "cf-aig-event-id": "press-1", "cf-aig-metadata": '{"seat":4}'}
    log_id = httpx.post(url, json=body, headers=named, trust_env=False).headers["cf-aig-log-id"]
    httpx.get(url, headers={**demo.headers, "cf-aig-collect-log": "false"}, trust_env=False)

    def named_so(event: str) -> list[str]:
        # The client's own `filters=` becomes "filters.key=…", which the service was not seen to take; JSON was.
        filters = [{"key": "event_id", "operator": "eq", "value": [event]}]
        found = api.logs.list("my-gateway", account_id="demo", extra_query={"filters": json.dumps(filters)})
        return [row.id for row in found]

    assert (named_so("press-1"), named_so("press-2")) == ([log_id], [])
    assert len(list(api.logs.list("my-gateway", account_id="demo"))) == 1

    api.logs.edit(log_id, **at, feedback=1, score=80)
    entry = api.logs.with_raw_response.get(log_id, **at).json()["result"]
    assert (entry["status_code"], entry["model"], entry["path"], entry["cached"]) == (201, "prunaai/p-video", "predictions", False)
    assert (entry["feedback"], entry["score"], entry["metadata"]) == (1, 80, {"seat": 4})
    assert "a cat" in api.logs.with_raw_response.request(log_id, **at).text()
