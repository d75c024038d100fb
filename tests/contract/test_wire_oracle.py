"""The client against data that nobody on this project wrote: recorded exchanges, captured error bodies, the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import jsonpatch
import pytest
from openapi_schema_validator import OAS31Validator

from pvideo.settings import Endpoint, Secret
from pvideo.wire.client import Client
from pvideo.wire.prediction import BadAnswer, Prediction
from pvideo.wire.refusal import judge_create

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle"
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's data are not beside the project")
ID = "6p0efnaywsrmt0cx056bk4wne8"


def read(name):
    path = ORACLE / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def endpoint(kind="gateway", replicate=True, gateway=True):
    base = "https://api.replicate.com/v1" if kind == "direct" else "https://gateway.ai.cloudflare.com/v1/acc/gate/replicate"
    return Endpoint(
        base_url=base,
        kind=kind,
        gateway_token=Secret("cfut_" + "A1b" * 16, "CF_AIG_TOKEN") if gateway else None,
        replicate_token=Secret("r8_" + "Zx9" * 12 + "Q", "REPLICATE_API_TOKEN") if replicate else None,
        account_id="acc",
        gateway_id="gate",
    )


RECORDED = read("recordings/recorded-prediction-exchanges.json")


def test_all_108_recordings_are_here():
    assert len(RECORDED) == 108


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda item: f"{item['cassette'].rsplit('/')[-1]}-{item['n']}")
def test_a_recording_parses(exchange):
    if exchange["status"] == 401:
        verdict = judge_create(401, exchange["headers"], json.dumps(exchange["body"]).encode(), endpoint=endpoint())
        assert (verdict.kind, verdict.error.key) == ("refused", "replicate_token")
        with pytest.raises(BadAnswer):
            Prediction.from_json(exchange["body"])
        return
    body = exchange["body"]
    prediction = Prediction.from_json(body)
    assert (prediction.id, prediction.status, prediction.input, prediction.output) == (
        body["id"],
        body["status"],
        body["input"],
        body.get("output"),
    )
    assert prediction.created_at is not None
    assert prediction.created_at.isoformat()[:19] == body["created_at"][:19]
    for name in ("started_at", "completed_at"):
        assert (getattr(prediction, name) is None) == (not body.get(name))
    assert prediction.terminal == (body["status"] in {"succeeded", "canceled"})


def test_a_recorded_log_shows_progress():
    bars = [Prediction.from_json(item["body"]).progress for item in RECORDED if "%|" in str(item["body"].get("logs"))]
    assert bars
    assert bars[-1] == 1.0
    assert all(0 <= bar <= 1 for bar in bars if bar is not None)


def test_the_recorded_blocking_create_has_its_output_while_processing():
    recorded = read("recordings/prefer-wait-returns-processing-and-data-url.json")
    prediction = Prediction.from_json(recorded["body"])
    assert (prediction.status, prediction.terminal) == ("processing", False)
    assert prediction.outputs[0].startswith("data:image/png;base64,")
    assert prediction.completed_at is None


BODIES = read("gateway/gateway-and-replicate-error-bodies.json") or {"gateway": [], "replicate": []}
KINDS = {"no": {"refused", "busy"}, "maybe": {"ambiguous"}, "yes": {"ambiguous"}}


@pytest.mark.parametrize("case", [*BODIES["gateway"], *BODIES["replicate"]], ids=lambda case: f"{case['status']}-{str(case['body'])[-60:]}")
def test_a_captured_refusal_is_classified_as_its_grader_did(case):
    headers = {"content-type": case.get("content_type", "application/json"), **case.get("headers", {})}
    verdict = judge_create(case["status"], headers, json.dumps(case["body"]).encode(), endpoint=endpoint(), model="prunaai/p-video")
    assert verdict.kind in KINDS[case["created"]]
    assert verdict.error.paid == ("no" if case["created"] == "no" else "maybe")
    assert verdict.error.sentence
    assert verdict.error.next
    assert "  " not in str(verdict.error)


def test_twenty_captured_bodies():
    assert len(BODIES["gateway"]) + len(BODIES["replicate"]) == 20


# --- every request validates against Replicate's OpenAPI document, corrected ---


@pytest.fixture(scope="module")
def document():
    patch = read("replicate-openapi/openapi.corrections.jsonpatch.json")
    return jsonpatch.apply_patch(read("replicate-openapi/openapi.json"), patch)


def validator(document, schema):
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    registry = Registry().with_resource("urn:doc", Resource.from_contents(document, default_specification=DRAFT202012))
    moved = json.loads(json.dumps(schema).replace('"#/', '"urn:doc#/'))
    return OAS31Validator(moved, registry=registry)


def operation(document, method, path):
    parts = path.strip("/").split("/")
    templates = [name for name in document["paths"] if _fits(name.strip("/").split("/"), parts)]
    exact = sorted(templates, key=lambda name: name.count("{"))
    return document["paths"][exact[0]][method.lower()]


def _fits(template, parts):
    return len(template) == len(parts) and all(name.startswith("{") or name == part for name, part in zip(template, parts, strict=True))


def check(document, request, base):
    url = urlsplit(str(request.url))
    path = url.path.removeprefix(urlsplit(base).path)
    found = operation(document, request.method, path)
    parameters = [
        document["components"]["parameters"][item["$ref"].rsplit("/", 1)[1]] if "$ref" in item else item
        for item in found.get("parameters", [])
    ]
    declared = {(item["in"], item["name"].lower()): item for item in parameters}
    for name, value in parse_qsl(url.query):
        # The cursor is the one that "next" carries; the document shows it only inside that URL.
        if name != "cursor":
            validator(document, declared["query", name]["schema"]).validate(value)
    for name, value in request.headers.items():
        if ("header", name.lower()) in declared:
            validator(document, declared["header", name.lower()]["schema"]).validate(value)
    if "requestBody" in found:
        body = found["requestBody"]["content"]["application/json"]["schema"]
        assert request.headers["content-type"] == "application/json"
        validator(document, body).validate(json.loads(request.content))
    else:
        assert not request.content
    return found["operationId"]


@pytest.mark.parametrize("kind", ["gateway", "direct"])
@pytest.mark.parametrize("prefer", [None, 1, 7, 60, 600])
def test_every_request_validates_against_the_document(document, kind, prefer):
    seen = []

    def answer(request):
        seen.append(request)
        if "/models/" in request.url.path:
            return httpx.Response(200, json={"owner": "prunaai"})
        if request.method == "GET" and request.url.path.endswith("/predictions"):
            return httpx.Response(200, json={"next": None, "previous": None, "results": []})
        return httpx.Response(201, json={"id": ID, "status": "starting"})

    async def run():
        client = Client(endpoint(kind), user_agent="pvideo/0", transport=httpx.MockTransport(answer))
        given = {"prompt": "é\ud800 {x}", "duration": 5, "draft": True}
        await client.create("prunaai/p-video", given, event_id="e1", deadline=607, prefer_wait=prefer)
        await client.get(ID)
        await client.cancel(ID)
        await client.list(created_after=datetime(2026, 11, 20, 12, tzinfo=UTC))
        await client.list(created_after=datetime(2026, 11, 20, 12, tzinfo=UTC), cursor="cD0y")
        await client.model("prunaai", "p-video")

    asyncio.run(run())
    base = endpoint(kind).base_url
    assert [check(document, request, base) for request in seen] == [
        "predictions.create",
        "predictions.get",
        "predictions.cancel",
        "predictions.list",
        "predictions.list",
        "models.get",
    ]


def test_the_document_refuses_what_replicate_refuses(document):
    schema = document["paths"]["/predictions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert not validator(document, schema).is_valid({"version": "a/b", "input": {}, "model": "a/b"})


@pytest.mark.parametrize("name", ["prunaai__p-video.derived-by-cog-0.16.12"])
def test_a_models_schema_passes_through_whole(name):
    schema = read(f"model-schemas/{name}.json")

    async def run():
        transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"latest_version": {"openapi_schema": schema}}))
        return await Client(endpoint(), user_agent="pvideo/0", transport=transport).model("prunaai", "p-video")

    assert asyncio.run(run())["latest_version"]["openapi_schema"] == schema
