"""B4, B5, B6, B14, C6, C8, C9, E5, E10: what a person types into a cell, read as it was meant or refused before anything is sent."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from tests.support.notebook import FakeVideo, made

from pvideo import settings
from pvideo.errors import InputError, PVideoError
from pvideo.job.alternatives import Group, split
from pvideo.model import catalog
from pvideo.notebook import display, magics
from pvideo.notebook.display import Outputs
from pvideo.notebook.options import parse
from pvideo.notebook.source import cell_source
from pvideo.notebook.text import expand
from pvideo.notebook.usage import usage

if TYPE_CHECKING:
    from pvideo.model.schema import Model

P_VIDEO = catalog.load("prunaai/p-video")


def model_of(**properties: Any) -> Model:
    schemas = {"Input": {"type": "object", "properties": {"prompt": {"type": "string"}, **properties}, "required": ["prompt"]}}
    latest = {"openapi_schema": {"components": {"schemas": schemas}}}
    return catalog.from_api({"owner": "someone", "name": "something", "latest_version": latest})


def read(line: str, model: Model = P_VIDEO, **namespace: Any) -> Any:
    return parse(line, namespace, lambda _: model, "prunaai/p-video")


def refused(line: str, model: Model = P_VIDEO, **namespace: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        read(line, model, **namespace)
    assert "Nothing was sent" in str(caught.value)
    return caught.value


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    made_shell = InteractiveShell()
    made_shell.history_manager.enabled = False
    magics.register(made_shell)
    monkeypatch.setattr(display, "publish", lambda *_, **__: None)
    monkeypatch.setattr(magics, "outputs", Outputs())
    monkeypatch.setattr("pvideo.job.video.Video", FakeVideo)
    yield made_shell
    made_shell.history_manager.end_session()


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []

    def press(asked: Any, prompt: str, template: str) -> FakeVideo:
        found.append(SimpleNamespace(asked=asked, prompt=prompt, inputs=dict(asked.inputs)))
        return FakeVideo(made(Path("/books/videos/a.mp4"), name=asked.name))

    monkeypatch.setattr(magics, "_press", press)
    return found


def error_of(shell: Any, cell: str) -> Any:
    done = shell.run_cell(cell)
    return done.error_before_exec or done.error_in_exec


# B4


@pytest.mark.parametrize("option", ["--again", "--wait", "--prefer-wait", "--prefer_wait", "--each"])
@pytest.mark.parametrize("value", ["no", "yes", "false", "1", ""])
def test_found_b4_a_switch_of_ours_takes_no_value(option: str, value: str) -> None:
    error = refused(f"x {option}={value}")

    assert error.title == f"{option} takes no value"
    assert repr(value) in error.sentence
    assert option in error.next


def test_found_b4_an_inputs_own_switch_still_takes_one() -> None:
    assert read("--draft=no --save-audio=on").inputs == {"draft": False, "save_audio": True}


# B5


CLASH = model_of(
    model={"type": "string"},
    again={"type": "boolean"},
    wait={"type": "boolean", "description": "Whether it waits."},
    each={"type": "integer"},
    input={"type": "string", "format": "uri"},
    prefer_wait={"type": "boolean"},
    help={"type": "string"},
    size={"type": "string"},
)


def test_found_b5_inputs_named_like_an_option_of_ours_are_given_by_input() -> None:
    asked = read("--model luma/x --input model=photon-1 --input wait=true --input each=3 --input help=no --size big --wait", CLASH)

    assert asked.inputs == {"model": "photon-1", "wait": True, "each": 3, "help": "no", "size": "big"}
    assert (asked.model, asked.wait, asked.again) == ("luma/x", True, False)


def test_found_b5_the_help_lists_them_so_and_each_option_once() -> None:
    lines = usage(CLASH, "prunaai/p-video").splitlines()

    for name in ("model", "again", "wait", "each", "input", "prefer_wait", "help"):
        assert any(line.strip().startswith(f"--input {name}={name.upper()}") for line in lines), name
    assert sum(line.strip().startswith("--model") for line in lines) == 1
    assert sum(line.strip().startswith("--wait") for line in lines) == 1


@pytest.mark.parametrize("line", ["--no-wait", "--no-again", "--no-prefer-wait"])
def test_found_b5_no_part_of_such_a_name_is_an_option(line: str) -> None:
    assert refused(line, CLASH).key == "option_unknown"


@pytest.mark.parametrize(
    "line",
    [
        *("--model a/b --model c/d", "--model=a/b --model c/d", "--again --again", "--wait --wait", "--duration 3 --duration 4"),
        *(
            "--duration 3 --duration=3",
            "--draft --no-draft",
            "--seed 1..2 --seed 9",
            "--save-audio --save_audio",
            "--image a.png --image b.png",
        ),
        *("--disable-safety-filter --safety-filter", "--duration 3 --input duration=4", "--input seed=1 --input seed=2"),
        "--input save-audio=on --no-save-audio",
    ],
)
def test_found_b5_a_repeated_option_is_refused(line: str) -> None:
    error = refused(line)

    assert error.key == "input_twice"
    assert error.next == "Give it once."


def test_found_b5_a_video_of_such_a_model_is_made_again_by_its_cell() -> None:
    from tests.support.notebook import snap

    from pvideo.model import shelf

    typed = {"prompt": "A cat", "model": "photon-1", "wait": True, "size": "--big"}
    shown = snap("succeeded", model="someone/something", typed=typed, prompt="A cat", seed=None, input=typed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "find", lambda _: CLASH)
        line = cell_source(shown).splitlines()[0].removeprefix("%%pvideo")

    assert read(line, CLASH).inputs == {"model": "photon-1", "wait": True, "size": "--big"}


# B6


@pytest.mark.parametrize("option", ["--prompt dog", "--prompt=dog", "--input prompt=dog", "--prompt '{x}'"])
def test_found_b6_a_text_on_the_line_and_in_the_cell_is_refused(option: str, shell: Any, pressed: list[Any]) -> None:
    shell.user_ns["x"] = "dog"
    error = error_of(shell, f"%%pvideo cat {option}\nA cat\n")

    assert error.key == "input_twice"
    assert "'dog'" in str(error)
    assert pressed == []
    assert error_of(shell, f"%%pvideo cat {option}\n\n") is None
    assert [one.inputs for one in pressed] == [{"prompt": "dog"}]


@pytest.mark.parametrize("dash", ["—", "–", "−", "―", "‐", "‑", "-", "﹣", "－", "—-", "--—"])
@pytest.mark.parametrize("word", ["duration 5", "duration=5", "draft", "again", "aspect-ratio 1:1"])
def test_found_b6_another_dash_is_met_with_the_option_that_was_meant(dash: str, word: str) -> None:
    error = refused(f"cat {dash}{word}")

    assert error.key == "option_unknown"
    assert f"Did you mean --{word.replace('=', ' ').split()[0]}?" in error.next


@pytest.mark.parametrize("line", ["--duration --draft", "--image --draft", "--input --draft", "--model --draft", "--duration", "--model="])
def test_found_b6_an_option_is_no_other_ones_value(line: str) -> None:
    assert "wants" in str(refused(line))


# B14


@pytest.mark.parametrize(
    "text",
    [
        *(
            "A {x!r} cat",
            "A {x:>5} cat",
            "A {x:05d} cat",
            "A {x:.2f} {x}",
            "{x!s:>10}",
            "{x:{x}}",
            "{x=}",
            "{ x + 1 } cats",
            "{x+1}",
            "{x * 2}",
        ),
        *("{y.upper()}", "{len(y)}", "{y[0].upper()}", "{row['a']!r}", "{y if x else y}", "{x > 3}", "{x} and {1+1}", "{x} of {2 * 3}"),
        *("{x} and {nope!r}", "{when:%H:%M}", "{{kept}} {x!r}", '{"a": "{x!r}"}', "{µ!r}", "{cat.seed:>5}"),
    ],
)
def test_found_b14_braces_meant_to_be_filled_in_are_refused(text: str) -> None:
    from datetime import datetime

    namespace = {"x": 5, "y": "red", "row": {"a": 1}, "when": datetime(2026, 11, 29), "μ": 1, "cat": SimpleNamespace(seed=3)}  # noqa: DTZ001
    with pytest.raises(InputError) as caught:
        expand(text, namespace)

    assert caught.value.key == "braces_unclear"
    assert "Nothing was sent" in str(caught.value)


AS_TYPED = [
    '{"shot": "wide", "lens": {"mm": 35, "f": 1.8}, "beats": [{"t": 0}, {"t": 2}]}',
    json.dumps({"scene": {"style": "noir", "light": [1, 2, {"k": "v"}]}, "n": 3}),
    json.dumps({"scene": {"style": "noir"}}, indent=2),
    "{'single': 'quotes', 'n': {'a': 1}}",
    "{style: noir, shot: wide}",
    "{color: red; margin: 0 auto}",
    "body{color:red;background:#fff}",
    ".cat{color:red}",
    "@media (max-width: 600px) {.a{display:none}}",
    r"$\frac{1}{2} x^{2} + y_{10}$",
    r"$e^{-1}$ and $x^{1+1}$",
    r"\sum_{i=1}^{10} a_{i,j}",
    "a regex [a-z]{2,5} and \\d{3}",
    "a set {red, blue} and {} and { } and {1..4}",
    "{a | b} and {red|blue}",
    "function() { return x + 1; }",
    "f(x) {return 5}",
    "smile :-{ or }:-) ",
    "{1} and {0}",
    "{% if x %} and {# note #}",
    "${HOME} is not ${1+1}".replace("${HOME}", "$HOME"),
    '{"x": 5, "y": [1, 2]}',
    "{ x }",
    "{x: 1, y: 2}",
    '{"a": {"b": {"c": {"d": 1}}}}',
    "a}}b{{c".replace("{{", "{"),
    "{!important}",
    "{hello!}",
    "{yes? no!}",
    "日本語 {猫: 犬} テスト",
]


@pytest.mark.parametrize("text", AS_TYPED)
def test_found_b14_json_css_latex_go_as_typed(text: str) -> None:
    assert expand(text, {"x": 5, "y": "red", "cat": object(), "shell": 1}) == text


@pytest.mark.parametrize("text", [one for one in AS_TYPED if "1+1" not in one])
def test_found_b14_also_beside_what_is_filled_in(text: str) -> None:
    assert expand("{style} " + text, {"style": "noir"}) == "noir " + text


def test_found_b14_escaped_braces_stay_literal() -> None:
    assert expand("{{x!r}} {{1+1}} {x}", {"x": 5}) == "{x!r} {1+1} 5"


@pytest.mark.parametrize(
    "prompt",
    ["{a | }", "{|}", "{ | }", "{a||b}", "{a | b | }", "A {red | } boat", "{a|b", "A {red | blue boat", "{a | {b | c}", "x {a|b\n{c|d}"],
)
def test_found_b14_alternatives_that_are_not_whole_are_refused(prompt: str, shell: Any, pressed: list[Any]) -> None:
    import pvideo

    with pytest.raises(InputError) as caught:
        split(prompt)
    assert caught.value.key == "alternatives_wrong"
    error = error_of(shell, f"%%pvideo cat --each\n{prompt}\n")
    assert (error.key, pressed) == ("alternatives_wrong", [])
    with pytest.raises(InputError):
        pvideo.sweep(prompt)


def test_found_b14_an_empty_first_one_is_without() -> None:
    assert [part.texts for part in split("a {| big} boat") if isinstance(part, Group)] == [("", "big")]
    assert split('{"a": "x | y"} and {n') == ('{"a": "x | y"} and {n',)


# C8


@pytest.mark.parametrize("name", ["µ", "cafe\u0301", "ﬁlm", "ｃａｔ", "café", "नमस्ते", "猫"])
def test_found_c8_a_name_is_bound_as_python_reads_it(name: str, shell: Any, pressed: list[Any]) -> None:
    assert name.isidentifier()
    assert error_of(shell, f"%%pvideo {name}\nA cat\n") is None

    assert error_of(shell, f"found = {name}") is None
    assert isinstance(shell.user_ns["found"], FakeVideo)
    assert pressed[0].asked.name == unicodedata.normalize("NFKC", name)


@pytest.mark.parametrize("name", ["µm", "cafe\u0301", "ﬁlm", "नमस्ते"])
def test_found_c8_a_variable_is_found_as_python_keeps_it(name: str, shell: Any, pressed: list[Any]) -> None:
    assert error_of(shell, f"{name} = 'noir'\nclass C: pass\nc = C()\nc.{name} = 7") is None
    assert error_of(shell, f"%%pvideo cat --seed {{c.{name}}}\nA {{{name}}} cat\n") is None

    assert (pressed[0].prompt, pressed[0].inputs) == ("A noir cat", {"seed": 7})


@pytest.mark.parametrize("name", ["print", "len", "id", "input", "list", "open", "ｐｒｉｎｔ", "Exception", "__import__"])
def test_found_c8_a_builtin_is_not_free(name: str, shell: Any, pressed: list[Any]) -> None:
    error = error_of(shell, f"%%pvideo {name}\nA cat\n")

    assert error.key == "name_taken"
    assert pressed == []


def test_found_c8_a_builtin_that_is_a_video_already_may_be_made_anew(shell: Any, pressed: list[Any]) -> None:
    shell.user_ns["id"] = FakeVideo()

    assert error_of(shell, "%%pvideo id\nA cat\n") is None


@pytest.mark.parametrize("name", ["ｉｆ", "class", "None"])
def test_found_c8_a_word_of_pythons_own_is_no_name(name: str, shell: Any, pressed: list[Any]) -> None:
    assert "cannot be the name of a variable" in str(error_of(shell, f"%%pvideo {name}\nA cat\n"))
    assert pressed == []


# C9


ABOVE = [
    *(
        "# a comment\n",
        "# one\n# two\n\n",
        "%time 1\n",
        "!true\n",
        "x = 1\n",
        "import os\n\n",
        "'a text'\n",
        "if True:\n    x = 1\n",
        "?print\n",
    ),
    *("await_ = 1; y = 2\n", "x = '''\n%%pvideo no\n'''\n", "def f():\n    return 1\n", "%matplotlib inline\n# why\n", "f = [\n1,\n]\n"),
]


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("body", ["A cat", "It's a cat", '{"a": 1}', "", "'''"])
def test_found_c9_what_stands_above_is_told(above: str, body: str, shell: Any, pressed: list[Any]) -> None:
    error = error_of(shell, f"{above}%%pvideo cat --draft\n{body}\n")

    assert isinstance(error, InputError)
    assert error.title == "`%%pvideo` must be the cell's first line"
    assert "Nothing was sent" in error.sentence
    assert pressed == []


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("for x in y\n%%pvideo cat\nA cat\n", SyntaxError),
        ("x = (\n", SyntaxError),
        ("x = 1 +\n", SyntaxError),
        ("x = '''\n%%pvideo cat\n", SyntaxError),
        ("%%time\nx = (", SyntaxError),
        ("%%timeit -n1 -r1\nx = '''\n%%pvideo cat\n'''\n", type(None)),
        ("x = '''\n%%pvideo cat\n'''\n", type(None)),
        ('x = """a\n%%pvideo cat\nb"""\n', type(None)),
        ("# %%pvideo cat\nx = 1\n", type(None)),
        ("\n\n%%pvideo cat\nA cat\n", type(None)),
        ("%%time\n%%pvideo cat\nA cat\n", type(None)),
        ("%%capture out\n%%pvideo cat\nA cat\n", type(None)),
    ],
)
def test_found_c9_nothing_else_is_changed(cell: str, kind: type, shell: Any, pressed: list[Any]) -> None:
    error = error_of(shell, cell)

    assert isinstance(error, kind)
    assert not isinstance(error, PVideoError)


def test_found_c9_unloading_takes_it_away(shell: Any) -> None:
    before = len(shell.input_transformers_cleanup)
    magics.register(shell)
    assert len(shell.input_transformers_cleanup) == before
    magics.unregister(shell)

    assert len(shell.input_transformers_cleanup) == before - 2
    assert isinstance(error_of(shell, "# x\n%%pvideo cat\nA cat\n"), SyntaxError)


# C6


@pytest.mark.parametrize("line", ["%%pvideo cat", "%%pvideo", "%%pvideo cat --draft"])
def test_found_c6_a_terminal_waits_for_the_prompt(line: str, shell: Any) -> None:
    assert shell.check_complete(f"{line}\n")[0] == "incomplete"
    assert shell.check_complete(f"{line}\nA cat\n")[0] == "incomplete"
    assert shell.check_complete(f"{line}\nA cat\n\n")[0] == "complete"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
def test_found_c6_in_a_real_terminal_a_prompt_can_be_typed(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    code = (
        "import pvideo; from pvideo.notebook import magics; magics._press = lambda asked, prompt, template: print('PRESSED', repr(prompt))"
    )
    command = [
        sys.executable,
        "-m",
        "IPython",
        "--no-banner",
        "--no-confirm-exit",
        "--colors=NoColor",
        "-i",
        "-c",
        f"{code}\n%load_ext pvideo",
    ]
    environment = {
        **os.environ,
        "IPYTHONDIR": str(tmp_path),
        "PVIDEO_HOME": str(tmp_path / "home"),
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=tmp_path, close_fds=True)
    os.close(theirs)
    said = ""

    def until(words: str, within: float = 40) -> bool:
        nonlocal said
        end = time.monotonic() + within
        while words not in said and time.monotonic() < end:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    said += os.read(ours, 65536).decode(errors="replace")
                except OSError:
                    break
        return words in said

    try:
        assert until("In [1]:"), said
        os.write(ours, b"%%pvideo cat\r")
        assert until("...:"), said
        assert "prompt goes" not in said
        os.write(ours, b"A cat in the rain\r")
        # An empty line ends the cell, as for every cell magic; which Enter that is, is IPython's affair.
        assert any(os.write(ours, b"\r") and until("PRESSED 'A cat in the rain'", 3) for _ in range(6)), said
    finally:
        process.terminate()
        process.wait(10)
        os.close(ours)


# E5


@pytest.mark.parametrize(
    ("call", "title"),
    [
        ("pvideo.generate('a', duration=99)", "That value does not fit"),
        ("pvideo.generate('a', model=5)", "model does not fit"),
        ("pvideo.generate('a', image='nope.png')", "This file cannot be sent"),
        ("pvideo.configure(budget=5)", "A setting does not fit"),
        ("pvideo.sweep('a', seed=[])", "That value does not fit"),
        ("pvideo.compare(1, 2)", "That cannot be compared"),
        ("pvideo.export('x.txt')", "That page would not"),
    ],
)
@pytest.mark.parametrize("mode", ["Context", "Verbose", "Plain", "Minimal"])
def test_found_e5_a_mistake_in_code_reads_as_three_lines_and_the_users_own(
    call: str, title: str, mode: str, shell: Any, capsys: Any
) -> None:
    shell.run_line_magic("xmode", mode)
    shell.run_cell(f"import pvideo\ndef make():\n    return {call}\nmake()\n")

    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip() and "xception reporting" not in line]
    plain = [line.replace("\x1b[0m", "").replace("\x1b[1m", "").replace("\x1b[31m", "").replace("\x1b[32m", "") for line in lines]
    assert plain[0] == title or title == "That page would not"
    assert plain[2].startswith("Next: ")
    assert plain[3:] == ["line 4: make()", f"line 3:     return {call}"]


def test_found_e5_a_call_over_several_lines_is_shown_whole_and_a_users_module_by_name(shell: Any, capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "helper_of_mine.py").write_text("import pvideo\ndef make(n):\n    return pvideo.generate('a', duration=n)\n")
    shell.user_ns["path"] = str(tmp_path)
    shell.run_cell("import sys; sys.path.insert(0, path); import helper_of_mine\nhelper_of_mine.make(\n    99,\n)\n")

    out = capsys.readouterr().out
    assert "line 2:\x1b[0m helper_of_mine.make(" in out
    assert "line 3:\x1b[0m     99," in out
    assert "helper_of_mine.py, line 3:\x1b[0m     return pvideo.generate('a', duration=n)" in out
    assert len(out.splitlines()) <= 8


def test_found_e5_a_token_in_the_users_own_line_is_struck_out(shell: Any, capsys: Any) -> None:
    token = "r8_" + "aB3" * 12
    shell.run_cell(f"import pvideo\npvideo.configure(replicate_token='{token}', budget_day='abc')\n")
    settings.reset()

    assert token not in capsys.readouterr().out


def test_found_e5_plain_python_is_unchanged() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import pvideo; pvideo.generate('a', duration=99)"], capture_output=True, text=True, timeout=60, check=False
    )

    assert "Traceback (most recent call last):" in done.stderr
    assert "pvideo.errors.InputError: That value does not fit. duration is 1 to 20 s; 99 was given." in done.stderr


# E10


def test_found_e10_the_help_names_the_model_of_a_cell_that_names_none(shell: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvideo.job.press.find_model", lambda _=None: CLASH)
    assert error_of(shell, "%%pvideo -h --model someone/something\n\n") is None

    out = capsys.readouterr().out
    assert "Inputs of someone/something" in out
    assert "another model (default prunaai/p-video)" in out


ALIKE = model_of(**{"a-b": {"type": "integer"}, "a_b": {"type": "string"}, "c-d": {"type": "integer"}})


def test_found_e10_inputs_that_differ_by_a_dash_are_told_apart() -> None:
    from pvideo.model.validation import check

    assert check(ALIKE, {"prompt": "x", "a-b": 1, "a_b": "one", "c_d": 2}) == {"prompt": "x", "a-b": 1, "a_b": "one", "c-d": 2}
    assert read("--input a-b=1 --input a_b=one --c-d 2", ALIKE).inputs == {"a-b": 1, "a_b": "one", "c-d": 2}
    assert "--input a-b=VALUE" in refused("--a-b 1", ALIKE).next
    assert "--input a-b=A-B" in usage(ALIKE, "x/y")
    assert "--input a_b=A_B" in usage(ALIKE, "x/y")


UNION = model_of(
    size={"anyOf": [{"type": "integer", "maximum": 9}, {"type": "string", "enum": ["small", "large"]}]},
    loose={"anyOf": [{"type": "number"}, {"type": "boolean"}, {"type": "array", "items": {"type": "integer"}}]},
    word={"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
)


@pytest.mark.parametrize(
    ("line", "inputs"),
    [
        ("--size 5", {"size": 5}),
        ("--size large", {"size": "large"}),
        ("--input size=5", {"size": 5}),
        ("--loose 2.5", {"loose": 2.5}),
        ("--loose true", {"loose": True}),
        ("--loose [1,2]", {"loose": [1, 2]}),
        ("--word 5", {"word": "5"}),
        ("--word true", {"word": "true"}),
        ('--word \'["a", "b"]\'', {"word": ["a", "b"]}),
    ],
)
def test_found_e10_a_union_takes_on_the_line_what_it_takes_in_code(line: str, inputs: dict[str, Any]) -> None:
    from pvideo.model.validation import check

    asked = read(line, UNION).inputs
    assert asked == inputs
    assert check(UNION, {"prompt": "x", **asked}) == {"prompt": "x", **inputs}


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["socks", "socks4", "socks5", "ftp"])
def test_found_e10_a_proxy_that_cannot_be_used_is_told_with_its_variable(
    variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pvideo.wire.refusal import judge_exception
    from pvideo.wire.transport import UnusableProxy, proxy_for

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, f"{scheme}://me:hidden@127.0.0.1:1080")
    with pytest.raises(UnusableProxy) as caught:
        proxy_for("https://gateway.ai.cloudflare.com/v1")

    said = str(judge_exception(caught.value, sent=False, host="gateway.ai.cloudflare.com").error)
    assert variable in said
    assert f"{scheme}://" in said
    assert "hidden" not in said
    assert "Nothing was sent or paid" in said
