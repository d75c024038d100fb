"""A job as the page sees it: every row of the table of states."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.notebook import NOW, failed, made, snap

from pvideo.errors import PVideoError
from pvideo.job.states import Link
from pvideo.model.given import from_schema
from pvideo.notebook.around import Around
from pvideo.notebook.view import KEYS, playable, relative, view_of
from pvideo.notebook.words import note

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot

FILE = Path("/books/videos/2026-cat.mp4")


def seen(snapshot: Snapshot, **changes: Any) -> dict[str, Any]:
    return view_of(snapshot, **{"nonce": "n1", "base": Path("/books"), "now": NOW + 4, "autoplay": True, **changes})


def buttons(view: dict[str, Any]) -> list[tuple[str, str]]:
    return [(action["name"], action["label"]) for action in view["actions"]]


TAKE = [("again", "Another take · $0.10"), ("continue_shot", "Continue this shot")]
RETRY = [("retry", "Try again · $0.10")]
RUNNING = [("cancel", "Cancel (Replicate may still charge)")]
_SUM = {"price": "$0.10", "period": "today", "sum": "$5.04"}
BUDGET = PVideoError.make("budget_reached", **_SUM, budget="$5.00", line="pvideo.configure(budget_day=6)")
ROWS = {
    "waiting": (snap("sending", phase="waiting", ahead=3), "waiting", "$0.10", [("cancel", "Cancel · free")]),
    "sending": (snap("sending", phase="sending"), "sending", "$0.10", []),
    "countdown": (snap("sending", phase="countdown", next_at=NOW + 30), "countdown", "$0.10", [("cancel", "Cancel · free")]),
    "starting": (snap("starting", sent_at=NOW), "", "$0.10", RUNNING),
    "processing": (snap("processing", sent_at=NOW), "", "$0.10", RUNNING),
    "lost": (snap("processing", phase="lost", next_at=NOW + 4), "lost", "$0.10", RUNNING),
    "canceling": (snap("processing", phase="canceling", cancel_asked=True), "canceling", "$0.10", []),
    "saving": (snap("succeeded", phase="saving", settled=False, received=2_100_000, total=4_800_000), "saving", "$0.10", []),
    "succeeded": (made(FILE), "", "$0.10", TAKE),
    "library": (made(FILE, reused=True), "library", "$0.00 now", TAKE),
    "unsaved": (made(FILE, path=None, error=PVideoError.make("fetch_failed", detail="x")), "", "$0.10", [("save_now", "Save now")]),
    "failed": (failed("model_failed"), "", "see billing", RETRY),
    "rejected": (failed("gateway_token", "rejected"), "", "$0.00", RETRY),
    "budget": (snap("rejected", error=BUDGET), "budget", "$0.00", []),
    "canceled": (failed("canceled", "canceled", cancel_asked=True), "", "see billing", RETRY),
    "unsent": (failed("canceled_unsent", "canceled", cancel_asked=True), "unsent", "$0.00", RETRY),
    "aborted": (failed("aborted", "aborted"), "", "$0.00", RETRY),
    "expired": (failed("output_expired", "expired", cost_text="$0.10"), "", "$0.10", [("retry", "Make it again · $0.10")]),
    "unconfirmed": (
        failed("answer_lost", "unconfirmed", done=False, phase="looking"),
        "looking",
        "at most $0.10",
        [("look_again", "Look again"), ("generate_again", "Generate again · may cost a second $0.10")],
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_of_the_table_of_states(row: str) -> None:
    snapshot, phase, money, actions = ROWS[row]

    view = seen(snapshot)

    assert (view["phase"], view["money"], buttons(view)) == (phase, money, actions)


@pytest.mark.parametrize("row", ROWS)
def test_every_view_has_the_same_keys(row: str) -> None:
    assert tuple(sorted(seen(ROWS[row][0]))) == tuple(sorted(KEYS))


@pytest.mark.parametrize(
    "snapshot",
    [
        *(snap(status, realm="demo") for status in ("sending", "processing", "unconfirmed", "failed", "rejected", "canceled")),
        *(made(FILE, realm="demo"), made(FILE, realm="demo", reused=True)),
    ],
)
def test_the_demo_never_shows_a_bare_price(snapshot: Snapshot) -> None:
    view = seen(snapshot)

    assert view["money"].startswith("free")
    assert not any("$" in action["label"] or action["costs"] for action in view["actions"])


def test_what_costs_says_so_and_what_does_not_does_not() -> None:
    costs = {action["name"]: action["costs"] for row in ROWS.values() for action in seen(row[0])["actions"]}

    assert costs == {
        "cancel": False,
        "look_again": False,
        "save_now": False,
        "again": True,
        "continue_shot": False,
        "retry": True,
        "generate_again": True,
    }


def test_giving_a_lost_answer_up_appears_after_a_minute() -> None:
    _, again = seen(ROWS["unconfirmed"][0])["actions"]

    assert again["after"] == 60
    assert not again["primary"]


def test_times_are_in_milliseconds_of_the_kernels_clock() -> None:
    view = seen(snap("processing", sent_at=NOW + 1, created_at=NOW + 2, next_at=NOW + 9))

    times = [view[name] for name in ("now", "pressed", "sent", "created", "next")]
    assert times == [(NOW + seconds) * 1000 for seconds in (4, 0, 1, 2, 9)]
    assert view["estimate"] == {"p50": 11.0, "p90": 20.0, "history": True}


def test_no_estimate_without_a_past() -> None:
    assert seen(snap(p50=None, p90=None))["estimate"] is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("failed", ("model_failed", "bad")),
        ("rejected", ("gateway_token", "bad")),
        ("expired", ("output_expired", "bad")),
        ("unconfirmed", ("answer_lost", "warn")),
        ("unsaved", ("fetch_failed", "warn")),
        ("budget", ("budget_reached", "bad")),
    ],
)
def test_a_message_stands_on_the_card_with_its_tone(row: str, expected: tuple[str, str]) -> None:
    message = seen(ROWS[row][0])["message"]

    assert (message["key"], message["tone"]) == expected
    assert message["title"]
    assert message["next"]


@pytest.mark.parametrize("row", ["canceled", "unsent", "aborted", "succeeded", "processing"])
def test_where_the_note_says_all_there_is_no_message(row: str) -> None:
    assert seen(ROWS[row][0])["message"] is None


def test_files_are_named_from_the_notebooks_folder() -> None:
    assert relative(Path("/books/videos/a cat #1.mp4"), Path("/books")) == "videos/a%20cat%20%231.mp4"
    assert relative(Path("/other/a.mp4"), Path("/books")) == "../other/a.mp4"
    assert relative(None, Path("/books")) == ""


@pytest.mark.parametrize(
    ("url", "demo", "expected"),
    [
        ("https://replicate.delivery/x/a.mp4", False, "https://replicate.delivery/x/a.mp4"),
        ("http://127.0.0.1:8000/a.mp4", True, "http://127.0.0.1:8000/a.mp4"),
        ("http://127.0.0.1:8000/a.mp4", False, ""),
        ("http://example.org/a.mp4", True, ""),
        ("javascript:alert(1)", True, ""),
        ("data:text/html,<b>", False, ""),
        ("https://user:pw@replicate.delivery/a.mp4", False, ""),
        (None, False, ""),
    ],
)
def test_only_safe_addresses_reach_the_page(url: str | None, demo: bool, expected: str) -> None:
    assert playable(url, demo=demo) == expected


def test_a_video_plays_from_its_address_and_then_from_its_file() -> None:
    early = seen(snap("succeeded", phase="saving", settled=False, output_url="https://replicate.delivery/a.mp4", total=9))["video"]
    late = seen(made(FILE))["video"]

    assert (early["url"], early["file"], early["seconds"]) == ("https://replicate.delivery/a.mp4", "", 5.0)
    assert (late["url"], late["file"], late["bytes"]) == ("", "videos/2026-cat.mp4", 4_800_000)
    assert seen(snap("processing"))["video"] is None


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"aspect_ratio": "16:9", "resolution": "720p"}, (1280, 720)),
        ({"aspect_ratio": "9:16", "resolution": "1080p"}, (1080, 1920)),
        ({"aspect_ratio": "1:1", "resolution": "720p"}, (720, 720)),
        ({"aspect_ratio": "strange"}, (1280, 720)),
    ],
)
def test_the_box_has_its_shape_from_the_start(inputs: dict[str, Any], expected: tuple[int, int]) -> None:
    assert tuple(seen(snap(input=inputs, intent=str(inputs)))["shape"].values()) == expected


def test_facts_are_in_order_with_their_units() -> None:
    assert seen(snap())["facts"] == ["5 s", "720p", "16:9", "24 fps", "seed 183"]


def test_autoplay_is_off_for_what_comes_from_the_library() -> None:
    assert seen(made(FILE))["autoplay"] is True
    assert seen(made(FILE, reused=True))["autoplay"] is False
    assert seen(made(FILE), autoplay=False)["autoplay"] is False


def test_the_log_links_to_https_only() -> None:
    assert seen(snap(log_id="01", dashboard_url="https://dash.cloudflare.com/a"))["log"] == {
        "id": "01",
        "href": "https://dash.cloudflare.com/a",
    }
    assert seen(snap(log_id="01", dashboard_url="javascript:x"))["log"] == {"id": "01", "href": ""}
    assert seen(snap())["log"] is None


def test_the_more_menu_takes_an_ended_video_elsewhere() -> None:
    items = {item["name"]: item for item in seen(made(FILE))["more"]}

    assert list(items) == ["copy_cell", "copy_python", "explain", "open_file", "save_frame", "save_page", "rate"]
    assert items["copy_cell"]["text"].startswith("%%pvideo cat --duration 5")
    assert "pvideo.generate(" in items["copy_python"]["text"]
    assert items["open_file"]["href"] == "videos/2026-cat.mp4"
    assert seen(snap("processing"))["more"] == []


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (snap("sending", phase="waiting", ahead=2), "waiting its turn, 2 ahead"),
        (snap("processing", sent_at=NOW), "running for 4 s"),
        (made(FILE), "took 11 s"),
        (failed("canceled", "canceled", cancel_asked=True), "by you after 4 s"),
        (failed("timed_out", "canceled"), "at its limit of 15 min"),
        (failed("canceled_unsent", "canceled"), "before it was sent"),
        (failed("model_failed"), "Replicate could not make it"),
        (snap("rejected", error=BUDGET), "by your budget; nothing was sent"),
        (snap("dreaming"), ""),
    ],
)
def test_the_still_note_says_the_same_in_words(snapshot: Snapshot, expected: str) -> None:
    assert note(snapshot, NOW + 4) == expected


def test_a_status_that_is_new_is_shown_as_it_is() -> None:
    view = seen(snap("dreaming"))

    assert (view["status"], view["actions"]) == ("dreaming", [])


@pytest.mark.parametrize(
    ("name", "links", "expected"),
    [
        ("cat", {"made": (Link(intent="b", name="cat_final", made_as="final"),)}, "draft of cat_final"),
        ("", {"made": (Link(intent="b", name="", made_as="final"),)}, "draft of a final"),
        ("cat", {"made": (Link(intent="b", name="cat_2", made_as="take"),)}, "draft"),
        ("cat_final", {"origin": Link(intent="a", name="cat", made_as="final"), "input": {"prompt": "x"}}, "final of cat"),
        ("", {"origin": Link(intent="a", name="", made_as="final"), "input": {"prompt": "x"}}, "final of a draft"),
        ("cat_2", {"origin": Link(intent="a", name="cat", made_as="shot"), "input": {"prompt": "x"}}, "goes on from cat"),
        ("cat", {"origin": Link(intent="a", name="cat", made_as="take"), "input": {"prompt": "x"}}, "seed 183"),
    ],
)
def test_the_line_of_facts_ends_with_what_a_video_was_made_from(name: str, links: dict[str, Any], expected: str) -> None:
    assert seen(made(FILE, name=name, **{"input": {"prompt": "x", "draft": True}, **links}))["facts"][-1] == expected


def test_a_draft_s_first_button_is_its_final_with_the_full_price() -> None:
    draft = made(FILE, input={"prompt": "x", "draft": True, "duration": 5, "prompt_upsampling": False})

    view = seen(draft, around=Around(comparable=True))

    assert [action["label"] for action in view["actions"]] == [
        "Make final · $0.10",
        "Another take · $0.10",
        "Continue this shot",
        "Compare",
    ]
    assert [action["primary"] for action in view["actions"]] == [True, False, False, False]
    assert view["hint"] == "Same prompt and seed; the picture can still differ."
    loose = "The prompt was rewritten for this draft and will be rewritten again. For pairs that match, turn {} off and draft once more."
    assert seen(replace(draft, input={"prompt": "x", "draft": True}))["hint"] == loose.format("upsampling")


def test_what_loosens_a_seed_is_called_as_the_model_s_form_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    switches = {"draft": {"type": "boolean"}, "enhance_prompt": {"type": "boolean", "default": True}}
    other = from_schema("a/b", {"properties": {"prompt": {"type": "string"}, **switches}})
    monkeypatch.setattr("pvideo.notebook.buttons.known_model", lambda _: other)

    assert "turn enhance prompt off" in seen(made(FILE, input={"prompt": "x", "draft": True, "enhance_prompt": True}))["hint"]


def test_a_draft_with_a_final_shows_it_and_another_one_is_priced_under_more() -> None:
    view = seen(made(FILE, input={"prompt": "x", "draft": True}, made=(Link(intent="b", name="cat_final", made_as="final"),)))

    assert (view["actions"][0]["label"], view["actions"][0]["costs"]) == ("Show its final", False)
    assert view["more"][0] == {"name": "final_again", "label": "Make the final again · $0.10"}
    assert view["hint"] == ""


def test_the_next_shot_s_price_stands_on_its_own_button() -> None:
    draft = made(FILE, typed={"prompt": "x", "draft": True, "duration": 10}, input={"prompt": "x", "draft": True, "duration": 10})

    (action,) = [action for action in seen(draft)["actions"] if action["name"] == "continue_shot"]

    assert (action["label"], action["ask"]) == ("Continue this shot", "Continue · $0.05")


def test_a_chain_is_played_from_any_of_its_shots() -> None:
    shots = tuple(made(FILE, intent=name) for name in "abc")

    view = seen(shots[1], around=Around(shots=shots))

    assert view["actions"][-1]["label"] == "Play the chain · 3 shots"
    assert [shot["id"] for shot in view["chain"]] == ["a", "b", "c"]
