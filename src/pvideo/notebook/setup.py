"""``%pvideo setup``: an account in four answers, at a password prompt, so that none of them stands in the notebook.

With ``--create NAME`` the gateway is made, too; with ``--use NAME`` one that is there is taken; with ``--keep`` it is kept on this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pvideo.arguments import short, shown
from pvideo.errors import InputError, ManagementError, SettingsError

from .checks import Check, check_network
from .doctor import check_settings, report
from .gateway import describe
from .words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.endpoint import Endpoint
    from pvideo.job.gateways import Gateways
    from pvideo.wire.gateways import Gateway

_QUESTIONS = {
    "account_id": "Cloudflare account id",
    "gateway_id": "AI Gateway name",
    "gateway_token": 'Gateway token with the permission "AI Gateway Run"',
    "replicate_token": "Replicate token",
}
_EMPTY = {"gateway_token": "Enter: none", "replicate_token": "Enter: it is stored in the gateway"}
_MANAGEMENT = {
    "account_id": _QUESTIONS["account_id"],
    "management_token": 'Cloudflare API token ("AI Gateway Read" and "Edit"; for this kernel only, never written down)',
}
_TOKENS = {name: question for name, question in _QUESTIONS.items() if name.endswith("_token")}
_YES = "y"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for on the command's line."""

    create: str = ""
    use: str = ""
    keep: bool = False

    @classmethod
    def of(cls, words: list[str]) -> Wish:
        """Read ``--create NAME`` or ``--use NAME``, and ``--keep``.

        Raises:
            InputError: Something else stands there.
        """
        keep, rest = "--keep" in words, [word for word in words if word != "--keep"]
        if not rest:
            return cls(keep=keep)
        option, _, value = rest[0].partition("=")
        if option == "--keep":
            raise InputError("switch_value", option=option, value=shown(value))
        names = [value, *rest[1:]] if value else rest[1:]
        if option not in {"--create", "--use"}:
            suggestion = "There are: --create NAME, --use NAME, --keep. "
            raise InputError("option_unknown", option=short(option), model="%pvideo setup", suggestion=suggestion)
        if len(names) != 1:
            raise InputError("value_wrong", problem=f"{option} wants the gateway's name.")
        return cls(keep=keep, **{option.removeprefix("--"): names[0]})

    @property
    def gateway(self) -> str:
        """The gateway that was named, or an empty word."""
        return self.create or self.use


def setup(
    words: list[str] | None = None,
    *,
    ask: Callable[[str], str] | None = None,
    tell: Callable[[str], None],
    network: Callable[[Endpoint, str], list[Check]] = check_network,
    gateways: Gateways | None = None,
) -> None:
    """Ask for the account, check it for free, and use it in this kernel; with ``--keep`` in every later one on this machine, too.

    Args:
        words: ``--create NAME`` makes a gateway first, ``--use NAME`` takes one that is there. ``--keep`` asks nothing that is set already.
        ask: Asks one question without echo (``getpass``).
        tell: Shows a text.
        network: The checks that ask the gateway.
        gateways: The account's gateways (tests give their own).

    Raises:
        InputError: The command's line is not understood.
        SettingsError: Nobody can answer here, or an answer does not fit.
        ManagementError: Cloudflare refused to make or read the gateway; nothing was changed.
    """
    from pvideo import settings

    wish, ask = Wish.of(words or []), ask or _getpass
    if wish.gateway:
        from pvideo.job.gateways import check_name
        from pvideo.job.gateways import gateways as usual
        from pvideo.wire.management import require

        require()
        check_name(wish.gateway)
        if not _with_gateway(wish, gateways or usual, ask, tell) or settings.demo_is_on():
            return
    else:
        now = settings.current()
        if not (wish.keep and now.account_id and now.gateway_id):  # what was answered a moment ago is not asked for twice
            _set(ask, now, _QUESTIONS)
        settings.use_demo(None)
    there = settings.endpoint()
    checks = [check_settings(there), *network(there, settings.current().model)]
    tell(report(checks).replace("%pvideo doctor", "%pvideo setup ", 1))
    if any(check.mark == "✗" for check in checks):
        tell(say("setup", "not_good"))
    elif wish.keep:
        tell(say("setup", "kept", path=settings.keep(_to_keep(there))))
    else:
        tell(say("setup", "in_use"))


