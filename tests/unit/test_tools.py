"""What the Makefile calls: it repairs what it can, and says in one sentence what it cannot."""

from __future__ import annotations

import importlib.util
import os
import re
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

    assert all(f"make {name} " in said for name in ("demo", "test", "bench", "second-python", "pictures", "js", "clean"))


# -- what else a person can run


@pytest.fixture
def first(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A first environment with a uv that writes down what it was asked for, on a machine with no other Python yet."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PVIDEO_TEST_PYTHON", raising=False)
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    program(folder / "bin", "python")
    program(folder / "bin", "uv", f'echo "$*" >> {tmp_path}/asked')
    (folder / ".installed-test").touch()
    (tmp_path / "pyproject.toml").touch()
    return folder


def python(folder: Path, name: str, version: str) -> Path:
    """Write a program that answers as a Python of this version does, and makes environments."""
    folder.mkdir(parents=True, exist_ok=True)
    makes = 'for last; do :; done; /bin/mkdir -p "$last/bin"; : > "$last/bin/python"'
    return program(folder, name, f'case "$*" in *--without-pip*) {makes};; *) echo {version};; esac')


def test_found_g_a_shim_that_refuses_gives_way_to_a_python_that_runs(
    first: Path, path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = tool("environment", monkeypatch)
    newest = next(minor for minor in environment.SECOND_MINORS if minor != sys.version_info[1])
    program(path, f"python3.{newest}", "echo 'pyenv: version is not installed'; exit 127")
    mine = python(path / "home" / ".pyenv" / "versions" / f"3.{newest}.4" / "bin", "python3", f"3.{newest}.4")

    environment.main([str(first), "second-python"])
    environment.main([str(first), "second-python"])

    assert capfd.readouterr().out.count(f"Second Python: 3.{newest}.4 ({mine})") == 2
    (asked,) = (path / "asked").read_text().splitlines()
    assert f"--python {path / '.venv-second-python' / 'bin' / 'python'} " in asked
    assert asked.endswith("[test]")


def test_found_g_without_a_second_python_that_is_said_and_none_is_left(
    first: Path, path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    environment, steps = tool("environment", monkeypatch), tool("steps", monkeypatch)
    left = path / ".venv-second-python"
    left.mkdir()

    environment.main([str(first), "second-python"])
    monkeypatch.setattr(steps, "SECOND", left / "bin" / "python")
    steps.main(["second-python"])

    assert not left.exists()
    said = capfd.readouterr().out
    assert "There is no second Python (3.12 or newer) on this machine" in said
    assert "second-python: not run" in said


@pytest.mark.parametrize("script", ["echo ''", "exit 1"], ids=["too old", "broken"])
def test_found_g_a_named_python_comes_first_and_has_to_run(first: Path, path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    environment = tool("environment", monkeypatch)
    python(path, "python3.13", "3.13.0")
    mine = python(path / "elsewhere", "my-python", "3.15.1")
    monkeypatch.setenv("PVIDEO_TEST_PYTHON", str(mine))
    assert environment.second_python() == (str(mine), "3.15.1")

    program(path / "elsewhere", "my-python", script)
    with pytest.raises(SystemExit, match=r"PVIDEO_TEST_PYTHON names .*my-python, which does not run as a Python 3\.12 or newer"):
        environment.second_python()


def test_found_g_what_the_second_python_leaves_out_exists() -> None:
    steps = (TOOLS / "steps.py").read_text()
    left_out = re.findall(r'^    "(tests/\S+\.py)",$', steps, re.MULTILINE)

    assert left_out
    assert [name for name in left_out if not (TOOLS.parents[1] / name).is_file()] == []


def test_found_g_the_pictures_are_those_that_tests_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = tool("pictures", monkeypatch)
    tests = "".join((pictures.ROOT / name).read_text() for name in pictures._TESTS)
    assert [shot for shot in pictures.PICTURES.values() if f'picture("{shot}"' not in tests] == []
    assert all((pictures.IMAGES / name).is_file() for name in pictures.PICTURES)

    for name in ("shots", "images"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(pictures, name.upper(), tmp_path / name)
    for shot in pictures.PICTURES.values():
        (tmp_path / "shots" / f"{shot}.png").write_text(shot)
    monkeypatch.setattr(pictures.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0))
    pictures.main()
    assert {name: (tmp_path / "images" / name).read_text() for name in pictures.PICTURES} == pictures.PICTURES


@pytest.mark.timeout(300)
def test_found_g_the_demo_runs_a_copy_of_its_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import nbformat

    demo = tool("demo", monkeypatch)
    stored = tmp_path / "notebooks" / demo.NOTEBOOK.name
    stored.parent.mkdir()
    cell = "from pathlib import Path; Path('a.mp4').touch(); __import__('os').environ['PVIDEO_HOME']"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), stored)
    before = stored.read_bytes()
    for name, value in (("CI", "true"), ("PVIDEO_HOME", ""), ("JUPYTER_PREFER_ENV_PATH", "")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    monkeypatch.setattr(demo, "NOTEBOOK", stored)

    demo.main()

    said = capfd.readouterr().out
    copy = Path(said.split("Notebook: ")[1].strip())
    (output,) = nbformat.read(copy, as_version=4).cells[0].outputs
    assert output["data"]["text/plain"] == repr(str(tmp_path / ".demo" / "home"))
    assert f"Video:    {copy.with_name('a.mp4')}" in said
    assert stored.read_bytes() == before
