"""B1 to B3: a project that is renamed, copied, moved, `%cd`-ed or saved by another editor runs its cells again, and pays nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from tests.support import kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import RunningDemo


PAID = 4
CELLS = (
    "%%pvideo cat --draft --duration 1\nA cat walking\nthrough {weather}",
    "%%pvideo sun --draft --duration 1 --image first.png\nThe sun rises",
    "%%pvideo board --draft --duration 1 --each\nA {red | blue} boat",
)
PATHS = "print(cat.path, sun.path, *(video.path for video in board), sep='\\n')"
PICTURE = bytes.fromhex(  # a PNG of one pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


class Project:
    """A folder with a notebook, whose cells are run in a real kernel."""

    def __init__(self, folder: Path, home: Path, demo: RunningDemo, *, told: bool) -> None:
        self.folder, self.home, self.demo, self.told = folder, home, demo, told

    def at(self, folder: Path | None = None, home: Path | None = None) -> Project:
        return Project(folder or self.folder, home or self.home, self.demo, told=self.told)

    def run(self, *before: str, cells: tuple[str, ...] = CELLS) -> list[Path]:
        """Run the cells in a new kernel; return where the videos are that its variables hold."""
        demo = self.demo
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("CLOUDFLARE", "CF_", "REPLICATE", "PVIDEO", "JPY"))
        }
        given = {"PVIDEO_BASE_URL": demo.base_url, "CF_AIG_TOKEN": demo.gateway_token, "REPLICATE_API_TOKEN": demo.replicate_token}
        session = {"JPY_SESSION_NAME": str(self.folder / "book.ipynb")} if self.told else {}
        environment = {**kept, **given, **session, "PVIDEO_HOME": str(self.home), "IPYTHONDIR": str(self.home / "ipython")}
        code = ("%load_ext pvideo", *before, "weather = 'snow'", *cells, PATHS)
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in code])
        kernels.execute(book, self.folder, environment=environment)
        text = "".join(output.text for output in book.cells[-1].outputs if output.output_type == "stream")
        return [Path(line) for line in text.split("\n") if line.startswith("/")]

    def sums(self) -> set[str]:
        return {item["sha256"] for item in self.demo.ledger()["predictions"]}


def sums_of(paths: list[Path]) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture
def make_project(tmp_path: Path, demo_server: RunningDemo) -> Callable[..., Project]:
    """Makes a project whose cells were run once, on a host that tells where the notebook lies or one that does not."""

    def make(*, told: bool) -> Project:
        folder = tmp_path / "project"
        (folder / "sub").mkdir(parents=True)
        (folder / "first.png").write_bytes(PICTURE)
        made = Project(folder, tmp_path / "home", demo_server, told=told)
        paths = made.run()
        assert len(paths) == PAID == len(demo_server.predictions())
        assert {path.parent for path in paths} == {folder / "videos"}
        return made

    return make


def again(project: Project, folder: Path, *before: str, **more: Any) -> None:
    """Run the cells again: nothing is paid, and each shows its video in this folder."""
    requests = len(project.demo.requests("gateway", "POST"))
    paths = project.run(*before, **more)
    assert len(project.demo.requests("gateway", "POST")) == requests
    assert len(project.demo.predictions()) == PAID
    assert {path.parent for path in paths} == {folder / "videos"}
    assert sums_of(paths) == project.sums()


def test_found_b1_a_cell_that_went_elsewhere_pays_nothing(make_project: Callable[..., Project]) -> None:
    """Nobody tells where the notebook lies: the kernel's first folder counts."""
    project = make_project(told=False)

    again(project, project.folder, "import os; os.chdir('sub')")

    assert not (project.folder / "sub" / "videos").exists()


def test_found_b2_a_project_that_travels_pays_nothing(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project(told=True)

    # %cd, and an editor that ends lines otherwise
    again(project, project.folder, "%cd sub", cells=tuple(cell.replace("\n", "\r\n") for cell in CELLS))

    # copied, both there; and blanks at line ends
    copy = tmp_path / "copy"
    shutil.copytree(project.folder, copy)
    again(project.at(copy), copy, cells=tuple(cell.replace("\n", "  \n") + " \t\n\n" for cell in CELLS))

    # renamed, while the copy is there
    renamed = tmp_path / "renamed"
    project.folder.rename(renamed)
    again(project.at(renamed), renamed)

    # to another machine: its sidecars alone tell of it
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(renamed, elsewhere)
    again(project.at(elsewhere, tmp_path / "other-home"), elsewhere)


def test_found_b3_no_carriage_return_goes_out(tmp_path: Path, demo_server: RunningDemo) -> None:
    made = Project(tmp_path, tmp_path / "home", demo_server, told=True)
    cell = "%%pvideo cat --draft --duration 1\r\nA cat\r\n{weather}\rA dog  \r\n"

    made.run("", cells=(cell, "sun = cat; board = []"))

    assert [item["input"]["prompt"] for item in demo_server.predictions()] == ["A cat\nsnow\nA dog"]