def _with_gateway(wish: Wish, gateways: Gateways, ask: Callable[[str], str], tell: Callable[[str], None]) -> bool:
    """Make the gateway, or take the one that is there, and ask for the tokens of presses; False: nothing was changed."""
    from pvideo import settings

    demo = settings.demo_is_on()
    if not demo:
        _set(ask, settings.current(), _missing(settings.current(), _MANAGEMENT))
    name = wish.gateway
    gateway = _made(name, gateways, ask, tell) if wish.create else gateways.get(name)
    if gateway is None:
        return False
    if not demo:
        tell(say("gateways", "token_used", source=settings.management().token.source))
        _set(ask, settings.current(), _missing(settings.current(), _TOKENS))
    gateways.use(name)
    tell(say("gateways", "used_demo" if demo else "used", gateway=name))
    return True


def _made(name: str, gateways: Gateways, ask: Callable[[str], str], tell: Callable[[str], None]) -> Gateway | None:
    """Make a gateway and say how it is set; one that is there stays as it is, and is used only when that is wanted."""
    there = gateways.list()
    found = next((gateway for gateway in there if gateway.name == name), None)
    tell(_listed(there))
    if found is not None:
        tell("\n".join([say("gateways", "exists", gateway=name), *_lines(found)]))
        if _agrees(ask, f"Use {name} as it is? y/N "):
            return found
        tell(say("gateways", "unused"))
        return None
    made = gateways.create(name)
    if made.name != name:
        raise ManagementError("gateway_unknown", gateway=name, account=made.account, known=f'made "{made.name}" instead')
    tell("\n".join([say("gateways", "made", gateway=name, account=_short(made.account)), *_lines(made)]))
    return made


def _lines(gateway: Gateway) -> list[str]:
    from pvideo import settings

    checks = describe(gateway, log_payload=settings.current().log_payload)
    return report(checks).splitlines()[1:]


def _listed(gateways: list[Gateway]) -> str:
    from pvideo import settings

    account = _short(settings.management().account_id)
    if not gateways:
        return say("gateways", "none", account=account)
    count = "1 gateway" if len(gateways) == 1 else f"{len(gateways)} gateways"
    return say("gateways", "some", account=account, count=count, names=", ".join(gateway.name for gateway in gateways))


def _short(account: str) -> str:
    return f"{account[:4]}…" if len(account) > 8 else account


def _missing(now: Any, questions: dict[str, str]) -> dict[str, str]:
    """Return the questions that the settings do not answer: where they answer all, nobody has to sit there."""
    return {name: question for name, question in questions.items() if not getattr(now, name)}


def _set(ask: Callable[[str], str], now: Any, questions: dict[str, str]) -> None:
    """Ask, and set what was answered for this kernel; a token from here wins over one of the environment."""
    from pvideo import settings

    changes: dict[str, Any] = {}
    for name, question in questions.items():
        answer = _ask(ask, _asked(name, question, getattr(now, name))).strip()
        if answer:
            changes[name] = settings.Secret(answer, "%pvideo setup") if name.endswith("_token") else answer
    settings.configure(**changes)


def _asked(name: str, question: str, present: Any) -> str:
    """Return the question as it is asked, with what Enter alone means; what is set is shown if it is no token."""
    kept = f"Enter keeps {present}" if isinstance(present, str) else "Enter keeps the one set"
    hint = kept if present else _EMPTY.get(name, "")
    return f"{question} ({hint}): " if hint else f"{question}: "


def _agrees(ask: Callable[[str], str], question: str) -> bool:
    return _ask(ask, question).strip().lower().startswith(_YES)


def _ask(ask: Callable[[str], str], question: str) -> str:
    try:
        return ask(question)
    except (EOFError, NotImplementedError, RuntimeError) as error:
        # ipykernel's StdinNotImplementedError is a RuntimeError: nobody sits at this notebook.
        advice = "Set CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_GATEWAY_ID, CF_AIG_TOKEN and REPLICATE_API_TOKEN instead."
        problem = "asks questions, and nobody can answer here"
        raise SettingsError("setting_wrong", setting="%pvideo setup", problem=problem, advice=advice) from error


def _getpass(question: str) -> str:
    from getpass import getpass

    return getpass(question)


def _to_keep(there: Endpoint) -> dict[str, Any]:
    """Return what goes into the file: what is in it, and what was set in this kernel. The environment's tokens stay in the environment."""
    from pvideo import account, settings

    return {**account.kept(), "account_id": there.account_id, "gateway_id": there.gateway_id, **settings.configured()}
