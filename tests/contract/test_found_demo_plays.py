"""What the emulator plays beside creates and looks, and what it says of that which it does not play."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from tests.contract.test_demo_oracle import ORACLE, check
from tests.support.demo import InProcess

from pvideo.demo.replicate import NOT_PLAYED

if TYPE_CHECKING:
    import httpx

HOST = r"ai-gateway-outputs\.[0-9a-f]{32}\.r2\.cloudflarestorage\.com"


@pytest.fixture
def demo(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path)


# -- Replicate's own paths


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's folder (../shared/oracle) is not here")
@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/hardware", "/hardware"),
        ("/collections", "/collections"),
        ("/collections/text-to-video", "/collections/{collection_slug}"),
        ("/search?query=video", "/search"),
        ("/search?query=nano+banana&limit=1", "/search"),
        ("/search?query=no+such+thing", "/search"),
    ],
)
def test_found_f_hardware_collections_and_search_are_replicate_s(demo: InProcess, asked: str, path: str) -> None:
    token = {"authorization": f"Bearer {demo.replicate_token}"}
    direct = demo.request("GET", "", url=f"{demo.api_root}{asked}", headers=token)
    through = demo.request("GET", asked)

    check(direct, path, "get")
    assert direct.json() == through.json()
    assert not [name for name in direct.headers if name.startswith("cf-aig")]
    assert demo.ledger()["requests"][0]["host"] == "replicate"


def test_found_f_what_is_found_is_what_the_demo_has(demo: InProcess) -> None:
    found = demo.request("GET", "/search?query=nano+banana").json()
    films = demo.request("GET", "/collections/text-to-video").json()

    assert [f"{item['model']['owner']}/{item['model']['name']}" for item in found["models"]] == ["google/nano-banana"]
    assert found["models"][0]["metadata"]["tags"] == ["text-to-image"]
    assert "prunaai/p-video" in [f"{model['owner']}/{model['name']}" for model in films["models"]]
    assert len(demo.request("GET", "/search?query=a&limit=2").json()["models"]) == 2
    assert demo.request("GET", "/collections/nothing").status_code == 404


@pytest.mark.parametrize("query", ["", "query=", "query=a&limit=0", "query=a&limit=51", "query=a&limit=many"])
def test_found_f_a_search_that_is_none_is_refused(demo: InProcess, query: str) -> None:
    assert demo.request("GET", f"/search?{query}").status_code == 400


ASKED = [
    ("GET", "/trainings"),
    ("GET", "/trainings/abc"),
    ("POST", "/trainings/abc/cancel"),
    ("POST", "/models/a/b/versions/c/trainings"),
    ("GET", "/deployments"),
    ("POST", "/deployments"),
    ("POST", "/deployments/a/b/predictions"),
    ("PATCH", "/deployments/a/b"),
    ("DELETE", "/deployments/a/b"),
    ("POST", "/models"),
    ("PATCH", "/models/a/b"),
    ("DELETE", "/models/a/b"),
    ("DELETE", "/models/a/b/versions/c"),
    ("GET", "/models/a/b/readme"),
    ("GET", "/models/a/b/examples"),
    ("GET", "/webhooks/default/secret"),
    ("GET", "/files/abc/download"),
]


@pytest.mark.parametrize(("method", "path"), ASKED)
def test_found_f_what_is_not_played_says_so_in_replicate_s_form(demo: InProcess, method: str, path: str) -> None:
    token = {"authorization": f"Bearer {demo.replicate_token}"}
    for answer in (demo.request(method, path, data={}), demo.request(method, "", url=f"{demo.api_root}{path}", data={}, headers=token)):
        body = answer.json()

        assert (answer.status_code, answer.headers["content-type"]) == (501, "application/problem+json")
        assert (body["title"], body["status"]) == ("Not played", 501)
        assert f"{method} {path}" in body["detail"]
    assert demo.request(method, path, data={}, headers={}).status_code == 401
    assert demo.predictions() == []


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's folder (../shared/oracle) is not here")
def test_found_f_every_path_of_the_document_is_played_or_said_not_to_be(demo: InProcess) -> None:
    import json

    document = json.loads((ORACLE / "replicate-openapi" / "openapi.json").read_text(encoding="utf-8"))
    token = {"authorization": f"Bearer {demo.replicate_token}"}
    for path, methods in document["paths"].items():
        for method in methods:
            real = re.sub(r"\{[^}]+\}", "x", path)
            answer = demo.request(method.upper(), "", url=f"{demo.api_root}{real}", data={}, headers=token)
            said = answer.json()
            assert "The requested resource does not exist" not in answer.text, (method, path)
            assert not (isinstance(said, dict) and said.get("name") == "AiGatewayError"), (method, path)


def test_found_f_what_is_not_played_is_no_path_that_is_played(demo: InProcess) -> None:
    assert {demo.request(*asked).status_code for asked in [("GET", "/models"), ("GET", "/models/prunaai/p-video"), ("GET", "/files")]} == {
        200
    }
    assert demo.request("GET", "/nowhere").status_code == 404
    assert NOT_PLAYED


# -- webhooks


@pytest.mark.parametrize("url", ["https://example.com/hook", "http://127.0.0.1:9/hook"])
def test_found_f_a_webhook_that_is_not_called_is_said_in_the_log(demo: InProcess, url: str) -> None:
    body = {"version": "prunaai/p-video", "input": {"prompt": "a cat"}, "webhook": url, "webhook_events_filter": ["completed"]}
    made = demo.request("POST", "/predictions", data=body).json()
    demo.clock.advance(60)
    last = demo.request("GET", f"/predictions/{made['id']}").json()

    assert "the webhook is not called" in made["logs"]
    assert last["logs"].startswith(made["logs"])
    assert "Using seed" in last["logs"]
    assert "webhook" not in demo.request("GET", f"/predictions/{demo.create().json()['id']}").json()["logs"]


def test_found_f_the_readme_says_what_is_not_played() -> None:
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    part = text.partition("## The embedded gateway")[2].partition("\n## ")[0]

    for word in ("webhooks", "trainings", "deployments", "other providers"):
        assert word in part


# -- Cloudflare's file host


def made(demo: InProcess, **given: Any) -> dict[str, Any]:
    prediction_id = demo.create(**given).json()["id"]
    demo.clock.advance(60)
    return demo.request("GET", f"/predictions/{prediction_id}").json()


def fetched(demo: InProcess, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    return demo.request(method, "", url=url, headers=headers)


@pytest.fixture
def r2(demo: InProcess) -> InProcess:
    demo.settings(output_host="r2")
    return demo


def test_found_f_outputs_stand_at_cloudflare_s_host_by_a_switch(r2: InProcess) -> None:
    url = made(r2)["output"]
    parts, query = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
    answer = fetched(r2, url)
    (row,) = r2.predictions()

    assert parts.scheme == "https"
    assert re.fullmatch(HOST, parts.netloc)
    assert re.fullmatch(r"/provider-outputs/[^/]+/[^/.]+", parts.path)
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "86400")
    assert re.fullmatch(r"[0-9a-f]{64}", query["X-Amz-Signature"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert hashlib.sha256(answer.content).hexdigest() == row["sha256"]
    assert not [name for name in answer.headers if name.startswith("access-control")]
    # It is the same at each look, and at no other host.
    assert r2.request("GET", f"/predictions/{row['id']}").json()["output"] == url
    r2.settings(output_host="replicate")
    assert made(r2)["output"].startswith(r2.delivery_url)


def test_found_f_it_is_read_in_parts(r2: InProcess) -> None:
    url = made(r2)["output"]
    whole = fetched(r2, url).content
    part = fetched(r2, url, range="bytes=5-")

    assert (part.status_code, part.content) == (206, whole[5:])
    beyond = fetched(r2, url, range=f"bytes={len(whole)}-")
    assert (beyond.status_code, "access-control-allow-origin" in beyond.headers) == (416, False)


@pytest.mark.parametrize("model", ["black-forest-labs/flux-schnell", "pvideo-demo/variations"])
def test_found_f_each_file_of_several_has_its_own_address(r2: InProcess, model: str) -> None:
    prediction_id = r2.request("POST", f"/models/{model}/predictions", data={"input": {"prompt": "a fox", "num_outputs": 2}}).json()["id"]
    r2.clock.advance(60)
    urls = r2.request("GET", f"/predictions/{prediction_id}").json()["output"]
    answers = [fetched(r2, url) for url in urls]

    assert len(set(urls)) == 2
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content != answers[1].content


def changed(url: str, **changes: str) -> str:
    base, _, query = url.partition("?")
    asked = dict(parse_qsl(query)) | {name.replace("_", "-"): value for name, value in changes.items()}
    return f"{base}?{urlencode({name: value for name, value in asked.items() if value})}"


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        (lambda url: changed(url, X_Amz_Signature="0" * 64), 403, "SignatureDoesNotMatch"),
        (lambda url: changed(url, X_Amz_Signature=""), 403, "SignatureDoesNotMatch"),
        (lambda url: changed(url, X_Amz_Expires="999999"), 403, "SignatureDoesNotMatch"),
        (lambda url: changed(url, X_Amz_Date="20990101T000000Z"), 403, "SignatureDoesNotMatch"),
        (lambda url: changed(url, X_Amz_Date="soon"), 403, "SignatureDoesNotMatch"),
        (lambda url: url.partition("?")[0], 403, "SignatureDoesNotMatch"),
        (lambda url: url.replace("/output?", "/other?"), 403, "SignatureDoesNotMatch"),
    ],
)
def test_found_f_an_address_that_was_touched_gives_nothing(r2: InProcess, change: Any, status: int, word: str) -> None:
    answer = fetched(r2, change(made(r2)["output"]))

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/xml")
    assert f"<Code>{word}</Code>" in answer.text


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT"])
def test_found_f_it_is_signed_for_get_alone(r2: InProcess, method: str) -> None:
    assert fetched(r2, made(r2)["output"], method).status_code == 403


def test_found_f_a_token_sent_along_is_refused_and_noted(r2: InProcess) -> None:
    answer = fetched(r2, made(r2)["output"], authorization=f"Bearer {r2.replicate_token}")

    assert (answer.status_code, "<Code>InvalidArgument</Code>" in answer.text) == (400, True)
    assert [row["credentials"]["authorization"]["matches"] for row in r2.ledger()["requests"] if row["host"] == "delivery"] == ["replicate"]


def test_found_f_it_stays_for_a_day(r2: InProcess) -> None:
    data = made(r2)
    r2.clock.advance(3600)
    # Replicate has forgotten it; who kept the address still gets the file.
    assert r2.request("GET", f"/predictions/{data['id']}").json()["output"] is None
    assert fetched(r2, data["output"]).status_code == 200
    r2.clock.advance(86_400)
    late = fetched(r2, data["output"])
    assert (late.status_code, "Request has expired" in late.text) == (403, True)


def test_found_f_faults_meet_it_as_they_meet_other_files(r2: InProcess) -> None:
    url = made(r2)["output"]
    r2.faults({"match": {"op": "file", "nth": 1}, "do": "status", "status": 503})

    assert [fetched(r2, url).status_code for _ in range(2)] == [503, 200]


def test_found_f_only_the_switched_on_host_is_answered_for(demo: InProcess) -> None:
    demo.settings(output_host="r2")
    url = made(demo)["output"]
    other = re.sub(r"\.[0-9a-f]{32}\.", f".{'0' * 32}.", url)
    assert fetched(demo, other).status_code == 403
    demo.settings(output_host="replicate")
    assert fetched(demo, url).status_code == 403


def test_found_f_a_signed_address_can_stand_on_loopback(demo: InProcess) -> None:
    demo.settings(output_host="r2", delivery_host=demo.delivery_url)
    url = made(demo)["output"]

    assert url.startswith(f"{demo.delivery_url}/provider-outputs/")
    assert fetched(demo, url).status_code == 200
