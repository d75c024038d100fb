"""``%pvideo explain``: the requests behind one video, in time, with a word on each. Tokens were masked when they were recorded."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pvideo.secrets import redact

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

_HEADERS = {
    "cf-aig-authorization": "opens your gateway",
    "authorization": "Replicate's own",
    "cf-aig-max-attempts": "the gateway must not repeat it either",
    "cf-aig-skip-cache": "nor answer from its cache",
    "cancel-after": "Replicate stops it then",
    "prefer": "one long call: the answer comes with the output",
    "range": "goes on where it was cut off",
}
_LOOKING = {
    "starting": "accepted, waiting for a machine",
    "processing": "a machine works on it",
    "succeeded": "`output` is the address of the file",
    "failed": "`error` says why",
    "canceled": "it was ended",
    "aborted": "it ended before it began: not charged",
}


def explain(video: Video) -> str:
    """Return the timeline of a video's requests."""
    from pvideo.job.engine import Engine

    return redact(timeline(video.snapshot(), Engine.get().exchanges(video.intent)))


def timeline(snapshot: Snapshot, exchanges: list[dict[str, Any]]) -> str:
    """Return the requests as text: alike looks are folded into one line."""
    lines = [_head(snapshot, len(exchanges))]
    if not exchanges:
        lines.append("Nothing was sent for it." if snapshot.reused or snapshot.status == "rejected" else "Nothing was recorded yet.")
    begin = float(exchanges[0]["at"]) if exchanges else 0.0
    folded, last = 0, ""
    for exchange in exchanges:
        key = _key(exchange)
        if key == last and exchange.get("method") == "GET":
            folded += 1
            continue
        _fold(lines, folded)
        folded, last = 0, key
        lines += _lines(exchange, float(exchange["at"]) - begin)
    _fold(lines, folded)
    return "\n".join(lines)


def _head(snapshot: Snapshot, count: int) -> str:
    parts = [snapshot.name or "video"]
    if snapshot.prediction_id:
        parts.append(f"prediction {snapshot.prediction_id}")
    took = f" in {snapshot.took:.1f} s" if snapshot.took is not None else ""
    parts += [f"{snapshot.status}{took}", snapshot.cost_text, f"{count} request{'' if count == 1 else 's'}"]
    if snapshot.log_id:
        parts.append(f"log {snapshot.log_id}" + (f" ({snapshot.dashboard_url})" if snapshot.dashboard_url else ""))
    return " · ".join(part for part in parts if part)


def _lines(exchange: dict[str, Any], at: float) -> list[str]:
    method, status = str(exchange.get("method", "")), exchange.get("status")
    answer = f"{status} {_said(exchange)}".strip() if status else "no answer"
    where = f"{exchange.get('host') or '…'}{_path(str(exchange.get('path', '')))}"
    lines = [f"{at:5.1f} s  {method:<5}{where}   → {answer:<16} {_word(exchange)}".rstrip()]
    headers = {name.lower(): value for name, value in (exchange.get("request_headers") or {}).items()}
    if method == "POST":
        lines += [f"{'':11}{name}: {_masked(name, headers[name])}   {words}" for name, words in _HEADERS.items() if name in headers]
    return lines


def _word(exchange: dict[str, Any]) -> str:
    if exchange.get("host"):
        return "another host: no token goes there"
    path, said = str(exchange.get("path", "")), _said(exchange)
    if exchange.get("method") == "POST" and path.endswith("/cancel"):
        return '"Please stop it."'
    if exchange.get("method") == "POST":
        return '"Please make this." Sent once; if the answer is lost we look, we do not ask again.'
    if re.search(r"/predictions/?(\?|$)", path):
        return "the list: is the one whose answer was lost in it?"
    return _LOOKING.get(said, "")


def _said(exchange: dict[str, Any]) -> str:
    """Return the prediction's status in an answer, or how large a file was."""
    if exchange.get("host"):
        return ""
    try:
        body = json.loads(exchange.get("response_body") or "")
    except ValueError:
        found = re.search(r'"status"\s*:\s*"(\w+)"', str(exchange.get("response_body") or ""))
        return found[1] if found else ""
    return str(body["status"]) if isinstance(body, dict) and isinstance(body.get("status"), str) else ""


def _path(path: str) -> str:
    """Return a path as short as it can be understood."""
    plain = path.partition("?")[0]
    if len(plain) > 300:
        return plain[:60] + "…"
    return re.sub(r"^.*?(/(?:replicate/)?(?:predictions|models)\b)", r"\1", plain)


def _masked(name: str, value: object) -> str:
    return "••••" if "authorization" in name else str(value)


def _key(exchange: dict[str, Any]) -> str:
    return f"{exchange.get('method')} {exchange.get('host')} {exchange.get('path')} {exchange.get('status')} {_said(exchange)}"


def _fold(lines: list[str], count: int) -> None:
    if count:
        lines.append(f"{'':11}({count} more look{'' if count == 1 else 's'} like this)")
