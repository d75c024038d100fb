"""What a press writes down before anything is sent: the job as the journal has it, and the input as it will be sent."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pvideo.job import schedule
from pvideo.job.reconcile import HIDDEN, fingerprint
from pvideo.library.press_key import canonical, typed_key
from pvideo.library.rows import JobRow
from pvideo.metadata import carried
from pvideo.model.ahead import Ahead

if TYPE_CHECKING:
    from pvideo.endpoint import Endpoint
    from pvideo.job.tools import Tools
    from pvideo.model.prepare import Prepared
    from pvideo.model.schema import Model
    from pvideo.settings import Settings

_SHOWN_OF_DATA = 40
_TAG = 2**20
"""So many seeds there are at least where one is a tag of its press."""


def _press_key(folder: str, model: str, realm: str, typed: Mapping[str, Any]) -> str:
    """Return what a kernel of version 0.1.0, which may share this journal, recognises a re-run by."""
    named = {name: value["file"] if isinstance(value, Mapping) and "file" in value else value for name, value in typed.items()}
    return hashlib.sha256(canonical([folder, model, realm, named]).encode()).hexdigest()


def write_down(tools: Tools, model: Model, prepared: Prepared, endpoint: Endpoint, now: Settings) -> tuple[JobRow, dict[str, Any]]:
    """Return a new job, and its whole input, which only this process has."""
    from pvideo.model.price import estimate

    sent, seed, ours = seeded(model, dict(prepared.input))
    kept = {name: HIDDEN if name in prepared.secret_fields else shortened(value) for name, value in sent.items()}
    intent, clock, price = str(uuid.uuid4()), tools.clock, estimate(model, sent)
    row = JobRow(
        intent=intent,
        event_id=intent,
        press_key=_press_key(str(now.video_folder), model.name, endpoint.realm, prepared.typed),
        typed_key=typed_key(endpoint.realm, model.name, prepared.typed),
        fingerprint=fingerprint(kept),
        session=tools.session,
        owner=tools.owner,
        realm=endpoint.realm,
        kind=endpoint.kind,
        base_url=endpoint.base_url,
        account=endpoint.account_id,
        gateway=endpoint.gateway,
        model=model.name,
        version=model.pin or None,
        prompt=str(sent.get(model.prompt_field or "prompt") or ""),
        typed=prepared.typed,
        input=kept,
        seed=seed,
        seed_ours=ours,
        shape=schedule.shape({**usual(model), **sent}),
        notes=tuple(prepared.notes),
        deadline=now.deadline,
        log_payload=now.log_payload,
        metadata=None if endpoint.kind == "direct" else carried(now.metadata, intent=intent, label=now.label),
        folder=str(now.video_folder),
        folder_there=now.video_folder.is_dir(),
        estimate=price.amount,
        estimate_text=price.text,
        upper_bound=price.upper_bound,
        day=clock.day(),
        pressed_at=clock.wall(),
        boot=clock.boot(),
    )
    return row, sent


def asked(model: Model, realm: str, typed: Mapping[str, Any], now: Settings) -> JobRow:
    """Return of a press what it is recognised by."""
    key, prompt = typed_key(realm, model.name, typed), typed.get(model.prompt_field or "prompt")
    return JobRow(intent="", typed_key=key, model=model.name, prompt=str(prompt or ""), folder=str(now.video_folder))


def usual(model: Model) -> dict[str, Any]:
    """Return the model's defaults: what is typed as it would be anyway takes as long as when it is not typed."""
    from pvideo.model.schema import MISSING

    return {field.name: field.default for field in model.fields if field.default is not MISSING}


def seeded(model: Model, sent: dict[str, Any]) -> tuple[dict[str, Any], int | None, bool]:
    """Give the input a seed of our own when it has none: it makes the video repeatable, and a lost answer findable."""
    name = model.seed_field
    if name is None:
        return sent, None, False
    given = sent.get(name)
    if given is not None:
        return sent, int(given), False
    low, high = model.seed_range
    seed = low + secrets.randbelow(high - low + 1)
    # From few seeds another press may draw the same one: then it is no tag.
    return {**sent, name: seed}, seed, high - low >= _TAG


def shortened(value: Any) -> Any:
    """Return a value as the journal keeps it: of a file sent inline only its kind and size."""
    if isinstance(value, str) and value[:5].lower() == "data:":
        return f"{value[:_SHOWN_OF_DATA].split(',')[0]},… ({len(value):,} characters)"
    if isinstance(value, Ahead):
        return str(value)
    if isinstance(value, Mapping):
        return {name: shortened(item) for name, item in value.items()}
    return [shortened(item) for item in value] if isinstance(value, (list, tuple)) else value


def without_secrets(exchange: dict[str, Any], row: JobRow) -> dict[str, Any]:
    """Return an exchange as the journal keeps it: an answer repeats the input, and with it the values of secret inputs.

    They are struck out by name, as no process but that of the press knows what they are.
    """
    names = "|".join(re.escape(name) for name, value in row.input.items() if value == HIDDEN)
    if not names:
        return exchange
    value = re.compile(rf'("(?:{names})"\s*:\s*)"(?:[^"\\]|\\.)*"?')  # an answer that was cut may end within it
    bodies = {part: value.sub(rf'\1"{HIDDEN}"', exchange[part]) for part in ("request_body", "response_body")}
    return {**exchange, **bodies}
