"""The demo's doors, as another user of the machine and as a page with a name of its own would try them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.support.demo import InProcess

from pvideo.demo import host, place
from pvideo.demo.config import DemoConfig
from pvideo.demo.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.demo import RunningDemo

NOBODY = 65534
DOORS = [
    ("GET", "/_emu/health", None),
    ("GET", "/_emu/ledger", None),
    ("GET", "/_emu/settings", None),
    ("POST", "/_emu/settings", {"gateway_token": "mine", "replicate_token": "mine"}),
    ("GET", "/_emu/faults", None),
    ("POST", "/_emu/faults", [{"match": {"op": "create"}, "do": "fate", "output": "http://127.0.0.1:9/evil.html"}]),
    ("DELETE", "/_emu/faults", None),
    ("POST", "/_emu/next", {"what": "failed"}),
    ("POST", "/_emu/models", {"owner": "a", "name": "b"}),
    ("POST", "/_emu/reset", {}),
    ("GET", "/_emu/reached/1", None),
    ("POST", "/_emu/release/1", {}),
    ("GET", "/_emu/nothing", None),
]
GUESSES = [None, "", "Bearer", "Basic eDp5", "Bearer demo-control-token", "Bearer demo-gateway-token", "Bearer undefined"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    host.stop(home=folder)


def asked(url: str, method: str, path: str, body: Any, word: str | None) -> httpx.Response:
    headers = {} if word is None else {"authorization": word}
    return httpx.request(method, f"{url}{path}", json=body, headers=headers, trust_env=False)


def as_another_user(url: str) -> Callable[[str, str, Any], int]:
    """Return how another user of this machine asks: with ``setpriv`` where we are root; the test says so where that cannot be."""
    if os.geteuid() != 0 or not (shutil.which("setpriv") and shutil.which("curl")):
        pytest.skip("becoming another user needs root, setpriv and curl; what needs no other user is checked by the tests beside this one")

    def ask(method: str, path: str, body: Any) -> int:
        become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
        curl = ["curl", "-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, f"{url}{path}"]
        sent = [] if body is None else ["--data-raw", json.dumps(body)]
        done = subprocess.run([*become, *curl, *sent], capture_output=True, text=True, check=True, timeout=30, cwd="/")
        return int(done.stdout)

    return ask


def test_found_d2_another_user_gets_nothing_from_the_control_port(home: Path) -> None:
    address = host.ensure(home=home)
    ask = as_another_user(address.control_url)
    before = host.control("GET", "/_emu/settings", home=home)

    assert {(method, path): ask(method, path, body) for method, path, body in DOORS} == {(m, p): 401 for m, p, _ in DOORS}
    assert host.control("GET", "/_emu/settings", home=home) == before
    assert host.control("GET", "/_emu/faults", home=home) == []


def test_found_d2_another_user_cannot_read_the_word(home: Path) -> None:
    host.ensure(home=home)
    as_another_user("")
    state = Place(home).state_file
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", "cat", str(state)]
    # As if every folder on the way were open to all: the file alone keeps its word.
    closed = {folder: folder.stat().st_mode for folder in state.parents if not folder.stat().st_mode & 0o005}
    try:
        for folder in closed:
            folder.chmod(0o755)
        done = subprocess.run(become, capture_output=True, text=True, check=False, cwd="/")
    finally:
        for folder, mode in closed.items():
            folder.chmod(mode)

    assert done.returncode != 0
    assert "Permission denied" in done.stderr


@pytest.mark.parametrize("word", GUESSES)
@pytest.mark.parametrize(("method", "path", "body"), DOORS, ids=lambda value: value if isinstance(value, str) else "")
def test_found_d2_without_the_word_every_door_is_shut(
    demo_server: RunningDemo, method: str, path: str, body: Any, word: str | None
) -> None:
    before = demo_server.settings()
    answer = asked(demo_server.control_url, method, path, body, word)

    assert answer.status_code == 401
    assert demo_server.settings() == before
    assert demo_server.control_token not in answer.text


def test_found_d2_the_word_is_random_secret_and_kept_for_its_user(home: Path) -> None:
    address = host.ensure(home=home)
    host.control("GET", "/_emu/health", home=home)
    state = Place(home).state_file
    kept = json.loads(state.read_text(encoding="utf-8"))
    words = [kept[name] for name in ("control_token", "gateway_token", "replicate_token", "management_token")]

    assert kept["control_token"] == address.control_token
    assert len(set(words)) == 4
    assert all(re.fullmatch(r"demo-[0-9a-f]{32}", word) for word in words)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.parent.stat().st_mode) == 0o700
    assert address.control_token not in repr(address) + repr(Place(home).read()) + json.dumps(host.status(home=home))
    if sys.platform == "linux":
        assert address.control_token not in Path(f"/proc/{address.pid}/cmdline").read_text(encoding="utf-8")
    # No word that stands in the package opens anything.
    known = DemoConfig()
    for token in (known.gateway_token, known.replicate_token, known.management_token, known.management_read_token):
        headers = {"authorization": f"Bearer {token}", "cf-aig-authorization": f"Bearer {token}"}
        for url in (
            address.base_url + "/predictions",
            f"{address.api_root}/predictions",
            address.management_url + "/accounts/demo/ai-gateway/gateways",
        ):
            assert httpx.get(url, headers=headers, trust_env=False).status_code in {401, 403}


def test_found_d2_the_word_stays_when_the_demo_is_started_again(home: Path) -> None:
    first = host.ensure(home=home)
    host.control("GET", "/_emu/health", home=home)
    os.kill(first.pid, signal.SIGKILL)
    state = Place(home).read()
    while state.alive:
        pass

    assert host.ensure(home=home).control_token == first.control_token
    assert host.control("GET", "/_emu/health", home=home)["ok"] is True


def test_found_d2_an_older_state_file_gets_a_word(home: Path) -> None:
    paths = Place(home)
    paths.make()
    old = {"pid": 1, "started": "1", "boot": "", "api": 0, "delivery": 0, "control": 0, "code": "", "account": "demo", "gateway": "pvideo"}
    paths.state_file.write_text(json.dumps({**old, "gateway_token": "demo-a", "replicate_token": "demo-b"}), encoding="utf-8")

    assert len(host.ensure(home=home).control_token) > 30
    assert host.control("GET", "/_emu/health", home=home)["ok"] is True


def by_hand(home: Path, *more: str) -> subprocess.Popen[str]:
    paths = {**os.environ, "PYTHONPATH": str(Path(place.__file__).parents[2])}
    command = [sys.executable, "-m", "pvideo.demo", "--home", str(home), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=paths)


def test_found_d2_by_hand_every_word_is_random_and_the_port_s_demo_is_shut_too(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    seen: list[list[str]] = []
    for number in range(2):
        with by_hand(home, "--port", str(port)) as demo:
            lines = [demo.stdout.readline() for _ in range(6)]
            control = re.search(r"http://127.0.0.1:\d+", lines[5])[0]
            word = re.search(r"Bearer ([^\s']+)", lines[5])[1]
            tokens = [line.strip().partition("=")[2] for line in lines if "TOKEN=" in line]
            seen.append([*tokens, word])
            base = lines[0].strip().partition("=")[2]
            try:
                assert urlsplit(base).port == port
                assert asked(control, "GET", "/_emu/ledger", None, None).status_code == 401
                assert asked(control, "GET", "/_emu/ledger", None, f"Bearer {word}").status_code == 200
                assert httpx.get(f"{base}/predictions", headers=InProcess.headers.fget(DemoConfig()), trust_env=False).status_code == 401
                if os.geteuid() == 0 and number == 0 and shutil.which("setpriv") and shutil.which("curl"):
                    assert as_another_user(control)("GET", "/_emu/ledger", None) == 401
            finally:
                demo.send_signal(signal.SIGINT)
    words = seen[0] + seen[1]
    assert len(words) == len(set(words)) == 8
    assert all(re.fullmatch(r"demo-[0-9a-f]{32}", word) for word in words)


def test_found_d2_by_hand_a_chosen_token_is_taken(home: Path) -> None:
    with by_hand(home, "--set", 'gateway_token="my-own-word"') as demo:
        lines = [demo.stdout.readline() for _ in range(6)]
        demo.send_signal(signal.SIGINT)

    assert lines[1] == "export CF_AIG_TOKEN=my-own-word\n"


NAMES = [
    "rebound.example.com",
    "rebound.example.com:80",
    "127.0.0.1.example.com",
    "localhost.example.com",
    "a@127.0.0.1",
    "[::1",
    "0.0.0.0",
    "",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("door", ["api", "delivery", "control", "management", "replicate"])
def test_found_d2_another_name_is_refused_on_all_ports(demo_server: RunningDemo, door: str, name: str) -> None:
    urls = {
        "api": f"{demo_server.base_url}/predictions",
        "delivery": f"{demo_server.delivery_url}/xezq/a/output.mp4",
        "control": f"{demo_server.control_url}/_emu/ledger",
        "management": f"{demo_server.management_url}/accounts/demo/ai-gateway/gateways",
        "replicate": f"{demo_server.api_root}/predictions",
    }
    word = {"management": demo_server.management_token, "control": demo_server.control_token}.get(door, demo_server.replicate_token)
    headers = {**demo_server.headers, "authorization": f"Bearer {word}"}
    rebound = httpx.get(urls[door], headers={**headers, "host": name}, trust_env=False)

    assert rebound.status_code in {400, 403}
    assert "predictions" not in rebound.text
    assert httpx.get(urls[door], headers=headers, trust_env=False).status_code == (404 if door == "delivery" else 200)


@pytest.mark.parametrize("name", ["127.0.0.1", "127.0.0.1:8001", "localhost:1", "LOCALHOST", "[::1]:80"])
def test_found_d2_this_machine_s_own_names_are_taken(demo_server: RunningDemo, name: str) -> None:
    headers = {**demo_server.headers, "host": name}

    assert httpx.get(f"{demo_server.base_url}/predictions", headers=headers, trust_env=False).status_code == 200
