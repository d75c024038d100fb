"""A real Jupyter server for the tests: private folders, loopback, gone when the tests are gone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECOND_PYTHON = ROOT / ".venv-ipykernel72" / "bin" / "python"
ACCOUNT_VARIABLES = (
    "CLOUDFLARE_ACCOUNT_ID",
    "CLOUDFLARE_GATEWAY_ID",
    "CLOUDFLARE_AI_GATEWAY_ID",
    "CF_AIG_TOKEN",
    "CLOUDFLARE_API_TOKEN",
    "REPLICATE_API_TOKEN",
    "PVIDEO_BASE_URL",
)
PORTS = range(20_000, 30_000)
"""Where servers listen: below what systems give to whoever asks for any port, so that none is taken between a look and its use."""
SETTINGS = {
    # No question about news, and a file changes only when a test saves it.
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False, "confirmClosingDocument": False},
}


_STARTUP = """import logging as _logging
_errors = _logging.FileHandler({path!r}, delay=True)
_errors.setLevel(_logging.ERROR)
_logging.getLogger("pvideo").addHandler(_errors)
del _errors, _logging
"""


def keep_errors(home: Path) -> Path:
    """Let every kernel write what fails in a thread of ours, which no cell shows, into the file that is returned."""
    startup, errors = home / "ipython" / "profile_default" / "startup", home / "errors.log"
    startup.mkdir(parents=True)
    (startup / "00-errors.py").write_text(_STARTUP.format(path=str(errors)))
    return errors


def private_environment(home: Path) -> dict[str, str]:
    """Return an environment for servers and kernels with nothing of the machine's own Jupyter, account or pvideo."""
    kept = {name: value for name, value in os.environ.items() if name not in ACCOUNT_VARIABLES and not name.startswith("JUPYTER")}
    private = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA")}
    return {**kept, **private, "IPYTHONDIR": str(home / "ipython"), "PVIDEO_HOME": str(home / "pvideo"), "JUPYTER_PREFER_ENV_PATH": "1"}


class Jupyter:
    """One server; JupyterLab is at `/lab`, Notebook 7 at `/tree`."""

    def __init__(self, home: Path) -> None:
        """Start the server with everything it writes below `home`."""
        self.root = home / "work"
        self.root.mkdir()
        self._home = home
        self._write_settings()
        self._write_second_kernel()
        # Not below `home`: the kernels' sockets lie here, and a socket's path has room for about a hundred characters.
        self._runtime = Path(tempfile.mkdtemp(prefix="jupyter-"))
        self._log = (home / "server.log").open("wb")
        environment = {**private_environment(home), "JUPYTER_RUNTIME_DIR": str(self._runtime)}
        self._process = subprocess.Popen(
            self._command(), cwd=self.root, env=environment, stdin=subprocess.PIPE, stdout=self._log, stderr=self._log
        )
        self.url = self._wait_until_it_answers()

    def stop(self) -> None:
        """End the server and its kernels."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._log.close()
        shutil.rmtree(self._runtime, ignore_errors=True)

    def end_kernels(self) -> None:
        """End every kernel, so that no test hears another one's."""
        for session in json.loads(self._ask("GET", "/api/sessions")):
            self._ask("DELETE", f"/api/sessions/{session['id']}")

    @property
    def log(self) -> str:
        """What the server and its kernels wrote."""
        return (self._home / "server.log").read_text(errors="replace")

    def _ask(self, method: str, path: str) -> str:
        # The server wants its cross-site cookie and the same value as a header.
        headers = {"Cookie": "_xsrf=tests", "X-XSRFToken": "tests"}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.read().decode())

    def _command(self) -> list[str]:
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": str(PORTS[os.getpid() % len(PORTS)]),
            "ServerApp.port_retries": "50",
            # A kernel's five ports are chosen some time before it listens there, and another test may take one meanwhile.
            "KernelManager.transport": "ipc",
            "ServerApp.root_dir": str(self.root),
            "ServerApp.open_browser": "False",
            "IdentityProvider.token": "",
            "ServerApp.allow_root": str(os.geteuid() == 0),
            "LabApp.expose_app_in_browser": "True",
            "JupyterNotebookApp.expose_app_in_browser": "True",
            "LabApp.extension_manager": "readonly",
        }
        guard = str(Path(__file__).with_name("guard.py"))
        return [sys.executable, guard, sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]

    def _write_settings(self) -> None:
        for name, values in SETTINGS.items():
            path = self._home / "config" / "lab" / "user-settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))

    def _write_second_kernel(self) -> None:
        folder = self._home / "data" / "kernels" / "ipykernel72"
        folder.mkdir(parents=True)
        command = [str(SECOND_PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": command, "display_name": "ipykernel 7.2", "language": "python", "interrupt_mode": "signal"}
        (folder / "kernel.json").write_text(json.dumps(spec))

    def _wait_until_it_answers(self) -> str:
        """Return where."""
        until = time.monotonic() + 60
        while time.monotonic() < until and self._process.poll() is None:
            for note in self._runtime.glob("jpserver-*.json"):
                # A note that is not wholly written yet is no JSON; a server that wrote it may not listen yet.
                with contextlib.suppress(ValueError, OSError):
                    url = f"http://127.0.0.1:{json.loads(note.read_text())['port']}"
                    with urllib.request.urlopen(f"{url}/api/status", timeout=5):
                        return url
            time.sleep(0.1)
        raise AssertionError(f"JupyterLab did not start:\n{self.log[-4000:]}")
