"""The one rule for braces: what is filled in, what is an error, what stays."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvideo.errors import InputError
from pvideo.notebook.text import escape, expand, expand_value

SPACE = {"style": "film noir", "cat": SimpleNamespace(seed=183), "row": {"who": "a fox", "n": 2}, "words": ["red", "blue"], "_hidden": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A cat, {style}", "A cat, film noir"),
        ("seed {cat.seed}", "seed 183"),
        ("{row[who]} and {row['who']} and {words[1]} and {words[-1]}", "a fox and a fox and blue and blue"),
        ("{{style}} stays", "{style} stays"),
        ("{{{style}}}", "{film noir}"),
        ("no braces", "no braces"),
        ("an empty {} and { style } and {a | b} and {1..4}", "an empty {} and { style } and {a | b} and {1..4}"),
        ("lone } and lone {", "lone } and lone {"),
        ("", ""),
    ],
)
def test_expand_follows_the_rule(text: str, expected: str) -> None:
    assert expand(text, SPACE) == expected


def test_a_json_prompt_stays_as_it_is_with_a_variable_in_it() -> None:
    prompt = {"scene": {"subject": "cat", "camera": {"move": "pan"}}, "style": ["a", {"b": 1}]}

    assert expand(json.dumps(prompt), SPACE) == json.dumps(prompt)
    assert expand('{"scene":{"who":"{style}"}}', SPACE) == '{"scene":{"who":"film noir"}}'


def test_an_undefined_variable_is_named_with_the_nearest_one() -> None:
    with pytest.raises(InputError) as caught:
        expand("A cat, {styl}", SPACE)

    assert caught.value.key == "variable_unknown"
    assert caught.value.title == "{styl} is not a variable"
    assert "Did you mean {style}?" in caught.value.next


def test_an_undefined_attribute_is_named_with_its_object() -> None:
    with pytest.raises(InputError, match=r"cat\.sead") as caught:
        expand("{cat.sead}", SPACE)

    assert "{cat.seed}" in caught.value.next


@pytest.mark.parametrize("text", ["{row[nobody]}", "{words[7]}", "{style.upper.nothing}"])
def test_a_step_that_leads_nowhere_is_an_error(text: str) -> None:
    with pytest.raises(InputError) as caught:
        expand(text, SPACE)

    assert caught.value.key == "variable_unknown"


def test_an_option_that_is_one_expression_gives_the_object_itself() -> None:
    assert expand_value("{cat.seed}", SPACE) == 183
    assert expand_value("{words}", SPACE) is SPACE["words"]
    assert expand_value("x{cat.seed}", SPACE) == "x183"


def test_hidden_names_are_not_suggested() -> None:
    with pytest.raises(InputError) as caught:
        expand("{hidden}", SPACE)

    assert "_hidden" not in caught.value.next


@given(st.text(alphabet="ab{}[]. |\"'1", max_size=24))
def test_text_that_names_no_variable_never_fails_and_loses_only_escapes(text: str) -> None:
    with contextlib.suppress(InputError):
        out = expand(text, {})
        assert out.replace("{", "").replace("}", "") == text.replace("{", "").replace("}", "")


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, inner).map(lambda pair: "{" + "".join(pair) + "}")


@given(st.recursive(st.text(alphabet="ab ", max_size=4), nested, max_leaves=6))
def test_escape_gives_a_text_that_expands_to_itself(text: str) -> None:
    assert expand(escape(text), {}) == text
