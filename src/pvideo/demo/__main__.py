"""``python -m pvideo.demo``: the demo by hand; with ``--fds`` as ``host.ensure()`` starts it."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import shutil
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pvideo.demo.place import State

_IDLE = 30 * 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until it is told to end."""
    asked = _parser().parse_args(arguments)
    from pvideo.demo import serve
    from pvideo.demo.app import DemoConfig, build
    from pvideo.demo.place import Place, fresh_token

    place = Place(Path(asked.state).parent.parent if asked.state else asked.home)
    place.make()
    state = place.read() if asked.state else None
    farm, workdir = serve.workshop(place, os.getpid())
    config, control = DemoConfig(**_settings(asked, state)), state.control_token if state else fresh_token()
    sockets = [socket.socket(fileno=int(fd)) for fd in asked.fds.split(",")] if asked.fds else _bind(asked.port)
    executor = ThreadPoolExecutor(farm.size, thread_name_prefix="pvideo-demo-clips")
    apps = build(config, renderer=farm, workdir=workdir, executor=executor, control_token=control)
    api, delivery = (f"http://127.0.0.1:{s.getsockname()[1]}" for s in sockets[:2])
    apps.state.bind(api_root=f"{api}/v1", delivery_base=delivery)
    idle = serve.Idle(place=place, pid=os.getpid(), seconds=float(os.environ.get("PVIDEO_DEMO_IDLE", _IDLE))) if asked.state else None
    farm.warm()
    if not asked.state:
        _tell(config, sockets, control)
    try:
        asyncio.run(serve.serve(apps, sockets, idle=idle))
    finally:
        farm.close()
        apps.state.close()
        shutil.rmtree(workdir.parent, ignore_errors=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pvideo.demo", description="A gateway, Replicate and a delivery host, on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port of the gateway (0: a free one)")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than the real model")
    parser.add_argument("--auth", action=argparse.BooleanOptionalAction, default=True, help="whether the gateway wants its token")
    parser.add_argument("--quirks", choices=("documented", "recorded"), default="documented", help="how answers look")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting of the demo (value as JSON)")
    parser.add_argument("--home", type=Path, default=None, help="folder for its files")
    parser.add_argument("--fds", default="", help=argparse.SUPPRESS)
    parser.add_argument("--state", default="", help=argparse.SUPPRESS)
    return parser


def _settings(asked: argparse.Namespace, state: State | None) -> dict[str, Any]:
    from pvideo.demo.place import fresh_token

    chosen: dict[str, Any] = {"speed": asked.speed, "authentication": asked.auth, "quirks": asked.quirks}
    # Loopback is open to every user of a machine: what opens the demo is nobody's guess, however it was started.
    chosen.update({name: fresh_token() for name in ("gateway_token", "replicate_token", "management_token", "management_read_token")})
    for pair in asked.set:
        name, _, value = pair.partition("=")
        chosen[name] = json.loads(value)
    if state:
        same = ("account", "gateway", "gateway_token", "replicate_token", "management_token")
        chosen.update({name: value for name, value in dataclasses.asdict(state).items() if name in same})
    return chosen


def _bind(port: int) -> list[socket.socket]:
    return [socket.create_server(("127.0.0.1", number), backlog=128) for number in (port, 0, 0)]


def _tell(config: Any, sockets: list[socket.socket], word: str) -> None:
    api, _, control = (s.getsockname()[1] for s in sockets)
    sys.stdout.write(
        f"export PVIDEO_BASE_URL=http://127.0.0.1:{api}/v1/{config.account}/{config.gateway}/replicate\n"
        f"export CF_AIG_TOKEN={config.gateway_token}\n"
        f"export REPLICATE_API_TOKEN={config.replicate_token}\n"
        f"export CLOUDFLARE_BASE_URL=http://127.0.0.1:{api}/client/v4\n"
        f"export CLOUDFLARE_API_TOKEN={config.management_token}\n"
        f"# control: http://127.0.0.1:{control}/_emu/settings   with -H 'Authorization: Bearer {word}'   end with Ctrl-C\n"
        "# not played, and said so where it is met: webhooks, trainings, deployments, other providers than replicate\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
