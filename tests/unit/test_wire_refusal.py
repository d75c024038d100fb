"""Every outcome of a create is definite only where it is known to be (the table of the fault matrix)."""

from __future__ import annotations

import json

import httpx
import pytest

from pvideo.errors import BusyError, RefusedError, UnconfirmedError, UnreachableError
from pvideo.settings import Endpoint, Secret
from pvideo.wire.refusal import judge_create, judge_exception, judge_look
from pvideo.wire.verdict import asked_wait, bounded

PROBLEM = {"content-type": "application/problem+json"}


@pytest.fixture
def endpoint():
    return Endpoint(
        base_url="https://gateway.ai.cloudflare.com/v1/acc0123/my-gateway/replicate",
        kind="gateway",
        gateway_token=Secret("cfut_" + "Ab1" * 16, "CF_AIG_TOKEN, environment"),
        replicate_token=Secret("r8_" + "Zx9" * 12 + "Q", "REPLICATE_API_TOKEN, environment"),
        account_id="acc0123",
        gateway_id="my-gateway",
    )


@pytest.fixture
def stored(endpoint):
    return Endpoint(
        base_url=endpoint.base_url, kind="gateway", gateway_token=endpoint.gateway_token, account_id="acc0123", gateway_id="my-gateway"
    )


def envelope(code, message="m", **more):
    return {"success": False, "result": [], "messages": [], "error": [{"code": code, "message": message}], **more}


