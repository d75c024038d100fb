"""Finds the programs that the tests need beside Python packages, and installs them where apt can.

python tests/tools/programs.py browser strace
"""

from __future__ import annotations

import os
import shutil
import sys

from environment import fail, install_programs, say

SHELL = "chromium-headless-shell"
"""Chromium without a window, as Playwright takes it where nobody looks; an eighth less work than one with a window that is not shown."""
BROWSERS = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(names: list[str]) -> None:
    """Find or install every program named."""
    for name in names:
        found = browser() if name == "browser" else shutil.which(name)
        if not found:
            package = SHELL if name == "browser" else name
            install_programs([package], f"The tests need {package}, and there is none.")
            found = shutil.which(package)
        if not found:
            fail(f"{name} was installed, but cannot be found on PATH.")
        say(f"{name}: {found}")


def browser() -> str | None:
    """Return the browser for the tests: the one that PVIDEO_TEST_BROWSER names, else a Chromium on PATH, rather one without a window."""
    named = os.environ.get("PVIDEO_TEST_BROWSER")
    if named:
        found = shutil.which(named)
        if not found:
            fail(f"PVIDEO_TEST_BROWSER names {named}, which is no program on this machine.")
        return found
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


if __name__ == "__main__":
    main(sys.argv[1:])
