"""What a failed request means: definitely refused, busy, never sent, or unknown.

A create is refused *for certain* only by an answer of a known shape that says so; everything else may have made a
prediction that is paid. Codes and bodies: captured from the live services or in their documents.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pvideo.errors import PVideoError
from pvideo.model.wording import size_words
from pvideo.wire.certificates import CertificatesUnreadable
from pvideo.wire.shapes import GatewayError, ReplicateError, known_shape, phrase, sentence
from pvideo.wire.verdict import CreateFailed, Kind, LookFailed, Verdict, asked_wait, bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.settings import Endpoint, Secret

__all__ = ["CreateFailed", "LookFailed", "Purpose", "Verdict", "judge_create", "judge_exception", "judge_look"]

Purpose = Literal["create", "watch", "list", "read"]
"""Why it was asked: the same answer needs other words while a paid job runs (``watch``) than before one (``read``)."""


class _Rule(NamedTuple):
    statuses: frozenset[int]
    key: str


# Code 2009 was captured with 401 and with 400. 2005 comes as a 400 and is *not* here: Replicate may have answered.
_GATEWAY = {
    2001: _Rule(frozenset({400}), "gateway_name"),
    2003: _Rule(frozenset({429}), "gateway_busy"),
    2008: _Rule(frozenset({400}), "gateway_address"),
    2009: _Rule(frozenset({400, 401}), "gateway_token"),
    2016: _Rule(frozenset({424}), "prompt_blocked"),
    2021: _Rule(frozenset({402}), "credit_cloudflare"),
    2029: _Rule(frozenset({424}), "prompt_blocked"),
    2040: _Rule(frozenset({400}), "stored_key"),
    2041: _Rule(frozenset({429}), "spend_limit"),
    2045: _Rule(frozenset({429}), "spend_limit"),
}
_RESPONSE_BLOCKED = frozenset({2017, 2030})
_REPLICATE = {401: "replicate_token", 403: "refused", 404: "model_refused", 422: "input_refused"}
# What Replicate's 402 says, in its title or its text (captured by several clients); the addresses in it name billing and limits anyway.
_PAYMENT = (
    (re.compile(r"spend\w*[ -]limit"), "replicate_limit"),
    (re.compile(r"free[ -](time|trial|tier|limit|run|credit)"), "free_time_over"),
    (re.compile(r"insufficient|credit"), "credit_replicate"),
)
_EDGE = re.compile(rb"error code:\s*(1\d{3})\b|cf-error-code\D{0,20}(1\d{3})\b", re.IGNORECASE)
_PASSING = frozenset({408, 425, 429})
_LOG_IN = 511
"""What a network answers that wants a log-in first."""
_TOKEN_KEYS = frozenset({"gateway_token", "replicate_token", "replicate_no_token", "stored_key"})
_BUSY_KEYS = frozenset({"gateway_busy", "replicate_busy"})
# httpx's own names, so that judging needs no httpx: all are raised before the first byte of the request is written.
_BEFORE = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
_PHRASES = {
    "ConnectTimeout": "no connection in time",
    "PoolTimeout": "no free connection in time",
    "ReadTimeout": "no answer in time",
    "WriteTimeout": "it could not be sent in time",
    "TimeoutError": "no whole answer in time",
    "ReadError": "the connection broke",
    "WriteError": "the connection broke while sending",
    "RemoteProtocolError": "the connection closed before the whole answer was here",
    "CancelledError": "this kernel stopped waiting",
    "TooLarge": "the answer is too large",
}


def judge_create(
    status: int, headers: Mapping[str, str], body: bytes, *, endpoint: Endpoint, model: str = "", size: int | None = None
) -> Verdict:
    """Judge an answer to a create that carries no valid prediction id.

    Args:
        status: The HTTP status.
        headers: The answer's headers, names in lower case.
        body: The answer's body.
        endpoint: Where it was sent: its tokens and gateway are named in the message.
        model: What was asked for, for the message.
        size: How many bytes were sent, for the message.
    """
    if headers.get("cf-aig-cache-status", "").upper() == "HIT":
        return _ambiguous("gateway_cached", gateway=endpoint.gateway)
    shape = known_shape(status, headers, body)
    if isinstance(shape, GatewayError) and shape.code in _RESPONSE_BLOCKED:
        return _ambiguous("response_blocked", gateway=endpoint.gateway, detail=sentence(shape.message))
    if status == 413:
        # Whoever on the way says so, in whatever words: it did not take the request, so nobody behind it has it.
        who = "Replicate" if isinstance(shape, ReplicateError) else endpoint.gateway
        error = PVideoError.make("request_too_large", who=who, size="this size" if size is None else size_words(size))
        return Verdict(kind="refused", error=error)
    key = _definite_key(status, shape, endpoint)
    if key is None or shape is None:
        return _ambiguous("answer_lost", detail=_told(status, headers, body, shape))
    return _definite(key, status, headers, shape, endpoint, model)


def judge_look(
    status: int, headers: Mapping[str, str], body: bytes, *, endpoint: Endpoint, purpose: Purpose = "watch", model: str = ""
) -> Verdict:
    """Judge an answer to a get, cancel, list or model request that is not what was asked for.

    Its error says what is wrong, as before a press; that a paid job goes on all the same is for its watcher to say.

    Args:
        status: The HTTP status.
        headers: The answer's headers, names in lower case.
        body: The answer's body.
        endpoint: Where it was sent.
        purpose: ``watch`` a prediction, ``list`` them, or ``read`` something before a press.
        model: What was asked for, for the message.
    """
    shape = known_shape(status, headers, body)
    told = _told(status, headers, body, shape)
    if purpose == "list" and _not_passed(status, shape):
        return Verdict(kind="gone", error=PVideoError.make("list_refused", gateway=endpoint.gateway), told=told)
    key = _definite_key(status, shape, endpoint)
    if key is None or shape is None:
        wait = bounded(asked_wait(headers, shape.body if isinstance(shape, ReplicateError) else None))
        return Verdict(kind="trouble", error=_fault(status, headers, body, shape, endpoint, told), retry_after=wait, told=told)
    verdict = replace(_definite(key, status, headers, shape, endpoint, model), told=told)
    if verdict.kind == "busy":
        return replace(verdict, told=verdict.error.title)
    if purpose == "read":
        return replace(verdict, kind="gone") if status == 404 else verdict
    if key in _TOKEN_KEYS:
        return replace(verdict, error=PVideoError.make("token_revoked", source=_source(key, endpoint)))
    # The words for an input or a model are a create's; here they are about a prediction.
    error = verdict.error if isinstance(shape, GatewayError) or status == 402 else _refused(status, shape, endpoint)
    return Verdict(kind="gone" if status == 404 else "trouble", error=error, told=told)


def _not_passed(status: int, shape: GatewayError | ReplicateError | None) -> bool:
    """Return whether a list is not passed on: 2008 "Invalid provider" is what the gateway says to paths that it does not know."""
    if isinstance(shape, GatewayError):
        return (status, shape.code) == (400, 2008)
    return status in {404, 405} or (status == 422 and shape is not None)


def judge_exception(exc: BaseException, *, sent: bool, host: str = "", purpose: Purpose = "create") -> Verdict:
    """Judge a request that ended without an answer.

    Args:
        exc: What the HTTP library raised. It is read, never kept: its frames may hold headers.
        sent: Whether the first byte of the request may have left.
        host: Where it was going, for the message.
        purpose: Why it was asked.
    """
    detail, certificate = _explain(exc)
    kind: Kind = "trouble" if purpose in {"watch", "list"} or (purpose == "read" and sent) else "not_sent"
    if isinstance(exc, CertificatesUnreadable):
        form = "a PEM file" if exc.variable == "SSL_CERT_FILE" else "a folder of them"
        error = PVideoError.make("certificates_unreadable", detail=detail, variable=exc.variable, form=form)
        return Verdict(kind=kind, error=error, told=detail)
    if certificate:
        error = PVideoError.make("certificate", host=host, detail=detail)
        return Verdict(kind=kind, error=error, told=f"the certificate was refused: {detail}")
    if purpose == "create" and sent and type(exc).__name__ not in _BEFORE:
        return _ambiguous("answer_lost", detail=detail)
    return Verdict(kind=kind, error=PVideoError.make("unreachable", host=host, detail=detail), told=detail)


def _definite_key(status: int, shape: GatewayError | ReplicateError | None, endpoint: Endpoint) -> str | None:
    """Return the message for an answer that proves that nothing was made, or None."""
    if isinstance(shape, GatewayError):
        rule = _GATEWAY.get(shape.code)
        return rule.key if rule and status in rule.statuses else None
    if shape is None:
        return None
    if status == 429:
        return "replicate_busy" if "throttled" in shape.detail.lower() else None
    if status == 401 and endpoint.replicate_token is None and "valid" not in shape.detail.lower():
        return "replicate_no_token"
    if status == 422 and not shape.problems and "version" in shape.title.lower():
        return "model_refused"
    return _payment(shape) if status == 402 else _REPLICATE.get(status)


def _payment(shape: ReplicateError) -> str:
    words = re.sub(r"https?://\S+", "", f"{shape.title} {shape.detail}".lower())
    return next((key for pattern, key in _PAYMENT if pattern.search(words)), "billing_required")


def _definite(
    key: str, status: int, headers: Mapping[str, str], shape: GatewayError | ReplicateError, endpoint: Endpoint, model: str
) -> Verdict:
    message = shape.message if isinstance(shape, GatewayError) else shape.detail
    problems = shape.problems if isinstance(shape, ReplicateError) else ()
    asked = asked_wait(headers, shape.body if isinstance(shape, ReplicateError) else None)
    values: dict[str, Any] = {
        "gateway": endpoint.gateway,
        "account": endpoint.account_id,
        "detail": sentence(_field_lines(shape) or message or getattr(shape, "title", "") or "it gave no reason"),
        "who": "Replicate" if isinstance(shape, ReplicateError) else endpoint.gateway,
        "status": status,
        "model": model or "the model",
        "address": endpoint.base_url,
    }
    if key == "stored_key":
        values |= {"alias": endpoint.stored_key, "called": _called(endpoint.stored_key, message)}
    if key in _TOKEN_KEYS:
        values["source"] = _source(key, endpoint)
    if key not in _BUSY_KEYS:
        return Verdict(kind="refused", error=PVideoError.make(key, problems=problems, **values), second_look=key == "gateway_token")
    wait = bounded(asked)
    return Verdict(kind="busy", error=PVideoError.make(key, **values, retry_after=wait), retry_after=wait, asked=asked)


def _called(alias: str, message: str) -> str:
    """Tell a gateway without keys from one without this alias; its message lists those it has ("Configured aliases: 'a'", captured)."""
    known = re.findall(r"'([^']{1,80})'", message.partition("Configured aliases:")[2])
    if not (alias or known):
        return ""
    only = ", only " + ", ".join(f'"{name}"' for name in known[:10]) if known else ""
    return f' called "{alias or "default"}"{only}'


def _field_lines(shape: GatewayError | ReplicateError) -> str:
    """Return "duration: Must be less than or equal to 20" for a refused input; its field stands before the message."""
    problems = shape.problems if isinstance(shape, ReplicateError) else ()
    return "; ".join(item.message if item.field in item.message.split() else f"{item.field}: {item.message}" for item in problems)


def _source(key: str, endpoint: Endpoint) -> str:
    """Say which credential it was: where it came from and its length, never a part of it."""
    if key == "gateway_token":
        return _shown(endpoint.gateway_token) or "no token (CF_AIG_TOKEN is not set)"
    alias = f' "{endpoint.stored_key}"' if endpoint.stored_key else ""
    return _shown(endpoint.replicate_token) or f"the key{alias} stored in {endpoint.gateway}"


def _shown(secret: Secret | None) -> str:
    return f"{secret.source} ({secret.length} characters)" if secret else ""


def _ambiguous(key: str, **values: Any) -> Verdict:
    return Verdict(kind="ambiguous", error=PVideoError.make(key, **values))


def _fault(
    status: int, headers: Mapping[str, str], body: bytes, shape: GatewayError | ReplicateError | None, endpoint: Endpoint, told: str
) -> PVideoError:
    """Return what is wrong when an answer is no refusal that is known: trouble at a service, its edge, or another's page."""
    values: dict[str, Any] = {"host": endpoint.host, "detail": told}
    if isinstance(shape, GatewayError) and shape.code == 2005:
        return PVideoError.make("replicate_unreached", **values)
    if _edge(status, headers, body):
        return PVideoError.make("edge_refused", **values)
    if (status >= 500 and status != _LOG_IN) or status in _PASSING:
        return PVideoError.make("server_trouble", **values)
    return _refused(status, shape, endpoint) if shape is not None else PVideoError.make("other_answer", **values)


