"""What differs between videos, word by word and input by input."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.notebook import CAT, snap

from pvideo.notebook.difference import inputs_between, said, words_between


@pytest.mark.parametrize(
    ("before", "after", "pieces", "words"),
    [
        ("a cat", "a cat", [("same", "a cat")], ""),
        ("a field of flowers", "a field of poppies", [("same", "a field of "), ("removed", "flowers"), ("added", "poppies")], None),
        ("a cat", "a cat in rain", [("same", "a cat"), ("added", " in rain")], "added: in rain"),
        ("a red old cat", "a blue new cat", [("same", "a "), ("removed", "red old"), ("added", "blue new"), ("same", " cat")], None),
        ("a cat", "", [("removed", "a cat")], "removed: a cat"),
        ("Katze läuft", "Katze schläft", [("same", "Katze "), ("removed", "läuft"), ("added", "schläft")], None),
    ],
)
def test_a_prompt_differs_by_whole_words(before: str, after: str, pieces: list[tuple[str, str]], words: str | None) -> None:
    found = words_between(before, after)

    assert found == pieces
    if words is not None:
        assert said(found) == words


def test_a_difference_is_said_in_words() -> None:
    assert said(words_between("a field of flowers", "a field of poppies")) == "removed: flowers; added: poppies"


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_give_both_texts_back(before: str, after: str) -> None:
    pieces = words_between(before, after)

    old = "".join(text for kind, text in pieces if kind != "added")
    new = "".join(text for kind, text in pieces if kind != "removed")
    assert (old, new) == (before, after)


def of(**changes: Any) -> Any:
    """A job with these inputs besides the usual ones."""
    inputs = {"prompt": CAT, "duration": 5, "seed": 183, **changes}
    return snap("succeeded", typed=inputs, input=inputs)


def test_only_the_inputs_that_are_not_the_same_are_told() -> None:
    draft, final = of(draft=True, fps=24), of(draft=False)

    assert inputs_between([draft, final]) == [{"name": "draft", "values": ["on", "off"]}]


def test_a_default_that_was_typed_is_no_difference() -> None:
    assert inputs_between([of(resolution="720p"), of()]) == []


def test_values_have_their_units_and_files_their_names() -> None:
    first, second = of(image={"file": "ab12", "path": "videos/a-last.jpg"}), of(duration=3)

    assert inputs_between([first, second]) == [
        {"name": "image", "values": ["a-last.jpg", "not given"]},
        {"name": "duration", "values": ["5 s", "3 s"]},
    ]


def test_another_model_is_a_difference() -> None:
    rows = inputs_between([of(), snap("succeeded", model="a/b", typed={"prompt": CAT}, input={"prompt": CAT, "duration": 5, "seed": 183})])

    assert rows[0] == {"name": "model", "values": ["prunaai/p-video", "a/b"]}
