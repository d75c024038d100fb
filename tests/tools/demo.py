"""Runs the quickstart notebook against the embedded gateway and opens it: the second half of `make demo`."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "01-quickstart.ipynb"


def main() -> None:
    """Execute a copy, say what it made, and serve it when somebody is there to look."""
    # A folder for each run: what somebody wrote into an earlier copy stays, and every run makes its videos anew.
    folder = new_folder(ROOT / ".demo" / time.strftime("%Y-%m-%d-%H%M%S"))
    os.environ["PVIDEO_HOME"] = str(ROOT / ".demo" / "home")
    copy = folder / NOTEBOOK.name
    # With its picture, and the notebooks that it names as the next ones.
    shutil.copytree(NOTEBOOK.parent, folder, ignore=shutil.ignore_patterns("videos", ".*"), dirs_exist_ok=True)
    print(f"Running {NOTEBOOK.relative_to(ROOT)} against the embedded gateway: no account, nothing is paid", flush=True)
    execute(copy)
    for video in sorted(folder.rglob("*.mp4"), key=lambda path: path.stat().st_mtime):
        print(f"Video:    {video}")
    print(f"Notebook: {copy}", flush=True)
    if os.environ.get("CI") or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    serve(copy)


def new_folder(wanted: Path) -> Path:
    """Make a folder, with a number when there is one of that name."""
    for number in range(1, 1000):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    sys.exit(f"pvideo: there are a thousand folders like {wanted}")


def execute(path: Path) -> None:
    """Execute a notebook where it lies, and keep it also when a cell fails."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    # The kernel of this environment, whatever else is installed for this user.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    book = nbformat.read(path, as_version=4)
    # ipykernel warns about its own loopback sockets otherwise, which nobody can do anything about here.
    options = {"timeout": 120, "kernel_name": "python3", "extra_arguments": ["--log-level=ERROR"]}
    client = NotebookClient(book, resources={"metadata": {"path": str(path.parent)}}, **options)
    try:
        client.execute()
    except CellExecutionError as error:
        # The whole traceback stands in the notebook; its last line says what happened, without the terminal's colors.
        reason = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()[-1]
        sys.exit(f"pvideo: the notebook stopped: {reason}\nNotebook: {path}")
    finally:
        nbformat.write(book, path)


def serve(path: Path) -> None:
    """Become JupyterLab with this notebook open."""
    print("Opening it in JupyterLab; Ctrl+C twice ends that", flush=True)
    # As the address that is printed, too: a machine without a browser of its own opens that.
    options = [f"--ServerApp.root_dir={path.parent}", f"--LabApp.default_url=/lab/tree/{path.name}"]
    options += ["--allow-root"] if os.geteuid() == 0 else []
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *options])


if __name__ == "__main__":
    main()
