"""What a card's buttons do: each is one call of `pvideo.job.actions`, so that Python and the page never differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.job.video import Video

BESIDE = frozenset({"final", "final_again", "continue_shot"})
"""What makes a video that stands beside its own; the others' stand in its place."""

_LONGEST = 10_000


def act(name: str, video: Video, given: Mapping[str, Any] | None = None, picture: bytes | None = None) -> Video | None:
    """Do what the button `name` says, and return the new video if it made one.

    Args:
        name: The button.
        video: The video whose button it is.
        given: What the page's message carries: the prompt of the next shot, and from which moment it goes on.
        picture: The picture of that moment, when the page has sent it.
    """
    from pvideo.job import actions

    plain = {"cancel": actions.cancel, "look_again": actions.look_again, "save_now": actions.save_now}
    if name in plain:
        plain[name](video)
        return None
    if name == "continue_shot":
        return _continue(video, given or {}, picture)
    # A card's take stands in its place, and the variable follows: so it keeps the name.
    making = {
        "again": lambda: actions.take(video, name=video.name),
        "retry": lambda: actions.retry(video),
        "generate_again": lambda: actions.generate_again(video),
        "final": lambda: actions.final(video),
        "final_again": lambda: actions.final(video, again=True),
    }
    return making[name]() if name in making else None


def _continue(video: Video, given: Mapping[str, Any], picture: bytes | None) -> Video | None:
    from pvideo.job import actions

    prompt, at = given.get("prompt"), given.get("at")
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > _LONGEST:
        return None
    moment = float(at) if isinstance(at, (int, float)) and not isinstance(at, bool) and at >= 0 else None
    return actions.continue_shot(video, prompt.strip(), at=moment, picture=picture)
