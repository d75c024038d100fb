"""D7: what a server repeats of a token or of a secret input, in whatever form and place, stands nowhere afterwards."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from tests.support.canary import find, scan

from pvideo import settings
from pvideo.job.engine import Engine
from pvideo.job.press import press
from pvideo.model import catalog
from pvideo.notebook import explain, history
from pvideo.notebook.saved import saved_card
from pvideo.notebook.view import view_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.scene import Scene

FORMS = {
    "plain": str,
    "quoted": repr,
    "base64 at 0": lambda word: base64.b64encode(word.encode()).decode(),
    "base64 at 1": lambda word: base64.b64encode(b"-" + word.encode() + b"tail").decode(),
    "base64 at 2": lambda word: base64.b64encode(b"--" + word.encode()).decode(),
    "base64url": lambda word: base64.urlsafe_b64encode(b"?>" + word.encode()).decode(),
    "basic auth": lambda word: "Basic " + base64.b64encode(f"user:{word}".encode()).decode(),
    "address": lambda word: quote(word, safe=""),
    "every byte": lambda word: "".join(f"%{byte:02X}" for byte in word.encode()),
    "json": json.dumps,
    "json escapes": lambda word: "".join(f"\\u{ord(character):04x}" for character in word),
    "html": html.escape,
    "html numbers": lambda word: "".join(f"&#x{ord(character):x};" for character in word),
    "hex": lambda word: word.encode().hex(),
}
PASSWORDS = ["sk-proj-a8Hq2LmZ93xT", "hunter2", "correct horse battery", 'p@ss/w"örd+1']


@pytest.fixture
def model(scene: Scene) -> Any:
    """P-Video with a password among its inputs."""
    body = json.loads(json.dumps(scene.demo.state.models.by_name["prunaai/p-video"]))
    body["name"] = "with-a-key"
    field = {"type": "string", "title": "Openai Api Key", "x-order": 99, "format": "password"}
    body["latest_version"]["openapi_schema"]["components"]["schemas"]["Input"]["properties"]["openai_api_key"] = field
    scene.demo.state.models.add(body)
    return catalog.from_api(body)


@pytest.fixture
def engine(scene: Scene) -> Iterator[None]:
    path = settings.current().journal_path.absolute()
    Engine._engines[path] = scene.kernel.engine
    yield
    Engine._engines.clear()


PLACES = [
    "422",
    "422 at the field",
    "401",
    "402 of the gateway",
    "error",
    "logs",
    "status",
    "log id",
    "output",
    "output's path",
    "metrics",
    "list",
    "cancel",
]


def lay_down(scene: Scene, place: str, echo: str) -> None:  # noqa: C901, PLR0912 - a table
    problem = {"type": "x", "field": "input.openai_api_key", "description": f"{echo} does not fit"}
    body: dict[str, Any] = {"title": "Input validation failed", "detail": f"- input: {echo} is wrong", "status": 422}
    kind = {"content_type": "application/problem+json"}
    if place == "422":
        scene.fault("before_accept", "status", status=422, body=body, **kind)
    elif place == "422 at the field":
        scene.fault("before_accept", "status", status=422, body={**body, "invalid_fields": [problem]}, **kind)
    elif place == "401":
        scene.fault(
            "before_accept",
            "status",
            nth=None,
            status=401,
            body={"title": "Unauthenticated", "detail": f"Your token {echo} is not valid.", "status": 401},
        )
    elif place == "402 of the gateway":
        scene.fault("before_accept", "error", nth=None, code=2021, message=f"No credit for {echo}")
    elif place == "error":
        scene.fate(end="failed", error=f"could not log in with {echo}")
    elif place == "logs":
        scene.fault("after_accept", "body", op="get", nth=None, set={"logs": f"using {echo}\n50%|x|"})
    elif place == "status":
        scene.fault("after_accept", "body", op="get", nth=[1, 2], set={"status": echo[:199]})
    elif place == "log id":
        word = "".join(character for character in echo if character.isalnum() or character in "_-")
        scene.fault(
            "after_accept", "headers", nth=None, set={"cf-aig-log-id": word or "x", "x-echo": echo.encode("ascii", "replace").decode()}
        )
    elif place == "output":
        scene.fault("after_accept", "body", op="get", nth=None, set={"output": echo})
    elif place == "output's path":
        scene.fault("after_accept", "body", op="get", nth=None, set={"output": f"https://replicate.delivery/{echo}/out.mp4"})
    elif place == "metrics":
        scene.fault(
            "after_accept", "body", op="get", nth=None, set={"metrics": {echo: echo}, "model": echo, "source": echo, "version": echo}
        )
    elif place == "list":
        scene.fault("after_accept", "rst")
        scene.fault("before_accept", "status", op="list", nth=1, status=401, body={"detail": echo, "status": 401})
    else:
        scene.fault("before_accept", "status", op="cancel", nth=None, status=404, body={"detail": f"no {echo}", "status": 404})


def look_everywhere(scene: Scene, video: Any) -> str:
    """Everything that a person, a file of theirs or a log is given."""
    shot = video.snapshot()
    exchanges = scene.kernel.engine.exchanges(video.intent)
    base = scene.folder.parent
    card = view_of(shot, nonce="n", base=base, now=scene.now(), autoplay=True)
    row = scene.row(video)
    told = [repr(shot), repr(video), str(shot.error), shot.logs_tail, json.dumps(card, default=str), saved_card(shot, base)]
    told += [explain.timeline(shot, exchanges), json.dumps(exchanges, ensure_ascii=False), json.dumps(exchanges), repr(row)]
    told += [history.as_html([row], base), repr(shot.error.to_dict() if shot.error else "")]
    return "\n".join(told)


def run(scene: Scene, place: str, make: Any) -> tuple[str, Any]:
    seen: list[str] = []
    video = make()
    video.observe(lambda shot: seen.append(repr(shot) + shot.logs_tail))
    scene.run(0.6)
    if place == "cancel":
        video.cancel()
    scene.run(40)
    seen.append(look_everywhere(scene, video))
    scene.checked = True
    return "\n".join(seen), video


def assert_gone(scene: Scene, said: str, words: list[str], echo: str, caplog: pytest.LogCaptureFixture) -> None:
    for word in words:
        assert word not in said
        assert word not in caplog.text
    if len(echo) > 6:
        assert echo not in said
    long = [word for word in words if len(word) > 9]
    assert not find((said + caplog.text).encode("utf-8", "replace"), long, "what was said")
    scene.kernel.engine.journal.close()
    assert not scan([scene.home, scene.folder], long)[0]
    kept = b"".join(
        path.read_bytes() for folder in (scene.home, scene.folder) if folder.exists() for path in folder.iterdir() if path.is_file()
    )
    for word in words:
        assert word.encode() not in kept


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_found_d7_a_token_that_a_server_repeats_stands_nowhere(
    scene: Scene, place: str, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    echo = FORMS[form](scene.tokens[PLACES.index(place) % 2])
    lay_down(scene, place, echo)
    said, _ = run(scene, place, scene.press)
    assert_gone(scene, said, list(scene.tokens), "", caplog)


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("place", PLACES)
def test_found_d7_a_password_that_a_server_repeats_stands_nowhere(
    scene: Scene, model: Any, engine: None, place: str, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.configure(budget_day=None)
    form = list(FORMS)[(PLACES.index(place) + PASSWORDS.index(password)) % len(FORMS)]
    for echo in (password, FORMS[form](password)):
        scene.demo.state.faults.clear()
        lay_down(scene, place, echo)
        given = {"prompt": f"A cat, {form}", "draft": True, "duration": 1, "openai_api_key": password}
        said, _ = run(scene, place, lambda given=given: press(model, given, confirm=True))
        for word in {password, echo if len(echo) > 6 else password, json.dumps(password)[1:-1]}:
            assert word not in said, (place, form)
    assert_gone(scene, said, [password], "", caplog)


def test_found_d7_an_honest_answer_stays_as_it_is(scene: Scene, model: Any, engine: None) -> None:
    """A password that is an ordinary word takes no word of a prompt away, and no paid video: addresses and inputs stay whole."""
    settings.configure(budget_day=None)
    scene.fault("after_accept", "rst")  # so that it is found again by what Replicate has of its input
    given = {"prompt": "a sunset over replicate.delivery", "draft": True, "duration": 1, "openai_api_key": "sunset"}
    video = press(model, given, confirm=True)
    scene.settle()
    assert video.path
    assert video.snapshot().prompt == given["prompt"]
    assert len(scene.paid) == 1
    scene.checked = True
    assert "sunset over" in scene.row(video).prompt


def test_found_d7_a_text_in_pieces_is_put_together_without_the_token(scene: Scene) -> None:
    from pvideo.wire.answers import read_look
    from pvideo.wire.output import sources, text_so_far

    token = scene.tokens[0]
    assert settings.endpoint()
    body = {"id": "a" * 26, "status": "succeeded", "output": ["The token is ", token[:9], token[9:], "."]}
    look = read_look(200, {}, json.dumps(body).encode(), "a" * 26)
    assert look is not None
    assert token not in text_so_far(look.prediction.output, "text")
    (source,) = sources(look.prediction, kind="text", hosts=())
    assert token.encode() not in base64.b64decode(source.partition(",")[2])
    scene.checked = True
