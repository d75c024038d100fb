"""One demo process per user: found, started, replaced, ended."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.support.waiting import wait_until

for needed in ("av", "uvicorn", "numpy", "PIL"):
    pytest.importorskip(needed)
if sys.platform == "win32":
    pytest.skip("the demo runs on POSIX systems", allow_module_level=True)

from pvideo.demo import host, place, processes  # noqa: E402
from pvideo.demo.place import Place  # noqa: E402


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own; whatever runs in it is ended by its pid."""
    monkeypatch.delenv("PVIDEO_DEMO_IDLE", raising=False)
    folder = tmp_path / "home"
    yield folder
    state = Place(folder).read()
    host.stop(home=folder)
    if state and state.alive:
        os.kill(state.pid, signal.SIGKILL)


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"user-agent": "pvideo-tests", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def health(address: host.DemoAddress) -> tuple[int, bytes]:
    return get(port(address.control_url), "/_emu/health", {"authorization": f"Bearer {address.control_token}"})


def port(url: str) -> int:
    return urlsplit(url).port


def test_the_first_request_waits_for_the_start_and_the_second_ensure_finds_it(home):
    """The address is good at once, though nothing listens behind it yet."""
    first = host.ensure(home=home)
    status, _ = health(first)
    second = host.ensure(home=home)

    assert status == 200
    assert first == second
    assert first.base_url.startswith("http://127.0.0.1:")
    assert first.base_url.endswith(f"/v1/{first.account}/{first.gateway}/replicate")
    assert first.gateway_token not in repr(first)
    assert first.control_token not in repr(first)
    assert host.status(home=home)["running"]


def test_ensure_is_quick(home):
    """A kernel does not notice it: the best of a few, because others use the machine too."""
    starts, finds = [], []
    for _ in range(8):
        begin = time.perf_counter()
        host.ensure(home=home)
        middle = time.perf_counter()
        host.ensure(home=home)
        starts.append(middle - begin)
        finds.append(time.perf_counter() - middle)
        host.stop(home=home)

    assert min(starts) < 0.03
    assert min(finds) < 0.015


def test_eight_starters_at_once_make_one_process(home):
    """Whoever comes second finds what the first one started."""
    line = "import sys, pathlib; from pvideo.demo import host; print(host.ensure(home=pathlib.Path(sys.argv[1])).pid)"
    paths = {**os.environ, "PYTHONPATH": str(Path(place.__file__).parents[2])}
    starters = [subprocess.Popen([sys.executable, "-c", line, str(home)], stdout=subprocess.PIPE, env=paths) for _ in range(8)]
    pids = {int(starter.communicate(timeout=60)[0]) for starter in starters}

    assert len(pids) == 1
    assert processes.started(pids.pop())
    assert health(host.ensure(home=home))[0] == 200


def test_another_version_is_replaced(home, monkeypatch):
    """New code means a new process, the old one ends, and tokens stay what they were."""
    old = host.ensure(home=home)
    health(old)
    was = Place(home).read()
    monkeypatch.setattr(host, "code", lambda: "another")
    new = host.ensure(home=home)

    assert new.pid != old.pid
    assert (new.gateway_token, new.replicate_token) == (old.gateway_token, old.replicate_token)
    assert wait_until(lambda: not was.alive)
    assert health(new)[0] == 200


def test_a_killed_demo_is_started_again_where_it_was(home):
    """Kernels that know the address need not learn a new one; the dead child is no zombie."""
    old = host.ensure(home=home)
    health(old)
    was = Place(home).read()
    os.kill(old.pid, signal.SIGKILL)
    assert wait_until(lambda: not Path(f"/proc/{old.pid}").exists() if sys.platform == "linux" else not was.alive)
    new = host.ensure(home=home)

    assert new.pid != old.pid
    assert new.base_url == old.base_url
    assert health(new)[0] == 200
    assert wait_until(lambda: sorted(p.name for p in (home / "demo" / "clips").iterdir()) == [str(new.pid)])


def test_a_pid_that_was_given_to_another_program_is_left_alone(home):
    """A state file from before a reboot may name anybody."""
    paths = Place(home)
    paths.make()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        told = {"pid": stranger.pid, "started": "1", "boot": processes.boot(), "api": 0, "delivery": 0, "control": 0, "code": place.code(),
                "account": "demo", "gateway": "pvideo", "gateway_token": "demo-a", "replicate_token": "demo-b"}  # fmt: skip
        paths.state_file.write_text(json.dumps(told))
        address = host.ensure(home=home)

        assert address.pid != stranger.pid
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_a_broken_state_file_is_replaced(home):
    """Half a file, or one of another version, is no reason to fail."""
    paths = Place(home)
    paths.make()
    paths.state_file.write_text('{"pid": ')
    assert paths.read() is None

    assert health(host.ensure(home=home))[0] == 200


