"""Makes a virtual environment and installs this project into it; runs before anything is installed (standard library only).

python3 tests/tools/environment.py .venv lab          # pvideo[lab], editable
python3 tests/tools/environment.py .venv test
python3 tests/tools/environment.py .venv second-kernel  # .venv-ipykernel72 beside it
python3 tests/tools/environment.py .venv second-python  # .venv-second-python beside it, where the machine has a further Python
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (3, 11)
SECOND_KERNEL = ".venv-ipykernel72"
SECOND_PYTHON = ".venv-second-python"
SECOND_MINORS = (13, 12, 14)
"""Of Python 3, the most wanted first: the newest that pyproject.toml names, for which pip takes the newest of everything; then its
elder, which takes the same; then one that nobody here has promised anything about."""
MANAGED = (
    "~/.pyenv/versions/{version}*/bin/python3",
    "~/.local/share/uv/python/cpython-{version}*/bin/python3",
    "~/.local/share/mise/installs/python/{version}*/bin/python3",
    "~/.asdf/installs/python/{version}*/bin/python3",
)
"""Where version managers keep their Pythons."""


def main(arguments: list[str]) -> None:
    """Do what the command line asks."""
    folder, what = ROOT / arguments[0], arguments[1]
    use_a_new_enough_python()
    if what == "second-kernel":
        make_second_kernel(folder)
        return
    if what == "second-python":
        make_second_python(folder)
        return
    if not runs(folder):
        make(folder)
    install(folder, what)


def use_a_new_enough_python() -> None:
    """Start again with a newer python3.x when this one is too old."""
    if sys.version_info[:2] >= NEEDED:
        return
    for minor in (13, 12, 11, 14):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, *sys.argv])
    fail(f"pvideo needs Python 3.11 or newer; this is {sys.version.split()[0]}. Install one, or name it: make PYTHON=…")


def runs(folder: Path) -> bool:
    """Whether there is an environment here that still works (a copied or moved one does not)."""
    python = folder / "bin" / "python"
    if not python.exists():
        return False
    answer = subprocess.run([str(python), "-c", "import pip, sys; print(sys.prefix)"], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and Path(answer.stdout.strip()) == folder


def make(folder: Path) -> None:
    """Make the environment, after mending what Debian leaves out of its Python."""
    if importlib.util.find_spec("ensurepip") is None:
        install_programs([f"python3.{sys.version_info[1]}-venv"], "Python's venv module is missing.")
    say(f"Making {folder.name}")
    run([sys.executable, "-m", "venv", "--clear", str(folder)], "The environment could not be made.")


def install(folder: Path, extra: str) -> None:
    """Install pvideo with one extra, editable, so that a change in src/ counts at once."""
    say(f"Installing pvideo[{extra}] into {folder.name} (a minute or two, the first time)")
    began = time.monotonic()
    wanted = ["--quiet", "--editable", f"{ROOT}[{extra}]"]
    if not by_uv(folder, wanted):
        run([*pip(folder), "install", *wanted], f"pip could not install pvideo[{extra}]; its reason stands above.")
    (folder / f".installed-{extra}").touch()
    if extra == "test":
        (folder / ".installed-lab").touch()
    say(f"Installed in {time.monotonic() - began:.0f} s")


def pip(folder: Path) -> list[str]:
    """Return the start of a pip command."""
    return [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]


def by_uv(folder: Path, wanted: list[str], into: Path | None = None) -> bool:
    """Install with uv, in a fourth of pip's time; False where that did not work, or where pip is told to go elsewhere than uv would.

    Args:
        folder: The environment whose uv does it.
        wanted: What is installed, and how.
        into: Another environment that it is installed into.
    """
    told = subprocess.run([*pip(folder), "config", "list"], capture_output=True, text=True, check=False).stdout
    if ".index-url=" in told:
        return False
    if subprocess.run([*pip(folder), "install", "--quiet", "uv"], capture_output=True, check=False).returncode:
        return False
    uv = [str(folder / "bin" / "uv"), "pip", "install", "--python", str((into or folder) / "bin" / "python")]
    done = subprocess.run([*uv, *wanted], cwd=ROOT, check=False).returncode == 0
    if not done:
        say("uv could not; pip tries.")
    return done


def make_second_kernel(first: Path) -> None:
    """Make an environment that differs from the first only in its ipykernel (7.2, which hears Cancel by another road than 7.4).

    The first one's Python runs this.
    """
    folder = first.parent / SECOND_KERNEL
    say(f"Making {folder.name}")
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)], "The second environment could not be made.")
    packages = Path(sysconfig.get_path("purelib"))
    # What is installed here comes first on sys.path, everything else comes from the first environment.
    (folder / packages.relative_to(first) / "first.pth").write_text(f"import site; site.addsitedir({str(packages)!r})\n")
    command = [*pip(first), "--python", str(folder / "bin" / "python"), "install", "--quiet", "--no-deps", "--ignore-installed"]
    run([*command, "ipykernel==7.2.*"], "ipykernel 7.2 could not be installed; pip's reason stands above.")
    (folder / ".installed").touch()


def make_second_python(first: Path) -> None:
    """Make an environment with another Python, which takes other versions of what is installed. The first one's Python runs this."""
    folder = first.parent / SECOND_PYTHON
    found = second_python()
    if found is None:
        shutil.rmtree(folder, ignore_errors=True)
        say("There is no second Python (3.12 or newer) on this machine: the tests run on one only. PVIDEO_TEST_PYTHON names one.")
        return
    python, version = found
    say(f"Second Python: {version} ({python})")
    stamp, wanted = folder / ".installed", f"{python} {version}"
    needed = max((first.parent / "pyproject.toml").stat().st_mtime, (first / ".installed-test").stat().st_mtime)
    if stamp.exists() and stamp.read_text() == wanted and stamp.stat().st_mtime >= needed and (folder / "bin" / "python").exists():
        return
    run([python, "-m", "venv", "--clear", "--without-pip", str(folder)], f"An environment of {python} could not be made.")
    install_second(first, folder)
    stamp.write_text(wanted)


