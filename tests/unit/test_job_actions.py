"""What a card's priced buttons make, over the engine with its real thread and the demo on real sockets."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pvideo import settings
from pvideo.errors import BudgetError, InputError
from pvideo.job import actions, frame, naming
from pvideo.job.engine import Engine
from pvideo.job.press import generate
from pvideo.model import catalog
from pvideo.model.sniff import picture_size

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

    from pvideo.job.video import Video


class Variables(dict[str, Any]):
    """A notebook's variables."""

    def is_free(self, name: str) -> bool:
        return name not in self

    def bind(self, name: str, video: Video) -> None:
        self[name] = video


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Variables:
    found = Variables()
    monkeypatch.setattr(naming, "names", found)
    return found


def cat(**inputs: Any) -> Video:
    return generate("A cat", **{"name": "cat", "draft": True, "duration": 1, **inputs})


def asked(demo: RunningDemo) -> list[dict[str, Any]]:
    return [prediction["input"] for prediction in demo.predictions()]


def test_a_final_has_everything_of_its_draft_but_the_switch(demo: RunningDemo, variables: Variables) -> None:
    draft = cat(prompt_upsampling=False).wait(30)

    final = draft.final()
    final.wait(30)

    first, second = asked(demo)
    assert second == {**first, "draft": False}
    assert final.seed == draft.seed
    assert (draft.cost, final.cost) == (Decimal("0.005"), Decimal("0.02"))
    assert final.name == "cat_final"
    assert variables["cat_final"] is final


def test_a_draft_and_its_final_know_each_other_also_in_the_next_kernel(demo: RunningDemo) -> None:
    draft = cat().wait(30)
    final = draft.final().wait(30)

    def links(one: Video, other: Video) -> None:
        (made,) = one.snapshot().made
        origin = other.snapshot().origin
        assert (made.intent, made.name, made.made_as) == (final.intent, "cat_final", "final")
        assert origin is not None
        assert (origin.intent, origin.name, origin.made_as) == (draft.intent, "cat", "final")

    links(draft, final)
    assert json.loads(final.path.with_suffix(".json").read_text())["made_from"] == draft.intent
    Engine.get().close()
    links(Engine.get().video(draft.intent), Engine.get().video(final.intent))


def test_two_presses_of_make_final_are_paid_once(demo: RunningDemo) -> None:
    draft = cat().wait(30)
    made: list[Video] = []
    presses = [threading.Thread(target=lambda: made.append(draft.final())) for _ in range(4)]

    for press in presses:
        press.start()
    for press in presses:
        press.join()
    after = made[0].wait(30)

    assert len({video.intent for video in made}) == 1
    assert draft.final().intent == after.intent
    assert draft.final().snapshot().reused
    assert len(demo.predictions()) == 2


def test_another_final_is_made_when_a_person_says_so(demo: RunningDemo, variables: Variables) -> None:
    draft = cat().wait(30)
    first = draft.final().wait(30)

    second = draft.final(again=True).wait(30)

    assert second.intent != first.intent
    assert second.seed == first.seed
    assert second.name == "cat_final_2"
    assert len(demo.predictions()) == 3


def test_a_final_that_failed_is_forgotten_and_made_anew(demo: RunningDemo) -> None:
    draft = cat().wait(30)
    demo.next("failed")
    failed = draft.final()
    with pytest.raises(Exception, match="Replicate could not make it"):
        failed.wait(30)
    assert draft.snapshot().made == ()

    good = draft.final().wait(30)

    assert good.intent != failed.intent
    assert [link.intent for link in draft.snapshot().made] == [good.intent]


def test_a_budget_stops_a_final_before_anything_is_sent(demo: RunningDemo, variables: Variables) -> None:
    draft = cat().wait(30)
    settings.configure(budget_day=Decimal("0.02"))

    with pytest.raises(BudgetError):
        draft.final()

    assert len(demo.predictions()) == 1
    assert draft.snapshot().made == ()
    assert variables == {}


