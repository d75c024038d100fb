"""Turns what a person typed into what is sent: exactly that, with files written in, and without what the model would ignore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pvideo.errors import Problem, fill, texts

from .hints import is_secret_name
from .schema import Field
from .validation import check, raise_for
from .values import even_lines, is_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .media import Sent
    from .schema import Model, Void


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One press, ready to be written down and sent."""

    typed: dict[str, Any]
    """What was asked for, as JSON: keys sorted, files as ``{"file": sha256, "path": as typed}``, secrets left out. It makes the press
    key, and `prepare` takes it again."""
    input: dict[str, Any]
    """What is sent. It holds file contents and secrets, and `Ahead`s for files that are sent first."""
    notes: tuple[str, ...] = ()
    """What was left out or changed, as sentences."""
    secret_fields: tuple[str, ...] = ()
    """The inputs in `input` that may be kept nowhere."""
    files: tuple[Sent, ...] = ()


def prepare(model: Model, inputs: Mapping[str, Any], *, folder: Path | None = None) -> Prepared:
    """Return what to send for `inputs`.

    Nothing is added: defaults stay the model's. An input that another one replaces (a first frame sets the aspect ratio) is not sent.

    Args:
        model: The model.
        inputs: What was typed; None means "not given".
        folder: Where a relative path is looked for when it is not in the working directory.

    Raises:
        InputError: Something does not fit, or a file cannot be sent; ``problems`` has all of it.
    """
    values = check(model, inputs)
    secret = tuple(name for name in values if _field(model, name).secret)
    voided = model.voided(values)
    writer = _Writer(model, folder)
    written = {name: writer.write(name, value) for name, value in values.items()}
    settle = writer.finish()
    return Prepared(
        typed={name: written[name][0] for name in sorted(values) if name not in secret},
        input={name: settle(written[name][1]) for name in values if name not in voided},
        notes=(*_unknown(model), *(_ignored(voided[name], values[name]) for name in values if name in voided), *writer.notes),
        secret_fields=secret,
        files=tuple(writer.sent),
    )


class _Writer:
    """Writes files into the input, and collects what is wrong with them."""

    def __init__(self, model: Model, folder: Path | None) -> None:
        self._model = model
        self._folder = folder
        self._problems: list[Problem] = []
        self.sent: list[Sent] = []

    @property
    def notes(self) -> list[str]:
        """What was changed about the files, as sentences."""
        return [file.note for file in self.sent if file.note]

    def write(self, name: str, value: Any) -> tuple[Any, Any]:
        """Return a value as it is written down, and as it is sent."""
        field = _field(self._model, name)
        if field.media is None or not (self._model.has_schema or is_file(value)):
            even = value if field.secret else even_lines(value)
            return even, even
        if field.kind != "array":
            return self._write(field, value)
        pairs = [self._write(field, item) for item in value]
        return [typed for typed, _ in pairs], [sent for _, sent in pairs]

    def _write(self, field: Field, value: Any) -> tuple[Any, Any]:
        # Loaded only where there is a file: the first cell has 50 ms for everything.
        from .media import encode_file
        from .reading import Refused, is_address

        try:
            if is_address(value):
                return value, value
            sent = encode_file(field, value, folder=self._folder, limits=self._model.limits)
        except Refused as refused:
            self._problems.append(Problem(field.name, str(refused), "file_refused", refused.advice))
            return None, None
        self.sent.append(sent)
        path = {} if sent.path is None else {"path": sent.path}
        return {"file": sent.source, **path}, sent

    def finish(self) -> Callable[[Any], Any]:
        """Return what writes the files into a value: along with the request, or as what is sent ahead of it.

        Raises:
            InputError: ``file_refused``, or ``input_invalid`` for several.
        """
        raise_for(self._model, self._problems)
        if not self.sent:
            return lambda value: value
        from .media import too_many

        ahead = too_many(self.sent, self._model.limits)

        def settle(value: Any) -> Any:
            if isinstance(value, list):
                return [settle(item) for item in value]
            sha256 = getattr(value, "sha256", None)
            return value if sha256 is None else value.ahead if sha256 in ahead else value.uri

        return settle


def _field(model: Model, name: str) -> Field:
    field = model.field(name)
    if field is not None:
        return field
    if model.has_schema:  # `check` returns known names only
        raise KeyError(name)
    return Field(name=name, media="file", secret=is_secret_name(name))


def _unknown(model: Model) -> tuple[str, ...]:
    return () if model.has_schema else (fill(texts()["notes"]["no_schema"], model=model.name),)


def _ignored(void: Void, value: Any) -> str:
    sentence = texts()["messages"]["input_ignored"]["sentence"]
    return fill(sentence, by=void.said, field=void.field, value=value)
