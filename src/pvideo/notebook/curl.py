"""A request as somebody would make it by hand: for a shell, and for Python's httpx. Tokens stand there as variables only."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from pvideo.secrets import redact

from .words import say

if TYPE_CHECKING:
    from .steps import Step

VARIABLES = {"cf-aig-authorization": "CF_AIG_TOKEN", "authorization": "REPLICATE_API_TOKEN"}
_BY_THEMSELVES = frozenset({"user-agent", "connection", "accept-encoding", "content-length", "host", "transfer-encoding", "accept"})
"""Headers that curl and httpx send as they need them."""
_RUN_AT_MOST = 60.0


def as_curl(step: Step) -> str:
    """Return the request as a command for a shell."""
    parts = [f"curl -sS {'-X POST ' if step.method == 'POST' else ''}{shlex.quote(step.url)}"]
    for name, value in _headers(step):
        variable = VARIABLES.get(name.lower())
        parts.append(f'-H "{name}: Bearer ${variable}"' if variable else f"-H {shlex.quote(f'{name}: {value}')}")
    if step.body:
        # `-d` reads a file where the body begins with an @.
        parts.append(f"--data-raw {shlex.quote(step.body)}")
    if step.kind == "file":
        parts.append("-o video.mp4")
    return redact(" \\\n  ".join(parts))


def as_python(step: Step) -> str:
    """Return the request as a call of httpx."""
    lines = ["import os", "import httpx", "", f"answer = httpx.{step.method.lower()}(", f"    {step.url!r},"]
    headers = list(_headers(step))
    if headers:
        lines += ["    headers={", *(f"        {name!r}: {_value(name, value)}," for name, value in headers), "    },"]
    if step.body:
        lines.append(f"    {_body(step.body)},")
    lines += ["    timeout=90,", ")"]
    lines.append("open('video.mp4', 'wb').write(answer.content)" if step.kind == "file" else "print(answer.status_code, answer.text)")
    return redact("\n".join(lines))


def run_in_demo(command: str) -> str:
    """Run a command in a shell that knows the demo's tokens, and return what it printed.

    Raises:
        DemoError: The demo did not start.
        OSError: There is no shell.
    """
    from .demonstration import demo_endpoint

    address = demo_endpoint()
    tokens = (("CF_AIG_TOKEN", address.gateway_token), ("REPLICATE_API_TOKEN", address.replicate_token))
    known = {name: token.reveal() for name, token in tokens if token is not None}
    done = subprocess.run(  # noqa: S602 - it is our own line, and a shell is the point
        command,
        shell=True,
        env={**_plain_environment(), **known, "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=_RUN_AT_MOST,
        check=False,
    )
    return redact(done.stdout or done.stderr)


def _plain_environment() -> dict[str, str]:
    """Return what a shell needs of the environment; real tokens are not among it."""
    return {name: value for name in ("PATH", "HOME", "LANG", "TMPDIR") if (value := os.getenv(name))}


def warning(step: Step, price: str, *, demo: bool) -> str:
    """Return what is to be known before a request is made by hand; empty where it costs nothing."""
    if step.kind != "create":
        return ""
    said = say("explain", "by_hand_demo") if demo else say("explain", "by_hand", price=price)
    return said + (" " + say("explain", "by_hand_file") if "… (" in step.body else "")


def _headers(step: Step) -> list[tuple[str, str]]:
    return [(name, value) for name, value in step.sent if name.lower() not in _BY_THEMSELVES]


def _value(name: str, value: str) -> str:
    variable = VARIABLES.get(name.lower())
    return f"f\"Bearer {{os.getenv('{variable}')}}\"" if variable else repr(value)


def _body(text: str) -> str:
    try:
        return f"json={json.loads(text)!r}"
    except ValueError:
        return f"content={text!r}"
