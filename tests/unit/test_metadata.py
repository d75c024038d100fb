"""What the gateway's log keeps with a create: what is refused, what is carried, and how it stands in the header."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.canary import replicate_canary

from pvideo import metadata, settings
from pvideo.errors import SettingsError

CANARY = replicate_canary()


@pytest.fixture(autouse=True)
def clean() -> Any:
    yield
    settings.reset()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("seat 4", "is str, not a dict"),
        ({str(number): number for number in range(6)}, "has 6 entries; the gateway keeps 5"),
        ({"": 1}, "a name that is no text"),
        ({3: 1}, "a name that is no text"),
        ({"cf.user_id": "x"}, 'begins with "cf."'),
        ({"seat": None}, "holds NoneType at 'seat'"),
        ({"seat": {"row": 1}}, "holds dict at 'seat'"),
        ({"score": float("nan")}, "no number of JSON"),
        ({"essay": "x" * 501}, "501 characters"),
        ({"key": CANARY}, "looks like a Replicate token"),
        ({CANARY: 1}, "looks like a Replicate token"),
    ],
)
def test_what_the_gateway_would_drop_or_keep_for_ever_is_refused(given: Any, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.configure(metadata=given)

    assert caught.value.key == "setting_wrong"
    assert words in caught.value.sentence
    assert CANARY not in str(caught.value)
    assert settings.current().metadata == {}


def test_five_plain_values_pass_and_none_means_none() -> None:
    settings.configure(metadata={"class": "3b", "seat": 4, "score": 0.5, "late": True, "city": "Köln"})
    assert settings.current().metadata["city"] == "Köln"

    settings.configure(metadata=None)

    assert settings.current().metadata == {}


def test_our_own_entries_take_the_room_that_is_left() -> None:
    assert metadata.carried({}, intent="i") == {"intent": "i", "app": "pvideo"}
    four = dict.fromkeys("abcd", 1)
    assert metadata.carried(four, intent="i") == {**four, "intent": "i"}
    assert metadata.carried(four, intent="i", label="seat 4") == {**four, "label": "seat 4"}
    assert metadata.carried({"label": "x"}, intent="i", label="seat 4")["label"] == "seat 4"


def test_a_label_needs_room() -> None:
    with pytest.raises(SettingsError, match="are 6 entries"):
        metadata.carried(dict.fromkeys("abcde", 1), intent="i", label="seat 4")


def test_the_header_is_json_in_ascii() -> None:
    text = metadata.header({"city": "Köln", "late": True})

    assert text.isascii()
    assert json.loads(text) == {"city": "Köln", "late": True}
