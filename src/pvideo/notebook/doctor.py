"""``%pvideo doctor``: what works here and what does not, each line with its next step. Free: it only looks."""

from __future__ import annotations

import os
import shutil
from importlib import metadata
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError

from .audit import check_history
from .checks import Check, check_network
from .gateway import check_gateway
from .hosts import detect
from .words import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pvideo.endpoint import Endpoint
    from pvideo.settings import Settings

_HEAD = "%pvideo doctor"
_FREE = "free: only looks, makes nothing"


def doctor(
    shell: Any,
    *,
    network: Callable[[Endpoint, str], list[Check]] = check_network,
    gateway: Callable[[Endpoint], list[Check]] = check_gateway,
) -> str:
    """Return the report as text."""
    from pvideo.settings import current, demo_is_on, endpoint

    checks: list[Check] = []
    settings = _settings_or_none()
    try:
        there, now = endpoint(), current()
        checks.append(check_settings(there))
        asked = network(there, now.model)
        checks += asked
        checks += gateway(there)
        if any(check.name == "Replicate" and check.mark == "✓" for check in asked):
            checks += check_history(there)
    except PVideoError as error:
        checks.append(Check(mark="✗", name="Settings", text=f"{error.title}. {error.sentence}", next=error.next))
        checks += [Check(mark="–", name=name, text="not checked, needs settings") for name in ("Gateway", "Replicate", "Model")]
    if settings is not None:
        checks.append(check_library(settings.video_folder))
    checks += [check_notebook(shell), check_media()]
    if demo_is_on():
        checks.insert(0, Check(mark="✓", name="Demo", text="is on: nothing leaves this machine, nothing is charged", next=""))
    return report(checks)


def report(checks: list[Check]) -> str:
    """Return the checks as aligned text, with how many there are to fix."""
    bad = sum(check.mark == "✗" for check in checks)
    verdict = "all good" if not bad else "1 thing to fix" if bad == 1 else f"{bad} things to fix"
    lines = [f"{_HEAD:<28}{_FREE:<44}{verdict}"]
    for check in checks:
        lines.append(f"{check.mark} {check.name:<11} {check.text}")
        if check.next:
            lines.append(f"{'':<14}Next: {check.next}")
    return "\n".join(lines)


def check_settings(there: Endpoint) -> Check:
    """Say where requests go, and with which tokens: where each came from, never what it is."""
    words = [f"gateway {there.gateway}" if there.kind != "direct" else f"straight to {there.host}"]
    if there.account_id:
        words[0] += f", account {there.account_id[:4]}…"
    words.append(f"gateway token from {there.gateway_token.source}" if there.gateway_token else "no gateway token")
    words.append(_replicate(there))
    advice = ""
    if there.gateway_token is not None and there.gateway_token.source.startswith("CLOUDFLARE_API_TOKEN"):
        # A general API token may do far more than run the gateway.
        advice = 'CF_AIG_TOKEN with a token that has only "AI Gateway Run" is safer.'
    return Check(mark="✓", name="Settings", text="; ".join(words), next=advice)


def _replicate(there: Endpoint) -> str:
    if there.replicate_token is not None:
        return f"Replicate token from {there.replicate_token.source}"
    return say("gateways", "stored_key", alias=there.stored_key) if there.stored_key else "Replicate's key stored in the gateway"


def check_library(folder: Path) -> Check:
    """Say whether videos can be saved, and how many there are."""
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), folder)
    if not os.access(there, os.W_OK):
        return Check(mark="✗", name="Library", text=f"{folder} cannot be written", next="pvideo.configure(folder=…)")
    count = sum(1 for path in folder.glob("*.mp4")) if folder.is_dir() else 0
    free = shutil.disk_usage(there).free
    text = f"{folder.name}/, {count} video{'' if count == 1 else 's'}, {free / 1e9:.0f} GB free"
    if free < 1e9:
        return Check(mark="✗", name="Library", text=text, next="Free some space, or pvideo.configure(folder=…).")
    return Check(mark="✓", name="Library", text=text)


def check_notebook(shell: Any) -> Check:
    """Say what this notebook can do with a card."""
    host = detect(shell)
    version = _version("ipykernel")
    if getattr(shell, "kernel", None) is None or not version:
        return Check(mark="–", name="Notebook", text=f"{host.label}: cards are text here")
    newer = 'pip install -U "ipykernel>=7.4"'
    if version.startswith(("7.0.0", "7.0.1")):
        return Check(mark="✗", name="Notebook", text=f"ipykernel {version} loses updates", next=newer)
    if version.startswith(("7.0.", "7.1.", "7.2.", "7.3.")):
        # A request that comes while an answer leaves can lie unread until the next connection, which our buttons make by themselves:
        # https://github.com/ipython/ipykernel/issues/1554.
        text = f"ipykernel {version} can stop hearing cells until the page is reloaded"
        return Check(mark="–", name="Notebook", text=text, next=newer)
    cancel = "Cancel works while a cell runs" if int(version.split(".")[0]) >= 7 else "Cancel is heard when a cell ends"
    return Check(mark="✓", name="Notebook", text=f"{host.label}, ipykernel {version}: {cancel}")


def check_media() -> Check:
    """Say whether posters can be drawn."""
    missing = [name for name in ("av", "pillow") if not _version(name)]
    if missing:
        return Check(mark="–", name="Media", text="no posters in saved notebooks", next='pip install "pvideo[media]"')
    return Check(mark="✓", name="Media", text="posters and probing work")


def _settings_or_none() -> Settings | None:
    from pvideo.settings import current

    try:
        return current()
    except PVideoError:
        return None


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
