"""A form's values on their way to a press: files by their path, secrets apart from everything that is shown or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.errors import InputError

from .text import nearest
from .uploads import Upload, Uploads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.model.schema import Model


class Values:
    """What the `inputs` of a Studio do not show: uploaded files and secrets."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._uploads = Uploads()
        self._files: dict[str, Upload] = {}
        self._secrets: dict[str, Any] = {}

    def first(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a new Studio begins with: a prompt, the cheap draft where there is one, a class's presets, and `inputs`."""
        from pvideo.settings import current

        self.check(inputs)
        prompt = {"prompt": self._model.first} if self._model.first else {}
        draft = {"draft": True} if self._model.has_draft else {}
        preset = {name: value for name, value in current().inputs.items() if self._model.field(name) is not None}
        return {**prompt, **draft, **preset, **inputs}

    def check(self, inputs: Mapping[str, Any]) -> None:
        """Refuse names that the model does not have.

        Raises:
            InputError: ``option_unknown``, with the nearest name or all of them.
        """
        for name in inputs:
            if self._model.field(str(name)) is None:
                known = [field.name for field in self._model.fields if field.place != "hidden"]
                near = nearest(str(name), known)
                hint = f"Did you mean {near}? " if near else f"There are: {', '.join(known)}. "
                raise InputError("option_unknown", option=name, model=self._model.name, suggestion=hint)

    def typed(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs as a press takes them."""
        values = {name: value for name, value in inputs.items() if value is not None and value != ""}
        files = {name: upload.path for name, upload in self._files.items() if values.get(name) == upload.name}
        return {**values, **files, **self._secrets}

    def take(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the page's values that may be shown: of inputs that the model has, and no secret."""
        kept: dict[str, Any] = {}
        for name, value in given.items():
            field = self._model.field(name) if isinstance(name, str) else None
            if field is not None and field.secret:
                self._secrets[field.name] = value
            elif field is not None and value is not None:
                kept[field.name] = value
        return kept

    def loaded(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return a finished job's inputs for the form; files are not loaded again."""
        return {name: value for name, value in asked.items() if self._model.field(name) is not None and not isinstance(value, dict)}

    def piece(self, content: Mapping[str, Any], buffers: list[Any]) -> Upload | str | None:
        """Take a piece of a file: the file when it is whole, or what is wrong."""
        field = self._model.field(str(content.get("field")))
        if field is None or field.media is None:
            return None
        got = self._uploads.take(content, buffers)
        if isinstance(got, Upload):
            self._files[field.name] = got
        return got

    def drop(self, field: str) -> None:
        """Forget the file of an input."""
        self._uploads.drop(field)
        self._files.pop(field, None)

    def close(self) -> None:
        """Delete the files."""
        self._files.clear()
        self._uploads.close()
