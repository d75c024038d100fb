"""Every error is a title, one sentence with the value, and a next step; it survives the journal."""

from __future__ import annotations

import json
import pickle
import string
from pathlib import Path

import pytest

from pvideo import errors
from pvideo.errors import PVideoError, texts

KEYS = sorted(texts()["messages"])


@pytest.mark.parametrize("key", KEYS)
def test_every_message_has_its_parts(key):
    entry = texts()["messages"][key]

    assert entry["title"]
    assert entry["sentence"]
    assert entry["paid"] in {"no", "maybe", "yes", ""}


@pytest.mark.parametrize("key", KEYS)
def test_every_message_fills_and_comes_back_from_the_journal(key):
    names = {name for text in texts()["messages"][key].values() for _, name, _, _ in string.Formatter().parse(text) if name}
    error = PVideoError.make(key, **{name.rstrip("!r"): f"<{name}>" for name in names})

    again = PVideoError.from_dict(error.to_dict())

    assert str(again) == str(error)
    assert type(again) is type(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_missing_value_never_breaks_a_message():
    assert "has no" in str(PVideoError.make("gateway_name"))


def test_each_key_of_a_class_exists_once():
    seen: list[str] = []
    for item in vars(errors).values():
        if isinstance(item, type) and issubclass(item, PVideoError):
            seen += item.__dict__.get("keys", ())

    assert len(seen) == len(set(seen))
    assert set(seen) <= set(KEYS)


def test_nothing_definite_says_it_was_paid():
    for key in errors.RefusedError.keys | errors.UnreachableError.keys | errors.BudgetError.keys | errors.InputError.keys:
        assert texts()["messages"][key]["paid"] == "no", key


def test_busy_keeps_the_seconds():
    error = errors.BusyError("gateway_busy", gateway="g", seconds=12, retry_after=12.0)

    assert PVideoError.from_dict(error.to_dict()).retry_after == 12.0


def test_no_text_stands_twice_under_one_key() -> None:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
        return dict(pairs)

    json.loads((Path(errors.__file__).parent / "texts.json").read_text(encoding="utf-8"), object_pairs_hook=once)
