"""Who may know whom: the arrows between the rooms, read from every import, those inside functions too."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "pvideo"
BASE = {"address", "arguments", "errors", "guard", "secrets", "account", "endpoint", "fitting", "metadata", "settings"}
MAY_KNOW = {
    **dict.fromkeys(BASE, BASE),
    "model": BASE,
    "wire": BASE | {"model"},
    "library": BASE | {"model"},
    "job": BASE | {"model", "wire", "library"},
    "notebook": BASE | {"model", "wire", "library", "job", "demo"},
    "demo": set(),
    "__init__": BASE | {"model", "wire", "library", "job", "notebook", "demo"},
    "__main__": BASE | {"job", "notebook", "demo"},
}
ONLY_IN = {
    "httpx": {"wire"},
    "cloudflare": {"wire"},
    "ipywidgets": {"notebook"},
    "anywidget": {"notebook"},
    "traitlets": {"notebook"},
    "IPython": {"notebook", "__init__"},
    "jsonschema": {"model"},
    "uvicorn": {"demo"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Return the full names of what a file imports, relative ones resolved."""
    package = ["pvideo", *path.relative_to(SOURCE).parent.parts]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names} if base == "pvideo" else {base}
    return found


def rooms(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("pvideo.")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_knows_only_the_rooms_below_it(path):
    own = room_of(path)

    assert rooms(path) - MAY_KNOW[own] - {own, "__version__"} == set()


def test_a_library_stays_in_its_room():
    strangers = {
        (str(path.relative_to(SOURCE)), name)
        for path in FILES
        for name in {item.split(".")[0] for item in imports(path)}
        if room_of(path) not in ONLY_IN.get(name, {room_of(path)})
    }

    assert strangers == set()


def test_only_the_notebook_room_reaches_the_demo_and_only_by_its_host():
    reached = {name for path in FILES if room_of(path) == "notebook" for name in imports(path) if name.startswith("pvideo.demo")}

    assert reached == {"pvideo.demo"}


def test_importing_pvideo_loads_nothing_heavy():
    heavy = [*ONLY_IN, "av", "numpy", "PIL", "sqlite3", "asyncio"]
    script = f"import sys, pvideo; print([name for name in {heavy!r} if name in sys.modules])"

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert shown.strip() == "[]"
