"""What a model takes and gives, as typed values: `Field` for one input, `Model` for the whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal

from .hints import is_secret_name

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["string", "integer", "number", "boolean", "array", "json"]
Media = Literal["image", "audio", "video", "file"]
Output = Literal["video", "image", "audio", "text", "json"]
Place = Literal["beside", "form", "more", "hidden"]
_TEXTS = frozenset({"text", "text_prompt", "input_text", "input", "message", "query", "question", "lyrics", "caption"})
"""What models without a ``prompt`` call their main text."""


class Missing(Enum):
    """The type of `MISSING`: no default, which is something else than the default None."""

    MISSING = "MISSING"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of a model: what it may be, and how it is shown."""

    name: str
    kind: Kind = "json"
    """``json`` is whatever we cannot word: it is shown as a JSON box and judged by the schema alone."""
    title: str = ""
    description: str = ""
    format: str | None = None
    enum: tuple[Any, ...] | None = None
    default: Any = MISSING
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    required: bool = False
    order: int = 0
    nullable: bool = False
    deprecated: bool = False
    secret: bool = False
    """A password: sent, and kept nowhere."""
    media: Media | None = None
    """What kind of file it takes (``format: uri``); for an array: what kind each of its items is."""
    item: Field | None = None
    """For an array: what each of its items may be."""
    accept: tuple[str, ...] = ()
    """The file types it takes, as content types; empty when the schema does not tell."""
    label: str = ""
    unit: str = ""
    hint: str = ""
    """What stands beside it in a few words: "faster, ¼ price"."""
    place: Place = "form"
    inverted: bool = False
    """It is called ``disable_x`` and shown as "x"."""

    @property
    def option(self) -> str:
        """The option of ``%%pvideo`` that sets it."""
        return f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Void:
    """Giving `by` makes the model ignore `field`."""

    by: str
    field: str
    reason: str
    """What stands at the input that is off: "Set by the first frame."."""
    said: str = ""
    """What `by` is called at the start of a sentence: "A first frame"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model: its inputs, what it gives back, what it costs."""

    owner: str
    short_name: str
    version: str | None = None
    """The version whose schema this is."""
    pin: str = ""
    """What a press sends in the name's place: ``owner/name:version`` or a version. Empty for official models, which go by name."""
    reference: str = ""
    """What a person called it when that was a version; empty when it was its name."""
    has_schema: bool = True
    """Whether its inputs are known; without, they go as typed and Replicate judges."""
    title: str = ""
    description: str = ""
    fields: tuple[Field, ...] = ()
    input_schema: Mapping[str, Any] = field(default_factory=dict)
    """The inputs as pure JSON Schema (2020-12), with everything it refers to in ``$defs``."""
    strict: bool = False
    """The schema says more than a `Field` holds, so that it has to be asked itself."""
    output: Output = "video"
    voids: tuple[Void, ...] = ()
    prices: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    first: str = ""
    """A prompt to begin with."""
    draft: str = ""
    """The switch that makes a cheaper preview; empty where there is none."""
    seed_loose: str = ""
    """The switch that keeps a seed from repeating a result while it is on (it rewrites the prompt); empty where there is none."""
    first_frame: str = ""
    """The input that the video begins with a picture of; empty where there is none."""
    price_hint: str = ""

    @property
    def name(self) -> str:
        """``owner/name``, as Replicate calls it; what it was called when a version was meant."""
        return self.reference or f"{self.owner}/{self.short_name}"

    @property
    def base(self) -> str:
        """``owner/name`` of whatever version: what prices are listed under."""
        return f"{self.owner}/{self.short_name}" if self.short_name else self.name

    @property
    def prompt_field(self) -> str | None:
        """The input that a cell's text fills: ``prompt``, else the first that is a plain text and needed, else None."""
        if not self.has_schema or self.field("prompt") is not None:
            return "prompt"
        plain = [field for field in self.fields if field.kind == "string" and not (field.enum or field.format or field.secret)]
        usual = [field for field in plain if field.name in _TEXTS]
        needed = [field for field in plain if field.required]
        return next((field.name for field in (*needed, *usual)), None)

    @property
    def has_draft(self) -> bool:
        """Whether it can make a cheaper preview."""
        return self.draft != ""

    @property
    def seed_field(self) -> str | None:
        """The input that repeats a result, if there is one."""
        found = self.field("seed")
        return found.name if found is not None and found.kind == "integer" else None

    @property
    def seed_range(self) -> tuple[int, int]:
        """The seeds that we choose from: what the model takes of 0 to 2**31 - 1 (a -1 means "any" to some)."""
        found = self.field("seed")
        low = max(0, int(found.minimum)) if found is not None and found.minimum is not None else 0
        high = min(2**31 - 1, int(found.maximum)) if found is not None and found.maximum is not None else 2**31 - 1
        return (low, high) if low <= high else (high, high)

    def field(self, name: str) -> Field | None:
        """Return the input of that name; dashes and underscores are the same, unless the model itself tells them apart."""
        wanted, alike = name.replace("-", "_"), None
        for known in self.fields:
            if known.name == name:
                return known
            if alike is None and known.name.replace("-", "_") == wanted:
                alike = known
        return alike

    def keeps_secret(self, name: str) -> bool:
        """Return whether an input's value is a secret: by the schema's word, or where there is none by its name."""
        field = self.field(name)
        return is_secret_name(name) if field is None and not self.has_schema else field is not None and field.secret

    def voided(self, inputs: Mapping[str, Any]) -> dict[str, Void]:
        """Return what `inputs` make the model ignore, by the ignored field's name."""
        given = {name for name, value in inputs.items() if value is not None}
        return {void.field: void for void in self.voids if void.by in given}
