"""The models the demo knows, in the shape of ``GET /models/{owner}/{name}``, read from the package's catalog files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import others

CATALOG = Path(__file__).parent.parent / "model" / "catalog"

Model = dict[str, Any]


class Models:
    """Models by ``owner/name`` and by version id."""

    def __init__(self, folder: Path = CATALOG) -> None:
        self.by_name: dict[str, Model] = {}
        self.kinds: dict[str, str] = {}
        """What a model makes, where that is not one video."""
        for path in sorted(folder.glob("*.json")):
            entry = json.loads(path.read_text("utf-8"))
            if "model" in entry:
                self.add(entry["model"])
        for name, (model, kind) in others.all_models().items():
            self.by_name.setdefault(name, model)
            self.kinds[name] = kind

    def add(self, model: Model) -> None:
        """Take a model in."""
        self.by_name[f"{model['owner']}/{model['name']}"] = model

    def search(self, words: str) -> list[Model]:
        """Return the models whose name or description has all the words."""
        wanted = words.lower().split()
        return [model for name, model in self.by_name.items() if all(word in f"{name} {model['description']}".lower() for word in wanted)]

    def by_version(self, version: str) -> Model | None:
        """Return the model that ``version`` of a create means: ``owner/name``, ``owner/name:id`` or an id."""
        name, _, digest = version.partition(":")
        if "/" in name:
            model = self.by_name.get(name)
            # Only official models go by their name alone.
            known = model and (digest == version_id(model) if digest else model.get("is_official", True))
            return model if known else None
        return next((model for model in self.by_name.values() if version and version_id(model) == version), None)


def version_id(model: Model) -> str:
    """Return the id of a model's latest version, or an empty text."""
    return str((model.get("latest_version") or {}).get("id", ""))


def schemas(model: Model) -> dict[str, Any]:
    """Return ``components.schemas`` of a model."""
    document = (model.get("latest_version") or {}).get("openapi_schema") or {}
    found: dict[str, Any] = document.get("components", {}).get("schemas", {})
    return found
