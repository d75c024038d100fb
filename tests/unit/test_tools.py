"""What the Makefile calls: it repairs what it can, and says in one sentence what it cannot."""

from __future__ import annotations

import importlib.util
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

TOOLS = Path(__file__).resolve().parents[1] / "tools"


def tool(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load a tool as it loads itself: with its own folder first."""
    monkeypatch.syspath_prepend(str(TOOLS))
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PVIDEO_TEST_BROWSER", raising=False)
    return tmp_path


def program(folder: Path, name: str, script: str = "exit 0") -> Path:
    """Write a program."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(stat.S_IRWXU)
    return file


def test_without_apt_the_missing_program_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"The tests need strace, and there is none\. This machine has no apt-get"):
        tool("programs", monkeypatch).main(["strace"])


def test_without_rights_the_command_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path, "apt-get", "exit 99")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(SystemExit, match=r"As an administrator: apt-get install chromium-headless-shell\. Then run make again\."):
        tool("programs", monkeypatch).main(["browser"])


def test_root_gets_the_program_from_apt(path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    program(path, "apt-get", f'[ "$1" = update ] || {{ echo "asked: $*"; /bin/cp {path}/apt-get {path}/chromium-headless-shell; }}')
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    tool("programs", monkeypatch).main(["browser"])

    said = capfd.readouterr().out
    assert "asked: install -y -qq --no-install-recommends chromium-headless-shell" in said
    assert f"browser: {path / 'chromium-headless-shell'}" in said


def test_a_named_browser_comes_first_and_has_to_exist(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path, "chromium")
    mine = program(path, "my-browser")
    programs = tool("programs", monkeypatch)

    monkeypatch.setenv("PVIDEO_TEST_BROWSER", str(mine))
    assert programs.browser() == str(mine)
    monkeypatch.setenv("PVIDEO_TEST_BROWSER", "/nowhere/browser")
    with pytest.raises(SystemExit, match="PVIDEO_TEST_BROWSER names /nowhere/browser"):
        programs.browser()


def test_a_python_without_venv_is_repaired_or_explained(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = tool("environment", monkeypatch)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))

    with pytest.raises(SystemExit, match=r"Python's venv module is missing\. .*python3\.\d+-venv"):
        environment.make(path / "new")


@pytest.mark.parametrize(
    ("told", "uv", "used"),
    [
        ("global.extra-index-url='file:///wheels'", "exit 0", ["uv"]),
        ("global.index-url='https://packages.example/simple'", "exit 0", ["pip"]),
        ("", "exit 1", ["uv", "pip"]),
    ],
    ids=["uv", "pip has an index of its own", "uv fails"],
)
def test_uv_installs_where_it_does_what_pip_would(path: Path, monkeypatch: pytest.MonkeyPatch, told: str, uv: str, used: list[str]) -> None:
    (path / "bin").mkdir()
    log = path / "log"
    program(path / "bin", "python", f'case "$*" in *config*) echo "{told}";; *--editable*) echo pip >> {log};; esac')
    program(path / "bin", "uv", f"echo uv >> {log}; {uv}")

    tool("environment", monkeypatch).install(path, "lab")

    assert log.read_text().split() == used
    assert (path / ".installed-lab").exists()


def test_a_failed_check_is_named_and_the_rest_still_runs(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    steps = tool("steps", monkeypatch)
    monkeypatch.setattr(steps, "STEPS", {"first": (("false",),), "second": (("echo", "I ran"),)})

    with pytest.raises(SystemExit, match="failed: first"):
        steps.main(["first", "second"])

    assert "I ran" in capfd.readouterr().out


def test_every_command_of_the_makefile_is_listed() -> None:
    said = subprocess.run(["make", "--no-print-directory", "help"], cwd=TOOLS.parents[1], capture_output=True, text=True, check=True).stdout

    assert all(f"make {name} " in said for name in ("demo", "test", "js", "clean"))
