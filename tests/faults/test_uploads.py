"""Files that go ahead of a press: cut, refused, expired, used again. A file that did not get there means no create."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, Any

import pytest

from pvideo import settings
from pvideo.endpoint import DIRECT_URL, resolve
from pvideo.errors import SettingsError
from pvideo.secrets import Secret
from pvideo.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scene import Scene

CUT = [("before_accept", "rst"), ("after_accept", "rst"), ("after_accept", "close"), ("before_accept", "hang")]


@pytest.fixture
def voice(tmp_path: Path) -> str:
    """A real sound of more than 8 MB."""
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48000, 0, "NONE", ""))
        file.writeframes(bytes(8_500_000))
    return str(path)


def uploads(scene: Scene) -> list[dict[str, Any]]:
    """Return every upload that reached somebody, as a client sent it."""
    return [row for row in scene.demo.ledger()["requests"] if row["path"].endswith("/files") and row["method"] == "POST" and not row["via"]]


def test_a_large_file_goes_ahead_and_its_address_into_the_input(scene: Scene, voice: str) -> None:
    seen: list[tuple[str, int, int | None]] = []
    video = scene.press(audio=voice)
    video.observe(lambda shown: seen.append((shown.phase, shown.received, shown.total)))
    scene.settle()

    assert video.status == "succeeded"
    (sent,) = scene.paid
    assert sent["input"]["audio"].startswith("https://api.replicate.com/v1/files/")
    assert len(uploads(scene)) == 1
    assert ("uploading", 8_500_044, 8_500_044) in seen
    row = scene.row(video)
    assert row.input["audio"] == "data:audio/wav,… (8,500,044 bytes, sent ahead)"
    assert row.typed["audio"]["path"] == voice


def test_a_second_press_uses_it_again_until_it_expires(scene: Scene, voice: str) -> None:
    scene.demo.settings(file_lifetime=7200)
    for expected in (1, 1):
        scene.press(audio=voice)
        scene.settle()
        assert len(uploads(scene)) == expected
    scene.run(5500)
    scene.press(audio=voice)
    scene.settle()

    assert len(uploads(scene)) == 2
    assert [item["status"] for item in scene.paid] == ["succeeded"] * 3


@pytest.mark.parametrize(("phase", "do"), CUT)
def test_an_upload_that_is_cut_is_tried_again_and_paid_once(scene: Scene, voice: str, phase: str, do: str) -> None:
    scene.fault(phase, do, op="upload")
    video = scene.press(audio=voice)
    scene.settle()

    assert video.status == "succeeded"
    assert len(scene.paid) == 1


def test_an_upload_that_is_cut_every_time_sends_no_create(scene: Scene, voice: str) -> None:
    scene.fault("before_accept", "rst", op="upload", nth="1+")
    video = scene.press(audio=voice)
    scene.settle()

    assert (video.status, video.error.key) == ("rejected", "upload_failed")
    assert "voice.wav (8.5 MB)" in str(video.error)
    assert not scene.paid
    assert video.cost == 0


def test_a_gateway_that_refuses_multipart_is_said_with_the_way_around(scene: Scene, voice: str) -> None:
    scene.demo.settings(multipart_allowed=False)
    video = scene.press(audio=voice)
    scene.settle()

    assert (video.status, video.error.key) == ("rejected", "upload_refused")
    assert 'configure(upload="direct")' in video.error.next
    assert not scene.paid
    assert not scene.asked("replicate")


def test_once_allowed_the_file_goes_to_replicate_by_its_token_alone(scene: Scene, voice: str) -> None:
    scene.demo.settings(multipart_allowed=False)
    settings.configure(upload="direct")
    video = scene.press(audio=voice)
    scene.settle()

    assert video.status == "succeeded"
    assert [(row["method"], row["path"]) for row in scene.asked("replicate")] == [("POST", "/files")]
    assert video.snapshot().notes[1:] == ("voice.wav was sent to api.replicate.com, not through pvideo.",)
    scene.check(direct=True)


def test_too_large_for_replicate_is_refused_before_anything_is_sent(scene: Scene, voice: str) -> None:
    scene.fault("before_accept", "status", op="upload", status=413, body='{"detail":"Files must be less than 100MB in size","status":413}')
    video = scene.press(audio=voice)
    scene.settle()

    assert (video.status, video.error.key) == ("rejected", "upload_refused")
    assert len(uploads(scene)) == 1
    assert not scene.paid


def test_a_refused_token_is_said_in_its_own_words(scene: Scene, voice: str) -> None:
    scene.fault("before_accept", "error", op="upload", code=2009)
    video = scene.press(audio=voice)
    scene.settle()

    assert (video.status, video.error.key) == ("rejected", "gateway_token")
    assert not scene.paid


def test_a_cancel_while_it_goes_sends_nothing(scene: Scene, voice: str) -> None:
    scene.fault("before_accept", "hang", op="upload")
    video = scene.press(audio=voice)
    scene.run(1)
    video.cancel()
    scene.settle()

    assert (video.status, video.error.key) == ("canceled", "canceled_unsent")
    assert not scene.paid


def test_a_kernel_that_dies_while_it_goes_has_paid_nothing(scene: Scene, voice: str) -> None:
    scene.fault("before_accept", "hang", op="upload")
    video = scene.press(audio=voice)
    scene.run(1)
    scene.restart()
    scene.settle()

    assert scene.row(video).state == "canceled"
    assert not scene.paid


def test_with_a_stored_key_nothing_goes_around_the_gateway() -> None:
    account = {"account_id": "acc", "gateway_id": "gate", "gateway_token": Secret("cf-word", "CF_AIG_TOKEN")}
    with pytest.raises(SettingsError) as caught:
        resolve(Settings(**account, upload="direct"))
    assert caught.value.key == "upload_direct"

    token = Secret("r8-word", "REPLICATE_API_TOKEN")
    around = resolve(Settings(**account, replicate_token=token, upload="direct")).for_files()
    assert (around.base_url, around.kind, around.gateway_token) == (DIRECT_URL, "direct", None)
    through = resolve(Settings(**account, replicate_token=token))
    assert through.for_files() is through
