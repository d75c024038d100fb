"""The predictions of one demo, oldest first, and the worker that draws their clips."""

from __future__ import annotations

import hashlib
import random
import shutil
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .draw import FILE, draw
from .predictions import Clip, Fate, Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clock import Clock
    from .config import DemoConfig

DEFAULT_SECONDS = 5.0
OTHER_SECONDS = 2.0
"""How long the stand-ins of other models take."""
_MAX_SEED = 2**31


class Renderer(Protocol):
    """Makes the clip of a prediction."""

    def __call__(self, given: dict[str, Any], out: Path, /, *, prediction_id: str) -> Any:
        """Write the mp4 for an input to `out`; may return its length in seconds."""


class Store:
    """Makes, keeps and finds predictions.

    Args:
        config: The demo's settings.
        clock: The demo's clock.
        renderer: Makes the clips; called in `executor`.
        workdir: Where the clips are kept.
        executor: Where clips are drawn; one thread of its own by default.
    """

    def __init__(self, config: DemoConfig, clock: Clock, renderer: Renderer, workdir: Path, executor: Executor | None = None) -> None:
        self.config, self.clock, self.renderer, self.workdir = config, clock, renderer, workdir
        self._executor = executor or ThreadPoolExecutor(1, thread_name_prefix="pvideo-demo-clips")
        self._by_id: dict[str, Prediction] = {}
        self._by_path: dict[str, Prediction] = {}
        self._random = random.Random()
        workdir.mkdir(parents=True, exist_ok=True)

    def __iter__(self) -> Iterator[Prediction]:
        return iter(list(self._by_id.values()))

    def create(
        self,
        *,
        model: str,
        version: str,
        given: dict[str, Any],
        fate: Fate,
        lifetime: float | None,
        kind: str = "video",
        webhook: bool = False,
        inlined: dict[str, Any] | None = None,
    ) -> Prediction:
        """Make a prediction and start drawing its output.

        Args:
            model: ``owner/name``.
            version: The id of its version.
            given: The input.
            fate: How it ends.
            lifetime: After how many seconds it is stopped; None for never.
            kind: What is made.
            webhook: Whether one was named.
            inlined: The input with the uploaded files in it.
        """
        config, now = self.config, self.clock.now()
        seed = given.get("seed")
        item = Prediction(
            model=model,
            version=version,
            input=given,
            kind=kind,
            webhook=webhook,
            created=now,
            queue=self._random.uniform(*config.queue_seconds) / config.speed,
            run=0.0 if given.get("no_op") else run_seconds(given, config, kind) / config.speed,
            run_limit=config.run_limit,
            deadline=None if lifetime is None else now + lifetime,
            fate=fate,
            seed=seed if isinstance(seed, int) else self._random.randrange(_MAX_SEED),
            clip=Clip(path=self.workdir),
        )
        item.clip.path = self.workdir / f"{item.id}.mp4"
        self._by_id[item.id] = self._by_path[item.secret_path] = item
        if given.get("no_op"):
            item.clip.ready_at = now
        elif fate.end == "succeeded":
            self._executor.submit(self._render, item, inlined or given)
        return item

    def get(self, prediction_id: str) -> Prediction | None:
        """Return the prediction with this id."""
        return self._by_id.get(prediction_id)

    def by_path(self, secret_path: str) -> Prediction | None:
        """Return the prediction whose output stands under this path."""
        return self._by_path.get(secret_path)

    def newest(self) -> Prediction | None:
        """Return the prediction that was created last."""
        return next(reversed(self._by_id.values()), None)

    def unfinished(self) -> int:
        """Return how many predictions are still running."""
        now = self.clock.now()
        return sum(item.status(now) in {"starting", "processing"} for item in self)

    def clear(self) -> None:
        """Forget all predictions and remove their clips."""
        gone = list(self)
        self._by_id.clear()
        self._by_path.clear()
        for item in gone:
            item.clip.path.unlink(missing_ok=True)
            shutil.rmtree(self._folder(item), ignore_errors=True)

    def close(self) -> None:
        """Stop drawing and remove the clips."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.workdir, ignore_errors=True)

    def _folder(self, item: Prediction) -> Path:
        return self.workdir / item.id

    def _render(self, item: Prediction, given: dict[str, Any]) -> None:
        clip = item.clip
        if item.id not in self._by_id or item.status(self.clock.now()) == "canceled":
            return
        try:
            if item.kind == "video":
                self._film(item, given)
            elif item.kind == "videos":
                self._films(item, given)
            else:
                self._draw(item, given)
        except Exception as error:  # noqa: BLE001 (whatever goes wrong while drawing is a failed prediction, as a model's crash is)
            # What is wrong with an input stands there in the model's words alone.
            clip.error = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        clip.ready_at = self.clock.now()

    def _film(self, item: Prediction, given: dict[str, Any]) -> None:
        clip = item.clip
        made = self.renderer(given, clip.path, prediction_id=item.id)
        data = clip.path.read_bytes()
        clip.sha256, clip.size = hashlib.sha256(data).hexdigest(), len(data)
        clip.seconds = _seconds_made(made, given)

    def _films(self, item: Prediction, given: dict[str, Any]) -> None:
        """Make several videos, each of a seed of its own."""
        folder, total = self._folder(item), 0.0
        folder.mkdir()
        for number in range(int(given.get("num_outputs") or 2)):
            path = folder / f"output-{number}.mp4"
            one = {"prompt": given.get("prompt"), "duration": 2, "draft": True, "seed": item.seed + number}
            total += _seconds_made(self.renderer(one, path, prediction_id=f"{item.id}{number}"), one)
            item.clip.files[path.name] = path
        item.clip.seconds = total
        item.clip.output = [f"{FILE}{name}" for name in item.clip.files]

    def _draw(self, item: Prediction, given: dict[str, Any]) -> None:
        made = getattr(self.renderer, "draw", draw)(item.kind, given, self._folder(item), prediction_id=item.id)
        item.clip.files = {name: Path(path) for name, path in made.files.items()}
        item.clip.output, item.clip.parts = made.output, made.parts
        for path in list(item.clip.files.values())[:1]:
            data = path.read_bytes()
            item.clip.sha256, item.clip.size = hashlib.sha256(data).hexdigest(), len(data)


def run_seconds(given: dict[str, Any], config: DemoConfig, kind: str = "video") -> float:
    """Return how long the real model would compute (5 s of 720p about 10 s; draft a quarter; 1080p is an assumption)."""
    if kind != "video":
        return OTHER_SECONDS
    seconds = _number(given.get("duration"), DEFAULT_SECONDS) * config.seconds_per_second
    if given.get("resolution") == "1080p":
        seconds *= 2
    return seconds / 4 if given.get("draft") else seconds


def _seconds_made(made: Any, given: dict[str, Any]) -> float:
    """Return the seconds that a renderer reports: a number, or anything with `seconds`."""
    if isinstance(made, (int, float)) and not isinstance(made, bool):
        return float(made)
    return _number(getattr(made, "seconds", None), _number(given.get("duration"), DEFAULT_SECONDS))


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise
