"""D1: no file of this machine is read, and so sent, because a page names it; and none that holds a token, whoever names it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.canary import cloudflare_canary
from tests.support.notebook import CAT, FakeComm, FakeVideo, snap
from tests.support.pictures import picture

from pvideo import settings
from pvideo.errors import InputError
from pvideo.model import catalog
from pvideo.model.given import from_schema
from pvideo.model.prepare import prepare
from pvideo.notebook import base, loading, orders, pulse
from pvideo.notebook.studio import Studio

if TYPE_CHECKING:
    import threading

MODEL = catalog.load("prunaai/p-video")
NONCE = "0123456789abcdef"
LISTS = {
    "type": "object",
    "properties": {
        "prompt": {"type": "string"},
        "images": {"type": "array", "items": {"type": "string", "format": "uri"}, "description": "Input images"},
    },
}


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(pulse.pulse, "mark", lambda item: None)
    monkeypatch.setattr("pvideo.notebook.studio.money_now", lambda: {"session": "$0.00", "today": "$0.00", "budget": "", "text": ""})
    settings.configure(account_id="acc", gateway_id="gate", replicate_token="r8_" + "x" * 30)
    yield
    settings.reset()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be sent: each press as JSON, prepared as a real one is."""
    import pvideo.job.actions  # noqa: F401 - it keeps the press that it finds

    found: list[str] = []

    def press(model: Any, inputs: Any, **_: Any) -> FakeVideo:
        found.append(json.dumps(prepare(model, inputs, folder=Path.cwd()).input, default=lambda ahead: ahead.data.hex()))
        return FakeVideo(snap("processing", intent=f"job{len(found)}", typed={"prompt": CAT}))

    monkeypatch.setattr("pvideo.job.press.press", press)
    return found


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    started: list[threading.Thread] = []
    for room in (loading, orders):
        monkeypatch.setattr(room, "hand", lambda *args: started.append(base.hand(*args)))
    return started


def say(shown: Studio, threads: list[threading.Thread], content: dict[str, Any], buffers: Any = ()) -> None:
    shown.comm.say(content, list(buffers)) if buffers else shown.comm.say(content)
    for thread in threads:
        thread.join(5)


def write_trait(shown: Studio, **state: Any) -> None:
    """As the front end's model does it: ``model.set(…); model.save_changes()``."""
    shown._handle_msg({"content": {"data": {"method": "update", "state": state, "buffer_paths": []}}, "buffers": []})


def upload(shown: Studio, threads: list[threading.Thread], name: str, data: bytes, field: str = "image") -> None:
    say(shown, threads, {"kind": "file", "field": field, "name": name, "index": 0, "count": 1, "size": len(data)}, [data])


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "private.png"
    path.write_bytes(picture(31, 17))
    return path


def ways(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "absolute": str(path),
        "relative": path.name,
        "file url": path.as_uri(),
        "spaces": f" {path}",
        "as written down": {"file": digest, "path": str(path)},
        "path alone": {"path": str(path)},
        "list": [str(path)],
    }


WAYS = ["absolute", "relative", "file url", "spaces", "as written down", "path alone", "list"]
DOORS = ["generate", "inputs, then generate", "trait, then generate", "trait, echoed by code", "inputs, echoed by code", "sweep"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("door", DOORS)
def test_found_d1_a_page_names_a_file_and_it_is_not_sent(
    door: str, way: str, sent: list[str], threads: list[threading.Thread], secret_file: Path
) -> None:
    shown, value = Studio(prompt=CAT), ways(secret_file)[way]
    inputs = {**shown.inputs, "image": value}
    if door.startswith("inputs"):
        say(shown, threads, {"kind": "inputs", "inputs": inputs, "changed": ["image"], "stamp": [1, 1]})
    elif door.startswith("trait"):
        write_trait(shown, inputs=inputs)
    assert "image" not in shown.inputs
    if door.endswith("by code"):
        shown.inputs = {**shown.inputs, "duration": 3}
        shown.generate()
    elif door == "sweep":
        say(shown, threads, {"kind": "sweep", "inputs": inputs, "nonce": NONCE})
        assert not shown.beside
    else:
        press = shown.inputs if door == "trait, then generate" else inputs
        say(shown, threads, {"kind": "generate", "inputs": {**press, "image": value}, "nonce": NONCE})
        assert shown.problems[0]["field"] == "image"
        assert "which a page cannot send" in shown.problems[0]["message"]
        assert sent == []
    assert base64.b64encode(secret_file.read_bytes())[20:60].decode() not in "".join(sent)
    assert str(secret_file) not in json.dumps(shown.get_state(), default=str)


@pytest.mark.parametrize("way", [*WAYS, "data list"])
def test_found_d1_in_a_list_of_files_too(way: str, sent: list[str], threads: list[threading.Thread], secret_file: Path) -> None:
    shown = Studio("owner/lists", schema=LISTS)
    good = "https://example.com/a.png"
    value = ways(secret_file).get(way, str(secret_file))
    say(shown, threads, {"kind": "generate", "inputs": {"prompt": CAT, "images": [good, value]}, "nonce": NONCE})
    assert sent == []
    say(shown, threads, {"kind": "generate", "inputs": {"prompt": CAT, "images": [good]}, "nonce": NONCE + "1"})
    assert len(sent) == 1
    assert good in sent[0]


def test_found_d1_what_a_page_may_name_goes(sent: list[str], threads: list[threading.Thread], secret_file: Path) -> None:
    mine = secret_file.with_name("mine.png")
    mine.write_bytes(picture(20, 20))
    shown = Studio(prompt=CAT, image=mine.name)  # the very value that code put there
    say(shown, threads, {"kind": "generate", "inputs": {**shown.inputs, "duration": 2}, "nonce": NONCE})
    for number, value in enumerate(["https://example.com/a.png", "data:image/png;base64," + base64.b64encode(picture()).decode()]):
        say(shown, threads, {"kind": "generate", "inputs": {**shown.inputs, "image": value}, "nonce": f"{NONCE}{number}"})
    drawn = picture(23, 29)
    upload(shown, threads, "drawn.png", drawn)
    say(shown, threads, {"kind": "generate", "inputs": shown.inputs, "nonce": NONCE + "up"})
    assert len(sent) == 4, (shown.problems, shown.notice)
    assert base64.b64encode(drawn).decode() in sent[3]


def test_found_d1_the_name_of_an_upload_is_no_path(sent: list[str], threads: list[threading.Thread], secret_file: Path) -> None:
    """A page uploads a file called like one that lies here, lets code say it again, takes the upload away, and names it."""
    shown = Studio(prompt=CAT)
    upload(shown, threads, secret_file.name, picture(9, 9))
    assert shown.inputs["image"] == secret_file.name
    shown.inputs = {**shown.inputs, "duration": 3}
    say(shown, threads, {"kind": "file_clear", "field": "image"})
    say(shown, threads, {"kind": "generate", "inputs": {**shown.inputs, "image": secret_file.name}, "nonce": NONCE})
    assert sent == []


def test_found_d1_a_text_does_not_become_a_file_with_another_model(sent: list[str], secret_file: Path) -> None:
    texts = {"type": "object", "properties": {"prompt": {"type": "string"}, "subject": {"type": "string"}}}
    files = {"type": "object", "properties": {"prompt": {"type": "string"}, "subject": {"type": "string", "format": "uri"}}}
    shown = Studio("owner/texts", schema=texts)
    write_trait(shown, inputs={"prompt": CAT, "subject": str(secret_file)})
    assert shown.inputs["subject"] == str(secret_file)
    shown._adopt(from_schema("owner/files", files))
    assert "subject" not in shown.inputs
    shown.inputs = {**shown.inputs, "prompt": "a dog"}
    shown.generate()
    assert str(secret_file) not in sent[0]
    assert base64.b64encode(secret_file.read_bytes())[20:60].decode() not in sent[0]


def test_found_d1_what_was_named_in_error_is_put_right(sent: list[str], threads: list[threading.Thread], secret_file: Path) -> None:
    shown = Studio(prompt=CAT)
    say(shown, threads, {"kind": "generate", "inputs": {**shown.inputs, "image": str(secret_file)}, "nonce": NONCE})
    assert shown.problems
    say(shown, threads, {"kind": "generate", "inputs": {**shown.inputs, "image": None}, "nonce": NONCE + "2"})
    assert len(sent) == 1
    assert shown.problems == []


def test_found_d1_code_may_name_its_files(sent: list[str], secret_file: Path) -> None:
    shown = Studio(prompt=CAT)
    shown.inputs = {**shown.inputs, "image": str(secret_file)}
    shown.generate()
    assert base64.b64encode(secret_file.read_bytes()).decode() in sent[0]


# Files that hold a token.


def _with_token(token: str, form: str) -> bytes:
    plain = {
        "raw": token.encode(),
        **{f"base64 {shift}": base64.b64encode(b"\0" * shift + token.encode() + b"tail") for shift in range(3)},
        "base64url": base64.urlsafe_b64encode(token.encode() + b"?>"),
        "hex": token.encode().hex().encode(),
    }[form]
    buffer = io.BytesIO(picture())
    return buffer.getvalue() + plain


@pytest.mark.parametrize("form", ["raw", "base64 0", "base64 1", "base64 2", "base64url", "hex"])
@pytest.mark.parametrize("how", ["bytes", "path", "data", "open file", "upload"])
@pytest.mark.parametrize("shaped", [True, False])
def test_found_d1_a_file_with_a_known_token_is_never_sent(
    how: str, form: str, shaped: bool, tmp_path: Path, sent: list[str], threads: list[threading.Thread]
) -> None:
    token = cloudflare_canary() if shaped else cloudflare_canary().removeprefix("cfut_")
    settings.configure(gateway_token=token)
    data = _with_token(token, form)
    path = tmp_path / "account.png"
    path.write_bytes(data)
    if how == "upload":
        shown = Studio(prompt=CAT)
        upload(shown, threads, "a.png", data)
        say(shown, threads, {"kind": "generate", "inputs": shown.inputs, "nonce": NONCE})
        assert sent == []
        assert "token" in shown.problems[0]["message"]
        return
    as_data = "data:image/png;base64," + base64.b64encode(data).decode()
    with path.open("rb") as file, pytest.raises(InputError, match="holds a") as refused:
        prepare(MODEL, {"prompt": CAT, "image": {"bytes": data, "path": str(path), "data": as_data, "open file": file}[how]})
    assert token not in str(refused.value)


def test_found_d1_a_file_without_one_is_sent(sent: list[str]) -> None:
    settings.configure(gateway_token=cloudflare_canary())
    assert prepare(MODEL, {"prompt": CAT, "image": picture() + b"r8_short cfut_"}).files
