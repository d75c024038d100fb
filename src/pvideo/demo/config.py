"""The demo's switches. What is not confirmed about the real services is a switch here and an assumption nowhere."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(kw_only=True)
class DemoConfig:
    """Every setting, in seconds and counts; all can be changed at run time through the control port.

    The defaults are what the two services document, or what was recorded of them.
    """

    # -- who may come in
    account: str = "demo"
    gateway: str = "pvideo"
    gateway_token: str = "demo-gateway-token"  # noqa: S105 (a made-up word, for loopback only)
    replicate_token: str = "demo-replicate-token"  # noqa: S105
    management_token: str = "demo-management-token"  # noqa: S105
    """Opens Cloudflare's own API with "AI Gateway Read" and "Edit"."""
    management_read_token: str = "demo-read-token"  # noqa: S105
    """The same with "AI Gateway Read" alone."""
    gateways_allowed: int = 10
    """Gateways of one account (a free one has 10)."""
    technique_required: bool = False
    """Unconfirmed: whether making a gateway wants ``rate_limiting_technique`` too."""
    authentication: bool = True
    """Whether the gateway wants ``cf-aig-authorization`` (authenticated gateway)."""
    byok_aliases: tuple[str, ...] = ()
    """Aliases under which a Replicate key is stored at the gateway."""
    byok_only: bool = False
    refuse_real_tokens: bool = True
    """Answer 401 to anything that looks like a token of the real services."""

    # -- how the real answers look
    quirks: Literal["documented", "recorded"] = "documented"
    """`documented`: validates against Replicate's OpenAPI document; `recorded`: the key sets of recorded exchanges."""
    urls: Literal["replicate", "demo"] = "replicate"
    """Where ``urls.get`` and ``urls.cancel`` point. The real gateway leaves them at api.replicate.com."""
    version_shown: Literal["hidden", "id"] = "hidden"
    date_skew: float = 0.0
    """How far the server's clock is ahead of ours."""

    # -- how long things take
    speed: float = 1.0
    queue_seconds: tuple[float, float] = (0.4, 1.0)
    """The shortest and the longest ``starting``."""
    seconds_per_second: float = 2.0
    """Compute time per second of 720p video (5 s take about 10 s); 1080p twice that, a draft a quarter."""
    run_limit: float = 1800.0
    """After this much ``processing`` Replicate gives up."""

    # -- the synchronous call
    sync_status: Literal["processing", "succeeded"] = "processing"
    """What a finished ``Prefer: wait`` answer says; recorded: `processing`, with the output already there."""
    sync_output: Literal["url", "data"] = "url"
    sync_late_status: Literal["starting", "actual"] = "starting"
    """What it says when the wait ran out."""
    sync_late_code: int = 201

    # -- unconfirmed: what passes the gateway
    list_allowed: bool = True
    model_allowed: bool = True
    cancel_allowed: bool = True
    cancel_after_passes: bool = True
    v1_path: bool = False
    """Whether the gateway takes ``…/replicate/v1/…`` too (documented: ``/replicate`` stands in place of ``…/v1``)."""
    multipart_allowed: bool = True
    """Whether the gateway passes uploads on (a multipart request through it was seen to fail with 500, code 7000)."""
    file_lifetime: float = 86_400.0
    """Seconds until an uploaded file expires (24 h recorded, 1 h in the document's example)."""
    sticky_cache: bool = False
    """Serve identical requests from cache for `sticky_seconds` unless they say skip-cache."""
    sticky_seconds: float = 300.0
    gateway_retry: int = 0
    """How often the gateway re-sends a failed upstream request (0 to 5)."""
    gateway_retry_honours_header: bool = True

    # -- the gateway's log
    collect_logs: bool = True
    logs_system: Literal["legacy", "observability"] = "legacy"
    """Accounts since 2026-09-24 have the new system, without the Logs API."""
    logs_absent_status: int = 404
    """Unconfirmed: what the Logs API answers there; 200 is an empty list."""

    # -- limits
    gateway_limit: int = 0
    """Requests per `gateway_interval`; 0 is no limit."""
    gateway_interval: float = 60.0
    gateway_technique: Literal["fixed", "sliding"] = "fixed"
    create_limit: int = 600
    """Creates a minute at Replicate."""
    other_limit: int = 3000
    low_credit: bool = False
    """Less than $5 of credit: 6 creates a minute, burst 1, refused ones count."""
    retry_after_header: bool = True

    # -- lists, lookups, data
    list_lag: float = 0.0
    """Seconds before a prediction appears in the list."""
    visible_after: float = 0.0
    """Seconds before a prediction can be looked up by id."""
    list_input: bool = True
    """Whether list items carry their `input`."""
    page_size: int = 100
    retention: float = 3600.0
    """Seconds from creation until input, output and logs are removed."""
    null_inputs: bool = True
    """Whether null is accepted for an input that the schema calls nullable."""
    cancel_finished: Literal["unchanged", "refused"] = "unchanged"
    cancel_starting: Literal["canceled", "aborted"] = "canceled"
    failed_is_billed: bool = True
    no_op_is_billed: bool = False

    # -- delivery
    output_host: Literal["replicate", "r2"] = "replicate"
    """Where outputs stand: at replicate.delivery, which is the demo's delivery port, or, as two projects saw it, at Cloudflare's
    ``ai-gateway-outputs.<32 hex>.r2.cloudflarestorage.com`` under a signed address. The delivery port plays that host too, for whoever
    carries requests for it there."""
    delivery_host: str = ""
    """Base of output URLs; empty is the demo's own delivery port (with `r2`: Cloudflare's host)."""
    delivery_401: bool = False
    """Whether an output can only be fetched with the Replicate token."""
    delivery_ranges: bool = True

    # -- the record
    ledger_tokens: bool = False
    """Keep credentials as they were sent (for tests that scan); otherwise only whether they matched."""
    body_limit: int = 128 * 1024 * 1024

    def change(self, changes: Mapping[str, Any]) -> None:
        """Apply `changes`; none of them if one is wrong.

        Raises:
            ValueError: A name is unknown or a value has the wrong type.
        """
        hints = get_type_hints(type(self))
        ready = {name: _fit(name, hints.get(name), value) for name, value in changes.items()}
        for name, value in ready.items():
            setattr(self, name, value)


def _fit(name: str, hint: Any, value: Any) -> Any:
    """Return `value` as the setting's type wants it."""
    if hint is None:
        raise ValueError(f"There is no setting named {name!r}.")
    if get_origin(hint) is Literal:
        if value in get_args(hint):
            return value
        raise ValueError(f"{name} is one of {', '.join(map(repr, get_args(hint)))}.")
    if get_origin(hint) is tuple:
        return tuple(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, hint) and isinstance(value, bool) == (hint is bool):
        return value
    raise ValueError(f"{name} is a {hint.__name__}, not {value!r}.")
