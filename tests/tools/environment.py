"""Makes a virtual environment and installs this project into it; runs before anything is installed (standard library only).

python3 tests/tools/environment.py .venv lab          # pvideo[lab], editable
python3 tests/tools/environment.py .venv test
python3 tests/tools/environment.py .venv second-kernel  # .venv-ipykernel72 beside it
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


def main(arguments: list[str]) -> None:
    """Do what the command line asks."""
    folder, what = ROOT / arguments[0], arguments[1]
    use_a_new_enough_python()
    if what == "second-kernel":
        make_second_kernel(folder)
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


def by_uv(folder: Path, wanted: list[str]) -> bool:
    """Install with uv, in a fourth of pip's time; False where that did not work, or where pip is told to go elsewhere than uv would."""
    told = subprocess.run([*pip(folder), "config", "list"], capture_output=True, text=True, check=False).stdout
    if ".index-url=" in told:
        return False
    if subprocess.run([*pip(folder), "install", "--quiet", "uv"], capture_output=True, check=False).returncode:
        return False
    uv = [str(folder / "bin" / "uv"), "pip", "install", "--python", str(folder / "bin" / "python")]
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