def _refused(status: int, shape: GatewayError | ReplicateError, endpoint: Endpoint) -> PVideoError:
    who, words = ("Replicate", shape.detail) if isinstance(shape, ReplicateError) else (endpoint.gateway, shape.message)
    return PVideoError.make("refused", who=who, status=status, detail=sentence(words))


def _edge(status: int, headers: Mapping[str, str], body: bytes) -> str:
    """Return the code with which Cloudflare's edge refused a request before any service saw it ("error code: 1010", captured)."""
    found = _EDGE.search(body[:20_000]) if status in {403, 429} and "json" not in headers.get("content-type", "") else None
    return (found[1] or found[2]).decode() if found else ""


def _told(status: int, headers: Mapping[str, str], body: bytes, shape: GatewayError | ReplicateError | None) -> str:
    """Say what came, in words that fit in brackets."""
    if isinstance(shape, GatewayError):
        return f"the gateway answered {status}, code {shape.code}: {shape.message}".rstrip(": .")
    if isinstance(shape, ReplicateError):
        return f"Replicate answered {status}: {shape.detail}".rstrip(": .")
    if edge := _edge(status, headers, body):
        return f"the answer was {status}, error code {edge}"
    if 200 <= status < 400 or status == _LOG_IN:
        page = "html" in headers.get("content-type", "") or body.lstrip()[:1] == b"<"
        return f"the answer was {status}, and {'a web page' if page else 'none that can be read'}"
    return f"the answer was {status}, with no known reason"


def _explain(exc: BaseException) -> tuple[str, bool]:
    """Return what went wrong in words, and whether it was the certificate."""
    if isinstance(exc, CertificatesUnreadable):
        return f"{exc.variable} names {phrase(exc.path)}, which {exc.reason}", True
    link: BaseException | None = exc
    for _ in range(10):
        if link is None:
            break
        if type(link).__name__ == "SSLCertVerificationError":
            return phrase(getattr(link, "verify_message", "")) or "it is not trusted", True
        link = link.__cause__ or link.__context__
    words = _PHRASES.get(type(exc).__name__)
    return words or phrase(str(exc), 160).rstrip(". ") or type(exc).__name__, False
