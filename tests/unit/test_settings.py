"""Where settings come from, and which addresses may get tokens."""

from __future__ import annotations

import stat
from decimal import Decimal

import pytest

from pvideo import settings
from pvideo.errors import SettingsError

VARIABLES = (
    "CLOUDFLARE_ACCOUNT_ID",
    "CLOUDFLARE_GATEWAY_ID",
    "CLOUDFLARE_AI_GATEWAY_ID",
    "CF_AIG_TOKEN",
    "CLOUDFLARE_API_TOKEN",
    "REPLICATE_API_TOKEN",
    "PVIDEO_BASE_URL",
)


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    settings.reset()
    yield
    settings.reset()


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "abc123")
    monkeypatch.setenv("CLOUDFLARE_GATEWAY_ID", "my-gateway")
    monkeypatch.setenv("CF_AIG_TOKEN", "gateway-token-value")
    monkeypatch.setenv("REPLICATE_API_TOKEN", "replicate-token-value")


def refusal() -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        settings.endpoint()
    return caught.value


def test_four_variables_are_enough(account):
    found = settings.endpoint()

    assert found.base_url == "https://gateway.ai.cloudflare.com/v1/abc123/my-gateway/replicate"
    assert found.kind == "gateway"
    assert found.gateway_token.source == "CF_AIG_TOKEN, environment"
    assert found.replicate_token.reveal() == "replicate-token-value"
    assert not found.stored_keys


def test_nothing_set_says_both_ways_on():
    error = refusal()

    assert error.key == "no_account"
    assert "%pvideo demo" in error.next
    assert "%pvideo setup" in error.next


@pytest.mark.parametrize("name", ["CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID"])
def test_a_missing_part_is_named(account, monkeypatch, name):
    monkeypatch.delenv(name)

    assert name in refusal().sentence


def test_the_other_names_of_gateway_and_token_count(account, monkeypatch):
    monkeypatch.delenv("CLOUDFLARE_GATEWAY_ID")
    monkeypatch.delenv("CF_AIG_TOKEN")
    monkeypatch.setenv("CLOUDFLARE_AI_GATEWAY_ID", "other")
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "account-wide")

    found = settings.endpoint()

    assert found.gateway_id == "other"
    assert found.gateway_token.source == "CLOUDFLARE_API_TOKEN, environment"


def test_no_replicate_token_means_a_stored_key(account, monkeypatch):
    monkeypatch.delenv("REPLICATE_API_TOKEN")

    assert settings.endpoint().stored_keys


def test_configure_wins_over_ipython_and_environment(account):
    settings.use_ipython({"gateway_id": "from-ipython", "budget_day": 7})
    settings.configure(gateway_id="from-configure")

    now = settings.current()

    assert now.gateway_id == "from-configure"
    assert now.budget_day == Decimal(7)


def test_no_budget_is_none_not_the_default():
    assert settings.current().budget_day == Decimal("5.00")

    settings.configure(budget_day=None)

    assert settings.current().budget_day is None


@pytest.mark.parametrize(
    "changes",
    [
        {"budgetday": 3},
        {"budget_day": "much"},
        {"budget_day": -1},
        {"budget_session": float("nan")},
        {"deadline": 4},
        {"deadline": True},
        {"gateway_id": "x" * 65},
        {"gateway_id": "a/b"},
        {"replicate_token": "two words"},
        {"gateway_token": "line\nbreak"},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(changes):
    before = settings.current()

    with pytest.raises(SettingsError):
        settings.configure(folder="elsewhere", **changes)

    assert settings.current() == before


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://gateway.ai.cloudflare.com/v1/a/b/replicate", "insecure_url"),
        ("ftp://gateway.ai.cloudflare.com/v1/a/b/replicate", "insecure_url"),
        ("https://evil.example/v1/a/b/replicate", "trust_host"),
        ("https://gateway.ai.cloudflare.com.evil.example/v1", "trust_host"),
        ("https://user:pass@gateway.ai.cloudflare.com/v1", "setting_wrong"),
        ("https://", "setting_wrong"),
    ],
)
def test_an_unsafe_address_gets_no_token(account, monkeypatch, url, key):
    monkeypatch.setenv("PVIDEO_BASE_URL", url)

    error = refusal()

    assert error.key == key
    assert "pass" not in str(error)


def test_a_trusted_host_is_used(account, monkeypatch):
    monkeypatch.setenv("PVIDEO_BASE_URL", "https://gateway.school.example/v1/a/b/replicate/")
    settings.configure(trust_host="gateway.school.example")

    found = settings.endpoint()

    assert found.base_url == "https://gateway.school.example/v1/a/b/replicate"
    assert (found.account_id, found.gateway_id) == ("a", "b")
    assert "127.0.0.1" not in found.delivery_hosts


def test_replicate_itself_gets_no_gateway_token(account, monkeypatch):
    monkeypatch.setenv("PVIDEO_BASE_URL", "https://api.replicate.com/v1")

    found = settings.endpoint()

    assert found.kind == "direct"
    assert found.gateway_token is None


def test_only_a_loopback_gateway_permits_a_loopback_delivery(account, monkeypatch):
    assert "127.0.0.1" not in settings.endpoint().delivery_hosts

    monkeypatch.setenv("PVIDEO_BASE_URL", "http://127.0.0.1:4000/v1/a/b/replicate")

    assert "127.0.0.1" in settings.endpoint().delivery_hosts


def test_what_setup_keeps_is_readable_by_its_user_alone():
    path = settings.keep({"account_id": "abc", "gateway_id": "g", "gateway_token": "kept-token-value", "other": "left out"})

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert settings.endpoint().gateway_token.source == "gateway_token, account.json"
    assert "other" not in path.read_text()


def test_a_kept_file_that_others_can_read_is_not_used():
    path = settings.keep({"account_id": "abc", "gateway_id": "g", "gateway_token": "kept-token-value"})
    path.chmod(0o644)

    assert refusal().key == "no_account"


def test_the_environment_wins_over_the_kept_file(account):
    settings.keep({"gateway_id": "kept"})

    assert settings.endpoint().gateway_id == "my-gateway"


def test_a_kept_file_is_not_written_through_a_link(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (home / "account.part").symlink_to(victim)

    settings.keep({"account_id": "abc"})

    assert victim.read_text() == "untouched"
    assert not (home / "account.json").is_symlink()
