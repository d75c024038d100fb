"""The page and Python agree on the shape of what crosses between them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.notebook import NOW, made, snap

from pvideo.job.axes import Axis
from pvideo.model.catalog import load
from pvideo.model.presentation import form
from pvideo.notebook.view import KEYS, view_of

SOURCE = Path(__file__).parents[2] / "js" / "src" / "view.ts"
COMPARISON = SOURCE.parent / "compare" / "view.ts"


def keys_of(interface: str, source: Path = SOURCE) -> set[str]:
    """The names of an interface of view.ts, optional ones too."""
    found = re.search(rf"export interface {interface} \{{(.*?)\n\}}", source.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"{source.name} has no interface {interface}"
    return set(re.findall(r"^  (\w+)\??:", found[1], re.MULTILINE))


def words_of(name: str) -> set[str]:
    """The words of a union type of view.ts."""
    found = re.search(rf"export type {name} =(.*?);", SOURCE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"view.ts has no type {name}"
    return set(re.findall(r'"(\w*)"', found[1]))


def test_a_view_has_the_keys_that_the_page_knows() -> None:
    assert keys_of("View") == set(KEYS)


@pytest.mark.parametrize(("interface", "name"), [("Action", "actions"), ("More", "more"), ("Clip", "video"), ("Message", "message")])
def test_the_parts_of_a_view_have_keys_that_the_page_knows(interface: str, name: str) -> None:
    from pvideo.errors import PVideoError

    lost = snap("unconfirmed", done=False, error=PVideoError.make("answer_lost", detail="x"))
    for snapshot in (made(Path("/a/b.mp4")), lost):
        part = view_of(snapshot, nonce="n", base=Path("/a"), now=NOW, autoplay=True)[name]
        for item in part if isinstance(part, list) else [part] if part else []:
            assert set(item) <= keys_of(interface)


def test_the_page_knows_every_status_and_phase() -> None:
    from typing import get_args

    from pvideo.job.states import STATUSES, Phase

    assert words_of("Status") == set(STATUSES)
    assert set(get_args(Phase)) <= words_of("Phase")


def test_the_form_has_the_keys_that_the_page_knows() -> None:
    described = form(load("prunaai/p-video"))

    assert set(described) == keys_of("Form")
    for field in described["fields"]:
        assert set(field) == keys_of("Field")


def test_the_price_and_the_money_have_the_keys_that_the_page_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pvideo.notebook.purse import money_now, price_now

    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))

    assert set(price_now(load("prunaai/p-video"), {"prompt": "x"}).trait) == keys_of("Price")
    assert set(money_now()) == keys_of("Money")


def test_a_comparison_has_the_keys_that_the_page_knows() -> None:
    from pvideo.notebook.comparison import view_of as comparison

    pair = [made(Path("/a/b.mp4")), made(Path("/a/c.mp4"), input={"prompt": "x", "draft": True})]
    view = comparison(pair, key="k", nonce="n", base=Path("/a"), notice="", actions=[])

    assert set(view) == keys_of("Comparison", COMPARISON)
    assert set(view["items"][0]) == keys_of("Item", COMPARISON)
    assert set(view["prompts"][0]) == keys_of("Prompt", COMPARISON)
    assert set(view["inputs"][0]) == {"name", "values"}


def test_a_chain_has_the_keys_that_the_page_knows() -> None:
    from pvideo.notebook.around import Around

    shots = tuple(made(Path(f"/a/{name}.mp4"), intent=name) for name in "bc")
    view = view_of(shots[1], nonce="n", base=Path("/a"), now=NOW, autoplay=True, around=Around(shots=shots))

    assert [shot["id"] for shot in view["chain"]] == ["b", "c"]
    assert all(set(shot) == keys_of("Shot") for shot in view["chain"])


def test_a_sheet_has_the_keys_that_the_page_knows() -> None:
    from pvideo.job.axes import Combination
    from pvideo.notebook import tiles

    unsent = tiles.tile(Combination(places=(0,), title="seed 1", inputs={}, template=""), None, Path("/a"))

    assert keys_of("SheetView") == set(tiles.KEYS)
    assert set(unsent) == keys_of("Tile")
    assert set(tiles.axis_of(Axis(name="seed", values=(1,), labels=("1",)))) == keys_of("Axis")
