"""Names under which a teacher asks for trouble: ``%pvideo demo --next failed``. Each is a fault that happens once."""

from __future__ import annotations

from typing import Any

from . import errors

_CREATE = {"op": "create", "nth": 1}


def _fate(**fate: Any) -> dict[str, Any]:
    return {"match": _CREATE, "do": "fate", **fate}


def _before(**what: Any) -> dict[str, Any]:
    return {"match": _CREATE, "phase": "before_accept", **what}


def _after(**what: Any) -> dict[str, Any]:
    return {"match": _CREATE, "phase": "after_accept", **what}


NEXT: dict[str, list[dict[str, Any]]] = {
    # how the next prediction ends
    "failed": [_fate(end="failed", error="CUDA out of memory (E1001)")],
    "flagged": [_fate(end="failed", error=errors.FLAGGED, at=0.2)],
    "interrupted": [_fate(end="failed", error=errors.INTERRUPTED)],
    "canceled": [_fate(end="canceled")],
    "aborted": [_fate(end="aborted")],
    "slow": [_fate(slow=4)],
    "stuck": [_fate(end="never")],
    # what happens to the next create; the prediction exists where the answer was lost
    "lost-answer": [_after(do="close")],
    "reset": [_after(do="rst")],
    "cut-answer": [{"match": _CREATE, "phase": "mid_response", "do": "truncate"}],
    "blocked-answer": [_after(do="error", code=2030)],
    "bad-gateway": [_after(do="error", name="bad_gateway")],
    "unreachable-provider": [_after(do="error", code=2005)],
    "paid-twice": [{"match": _CREATE, "do": "retry_upstream", "times": 2, "honours_header": False}],
    # refusals: nothing was created
    "429": [_before(do="error", name="low_credit")],
    "gateway-429": [_before(do="error", code=2003)],
    "no-credit": [_before(do="error", name="no_credit")],
    "spend-limit": [_before(do="error", code=2045)],
    "blocked": [_before(do="error", code=2016)],
    "bad-token": [_before(do="error", name="bad_token")],
    "bad-gateway-token": [_before(do="error", code=2009)],
    "gateway-missing": [_before(do="error", code=2001)],
    # what happens to the finished video
    "download-cut": [{"match": {"op": "file", "nth": 1}, "phase": "mid_response", "do": "rst"}],
    "download-gone": [{"match": {"op": "file"}, "do": "status", "status": 404, "body": "Not Found"}],
    "poll-lost": [{"match": {"op": "get", "nth": [1, 2, 3]}, "do": "rst"}],
}
"""By name, the faults to lay down."""
