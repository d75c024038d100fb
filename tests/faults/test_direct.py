"""``configure(reconcile="direct")``: Replicate itself is asked, by its own token, only for a lost answer and only when allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pvideo import settings
from pvideo.endpoint import DIRECT_URL, resolve
from pvideo.errors import SettingsError
from pvideo.secrets import Secret
from pvideo.settings import Settings

if TYPE_CHECKING:
    from tests.faults.scene import Scene

ACCOUNT = {"account_id": "acc", "gateway_id": "gate", "gateway_token": Secret("cf-word", "CF_AIG_TOKEN")}
WITH_TOKEN = {**ACCOUNT, "replicate_token": Secret("r8-word", "REPLICATE_API_TOKEN")}


def lose_one(scene: Scene):
    """Press where the gateway loses the answer and does not pass the list on."""
    scene.demo.settings(list_allowed=False)
    scene.fault("after_accept", "rst")
    return scene.press()


def test_off_by_default_it_says_that_it_cannot_look_and_asks_nobody_else(scene: Scene) -> None:
    video = lose_one(scene)
    scene.run(100)
    assert (video.status, video.error.key) == ("unconfirmed", "list_refused")
    assert not scene.asked("replicate")
    scene.settle()
    assert video.status == "unconfirmed"
    scene.check(lost=frozenset({scene.paid[0]["id"]}))


@pytest.mark.parametrize("list_input", [True, False])
def test_once_allowed_the_lost_answer_is_found_at_replicate_by_its_token_alone(scene: Scene, list_input: bool) -> None:
    scene.demo.settings(list_input=list_input)
    video = lose_one(scene)
    scene.run(20)
    settings.configure(reconcile="direct")
    scene.kernel.engine.go_on(video.intent)
    scene.settle()
    assert video.status == "succeeded"
    assert video.path
    asked = scene.asked("replicate")
    assert [row["path"] for row in asked] == ["/predictions"] + ([] if list_input else [f"/predictions/{video.prediction_id}"])
    assert all(row["credentials"]["authorization"]["matches"] == "replicate" for row in asked)
    scene.check(direct=True)


def test_a_gateway_that_passes_the_list_is_not_gone_around(scene: Scene) -> None:
    settings.configure(reconcile="direct")
    scene.fault("after_accept", "rst")
    assert scene.press()
    scene.settle()
    assert not scene.asked("replicate")


def test_trouble_on_the_way_is_no_reason_to_go_around(scene: Scene) -> None:
    settings.configure(reconcile="direct")
    scene.fault("after_accept", "rst")
    scene.fault("before_accept", "status", op="list", nth=[1, 2], status=503)
    scene.press()
    scene.settle()
    assert not scene.asked("replicate")


def test_creates_looks_and_cancels_never_go_around(scene: Scene) -> None:
    settings.configure(reconcile="direct")
    video = lose_one(scene)
    scene.run(0.2)
    video.cancel()
    scene.settle()
    assert {row["method"] for row in scene.asked("replicate")} == {"GET"}
    scene.check(direct=True)


def test_it_is_impossible_where_the_gateway_stores_the_key(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPLICATE_API_TOKEN")
    with pytest.raises(SettingsError, match="the key is stored in") as caught:
        settings.configure(reconcile="direct")
    assert caught.value.key == "reconcile_direct"
    assert settings.current().reconcile == "gateway"
    settings.use_ipython({"reconcile": "direct"})
    with pytest.raises(SettingsError, match="the key is stored in pvideo"):
        settings.endpoint()
    settings.configure(reconcile="gateway")
    assert settings.endpoint().itself() is None


def test_a_word_that_is_neither_is_refused() -> None:
    with pytest.raises(SettingsError, match="gateway"):
        settings.configure(reconcile="yes")


def test_what_is_asked_is_replicate_and_what_is_shown_is_its_token_alone() -> None:
    itself = resolve(Settings(**WITH_TOKEN, reconcile="direct")).itself()
    assert itself is not None
    assert (
        (itself.base_url, itself.kind, itself.gateway_token)
        == (DIRECT_URL, "direct", None)
        == ("https://api.replicate.com/v1", "direct", None)
    )
    assert itself.replicate_token == WITH_TOKEN["replicate_token"]
    assert itself.itself() is None
    assert resolve(Settings(**WITH_TOKEN)).itself() is None


def test_an_endpoint_that_is_replicate_has_nothing_to_go_around() -> None:
    endpoint = resolve(Settings(base_url=DIRECT_URL, replicate_token=WITH_TOKEN["replicate_token"], reconcile="direct"))
    assert endpoint.kind == "direct"
    assert endpoint.itself() is None
