"""What a sweep varies: lists, ranges, alternatives, and every combination of them."""

from __future__ import annotations

from typing import Any

import pytest

from pvideo.errors import InputError
from pvideo.job.alternatives import Group, choose, split, unescape
from pvideo.job.axes import MOST, Axis, axes_of, combine
from pvideo.model.catalog import load
from pvideo.model.schema import Field, Model

MODEL = load("prunaai/p-video")
LISTS = Model(owner="a", short_name="b", fields=(Field(name="prompt", kind="string"), Field(name="refs", kind="array")))


@pytest.mark.parametrize(
    ("prompt", "groups"),
    [
        ("A {red | blue} boat", [("red", "blue")]),
        ("{a|b} and { c | d | e }", [("a", "b"), ("c", "d", "e")]),
        ("a {| big} boat", [("", "big")]),
        ("{{red | blue}}", []),
        ("{style}", []),
        ("a | b", []),
        ('{"a": "x | y"}', []),
        ('{"shot": {"a": "x|y"}, "b": [1]}', []),
        ("{'a': 'x | y'}", []),
        ('{"a": {red | blue}}', [("red", "blue")]),
        ('{a "big" cat | a dog}', [('a "big" cat', "a dog")]),
        ("{a {color} cat | a dog}", [("a {color} cat", "a dog")]),
        ("a | b}", []),
    ],
)
def test_alternatives_are_found_and_other_braces_left(prompt: str, groups: list[tuple[str, ...]]) -> None:
    parts = split(prompt)

    assert [part.texts for part in parts if isinstance(part, Group)] == groups
    if not groups:
        assert "".join(str(part) for part in parts) == prompt


def test_one_text_of_each_group_is_chosen() -> None:
    assert choose(split("A {red | blue} boat, {day | night}"), (1, 0)) == "A blue boat, day"


@pytest.mark.parametrize(
    ("prompt", "plain"),
    [("{{not}} this", "{not} this"), ('{"a": {"b": 1}}', '{"a": {"b": 1}}'), ("{x} }} {{", "{x} }} {"), ("plain", "plain")],
)
def test_escapes_become_braces(prompt: str, plain: str) -> None:
    assert unescape(prompt) == plain


@pytest.mark.parametrize(
    ("value", "values"),
    [
        (range(1, 4), (1, 2, 3)),
        ([3, 1, 3], (3, 1)),
        ((5,), (5,)),
        ({2, 1}, (1, 2)),
        ([None, None], (None, None)),
        ([True, 1], (True, 1)),
    ],
)
def test_what_holds_several_is_an_axis(value: Any, values: tuple[Any, ...]) -> None:
    assert axes_of(MODEL, {"prompt": "x", "seed": value}) == ({"prompt": "x"}, {"seed": values})


def test_text_bytes_and_mappings_are_one_value() -> None:
    fixed, varied = axes_of(MODEL, {"prompt": "a, b", "image": b"12", "audio": {"file": "x"}})

    assert set(fixed) == {"prompt", "image", "audio"}
    assert varied == {}


def test_an_input_that_takes_lists_goes_through_a_list_of_lists() -> None:
    assert axes_of(LISTS, {"refs": ["a", "b"]}) == ({"refs": ["a", "b"]}, {})
    assert axes_of(LISTS, {"refs": [["a"], ["a", "b"]]}) == ({}, {"refs": (["a"], ["a", "b"])})


@pytest.mark.parametrize("value", [[], range(0), range(10**9), range(MOST + 1)])
def test_an_empty_or_endless_axis_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"seed is to go through an empty list|at most"):
        axes_of(MODEL, {"seed": value})


def test_every_combination_in_the_order_given_with_the_last_axis_fastest() -> None:
    fixed, varied = axes_of(MODEL, {"prompt": "A {red | blue} boat", "seed": range(1, 3), "draft": True})
    axes, combinations = combine(fixed, varied)

    assert [axis.name for axis in axes] == ["prompt", "seed"]
    assert [(one.inputs["prompt"], one.inputs["seed"]) for one in combinations] == [
        ("A red boat", 1),
        ("A red boat", 2),
        ("A blue boat", 1),
        ("A blue boat", 2),
    ]
    assert [one.places for one in combinations] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert combinations[2].title == "blue, seed 1"
    assert all(one.inputs["draft"] is True for one in combinations)


def test_a_list_of_prompts_is_an_axis() -> None:
    _, combinations = combine(*axes_of(MODEL, {"prompt": ["a cat", "{{a}} dog"]}))

    assert [one.inputs["prompt"] for one in combinations] == ["a cat", "{a} dog"]
    assert [one.template for one in combinations] == ["a cat", "{{a}} dog"]


def test_without_each_braces_stay() -> None:
    axes, combinations = combine({"prompt": "{a | b}"}, {}, expand=str, each=False)

    assert (axes, [one.inputs["prompt"] for one in combinations]) == ((), ["{a | b}"])


def test_too_many_are_refused_before_they_are_written_out() -> None:
    with pytest.raises(InputError, match="10,000 videos; a sweep has at most 100"):
        combine({}, {"seed": tuple(range(100)), "duration": tuple(range(100))})


@pytest.mark.parametrize(
    ("axis", "title"),
    [
        (Axis(name="seed", values=(1, 2, 3, 4), labels=("1", "2", "3", "4")), "seed 1–4"),
        (Axis(name="seed", values=(1, 3), labels=("1", "3")), "seed 1, 3"),
        (Axis(name="resolution", values=("720p", "1080p"), labels=("720p", "1080p")), "720p, 1080p"),
        (Axis(name="draft", values=(True, False), labels=("on", "off")), "draft on, off"),
    ],
)
def test_an_axis_says_what_it_goes_through(axis: Axis, title: str) -> None:
    assert axis.title == title
