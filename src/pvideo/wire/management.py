"""Cloudflare's API for gateways and their logs, through Cloudflare's own Python package.

The package never gets the token: the connection puts it in last, for the API's own address alone, and lets no header pass that it
does not know (the package takes further keys and headers from the environment). What goes wrong leaves as a meaning, without the
frames it came from.
"""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from pvideo.errors import ManagementError
from pvideo.wire.certificates import CertificatesUnreadable, ssl_context
from pvideo.wire.gateways import SETTABLE, Gateway, LogEntry, dashboard
from pvideo.wire.shapes import phrase, sentence
from pvideo.wire.transport import UnusableProxy, proxy_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.endpoint import Management

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds for one request."""

_PASSES = frozenset({"accept", "accept-encoding", "api-version", "connection", "content-length", "content-type", "host", "user-agent"})
_TOKEN_STATUSES = frozenset({401, 403})
_TOKEN_CODES = frozenset({6003, 9106, 9109, 10000, 10001})
"""Codes that mean the token, whatever the status."""
_ABSENT = frozenset({404})
_NO_LOGS = frozenset({400, 404, 405, 410, 501})
"""What the Logs API answers where it is not there is not documented: any of these."""
_PAGE, _PAGES = 50, 20
_STAND_IN = "put-in-by-the-connection"


class _Failed(Exception):  # noqa: N818 - it names what happened
    """What a call came to: a status, codes and words, or no answer."""

    def __init__(self, status: int | None, codes: frozenset[int], detail: str) -> None:
        super().__init__(detail)
        self.status, self.codes, self.detail = status, codes, detail

    @property
    def token(self) -> bool:
        return self.status in _TOKEN_STATUSES or bool(self.codes & _TOKEN_CODES)


def require() -> None:
    """Look whether the package is installed.

    Raises:
        ManagementError: ``gateway_package``: it is not, with the line that installs it.
    """
    if importlib.util.find_spec("cloudflare") is None:
        raise ManagementError("gateway_package")


def _connections(there: Management) -> httpx.BaseTransport:
    try:
        verify = ssl_context() if there.base_url.startswith("https:") else True
        proxy = proxy_for(there.base_url)
    except (CertificatesUnreadable, UnusableProxy) as problem:
        raise ManagementError("management_lost", host=there.host, detail=str(problem), unsure="; nothing was sent") from None
    return httpx.HTTPTransport(verify=verify, trust_env=False, retries=0, proxy=proxy)


class Cloud:
    """One account's gateways.

    Args:
        there: The API's address, the account and the token.
        user_agent: Ours.
        transport: Replaces the connections, in tests.

    Raises:
        ManagementError: ``gateway_package``: the package is not installed; ``management_lost``: the proxy cannot be used.
    """

    def __init__(self, there: Management, *, user_agent: str, transport: httpx.BaseTransport | None = None) -> None:
        require()
        import cloudflare

        self.there = there
        signed = _Signed(transport or _connections(there), there, user_agent)
        self._http = httpx.Client(transport=signed, timeout=PATIENCE, trust_env=False, follow_redirects=False)
        # No retries: a second try of a change might find the first one's work and call it somebody else's.
        self._client = cloudflare.Cloudflare(api_token=_STAND_IN, base_url=there.base_url, http_client=self._http, max_retries=0)
        self._api = self._client.ai_gateway

    def __enter__(self) -> Cloud:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # -- gateways

    def gateways(self) -> list[Gateway]:
        """Return the account's gateways.

        Raises:
            ManagementError: They could not be read.
        """
        found = self._do("list the gateways", self._pages)
        return [Gateway.of(item, self._account) for item in found]

    def _pages(self) -> list[dict[str, Any]]:
        """Return all pages. The package's own way asks for ever where a server gives the same page again."""
        found: dict[str, dict[str, Any]] = {}
        for number in range(1, _PAGES + 1):
            page = [item.to_dict() for item in self._api.list(account_id=self._account, page=number, per_page=_PAGE).result or []]
            new = {str(item.get("id")): item for item in page if str(item.get("id")) not in found}
            found |= new
            if len(page) < _PAGE or not new:
                break
        return list(found.values())

    def get(self, name: str) -> Gateway | None:
        """Return one gateway as it is set, or None where there is none of that name.

        Raises:
            ManagementError: It could not be read.
        """
        found = self._do(f"read {name}", lambda: self._api.get(name, account_id=self._account).to_dict(), missing=_ABSENT)
        return None if found is None else Gateway.of(found, self._account)

    def create(self, name: str, settings: Mapping[str, Any]) -> Gateway:
        """Make a gateway; `settings` are under Cloudflare's names, all required ones among them.

        Raises:
            ManagementError: It was refused, or no answer came.
        """
        made = self._do(
            f"make {name}", lambda: self._api.create(account_id=self._account, id=name, **dict(settings)).to_dict(), changes=True
        )
        return Gateway.of(made, self._account)

    def update(self, gateway: Gateway, changes: Mapping[str, Any]) -> Gateway:
        """Change some settings of a gateway; all others go back as they were read.

        Raises:
            ManagementError: It was refused, or no answer came.
        """
        kept = {name: gateway.settings[name] for name in SETTABLE if gateway.settings.get(name) is not None}
        # These three may be null and have to be there all the same.
        usual = {"cache_ttl": 0, "rate_limiting_interval": 0, "rate_limiting_limit": 0, "collect_logs": True}
        body = {"cache_invalidate_on_update": True, **usual, **kept, **changes}
        name = gateway.name
        made = self._do(f"change {name}", lambda: self._api.update(name, account_id=self._account, **body).to_dict(), changes=True)
        return Gateway.of(made, self._account)

    def delete(self, name: str) -> None:
        """Delete a gateway, and its log with it.

        Raises:
            ManagementError: It was refused, or no answer came.
        """
        self._do(f"delete {name}", lambda: self._api.delete(name, account_id=self._account), changes=True)

    def url(self, name: str, provider: str = "replicate") -> str:
        """Return the address that stands in place of the provider's own.

        Raises:
            ManagementError: It could not be read.
        """
        return str(self._do(f"read the address of {name}", lambda: self._api.urls.get(provider, account_id=self._account, gateway_id=name)))

    # -- the log

    def log(self, name: str, log_id: str) -> LogEntry | None:
        """Return one entry of a gateway's log, or None where there is none (or no Logs API).

        Raises:
            ManagementError: The token may not, or no answer came.
        """
        read = self._api.logs.with_raw_response.get
        found = self._do(
            f"read the log of {name}", lambda: read(log_id, account_id=self._account, gateway_id=name).json(), missing=_NO_LOGS
        )
        entry = found.get("result") if isinstance(found, dict) else None
        return LogEntry.of(entry, name, self._link(name)) if isinstance(entry, dict) and entry.get("id") else None

    def find_logs(self, name: str, key: str, value: str) -> list[LogEntry] | None:
        """Return the entries with a value (``event_id``, ``metadata.value``), or None where the Logs API is not there.

        Raises:
            ManagementError: The token may not, or no answer came.
        """
        # The package writes filters in a form of its own; JSON in the query is what the service was seen to take.
        query = {"filters": json.dumps([{"key": key, "operator": "eq", "value": [value]}]), "per_page": _PAGE}
        read = self._api.logs.with_raw_response.list
        found = self._do(
            f"read the log of {name}", lambda: read(name, account_id=self._account, extra_query=query).json(), missing=_NO_LOGS
        )
        rows = found.get("result") if isinstance(found, dict) else None
        if not isinstance(rows, list):
            return None
        return [LogEntry.of(row, name, self._link(name)) for row in rows if isinstance(row, dict)]

    def feedback(self, name: str, log_id: str, *, feedback: int | None, score: float | None) -> None:
        """Give an entry a thumb (1 or -1, None takes it back) and a score.

        Raises:
            ManagementError: The token may not, or no answer came.
        """
        more = {} if score is None else {"score": score}
        edit = self._api.logs.edit
        self._do(
            f"give feedback in {name}",
            lambda: edit(log_id, account_id=self._account, gateway_id=name, feedback=feedback, **more),
            changes=True,
        )

    # -- what a call comes to

    @property
    def _account(self) -> str:
        return self.there.account_id

    def _link(self, name: str) -> str:
        return "" if self.there.realm == "demo" else dashboard(self._account, name)

    def _do(self, what: str, call: Callable[[], T], *, missing: frozenset[int] = frozenset(), changes: bool = False) -> Any:
        outcome = _outcome(call)
        if not isinstance(outcome, _Failed):
            return outcome
        if outcome.status in missing and not outcome.token:
            return None
        raise self._error(what, outcome, changes=changes)

    def _error(self, what: str, failed: _Failed, *, changes: bool) -> ManagementError:
        there = self.there
        if failed.token:
            source = f"{there.token.source} ({there.token.length} characters)"
            detail = failed.detail or f"it answered {failed.status}"
            return ManagementError("management_token", source=source, what=what, account=there.account_id, detail=detail.rstrip("."))
        if failed.status is None:
            unsure = "; whether it was done is not known" if changes else ""
            return ManagementError("management_lost", host=there.host, detail=failed.detail, unsure=unsure)
        return ManagementError("management_refused", what=what, status=failed.status, detail=sentence(failed.detail))


