"""``%%pvideo`` in a real IPython shell, with the engine replaced."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from tests.support.notebook import FakeVideo, failed, made, snap

from pvideo.errors import BudgetError, InputError, SettingsError
from pvideo.notebook import display, magics
from pvideo.notebook.display import Outputs

PROMPT = "A cat walking"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A shell whose kernel has no person at it, so that cells wait and show html."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    made_shell = InteractiveShell()
    made_shell.history_manager.enabled = False
    magics.register(made_shell)
    made_shell.shown = []
    monkeypatch.setattr(display, "publish", lambda _, data, name, *, update=False: made_shell.shown.append((name, data, update)))
    monkeypatch.setattr(magics, "outputs", Outputs())
    monkeypatch.setattr("pvideo.job.video.Video", FakeVideo)
    yield made_shell
    made_shell.history_manager.end_session()


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was pressed; the video is there at once."""
    found: list[Any] = []

    def press(asked: Any, prompt: str, template: str) -> FakeVideo:
        found.append(SimpleNamespace(asked=asked, prompt=prompt, template=template, inputs=dict(asked.inputs)))
        return FakeVideo(made(Path("/books/videos/a.mp4"), name=asked.name))

    monkeypatch.setattr(magics, "_press", press)
    return found


def headless(shell: Any, *, stdin: bool = False) -> Any:
    parent = {"content": {"allow_stdin": stdin}, "header": {"msg_id": "m"}, "metadata": {}}
    shell.kernel = SimpleNamespace(get_parent=lambda: parent)
    return shell


def run(shell: Any, line: str, body: str = PROMPT + "\n") -> Any:
    """Run a cell and return its error, if it has one."""
    return shell.run_cell(f"%%pvideo {line}\n{body}").error_in_exec


def test_a_cell_makes_a_video_and_binds_its_name(shell: Any, pressed: list[Any]) -> None:
    assert run(shell, "cat --duration 3 --draft --no-save-audio") is None

    (one,) = pressed
    assert (one.prompt, one.inputs) == (PROMPT, {"duration": 3, "draft": True, "save_audio": False})
    assert isinstance(shell.user_ns["cat"], FakeVideo)
    assert shell.user_ns["_pvideo"] is shell.user_ns["cat"]


def test_a_plain_terminal_gets_one_line(shell: Any, pressed: list[Any], capsys: Any) -> None:
    run(shell, "cat")

    assert capsys.readouterr().out == "Video('cat')\n"


def test_an_unnamed_cell_is_fine(shell: Any, pressed: list[Any]) -> None:
    assert run(shell, "") is None
    assert pressed[0].asked.name == ""


def test_values_come_from_the_users_variables_in_line_and_body(shell: Any, pressed: list[Any]) -> None:
    shell.user_ns.update(style="film noir", cat=SimpleNamespace(seed=183))
    run(shell, "--seed {cat.seed}", 'A fox, {style}, {{not}} {"json": {"a": 1}}')

    (one,) = pressed
    assert one.inputs == {"seed": 183}
    assert one.prompt == 'A fox, film noir, {not} {"json": {"a": 1}}'
    assert one.template == 'A fox, {style}, {{not}} {"json": {"a": 1}}'


def test_dollars_and_percent_signs_stay(shell: Any, pressed: list[Any]) -> None:
    shell.user_ns["x"] = 1
    run(shell, "", "$x costs 100 %\n%time and !ls")

    assert pressed[0].prompt == "$x costs 100 %\n%time and !ls"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--save-audio", {"save_audio": True}),
        ("--save_audio", {"save_audio": True}),
        ("--duration=7", {"duration": 7}),
        ("--input duration=7", {"duration": 7}),
        ("--seed -1", {"seed": -1}),
        ("--resolution 1080p --draft", {"resolution": "1080p", "draft": True}),
        ("--disable-safety-filter", {"disable_safety_filter": True}),
        ("--no-disable-safety-filter", {"disable_safety_filter": False}),
        ("--image 'my cat.png'", {"image": "my cat.png"}),
    ],
)
def test_every_input_is_an_option(line: str, expected: dict[str, Any], shell: Any, pressed: list[Any]) -> None:
    assert run(shell, line) is None
    assert pressed[0].inputs == expected


