"""E1, B10, B11, E3: an answer is told as what it is, to the doctor, to a watcher, and at the end of a press."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from tests.support.canary import cloudflare_canary, replicate_canary

from pvideo.errors import PVideoError, RefusedError
from pvideo.job.live import revived
from pvideo.library.rows import JobRow
from pvideo.notebook.checks import Check, check_network
from pvideo.settings import Endpoint, Secret
from pvideo.wire.client import Client
from pvideo.wire.refusal import judge_create, judge_exception, judge_look

HTML = {"content-type": "text/html; charset=UTF-8"}
TEXT = {"content-type": "text/plain"}
JSON = {"content-type": "application/json"}
PROBLEM = {"content-type": "application/problem+json"}
NEVER = ("connection lost", "still running", "goes on with it", "nothing to do", "next look", "a few s")


def envelope(code: int, message: str = "m") -> bytes:
    return json.dumps({"success": False, "result": [], "messages": [], "error": [{"code": code, "message": message}]}).encode()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint(
        base_url="https://gateway.ai.cloudflare.com/v1/acc0123/my-gateway/replicate",
        kind="gateway",
        gateway_token=Secret(cloudflare_canary(), "CF_AIG_TOKEN"),
        replicate_token=Secret(replicate_canary(), "REPLICATE_API_TOKEN"),
        account_id="acc0123",
        gateway_id="my-gateway",
    )


ANSWERS: list[tuple[int, dict[str, str], bytes, str, str, str]] = [
    # status, headers, body, the line that is marked, what it says, its step
    (502, HTML, b"<html>Bad gateway</html>", "Gateway", "502", "It usually passes"),
    (503, TEXT, b"error code: 503", "Gateway", "503", "It usually passes"),
    (504, {}, b"", "Gateway", "504", "cloudflarestatus.com"),
    (520, HTML, b"<html>", "Gateway", "520", "cloudflarestatus.com"),
    (500, PROBLEM, b'{"detail": "Internal error", "status": 500}', "Gateway", "Internal error", "replicatestatus.com"),
    (408, {}, b"", "Gateway", "408", "It usually passes"),
    (429, TEXT, b"slow down", "Gateway", "429", "It usually passes"),
    (403, TEXT, b"error code: 1010", "Gateway", "error code 1010", "User-Agent"),
    (403, HTML, b'<span class="cf-error-code">1020</span>', "Gateway", "error code 1020", "network"),
    (200, HTML, b"<html>HotelNet: log in</html>", "Gateway", "a web page", "browser"),
    (302, HTML, b"<html>moved</html>", "Gateway", "302", "browser"),
    (511, HTML, b"<html>log in</html>", "Gateway", "511", "browser"),
    (403, HTML, b"<html>blocked by policy</html>", "Gateway", "403", "proxy"),
    (200, JSON, b'{"ok": true}', "Gateway", "none that can be read", "address"),
    (400, JSON, envelope(2005, "Failed to get response from provider"), "Replicate", "did not reach Replicate", "replicatestatus.com"),
    (400, JSON, envelope(2008, "Invalid provider"), "Gateway", "acc0123/my-gateway/replicate", "PVIDEO_BASE_URL"),
    (400, JSON, envelope(2001), "Gateway", "my-gateway", "CLOUDFLARE_GATEWAY_ID"),
    (401, JSON, envelope(2009, "Unauthorized"), "Gateway", "CF_AIG_TOKEN", "AI Gateway Run"),
    (402, JSON, envelope(2021), "Gateway", "would bill Cloudflare", "store a key"),
    (429, JSON, envelope(2003, "Rate limited"), "Gateway", "rate limit", "Press again later"),
    (400, JSON, envelope(9999, "Something new"), "Gateway", "Something new", "See what it says"),
    (403, PROBLEM, b'{"detail": "You may not.", "status": 403}', "Replicate", "You may not.", "See what it says"),
    (
        401,
        PROBLEM,
        b'{"detail": "You did not pass a valid authentication token", "status": 401}',
        "Replicate",
        "REPLICATE_API_TOKEN",
        "setup",
    ),
]


def report(endpoint: Endpoint, answer: httpx.Response | Exception) -> list[Check]:
    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return check_network(endpoint, "prunaai/p-video", make=lambda it: Client(it, user_agent="t", transport=httpx.MockTransport(handle)))


@pytest.mark.parametrize(("status", "headers", "body", "line", "says", "step"), ANSWERS)
def test_found_e1_the_doctor_names_the_fault_and_a_step(
    endpoint: Endpoint, status: int, headers: dict[str, str], body: bytes, line: str, says: str, step: str
) -> None:
    checks = report(endpoint, httpx.Response(status, headers=headers, content=body))

    (bad,) = [check for check in checks if check.mark == "✗"]
    assert bad.name == line
    assert says in bad.text
    assert step in bad.next
    assert not [word for word in NEVER if word in f"{bad.text} {bad.next}".lower()]


@pytest.mark.parametrize(
    "problem",
    [httpx.ConnectError("refused"), httpx.ReadTimeout("late"), httpx.RemoteProtocolError("cut"), httpx.ProxyError("407"), OSError()],
)
def test_found_e1_the_doctor_says_that_nothing_answered(endpoint: Endpoint, problem: Exception) -> None:
    (bad,) = [check for check in report(endpoint, problem) if check.mark == "✗"]

    assert bad.name == "Gateway"
    assert "gateway.ai.cloudflare.com" in bad.text
    assert "Check network, proxy, clock" in bad.next
    assert not [word for word in (*NEVER, "tries again") if word in f"{bad.text} {bad.next}".lower()]


@pytest.mark.parametrize(("status", "headers", "body", "line", "says", "step"), ANSWERS)
def test_found_e1_a_watcher_is_told_a_reason_that_fits_in_brackets(
    endpoint: Endpoint, status: int, headers: dict[str, str], body: bytes, line: str, says: str, step: str
) -> None:
    verdict = judge_look(status, headers, body, endpoint=endpoint, purpose="watch")

    assert verdict.told
    assert not [word for word in NEVER if word in verdict.told.lower()]
    assert str(status) in verdict.told or verdict.kind == "busy"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 408])
@pytest.mark.parametrize(("given", "waits"), [("7", 7.0), ("90", 90.0), ("3600", 120.0), (None, None), ("soon", None)])
def test_found_e1_what_an_answer_asks_to_wait_is_kept(endpoint: Endpoint, status: int, given: str | None, waits: float | None) -> None:
    headers = {**HTML, **({} if given is None else {"retry-after": given})}

    assert judge_look(status, headers, b"<html>", endpoint=endpoint).retry_after == waits
    assert judge_look(status, headers, b"<html>", endpoint=endpoint, purpose="list").retry_after == waits


# -- B10


@pytest.mark.parametrize(
    ("headers", "body", "who"),
    [
        (HTML, b"<html>413 Request Entity Too Large</html>", "my-gateway"),
        (TEXT, b"", "my-gateway"),
        (JSON, envelope(7000, "Payload too large"), "my-gateway"),
        (PROBLEM, b'{"detail": "Request body is too large", "status": 413}', "Replicate"),
        (JSON, b'{"message": "no"}', "my-gateway"),
    ],
)
def test_found_b10_too_large_is_a_refusal_and_not_paid(endpoint: Endpoint, headers: dict[str, str], body: bytes, who: str) -> None:
    verdict = judge_create(413, headers, body, endpoint=endpoint, size=31_400_000)

    assert (verdict.kind, verdict.error.key, verdict.error.paid) == ("refused", "request_too_large", "no")
    assert isinstance(verdict.error, RefusedError)
    assert f"{who} takes no request of 31.4 MB. Not paid." in str(verdict.error)
    assert "https" in verdict.error.next


# -- B11

WHERE = "https://replicate.com/account/billing"
PAYMENTS = [
    (
        "Insufficient credit",
        f"You have insufficient credit to run this model. Go to {WHERE}#billing to purchase credit. Once you purchase credit, please wait "
        "a few minutes before trying again.",
        "credit_replicate",
        "Add some",
    ),
    (
        "Monthly spend limit reached",
        f"You've hit your monthly spend limit. You can change or remove your limit at {WHERE}#limits. If you have recently increased your "
        "limit, please wait a few minutes before trying again.",
        "replicate_limit",
        "#limits",
    ),
    (
        "Billing required",
        f"You need to set up billing to run this model. Go to {WHERE}#billing to set it up.",
        "billing_required",
        "Set up billing",
    ),
    (
        "Free time limit reached",
        f"You have reached the free time limit. To continue using Replicate, set up billing at {WHERE}#billing.",
        "free_time_over",
        "Set up billing",
    ),
    ("", "You have reached the free time limit.", "free_time_over", "Set up billing"),
    ("Payment Required", "Please add a payment method.", "billing_required", "Set up billing"),
    ("Spending limit exceeded", "", "replicate_limit", "#limits"),
    ("", "", "billing_required", "Set up billing"),
]


@pytest.mark.parametrize(("title", "detail", "key", "step"), PAYMENTS)
def test_found_b11_each_402_says_what_replicate_said_and_the_step_that_helps(
    endpoint: Endpoint, title: str, detail: str, key: str, step: str
) -> None:
    body = {**({"title": title} if title else {}), "detail": detail, "status": 402}

    verdict = judge_create(402, PROBLEM, json.dumps(body).encode(), endpoint=endpoint)

    assert (verdict.kind, verdict.error.key, verdict.error.paid) == ("refused", key, "no")
    assert (detail or title) in verdict.error.sentence
    assert step in verdict.error.next
    assert "Not paid." in verdict.error.sentence


# -- B9, the answer


def test_found_b9_2008_on_a_create_is_a_refusal_that_names_the_address(endpoint: Endpoint) -> None:
    verdict = judge_create(400, JSON, envelope(2008, "Invalid provider"), endpoint=endpoint)

    assert (verdict.kind, verdict.error.key, verdict.error.paid) == ("refused", "gateway_address", "no")
    assert endpoint.base_url in verdict.error.sentence
    assert "may exist" not in str(verdict.error)


# -- E3


@pytest.mark.parametrize("key", ["gateway_busy", "replicate_busy", "unreachable"])
def test_found_e3_only_while_it_is_counted_down_a_message_says_that_it_is_tried_again(key: str) -> None:
    again = re.compile(r"(again|starts) in ", re.IGNORECASE)

    assert again.search(PVideoError.make(key, detail="x", host="h", gateway="g", seconds=3).next)
    assert not again.search(PVideoError.make(key, detail="x", host="h", gateway="g").next)
    assert "Tried 4 times. Press again later." in PVideoError.make(key, detail="x", host="h", gateway="g", tried="Tried 4 times. ").next


@pytest.mark.parametrize("seconds", [1, "a few"])
def test_found_e3_a_job_that_0_1_0_kept_is_told_without_its_countdown(seconds: Any) -> None:
    from tests.support.jobs import ENDPOINT

    kept = PVideoError.make("replicate_busy", detail="Too many.", seconds=seconds).to_dict()
    names = {"intent": "i", "event_id": "i", "owner": "o", "press_key": None, "fingerprint": "f", "session": "s", "kind": "gateway"}
    row = JobRow(
        **names, base_url=ENDPOINT.base_url, gateway="g", model="a/b", name="", prompt="", typed={}, input={}, seed=None, seed_ours=False,
        folder="", estimate=None, estimate_text="", day="2026-11-20", pressed_at=1.0, state="rejected", error=kept,
    )  # fmt: skip

    assert revived(row).error.next == "Press again later."


def test_found_e3_an_answer_that_is_read_before_a_press_promises_no_further_one(endpoint: Endpoint) -> None:
    refused = judge_look(429, JSON, envelope(2003), endpoint=endpoint, purpose="read").error
    gone = judge_exception(httpx.ConnectError("no"), sent=False, host="h", purpose="read").error

    assert "again in" not in f"{refused} {gone}"
