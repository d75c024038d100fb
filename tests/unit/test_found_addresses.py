"""B9: the form of an address that requests go to is checked when it is set, and the advice has the right one."""

from __future__ import annotations

import pytest

from pvideo import settings
from pvideo.errors import SettingsError

RIGHT = "https://gateway.ai.cloudflare.com/v1/abc123/my-gateway/replicate"
HOST = "https://gateway.ai.cloudflare.com"
SLIPS = [
    f"{HOST}/v1/abc123/my-gateway",
    f"{HOST}/v1/abc123/my-gateway/",
    f"{HOST}/v1/abc123/my-gateway/replicate/v1",
    f"{HOST}/v1/abc123/my-gateway/replicate/v1/predictions",
    f"{HOST}/v1/abc123/my-gateway/replicate/predictions",
    f"{HOST}/v1/abc123/my-gateway/openai",
    f"{HOST}/v1/abc123/my-gateway/compat",
    f"{HOST}/v1/abc123/my-gateway/Replicate",
    f"{HOST}//v1/abc123/my-gateway/replicate",
    f"{HOST}/v1/abc123//my-gateway/replicate",
    f"{HOST}:8443/v1/abc123/my-gateway/replicate",
    f"{HOST}/v1/abc123/my-gateway/replicate?x=1",
    f"{HOST}/v1/abc123/my-gateway/replicate#top",
    f'"{RIGHT}"',
    f"'{RIGHT}'",
    f"<{RIGHT}>",
    "gateway.ai.cloudflare.com/v1/abc123/my-gateway/replicate",
]
UNNAMED = [
    HOST,
    f"{HOST}/",
    f"{HOST}/v1",
    f"{HOST}/abc123/my-gateway/replicate",
    f"{HOST}/v1/abc123/replicate",
    f"{HOST}/v1/{{account_id}}/{{gateway_id}}/replicate",
    f"{HOST}/v1/<account>/<gateway>/replicate",
    f"{HOST}/v1/abc 123/my-gateway/replicate",
    f"{HOST}/v1/abc123/{'x' * 65}/replicate",
    f"{HOST}/v1/abc123/../replicate",
    f"{HOST}:port/v1/abc123",
    "https://api.cloudflare.com/client/v4/accounts/abc123/ai-gateway/gateways/my-gateway",
    "https://api.cloudflare.com/client/v4/accounts/abc123/ai/run",
    "https://dash.cloudflare.com/abc123/ai/ai-gateway/gateways/my-gateway",
    "my-gateway",
    "https://[::1",
]
DIRECT = ["https://api.replicate.com", "https://api.replicate.com/v1/predictions", "https://api.replicate.com/v2", "api.replicate.com/v1"]
WAYS = ["configure", "environment", "IPython"]


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: object):
    for name in ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID", "CLOUDFLARE_AI_GATEWAY_ID", "CLOUDFLARE_API_TOKEN", "PVIDEO_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CF_AIG_TOKEN", "gateway-token-value")
    monkeypatch.setenv("REPLICATE_API_TOKEN", "replicate-token-value")
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    settings.reset()
    yield
    settings.reset()


def put(way: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "configure":
        settings.configure(base_url=url)
    elif way == "environment":
        monkeypatch.setenv("PVIDEO_BASE_URL", url)
        settings.endpoint()
    else:
        settings.use_ipython({"base_url": url})
        settings.endpoint()


def refused(way: str, url: str, monkeypatch: pytest.MonkeyPatch) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        put(way, url, monkeypatch)
    assert caught.value.paid == "no"
    return caught.value


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("url", SLIPS)
def test_found_b9_a_slip_is_refused_with_the_right_address(monkeypatch: pytest.MonkeyPatch, way: str, url: str) -> None:
    error = refused(way, url, monkeypatch)

    assert error.key == "setting_wrong"
    assert error.next == f"Give {RIGHT}."
    settings.configure(base_url=error.next.removeprefix("Give ").removesuffix("."))
    assert (settings.endpoint().account_id, settings.endpoint().gateway_id) == ("abc123", "my-gateway")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("url", UNNAMED)
def test_found_b9_where_a_part_is_missing_the_form_is_told(monkeypatch: pytest.MonkeyPatch, way: str, url: str) -> None:
    error = refused(way, url, monkeypatch)

    assert error.key == "setting_wrong"
    assert error.next.startswith("Give https://gateway.ai.cloudflare.com/v1/")
    assert error.next.endswith("/replicate.")
    assert "ACCOUNT" in error.next or "GATEWAY" in error.next


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("url", DIRECT)
def test_found_b9_replicate_itself_has_one_address_too(monkeypatch: pytest.MonkeyPatch, way: str, url: str) -> None:
    assert refused(way, url, monkeypatch).next == "Give https://api.replicate.com/v1."


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "url",
    [RIGHT, f"{RIGHT}/", f"{RIGHT}//", f"  {RIGHT}\n", f"{RIGHT} ", RIGHT.replace("com/", "com:443/"), "https://api.replicate.com/v1/"],
)
def test_found_b9_what_is_right_is_taken(monkeypatch: pytest.MonkeyPatch, way: str, url: str) -> None:
    put(way, url, monkeypatch)

    assert settings.endpoint().base_url == url.strip().rstrip("/")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("url", [RIGHT.replace("https", "http"), "http://gateway.school.example/v1/a/b/replicate", "ftp://127.0.0.1/x"])
def test_found_b9_an_address_that_is_not_safe_is_refused_when_it_is_set(monkeypatch: pytest.MonkeyPatch, way: str, url: str) -> None:
    assert refused(way, url, monkeypatch).key == "insecure_url"


def test_found_b9_an_address_of_ones_own_may_have_any_path() -> None:
    settings.configure(base_url="https://gateway.school.example/ai", trust_host="gateway.school.example")

    assert settings.endpoint().base_url == "https://gateway.school.example/ai"


def test_found_b9_a_password_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.configure(base_url=RIGHT.replace("https://", "https://me:secret-word@"))

    assert "secret-word" not in str(caught.value)


def test_found_b9_setup_does_not_ask_the_network_through_a_wrong_address(monkeypatch: pytest.MonkeyPatch) -> None:
    from pvideo.notebook.setup import setup

    monkeypatch.setenv("PVIDEO_BASE_URL", f"{HOST}/v1/abc123/my-gateway")
    asked: list[object] = []

    with pytest.raises(SettingsError) as caught:
        setup(ask=lambda _: "", tell=lambda _: None, network=lambda *given: asked.append(given) or [])

    assert (caught.value.next, asked) == (f"Give {RIGHT}.", [])
