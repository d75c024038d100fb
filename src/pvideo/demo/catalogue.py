"""What Replicate tells about what it has: hardware, collections, search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors
from .messages import Answer, Call, json_answer

if TYPE_CHECKING:
    from .models import Model, Models

_HARDWARE = {"CPU": "cpu", "Nvidia T4 GPU": "gpu-t4", "Nvidia A40 GPU": "gpu-a40-small", "Nvidia A40 (Large) GPU": "gpu-a40-large"}
"""As in the document's example."""
_KINDS = {
    "text-to-video": ("Generate videos", "Models that make videos", {"video", "videos"}),
    "text-to-image": ("Generate images", "Models that make images", {"image"}),
    "text-to-speech": ("Generate speech and music", "Models that make sound", {"wav", "mp3"}),
    "language-models": ("Use LLMs", "Models that write text", {"text"}),
}
"""Collections by slug: name, description, and the kinds of models in it. They are the demo's own."""
_MOST, _USUAL = 50, 20


class Catalogue:
    """Answers requests to ``/hardware``, ``/collections`` and ``/search``."""

    def __init__(self, models: Models) -> None:
        self.models = models

    def hardware(self, _call: Call) -> Answer:
        """Return what models can run on."""
        return json_answer(200, [{"name": name, "sku": sku} for name, sku in _HARDWARE.items()])

    def collections(self, _call: Call) -> Answer:
        """Return the collections, without their models."""
        return json_answer(200, {"next": None, "previous": None, "results": [self._listed(slug) for slug in _KINDS]})

    def collection(self, _call: Call, slug: str) -> Answer:
        """Return one collection with its models."""
        if slug not in _KINDS:
            return errors.not_found("collection")
        more = {"full_description": "The demo's stand-ins.", "models": self._within(slug)}
        return json_answer(200, {**self._listed(slug), **more})

    def search(self, call: Call) -> Answer:
        """Return the models and collections that have all words."""
        words, limit = call.parameters.get("query", ""), call.parameters.get("limit", str(_USUAL))
        if not words.strip() or not limit.isdecimal() or not 1 <= int(limit) <= _MOST:
            return errors.problem(400, "Invalid query parameter", title="Bad Request")
        models = [{"model": model, "metadata": self._metadata(model)} for model in self.models.search(words)[: int(limit)]]
        collections = [
            {**self._listed(slug), "models": [_name(model) for model in self._within(slug)]}
            for slug in _KINDS
            if all(word in f"{slug} {' '.join(_KINDS[slug][:2])}".lower() for word in words.lower().split())
        ]
        return json_answer(200, {"query": words, "models": models, "collections": collections, "pages": []})

    def _listed(self, slug: str) -> dict[str, Any]:
        name, description, _ = _KINDS[slug]
        return {"name": name, "slug": slug, "description": description}

    def _within(self, slug: str) -> list[Model]:
        kinds = _KINDS[slug][2]
        return [model for name, model in self.models.by_name.items() if self.models.kinds.get(name, "video") in kinds]

    def _metadata(self, model: Model) -> dict[str, Any]:
        tags = [slug for slug in _KINDS if model in self._within(slug)]
        return {"generated_description": model["description"], "tags": tags, "score": 1.0}


def _name(model: Model) -> str:
    return f"{model['owner']}/{model['name']}"
