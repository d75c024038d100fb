"""Takes the README's pictures: the browser tests that make them run, and what they saw is copied into notebooks/images."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / ".test-artifacts" / "screenshots"
IMAGES = ROOT / "notebooks" / "images"
PICTURES = {"card.png": "card-succeeded", "studio.png": "studio", "sheet.png": "sheet-board", "compare.png": "compare"}
"""What stands in the README, and the test's picture that it is."""

_TESTS = ("tests/e2e/test_card.py", "tests/e2e/test_studio.py", "tests/e2e/test_sheet.py", "tests/e2e/test_compare.py")


def main() -> None:
    """Take them."""
    ran = subprocess.run([sys.executable, "-m", "pytest", "-q", *_TESTS], cwd=ROOT, check=False)
    if ran.returncode:
        sys.exit("pvideo: the pictures were not taken: a browser test failed.")
    for name, shot in PICTURES.items():
        shutil.copy(SHOTS / f"{shot}.png", IMAGES / name)
        print(f"notebooks/images/{name}")


if __name__ == "__main__":
    main()
