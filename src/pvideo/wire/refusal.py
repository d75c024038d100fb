"""What a failed request means: definitely refused, busy, never sent, or unknown.

A create is refused *for certain* only by an answer of a known shape that says so; everything else may have made a
prediction that is paid. Codes and bodies: captured from the live services or in their documents.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pvideo.errors import PVideoError
from pvideo.wire.shapes import GatewayError, ReplicateError, known_shape, phrase, sentence
from pvideo.wire.verdict import CreateFailed, Kind, LookFailed, Verdict, asked_wait, bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.settings import Endpoint, Secret

__all__ = ["CreateFailed", "LookFailed", "Purpose", "Verdict", "judge_create", "judge_exception", "judge_look"]

Purpose = Literal["create", "watch", "list", "read"]
"""Why it was asked: the same answer needs other words while a paid job runs (``watch``) than before one (``read``)."""

_UNKNOWN_SECONDS = "a few"
"""Stands where a text counts seconds that only the schedule knows; the engine puts its number in."""


class _Rule(NamedTuple):
    statuses: frozenset[int]
    key: str


# Code 2009 was captured with 401 and with 400. 2005 comes as a 400 and is *not* here: Replicate may have answered.
_GATEWAY = {
    2001: _Rule(frozenset({400}), "gateway_name"),
    2003: _Rule(frozenset({429}), "gateway_busy"),
    2009: _Rule(frozenset({400, 401}), "gateway_token"),
    2016: _Rule(frozenset({424}), "prompt_blocked"),
    2021: _Rule(frozenset({402}), "credit_cloudflare"),
    2029: _Rule(frozenset({424}), "prompt_blocked"),
    2040: _Rule(frozenset({400}), "stored_key"),
    2041: _Rule(frozenset({429}), "spend_limit"),
    2045: _Rule(frozenset({429}), "spend_limit"),
}
_RESPONSE_BLOCKED = frozenset({2017, 2030})
_REPLICATE = {401: "replicate_token", 402: "credit_replicate", 403: "refused", 404: "model_refused", 422: "input_refused"}
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


def judge_create(status: int, headers: Mapping[str, str], body: bytes, *, endpoint: Endpoint, model: str = "") -> Verdict:
    """Judge an answer to a create that carries no valid prediction id.

    Args:
        status: The HTTP status.
        headers: The answer's headers, names in lower case.
        body: The answer's body.
        endpoint: Where it was sent: its tokens and gateway are named in the message.
        model: What was asked for, for the message.
    """
    if headers.get("cf-aig-cache-status", "").upper() == "HIT":
        return _ambiguous("gateway_cached", gateway=endpoint.gateway)
    shape = known_shape(status, headers, body)
    if isinstance(shape, GatewayError) and shape.code in _RESPONSE_BLOCKED:
        return _ambiguous("response_blocked", gateway=endpoint.gateway, detail=sentence(shape.message))
    key = _definite_key(status, shape, endpoint)
    if key is None or shape is None:
        return _ambiguous("answer_lost", detail=_told(status, shape))
    return _definite(key, status, headers, shape, endpoint, model)


def judge_look(
    status: int, headers: Mapping[str, str], body: bytes, *, endpoint: Endpoint, purpose: Purpose = "watch", model: str = ""
) -> Verdict:
    """Judge an answer to a get, cancel, list or model request that is not what was asked for.

    Args:
        status: The HTTP status.
        headers: The answer's headers, names in lower case.
        body: The answer's body.
        endpoint: Where it was sent.
        purpose: ``watch`` a prediction, ``list`` them, or ``read`` something before a press.
        model: What was asked for, for the message.
    """
    shape = known_shape(status, headers, body)
    key = _definite_key(status, shape, endpoint)
    if key is None or shape is None:
        return _trouble(purpose, endpoint, status, _told(status, shape), gone=purpose == "list" and _not_passed(status, shape))
    verdict = _definite(key, status, headers, shape, endpoint, model)
    if verdict.kind == "busy" or (purpose == "read" and status != 404):
        return verdict
    if key in _TOKEN_KEYS:
        error = PVideoError.make("token_revoked", source=_source(key, endpoint))
        return Verdict(kind="refused", error=error, second_look=verdict.second_look)
    if purpose == "read":
        return Verdict(kind="gone", error=verdict.error)
    return _trouble(purpose, endpoint, status, _told(status, shape), gone=status == 404 or (status == 422 and purpose == "list"))


def _not_passed(status: int, shape: GatewayError | ReplicateError | None) -> bool:
    """Return whether the gateway says that it does not know this path (2008 "Invalid provider" is what it says to unknown ones)."""
    return status in {404, 405} or (isinstance(shape, GatewayError) and (status, shape.code) == (400, 2008))


def judge_exception(exc: BaseException, *, sent: bool, host: str = "", purpose: Purpose = "create") -> Verdict:
    """Judge a request that ended without an answer.

    Args:
        exc: What the HTTP library raised. It is read, never kept: its frames may hold headers.
        sent: Whether the first byte of the request may have left.
        host: Where it was going, for the message.
        purpose: Why it was asked.
    """
    detail, certificate = _explain(exc)
    if purpose in {"watch", "list"}:
        return Verdict(kind="trouble", error=PVideoError.make("connection_lost", detail=detail, seconds=_UNKNOWN_SECONDS))
    if certificate:
        return Verdict(kind="not_sent", error=PVideoError.make("certificate", host=host, detail=detail))
    if purpose == "read" or not sent or type(exc).__name__ in _BEFORE:
        kind: Kind = "trouble" if purpose == "read" and sent else "not_sent"
        return Verdict(kind=kind, error=PVideoError.make("unreachable", host=host, detail=detail, seconds=_UNKNOWN_SECONDS))
    return _ambiguous("answer_lost", detail=detail)


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
    return _REPLICATE.get(status)


def _definite(
    key: str, status: int, headers: Mapping[str, str], shape: GatewayError | ReplicateError, endpoint: Endpoint, model: str
) -> Verdict:
    message = shape.message if isinstance(shape, GatewayError) else shape.detail
    problems = shape.problems if isinstance(shape, ReplicateError) else ()
    asked = asked_wait(headers, shape.body if isinstance(shape, ReplicateError) else None)
    values: dict[str, Any] = {
        "gateway": endpoint.gateway,
        "account": endpoint.account_id,
        "detail": sentence(_field_lines(shape) or message),
        "who": "Replicate" if isinstance(shape, ReplicateError) else endpoint.gateway,
        "status": status,
        "model": model or "the model",
    }
    if key == "stored_key":
        values |= {"alias": endpoint.stored_key, "called": _called(endpoint.stored_key, message)}
    if key in _TOKEN_KEYS:
        values["source"] = _source(key, endpoint)
    if key not in _BUSY_KEYS:
        return Verdict(kind="refused", error=PVideoError.make(key, problems=problems, **values), second_look=key == "gateway_token")
    wait = bounded(asked)
    values |= {"seconds": _UNKNOWN_SECONDS if wait is None else round(wait), "retry_after": wait}
    return Verdict(kind="busy", error=PVideoError.make(key, **values), retry_after=wait, asked=asked)


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


def _trouble(purpose: Purpose, endpoint: Endpoint, status: int, told: str, *, gone: bool) -> Verdict:
    kind: Kind = "gone" if gone else "trouble"
    if purpose == "list" and gone:
        return Verdict(kind=kind, error=PVideoError.make("list_refused", gateway=endpoint.gateway))
    if purpose == "read":
        return Verdict(kind=kind, error=PVideoError.make("refused", who=endpoint.gateway, status=status, detail=sentence(told)))
    return Verdict(kind=kind, error=PVideoError.make("connection_lost", detail=told, seconds=_UNKNOWN_SECONDS))


def _told(status: int, shape: GatewayError | ReplicateError | None) -> str:
    """Say what came, in words that fit in brackets."""
    if isinstance(shape, GatewayError):
        return f"the gateway answered {status}, code {shape.code}: {shape.message}".rstrip(". ")
    if isinstance(shape, ReplicateError):
        return f"Replicate answered {status}: {shape.detail}".rstrip(". ")
    return f"{status}, and no answer that can be read" if 200 <= status < 300 else f"the answer was {status}, with no known reason"


def _explain(exc: BaseException) -> tuple[str, bool]:
    """Return what went wrong in words, and whether it was the certificate."""
    link: BaseException | None = exc
    for _ in range(10):
        if link is None:
            break
        if type(link).__name__ == "SSLCertVerificationError":
            return phrase(getattr(link, "verify_message", "")) or "it is not trusted", True
        link = link.__cause__ or link.__context__
    words = _PHRASES.get(type(exc).__name__)
    return words or phrase(str(exc), 160).rstrip(". ") or type(exc).__name__, False
