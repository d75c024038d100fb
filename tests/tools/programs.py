"""Finds the programs that the tests need beside Python packages, and installs them where apt can.

python tests/tools/programs.py chromium strace
"""

from __future__ import annotations

import os
import shutil
import sys

from environment import fail, install_programs, say

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(names: list[str]) -> None:
    """Find or install every program named."""
    for name in names:
        found = browser() if name == "chromium" else shutil.which(name)
        if not found:
            install_programs([name], f"The tests need {name}, and there is none.")
            found = browser() if name == "chromium" else shutil.which(name)
        if not found:
            fail(f"{name} was installed, but cannot be found on PATH.")
        say(f"{name}: {found}")


def browser() -> str | None:
    """Return the browser for the tests: the one that PVIDEO_TEST_BROWSER names, else a Chromium on PATH."""
    named = os.environ.get("PVIDEO_TEST_BROWSER")
    if named:
        found = shutil.which(named)
        if not found:
            fail(f"PVIDEO_TEST_BROWSER names {named}, which is no program on this machine.")
        return found
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


if __name__ == "__main__":
    main(sys.argv[1:])
