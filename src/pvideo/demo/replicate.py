"""Replicate's HTTP API: predictions (create, look, cancel, list), models, account."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from . import errors
from .catalogue import Catalogue
from .faults import Rule, operation
from .ledger import REAL_TOKEN, Ledger, bare
from .limits import Limit
from .listing import list_page
from .messages import Answer, Call, json_answer
from .models import Model, Models, schemas, version_id
from .others import FAILURE
from .predictions import Fate, Prediction
from .uploads import Uploads
from .validation import check_input, check_request
from .views import API, Views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .clock import Clock
    from .config import DemoConfig
    from .store import Store

_COMMON = {"cf-cache-status": "DYNAMIC", "via": "1.1 google", "ratelimit-reset": "1"}
_CREATE = re.compile(r"/predictions|/models/([^/]+/[^/]+)/predictions")
NOT_PLAYED = (
    ("POST", "/models"),
    ("PATCH DELETE", "/models/[^/]+/[^/]+"),
    ("GET", "/models/[^/]+/[^/]+/(?:readme|examples)"),
    ("DELETE", "/models/[^/]+/[^/]+/versions/[^/]+"),
    ("POST", "/models/[^/]+/[^/]+/versions/[^/]+/trainings"),
    ("GET", "/trainings(?:/[^/]+)?"),
    ("POST", "/trainings/[^/]+/cancel"),
    ("GET POST PATCH DELETE", "/deployments(?:/.*)?"),
    ("GET", "/files/[^/]+/download"),
    ("GET", "/webhooks/default/secret"),
)
"""What Replicate's document has and the demo does not: it says so."""
_LIFETIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_SHORTEST, _LONGEST = 5.0, 86_400.0
_LOOK_EVERY = 0.02