def test_it_ends_when_nobody_needs_it(home, monkeypatch):
    """After a second without a request, with its files gone and its state too."""
    monkeypatch.setenv("PVIDEO_DEMO_IDLE", "1")
    address = host.ensure(home=home)
    health(address)
    state = Place(home).read()

    assert wait_until(lambda: not state.alive)
    assert not Place(home).state_file.exists()
    assert list((home / "demo" / "clips").iterdir()) == []
    assert host.log_tail(home=home) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_knows_no_token_of_ours(home, monkeypatch):
    """Its environment is a short list; its files are for this user only."""
    for name in ("REPLICATE_API_TOKEN", "CF_AIG_TOKEN", "CLOUDFLARE_API_TOKEN", "HTTPS_PROXY", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "canary-value")
    address = host.ensure(home=home)
    health(address)
    seen = Path(f"/proc/{address.pid}/environ").read_text()

    assert "canary-value" not in seen
    assert {pair.partition("=")[0] for pair in seen.split("\0") if pair} <= {*host._ENVIRONMENT, "PYTHONUNBUFFERED", "LC_CTYPE"}
    assert address.gateway_token not in Path(f"/proc/{address.pid}/cmdline").read_text()
    assert os.getsid(address.pid) == address.pid
    assert {p.name: oct(p.stat().st_mode & 0o777) for p in (home / "demo").iterdir()} == {
        "state.json": "0o600", "lock": "0o600", "demo.log": "0o600", "clips": "0o700",
    }  # fmt: skip


def test_a_prediction_becomes_a_video(home):
    """Create, poll, fetch: the whole way, with a clip drawn in the worker process."""
    address = host.ensure(home=home)
    host.control("POST", "/_emu/settings", {"speed": 50.0}, home=home)
    tokens = {"cf-aig-authorization": f"Bearer {address.gateway_token}", "authorization": f"Bearer {address.replicate_token}"}
    connection = http.client.HTTPConnection("127.0.0.1", port(address.base_url), timeout=20)
    body = json.dumps({"input": {"prompt": "a cat", "duration": 1, "draft": True, "seed": 1}})
    path = "/" + address.base_url.split("/", 3)[3]
    headers = {**tokens, "content-type": "application/json", "user-agent": "pvideo-tests"}
    connection.request("POST", path + "/models/prunaai/p-video/predictions", body, headers)
    made = json.loads(connection.getresponse().read())
    connection.close()

    def look():
        return json.loads(get(port(address.base_url), f"{path}/predictions/{made['id']}", tokens)[1])

    assert wait_until(lambda: look()["status"] not in ("starting", "processing"), 60)
    seen = look()
    assert (seen["status"], seen["metrics"]["video_output_duration_seconds"]) == ("succeeded", 1)
    status, video = get(address.delivery_port, "/" + seen["output"].split("/", 3)[3])
    assert status == 200
    assert video[4:8] == b"ftyp"


def test_a_missing_package_is_named_before_anything_starts(home, monkeypatch):
    """With the line that installs it."""
    monkeypatch.setattr(host.importlib.util, "find_spec", lambda name: None if name == "uvicorn" else object())

    with pytest.raises(host.DemoMissing, match=r'^The demo needs uvicorn\. Install it with: pip install "pvideo\[demo\]"$'):
        host.ensure(home=home)
    assert not home.exists()


def test_a_crash_at_the_start_can_be_read(home, monkeypatch):
    """The log says why, and so does whoever asks the demo for something."""
    monkeypatch.setattr(host.sys, "executable", "/bin/cat")
    host.ensure(home=home)
    state = Place(home).read()

    assert wait_until(lambda: not state.alive)
    assert "pvideo.demo" in host.log_tail(home=home) or "cat:" in host.log_tail(home=home)
    with pytest.raises(host.DemoFailed, match="does not run"):
        host.control("GET", "/_emu/health", home=home)
    assert host.status(home=home)["running"] is False
    assert host.stop(home=home) is False


def test_by_hand_it_prints_what_to_copy(home):
    """Ctrl-C ends it, quietly, with its clips removed."""
    paths = {**os.environ, "PYTHONPATH": str(Path(place.__file__).parents[2])}
    command = [sys.executable, "-m", "pvideo.demo", "--speed", "8", "--home", str(home), "--set", "low_credit=true"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=paths) as demo:
        lines = [demo.stdout.readline() for _ in range(6)]
        control = int(lines[5].split(":")[3].split("/")[0])
        word = re.search(r"Bearer (\S+?)'", lines[5])[1]
        settings = json.loads(get(control, "/_emu/settings", {"authorization": f"Bearer {word}"})[1])
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=20)

    assert [line.split("=")[0] for line in lines[:5]] == [
        *("export PVIDEO_BASE_URL", "export CF_AIG_TOKEN", "export REPLICATE_API_TOKEN"),
        *("export CLOUDFLARE_BASE_URL", "export CLOUDFLARE_API_TOKEN"),
    ]
    assert (settings["speed"], settings["low_credit"]) == (8.0, True)
    assert (demo.returncode, errors) == (0, "")
    assert list((home / "demo" / "clips").iterdir()) == []


def test_the_fingerprint_follows_the_code(tmp_path, monkeypatch):
    """Touching a source file is another version."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "place.py").write_text("a")
    monkeypatch.setattr(place, "__file__", str(tmp_path / "demo" / "place.py"))
    before = place.code()
    (tmp_path / "demo" / "place.py").write_text("ab")

    assert place.code() != before


def test_home_is_where_the_environment_says(monkeypatch, tmp_path):
    """`PVIDEO_HOME`, else the system's folder for user data."""
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    assert place.default_home() == tmp_path
    monkeypatch.delenv("PVIDEO_HOME")
    assert place.default_home().name == "pvideo"