class _Signed(httpx.BaseTransport):
    """Puts the token into a copy of a request for the API's own address, and drops every header that it does not know."""

    def __init__(self, inner: httpx.BaseTransport, there: Management, user_agent: str) -> None:
        self._inner, self._there, self._user_agent = inner, there, user_agent
        self._base = httpx.URL(there.base_url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if (url.scheme, url.host, url.port) != (self._base.scheme, self._base.host, self._base.port):
            msg = "the token goes to the API's own address only"
            raise PermissionError(msg)
        kept = {name: value for name, value in request.headers.items() if name.lower() in _PASSES}
        signed = httpx.Request(request.method, url, headers=kept, stream=request.stream, extensions=request.extensions)
        signed.headers["User-Agent"] = self._user_agent
        signed.headers["Authorization"] = f"Bearer {self._there.token.reveal()}"
        return self._inner.handle_request(signed)

    def close(self) -> None:
        self._inner.close()


def _outcome(call: Callable[[], T]) -> T | _Failed:
    """Return what a call returns, or what its failure means; the exception stays here, with its frames."""
    try:
        return call()
    except Exception as problem:  # noqa: BLE001 - whatever it is, it may hold a header
        return _meaning(problem)


def _meaning(problem: Exception) -> _Failed:
    status = getattr(problem, "status_code", None)
    if not isinstance(status, int):
        cause = problem.__cause__ or problem
        return _Failed(None, frozenset(), phrase(str(cause), 160).rstrip(". ") or type(cause).__name__)
    body = getattr(problem, "body", None)
    errors = body.get("errors") if isinstance(body, dict) else None
    rows = [row for row in errors if isinstance(row, dict)] if isinstance(errors, list) else []
    codes = frozenset(row["code"] for row in rows if isinstance(row.get("code"), int))
    return _Failed(status, codes, "; ".join(_told(row) for row in rows[:5]))


def _told(row: Mapping[str, Any]) -> str:
    path = row.get("path")
    where = str(path[-1]) if isinstance(path, list) and path else ""
    words = phrase(row.get("message"), 160) or f"code {row.get('code')}"
    return f"{phrase(where, 60)}: {words}" if where else words
