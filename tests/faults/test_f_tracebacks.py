"""F01: an exception at any line of pvideo's own frames shows no token, however verbose the traceback."""

from __future__ import annotations

import logging
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.ultratb import FormattedTB
from tests.faults.scene import CAT
from tests.support.canary import find

import pvideo
from pvideo import settings
from pvideo.job.press import find_model, press
from pvideo.wire.client import Client, CreateFailed, LookFailed
from pvideo.wire.output import sources, text_so_far

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.scene import Scene

ROOT = Path(pvideo.__file__).parent
MODES = ("Plain", "Context", "Verbose", "Minimal")
AFTER_A_PRESS = ["job/sending.py", "job/finding.py", "job/watching.py", "job/saving.py", "job/ends.py", "job/course.py", "job/endpoints.py"]
IN_A_PRESS = [
    "settings.py",
    "secrets.py",
    "endpoint.py",
    "account.py",
    "job/press.py",
    "job/intent.py",
    "job/engine.py",
    "job/process.py",
]
MANAGING = ["wire/management.py", "wire/gateways.py", "job/gateways.py", "endpoint.py"]
OFF_THE_WIRE = {"__init__.py", "certificates.py", "part.py", "hosts.py", "management.py", "gateways.py"}
ON_THE_WIRE = ["secrets.py", *sorted(f"wire/{path.name}" for path in (ROOT / "wire").glob("*.py") if path.name not in OFF_THE_WIRE)]


class InjectedError(Exception):
    """What is raised where nothing raises by itself."""


class Logged(logging.Handler):
    """Keeps the exceptions that were logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.found.append(record.exc_info[1])


@pytest.fixture
def logged() -> Iterator[Logged]:
    handler, logger = Logged(), logging.getLogger("pvideo")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def lines_of(action: Callable[[], Any], file: str) -> list[tuple[str, int]]:
    """The lines of a file that an action passes, each with its function, in order."""
    path, seen = str(ROOT / file), {}

    def tracer(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != path:
            return None
        if event == "line":
            seen.setdefault((frame.f_code.co_qualname if hasattr(frame.f_code, "co_qualname") else frame.f_code.co_name, frame.f_lineno))
        return tracer

    _traced(tracer, action)
    return list(seen)


def inject(action: Callable[[], Any], file: str, line: int) -> BaseException | None:
    """What comes out of an action that fails at a line, the first time it passes there."""
    path, armed = str(ROOT / file), [True]

    def tracer(frame: Any, event: str, _: Any) -> Any:
        if not armed[0] or frame.f_code.co_filename != path:
            return None
        if event == "line" and frame.f_lineno == line:
            armed[0] = False
            raise InjectedError
        return tracer

    return _traced(tracer, action)


def _traced(tracer: Any, action: Callable[[], Any]) -> BaseException | None:
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        action()
    except (InjectedError, pvideo.PVideoError, CreateFailed, LookFailed) as error:
        return error
    finally:
        sys.settrace(before)
    return None


def shown(error: BaseException, *, modes: bool) -> str:
    """Everything that a traceback can show: every local of every frame, and IPython's four modes."""
    try:
        texts = ["".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())]
    except AttributeError:  # an object that is only half made cannot be shown
        texts = [_safely(value) for frame, _ in traceback.walk_tb(error.__traceback__) for value in frame.f_locals.values()]
    if modes:
        texts += [FormattedTB(mode=mode).text(type(error), error, error.__traceback__) for mode in MODES]
    return "\n".join(texts)


def _safely(value: object) -> str:
    try:
        return repr(value)
    except AttributeError:
        return ""


def every_line(scene: Scene, logged: Logged, file: str, action: Callable[[], Any]) -> None:
    """Fail at every line of a file and look at what is shown; all four modes once for each function."""
    scene.checked = True
    told: set[str] = set()
    lines = lines_of(action, file)
    assert lines, f"{file} is not passed"
    for function, line in lines:
        logged.found.clear()
        error = inject(action, file, line)
        for problem in [*logged.found, *([error] if error else [])]:
            text = shown(problem, modes=function not in told)
            told.add(function)
            assert not find(text.encode("utf-8", "replace"), list(scene.tokens), f"{file}:{line}")
    assert told, "nothing ever came out"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what __del__ raises is printed without locals
@pytest.mark.parametrize("file", IN_A_PRESS)
def test_F01_at_every_line_of_a_press(scene: Scene, logged: Logged, file: str) -> None:
    from pvideo.job.engine import Engine

    path = settings.current().journal_path.absolute()
    Engine._engines[path] = scene.kernel.engine
    scene.kernel.call = lambda _: None
    try:
        every_line(scene, logged, file, lambda: press(find_model(), CAT))
    finally:
        Engine._engines.clear()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("file", ON_THE_WIRE)
