"""The one demo process of a user: found or started in a few milliseconds, shared by all kernels, outliving each.

The starter binds the ports itself and hands them over, so that requests simply wait in line until the process is up.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pvideo.demo import processes
from pvideo.demo.place import TOKENS, Place, State, code, fresh_token

ACCOUNT = "demo"
GATEWAY = "pvideo"
_NEEDS = ("uvicorn", "av", "numpy", "PIL")
# What a program needs to run at all. Tokens and proxies stay behind.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PVIDEO_HOME", "PVIDEO_DEMO_IDLE", "TMPDIR")
_LOG_LIMIT = 256 * 1024


class DemoMissing(Exception):  # noqa: N818 (it names what is the case)
    """The packages the demo needs are not installed; the text says how to get them."""


class DemoFailed(Exception):  # noqa: N818
    """The demo does not run or does not answer; the text ends with the last lines of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAddress:
    """Where the demo listens, all on loopback, and the tokens it knows (they open nothing else)."""

    base_url: str
    api_root: str
    delivery_port: int
    control_url: str
    account: str
    gateway: str
    pid: int
    gateway_token: str = field(repr=False)
    replicate_token: str = field(repr=False)
    management_url: str
    management_token: str = field(repr=False)
    control_token: str = field(repr=False)


def ensure(*, home: Path | None = None) -> DemoAddress:
    """Return the address of this user's demo; start it if it does not run or runs older code. Does not wait for it.

    Args:
        home: The folder pvideo keeps its own files in; by default ``PVIDEO_HOME`` or the system's place for user data.

    Raises:
        DemoMissing: A package it needs is not installed.
        DemoFailed: The process could not be started.
    """
    missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise DemoMissing(f'The demo needs {", ".join(missing)}. Install it with: pip install "pvideo[demo]"')
    place, now = Place(home), code()
    with place.locked():
        state = place.read()
        if state and state.alive and state.code == now:
            place.touch()
            return _address(state)
        if state:
            processes.end(state.pid, state.started, state.boot)
        return _address(_start(place, state, now))


def stop(*, home: Path | None = None, timeout: float = 5.0) -> bool:
    """End this user's demo and wait until it is gone, at most ``timeout`` seconds; False when none ran."""
    place = Place(home)
    if not place.folder.is_dir():
        return False
    with place.locked():
        state = place.read()
        if not state or not processes.end(state.pid, state.started, state.boot):
            return False
    give_up = time.monotonic() + timeout
    while state.alive and time.monotonic() < give_up:
        time.sleep(0.02)
    return True


def status(*, home: Path | None = None) -> dict[str, Any]:
    """Return ``running``, and where it listens, whether its code is today's, and the end of its log (no tokens)."""
    place = Place(home)
    state = place.read()
    if not state or not state.alive:
        return {"running": False, "log": place.log_tail()}
    address = _address(state)
    return {"running": True, "pid": state.pid, "base_url": address.base_url, "control_url": address.control_url,
            "current": state.code == code(), "log": place.log_tail()}  # fmt: skip


def control(method: str, path: str, body: Any = None, *, home: Path | None = None, timeout: float = 10.0) -> Any:
    """Send a request to the running demo's control port and return its JSON answer.

    Raises:
        DemoFailed: No demo runs, or it refused; the text has its answer.
    """
    place = Place(home)
    state = place.read()
    if not state or not state.alive:
        raise DemoFailed(f"The demo does not run.\n{place.log_tail()}".rstrip())
    # http.client knows no proxies, which is what loopback wants.
    connection = http.client.HTTPConnection("127.0.0.1", state.control, timeout=timeout)
    try:
        headers = {"content-type": "application/json", "authorization": f"Bearer {state.control_token}"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        data = answer.read()
    except OSError as error:
        raise DemoFailed(f"The demo does not answer ({error}).\n{place.log_tail()}".rstrip()) from error
    finally:
        connection.close()
    if answer.status >= 400:
        raise DemoFailed(f"The demo answered {answer.status}: {data.decode(errors='replace')[:500]}")
    return json.loads(data) if data else None


def log_tail(*, home: Path | None = None) -> str:
    """Return the last lines the demo process wrote: why it ended, if it crashed."""
    return Place(home).log_tail()


def _address(state: State) -> DemoAddress:
    root = f"http://127.0.0.1:{state.api}/v1"
    return DemoAddress(
        base_url=f"{root}/{state.account}/{state.gateway}/replicate", api_root=root, delivery_port=state.delivery,
        control_url=f"http://127.0.0.1:{state.control}", account=state.account, gateway=state.gateway, pid=state.pid,
        gateway_token=state.gateway_token, replicate_token=state.replicate_token,
        management_url=f"http://127.0.0.1:{state.api}/client/v4", management_token=state.management_token,
        control_token=state.control_token,
    )  # fmt: skip


def _start(place: Place, old: State | None, now: str) -> State:
    """Start a process. It gets the ports and the tokens of the one before, where it can: kernels then need no new address."""
    sockets = [_listen(port) for port in ((old.api, old.delivery, old.control) if old else (0, 0, 0))]
    ports = [s.getsockname()[1] for s in sockets]
    state = State(
        pid=0, started="", boot=processes.boot(), code=now, account=ACCOUNT, gateway=GATEWAY,
        api=ports[0], delivery=ports[1], control=ports[2],
        **{name: (old and getattr(old, name)) or fresh_token() for name in TOKENS},
    )  # fmt: skip
    try:
        place.write(state)
        child = _spawn(place, [s.fileno() for s in sockets])
        state = replace(state, pid=child.pid, started=processes.started(child.pid) or "")
        place.write(state)
    except OSError as error:
        raise DemoFailed(f"The demo could not be started: {error}") from error
    finally:
        for each in sockets:
            each.close()
    # Without somebody who waits for it, a child that ends stays a zombie for as long as the kernel lives.
    threading.Thread(target=child.wait, name="pvideo-demo-reaper", daemon=True).start()
    return state


def _spawn(place: Place, handles: list[int]) -> subprocess.Popen[bytes]:
    fresh = not place.log.exists() or place.log.stat().st_size > _LOG_LIMIT
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if fresh else os.O_APPEND)
    log = os.open(place.log, flags, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603 (our own module, with this very interpreter)
            [sys.executable, "-m", "pvideo.demo", "--fds", ",".join(map(str, handles)), "--state", str(place.state_file)],
            pass_fds=handles, start_new_session=True, cwd=place.folder, env=_environment(place),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    finally:
        os.close(log)


def _environment(place: Place) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # The package may have been imported from a folder that only this process knows of.
    paths = [str(Path(__file__).parents[2]), *filter(None, kept.get("PYTHONPATH", "").split(os.pathsep))]
    return {**kept, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "PVIDEO_HOME": str(place.folder.parent), "PYTHONUNBUFFERED": "1"}


def _listen(port: int) -> socket.socket:
    """Bind a port of loopback, the wished one if it is free."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener
