"""What a run costs: the price list of P-Video, before and after it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvideo.model import catalog
from pvideo.model.price import UNKNOWN, Price, actual, estimate, made_text, money

MODEL = catalog.load("prunaai/p-video")
UNLISTED = catalog.from_api({"owner": "someone", "name": "something"})


@pytest.mark.parametrize(
    ("inputs", "amount", "text"),
    [
        ({}, "0.10", "$0.10"),
        ({"draft": True}, "0.025", "$0.025"),
        ({"resolution": "1080p"}, "0.20", "$0.20"),
        ({"resolution": "1080p", "draft": True}, "0.05", "$0.05"),
        ({"duration": 1}, "0.02", "$0.02"),
        ({"duration": 1, "draft": True}, "0.005", "$0.005"),
        ({"duration": 20}, "0.40", "$0.40"),
        ({"duration": 20, "resolution": "1080p"}, "0.80", "$0.80"),
        ({"fps": 48}, "0.10", "$0.10"),
        ({"no_op": True}, "0.10", "$0.10"),
        ({"image": "https://a.example/b.png", "duration": 3}, "0.06", "$0.06"),
        ({"audio": "https://a.example/b.wav"}, "0.40", "up to $0.40"),
        ({"audio": b"RIFF", "duration": 3, "draft": True}, "0.10", "up to $0.10"),
        ({"audio": None, "duration": None, "draft": None}, "0.10", "$0.10"),
    ],
)
def test_the_estimate_follows_the_price_list(inputs, amount, text):
    price = estimate(MODEL, {"prompt": "a cat", **inputs})

    assert price.amount == Decimal(amount)
    assert price.text == text
    assert price.rate * price.seconds == price.amount
    assert price.upper_bound == text.startswith("up to")


@pytest.mark.parametrize(
    "inputs", [{"resolution": "4k"}, {"duration": "long"}, {"duration": float("nan")}, {"duration": -1}, {"duration": True}]
)
def test_inputs_without_a_price_have_none(inputs):
    assert estimate(MODEL, inputs) == UNKNOWN


def test_a_model_without_a_list_has_no_price():
    assert estimate(UNLISTED, {}).text == "price unknown"
    assert actual(UNLISTED, {}, 4.0).amount is None
    assert made_text(UNKNOWN, actual(UNLISTED, {}, 4.0)) == "price unknown"


@pytest.mark.parametrize(
    ("inputs", "seconds", "text"),
    [
        ({}, 5.0, "$0.10"),
        ({}, 4.0, "$0.08 (4.0 s made, 5 s asked)"),
        ({}, 5.041667, "$0.101 (5.0 s made, 5 s asked)"),
        ({"draft": True, "duration": 10}, 8.5, "$0.043 (8.5 s made, 10 s asked)"),
        ({"audio": "https://a.example/b.wav"}, 7.25, "$0.145"),
        ({}, None, "$0.10"),
        ({"audio": "https://a.example/b.wav"}, None, "up to $0.40"),
    ],
)
def test_the_cost_says_why_it_differs(inputs, seconds, text):
    asked, made = estimate(MODEL, inputs), actual(MODEL, inputs, seconds)

    assert made_text(asked, made) == text


def test_the_cost_is_what_was_made():
    assert actual(MODEL, {}, 4.0) == Price(amount=Decimal("0.08"), seconds=Decimal(4), rate=Decimal("0.02"))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("0.1", "$0.10"),
        ("0.025", "$0.025"),
        ("0.0202", "$0.02"),
        ("0.0005", "$0.001"),
        ("12.4", "$12.40"),
        ("1234.5", "$1234.50"),
    ],
)
def test_money_has_a_third_decimal_only_when_it_counts(amount, text):
    assert money(Decimal(amount)) == text


@given(st.integers(1, 20), st.sampled_from(["720p", "1080p"]))
def test_a_draft_costs_a_quarter(duration, resolution):
    whole = estimate(MODEL, {"duration": duration, "resolution": resolution})
    draft = estimate(MODEL, {"duration": duration, "resolution": resolution, "draft": True})

    assert draft.amount * 4 == whole.amount
