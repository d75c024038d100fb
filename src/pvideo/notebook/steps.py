"""A job's exchanges as steps with a word on each: what was asked, what came back, what each header is for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pvideo.secrets import redact

from .words import say, size

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK = "••••"
_HEADERS = (
    *("cf-aig-authorization", "authorization", "cf-aig-max-attempts", "cf-aig-skip-cache", "cf-aig-no-wholesale", "cf-aig-event-id"),
    *("cf-aig-metadata", "cf-aig-collect-log-payload", "cf-aig-collect-log", "cf-aig-byok-alias", "cancel-after", "prefer", "range"),
)
"""The headers that are worth a word, in this order."""

_ANSWER_HEADERS = ("cf-aig-log-id", "cf-aig-cache-status", "cf-aig-step", "retry-after", "preference-applied", "content-range")
_LOOKS = frozenset({"starting", "processing", "succeeded", "failed", "canceled", "aborted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request with its answer, and how often the same was asked again."""

    at: float
    """Seconds since the first request."""
    kind: str
    """``create``, ``look``, ``list``, ``cancel``, ``model`` or ``file``."""
    method: str
    where: str
    """Host and path, as short as they can be understood."""
    url: str
    status: int | None
    said: str
    """The prediction's status in the answer, or how large a file was."""
    word: str
    headers: tuple[tuple[str, str, str], ...]
    """Name, value (tokens masked) and what it is for, of those worth a word."""
    sent: tuple[tuple[str, str], ...]
    """Every header as it was sent, tokens masked."""
    heard: tuple[tuple[str, str], ...]
    body: str
    answer: str
    more: int = 0
    """So many requests like this followed."""

    @property
    def answered(self) -> str:
        """The answer in two words."""
        return f"{self.status} {self.said}".strip() if self.status else say("explain", "no_answer")


def steps(exchanges: Sequence[dict[str, Any]], *, base_url: str = "", outputs: Sequence[str] = ()) -> list[Step]:
    """Return the steps of a job, looks that are alike folded into one.

    Args:
        exchanges: As the journal keeps them, oldest first.
        base_url: The endpoint that paths stand behind.
        outputs: The addresses of the files.
    """
    found: list[Step] = []
    begin = float(exchanges[0]["at"]) if exchanges else 0.0
    last = ""
    for exchange in exchanges:
        key = f"{exchange.get('method')} {exchange.get('host')} {exchange.get('path')} {exchange.get('status')} {_said(exchange)}"
        if key == last and exchange.get("method") == "GET":
            found[-1] = replace(found[-1], more=found[-1].more + 1)
            continue
        last = key
        found.append(_step(exchange, float(exchange["at"]) - begin, base_url, outputs))
    return found


def _step(exchange: dict[str, Any], at: float, base_url: str, outputs: Sequence[str]) -> Step:
    host, path, kind = str(exchange.get("host") or ""), str(exchange.get("path", "")), _kind(exchange)
    sent = _shown(exchange.get("request_headers"))
    heard = _shown(exchange.get("response_headers"))
    by_name = {name.lower(): value for name, value in sent}
    status = exchange.get("status")
    return Step(
        at=at,
        kind=kind,
        method=str(exchange.get("method", "")),
        where=f"{host or '…'}{_short(path)}",
        url=redact(_file_url(host, path, outputs) if host else f"{base_url}{path}"),
        status=status if isinstance(status, int) else None,
        said=_said(exchange),
        word=_word(kind, status, _said(exchange), str(exchange.get("error") or "")),
        headers=tuple((name, by_name[name], say("explain_headers", name)) for name in _HEADERS if name in by_name),
        sent=sent,
        heard=tuple((name, value) for name, value in heard if name.lower() in _ANSWER_HEADERS),
        body=redact(str(exchange.get("request_body") or "")),
        answer=redact(str(exchange.get("response_body") or "")),
    )


def _kind(exchange: dict[str, Any]) -> str:
    path, post = str(exchange.get("path", "")), exchange.get("method") == "POST"
    if exchange.get("host"):
        return "file"
    if post:
        return "cancel" if path.endswith("/cancel") else "create"
    if re.search(r"/predictions/?(\?|$)", path):
        return "list"
    return "model" if "/models/" in path else "look"


def _word(kind: str, status: object, said: str, error: str) -> str:
    """Return what is to be said of a request and its answer: one plain sentence."""
    if kind in {"file", "list", "cancel", "model"}:
        return say("explain", kind)
    if kind == "look":
        return (
            say("explain", f"look_{said}") if said in _LOOKS else say("explain", "look_refused") if status else say("explain", "look_lost")
        )
    ask = say("explain", "create")
    if status is None:
        return f"{ask} {say('explain', 'create_unsent' if 'Nothing was sent' in error else 'create_lost')}"
    if isinstance(status, int) and status >= 400:
        keys = {401: "create_401", 402: "create_402", 404: "create_404", 422: "create_422", 429: "create_429"}
        return f"{ask} {say('explain', keys.get(status, 'create_refused' if status < 500 else 'create_lost'))}"
    return ask


def _said(exchange: dict[str, Any]) -> str:
    """Return the prediction's status in an answer, or how large a file was."""
    if exchange.get("host"):
        length = {str(name).lower(): value for name, value in (exchange.get("response_headers") or {}).items()}.get("content-length", "")
        return size(int(length)) if str(length).isdigit() else ""
    try:
        body = json.loads(exchange.get("response_body") or "")
    except ValueError:
        found = re.search(r'"status"\s*:\s*"(\w+)"', str(exchange.get("response_body") or ""))
        return found[1] if found else ""
    return str(body["status"]) if isinstance(body, dict) and isinstance(body.get("status"), str) else ""


def _short(path: str) -> str:
    plain = path.partition("?")[0]
    if len(plain) > 300:
        return plain[:60] + "…"
    return re.sub(r"^.*?(/(?:replicate/)?(?:predictions|models)\b)", r"\1", plain)


def _file_url(host: str, path: str, outputs: Sequence[str]) -> str:
    """Return the address that a file was fetched from: the one that Replicate gave, which has a port where one is needed."""
    same = (url for url in outputs if urlsplit(url).hostname == host and urlsplit(url).path == path)
    return next(same, f"https://{host}{path}")


def _shown(headers: Any) -> tuple[tuple[str, str], ...]:
    pairs = headers.items() if isinstance(headers, dict) else ()
    return tuple((str(name), MASK if "authorization" in str(name).lower() else redact(str(value))) for name, value in pairs)
