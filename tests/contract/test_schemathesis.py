"""A foreign judge of the demo's Replicate face: schemathesis asks, and compares the answers with Replicate's own document (corrected).

``PVIDEO_EXAMPLES=500`` asks more.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draw

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

FOLDER = Path(__file__).parents[3] / "shared" / "oracle" / "replicate-openapi"
pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the oracle beside the project (Replicate's OpenAPI document)"),
    pytest.mark.filterwarnings("ignore"),  # the judge's own
]
EXAMPLES = int(os.environ.get("PVIDEO_EXAMPLES", "25"))
OPERATIONS = [
    ("POST", "/predictions"),
    ("GET", "/predictions"),
    ("GET", "/predictions/{prediction_id}"),
    ("POST", "/predictions/{prediction_id}/cancel"),
    ("POST", "/models/{model_owner}/{model_name}/predictions"),
    ("GET", "/models/{model_owner}/{model_name}"),
    ("GET", "/models/{model_owner}/{model_name}/versions/{version_id}"),
    ("GET", "/account"),
]
REFUSALS = {400, 401, 402, 404, 422, 429}
"""What the document describes for some operations only, and the service answers to all."""


@pytest.fixture(scope="module")
def schema() -> Any:
    import jsonpatch
    import schemathesis

    document = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
    patch = json.loads((FOLDER / "openapi.corrections.jsonpatch.json").read_text(encoding="utf-8"))
    return schemathesis.openapi.from_dict(jsonpatch.apply_patch(document, patch))


@pytest.fixture
def known(demo_server: RunningDemo) -> dict[str, str]:
    """Names that exist, in place of half of the made-up ones."""
    import httpx

    headers = {"authorization": f"Bearer {demo_server.replicate_token}"}
    with httpx.Client(base_url=demo_server.api_root, headers=headers, trust_env=False) as client:
        made = client.post("/predictions", json={"version": "prunaai/p-video", "input": {"prompt": "a cat", "no_op": True}}).json()
        model = client.get("/models/prunaai/p-video").json()
    return {
        "prediction_id": made["id"],
        "model_owner": "prunaai",
        "model_name": "p-video",
        "version_id": (model["latest_version"] or {}).get("id", "x"),
    }


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
def test_every_answer_is_one_of_the_document(schema: Any, demo_server: RunningDemo, known: dict[str, str], method: str, path: str) -> None:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

    operation = schema[path][method]
    described = {int(status) for status in operation.definition.raw["responses"] if status.isdecimal()}
    headers = {"authorization": f"Bearer {demo_server.replicate_token}"}
    seen: set[int] = set()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(), real=draw.booleans())
    def ask(case: Any, real: bool) -> None:
        if real:
            case.path_parameters = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
            if method == "POST" and path.endswith("/predictions"):
                case.body = {"input": {"prompt": "a cat", "no_op": True}, **({} if "model" in path else {"version": "prunaai/p-video"})}
        case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "prefer"}
        answer = case.call(base_url=demo_server.api_root, headers=headers)
        seen.add(answer.status_code)
        assert answer.status_code in described | REFUSALS, answer.text
        case.validate_response(answer, checks=[not_a_server_error, content_type_conformance, response_schema_conformance])

    ask()
    assert seen & described, f"only refusals: {seen}"
    assert not [row for row in demo_server.requests() if row["status"] == 500]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
def test_without_a_token_nothing_is_answered(schema: Any, demo_server: RunningDemo, known: dict[str, str], method: str, path: str) -> None:
    operation = schema[path][method]
    right = operation.Case(path_parameters=known)
    assert right.call(base_url=demo_server.api_root).status_code == 401

    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        # A made-up name may leave Replicate's paths altogether ("a\\nb", ".."): the gateway's face answers those.
        assert case.call(base_url=demo_server.api_root).status_code in {400, 401, 404}

    ask()


def test_the_judge_refuses_a_wrong_answer(schema: Any, demo_server: RunningDemo, known: dict[str, str]) -> None:
    from schemathesis.specs.openapi.checks import response_schema_conformance

    demo_server.faults({"match": {"op": "get"}, "phase": "after_accept", "do": "body", "set": {"status": "moderating"}})
    case = schema["/predictions/{prediction_id}"]["GET"].Case(path_parameters={"prediction_id": known["prediction_id"]})
    answer = case.call(base_url=demo_server.api_root, headers={"authorization": f"Bearer {demo_server.replicate_token}"})
    with pytest.raises(BaseExceptionGroup):
        case.validate_response(answer, checks=[response_schema_conformance])
