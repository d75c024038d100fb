"""The predictions of one demo, oldest first, and the worker that draws their clips."""

from __future__ import annotations

import hashlib
import random
import shutil
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from .predictions import Clip, Fate, Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .clock import Clock
    from .config import DemoConfig

DEFAULT_SECONDS = 5.0
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

    def create(self, *, model: str, version: str, given: dict[str, Any], fate: Fate, lifetime: float | None) -> Prediction:
        """Make a prediction and start drawing its clip."""
        config, now = self.config, self.clock.now()
        seed = given.get("seed")
        item = Prediction(
            model=model,
            version=version,
            input=given,
            created=now,
            queue=self._random.uniform(*config.queue_seconds) / config.speed,
            run=0.0 if given.get("no_op") else run_seconds(given, config) / config.speed,
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
            self._executor.submit(self._render, item)
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

    def close(self) -> None:
        """Stop drawing and remove the clips."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.workdir, ignore_errors=True)

    def _render(self, item: Prediction) -> None:
        clip = item.clip
        if item.id not in self._by_id or item.status(self.clock.now()) == "canceled":
            return
        try:
            made = self.renderer(item.input, clip.path, prediction_id=item.id)
            data = clip.path.read_bytes()
        except Exception as error:  # noqa: BLE001 (whatever goes wrong while drawing is a failed prediction, as a model's crash is)
            # What is wrong with an input stands there in the model's words alone.
            clip.error = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        else:
            clip.sha256, clip.size = hashlib.sha256(data).hexdigest(), len(data)
            clip.seconds = _seconds_made(made, item.input)
        clip.ready_at = self.clock.now()


def run_seconds(given: dict[str, Any], config: DemoConfig) -> float:
    """Return how long the real model would compute (5 s of 720p about 10 s; draft a quarter; 1080p is an assumption)."""
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
