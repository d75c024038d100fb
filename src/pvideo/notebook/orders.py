"""What the page of a Studio may ask for. Each message does what a call of Python does; strange ones do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.errors import InputError, PVideoError

from .base import Live, hand
from .chunks import stream
from .made import content_type
from .menu import answer
from .pulse import pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.job.video import Video

    from .frames import Frames
    from .strip import Strip
    from .uploads import Upload
    from .values import Values

_NONCES = 1000


class Orders(Live):
    """The half of a Studio that hears."""

    # What the other half has.
    _values: Values
    _strip: Strip
    _nonces: dict[str, None]
    _frames: Frames
    inputs: Any
    problems: Any
    notice: Any
    beside: Any

    def generate(self, *, again: bool = False) -> Video:
        """Press Generate."""
        raise NotImplementedError

    def load(self, video: Video) -> None:
        """Fill the form with what made a video."""
        raise NotImplementedError

    def compare(self, *videos: Video) -> Any:
        """Show videos side by side."""
        raise NotImplementedError

    def sweep(self, **axes: Any) -> Any:
        """Make a sweep of the form's inputs."""
        raise NotImplementedError

    def back(self) -> None:
        """Show the card again."""
        raise NotImplementedError

    def reopen(self) -> None:
        """Show the comparison or sheet again."""
        raise NotImplementedError

    def reload(self) -> None:
        """Ask for the model again."""
        raise NotImplementedError

    def take_in(self, video: Video) -> None:
        """Take a video into the strip."""
        raise NotImplementedError

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one message of the page."""
        handlers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "hello": self._hello,
            "inputs": self._typed_in,
            "generate": self._pressed,
            "sweep": self._pressed,
            "shut": self._shut,
            "reopen": self._reopen,
            "load": self._load,
            "file_clear": self._clear_file,
            "files": self._tell_files,
            "action": self._acted,
            "menu": self._asked,
            "want": self._wanted,
            "star": self._star,
            "compare": self._compare,
            "reload": lambda _: self.reload(),
        }
        if content["kind"] == "file":
            self._take_file(content, buffers)
        elif content["kind"] == "frame":
            self._frames.take(content, buffers)
        elif content["kind"] in handlers:
            handlers[content["kind"]](content)

    def _hello(self, _: Mapping[str, Any]) -> None:
        self.alive()
        pulse.mark(self)

    # The form.

    def _typed_in(self, content: Mapping[str, Any]) -> None:
        try:
            self._take_inputs(content)
        finally:
            # Until then the page keeps what was typed, whatever we say.
            self.send({"kind": "heard", "stamp": content.get("stamp")})

    def _take_inputs(self, content: Mapping[str, Any]) -> None:
        """Take the form's values: those of inputs that the model has; a secret is kept apart and never sent back.

        A file that arrived a moment ago may not be among them yet: it goes only where the page says that it changed that input.
        """
        given, changed = content.get("inputs"), content.get("changed")
        if isinstance(given, dict):
            before = self._values.strange
            taken = self._values.take(given)
            if self._values.strange != before:
                pulse.mark(self)
            arrived = self._values.arrived(self.inputs, changed if isinstance(changed, list) else [])
            self.inputs = {**taken, **arrived}

    def _take_file(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        got, field, slot = self._values.piece(content, buffers), str(content.get("field")), content.get("slot")
        if isinstance(got, str):
            self.notice = got
            self._tell_page("file_lost", field, slot)
        elif got is not None:
            # At once: a press may be the next message. An item of a list is put in its place by the page, which alone knows where that is.
            if slot is None:
                self.inputs = {**self.inputs, field: got.name}
            hand(self._tell_file, field, got, slot)

    def _tell_file(self, field: str, upload: Upload, slot: object = None) -> None:
        self._tell_page("file_ok", field, slot, name=upload.name, size=upload.size, thumb=upload.thumb())

    def _tell_page(self, kind: str, field: str, slot: object, **more: Any) -> None:
        answer = {"kind": kind, "field": field, **more}
        self.send({**answer, "slot": slot} if isinstance(slot, str) else answer)

    def _tell_files(self, _: Mapping[str, Any]) -> None:
        """Show the files again to a page that has just been loaded."""
        for field, upload in self._values.files(self.inputs):
            hand(self._tell_file, field, upload)

    def _clear_file(self, content: Mapping[str, Any]) -> None:
        field = str(content.get("field"))
        self._values.drop(field)
        self.inputs = {name: value for name, value in self.inputs.items() if name != field}

    # The press.

    def _pressed(self, content: Mapping[str, Any]) -> None:
        """Take a press of [Generate] or [Sweep…] once: a message that comes twice is one press."""
        nonce = content.get("nonce")
        if not isinstance(nonce, str) or not 8 <= len(nonce) <= 100 or nonce in self._nonces:
            return
        self._nonces[nonce] = None
        for old in list(self._nonces)[:-_NONCES]:
            del self._nonces[old]
        self._take_inputs(content)
        again = content.get("again") is True
        hand(self._try, self.sweep if content["kind"] == "sweep" else lambda: self.generate(again=again))

    def _try(self, press: Callable[[], object]) -> None:
        try:
            press()
        except InputError as error:
            self.problems = [{"field": problem.field, "message": problem.message} for problem in error.problems]
            if error.problems:
                self.send({"kind": "focus_problem", "field": error.problems[0].field})
            else:
                self.notice = str(error)
        except PVideoError as error:
            self.notice = str(error)

    # The videos.

    def _load(self, content: Mapping[str, Any]) -> None:
        video = self._strip.get(content.get("id"))
        try:
            if video is not None:
                self.load(video)
        finally:
            # The page's next press waits for this: it is of what was loaded.
            self.send({"kind": "loaded", "stamp": content.get("stamp")})

    def _acted(self, content: Mapping[str, Any]) -> None:
        video = self._strip.offered(content)
        if video is not None:
            hand(self._act, str(content["name"]), video, content)

    def _asked(self, content: Mapping[str, Any]) -> None:
        video = self._strip.offered(content)
        if video is not None:
            hand(self._answer, video, dict(content))

    def _answer(self, video: Video, content: dict[str, Any]) -> None:
        answer(video, content, self.send)
        pulse.mark(self)

    def _act(self, name: str, video: Video, content: Mapping[str, Any]) -> None:
        from .doing import act

        if name == "compare":
            before = video.before
            if before is not None:
                self._compared([before, video])
            return
        try:
            new = act(name, video, content, self._frames.pop(video.snapshot().intent))
        except PVideoError as error:
            self.notice = str(error)
            return
        if new is not None and new is not video:
            self.take_in(new)
            self.send({"kind": "show", "id": new.snapshot().intent})
        pulse.mark(self)

    def _wanted(self, content: Mapping[str, Any]) -> None:
        video = self._strip.get(content.get("id"))
        if video is not None:
            path = video.snapshot().path
            hand(stream, self.send, path, video.snapshot().intent, content_type(path))

    def _star(self, content: Mapping[str, Any]) -> None:
        video, stars = self._strip.get(content.get("id")), content.get("stars")
        rate = getattr(video, "rate", None)
        if callable(rate) and isinstance(stars, int) and not isinstance(stars, bool) and 0 <= stars <= 5:
            hand(self._rate, rate, stars)

    def _rate(self, rate: Callable[[int], object], stars: int) -> None:
        rate(stars)
        pulse.mark(self)

    def _compare(self, content: Mapping[str, Any]) -> None:
        ids = content.get("ids")
        found = [self._strip.get(one) for one in ids] if isinstance(ids, list) else []
        videos = [video for video in found if video is not None]
        if len(videos) >= 2:
            hand(self._compared, videos)

    def _shut(self, content: Mapping[str, Any]) -> None:
        """Show the card again; a page that has not seen the newest comparison yet does not close that."""
        if self.beside and content.get("beside") == self.beside:
            hand(self.back)

    def _reopen(self, _: Mapping[str, Any]) -> None:
        hand(self.reopen)

    def _compared(self, videos: list[Video]) -> None:
        try:
            self.compare(*videos)
        except PVideoError as error:
            self.notice = str(error)
