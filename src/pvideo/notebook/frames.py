"""Pictures that a page takes out of a playing video, on their way to the next shot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .uploads import Upload, Uploads

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 32 * 1024 * 1024
_JPEG = b"\xff\xd8\xff"


class Frames:
    """The pictures that came for the videos of one widget; each is taken once."""

    def __init__(self) -> None:
        self._uploads = Uploads()
        self._whole: dict[str, bytes] = {}

    def take(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one piece of a picture; what does not arrive as it should is taken out of the file instead."""
        job = str(content.get("id"))
        got = self._uploads.take({**content, "field": job}, list(buffers))
        if not isinstance(got, Upload):
            return
        data = got.path.read_bytes() if got.size <= LARGEST else b""
        got.path.unlink(missing_ok=True)
        if data.startswith(_JPEG):
            self._whole[job] = data

    def pop(self, job: str) -> bytes | None:
        """Return the picture that came for a video, once."""
        return self._whole.pop(job, None)

    def close(self) -> None:
        """Forget them."""
        self._whole.clear()
        self._uploads.close()
