"""What a card's buttons do: each is one call of `pvideo.job.actions`, so that Python and the page never differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pvideo.job.video import Video


def act(name: str, video: Video) -> Video | None:
    """Do what the button `name` says, and return the new video if it made one."""
    from pvideo.job import actions

    plain = {"cancel": actions.cancel, "look_again": actions.look_again, "save_now": actions.save_now}
    making = {"again": actions.again, "retry": actions.retry, "generate_again": actions.generate_again}
    if name in plain:
        plain[name](video)
        return None
    return making[name](video) if name in making else None
