"""The Logs API, asked with Cloudflare's own Python client and by hand: filters in each form, order, search, limit; nothing is left out."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import cloudflare
import httpx
import pytest
from tests.support.demo import running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import RunningDemo

AT = {"account_id": "demo"}


@pytest.fixture(scope="module")
def served() -> Iterator[RunningDemo]:
    """A gateway whose log has twelve entries: press-0 … press-11, of two models, every third refused."""
    with running_demo() as demo:
        with httpx.Client(headers=demo.headers, trust_env=False) as client:
            for number in range(12):
                model = ("prunaai/p-video", "google/veo-3.1-fast")[number % 2]
                headers = {"cf-aig-event-id": f"press-{number}", "cf-aig-metadata": json.dumps({"seat": number % 4, "class": "3b"})}
                given = {"prompt": f"cat {number}"} if number % 3 else {"wrong": 1}
                client.post(f"{demo.base_url}/models/{model}/predictions", json={"input": given}, headers=headers)
        for number, entry in enumerate(reversed(demo.state.log.entries("pvideo"))):
            entry["row"].update(duration=100 * number, cost=number / 10)
        yield demo


@pytest.fixture
def demo(served: RunningDemo) -> Iterator[RunningDemo]:
    """The same log for each test."""
    kept = OrderedDict(served.state.log._entries)
    yield served
    served.state.log._entries = kept


@pytest.fixture(scope="module")
def api(served: RunningDemo) -> Iterator[Any]:
    with cloudflare.Cloudflare(api_token=served.management_token, base_url=served.management_url, max_retries=0) as client:
        yield client.ai_gateway.logs


@pytest.fixture
def logs(demo: RunningDemo, api: Any) -> Any:
    """Cloudflare's own client. Its types are not held against the answers: metadata is typed as text and was observed as an object."""
    return api


def events(demo: RunningDemo) -> list[int]:
    """Which entries are left, the oldest first."""
    return [int(entry["event_id"].partition("-")[2]) for entry in reversed(demo.state.log.entries("pvideo"))]


