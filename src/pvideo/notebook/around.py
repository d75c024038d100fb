"""What stands around a video: the one it is compared with, and the chain of shots that it is one of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video


@dataclass(frozen=True, slots=True)
class Around:
    """The videos that a card's buttons reach besides its own."""

    shots: tuple[Snapshot, ...] = ()
    """Its chain, first to last; empty when it stands alone."""
    comparable: bool = False
    """Whether there is a video to compare it with."""


ALONE = Around()


def around_of(video: Video) -> Around:
    """Return what stands around a video now."""
    snapshot = video.snapshot()
    if snapshot.path is None:
        return ALONE
    shots = tuple(shot.snapshot() for shot in video.shots) if snapshot.shots else ()
    return Around(shots=shots, comparable=video.before is not None)
