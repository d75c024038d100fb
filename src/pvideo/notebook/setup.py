"""``%pvideo setup``: an account in four answers, at a password prompt, so that none of them stands in the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.errors import SettingsError

from .checks import Check, check_network
from .doctor import check_settings, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.endpoint import Endpoint

_QUESTIONS = {
    "account_id": "Cloudflare account id",
    "gateway_id": "AI Gateway name",
    "gateway_token": 'Gateway token (permission "AI Gateway Run"; Enter: none)',
    "replicate_token": "Replicate token (Enter: it is stored in the gateway)",
}


def setup(
    *,
    ask: Callable[[str], str] | None = None,
    tell: Callable[[str], None],
    network: Callable[[Endpoint, str], list[Check]] = check_network,
) -> None:
    """Ask for the account, check it for free, and keep it for this kernel or, if wanted, on this machine.

    Args:
        ask: Asks one question without echo (``getpass``).
        tell: Shows a text.
        network: The checks that ask the gateway.

    Raises:
        SettingsError: Nobody can answer here, or an answer does not fit.
    """
    from pvideo import settings

    ask = ask or _getpass
    answers = {name: answer for name, answer in _ask_all(ask, settings.current()).items() if answer}
    # A token from setup wins over one from the environment; both stay out of every output.
    changes: dict[str, Any] = {
        name: settings.Secret(answer, "%pvideo setup") if name.endswith("_token") else answer for name, answer in answers.items()
    }
    settings.configure(**changes)
    settings.use_demo(None)
    there = settings.endpoint()
    checks = [check_settings(there), *network(there, settings.current().model)]
    tell(report(checks).replace("%pvideo doctor", "%pvideo setup ", 1))
    if any(check.mark == "✗" for check in checks):
        tell("It is set for this kernel only. Fix what is marked, then run %pvideo setup again.")
        return
    if _ask(ask, "Keep it on this machine, in a file only you can read? y/N ").lower().startswith("y"):
        tell(f"Kept in {settings.keep(_to_keep(there, answers))}.")
    else:
        tell("Kept for this kernel only.")


def _ask_all(ask: Callable[[str], str], now: Any) -> dict[str, str]:
    answers: dict[str, str] = {}
    for name, question in _QUESTIONS.items():
        present = getattr(now, name)
        hint = f" (Enter keeps {present})" if isinstance(present, str) and present else " (Enter keeps the one set)" if present else ""
        answers[name] = _ask(ask, f"{question.split(' (Enter')[0] if hint else question}{hint}: ").strip()
    return answers


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


def _to_keep(there: Endpoint, answers: dict[str, str]) -> dict[str, str]:
    """Return what goes into the file: the answers, and the names they were checked with."""
    names = {"account_id": there.account_id, "gateway_id": there.gateway_id}
    return {**names, **answers}
