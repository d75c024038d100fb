"""A prediction as JSON: as Replicate's document describes it, or with the keys of recorded exchanges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from . import r2, stream
from .clock import iso
from .draw import FILE
from .predictions import KEEP, Prediction
from .progress import log_text

if TYPE_CHECKING:
    from .config import DemoConfig

Occasion = Literal["create", "sync", "get", "cancel", "list"]

API = "https://api.replicate.com/v1"
_BASE = {"id", "model", "version", "input", "logs", "error", "status", "created_at", "urls"}
_ENDED = _BASE | {"output", "started_at", "completed_at", "metrics"}
RECORDED: dict[str, set[str]] = {
    "starting": _BASE,
    "processing": _BASE | {"started_at"},
    "sync": _BASE | {"output", "data_removed"},
    "cancel": _ENDED | {"webhook_completed"},
    "ended": _ENDED,
}
"""Keys by occasion, from replicate-python's recordings of 2023-08 to 2024-10."""


class Views:
    """Writes predictions as JSON."""

    def __init__(self, config: DemoConfig) -> None:
        self.config = config
        self.bucket = r2.Bucket()
        self.delivery_base = ""
        self.api_base = ""

    def show(self, item: Prediction, now: float, occasion: Occasion) -> dict[str, Any]:
        """Return `item` at `now` as the answer to `occasion`."""
        status = item.status(now)
        removed = now >= item.created + self.config.retention
        data = self._documented(item, now, status, occasion, removed=removed)
        if self.config.quirks == "recorded" and not removed:
            data = self._recorded(item, data, occasion)
        if occasion == "list" and not self.config.list_input:
            data.pop("input", None)
        return data

    def output_url(self, item: Prediction, name: str = "output.mp4") -> str:
        """Return where a finished file is fetched."""
        if self.config.output_host == "r2":
            path = f"{r2.FOLDER}/{item.secret_path}/{name.rsplit('.', 1)[0]}"
            return self.bucket.sign(self.config.delivery_host, path, item.created)
        return f"{self.config.delivery_host or self.delivery_base}/xezq/{item.secret_path}/{name}"

    def _documented(self, item: Prediction, now: float, status: str, occasion: Occasion, *, removed: bool) -> dict[str, Any]:
        data = {
            "id": item.id,
            "model": item.model,
            "version": item.version if self.config.version_shown == "id" else "hidden",
            "input": {} if removed else item.input,
            "logs": "" if removed else log_text(item, now),
            "output": None if removed else self._output(item, now, occasion),
            "data_removed": removed,
            "error": item.error,
            "status": status,
            "created_at": iso(item.created),
            "source": item.source,
            "urls": self._urls(item),
        }
        if item.deadline is not None:
            data["deadline"] = iso(item.deadline)
        started = item.started if item.ended else (item.starts if now >= item.starts else None)
        if started is not None:
            data["started_at"] = iso(started, 6)
        if item.ended:
            data |= {"completed_at": iso(item.ended_at), "metrics": _metrics(item)}
        return self._sync(data, item, now) if occasion == "sync" else data

    def _sync(self, data: dict[str, Any], item: Prediction, now: float) -> dict[str, Any]:
        """Lay the quirks of a blocking answer over `data`."""
        if item.output_ready(now):
            if self.config.sync_status == "processing":
                data["status"] = "processing"
                for key in ("completed_at", "metrics", "started_at"):
                    data.pop(key, None)
        elif not item.ended and self.config.sync_late_status == "starting":
            data["status"] = "starting"
            data.pop("started_at", None)
        return data

    def _output(self, item: Prediction, now: float, occasion: Occasion) -> Any:
        if not (item.ended == "succeeded" or (occasion == "sync" and item.output_ready(now))):
            # A text arrives while it is written; nothing else is there before the end.
            return (item.written(now) if not item.ended else []) or None
        if item.fate.output is not KEEP:
            return item.fate.output
        if item.input.get("no_op"):
            return None
        if item.clip.output is not None:
            return self._addressed(item, item.clip.output)
        if occasion == "sync" and self.config.sync_output == "data":
            return data_uri(item)
        return self.output_url(item)

    def _addressed(self, item: Prediction, output: Any) -> Any:
        """Return an output with the addresses of its files."""
        if isinstance(output, dict):
            return {name: self._addressed(item, value) for name, value in output.items()}
        if isinstance(output, list):
            return [self._addressed(item, value) for value in output]
        named = output.removeprefix(FILE) if isinstance(output, str) and output.startswith(FILE) else ""
        return self.output_url(item, named) if named in item.clip.files else output

    def _urls(self, item: Prediction) -> dict[str, str]:
        base = self.api_base if self.config.urls == "demo" and self.api_base else API
        get = f"{base}/predictions/{item.id}"
        urls = {"cancel": f"{get}/cancel", "get": get, "web": f"https://replicate.com/p/{item.id}"}
        # The document: there whenever the model streams, asked for or not.
        return urls | ({"stream": f"{self.delivery_base}{stream.PATH}/{item.secret_path}"} if item.kind == "text" else {})

    def _recorded(self, item: Prediction, data: dict[str, Any], occasion: Occasion) -> dict[str, Any]:
        if occasion == "sync" and data["output"] is not None:
            keys = RECORDED["sync"]
        elif occasion == "cancel" and item.ended == "canceled":
            keys = RECORDED["cancel"]
            data |= {"webhook_completed": None, "logs": None, "started_at": iso(item.started or item.ended_at, 6)}
        else:
            keys = RECORDED["ended"] if "completed_at" in data else RECORDED[data["status"]]
        data["created_at"] = iso(item.created, 8)
        data["urls"] = {name: url for name, url in data["urls"].items() if name != "web"}
        if keys is RECORDED["sync"]:
            data["urls"].setdefault("stream", f"https://stream.replicate.com/v1/files/{item.secret_path.lower()}")
        return {key: value for key, value in data.items() if key in keys}


def data_uri(item: Prediction) -> str:
    """Return the clip as a ``data:`` URI, the way blocking calls once returned files."""
    import base64

    return "data:video/mp4;base64," + base64.b64encode(item.clip.path.read_bytes()).decode()


def _metrics(item: Prediction) -> dict[str, float]:
    if item.fate.no_metrics:
        return {}
    metrics = {"total_time": round(item.ended_at - item.created, 6)}
    if item.started is not None:
        metrics = {"predict_time": round(item.ended_at - item.started, 6), **metrics}
    if item.ended == "succeeded" and item.clip.seconds is not None and not item.input.get("no_op"):
        seconds = item.clip.seconds
        metrics["video_output_duration_seconds"] = int(seconds) if seconds.is_integer() else seconds
    return metrics