def create(endpoint, status, body, headers=None, model="prunaai/p-video"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge_create(status, headers or {"content-type": "application/json"}, raw, endpoint=endpoint, model=model)


@pytest.mark.parametrize(
    ("status", "code", "key", "says"),
    [
        (400, 2001, "gateway_name", "my-gateway"),
        (401, 2009, "gateway_token", "CF_AIG_TOKEN"),
        (400, 2009, "gateway_token", "CF_AIG_TOKEN"),
        (402, 2021, "credit_cloudflare", "would bill Cloudflare"),
        (424, 2016, "prompt_blocked", "my-gateway"),
        (424, 2029, "prompt_blocked", "my-gateway"),
        (400, 2040, "stored_key", "has no stored key."),
        (429, 2041, "spend_limit", "named 'x'"),
        (429, 2045, "spend_limit", "named 'x'"),
    ],
)
def test_the_gateways_own_refusals(endpoint, status, code, key, says):
    verdict = create(endpoint, status, envelope(code, "named 'x'"))
    assert (verdict.kind, verdict.error.key, verdict.error.paid) == ("refused", key, "no")
    assert isinstance(verdict.error, RefusedError)
    assert says in str(verdict.error)
    assert verdict.error.next


def test_the_old_envelope_and_the_new_one_are_the_same(endpoint):
    old = create(endpoint, 400, {"success": False, "error": [{"code": 2001, "message": "m"}]})
    new = create(endpoint, 400, envelope(2001, name="AiGatewayError", httpCode=400, internalCode=2001, message="m"))
    assert old.error.key == new.error.key == "gateway_name"


@pytest.mark.parametrize(
    ("status", "body", "key"),
    [
        (401, {"title": "Unauthenticated", "detail": "You did not pass a valid authentication token", "status": 401}, "replicate_token"),
        (
            402,
            {"title": "Insufficient credit", "detail": "You have insufficient credit to run this model.", "status": 402},
            "credit_replicate",
        ),
        (403, {"detail": "You do not have permission.", "status": 403}, "refused"),
        (404, {"detail": "The requested resource could not be found.", "status": 404}, "model_refused"),
        (
            422,
            {"title": "Invalid version or not permitted", "detail": "The specified version does not exist", "status": 422},
            "model_refused",
        ),
    ],
)
def test_replicates_refusals(endpoint, status, body, key):
    verdict = create(endpoint, status, body, PROBLEM)
    assert (verdict.kind, verdict.error.key, verdict.error.paid) == ("refused", key, "no")
    assert "  " not in str(verdict.error)


def test_two_401_name_the_credential_that_is_wrong(endpoint, stored):
    replicate = {"detail": "You did not pass a valid authentication token", "status": 401}
    assert "REPLICATE_API_TOKEN, environment (40 characters)" in str(create(endpoint, 401, replicate).error)
    assert "CF_AIG_TOKEN, environment (53 characters)" in str(create(endpoint, 401, envelope(2009, "Unauthorized")).error)
    assert "the key stored in my-gateway" in str(create(stored, 401, replicate).error)
    none = create(stored, 401, {"detail": "You did not pass an authentication token", "status": 401})
    assert (none.error.key, "my-gateway has no stored key" in str(none.error)) == ("replicate_no_token", True)


def test_one_2009_may_be_passing(endpoint):
    assert create(endpoint, 401, envelope(2009, "Unauthorized")).second_look
    assert not create(endpoint, 400, envelope(2001)).second_look


def test_no_part_of_a_token_is_in_a_message(endpoint):
    token = endpoint.replicate_token.reveal()
    verdict = create(endpoint, 401, {"detail": f"token {token} is not valid; {token[:20]}", "status": 401})
    assert token[:9] not in str(verdict.error)
    assert token[:9] not in json.dumps(verdict.error.to_dict())


def test_the_problem_stands_at_its_field(endpoint):
    fields = [
        {"type": "required", "field": "input", "description": "prompt is required"},
        {"type": "number_lte", "field": "input.duration", "description": "Must be less than or equal to 20"},
        {"type": "enum", "field": "input.fps", "description": "fps must be one of the following: 24, 48"},
        {"type": "additional_property_not_allowed", "field": "", "description": "Additional property model is not allowed"},
    ]
    body = {"detail": "- input: …", "status": 422, "title": "Input validation failed", "invalid_fields": [*fields, 7, None]}
    verdict = create(endpoint, 422, body, PROBLEM)
    assert verdict.error.key == "input_refused"
    assert [problem.field for problem in verdict.error.problems] == ["prompt", "duration", "fps", "model"]
    assert "duration: Must be less than or equal to 20" in verdict.error.sentence


THROTTLED = "Request was throttled. Your rate limit resets in ~30s."


@pytest.mark.parametrize(
    ("headers", "body", "wait", "asked"),
    [
        ({}, {"detail": THROTTLED}, 30, 30),
        ({}, {"detail": THROTTLED, "retry_after": 5, "status": 429}, 5, 5),
        ({"retry-after": "1"}, {"detail": THROTTLED}, 1, 1),
        ({"retry-after": "3600"}, {"detail": THROTTLED}, 120, 3600),
        ({"retry-after": "-5"}, {"detail": THROTTLED}, 1, -5),
        ({"retry-after": "abc"}, {"detail": THROTTLED}, 30, 30),
        ({"retry-after": "0"}, {"detail": THROTTLED}, 1, 0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:40 GMT", "date": "Fri, 20 Nov 2026 12:00:00 GMT"}, {"detail": THROTTLED}, 40, 40),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT", "date": "Fri, 20 Nov 2026 12:00:00 GMT"}, {"detail": THROTTLED}, 1, -3600),
        ({}, {"detail": "Request was throttled."}, None, None),
    ],
)
def test_how_long_replicate_asks_to_wait(endpoint, headers, body, wait, asked):
    verdict = create(endpoint, 429, body, {"content-type": "application/json", **headers})
    assert (verdict.kind, verdict.error.key, verdict.retry_after, verdict.asked) == ("busy", "replicate_busy", wait, asked)
    assert isinstance(verdict.error, BusyError)
    assert verdict.error.retry_after == wait


def test_the_gateways_429_has_no_wait(endpoint):
    verdict = create(endpoint, 429, envelope(2003, "Rate limited"))
    assert (verdict.kind, verdict.error.key, verdict.retry_after) == ("busy", "gateway_busy", None)
    assert "my-gateway" in verdict.error.sentence


@pytest.mark.parametrize("text", ["nan", "inf", "1e9", "٣", "9" * 40, "", " ", "Fri, 99 Nov 2026"])
def test_garbage_in_retry_after_is_no_wait(text):
    assert asked_wait({"retry-after": text}, {"detail": "x", "retry_after": True}) is None