def test_what_is_no_draft_has_no_final(demo: RunningDemo) -> None:
    full = cat(draft=False).wait(30)

    with pytest.raises(InputError, match="cat was made with draft off") as caught:
        full.final()

    assert caught.value.key == "not_a_draft"
    assert len(demo.predictions()) == 1


def test_a_model_without_drafts_says_so(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    full = cat().wait(30)
    plain = replace(catalog.load("prunaai/p-video"), draft="", first_frame="")
    monkeypatch.setattr(actions, "find_model", lambda _: plain)

    with pytest.raises(InputError, match="makes no drafts"):
        full.final()
    with pytest.raises(InputError, match="takes no first frame"):
        full.continue_shot("it looks up")


def test_another_take_has_a_new_seed_even_where_one_was_typed(demo: RunningDemo, variables: Variables) -> None:
    variables["cat"] = first = cat(seed=7).wait(30)

    second = first.take(duration=2)
    second.wait(30)

    one, two = asked(demo)
    assert one["seed"] == 7 != two["seed"]
    assert (one["duration"], two["duration"]) == (1, 2)
    assert second.snapshot().origin.made_as == "take"
    assert (second.name, variables["cat_2"]) == ("cat_2", second)


def test_the_next_shot_begins_with_the_last_picture(demo: RunningDemo, variables: Variables) -> None:
    first = cat(aspect_ratio="16:9", seed=7)

    second = first.continue_shot("it looks up")
    second.wait(30)

    one, two = asked(demo)
    assert two["prompt"] == "it looks up"
    assert two["image"].startswith("data:image/jpeg;base64,")
    assert "aspect_ratio" not in two
    assert one["seed"] != two["seed"]
    assert two["draft"] is True
    picture = Path(second.inputs["image"]["path"])
    assert picture.name == f"{first.path.stem}-last.jpg"
    assert picture_size(picture.read_bytes()) == (first.snapshot().media.width, first.snapshot().media.height)
    assert (second.name, variables["cat_2"]) == ("cat_2", second)


def test_a_chain_is_kept_in_its_order(demo: RunningDemo) -> None:
    first = cat()
    second = first.continue_shot("it looks up")
    third = second.continue_shot("it yawns", at=0.5).wait(30)

    for shot in (first, second, third):
        assert [one.intent for one in shot.shots] == [first.intent, second.intent, third.intent]
    assert third.name == "cat_3"
    Engine.get().close()
    again = Engine.get().video(second.intent)
    assert [one.intent for one in again.shots] == [first.intent, second.intent, third.intent]


def test_a_moment_outside_of_the_video_is_refused(demo: RunningDemo) -> None:
    first = cat().wait(30)

    with pytest.raises(InputError, match=r"at is 0 to 1.00 s; 9 was given"):
        first.continue_shot("it looks up", at=9)

    assert len(demo.predictions()) == 1


def test_a_picture_of_the_page_needs_no_decoder(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = cat().wait(30)
    jpeg = frame.still(first.path, 0.5)
    monkeypatch.setattr(frame, "still", lambda *_: pytest.fail("it was decoded"))

    second = actions.continue_shot(first, "it looks up", at=0.5, picture=jpeg)

    assert Path(second.inputs["image"]["path"]).read_bytes() == jpeg


def test_without_a_decoder_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)

    with pytest.raises(InputError, match="pvideo\\[media\\]"):
        frame.still(tmp_path / "cat.mp4")


@pytest.mark.parametrize(
    ("name", "suffix", "taken", "wanted"),
    [
        ("cat", "_final", (), "cat_final"),
        ("cat", "_final", ("cat_final",), "cat_final_2"),
        ("board[2]", "_final", (), "board_2_final"),
        ("cat", "", (), "cat_2"),
        ("cat_2", "", (), "cat_3"),
        ("cat", "", ("cat_2",), "cat_3"),
        ("", "_final", (), ""),
    ],
)
def test_names(variables: Variables, name: str, suffix: str, taken: tuple[str, ...], wanted: str) -> None:
    variables.update(dict.fromkeys(taken))

    assert naming.name_for(name, suffix) == wanted