class Replicate:
    """Answers requests to ``https://api.replicate.com/v1``."""

    def __init__(self, config: DemoConfig, clock: Clock, models: Models, store: Store, views: Views, ledger: Ledger) -> None:
        self.config, self.clock, self.models = config, clock, models
        self.store, self.views, self.ledger = store, views, ledger
        self.uploads, self.catalogue = Uploads(config, clock, views), Catalogue(models)
        self._creates = Limit()
        self._others = Limit()
        self._low_credit = Limit(count_refused=True)

    async def handle(self, call: Call, fates: Sequence[Rule] = ()) -> Answer:
        """Return the answer to `call`; `fates` are the faults that decide how a new prediction ends."""
        refused = self._unauthorized(call) or self._throttled(call)
        answer = refused or await self._route(call, fates)
        creating = operation(call.method, call.path) == "create"
        left = self._creates.left(self.config.create_limit) if creating else self._others.left(self.config.other_limit)
        return answer.with_headers({**_COMMON, "ratelimit-remaining": str(left), **answer.headers})

    async def _route(self, call: Call, fates: Sequence[Rule]) -> Answer:
        if found := _CREATE.fullmatch(call.path) if call.method == "POST" else None:
            return await self._create(call, found[1], fates)
        for method, pattern, serve in (
            ("GET", "/predictions", self._list),
            ("GET", "/predictions/([^/]+)", self._get),
            ("POST", "/predictions/([^/]+)/cancel", self._cancel),
            ("GET", "/models", self._models),
            ("QUERY", "/models", self._models),
            ("GET", "/models/([^/]+/[^/]+)", self._model),
            ("GET", "/models/([^/]+/[^/]+)/versions", self._versions),
            ("GET", "/models/([^/]+/[^/]+)/versions/([^/]+)", self._version),
            ("GET", "/account", self._account),
            ("GET", "/hardware", self.catalogue.hardware),
            ("GET", "/collections", self.catalogue.collections),
            ("GET", "/collections/([^/]+)", self.catalogue.collection),
            ("GET", "/search", self.catalogue.search),
            ("POST", "/files", self.uploads.create),
            ("GET", "/files", self.uploads.list),
            ("GET", "/files/([^/]+)", self.uploads.get),
            ("DELETE", "/files/([^/]+)", self.uploads.delete),
        ):
            found = re.fullmatch(pattern, call.path) if method == call.method else None
            if found:
                return serve(call, *found.groups())
        if any(call.method in methods.split() and re.fullmatch(pattern, call.path) for methods, pattern in NOT_PLAYED):
            return errors.not_played(f"{call.method} {call.path}")
        return errors.problem(404, "The requested resource does not exist")

    def _unauthorized(self, call: Call) -> Answer | None:
        header = call.headers.get("authorization")
        if header is None:
            return errors.no_token()
        token = bare(header)
        if token == self.config.replicate_token:
            return None
        return errors.real_token() if self.config.refuse_real_tokens and REAL_TOKEN.search(token) else errors.bad_token()

    def _throttled(self, call: Call) -> Answer | None:
        config, now = self.config, self.clock.now()
        if operation(call.method, call.path) != "create":
            wait = self._others.take(now, most=config.other_limit, interval=60)
        elif config.low_credit:
            # 6 a minute with a burst of 1: one in ten seconds.
            wait = self._low_credit.take(now, most=1, interval=10)
            self._creates.take(now, most=config.create_limit, interval=60)
        else:
            wait = self._creates.take(now, most=config.create_limit, interval=60)
        return errors.throttled(wait, low_credit=config.low_credit, header=config.retry_after_header) if wait else None

    # -- create

    async def _create(self, call: Call, name: str | None, fates: Sequence[Rule]) -> Answer:
        try:
            body = call.json()
        except ValueError:
            return errors.problem(400, "The request body is not valid JSON", title="Bad Request")
        if wrong := check_request(body, with_version=name is None):
            return errors.invalid_input(wrong)
        model = self.models.by_version(name or body["version"])
        if model is None:
            return errors.not_found("model") if name else errors.invalid_version()
        if wrong := check_input(schemas(model), body["input"], null_allowed=self.config.null_inputs):
            return errors.invalid_input(wrong)
        try:
            lifetime = cancel_after(call.headers.get("cancel-after"))
        except ValueError as error:
            return errors.problem(400, str(error), title="Bad Request")
        called = f"{model['owner']}/{model['name']}"
        kind = self.models.kinds.get(called, "video")
        item = self.store.create(
            model=called,
            version=version_id(model),
            given=body["input"],
            fate=_fate(fates) if kind != "failure" else Fate(end="failed", error=FAILURE),
            lifetime=lifetime,
            kind=kind,
            webhook="webhook" in body,
            inlined=self.uploads.inlined(_with_defaults(model, body["input"]) if kind != "video" else body["input"]),
        )
        self.ledger.created(item, call)
        return await self._created(call, item)

    async def _created(self, call: Call, item: Prediction) -> Answer:
        headers = {"location": f"{API}/predictions/{item.id}"}
        wait = re.fullmatch(r"wait(?:=([1-9]\d?))?", call.headers.get("prefer", "").replace(" ", ""))
        if wait is None:
            return json_answer(201, self.views.show(item, self.clock.now(), "create"), headers=headers)
        seconds = min(int(wait[1] or 60), 60)
        await self._finished(item, seconds)
        now = self.clock.now()
        late = not item.ended and not item.output_ready(now)
        status = self.config.sync_late_code if late else 201
        headers["preference-applied"] = wait[0]
        kind = "application/json; charset=UTF-8"
        return json_answer(status, self.views.show(item, now, "sync"), content_type=kind, headers=headers)

    async def _finished(self, item: Prediction, seconds: float) -> None:
        until = self.clock.now() + seconds
        while item.status(now := self.clock.now()) in {"starting", "processing"} and not item.output_ready(now) and now < until:
            await self.clock.sleep(min(_LOOK_EVERY, until - now))
            await asyncio.sleep(0)

    # -- look, cancel, list, models

    def _get(self, _call: Call, prediction_id: str) -> Answer:
        item = self._visible(prediction_id)
        return json_answer(200, self.views.show(item, self.clock.now(), "get")) if item else errors.not_found()

    def _cancel(self, _call: Call, prediction_id: str) -> Answer:
        item, now = self._visible(prediction_id), self.clock.now()
        if item is None:
            return errors.not_found()
        if not item.cancel(now, starting=self.config.cancel_starting) and self.config.cancel_finished == "refused":
            return errors.problem(422, "The prediction has already finished")
        return json_answer(200, self.views.show(item, now, "cancel"))

    def _visible(self, prediction_id: str) -> Prediction | None:
        item = self.store.get(prediction_id)
        return item if item and self.clock.now() >= item.created + self.config.visible_after else None

    def _list(self, call: Call) -> Answer:
        now, config = self.clock.now(), self.config
        listed = [item for item in self.store if now >= item.created + config.list_lag]
        try:
            page = list_page(listed, call.parameters, size=config.page_size)
        except ValueError:
            return errors.problem(400, "Invalid query parameter", title="Bad Request")
        results = [self.views.show(item, now, "list") for item in page.items]
        return json_answer(200, {"next": page.next, "previous": page.previous, "results": results})

    def _account(self, _call: Call) -> Answer:
        account = {"type": "user", "username": "demo", "name": "pvideo demo", "github_url": "https://github.com/demo"}
        return json_answer(200, account)

    def _model(self, _call: Call, name: str) -> Answer:
        model = self.models.by_name.get(name)
        return json_answer(200, model) if model else errors.not_found("model")

    def _models(self, call: Call) -> Answer:
        """Answer the list of public models, and the search (``QUERY``, with the words as its body)."""
        found = self.models.search(call.body.decode("utf-8", "replace")) if call.method == "QUERY" else list(self.models.by_name.values())
        return json_answer(200, {"next": None, "previous": None, "results": found})

    def _versions(self, _call: Call, name: str) -> Answer:
        model = self.models.by_name.get(name)
        found = [model["latest_version"]] if model and model.get("latest_version") else []
        return json_answer(200, {"next": None, "previous": None, "results": found}) if model else errors.not_found("model")

    def _version(self, _call: Call, name: str, version: str) -> Answer:
        model: Model = self.models.by_name.get(name, {})
        if not model or version_id(model) != version:
            return errors.not_found("version")
        return json_answer(200, model["latest_version"])


def cancel_after(value: str | None) -> float | None:
    """Return the seconds that a ``Cancel-After`` header means (``90``, ``5m``, ``1h30m45s``; 5 s to 24 h).

    Raises:
        ValueError: The value is not understood or out of its limits.
    """
    if value is None:
        return None
    found = _LIFETIME.fullmatch(value.strip())
    if not found or not any(found.groups()):
        raise ValueError("Cancel-After is not a valid duration")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600.0 + minutes * 60 + seconds
    if not _SHORTEST <= total <= _LONGEST:
        raise ValueError("Cancel-After must be between 5 seconds and 24 hours")
    return total


def _with_defaults(model: Model, given: dict[str, Any]) -> dict[str, Any]:
    """Return an input as a model gets it: with its schema's defaults."""
    properties = schemas(model).get("Input", {}).get("properties", {})
    return {**{name: part["default"] for name, part in properties.items() if "default" in part}, **given}


def _fate(rules: Sequence[Rule]) -> Fate:
    known = Fate.__dataclass_fields__
    chosen = {name: value for rule in rules if rule.do == "fate" for name, value in rule.arguments.items() if name in known}
    return Fate(**chosen)