def test_a_wait_is_never_a_busy_loop():
    assert (bounded(-1e9), bounded(0.2), bounded(1e9), bounded(None)) == (1, 1, 120, None)


AMBIGUOUS_STATUSES = [
    408,
    409,
    425,
    400,
    405,
    410,
    418,
    451,
    500,
    501,
    502,
    503,
    504,
    520,
    521,
    522,
    523,
    524,
    525,
    526,
    530,
    301,
    302,
    307,
    308,
]


@pytest.mark.parametrize("status", AMBIGUOUS_STATUSES)
@pytest.mark.parametrize("body", [b"", b"<html>error</html>", b'{"detail": "no", "status": 500}', b'{"detail": "no"}', b"[]"])
def test_every_other_status_may_have_made_one(endpoint, status, body):
    verdict = create(endpoint, status, body, {"content-type": "application/json"})
    assert (verdict.kind, verdict.error.key, verdict.error.paid) == ("ambiguous", "answer_lost", "maybe")
    assert isinstance(verdict.error, UnconfirmedError)


@pytest.mark.parametrize("status", [401, 402, 403, 404, 422, 424, 429])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/html"}, b"<html>Hotel Wi-Fi: please log in</html>"),
        ({"content-type": "text/plain"}, b"error code: 1010"),
        ({"content-type": "text/html"}, b'{"detail": "Request was throttled", "status": 429}'),
        ({"content-type": "application/json"}, b'{"error": "Forbidden"}'),
        ({"content-type": "application/json"}, b'{"error": {"code": 2009}}'),
        (
            {"content-type": "application/json"},
            b'{"success": false, "error": [{"code": 2005, "message": "Failed to get response from provider"}]}',
        ),
        ({"content-type": "application/json"}, b'{"success": false, "error": [{"code": true}]}'),
        ({"content-type": "application/json"}, b'{"success": false, "error": [{"code": 2001}], "internalCode": 2005}'),
        ({"content-type": "application/json"}, b'{"detail": "throttled", "status": 200}'),
        ({"content-type": "application/json"}, b'{"detail": ["throttled"]}'),
        ({"content-type": "application/json"}, b"[" * 100_000),
        ({}, b""),
    ],
)
def test_a_refusal_of_an_unknown_shape_proves_nothing(endpoint, status, headers, body):
    assert create(endpoint, status, body, headers).kind == "ambiguous"


def test_gateway_2005_as_400_may_have_made_one(endpoint):
    body = envelope(2005, "Failed to get response from provider", name="AiGatewayError", httpCode=400, internalCode=2005)
    verdict = create(endpoint, 400, body)
    assert verdict.kind == "ambiguous"
    assert "code 2005" in verdict.error.sentence


def test_a_listed_code_with_another_status_proves_nothing(endpoint):
    assert create(endpoint, 500, envelope(2001)).kind == "ambiguous"
    assert create(endpoint, 500, envelope(2003)).kind == "ambiguous"


@pytest.mark.parametrize("code", [2017, 2030])
def test_a_blocked_answer_is_probably_paid(endpoint, code):
    verdict = create(endpoint, 424, envelope(code, "Response blocked"))
    assert (verdict.kind, verdict.error.key, verdict.error.paid) == ("ambiguous", "response_blocked", "maybe")