def test_our_own_switches(shell: Any, pressed: list[Any]) -> None:
    run(shell, "cat --again --prefer-wait --wait")
    asked = pressed[0].asked

    assert (asked.again, asked.prefer_wait, asked.wait, asked.inputs) == (True, True, True, {})


@pytest.mark.parametrize(
    ("line", "body", "key", "words"),
    [
        ("cat --durration 5", PROMPT, "option_unknown", "--duration"),
        ("cat --wiat", PROMPT, "option_unknown", "--wait"),
        ("--input nothing=1", PROMPT, "option_unknown", "nothing"),
        ("--input duration", PROMPT, "value_wrong", "name=value"),
        ("cat --duration", PROMPT, "value_wrong", "wants a value"),
        ("cat --duration five", PROMPT, "value_wrong", "duration"),
        ("a cat walking in the rain", PROMPT, "prompt_missing", "next line"),
        ("'a cat walking'", PROMPT, "prompt_missing", "next line"),
        ("cat", "   \n\n", "prompt_missing", "next line"),
        ("my-cat", PROMPT, "value_wrong", "my-cat"),
        ("class", PROMPT, "value_wrong", "class"),
        ("cat --image 'open", PROMPT, "value_wrong", "quote"),
        ("cat", "A {styl} cat", "variable_unknown", "{style}"),
        ("df", PROMPT, "name_taken", "DataFrame"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(
    line: str, body: str, key: str, words: str, shell: Any, pressed: list[Any]
) -> None:
    shell.user_ns.update(style="noir", df=type("DataFrame", (), {})())
    error = run(shell, line, body)

    assert isinstance(error, InputError)
    assert error.key == key
    assert words in str(error)
    assert pressed == []


def test_a_cell_without_a_body_is_told_so_by_us(shell: Any, pressed: list[Any]) -> None:
    error = shell.run_cell("%%pvideo cat").error_in_exec

    assert error.key == "prompt_missing"


@pytest.mark.parametrize(
    ("special", "line", "body", "key"),
    [
        ("upscaler", "it --image https://example.com/a.png", "", ""),
        ("upscaler", "it --image https://example.com/a.png", "a text", "prompt_unwanted"),
        ("speech", "it --voice onyx", "Hello there", ""),
        ("speech", "it", "", "prompt_missing"),
        ("speech", "it --text Hello", "", ""),
        ("version", "it --frames 12", "", ""),
    ],
)
def test_a_cell_has_the_text_that_its_model_takes(
    special: str, line: str, body: str, key: str, shell: Any, pressed: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tests.support.schemas import MODELS

    from pvideo.model import shelf
    from pvideo.model.reference import Reference

    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    answer = MODELS[special][0]
    reference = Reference(answer["owner"], answer["name"])
    shelf.keep(reference, answer)
    error = run(shell, f"{line} --model {reference}", body)

    assert getattr(error, "key", "") == key
    assert len(pressed) == (0 if key else 1)


@pytest.mark.parametrize("where", ["line", "body", "value", "unknown option", "command"])
def test_a_token_is_refused_first_and_never_shown(where: str, shell: Any, pressed: list[Any], capsys: Any) -> None:
    token = "r8_" + "A1b2C3d4E5" * 4
    shell.user_ns["mine"] = token
    cells = {
        "line": f"%%pvideo cat --seed {token}\n{PROMPT}",
        "body": f"%%pvideo cat\nuse {token} please",
        "value": "%%pvideo cat --image {mine}\n" + PROMPT,
        "unknown option": f"%%pvideo cat --{token} 1\n{PROMPT}",
        "command": f"%pvideo setup {token}",
    }
    error = shell.run_cell(cells[where]).error_in_exec

    assert isinstance(error, SettingsError)
    assert error.key == "token_in_cell"
    shown = capsys.readouterr()
    assert token not in shown.out + shown.err + str(error) + repr(error.values)
    assert pressed == []


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal"])
def test_an_error_is_one_block_without_a_traceback(mode: str, shell: Any, pressed: list[Any], capsys: Any) -> None:
    shell.run_line_magic("xmode", mode)
    capsys.readouterr()
    run(shell, "cat --durration 5")

    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 3
    assert "There is no option --durration" in lines[0]
    assert "Next:" in lines[2]


def test_a_name_that_holds_a_video_is_taken_over(shell: Any, pressed: list[Any]) -> None:
    shell.user_ns["cat"] = before = FakeVideo()
    assert run(shell, "cat") is None

    assert shell.user_ns["cat"] is not before


def test_without_a_person_the_cell_waits_and_leaves_html(shell: Any, pressed: list[Any]) -> None:
    run(headless(shell), "cat")

    ((_, data, update),) = shell.shown
    assert "<video" in data["text/html"]
    assert set(data) == {"text/html", "text/plain"}
    assert not update


def test_a_bad_end_without_a_person_is_a_card_and_fails_nothing(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(magics, "_press", lambda *_: FakeVideo(failed("aborted", "aborted")))

    assert run(headless(shell), "cat") is None
    assert "aborted" in shell.shown[-1][1]["text/html"]


def test_a_bad_end_that_was_waited_for_is_raised(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(magics, "_press", lambda *_: FakeVideo(failed("model_failed")))
    error = run(headless(shell), "cat --wait")

    assert error.key == "model_failed"


def test_an_error_before_sending_fails_the_cell(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise BudgetError("budget_reached", price="$0.10", period="today", sum="$5.04", budget="$5.00", line="…")

    monkeypatch.setattr(magics, "_press", refuse)

    assert run(headless(shell), "cat").key == "budget_reached"
    assert "cat" not in shell.user_ns


def test_an_interrupt_stops_the_waiting_only(shell: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    video = FakeVideo(snap("processing"))
    monkeypatch.setattr(magics, "_press", lambda *_: video)

    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pvideo.notebook.waiting.wait_for", interrupt)
    error = run(shell, "cat --wait")

    assert isinstance(error, KeyboardInterrupt)
    assert "The video goes on" in capsys.readouterr().out
    assert shell.user_ns["cat"] is video


def test_help_is_written_from_the_schema(shell: Any, pressed: list[Any], capsys: Any) -> None:
    shell.run_cell("%%pvideo -h")

    text = capsys.readouterr().out
    for word in ("--duration", "1 to 20 s", "default 5", "--draft / --no-draft", "720p | 1080p", "$0.10", "$0.025", "--prefer-wait"):
        assert word in text
    assert pressed == []


def test_a_button_that_makes_it_again_moves_the_variable() -> None:
    old, new = FakeVideo(), FakeVideo()
    namespace = {"cat": old, "same": old, "other": 1}
    magics.bind(namespace, old, new)

    assert namespace == {"cat": new, "same": new, "other": 1}


def test_loading_twice_is_harmless_and_unloading_undoes_it(shell: Any) -> None:
    magics.register(shell)
    assert shell.input_transformers_cleanup.count(magics.keep_empty_cell) == 1

    magics.unregister(shell)
    assert shell.find_cell_magic("pvideo") is None
    assert shell.find_line_magic("pvideo") is None
    assert magics.keep_empty_cell not in shell.input_transformers_cleanup
    magics.unregister(shell)


def test_other_cells_are_left_alone() -> None:
    assert magics.keep_empty_cell(["%%time\n"]) == ["%%time\n"]
    assert magics.keep_empty_cell(["%%pvideo cat\n", "x"]) == ["%%pvideo cat\n", "x"]
    assert magics.keep_empty_cell([]) == []
