"""D4 and D5: no traceback shows what a call was given, and a token is refused wherever a word is taken, and kept nowhere."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.ultratb import FormattedTB
from tests.support.canary import cloudflare_canary, find, replicate_canary, scan
from tests.support.notebook import CAT, FakeComm

import pvideo
from pvideo import settings
from pvideo.errors import PVideoError
from pvideo.model.given import from_schema
from pvideo.notebook import base, pulse
from pvideo.notebook.studio import Studio

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = from_schema(
    "owner/keys",
    {
        "type": "object",
        "required": ["prompt"],
        "properties": {
            "prompt": {"type": "string"},
            "duration": {"type": "integer", "minimum": 1, "maximum": 10},
            "image": {"type": "string", "format": "uri"},
            "openai_api_key": {"type": "string", "format": "password"},
        },
    },
)
MODES = ("Plain", "Context", "Verbose", "Minimal")
SHAPED = [cloudflare_canary(), replicate_canary()]
KNOWN = replicate_canary().removeprefix("r8_")
"""One that is known because it is in use; nothing about it looks like a token."""


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name in ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID", "CLOUDFLARE_AI_GATEWAY_ID", "PVIDEO_BASE_URL", "CLOUDFLARE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(pulse.pulse, "mark", lambda item: None)
    settings.reset()
    settings.configure(account_id="acc", gateway_id="gate", replicate_token=KNOWN)
    yield
    settings.reset()


def shown(error: BaseException, modes: tuple[str, ...] = ("Verbose",)) -> str:
    """Everything that a traceback can show of the frames below the caller's own, with all that led to it."""
    below = error.__traceback__.tb_next if error.__traceback__ else None
    while below is not None and below.tb_frame.f_code.co_filename == __file__:
        below = below.tb_next
    error.__traceback__ = below
    texts = ["".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())]
    texts += [FormattedTB(mode=mode).text(type(error), error, below) for mode in modes]
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is not None:
            frames = list(traceback.walk_tb(one.__traceback__))
            texts += [repr(frame.f_locals) for frame, _ in frames] + [repr(one), str(one), repr(one.args)]
            chain += [one.__cause__, one.__context__] if len(texts) < 200 else []
    return "\n".join(texts)


def studio(**inputs: Any) -> Studio:
    return Studio(KEYS, **inputs)


def assigned(**inputs: Any) -> None:
    studio().inputs = {"prompt": CAT, **inputs}


