"""The demo against documents and recordings that nobody on this project wrote."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.demo import InProcess

from pvideo.demo import effects, errors
from pvideo.demo.models import schemas
from pvideo.demo.validation import check_input

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle"
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's folder (../shared/oracle) is not here")


@cache
def oracle(name: str) -> Any:
    return json.loads((ORACLE / name).read_text("utf-8"))


@cache
def openapi() -> Any:
    import jsonpatch

    return jsonpatch.apply_patch(oracle("replicate-openapi/openapi.json"), oracle("replicate-openapi/openapi.corrections.jsonpatch.json"))


def check(answer: Any, path: str, method: str) -> None:
    """Assert that an answer is one that the document describes, with a body of the described schema."""
    from jsonschema import Draft202012Validator
    from openapi_schema_validator import OAS31Validator

    responses = openapi()["paths"][path][method]["responses"]
    described = responses[str(answer.status_code)]
    kind = answer.headers["content-type"].partition(";")[0]
    schema = {**described["content"][kind]["schema"], "components": openapi()["components"]}
    validator = OAS31Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json())]
    assert problems == []


CREATE, LOOK, CANCEL = "/predictions", "/predictions/{prediction_id}", "/predictions/{prediction_id}/cancel"
ON_MODEL = "/models/{model_owner}/{model_name}/predictions"


@pytest.fixture
def demo(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path)


def test_the_document_refuses_a_wrong_answer(demo: InProcess) -> None:
    answer = demo.create()
    check(answer, CREATE, "post")
    broken = type(
        "Broken", (), {"status_code": 201, "headers": answer.headers, "json": lambda self: answer.json() | {"status": "successful"}}
    )
    with pytest.raises(AssertionError, match="successful"):
        check(broken(), CREATE, "post")


def test_every_age_of_a_prediction_is_as_documented(demo: InProcess) -> None:
    created = demo.create()
    check(created, CREATE, "post")
    path, seen = f"/predictions/{created.json()['id']}", [created.json()["status"]]
    for _ in range(14):
        look = demo.request("GET", path)
        check(look, LOOK, "get")
        seen.append(look.json()["status"])
        demo.clock.advance(1)
    assert sorted(set(seen), key=seen.index) == ["starting", "processing", "succeeded"]
    demo.clock.advance(3600)
    removed = demo.request("GET", path)
    check(removed, LOOK, "get")
    assert removed.json()["data_removed"] is True
    assert (removed.json()["output"], removed.json()["input"]) == (None, {})


@pytest.mark.parametrize("end", ["failed", "canceled", "aborted"])
def test_bad_ends_are_as_documented(demo: InProcess, end: str) -> None:
    demo.faults({"match": {"op": "create"}, "do": "fate", "end": end, "error": "CUDA out of memory" if end == "failed" else None})
    prediction_id = demo.create().json()["id"]
    demo.clock.advance(60)
    look = demo.request("GET", f"/predictions/{prediction_id}")
    check(look, LOOK, "get")
    assert look.json()["status"] == end
    assert ("started_at" in look.json()) == (end != "aborted")


@pytest.mark.parametrize("after", [0, 3, 60])
def test_cancel_is_as_documented(demo: InProcess, after: float) -> None:
    prediction_id = demo.create().json()["id"]
    demo.clock.advance(after)
    answer = demo.request("POST", f"/predictions/{prediction_id}/cancel")
    check(answer, CANCEL, "post")
    assert answer.json()["status"] == ("succeeded" if after == 60 else "canceled")


@pytest.mark.parametrize("prefer", ["wait", "wait=2", "wait=60"])
@pytest.mark.parametrize("settings", [{}, {"sync_output": "data"}, {"sync_status": "succeeded"}, {"sync_late_code": 202}])
def test_a_blocking_create_is_as_documented(tmp_path: Path, prefer: str, settings: dict[str, Any]) -> None:
    demo = InProcess(tmp_path, **settings)
    answer = demo.create(headers={"prefer": prefer})
    check(answer, CREATE, "post")
    assert answer.headers["preference-applied"] == prefer
    assert (answer.json()["output"] is None) == (prefer == "wait=2")


def test_other_answers_are_as_documented(demo: InProcess) -> None:
    body = {"input": {"prompt": "a cat"}}
    check(
        demo.request("POST", "/models/prunaai/p-video/predictions", data=body, headers={**demo.headers, "cancel-after": "5m"}),
        ON_MODEL,
        "post",
    )
    check(demo.request("GET", "/predictions?created_after=2020-01-01T00:00:00Z"), CREATE, "get")
    check(demo.request("GET", "/models/prunaai/p-video"), "/models/{model_owner}/{model_name}", "get")
    check(demo.request("GET", "/account"), "/account", "get")
    check(demo.request("GET", "/predictions/nosuchprediction00000000000"), LOOK, "get")
    check(demo.create(duration=99), CREATE, "post")


@pytest.mark.parametrize("model", ["google/nano-banana", "pvideo-demo/describe", "pvideo-demo/bare"])
def test_other_models_and_their_versions_are_as_documented(demo: InProcess, model: str) -> None:
    described = demo.request("GET", f"/models/{model}")
    check(described, "/models/{model_owner}/{model_name}", "get")
    versions = demo.request("GET", f"/models/{model}/versions")
    check(versions, "/models/{model_owner}/{model_name}/versions", "get")
    newest = versions.json()["results"][0]["id"]
    one = demo.request("GET", f"/models/{model}/versions/{newest}")
    check(one, "/models/{model_owner}/{model_name}/versions/{version_id}", "get")


def test_the_lists_of_models_and_files_are_as_documented(demo: InProcess) -> None:
    from tests.unit.test_demo_models import upload

    check(demo.request("GET", "/models"), "/models", "get")
    stored = upload(demo, b"abc")
    check(stored, "/files", "post")
    check(demo.request("GET", "/files"), "/files", "get")
    check(demo.request("GET", f"/files/{stored.json()['id']}"), "/files/{file_id}", "get")
    check(demo.request("GET", "/files/nosuchfile"), "/files/{file_id}", "get")
    check(upload(demo, b"x" * 100_000_001), "/files", "post")


@pytest.mark.parametrize("model", ["anthropic/claude-4.5-haiku", "black-forest-labs/flux-schnell", "pvideo-demo/broken"])
def test_predictions_of_other_models_are_as_documented(demo: InProcess, model: str) -> None:
    created = demo.request("POST", f"/models/{model}/predictions", data={"input": {"prompt": "a cat"}})
    check(created, ON_MODEL, "post")
    for _ in range(5):
        look = demo.request("GET", f"/predictions/{created.json()['id']}")
        check(look, LOOK, "get")
        demo.clock.advance(1)


# -- recordings


def recordings() -> list[dict[str, Any]]:
    return oracle("recordings/recorded-prediction-exchanges.json")


def recorded_keys(method: str, path: str, status: str, *, prefer: bool = False) -> set[frozenset[str]]:
    """Return the key sets that were recorded for such an exchange."""
    return {
        frozenset(row["body"])
        for row in recordings()
        if row["method"] == method
        and re.fullmatch(path, row["uri"].partition("/v1")[2])
        and row["body"].get("status") == status
        and bool(row["prefer"]) == prefer
    }


def same_shape(body: dict[str, Any], recorded: set[frozenset[str]]) -> None:
    assert recorded, "nothing like it was recorded"
    assert frozenset(body) in recorded


def test_with_recorded_quirks_the_keys_are_the_recorded_ones(tmp_path: Path) -> None:
    demo = InProcess(tmp_path, quirks="recorded")
    created = demo.create().json()
    same_shape(created, recorded_keys("POST", "/predictions", "starting"))
    path = f"/predictions/{created['id']}"
    same_shape(demo.request("GET", path).json(), recorded_keys("GET", "/predictions/[^/]+", "starting"))
    demo.clock.advance(3)
    same_shape(demo.request("GET", path).json(), recorded_keys("GET", "/predictions/[^/]+", "processing"))
    demo.clock.advance(30)
    done = demo.request("GET", path).json()
    same_shape(done, recorded_keys("GET", "/predictions/[^/]+", "succeeded"))
    assert frozenset(done["urls"]) in {frozenset(row["body"]["urls"]) for row in recordings() if "urls" in row["body"]}
    other = demo.create().json()["id"]
    demo.clock.advance(2)
    canceled = demo.request("POST", f"/predictions/{other}/cancel").json()
    same_shape(canceled, recorded_keys("POST", "/predictions/[^/]+/cancel", "canceled"))
    assert canceled["logs"] is None
    assert set(canceled["metrics"]) == {"predict_time", "total_time"}


def test_the_recorded_blocking_create_says_processing_with_its_output(tmp_path: Path) -> None:
    demo = InProcess(tmp_path, quirks="recorded", sync_output="data")
    answer = demo.create(headers={"prefer": "wait"})
    recorded = oracle("recordings/prefer-wait-returns-processing-and-data-url.json")
    assert set(answer.json()) == set(recorded["body"])
    assert set(answer.json()["urls"]) == set(recorded["body"]["urls"])
    assert answer.json()["status"] == recorded["body"]["status"] == "processing"
    assert answer.json()["output"].startswith("data:video/mp4;base64,")
    assert answer.headers["content-type"] == recorded["headers"]["content-type"]
    assert answer.headers["preference-applied"] == recorded["headers"]["preference-applied"]
    assert answer.status_code == recorded["status"]


def test_headers_that_were_recorded_are_there(demo: InProcess) -> None:
    recorded = set.intersection(*(set(row["headers"]) for row in recordings() if row["status"] == 201))
    assert recorded - set(demo.create().headers) == set()


# -- errors


def gateway_errors() -> list[dict[str, Any]]:
    return oracle("gateway/gateway-and-replicate-error-bodies.json")["gateway"] if ORACLE.is_dir() else []


@pytest.mark.parametrize("captured", gateway_errors(), ids=lambda row: f"{row['status']}-{row['body']['error'][0]['code']}")
def test_gateway_errors_are_the_captured_ones(demo: InProcess, captured: dict[str, Any]) -> None:
    """Through a fault with the captured code and text; the body has the same keys, in the same order, with the same values."""
    body, item = captured["body"], captured["body"]["error"][0]
    rule = {"match": {"op": "create"}, "do": "error", "code": item["code"], "message": item["message"], "status": captured["status"]}
    demo.faults(rule)
    answer = demo.create()
    assert answer.status_code == captured["status"]
    assert json.dumps(answer.json()) == json.dumps(body)
    assert len(demo.predictions()) == 0


def test_own_gateway_errors_carry_the_captured_messages() -> None:
    captured = {row["body"]["error"][0]["code"]: row for row in gateway_errors()}
    for code in (2001, 2003, 2009, 2016, 2017, 2021, 2029, 2030):
        assert errors.GATEWAY[code][1] == captured[code]["body"]["error"][0]["message"]
    for code, row in captured.items():
        assert code in errors.GATEWAY
        assert errors.GATEWAY[code][0] in {row["status"], 401}


def replicate_error(index: int) -> Any:
    return oracle("gateway/gateway-and-replicate-error-bodies.json")["replicate"][index]["body"]


def test_replicate_errors_are_the_captured_ones(demo: InProcess) -> None:
    bad_token = {**demo.headers, "authorization": "Bearer wrong"}
    assert demo.create(headers=bad_token).json() == replicate_error(0)
    assert json.loads(effects.NAMED["no_credit"]().body) == replicate_error(1)
    extra = demo.request("POST", "/predictions", data={"model": "prunaai/p-video", "input": {"prompt": "a cat"}})
    assert extra.json() == replicate_error(4)
    unknown = demo.request("POST", "/predictions", data={"version": "nobody/nothing", "input": {"prompt": "a cat"}})
    assert unknown.json() == replicate_error(5)
    assert json.loads(effects.NAMED["throttled"]().body) == replicate_error(6)
    assert {"detail", "status"} == set(demo.request("GET", "/predictions/nosuch").json()) == set(replicate_error(7))


def test_the_captured_422_bodies_come_from_the_captured_inputs() -> None:
    """The inputs are guessed back from the answers: schema and input that Replicate must have been given."""
    steps = {"Input": {"required": ["prompt"], "properties": {"num_inference_steps": {"type": "integer", "maximum": 4.0}}}}
    found = errors.invalid_input(check_input(steps, {"num_inference_steps": 30}, null_allowed=True))
    assert json.dumps(json.loads(found.body)) == json.dumps(replicate_error(2))
    formats = {
        "Input": {"properties": {"output_format": {"allOf": [{"$ref": "#/components/schemas/output_format"}], "default": "jpg"}}},
        "output_format": {"enum": ["jpg", "png"], "type": "string"},
    }
    found = errors.invalid_input(check_input(formats, {"output_format": "gif"}, null_allowed=True))
    assert json.dumps(json.loads(found.body)) == json.dumps(replicate_error(3))


WRONG = {
    "prompt": (7, "invalid_type", {"expected": "string", "given": "integer"}),
    "image": ("no address", "format", {"format": "uri"}),
    "last_frame_image": (["x"], "invalid_type", {"expected": "string", "given": "array"}),
    "audio": (True, "invalid_type", {"expected": "string", "given": "boolean"}),
    "duration": (21, "number_lte", {"max": "20"}),
    "aspect_ratio": ("5:4", "enum", {"field": "aspect_ratio", "allowed": '"16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "1:1"'}),
    "resolution": ("4k", "enum", {"field": "resolution", "allowed": '"720p", "1080p"'}),
    "fps": (30, "enum", {"field": "fps", "allowed": "24, 48"}),
    "draft": ("yes", "invalid_type", {"expected": "boolean", "given": "string"}),
    "prompt_upsampling": (1, "invalid_type", {"expected": "boolean", "given": "integer"}),
    "disable_safety_filter": ({}, "invalid_type", {"expected": "boolean", "given": "object"}),
    "save_audio": (0.5, "invalid_type", {"expected": "boolean", "given": "number"}),
    "seed": (1.5, "invalid_type", {"expected": "integer", "given": "number"}),
    "no_op": ("", "invalid_type", {"expected": "boolean", "given": "string"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_every_field_is_refused_in_the_words_of_the_validator(demo: InProcess, name: str) -> None:
    value, kind, filling = WRONG[name]
    template = oracle("gateway/gojsonschema-messages.json")["type_to_template"][kind]
    words = re.sub(r"\{\{\.(\w+)\}\}", lambda found: filling[found[1]], template)
    answer = demo.create(**{name: value})
    assert answer.status_code == 422
    assert answer.json()["invalid_fields"] == [{"type": kind, "field": f"input.{name}", "description": words}]
    assert answer.json()["detail"] == f"- input.{name}: {words}\n"
    assert demo.predictions() == []


def test_these_are_all_the_inputs(demo: InProcess) -> None:
    model = demo.state.models.by_name["prunaai/p-video"]
    derived = oracle("model-schemas/prunaai__p-video.derived-by-cog-0.16.12.json")["openapi_schema"]["components"]["schemas"]
    assert set(WRONG) == set(schemas(model)["Input"]["properties"]) == set(derived["Input"]["properties"])


@pytest.mark.parametrize("example", range(4))
def test_real_inputs_are_accepted(demo: InProcess, example: int) -> None:
    given = oracle("model-schemas/prunaai__p-video.examples.json")[example]["input"]
    answer = demo.request("POST", "/models/prunaai/p-video/predictions", data={"input": given})
    assert answer.status_code == 201
    assert answer.json()["input"] == given
    demo.clock.advance(60)
    output = demo.request("GET", f"/predictions/{answer.json()['id']}").json()["output"]
    real = oracle("model-schemas/prunaai__p-video.examples.json")[example]["output"]
    shape = re.compile(r"https?://[^/]+/xezq/[A-Za-z0-9]{49}/output\.mp4")
    assert shape.fullmatch(output)
    assert shape.fullmatch(real)
