"""A1: who may load what FFmpeg is in."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "pvideo"


def test_found_a1_no_kernel_loads_pyav() -> None:
    """Only the program that decodes does, which nobody imports, and the demo, which is a process of its own."""
    loads = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if re.search(r"^\s*(import|from) av\b", path.read_text(), re.MULTILINE)
    }
    imported = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if re.search(r"^\s*(import|from) .*\bcodec_program\b", path.read_text(), re.MULTILINE)
    }

    assert {name for name in loads if not name.startswith("demo/")} == {"job/codec_program.py"}
    assert imported == set()