def test_F01_at_every_line_of_the_wire(scene: Scene, logged: Logged, file: str) -> None:
    made = scene.press()
    scene.settle()
    output = made.snapshot().output_url
    scene.fault("after_accept", "error", nth=2, code=2030)
    scene.fault("before_accept", "rst", op="list", nth=[2, 4, 6])
    part = scene.folder.with_name("cat.part")

    async def talk() -> None:
        endpoint = settings.endpoint()
        client = Client(endpoint, user_agent="t", transport=scene.kernel.carrier, on_exchange=lambda _: None)
        created = await client.create("prunaai/p-video", CAT, event_id="e", deadline=60)
        await client.get(created.prediction.id)
        await client.cancel(created.prediction.id)
        from datetime import UTC, datetime

        await client.list(created_after=datetime(2020, 1, 1, tzinfo=UTC))
        await client.model("prunaai", "p-video")
        await client.upload("a.png", "image/png", b"\x89PNG", tell=lambda *_: None)
        for given in ({"page": "see", "image": output}, ["one ", "text"]):
            sources(replace(created.prediction, output=given), kind="text", hosts=endpoint.delivery_hosts)
        text_so_far(["one ", "text"], "text")
        part.unlink(missing_ok=True)
        await scene.kernel._fetch(output, part, endpoint=endpoint, on_progress=lambda *_: None)

    def action() -> None:
        scene.demo.state.faults.rules[0].seen = 0
        for _ in range(2):
            try:
                scene.loop.run_until_complete(talk())
            except Exception as error:
                if isinstance(error, (InjectedError, CreateFailed, LookFailed)):
                    raise
                raise InjectedError from error

    every_line(scene, logged, file, action)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("file", MANAGING)
def test_F01_at_every_line_of_what_makes_and_reads_gateways(scene: Scene, logged: Logged, file: str) -> None:
    import httpx

    from pvideo.job.gateways import Gateways
    from pvideo.wire.management import Cloud

    made = {"id": "mine", "rate_limiting_limit": 5, "rate_limiting_interval": 60, "metadata": '{"seat": 4}'}
    settings.configure(account_id="a", management_token=scene.tokens[0], management_url="https://api.cloudflare.com/client/v4")

    def answer(request: httpx.Request) -> httpx.Response:
        """Echo the token, as a server might."""
        if request.method == "DELETE":
            told = {"code": 1, "message": f"no {request.headers['authorization']}", "path": ["body", "x"]}
            return httpx.Response(400, json={"success": False, "errors": [told]})
        missing = request.method == "GET" and request.url.path.endswith("/new")
        status, result = (404, None) if missing else (200, [made] if request.url.path.endswith(("gateways", "logs")) else made)
        return httpx.Response(status, json={"success": not missing, "result": result, "errors": [], "messages": []})

    def action() -> None:
        def connect(there: Any) -> Cloud:
            return Cloud(there, user_agent="t", transport=httpx.MockTransport(answer))

        found = Gateways(connect)
        found.list()
        found.create("new", rate_limit=(5, 60))
        found.update("mine", retries=1, cache_ttl=0, collect_logs=True)
        found.use("mine")
        repr(found)
        with connect(settings.management()) as cloud:
            cloud.log("mine", "1")
            cloud.find_logs("mine", "event_id", "e")
            cloud.feedback("mine", "1", feedback=1, score=2)
            cloud.url("mine")
        found.delete("mine")

    every_line(scene, logged, file, action)


@pytest.mark.parametrize("file", AFTER_A_PRESS)
def test_F01_at_every_line_of_a_job(scene: Scene, logged: Logged, file: str) -> None:
    scene.demo.settings(list_lag=1.0)
    count = [0]

    def action() -> None:
        count[0] += 1
        if file == "job/finding.py":
            scene.demo.state.faults.clear()
            scene.fault("after_accept", "rst")
        video = scene.press(prompt=f"cat {count[0]}")
        scene.run(4)
        for course in scene.kernel.engine.courses():
            if course.task is not None and not course.row.finished:
                course.task.cancel()  # it was stopped at a line; it must not go on in the next turn
        scene.kernel.engine._courses.clear()
        scene.texts.append(repr(video.snapshot()))

    every_line(scene, logged, file, action)
    assert not find("\n".join(scene.texts).encode("utf-8", "replace"), list(scene.tokens), "cards")


def test_F01_no_line_of_ours_names_the_whole_environment() -> None:
    """A verbose traceback evaluates what a line names: ``os.environ`` would print every token in it."""
    named = [str(path) for path in ROOT.rglob("*.py") if "demo" not in path.parts and "os.environ" in _code(path)]
    assert named == []


def _code(path: Path) -> str:
    import io
    import tokenize

    words = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    return "".join(word.string for word in words if word.type in {tokenize.NAME, tokenize.OP})


def test_F01_the_scan_would_see_a_leak(scene: Scene) -> None:
    def leaky() -> None:
        header = f"Bearer {scene.tokens[0]}"
        raise InjectedError(len(header))

    with pytest.raises(InjectedError) as caught:
        leaky()
    assert find(shown(caught.value, modes=False).encode(), list(scene.tokens), "locals")
