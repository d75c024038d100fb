"""Cloudflare's own API as far as it is about gateways: ``https://api.cloudflare.com/client/v4/accounts/{id}/ai-gateway/…``.

The shapes are those of Cloudflare's own clients; the codes of its refusals are unconfirmed, so a client should go by the statuses.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import logquery
from .account import UNSET
from .ledger import REAL_TOKEN, bare
from .messages import Answer, Call, json_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .account import Account, Gate
    from .config import DemoConfig
    from .faults import Rule
    from .logbook import Logbook

PREFIX = "/client/v4"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_REQUIRED: dict[str, tuple[type, ...]] = {
    "cache_invalidate_on_update": (bool,),
    "cache_ttl": (int, type(None)),
    "collect_logs": (bool,),
    "rate_limiting_interval": (int, type(None)),
    "rate_limiting_limit": (int, type(None)),
}
_OPTIONAL: dict[str, tuple[Any, ...]] = {
    "rate_limiting_technique": ("fixed", "sliding"),
    "retry_backoff": ("constant", "linear", "exponential", None),
    "log_management_strategy": ("STOP_INSERTING", "DELETE_OLDEST", None),
    "authentication": (True, False),
    "byok_only": (True, False),
    "logpush": (True, False),
    "zdr": (True, False),
}
_MOST_RETRIES, _LONGEST_DELAY = 5, 5000

Serve = Callable[["Gate", Call, str], Answer]


class Refused(Exception):  # noqa: N818 - it names what happened
    """Answered with an error."""

    def __init__(self, status: int, *errors: dict[str, Any]) -> None:
        super().__init__(str(errors))
        self.status, self.errors = status, errors


class Management:
    """Answers requests to ``https://api.cloudflare.com``.

    Args:
        config: The demo's settings.
        account: The gateways.
        log: Their log.
        root: Returns the gateway's address, ``http://127.0.0.1:1234/v1``.
    """

    def __init__(self, config: DemoConfig, account: Account, log: Logbook, root: Callable[[], str]) -> None:
        self.config, self.account, self.log, self.root = config, account, log, root

    async def handle(self, call: Call, _rules: Sequence[Rule] = ()) -> Answer:
        """Return the answer to `call`."""
        try:
            return self._answer(call)
        except Refused as refused:
            data = {"success": False, "errors": list(refused.errors), "messages": [], "result": None}
            return json_answer(refused.status, data)

    def _answer(self, call: Call) -> Answer:
        found = re.fullmatch(rf"{PREFIX}/accounts/([^/]+)/ai-gateway/gateways(?:/([^/]+)(?:/(.+))?)?", call.path)
        self._permit(call, found[1] if found else "")
        if not found:
            raise Refused(404, {"code": 7000, "message": "No route for that URI"})
        name, rest = found[2], found[3] or ""
        if not name:
            return self._create(call) if call.method == "POST" else self._list(call)
        gate = self.account.find(self.config.account, name)
        if gate is None:
            raise Refused(404, {"code": 7002, "message": "Gateway not found"})
        return self._one(gate, call) if not rest else self._part(gate, call, rest)

    def _permit(self, call: Call, account: str) -> None:
        token = bare(call.headers.get("authorization", ""))
        if not token:
            raise Refused(400, {"code": 9106, "message": "Missing X-Auth-Key, X-Auth-Email or Authorization headers"})
        if self.config.refuse_real_tokens and REAL_TOKEN.search(token):
            raise Refused(403, {"code": 10000, "message": "Authentication error: this is the pvideo demo, it takes no real tokens"})
        may = {self.config.management_token: "edit", self.config.management_read_token: "read"}.get(token, "")
        if not may:
            known = token in {self.config.gateway_token, self.config.replicate_token}
            raise Refused(403 if known else 401, {"code": 10000, "message": "Authentication error"})
        if account != self.config.account or (call.method != "GET" and may != "edit"):
            raise Refused(403, {"code": 10000, "message": "Authentication error"})

    # -- gateways

    def _list(self, call: Call) -> Answer:
        page, size = (_number(call.parameters.get(name), usual) for name, usual in (("page", 1), ("per_page", 20)))
        searched = call.parameters.get("search", "")
        gates = [gate.show() for gate in self.account.all() if searched in gate.id]
        shown = gates[(page - 1) * size : page * size]
        return _done(shown, info={"page": page, "per_page": size, "count": len(shown), "total_count": len(gates)})

    def _create(self, call: Call) -> Answer:
        body = _body(call)
        wrong = _wrong(body, technique=self.config.technique_required)
        name = body.get("id")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            wrong.insert(0, _at("id", "Required" if name is None else "Invalid gateway id"))
        elif self.account.find(self.config.account, name):
            wrong.insert(0, _at("id", "A gateway with this id already exists"))
        if wrong:
            raise Refused(400, *wrong)
        if len(self.account.all()) >= self.config.gateways_allowed:
            raise Refused(400, {"code": 7001, "message": "Too many gateways in this account"})
        return _done(self.account.add(str(name), body).show())

    def _one(self, gate: Gate, call: Call) -> Answer:
        if call.method == "PUT":
            body = _body(call)
            if wrong := _wrong(body, technique=False):
                raise Refused(400, *wrong)
            self.account.change(gate, body)
        elif call.method == "DELETE":
            self.account.remove(gate)
        elif call.method != "GET":
            raise Refused(405, {"code": 7001, "message": "Method not allowed"})
        return _done(gate.show())

    # -- what belongs to a gateway

    def _part(self, gate: Gate, call: Call, rest: str) -> Answer:
        kind, _, tail = rest.partition("/")
        serve: dict[str, Serve] = {"url": self._url, "logs": self._logs, "provider_configs": self._keys}
        if kind not in serve:
            raise Refused(404, {"code": 7000, "message": "No route for that URI"})
        return serve[kind](gate, call, tail)

    def _url(self, gate: Gate, _: Call, provider: str) -> Answer:
        return _done(f"{self.root()}/{self.config.account}/{gate.id}/{provider}".rstrip("/"))

    def _keys(self, gate: Gate, call: Call, _: str) -> Answer:
        if call.method == "POST":
            body = _body(call)
            if missing := [_at(name, "Required") for name in ("alias", "provider_slug") if not body.get(name)]:
                raise Refused(400, *missing)
            gate.keys[str(body["alias"])] = {"id": secrets.token_hex(8), "secret": body.get("secret", ""), "slug": body["provider_slug"]}
        shown = [{"alias": alias, "gateway_id": gate.id, "provider_slug": key["slug"], "id": key["id"]} for alias, key in gate.keys.items()]
        return _done(shown[-1] if call.method == "POST" else shown)

    def _logs(self, gate: Gate, call: Call, tail: str) -> Answer:
        if self.config.logs_system == "observability":
            if self.config.logs_absent_status == 200 and not tail:
                return _done([], info={"count": 0, "page": 1, "per_page": 20, "total_count": 0})
            raise Refused(max(self.config.logs_absent_status, 400), {"code": 7003, "message": "No logs found for this gateway"})
        if not tail:
            return self._list_logs(gate, call)
        log_id, _, part = tail.partition("/")
        entry = self.log.find(gate.id, log_id)
        if entry is None:
            raise Refused(404, {"code": 7002, "message": "Log not found"})
        if part in {"request", "response"}:
            return Answer(headers={"content-type": "application/json"}, body=entry[part].encode() or b"{}")
        if call.method not in {"GET", "PATCH"}:
            raise Refused(405, {"code": 7001, "message": "Method not allowed"})
        if call.method == "PATCH":
            self._judge(entry["row"], _body(call))
            return _done({})
        return _done({**entry["row"], "request_head": entry["request"][:1000], "response_head": entry["response"][:1000]})

    def _judge(self, row: dict[str, Any], body: dict[str, Any]) -> None:
        if "feedback" in body and body["feedback"] not in {1, -1, None}:
            raise Refused(400, _at("feedback", "Invalid enum value. Expected -1 | 1 | null"))
        row.update({name: body[name] for name in ("feedback", "score", "metadata") if name in body})

    def _list_logs(self, gate: Gate, call: Call) -> Answer:
        if call.method not in {"GET", "DELETE"}:
            raise Refused(405, {"code": 7001, "message": "Method not allowed"})
        try:
            query = logquery.to_delete(call.query) if call.method == "DELETE" else logquery.to_list(call.query)
        except logquery.QueryError as error:
            raise Refused(400, {"code": 7001, "message": str(error), "path": ["query", error.name]}) from None
        found = query.select(self.log.entries(gate.id))
        shown = [entry["row"] for entry in query.cut(found)]
        if call.method == "DELETE":
            self.log.delete(query.cut(found))
            return _done({})
        took = [entry["row"]["duration"] for entry in found] or [0]
        more = {"max_cost": 0, "min_cost": 0, "max_duration": max(took), "min_duration": min(took)}
        return _done(shown, info={"count": len(shown), "page": query.page, "per_page": query.size, "total_count": len(found), **more})


def _done(result: Any, *, info: dict[str, Any] | None = None) -> Answer:
    data = {"success": True, "errors": [], "messages": [], "result": result}
    return json_answer(200, data if info is None else {**data, "result_info": info})


def _body(call: Call) -> dict[str, Any]:
    try:
        found = call.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(400, {"code": 7001, "message": "Malformed JSON in request body"})
    return found


def _wrong(body: dict[str, Any], *, technique: bool) -> list[dict[str, Any]]:
    """Return what does not fit in a gateway's settings."""
    wrong = [_at(name, "Required") for name in _REQUIRED if name not in body]
    wrong += [_at(name, "Invalid type") for name, types in _REQUIRED.items() if name in body and not _is(body[name], types)]
    wrong += [_at(name, "Invalid enum value") for name, values in _OPTIONAL.items() if name in body and body[name] not in values]
    for name, most in (("retry_max_attempts", _MOST_RETRIES), ("retry_delay", _LONGEST_DELAY)):
        value = body.get(name)
        if value is not None and not (_is(value, (int,)) and 0 <= value <= most):
            wrong.append(_at(name, f"Number must be less than or equal to {most}"))
    if technique and "rate_limiting_technique" not in body:
        wrong.append(_at("rate_limiting_technique", "Required"))
    unknown = body.keys() - UNSET.keys() - {"id", "log_classification", "workers_ai_billing_mode"}
    return wrong + [_at(name, "Unrecognized key") for name in sorted(unknown)]


def _is(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _at(name: str, message: str) -> dict[str, Any]:
    return {"code": 7001, "message": message, "path": ["body", name]}


def _number(text: str | None, usual: int) -> int:
    return max(int(text), 1) if text and text.isdecimal() else usual
