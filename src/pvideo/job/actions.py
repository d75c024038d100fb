"""What a card's buttons do. Each that costs makes a new press, with the same inputs as typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo import settings
from pvideo.errors import PVideoError
from pvideo.job.engine import Engine
from pvideo.job.press import find_model, press

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.job.video import Video


def again(video: Video, *, changes: Mapping[str, Any] | None = None, confirm: bool = True) -> Video:
    """Make another take: the same inputs as typed, so a new seed unless one was typed.

    Args:
        video: What to make again.
        changes: Inputs that are to be different.
        confirm: Whether a person agreed to a price that is not known; a priced button is such an agreement.

    Raises:
        PVideoError: As a press; also when it was sent through another account than the one set up now.
    """
    shown = video.snapshot()
    _same_account(shown.realm, shown.gateway)
    inputs = {**shown.typed, **(changes or {})}
    return press(find_model(shown.model), inputs, name=shown.name, template=shown.template, confirm=confirm, defaults=False)


def retry(video: Video) -> Video:
    """Try again after a bad end; after `expired` with the same seed, as that video was made once."""
    shown = video.snapshot()
    same = shown.status == "expired" and shown.seed is not None and "seed" not in shown.typed
    return again(video, changes={"seed": shown.seed} if same else None)


def generate_again(video: Video) -> Video:
    """Make it again although the first one may exist: that may cost a second time, and only a person can decide it."""
    return again(video)


def look_again(video: Video) -> None:
    """Look now for a lost answer."""
    Engine.get().go_on(video.intent)


def save_now(video: Video) -> None:
    """Try to save now, into the folder of the settings when the one of the press is closed."""
    Engine.get().save(video.intent, folder=settings.current().video_folder)


def cancel(video: Video) -> None:
    """Ask for it to be canceled."""
    video.cancel()


def _same_account(realm: str, gateway: str) -> None:
    """Refuse to make a free demo press a paid one, or the reverse, by a button that showed the other price."""
    if settings.endpoint().realm != realm:
        raise PVideoError.make("endpoint_gone", where="the demo" if realm == "demo" else gateway)