MISTAKES: dict[str, Callable[[str, str], Any]] = {
    "configure, a budget": lambda a, _: pvideo.configure(replicate_token=a, budget_day="abc"),
    "configure, a deadline": lambda a, b: pvideo.configure(gateway_token=a, management_token=b, deadline="soon"),
    "configure, a name": lambda a, b: pvideo.configure(replicate_token=a, replicate_tokn=b),
    "configure, one is none": lambda a, b: pvideo.configure(replicate_token=f"{a}\n{b}", gateway_token=b),
    "configure, a raw error": lambda a, _: pvideo.configure(replicate_token=a, trust_host=5),
    "configure, prices": lambda a, _: pvideo.configure(replicate_token=a, prices={"a/b": "dear"}),
    "settings": lambda a, _: settings.configure(replicate_token=a, rate_limit="x"),
    "generate, a value": lambda a, _: pvideo.generate(CAT, model=KEYS, openai_api_key=a, duration="long"),
    "generate, a name": lambda a, _: pvideo.generate(CAT, model=KEYS, openai_api_key=a, durration=3),
    "generate, a file": lambda a, _: pvideo.generate(CAT, model=KEYS, openai_api_key=a, image="nope.png"),
    "generate, input": lambda a, _: pvideo.generate(CAT, model=KEYS, input={"openai_api_key": a, "duration": 99}),
    "generate, a wrong key": lambda a, _: pvideo.generate(CAT, model=KEYS, openai_api_key=[a]),
    "generate, two of it": lambda a, _: pvideo.generate(CAT, "x", openai_api_key=a),  # type: ignore[misc]
    "sweep": lambda a, _: pvideo.sweep(CAT, model=KEYS, openai_api_key=a, duration=[1, 99]),
    "Studio, a name": lambda a, _: studio(openai_api_key=a, durration=3),
    "Studio, a token": lambda a, b: studio(openai_api_key=a, prompt=SHAPED[0], image=b),
    "Studio, press": lambda a, _: studio(prompt=CAT, openai_api_key=a, duration=99).generate(),
    "Studio, sweep": lambda a, _: studio(prompt=CAT).sweep(openai_api_key=a, durration=[3, 4]),
    "Studio, inputs": lambda a, _: assigned(openai_api_key=a, durration=3),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_found_d4_a_mistake_beside_a_secret_shows_none_of_it(mistake: str) -> None:
    first, second = cloudflare_canary().removeprefix("cfut_"), replicate_canary().removeprefix("r8_")
    try:
        MISTAKES[mistake](first, second)
    except Exception as error:  # noqa: BLE001 - whatever it is
        text = shown(error, MODES)
    else:
        pytest.fail("nothing was wrong")
    assert not find(text.encode("utf-8", "replace"), [first, second], mistake)


@pytest.mark.parametrize("mode", MODES)
def test_found_d4_in_a_cell_under_every_xmode(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    token = replicate_canary()
    shell = InteractiveShell()
    shell.user_ns |= {"pvideo": pvideo, "vault": type("Vault", (), {"open": staticmethod(lambda: token), "__slots__": ()})(), "KEYS": KEYS}
    shell.run_line_magic("xmode", mode)
    for cell in (
        'pvideo.configure(replicate_token=vault.open(), budget_day="abc")',
        "pvideo.generate('x', model=KEYS, openai_api_key=vault.open(), duration='long')",
        "pvideo.Studio(KEYS, openai_api_key=vault.open(), durration=3)",
    ):
        assert shell.run_cell(cell).error_in_exec
    said = capsys.readouterr()
    assert "A setting does not fit" in said.out + said.err
    assert not find((said.out + said.err).encode(), [token], mode)


def test_found_d4_the_scan_would_see_a_leak() -> None:
    def leaky(word: str) -> None:
        raise ValueError(len(word))

    with pytest.raises(ValueError, match="53") as caught:
        leaky(SHAPED[0])
    assert find("".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()).encode(), SHAPED, "locals")


def test_found_d4_what_was_there_before_keeps_its_frames() -> None:
    """An error of the person's own, in whose handling pvideo fails, is theirs to read."""
    with pytest.raises(PVideoError) as caught:  # noqa: PT012 - what was being handled belongs to it
        try:
            mine = {"my": "own"}
            mine["other"]
        except KeyError:
            pvideo.configure(budget_day="abc")
    context = caught.value.__context__
    assert isinstance(context, KeyError)
    assert context.__traceback__ is not None
    assert context.__traceback__.tb_frame.f_locals["mine"] == {"my": "own"}


# D5: a token where a word is taken.

WORDS: dict[str, Callable[[str], Any]] = {
    "prompt": lambda t: pvideo.generate(f"a cat {t}"),
    "name": lambda t: pvideo.generate(CAT, name=t),
    "model": lambda t: pvideo.generate(CAT, model=t),
    "model's owner": lambda t: pvideo.generate(CAT, model=f"{t}/y"),
    "model's version": lambda t: pvideo.generate(CAT, model=f"owner/y:{t}"),
    "an input": lambda t: pvideo.generate(CAT, aspect_ratio=t),
    "an input's name": lambda t: pvideo.generate(CAT, **{t: 1}),
    "within inputs": lambda t: pvideo.generate(CAT, model=KEYS, input={"image": [{"deep": t}]}),
    "a path": lambda t: pvideo.generate(CAT, image=f"/tmp/{t}.png"),
    "sweep's name": lambda t: pvideo.sweep(CAT, name=t),
    "a sweep's prompts": lambda t: pvideo.sweep([CAT, t]),
    "a sweep's values": lambda t: pvideo.sweep(CAT, aspect_ratio=["16:9", t]),
    **{
        f"configure {name}": lambda t, name=name: pvideo.configure(**{name: t})  # type: ignore[misc]
        for name in ("budget_day", "budget_session", "confirm_over", "deadline", "folder", "home", "model", "account_id", "gateway_id")
    },
    **{
        f"configure {name}": lambda t, name=name: pvideo.configure(**{name: t})  # type: ignore[misc]
        for name in ("trust_host", "stored_key", "label", "rate_limit", "autoplay", "reconcile", "upload", "log_payload", "send_ratings")
    },
    "configure base_url": lambda t: pvideo.configure(base_url=f"https://gateway.ai.cloudflare.com/v1/{t}/g/replicate"),
    "configure management_url": lambda t: pvideo.configure(management_url=f"https://api.cloudflare.com/{t}"),
    "configure metadata": lambda t: pvideo.configure(metadata={"seat": t}),
    "configure metadata's name": lambda t: pvideo.configure(metadata={t: 1}),
    "configure prices": lambda t: pvideo.configure(prices={t: "dear"}),
    "configure, unknown": lambda t: pvideo.configure(**{t: 1}),
    "configure, not a flag": lambda t: pvideo.configure(budget_dai=t),
    "library": pvideo.library,
    "library's model": lambda t: pvideo.library(model=t),
    "library's day": lambda t: pvideo.library(since=t),
    "library's folder": lambda t: pvideo.library(folder=t),
    "a further search": lambda t: pvideo.library().search(t),
    "gateways.create": pvideo.gateways.create,
    "gateways.use": pvideo.gateways.use,
    "export": lambda t: pvideo.export(f"{t}.html"),
    "compare": pvideo.compare,
    "Studio's model": Studio,
    "Studio's other model": lambda t: setattr(studio(), "model", f"{t}/y"),
    "Studio's prompt": lambda t: studio(prompt=t),
    "Studio's inputs": lambda t: assigned(prompt=t),
    "preset, then press": lambda t: (pvideo.configure(inputs={"prompt": t}), pvideo.generate()),
    "preset, then Studio": lambda t: (pvideo.configure(inputs={"prompt": t}), Studio()),
}


@pytest.mark.parametrize("token", [SHAPED[0], KNOWN], ids=["shaped", "known"])
@pytest.mark.parametrize("where", WORDS)
def test_found_d5_a_token_as_a_word_is_refused_and_kept_nowhere(where: str, token: str, tmp_path: Path) -> None:
    with pytest.raises(PVideoError) as refused:
        WORDS[where](token)
    error = refused.value
    assert not find((shown(error, ()) + repr(error.to_dict())).encode("utf-8", "replace"), [token], where)
    assert not scan([tmp_path], [token])[0]
    assert error.title


def test_found_d5_a_token_in_the_environment_where_a_name_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.reset()
    for variable in ("CLOUDFLARE_ACCOUNT_ID", "PVIDEO_LABEL", "CLOUDFLARE_GATEWAY_ID"):
        with monkeypatch.context() as patched:
            patched.setenv(variable, SHAPED[0])
            with pytest.raises(PVideoError) as refused:
                pvideo.generate(CAT)
            assert not find(shown(refused.value).encode(), SHAPED, variable)


def test_found_d5_a_secret_input_may_be_a_token() -> None:
    """What the model itself keeps secret is where one belongs."""
    from pvideo.job.press import refuse_tokens

    refuse_tokens(KEYS, {"prompt": CAT, "openai_api_key": SHAPED[1]})
    made = studio(prompt=CAT, openai_api_key=SHAPED[1])
    assert "openai_api_key" not in made.inputs
    assert made._typed()["openai_api_key"] == SHAPED[1]
    pvideo.configure(inputs={"openai_api_key": SHAPED[1]})
    preset = studio(prompt=CAT)
    assert preset._typed()["openai_api_key"] == SHAPED[1]
    assert not find(repr(preset.get_state()).encode(), SHAPED, "the page")


CELLS = [
    *("%%pvideo {}\nA cat", "%%pvideo cat --model {}/y\nA cat", "%%pvideo cat --{} 1\nA cat", "%%pvideo cat --model {{mine}}\nA cat"),
    *("%%pvideo cat --input prompt={{mine}}\nA cat", "%%pvideo cat --each\n{{a | {}}}", "%pvideo export {}.html", "%pvideo history {}"),
    *("%%pvideo cat --input {}=1\nA cat", "%%pvideo cat\nA cat {{mine}}", "%%pvideo cat --each\nA cat {{mine}}", "%pvideo demo --next {}"),
]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("token", [SHAPED[1], KNOWN], ids=["shaped", "known"])
def test_found_d5_in_every_word_of_a_magic(cell: str, token: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    shell.user_ns["mine"] = token
    pvideo.load_ipython_extension(shell)
    shell.run_line_magic("xmode", "Verbose")
    capsys.readouterr()
    result = shell.run_cell(cell.format(token))
    assert isinstance(result.error_in_exec, PVideoError)
    said = capsys.readouterr()
    assert not find((said.out + said.err + repr(result.error_in_exec.to_dict())).encode(), [token], cell)
    assert not [finding for finding in scan([tmp_path], [token])[0] if "history" not in finding.where]


# Every form of a token, in every message.


@pytest.mark.parametrize("shift", range(3))
def test_found_d5_no_message_says_one_in_any_form(shift: int) -> None:
    import base64

    forms = [
        KNOWN,
        base64.b64encode(b"-" * shift + KNOWN.encode() + b"--").decode(),
        KNOWN.encode().hex(),
        "".join(f"%{ord(c):02x}" for c in KNOWN),
    ]
    forms += ["".join(f"\\u{ord(character):04X}" for character in KNOWN), f"{KNOWN[:5]}%{ord(KNOWN[5]):02X}{KNOWN[6:]}"]
    for form in forms:
        error = PVideoError.make("setting_wrong", setting=form, problem=f"is {form!r}", advice={form: [form]})
        assert not find((str(error) + repr(error.to_dict())).encode(), [KNOWN], form)
        with pytest.raises(PVideoError):
            pvideo.generate(f"a cat {form}")
