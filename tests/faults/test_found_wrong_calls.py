"""B6, B14, E4 to E7: five hundred random wrong calls over everything public. Each is told in our own words, and none sends anything."""

from __future__ import annotations

import inspect
import random
import typing
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

import pvideo
from pvideo.arguments import shown
from pvideo.errors import PVideoError
from pvideo.notebook import magics

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.demo import RunningDemo

CALLS = 500
SEED = 20261129


class Sulky:
    """A user's own type that answers nothing."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __hash__(self) -> int:
        raise RuntimeError("no hash")


NUMBERS = (5, -1, 2.5, 2**63, 10**400, float("nan"), float("inf"), Decimal("NaN"), 1 + 2j)
ODD = (b"x", [], {"a"}, (), object(), np.array([1, 2]), print, int, Sulky(), ValueError("x"), [[]], bytearray(3), NotImplemented)
TEXTS = ("", "x", "no", "a\0b", "x" * 5000, "~nobody-of-that-name/x", "é" * 300)
NOT_TEXT = (*NUMBERS, *ODD, True)
NOT_FLAG = (*NUMBERS, *ODD, *TEXTS)
NOT_SECONDS = (-1, -0.5, float("nan"), float("inf"), 10**400, 1 + 2j, Decimal("NaN"), True, *ODD, *TEXTS)
NOT_STARS = (-1, 6, 2.5, 2**63, float("nan"), 1 + 2j, True, *ODD, *TEXTS)
NOT_PATH = (*NUMBERS, *ODD, "", "  ", "a\0b")
NOT_DATE = (10**400, float("nan"), 1 + 2j, True, *ODD, *TEXTS, "2026-13-40")
NOT_MODEL = (*NOT_TEXT, "nope", "", "a/b/c", "x y/z", "x" * 5000)
NOT_INPUT = (*NUMBERS, *ODD, *TEXTS, True, {5: 1}, {"durration": 1}, {"duration": "5"}, {"seed": 2**63})
NOT_VIDEO = (*NUMBERS, *ODD, *TEXTS, None)
BASE64 = "iVBORw0KGgoAAAANSUhEUg" + "A" * 9000
INPUTS: dict[str, tuple[Any, ...]] = {
    "duration": (*ODD, 0, 21, 2.5, "5", float("nan"), 10**400, True, range(3)),
    "draft": (*ODD, "yes", 1, 2.5),
    "resolution": (*ODD, "4k", 720, True),
    "seed": (2**63, -(2**63), 2.5, "7", True, *ODD),
    "image": (
        "nope.png",
        "/",
        "",
        " ",
        "a\0b",
        "ftp://a.example/b.png",
        "https://",
        5,
        True,
        "iVBORw0KGgoAAAANSUhEUg" + "A" * 9000,
        {},
        object(),
    ),
    "durration": (5,),
    "promt": ("a dog",),
    "Duration!": (5,),
}
SENDS_NOTHING = {"video_unknown", "command_unknown", "export_kind", "export_nothing", "extra_missing"}
"""Commands that have nothing to do with a press."""
MISSPELLED = ("nmae", "timeot", "agian", "colour", "x", "self", "args")


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    made = InteractiveShell()
    made.history_manager.enabled = False
    magics.register(made)
    made.user_ns.update(x=5, y="red")
    yield made
    made.history_manager.end_session()


LINES = (
    *("--again=no", "--wait=yes", "--prefer-wait=0", "--each=1", "--duration 3 --duration 4", "--draft --no-draft", "--again --again"),
    *("--prompt dog", "--input prompt=dog", "—duration 3", "–draft", "-duration 3", "―seed 1", "−draft", "--—duration 3", "--duration"),
    *("--duration --draft", "--model", "--model=", "--model nope", "--input", "--input duration", "--input durration=3", "--seed 1..2..0"),
    *("--duration x", "--durration 3", "'cat", "cat dog", "class", "1cat", "print", "len", "--seed 1..1000", "--image nope.png", "{nope}"),
    *("--seed {nope}", "--seed {x!r}", "--duration {y}", "--duration 2.5", "--seed 9223372036854775808", "--model luma/x --model luma/y"),
    *("--resolution 4k", "--input duration=3 --duration 4", "--save-audio --input save_audio=false", "--no-safety-filter=maybe"),
)
BODIES = (
    *("A {x!r} cat", "A {x:>5} cat", "A {x:05d}", "{x} and {1+1}", "{y.upper()} cat", "{x + 1} cats", "{x=}", "{x:{x}}", "A {nope} cat"),
    *("A {x.nope} cat", "A {y[zz]} cat", "", "  \n "),
)
EACH = ("{a | }", "{a|b", "{|}", "A {red || blue} boat", "{a | {b | c}")
COMMANDS = (
    *("budget 10", "doctor now", "limits x", "explain a b", "log a b", "nope", "wait nope", "cancel nope", "explain nope", "export"),
    *(
        "export x.txt",
        "export x.html nope",
        "demo --speed",
        "demo --speed x",
        "demo --speed 0",
        "demo --nxt 429",
        "demo —speed 5",
        "demo off on",
    ),
    *("setup --keep=no", "setup --create", "setup --creat x", "setup —keep", "setup --create a b", "demo --speed 2 --speed 3", "'x"),
)


def surface(  # noqa: PLR0915, C901 - one line for each call
    shell: Any, video: Any, tmp_path: Path
) -> list[Callable[[random.Random], Callable[[], Any]]]:
    """Everything public, each as what draws one wrong call of it."""
    sweep = pvideo.sweep("A {red | blue} boat", duration=1, run=False)
    library = pvideo.library()
    studio = pvideo.Studio()
    comparison = pvideo.compare(video, video)
    page = str(tmp_path / "page.html")
    drawn: list[Callable[[random.Random], Callable[[], Any]]] = []

    def calls(function: Callable[..., Any], *right: Any, of_model: bool = False, weight: int = 1, **wrong: tuple[Any, ...]) -> None:
        """Calls of `function`, which takes `right`; a name like ``_0`` is the place of an argument without one."""

        def draw(random: random.Random) -> Callable[[], Any]:
            args, kwargs = list(right), {}
            ways = ["value"] * 4 * bool(wrong) + ["input"] * 4 * of_model + (["name"] if not of_model else []) + ["more"]
            way = random.choice(ways)
            if way == "value":
                name = random.choice(list(wrong))
                value = random.choice(wrong[name])
                if name[0] == "_":
                    args[int(name[1:]) :] = [value]
                else:
                    kwargs[name] = value
            elif way == "input":
                name = random.choice(list(INPUTS))
                kwargs[name] = random.choice(INPUTS[name])
            elif way == "name":
                kwargs[random.choice(MISSPELLED)] = random.choice(ODD)
            else:
                args += [*right, *[random.choice(NOT_TEXT)] * 4]
            return lambda: function(*args, **kwargs)

        drawn.extend([draw] * weight)

    generate = {"model": NOT_MODEL, "input": NOT_INPUT, "name": NOT_TEXT, "prefer_wait": NOT_FLAG, "confirm": NOT_FLAG, "_0": NOT_TEXT}
    calls(pvideo.generate, "A cat", of_model=True, weight=6, **generate)
    calls(pvideo.generate, "A cat", input=({"prompt": "b"}, {"Prompt": "b"}), prompt=("b",))
    calls(pvideo.sweep, "A cat", model=NOT_MODEL, input=NOT_INPUT, name=NOT_TEXT, run=NOT_FLAG, weight=3, prompt=("b",))
    calls(pvideo.sweep, "A {a | b} cat", _0=(5, True, {}, {"a"}, [], ["a", 5], "{a | }", "{a|b", object(), "", b"x"), promt=("x",))
    calls(pvideo.configure, demo=NOT_FLAG, budget=(5,), model=(*NOT_TEXT, "", None), autoplay=(*NOT_FLAG, None), folder=(*NOT_PATH, None))
    calls(pvideo.configure, deadline=(*NOT_SECONDS, None, 1, 10**9), budget_day=("x", True, -1, [], float("nan"), object(), 1j, Sulky()))
    calls(pvideo.configure, inputs=(5, "x", [], {5: 1}), prices=(5, {"a/b": "x"}, {"a/b": {"per": []}}, {5: 1}), trust_host=(5, [5], True))
    calls(pvideo.configure, rate_limit=(5, (1,), ("a", "b"), (0, 60), (1, float("inf")), "x"), upload=(5, "x", []), reconcile=(True, None))
    calls(
        pvideo.configure, metadata=(5, {"a": object()}, [1]), label=NOT_TEXT, account_id=NOT_TEXT, base_url=NOT_TEXT, stored_key=(5, "a b")
    )
    calls(pvideo.Studio, model=NOT_TEXT, schema=(5, True, [], "nope.json", tmp_path, {"hello": 1}, {"properties": {}}, b"{}"), modl=("x",))
    calls(pvideo.Studio, durration=(5,), promt=("x",), duration=(object(), {1}, float("nan"), Sulky()))
    calls(studio.generate, again=NOT_FLAG)
    calls(studio.load, _0=NOT_VIDEO)
    calls(studio.compare, _0=NOT_VIDEO)
    calls(studio.sweep, seed=([], range(10**9)), duration=([1, 99], ["x"], [object()]), promt=("x",))
    calls(
        pvideo.library,
        _0=NOT_TEXT,
        model=NOT_TEXT,
        since=NOT_DATE,
        until=NOT_DATE,
        stars=NOT_STARS,
        folder=NOT_PATH[:-3],
        limit=NOT_STARS[:1],
    )
    calls(library.search, _0=NOT_TEXT, colour=("red",), stars=NOT_STARS, since=NOT_DATE, limit=("x", -1), hidden=NOT_FLAG)
    calls(pvideo.export, page, video, _0=NOT_PATH, _1=NOT_VIDEO)
    calls(pvideo.export, _0=("x.txt", "/proc/nope/x.html", "x" * 300 + ".html", "/dev/null/x.zip", "x"))
    calls(pvideo.compare, video, video, _0=NOT_VIDEO, _1=NOT_VIDEO)
    calls(comparison.save_page, path=NOT_PATH)
    calls(video.take, of_model=True, weight=2, name=("x",), video=(5,), changes=({},))
    calls(video.final, again=NOT_FLAG)
    calls(video.continue_shot, "it looks up", of_model=True, weight=2, _0=NOT_TEXT, at=NOT_SECONDS, image=("cat.png",), prompt=("x",))
    calls(video.rate, stars=NOT_STARS, note=NOT_TEXT)
    calls(video.wait, timeout=NOT_SECONDS, _0=NOT_SECONDS)
    calls(video.export, _0=(*NOT_PATH, "x.avi", "/proc/nope/x.mp4", "x" * 300 + ".mp4"))
    calls(video.find, where=NOT_PATH)
    calls(video.feedback, _0=(5, "x", True, 2.5, [], Sulky()), value=("x",))
    calls(video.observe, _0=(5, "x", None, []))
    for method in (video.cancel, video.forget, video.reveal, video.explain, video.log, sweep.run, sweep.cancel, sweep.retry):
        calls(method)
    calls(sweep.wait, timeout=NOT_SECONDS)
    for method in (pvideo.gateways.get, pvideo.gateways.delete, pvideo.gateways.use, pvideo.gateways.update, pvideo.gateways.create):
        calls(method, name=(*NOT_TEXT, None))
    calls(pvideo.gateways.list)

    def cell(random: random.Random) -> Callable[[], Any]:
        line, body = random.choice([*[(one, "A cat") for one in LINES], *[("", one) for one in BODIES], *[("--each", one) for one in EACH]])
        return lambda: run(shell, f"%%pvideo {line}\n{body}\n")

    def command(random: random.Random) -> Callable[[], Any]:
        word = random.choice(COMMANDS)
        return lambda: run(shell, f"%pvideo {word}")

    return [*drawn, *[cell] * 12, *[command] * 6]


def safe(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(safe, value))}]"
    if isinstance(value, dict):
        return ", ".join(f"{name}={safe(one)}" for name, one in value.items())
    return shown(value)


def outcome(call: Callable[[], Any]) -> str:
    """What is wrong with how a wrong call ended; empty when it is told as it should be."""
    try:
        call()
    except PVideoError as error:
        said = str(error)
        is_told = error.title and error.next and ("othing was sent" in said or error.key in SENDS_NOTHING)
        return "" if is_told and len(said) < 2500 else f"said {said[:300]}"
    except Exception as error:  # noqa: BLE001 - which ones there are is what is asked
        return f"raised {type(error).__name__}: {str(error)[:300]}"
    return "was taken"


def run(shell: Any, source: str) -> None:
    done = shell.run_cell(source)
    error = done.error_before_exec or done.error_in_exec
    if error is not None:
        raise error


def test_found_e4_no_wrong_call_is_told_by_python_itself_and_none_sends(
    demo: RunningDemo, tmp_path: Path, shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = pvideo.generate("A cat", draft=True, duration=1).wait(60)
    drawn, seed = surface(shell, video, tmp_path), SEED
    print(f"seed {seed}")
    chance = random.Random(seed)
    before = len(demo.predictions())
    wrong: list[str] = []
    for number in range(CALLS):
        call = chance.choice(drawn)(chance)
        parts = {name: safe(value) for name, value in inspect.getclosurevars(call).nonlocals.items() if name != "shell"}
        said = outcome(call)
        if said:
            wrong.append(f"call {number} of seed {seed} {said}: {parts}")
    assert not wrong, "\n".join(wrong)
    assert len(demo.predictions()) == before == 1
    creates = [row for row in demo.requests(method="POST") if row["path"].endswith("/predictions")]
    assert len(creates) == 1


def test_found_e4_signatures_docstrings_and_types_stay() -> None:
    signature = inspect.signature(pvideo.generate)
    assert list(signature.parameters) == ["prompt", "model", "input", "name", "prefer_wait", "confirm", "inputs"]
    assert pvideo.generate.__doc__.startswith("Make a video.")
    assert list(inspect.signature(pvideo.Video.wait).parameters) == ["self", "timeout"]
    assert list(inspect.signature(pvideo.configure).parameters) == ["demo", "changes"]
    assert "timeout" in typing.get_type_hints(pvideo.Sweep.wait.__wrapped__, globalns={**vars(pvideo.job.sweep)}, localns={})
    assert inspect.signature(pvideo.Studio).parameters["schema"].default is None


def test_found_e4_what_fits_is_still_taken(demo: RunningDemo, tmp_path: Path) -> None:
    video = pvideo.generate("A cat", duration=np.int64(1), draft=np.bool_(True), prefer_wait=np.bool_(False), model=None, input={}, name="")
    assert pvideo.generate(prompt="A cat", duration=1).wait(60).inputs["prompt"] == "A cat", "an input by its name, as all others"
    assert video.wait(timeout=np.float64(60)).path is not None
    assert video.wait(timeout=None) is video
    assert video.rate(np.int64(4), note=None).stars == 4
    assert video.export(tmp_path / "copy.mp4").is_file()
    assert video.export(str(tmp_path)).is_file()
    assert len(pvideo.library("cat", stars=4, since=date(2020, 1, 1), limit=5, folder=None)) == 1
    pvideo.configure(budget_day=None, trust_host="a.example", label=None, deadline=60, rate_limit=None)
    assert pvideo.settings.current().budget_day is None
