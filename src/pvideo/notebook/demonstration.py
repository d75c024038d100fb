"""Turning the demo on and off: presses then go to the embedded gateway, and only because a person said so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pvideo import settings
from pvideo.arguments import FLAG, short, shown, takes
from pvideo.errors import DemoError, InputError

if TYPE_CHECKING:
    from pvideo.endpoint import Endpoint

ON = """Demo is on. Nothing leaves this machine, nothing is charged. Clips are drawn and marked DEMO; prices are the real ones.
Try: %%pvideo cat     Break something: %pvideo demo --next lost-answer     Back to your account: %pvideo demo off"""
_SENDING = 3.0
"""Seconds that a press before ``--next`` gets to be sent."""
OFF = "Demo is off. Presses go to your own account again; they cost what their buttons say."


@takes(demo=FLAG.or_none())
def configure(*, demo: bool | None = None, **changes: Any) -> None:
    """Set how pvideo works in this process, for example ``configure(budget_day=10, folder="clips")``.

    Args:
        demo: True sends presses to the embedded gateway (free, nothing leaves this machine), False to your account again.
        **changes: Any field of `pvideo.settings.Settings`: ``budget_session`` and ``budget_day`` (US dollars, None for none),
            ``folder``, ``model``, ``inputs`` (defaults for every press), ``deadline`` (seconds), ``account_id``, ``gateway_id``,
            ``gateway_token``, ``replicate_token``, ``base_url``, ``trust_host``, ``autoplay``, ``confirm_over``, ``log_payload``,
            ``metadata`` (at most five plain values for the gateway's log), ``stored_key``,
            ``rate_limit``, ``management_token``.

    Raises:
        SettingsError: A setting's name or value does not fit; nothing was changed.
        InputError: `demo` is not True or False.
        DemoError: The embedded gateway is not installed.
    """
    try:
        settings.configure(**changes)
    finally:
        changes.clear()  # tokens among them stand in no frame of ours when it fails
    if demo is not None:
        turn_on() if demo else turn_off()


def turn_on() -> None:
    """Send presses to the embedded gateway, starting it if needed.

    Raises:
        DemoError: It is not installed, or did not start.
    """
    demo_endpoint()
    settings.use_demo(demo_endpoint)


def turn_off() -> None:
    """Send presses to the real account again. Videos of the demo go on there."""
    settings.use_demo(None)


def demo_endpoint() -> Endpoint:
    """Return the embedded gateway's address, with the tokens that open it and nothing else."""
    from pvideo.endpoint import Endpoint, Management

    address = _ask("ensure")
    api = Management(
        base_url=address.management_url,
        account_id=address.account,
        token=settings.Secret(address.management_token, "the demo"),
        realm="demo",
    )
    return Endpoint(
        base_url=address.base_url,
        kind="demo",
        gateway_token=settings.Secret(address.gateway_token, "the demo"),
        replicate_token=settings.Secret(address.replicate_token, "the demo"),
        account_id=address.account,
        gateway_id=address.gateway,
        management=api,
        delivery_hosts=("127.0.0.1",),
    )


def running_endpoint() -> Endpoint | None:
    """Return where the embedded gateway runs now; None where it does not: none is started."""
    from pvideo.demo import host

    return demo_endpoint() if host.status()["running"] else None


def demo(words: list[str]) -> str:
    """Run ``%pvideo demo [--speed N] [--next WHAT] | off`` and return what to say."""
    if words == ["off"]:
        turn_off()
        return OFF
    options = _options(words)
    speed = _number(options["speed"]) if "speed" in options else 0.0
    was_on = settings.demo_is_on()
    turn_on()
    said = [] if was_on and options else [ON]
    if speed:
        _ask("control", "POST", "/_emu/settings", {"speed": speed})
        said.append(f"The demo runs {speed:g} times as fast.")
    if "next" in options:
        _let_go()
        _next(options["next"])
        said.append(f"The next press meets: {options['next']}.")
    return "\n".join(said)


def _next(what: str) -> None:
    known = _ask("control", "GET", "/_emu/next").get("known", [])
    if what not in known:
        raise InputError("value_wrong", problem=f"The demo does not know {shown(what)}; it knows {', '.join(known)}.")
    _ask("control", "POST", "/_emu/next", {"what": what})


def _let_go() -> None:
    """Wait a moment for presses that are just being sent: under Run All the fault would meet one of those, not the next one."""
    from pvideo.job.engine import Engine

    until = time.monotonic() + _SENDING
    for course in Engine.get().courses():
        while course.row.realm == "demo" and course.row.state in {"new", "sending"} and time.monotonic() < until:
            time.sleep(0.02)


def _options(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in {"speed", "next"}:
            raise InputError(
                "option_unknown", option=short(word), model="%pvideo demo", suggestion="There are: --speed N, --next WHAT, off. "
            )
        given = value if equals else next(rest, "")
        if name in found:
            raise InputError(
                "input_twice", name=f"--{name}", problem=f"--{name} is given twice, as {shown(found[name])} and as {shown(given)}."
            )
        if not given:
            raise InputError("value_wrong", problem=f"--{name} wants a value after it.")
        found[name] = given
    return found


def _number(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1000:
        raise InputError("value_wrong", problem=f"--speed wants a number over 0; {shown(text)} was given.")
    return speed


def _ask(what: str, *args: Any) -> Any:
    """Ask the demo's host; what it says in its own words becomes ours."""
    from pvideo.demo import host

    try:
        return getattr(host, what)(*args)
    except host.DemoMissing as error:
        raise DemoError("demo_missing", packages=str(error).removeprefix("The demo needs ").partition(". Install")[0]) from None
    except host.DemoFailed as error:
        raise DemoError("demo_failed", detail=str(error), log="the lines above") from None