def numbers(rows: Any) -> list[int]:
    return [row.duration // 100 for row in rows]


def by_hand(demo: RunningDemo, query: Any, method: str = "GET") -> httpx.Response:
    url = f"{demo.management_url}/accounts/demo/ai-gateway/gateways/pvideo/logs"
    text = query if isinstance(query, str) else urlencode(query)
    return httpx.request(method, f"{url}?{text}", headers={"authorization": f"Bearer {demo.management_token}"}, trust_env=False)


def where(key: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"key": key, "operator": operator, "value": list(values)}


MEANT: list[tuple[list[dict[str, Any]], list[int]]] = [
    ([where("event_id", "eq", "press-3")], [3]),
    ([where("event_id", "eq", "press-3", "press-5")], [5, 3]),
    ([where("event_id", "neq", "press-0")], list(range(11, 0, -1))),
    ([where("event_id", "contains", "press-1")], [11, 10, 1]),
    ([where("success", "eq", True)], [11, 10, 8, 7, 5, 4, 2, 1]),
    ([where("success", "eq", False)], [9, 6, 3, 0]),
    ([where("cached", "eq", False), where("duration", "gt", 950)], [11, 10]),
    ([where("duration", "lt", 200)], [1, 0]),
    ([where("cost", "gt", 0.85), where("cost", "lt", 1.05)], [10, 9]),
    ([where("cost", "eq", 0.3)], [3]),
    ([where("metadata.value", "eq", 3)], [11, 7, 3]),
    ([where("metadata.value", "eq", "3b")], list(range(11, -1, -1))),
    ([where("metadata.key", "eq", "seat"), where("metadata.value", "eq", "0")], [8, 4, 0]),
    ([where("model", "eq", "google/veo-3.1-fast"), where("success", "eq", False)], [9, 3]),
    ([where("model", "contains", "p-video"), where("duration", "gt", 700)], [10, 8]),
    ([where("provider", "neq", "replicate")], []),
    ([where("authentication", "eq", True), where("duration", "lt", 50)], [0]),
    ([where("created_at", "gt", "2020-01-01T00:00:00Z"), where("event_id", "eq", "press-4")], [4]),
    ([where("created_at", "lt", "2020-01-01T00:00:00Z")], []),
    ([where("user_agent", "contains", "python-httpx"), where("event_id", "eq", "press-1")], [1]),
    ([where("tokens", "gt", 0)], []),
]


@pytest.mark.parametrize(("filters", "wanted"), MEANT, ids=lambda value: "+".join(f["key"] for f in value if isinstance(f, dict)) or None)
def test_found_f_filters_are_read_in_both_forms(demo: RunningDemo, logs: Any, filters: list[dict[str, Any]], wanted: list[int]) -> None:
    assert numbers(logs.list("pvideo", **AT, filters=filters)) == wanted
    assert numbers(logs.list("pvideo", **AT, extra_query={"filters": json.dumps(filters)})) == wanted


def forms(filters: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Return filters in the forms that clients of this family write."""

    def texts(item: dict[str, Any]) -> list[str]:
        return [json.dumps(value) if isinstance(value, (bool, float, int)) else value for value in item["value"]]

    listed = list(enumerate(filters))
    return {
        "json": [("filters", json.dumps(filters))],
        "numbered": [
            pair
            for n, item in listed
            for pair in [
                (f"filters[{n}][key]", item["key"]),
                (f"filters[{n}][operator]", item["operator"]),
                *((f"filters[{n}][value][{m}]", text) for m, text in enumerate(texts(item))),
            ]
        ],
        "brackets": [
            pair
            for n, item in listed
            for pair in [
                (f"filters[{n}][operator]", item["operator"]),
                *((f"filters[{n}][value][]", text) for text in texts(item)),
                (f"filters[{n}][key]", item["key"]),
            ]
        ],
        "in turn": [
            pair
            for _, item in listed
            for pair in [
                ("filters[][key]", item["key"]),
                ("filters[][operator]", item["operator"]),
                *(("filters[][value][]", text) for text in texts(item)),
            ]
        ],
        "dots": [
            pair
            for n, item in listed
            for pair in [
                (f"filters.{n}.key", item["key"]),
                (f"filters.{n}.operator", item["operator"]),
                *((f"filters.{n}.value", text) for text in texts(item)),
            ]
        ],
    }


@pytest.mark.parametrize("form", list(forms([])))
@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ([where("event_id", "eq", "press-3", "press-5")], [5, 3]),
        ([where("success", "eq", True), where("metadata.value", "eq", 1, 2), where("duration", "gt", 450)], [10, 5]),
    ],
)
def test_found_f_filters_are_read_in_each_form(demo: RunningDemo, form: str, filters: list[dict[str, Any]], wanted: list[int]) -> None:
    answer = by_hand(demo, forms(filters)[form])

    assert answer.status_code == 200, answer.text
    assert [row["duration"] // 100 for row in answer.json()["result"]] == wanted


def test_found_f_deleting_takes_what_is_meant_and_nothing_else(demo: RunningDemo, logs: Any) -> None:
    assert logs.delete("pvideo", **AT, filters=[where("event_id", "eq", "press-7")]).success
    assert events(demo) == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    # The oldest first, as documented.
    logs.delete("pvideo", **AT, filters=[where("success", "eq", True)], limit=1)
    assert events(demo) == [0, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    logs.delete("pvideo", **AT, limit=2, order_by="created_at", order_by_direction="desc")
    assert events(demo) == [0, 2, 3, 4, 5, 6, 8, 9]
    logs.delete("pvideo", **AT, limit=1, order_by="cost", order_by_direction="desc")
    assert events(demo) == [0, 2, 3, 4, 5, 6, 8]
    logs.delete("pvideo", **AT, filters=[where("model", "eq", "nobody/nothing")])
    assert events(demo) == [0, 2, 3, 4, 5, 6, 8]
    logs.delete("pvideo", **AT)
    assert events(demo) == []


@pytest.mark.parametrize("limit", [1, 5, 12, 10_000])
def test_found_f_a_limit_is_kept(demo: RunningDemo, logs: Any, limit: int) -> None:
    logs.delete("pvideo", **AT, filters=[where("provider", "eq", "replicate")], limit=limit)

    assert events(demo) == list(range(12))[limit:]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, list(range(11, -1, -1))),
        ({"order_by": "created_at", "order_by_direction": "asc"}, list(range(12))),
        ({"order_by": "created_at", "order_by_direction": "desc"}, list(range(11, -1, -1))),
        ({"order_by_direction": "asc"}, list(range(12))),
        ({"direction": "asc"}, list(range(12))),
        ({"order_by": "success", "order_by_direction": "desc"}, [11, 10, 8, 7, 5, 4, 2, 1, 9, 6, 3, 0]),
        ({"order_by": "model", "order_by_direction": "asc"}, [11, 9, 7, 5, 3, 1, 10, 8, 6, 4, 2, 0]),
        ({"order_by": "created_at", "order_by_direction": "asc", "per_page": 5, "page": 2}, [5, 6, 7, 8, 9]),
        ({"search": "press-11"}, [11]),
        ({"search": "VEO"}, [11, 9, 7, 5, 3, 1]),
        ({"search": "3b"}, list(range(11, -1, -1))),
        ({"search": "nothing like it"}, []),
        ({"model": "prunaai/p-video", "success": False}, [6, 0]),
        ({"min_duration": 300, "max_duration": 500}, [5, 4, 3]),
        ({"min_cost": 1.05}, [11]),
        ({"start_date": "2020-01-01T00:00:00Z", "end_date": "2020-01-02T00:00:00Z"}, []),
        ({"cached": True}, []),
        ({"meta_info": True, "search": "press-3"}, [3]),
    ],
)
def test_found_f_order_search_and_pages_are_read(demo: RunningDemo, logs: Any, asked: dict[str, Any], wanted: list[int]) -> None:
    page = logs.list("pvideo", **AT, **asked)

    assert numbers(page.result if "page" in asked else page) == wanted


BAD = [
    "filters=",
    "filters=7",
    'filters={"key":"id","operator":"eq","value":["x"]}',
    "filters=[7]",
    'filters=[{"key":"id","operator":"eq"}]',
    'filters=[{"key":"id","operator":"eq","value":[]}]',
    'filters=[{"key":"id","operator":"eq","value":"x"}]',
    'filters=[{"key":"id","operator":"eq","value":[{}]}]',
    'filters=[{"key":"nothing","operator":"eq","value":["x"]}]',
    'filters=[{"key":["id"],"operator":"eq","value":["x"]}]',
    'filters=[{"key":"id","operator":"like","value":["x"]}]',
    'filters=[{"key":"success","operator":"gt","value":[true]}]',
    'filters=[{"key":"success","operator":"eq","value":["maybe"]}]',
    'filters=[{"key":"cost","operator":"gt","value":["much"]}]',
    'filters=[{"key":"cost","operator":"gt","value":["nan"]}]',
    'filters=[{"key":"created_at","operator":"gt","value":["yesterday"]}]',
    'filters=[{"key":"id","operator":"eq","value":["x"],"more":1}]',
    "filters.key=id&filters.operator=eq",
    "filters.key=id&filters.value=x",
    "filters.operator=eq&filters.value=x",
    "filters.key=id&filters.key=model&filters.operator=eq&filters.value=x",
    # Which of the three values is whose?
    "filters.key=id&filters.key=model&filters.operator=eq&filters.operator=eq&filters.value=x&filters.value=y&filters.value=z",
    "filters[0][key]=id&filters[1][operator]=eq&filters[1][value]=x",
    "filters[0][key]=id&filters[0][operator]=eq&filters[0][value]=x&filters.key=model&filters.operator=eq&filters.value=y",
    'filters=[{"key":"id","operator":"eq","value":["x"]}]&filters.key=id&filters.operator=eq&filters.value=x',
    "filters[0][kind]=id&filters[0][operator]=eq&filters[0][value]=x",
    "filters[0]=x",
    "filterss=x",
    "filter=[]",
    "order_by=luck",
    "order_by_direction=up",
    "order_by=created_at&order_by=cost",
    "unknown=1",
]


@pytest.mark.parametrize("query", BAD)
def test_found_f_what_is_not_understood_is_refused(demo: RunningDemo, query: str) -> None:
    for method in ("GET", "DELETE"):
        answer = by_hand(demo, query, method)
        body = answer.json()

        assert answer.status_code == 400, (method, query)
        assert (body["success"], body["result"], body["messages"]) == (False, None, [])
        assert body["errors"][0]["code"] == 7001
        assert body["errors"][0]["message"]
    assert events(demo) == list(range(12))


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=10001", "limit=all", "limit=1.5", "limit=", "page=1", "search=press", "success=true"]
)
def test_found_f_deleting_takes_only_its_own_words(demo: RunningDemo, query: str) -> None:
    assert by_hand(demo, query, "DELETE").status_code == 400
    assert events(demo) == list(range(12))


@pytest.mark.parametrize(
    "query", ["page=0", "page=two", "per_page=0", "per_page=-5", "limit=3", "feedback=2", "min_cost=low", "success=perhaps"]
)
def test_found_f_listing_takes_only_its_own_words(demo: RunningDemo, query: str) -> None:
    assert by_hand(demo, query).status_code == 400


def test_found_f_what_the_client_cannot_write_clearly_is_refused(demo: RunningDemo, logs: Any) -> None:
    mixed = [where("event_id", "eq", "press-1", "press-2"), where("success", "eq", True)]
    with pytest.raises(cloudflare.BadRequestError, match="as JSON"):
        logs.list("pvideo", **AT, filters=mixed)
    with pytest.raises(cloudflare.BadRequestError, match="as JSON"):
        logs.delete("pvideo", **AT, filters=mixed)
    with pytest.raises(cloudflare.BadRequestError):
        logs.delete("pvideo", **AT, filters=[where("event_id", "eq")])
    assert len(events(demo)) == 12


def test_found_f_the_log_names_the_model_of_each_way_to_create(demo: RunningDemo, logs: Any) -> None:
    body = {"version": "prunaai/p-video", "input": {"prompt": "a cat"}}
    named = {**demo.headers, "cf-aig-event-id": "by-version"}
    httpx.post(f"{demo.base_url}/predictions", json=body, headers=named, trust_env=False)
    httpx.get(f"{demo.base_url}/models/google/veo-3.1-fast", headers={**named, "cf-aig-event-id": "look"}, trust_env=False)

    def of(event: str) -> list[str]:
        return [row.model for row in logs.list("pvideo", **AT, filters=[where("event_id", "eq", event)])]

    assert (of("press-2"), of("press-1")) == (["prunaai/p-video"], ["google/veo-3.1-fast"])
    assert (of("by-version"), of("look")) == (["prunaai/p-video"], ["google/veo-3.1-fast"])
    assert [row for row in logs.list("pvideo", **AT) if not row.model] == []
