"""Where requests go: one address, and the tokens that may go there and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pvideo.address import DIRECT_HOST, GATEWAY_HOST, LOOPBACK, MANAGEMENT_HOST, check_form, check_url
from pvideo.errors import SettingsError

if TYPE_CHECKING:
    from pvideo.secrets import Secret
    from pvideo.settings import Settings

MANAGEMENT_URL = f"https://{MANAGEMENT_HOST}/client/v4"
DELIVERY_HOSTS = ("replicate.delivery", "*.replicate.delivery", "ai-gateway-outputs.{account}.r2.cloudflarestorage.com")
"""Hosts that outputs are fetched from, without any token: Replicate's (its pages on output files), and the store that Cloudflare's
gateway puts some in. ``*.`` is any name below, ``{account}`` an account's 32 hex digits."""
DIRECT_URL = f"https://{DIRECT_HOST}/v1"
_VARIABLES = {"account_id": "CLOUDFLARE_ACCOUNT_ID", "gateway_id": "CLOUDFLARE_GATEWAY_ID"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """Cloudflare's own API, where gateways are made and their logs are read, and the token that may go there and nowhere else."""

    base_url: str
    account_id: str
    token: Secret
    realm: Literal["demo", "real"] = "real"
    guessed: bool = False
    """Whether the address was taken from a gateway on loopback and not named: a token goes there only for what a person asked for."""

    @property
    def host(self) -> str:
        """The only host that the token goes to."""
        return urlsplit(self.base_url).hostname or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One way to Replicate: an address and the tokens that may go there, and nowhere else."""

    base_url: str
    """What stands in place of ``https://api.replicate.com/v1``, without a trailing slash."""
    kind: Literal["gateway", "direct", "demo"]
    gateway_token: Secret | None = None
    """Goes into ``cf-aig-authorization``; None for an unauthenticated gateway."""
    replicate_token: Secret | None = None
    """Goes into ``Authorization``; None with a gateway token means a key stored in the gateway."""
    stored_key: str = ""
    """The alias of the key stored in the gateway; empty is the one called ``default``."""
    account_id: str = ""
    gateway_id: str = ""
    management: Management | None = None
    """The demo's own stand-in for Cloudflare's API; the real one is found by `resolve_management`."""
    delivery_hosts: tuple[str, ...] = DELIVERY_HOSTS
    """Hosts a video may be fetched from."""
    replicate_url: str = ""
    """Replicate itself, asked for its list where the gateway does not pass it on; empty: never (see `itself`)."""
    upload_url: str = ""
    """Replicate itself, for large files, where the gateway does not take them; empty: they go through the gateway (see `for_files`)."""

    @property
    def realm(self) -> Literal["demo", "real"]:
        """Whether presses here cost money."""
        return "demo" if self.kind == "demo" else "real"

    @property
    def host(self) -> str:
        """The only host that tokens go to."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def gateway(self) -> str:
        """What a person calls it: the gateway's name, or the host."""
        return self.gateway_id or self.host

    @property
    def stored_keys(self) -> bool:
        """Whether Replicate's key is stored in the gateway (BYOK), so that no ``Authorization`` is sent."""
        return self.kind != "direct" and self.replicate_token is None

    def itself(self) -> Endpoint | None:
        """Return Replicate without the gateway, with its own token alone; None unless ``reconcile="direct"`` allows it."""
        if not self.replicate_url or self.replicate_token is None:
            return None
        return self._direct(self.replicate_url)

    def for_files(self) -> Endpoint:
        """Return where large files go: here, or to Replicate itself with its own token alone where ``upload="direct"`` says so."""
        return self._direct(self.upload_url) if self.upload_url and self.replicate_token is not None else self

    def _direct(self, url: str) -> Endpoint:
        return replace(self, base_url=url, kind="direct", gateway_token=None, replicate_url="", upload_url="")

    def dashboard_url(self, log_id: str | None) -> str | None:
        """Return the gateway's log page in Cloudflare's dashboard, or None where there is none."""
        if self.kind != "gateway" or not (self.account_id and self.gateway_id and log_id):
            return None
        return f"https://dash.cloudflare.com/{self.account_id}/ai/ai-gateway/gateways/{self.gateway_id}/logs"


def resolve(settings: Settings) -> Endpoint:
    """Return where presses go under `settings`.

    Raises:
        SettingsError: No account is set up, a part is missing, or the address is not safe for tokens.
    """
    found = _with_stored_key(_from_url(settings) if settings.base_url else _from_names(settings), settings)
    return _aside(found, settings)


def in_demo(endpoint: Endpoint, gateway: str) -> Endpoint:
    """Return the demo's endpoint with another one of its gateways. What is set for the account, a stored key for one, is not the demo's."""
    if not gateway or gateway == endpoint.gateway_id:
        return endpoint
    before, _, _ = endpoint.base_url.rpartition(f"/{endpoint.gateway_id}/replicate")
    return replace(endpoint, base_url=f"{before}/{gateway}/replicate", gateway_id=gateway)


def resolve_management(settings: Settings) -> Management:
    """Return where gateways are made and read under `settings`.

    Raises:
        SettingsError: The account or the token is not known, or the address is not safe for a token.
    """
    account = settings.account_id or (_named(urlsplit(settings.base_url).path) or ("",))[0]
    if not account:
        raise SettingsError("setting_missing", setting="CLOUDFLARE_ACCOUNT_ID")
    if settings.management_token is None:
        raise SettingsError("management_token_missing")
    guess = "" if settings.management_url else _stand_in(settings.base_url)
    url = (settings.management_url or guess or MANAGEMENT_URL).rstrip("/")
    check_url(url, "CLOUDFLARE_BASE_URL", (MANAGEMENT_HOST, *LOOPBACK, *settings.trust_host))
    return Management(base_url=url, account_id=account, token=settings.management_token, guessed=bool(guess))


def _stand_in(base_url: str) -> str:
    """Return the API beside a gateway on loopback: that one is a stand-in, and so is what belongs to it."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}/client/v4" if parts.hostname in LOOPBACK else ""


def _with_stored_key(endpoint: Endpoint, settings: Settings) -> Endpoint:
    """Use the stored key that was named: any token of ours would take its place, so none is sent."""
    if not settings.stored_key:
        return endpoint
    if endpoint.kind == "direct":
        advice = 'Give stored_key="", or the address of your gateway.'
        raise SettingsError(
            "setting_wrong", setting="stored_key", problem="needs a gateway; requests go to Replicate itself", advice=advice
        )
    if endpoint.gateway_token is None:
        raise SettingsError("setting_missing", setting="CF_AIG_TOKEN")
    return replace(endpoint, replicate_token=None, stored_key=settings.stored_key)


def _named(path: str) -> tuple[str, str] | None:
    """Return account and gateway of a path that is built like Cloudflare's."""
    segments = [part for part in path.split("/") if part]
    return (segments[1], segments[2]) if len(segments) == 4 and segments[0] == "v1" and segments[3] == "replicate" else None


def _from_names(settings: Settings) -> Endpoint:
    if not (settings.account_id or settings.gateway_id):
        raise SettingsError("no_account")
    for name, variable in _VARIABLES.items():
        if not getattr(settings, name):
            raise SettingsError("setting_missing", setting=variable)
    if not (settings.gateway_token or settings.replicate_token):
        raise SettingsError("setting_missing", setting="CF_AIG_TOKEN or REPLICATE_API_TOKEN")
    return Endpoint(
        base_url=f"https://{GATEWAY_HOST}/v1/{settings.account_id}/{settings.gateway_id}/replicate",
        kind="gateway",
        gateway_token=settings.gateway_token,
        replicate_token=settings.replicate_token,
        account_id=settings.account_id,
        gateway_id=settings.gateway_id,
    )


def _aside(endpoint: Endpoint, settings: Settings) -> Endpoint:
    """Allow Replicate's list, and its store of files, to be reached without the gateway, where that is set and can be done."""
    wanted = {"replicate_url": settings.reconcile, "upload_url": settings.upload}
    chosen = [name for name, way in wanted.items() if way == "direct"]
    if not chosen or endpoint.kind == "direct":
        return endpoint
    if endpoint.replicate_token is None:
        raise SettingsError("reconcile_direct" if "replicate_url" in chosen else "upload_direct", gateway=endpoint.gateway)
    # A gateway on loopback is a stand-in, and so is what it stands before.
    parts = urlsplit(endpoint.base_url)
    url = f"{parts.scheme}://{parts.netloc}/v1" if endpoint.host in LOOPBACK else DIRECT_URL
    ways: dict[str, Any] = dict.fromkeys(chosen, url)
    return replace(endpoint, **ways)


def _from_url(settings: Settings) -> Endpoint:
    url = check_form(settings.base_url, "PVIDEO_BASE_URL")
    tokens = settings.gateway_token or settings.replicate_token
    check_url(url, "PVIDEO_BASE_URL", (GATEWAY_HOST, DIRECT_HOST, *LOOPBACK, *settings.trust_host) if tokens else None)
    host = urlsplit(url).hostname or ""
    direct, loopback = host == DIRECT_HOST, host in LOOPBACK
    named = _named(urlsplit(url).path)
    built = Endpoint(
        base_url=url,
        kind="direct" if direct else "gateway",
        gateway_token=None if direct else settings.gateway_token,
        replicate_token=settings.replicate_token,
        account_id=named[0] if named else settings.account_id,
        gateway_id=named[1] if named else settings.gateway_id,
    )
    return replace(built, delivery_hosts=(*built.delivery_hosts, "127.0.0.1")) if loopback else built
