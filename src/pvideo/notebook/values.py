"""A form's values on their way to a press: files by their path, secrets apart from everything that is shown or kept."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.arguments import nearest, short
from pvideo.errors import InputError, Problem, fill, texts
from pvideo.model.values import NotSendable, Unread, has_password, is_file, jsonable
from pvideo.secrets import token_in

from .uploads import Upload, Uploads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pvideo.model.schema import Field, Model


_ADDRESS = re.compile(r"https://|data:", re.IGNORECASE)


class Values:
    """What the `inputs` of a Studio do not show: uploaded files and secrets."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._uploads = Uploads()
        self._files: dict[str, dict[str, Upload]] = {}
        self._secrets: dict[str, Any] = {}
        self._own: dict[str, list[Any]] = {}
        """What code put there for files: a page may say the same again, and no other path."""
        self._strange: set[str] = set()
        """The inputs for which the page named something else."""

    def first(self, inputs: Mapping[str, Any], *, own: Collection[str] = ()) -> dict[str, Any]:
        """Return what a new Studio begins with: a prompt, the cheap draft where there is one, a class's presets, and `inputs`."""
        from pvideo.settings import current

        self.check(inputs, own=own)
        prompt = {"prompt": self._model.first} if self._model.first else {}
        draft = {self._model.draft: True} if self._model.has_draft else {}
        preset = {field.name: value for name, value in current().inputs.items() if (field := self._model.field(name)) is not None}
        return {**prompt, **draft, **self.taken({**preset, **inputs})}

    def move(self, model: Model, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Take another model's form, and return what of `inputs` fits it."""
        from pvideo.model.validation import validate

        self._model = model
        for gone in [name for name in self._files if model.field(name) is None]:
            self.drop(gone)
        # A secret was typed for the other model; it is not passed on.
        self._secrets.clear()
        self._strange.clear()
        named = {name: field for name in inputs if (field := model.field(name)) is not None}
        # What was a text may be a file for this model.
        known = {field.name: inputs[name] for name, field in named.items() if self._may_name(field, inputs[name])}
        wrong = {problem.field for problem in validate(model, self.typed(known))} | {name for name in known if token_in(known[name])}
        return {name: value for name, value in known.items() if name not in wrong}

    def check(self, inputs: Mapping[str, Any], *, own: Collection[str] = ()) -> None:
        """Refuse names that the model does not have, and one input under two names.

        Args:
            inputs: What was given.
            own: Further names that may have been meant.

        Raises:
            InputError: ``option_unknown``, with the nearest name or all of them; ``input_twice``.
        """
        from pvideo.model.validation import gather

        for name in inputs:
            if self._model.field(str(name)) is None:
                known = [field.name for field in self._model.fields if field.place != "hidden"]
                near = nearest(str(name), [*known, *own])
                hint = f"Did you mean {near}? " if near else f"There are: {', '.join(known)}. "
                raise InputError("option_unknown", option=short(str(name)), model=self._model.name, suggestion=hint)

        gather(self._model, {str(name): value for name, value in inputs.items()})

    def taken(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return values from code as they may be shown: no secret, no bytes; a picture in memory becomes a file of ours."""
        from pvideo.job.press import refuse_tokens

        refuse_tokens(self._model, inputs)
        self._strange.clear()
        shown = {}
        for name, value in inputs.items():
            field = self._model.field(str(name))
            if field is not None and field.secret:
                self._secrets[field.name] = value
                continue
            key = field.name if field is not None else str(name)
            shown[key] = [self._shown(key, one) for one in value] if isinstance(value, (list, tuple)) else self._shown(key, value)
            if field is None or field.media is not None:
                self._vouch(key, shown[key])
        return shown

    def _vouch(self, field: str, value: Any) -> None:
        """Let the page say again what stands there now; the name of an upload is no path, and only as good as that file."""
        self._own.setdefault(field, []).extend(
            one for one in _items(value) if not (isinstance(one, str) and one in self._files.get(field, ()))
        )

    def _shown(self, field: str, value: Any) -> Any:
        known = self._model.field(field)
        if known is not None and known.media is not None and has_password(value):
            raise _refused(field, fill(texts()["notes"]["address_password"], field=field))
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if not is_file(value) or isinstance(value, dict):
            try:
                return jsonable(value)
            except NotSendable as error:
                problem = f"{field} {error}."
                raise InputError("value_wrong", problems=(Problem(field, problem),), problem=problem) from None
        from pvideo.model.reading import Refused

        try:
            return self._keep(field, self._uploads.keep(field, value)).name
        except Refused as refused:
            raise _refused(field, str(refused)) from refused

    def typed(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs as a press takes them."""
        values = {name: value for name, value in inputs.items() if value is not None and value != ""}
        for name, files in self._files.items():
            if name in values:
                values[name] = _by_path(values[name], files)
        return {**values, **self._secrets, **{name: Unread("") for name in self._strange}}

    def take(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the page's values that may be shown: of inputs that the model has, no secret, and no file that is not the page's to name.

        What it may name for a file: one that was uploaded here, an https or ``data:`` address, or the very value that code put there.
        """
        kept = self.may_stand(given)
        named = {field.name for name, value in given.items() if value is not None and (field := self._model.field(str(name))) is not None}
        self._strange = {name for name in named - kept.keys() if not self._model.keeps_secret(name)}
        return kept

    def may_stand(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of the page's values may be shown, without a word about the rest."""
        kept: dict[str, Any] = {}
        for name, value in given.items():
            field = self._model.field(name) if isinstance(name, str) else None
            if field is not None and field.secret:
                self._secrets[field.name] = value
            elif field is not None and value is not None and self._may_name(field, value):
                kept[field.name] = value
        return kept

    @property
    def strange(self) -> frozenset[str]:
        """The inputs for which the page last named a file that is not its to name."""
        return frozenset(self._strange)

    def refuse_strange(self) -> None:
        """Refuse a press of what the page may not name: without it, another video than the one on the page would be paid.

        Raises:
            InputError: There is such an input.
        """
        for name in self._strange:
            raise _refused(name, f"{name} {texts()['notes']['file_from_page']}.")

    def _may_name(self, field: Field, value: Any) -> bool:
        if field.media is None:
            return not any(map(is_file, _items(value)))
        own, files = self._own.get(field.name, ()), self._files.get(field.name, ())
        return all(one in own or (isinstance(one, str) and (one in files or _is_address(one))) for one in _items(value))

    def loaded(self, asked: Mapping[str, Any], seed: int | None = None) -> dict[str, Any]:
        """Return a job's inputs for the form, with the seed that was used: exactly what made it, as far as its files are there."""
        values: dict[str, Any] = {}
        for name, value in asked.items():
            field = self._model.field(name)
            if field is None or field.secret:
                continue
            found = [self._found(field.name, one) for one in value] if isinstance(value, list) else self._found(field.name, value)
            if found not in (None, []):
                values[field.name] = [one for one in found if one is not None] if isinstance(found, list) else found
                self._vouch(field.name, values[field.name])
        if seed is not None and self._model.seed_field:
            values.setdefault(self._model.seed_field, seed)
        return values

    def _found(self, field: str, value: Any) -> Any:
        """Return a file of a job as the form shows it: by its name, or by its path when it is not there; None when one of ours is gone."""
        if not (isinstance(value, dict) and is_file(value)):
            return value
        if "path" not in value:
            return None
        path = Path(str(value["path"]))
        mine = self._uploads.known(path)
        if not path.exists():
            return None if mine is not None else str(path)
        return self._keep(field, mine or Upload(path, path.name, path.stat().st_size)).name

    def piece(self, content: Mapping[str, Any], buffers: list[Any]) -> Upload | str | None:
        """Take a piece of a file: the file when it is whole, or what is wrong."""
        field = self._model.field(str(content.get("field")))
        if field is None or field.media is None:
            return None
        got = self._uploads.take(content, buffers)
        return self._keep(field.name, got) if isinstance(got, Upload) else got

    def arrived(self, inputs: Mapping[str, Any], changed: Collection[Any]) -> dict[str, str]:
        """Return the files that `inputs` shows now, but for those inputs that are in `changed`."""
        found = {name: inputs.get(name) for name in self._files if name not in changed}
        return {name: value for name, value in found.items() if isinstance(value, str) and value in self._files[name]}

    def files(self, inputs: Mapping[str, Any]) -> Iterator[tuple[str, Upload]]:
        """Return the files that the form shows, with their inputs."""
        for name, files in self._files.items():
            values = inputs.get(name)
            for value in values if isinstance(values, list) else [values]:
                if isinstance(value, str) and value in files:
                    yield name, files[value]

    def drop(self, field: str) -> None:
        """Forget the files of an input. They stay on the disk while this Studio is open: a job may still read them."""
        self._uploads.drop(field)
        self._files.pop(field, None)

    def close(self) -> None:
        """Delete the files."""
        self._files.clear()
        self._uploads.close()

    def _keep(self, field: str, upload: Upload) -> Upload:
        """Keep a file under a name that no other file of this input has."""
        known = self._files.setdefault(field, {})
        name, number = upload.name, 1
        while name in known and known[name].path != upload.path:
            number += 1
            stem, dot, end = upload.name.rpartition(".")
            name = f"{stem or end} ({number}){dot if stem else ''}{end if stem else ''}"
        known[name] = Upload(upload.path, name, upload.size)
        return known[name]


def _refused(field: str, problem: str) -> InputError:
    return InputError("file_refused", problems=(Problem(field, problem, "file_refused"),), problem=problem)


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _is_address(text: str) -> bool:
    return text == "" or (_ADDRESS.match(text) is not None and not has_password(text))


def _by_path(value: Any, files: Mapping[str, Upload]) -> Any:
    if isinstance(value, list):
        return [_by_path(one, files) for one in value]
    return files[value].path if isinstance(value, str) and value in files else value