def second_python() -> tuple[str, str] | None:
    """Return a Python that runs and is of another version than this one, and its version; None when there is none."""
    named = os.environ.get("PVIDEO_TEST_PYTHON")
    if named:
        version = version_of(named)
        if not version:
            fail(f"PVIDEO_TEST_PYTHON names {named}, which does not run as a Python 3.12 or newer.")
        return named, version
    for minor in SECOND_MINORS:
        for candidate in candidates(f"3.{minor}") if minor != sys.version_info[1] else ():
            version = version_of(candidate)
            if version.startswith(f"3.{minor}."):
                return candidate, version
    return None


def candidates(version: str) -> list[str]:
    """Return what may be a Python of a version: each on PATH (a version manager's shim there may refuse to run), then the managers'."""
    on_path = [Path(folder) / f"python{version}" for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    managed = [path for pattern in MANAGED for path in sorted(Path("/").glob(str(Path(pattern.format(version=version)).expanduser())[1:]))]
    return [str(path) for path in (*on_path, *reversed(managed)) if path.exists()]


def version_of(python: str) -> str:
    """Return the version of a Python that runs, has `venv` and is new enough; an empty text else."""
    code = "import sys, venv; print(sys.version.split()[0] if sys.version_info >= (3, 12) else '')"
    try:
        answer = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def install_second(first: Path, folder: Path) -> None:
    """Install what the tests need, with the first environment's tools; the widget's bundle is there already."""
    say(f"Installing pvideo[test] into {folder.name}")
    began = time.monotonic()
    os.environ["SKIP_JUPYTER_BUILDER"] = "1"
    wanted = ["--quiet", "--editable", f"{ROOT}[test]"]
    if not by_uv(first, wanted, into=folder):
        command = [*pip(first), "--python", str(folder / "bin" / "python"), "install", *wanted]
        run(command, f"pip could not install pvideo[test] into {folder.name}; its reason stands above.")
    say(f"Installed in {time.monotonic() - began:.0f} s")


def install_programs(packages: list[str], missing: str) -> None:
    """Install Debian packages, or say what to do where that is not possible."""
    names = " ".join(packages)
    by_hand = f"apt-get install {names}"
    if shutil.which("apt-get") is None:
        fail(f"{missing} This machine has no apt-get: install it by its own means (Debian calls it {names}).")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (shutil.which("sudo") is None or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode):
        fail(f"{missing} As an administrator: {by_hand}. Then run make again.")
    say(f"{missing} Installing: {names}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Old package lists can still be good enough, so only the installation decides.
    subprocess.run([*prefix, "apt-get", "update", "-qq"], env=environment, check=False)
    answer = subprocess.run(
        [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=environment, check=False
    )
    if answer.returncode:
        fail(f"{missing} {by_hand} failed; its reason stands above.")


def run(command: list[str], sentence: str) -> None:
    """Run a command whose failure ends everything with one sentence."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        fail(sentence)


def say(text: str) -> None:
    """Print a line at once, in order with the output of the programs that are started."""
    print(text, flush=True)


def fail(sentence: str) -> None:
    """End with a sentence."""
    sys.exit("pvideo: " + sentence)


if __name__ == "__main__":
    main(sys.argv[1:])
