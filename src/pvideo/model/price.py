"""What a run costs in US dollars, by the settings that a model's price list names.

The list is data: ``prices`` in ``catalog/*.json``, or a person's own in ``configure(prices={"owner/name": …})``, which wins. The first
of its ``rates`` whose settings all match counts, ``per`` second of output (the usual), output, or run::

    {"rates": [{"when": {"resolution": "720p", "draft": false}, "usd": "0.02"}], "per": "second",
     "seconds": {"field": "duration", "unless": {"audio": 20}}}
    {"rates": [{"usd": "0.003"}], "per": "output", "outputs": {"field": "num_outputs"}}
    0.04                                                  the short form: dollars per run

P-Video's length is ``duration``, unless there is ``audio``: then it is only known to be at most 20 seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from pvideo.errors import fill, texts

from .schema import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .schema import Model

_MILL = Decimal("0.001")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A price in US dollars, or none where no list names it."""

    amount: Decimal | None
    """US dollars."""
    seconds: Decimal | None = None
    """Seconds of video it is for."""
    rate: Decimal | None = None
    """US dollars per second of video, output or run."""
    upper_bound: bool = False
    """It is the most it can be, since the length is not known beforehand."""

    @property
    def text(self) -> str:
        """``$0.10``, ``up to $0.40`` or ``price unknown``."""
        words = texts()["money"]
        if self.amount is None:
            return str(words["unknown"])
        return fill(words["up_to"], price=money(self.amount)) if self.upper_bound else money(self.amount)


UNKNOWN = Price(amount=None)
"""No list names the price."""


def money(amount: Decimal) -> str:
    """Return ``$0.10``; a third decimal only when it is not zero (``$0.025``)."""
    mills = amount.quantize(_MILL, ROUND_HALF_UP)
    return f"${mills:.2f}" if mills == mills.quantize(_CENT, ROUND_HALF_UP) else f"${mills:.3f}"


def estimate(model: Model, inputs: Mapping[str, Any]) -> Price:
    """Return what a run with `inputs` will cost; the model's defaults count for what is not given.

    P-Video: $0.02 a second at 720p, $0.04 at 1080p, a quarter of it as a draft; frames per second do not matter (its page on Replicate).
    Whether a ``no_op`` run is billed is not told, so it counts like any other.
    """
    prices = _prices(model)
    rate = _rate(model, prices, inputs)
    if rate is None:
        return UNKNOWN
    if prices.get("per") in {"output", "run"}:
        count = _outputs(model, prices, inputs)
        return UNKNOWN if count is None else Price(amount=rate * count, rate=rate)
    rule = prices.get("seconds", {"field": "duration"})
    bounds = [Decimal(most) for by, most in rule.get("unless", {}).items() if _given(model, inputs, by) is not None]
    seconds = max(bounds) if bounds else _decimal(_given(model, inputs, rule.get("field", "")))
    if seconds is None:
        return UNKNOWN
    return Price(amount=rate * seconds, seconds=seconds, rate=rate, upper_bound=bool(bounds))


def actual(model: Model, inputs: Mapping[str, Any], seconds: float | None, outputs: int = 0) -> Price:
    """Return what a finished run cost.

    Args:
        model: The model.
        inputs: What was sent.
        seconds: Seconds of video that were made (``metrics.video_output_duration_seconds``); None when that was not told, and then it
            is the estimate again.
        outputs: How many files were made; 0 when that is not told.
    """
    prices, made = _prices(model), _decimal(seconds)
    rate, per = _rate(model, prices, inputs), prices.get("per")
    if rate is not None and per == "output" and outputs:
        return Price(amount=rate * outputs, rate=rate)
    if rate is None or made is None or per in {"output", "run"}:
        return estimate(model, inputs)
    return Price(amount=rate * made, seconds=made, rate=rate)


def made_text(asked: Price, made: Price) -> str:
    """Return the price of a finished run, with the reason when it is not what was estimated: ``$0.08 (4.0 s made, 5 s asked)``."""
    same = made.amount is None or made.amount == asked.amount or asked.upper_bound
    if same or made.seconds is None or asked.seconds is None:
        return made.text
    return fill(texts()["money"]["made"], price=made.text, made=f"{made.seconds:.1f}", asked=f"{asked.seconds.normalize():f}")


def _prices(model: Model) -> Mapping[str, Any]:
    """Return the price list that counts: a person's own, else the catalog's."""
    from pvideo import settings

    own: Mapping[str, Any] = settings.current().prices
    return own.get(model.name) or own.get(model.base) or model.prices


def _rate(model: Model, prices: Mapping[str, Any], inputs: Mapping[str, Any]) -> Decimal | None:
    for row in prices.get("rates", ()):
        if all(_given(model, inputs, name) == value for name, value in row.get("when", {}).items()):
            return Decimal(str(row["usd"]))
    return None


def _outputs(model: Model, prices: Mapping[str, Any], inputs: Mapping[str, Any]) -> Decimal | None:
    """Return how many times the rate counts: outputs asked for, or one run."""
    if prices["per"] == "run":
        return Decimal(1)
    name = prices.get("outputs", {}).get("field", "num_outputs")
    return _decimal(_given(model, inputs, name)) if model.field(name) is not None or name in inputs else Decimal(1)


def _given(model: Model, inputs: Mapping[str, Any], name: str) -> Any:
    """Return the value that will count: the one given, else the model's default."""
    value = inputs.get(name)
    field = model.field(name) if value is None else None
    return value if field is None or field.default is MISSING else field.default


def _decimal(value: Any) -> Decimal | None:
    """Return a length in seconds, or None for what is none."""
    if value is None or isinstance(value, (bool, str)):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() and 0 <= number < 10**9 else None