@pytest.mark.parametrize("status", [200, 201, 401, 429])
def test_a_cached_create_is_never_taken_for_new(endpoint, status):
    verdict = create(endpoint, status, {"detail": THROTTLED}, {"cf-aig-cache-status": "HIT", "content-type": "application/json"})
    assert (verdict.kind, verdict.error.key) == ("ambiguous", "gateway_cached")
    assert "my-gateway" in verdict.error.sentence


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": 7}', b'{"id": "../x"}', b"<html>", b"[]", b'{"id": "' + b"a" * 10_000 + b'"}'])
def test_2xx_without_an_id_may_have_made_one(endpoint, body):
    assert create(endpoint, 201, body).kind == "ambiguous"


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError])
def test_before_the_first_byte_nothing_was_sent(error):
    verdict = judge_exception(error("no"), sent=False, host="gateway.example")
    assert (verdict.kind, verdict.error.paid) == ("not_sent", "no")
    assert isinstance(verdict.error, UnreachableError)
    assert "gateway.example" in verdict.error.sentence
    assert judge_exception(error("no"), sent=True).kind == "not_sent"


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadError,
        httpx.ReadTimeout,
        httpx.WriteError,
        httpx.WriteTimeout,
        httpx.RemoteProtocolError,
        TimeoutError,
        MemoryError,
        ValueError,
    ],
)
def test_after_the_first_byte_it_may_have_made_one(error):
    verdict = judge_exception(error("no"), sent=True)
    assert (verdict.kind, verdict.error.key) == ("ambiguous", "answer_lost")
    assert judge_exception(error("no"), sent=False).kind == "not_sent"


def test_a_certificate_is_named():
    import ssl

    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "certificate has expired"
    error = httpx.ConnectError("failed")
    error.__cause__ = cause
    verdict = judge_exception(error, sent=False, host="gateway.example")
    assert (verdict.kind, verdict.error.key) == ("not_sent", "certificate")
    assert "certificate has expired" in verdict.error.sentence
    watched = judge_exception(error, sent=False, purpose="watch")
    assert (watched.kind, watched.error.key, "has expired" in watched.told) == ("trouble", "certificate", True)


def look(endpoint, status, body, purpose="watch"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge_look(status, {"content-type": "application/json"}, raw, endpoint=endpoint, purpose=purpose, model="a/b")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 408, 302, 200, 400, 418])
def test_watching_goes_on_over_any_trouble(endpoint, status):
    verdict = look(endpoint, status, b"<html>")
    assert (verdict.kind, str(status) in verdict.told) == ("trouble", True)
    assert verdict.error.key == ("server_trouble" if status >= 500 or status == 408 else "other_answer")


def test_watching_tells_404_from_a_web_page(endpoint):
    assert look(endpoint, 404, {"detail": "not found", "status": 404}).kind == "gone"
    assert look(endpoint, 404, b"<html>").kind == "trouble"


def test_watching_with_a_revoked_token_names_it(endpoint, stored):
    replicate = {"detail": "You did not pass a valid authentication token", "status": 401}
    verdict = look(endpoint, 401, replicate)
    assert (verdict.kind, verdict.error.key) == ("refused", "token_revoked")
    assert "REPLICATE_API_TOKEN" in verdict.error.sentence
    assert "CF_AIG_TOKEN" in look(endpoint, 401, envelope(2009)).error.sentence
    assert "the key stored in my-gateway" in look(stored, 401, replicate).error.sentence


def test_watching_backs_off(endpoint):
    verdict = look(endpoint, 429, {"detail": THROTTLED})
    assert (verdict.kind, verdict.retry_after) == ("busy", 30)
    assert look(endpoint, 429, envelope(2003)).kind == "busy"
    assert look(endpoint, 429, b"slow down").kind == "trouble"


def test_a_list_that_is_not_passed_on_is_named(endpoint):
    assert look(endpoint, 404, {"detail": "no", "status": 404}, "list").error.key == "list_refused"
    assert look(endpoint, 405, b"", "list").kind == "gone"
    assert look(endpoint, 502, b"", "list").kind == "trouble"


def test_reading_a_model_names_what_is_wrong(endpoint):
    missing = look(endpoint, 404, {"detail": "no such model", "status": 404}, "read")
    assert (missing.kind, missing.error.key, "a/b" in missing.error.sentence) == ("gone", "model_refused", True)
    assert look(endpoint, 400, envelope(2001), "read").error.key == "gateway_name"
    assert look(endpoint, 401, {"detail": "not valid", "status": 401}, "read").error.key == "replicate_token"
    assert look(endpoint, 502, b"<html>", "read").error.key == "server_trouble"
    assert judge_exception(httpx.ConnectError("x"), sent=False, purpose="read").error.key == "unreachable"
