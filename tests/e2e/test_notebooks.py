"""The notebooks: clean as they are stored, and whole when they are executed against the embedded gateway without a browser."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from tests.support import kernels

if TYPE_CHECKING:
    from tests.e2e.demo import Demo

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
VIDEOS = {"01-quickstart": 2, "02-prompt-iteration": 8, "03-teaching": 4, "04-any-model": 1}
"""How many videos each notebook makes: what it pays for once it is run with an account."""
LONG = {"02-prompt-iteration", "03-teaching"}
"""What may come near its minute when something runs beside it."""
BESIDE = {"03-teaching": 2, "04-any-model": 5}
"""What is created beside the videos: the aborted one and the one made by hand; images, text, sound and JSON of other models."""
OTHERS = {".webp": 6, ".txt": 1, ".wav": 1, ".jpg": 1}
"""The files that the models of 04-any-model leave."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_stored_notebook_has_no_outputs_and_short_cells(path: Path) -> None:
    book = nbformat.read(path, as_version=4)

    nbformat.validate(book)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in book.cells)
    assert all(re.fullmatch(r"[a-z0-9-]+", cell.id) for cell in book.cells)
    assert max(len(cell.source.splitlines()) for cell in book.cells if cell.cell_type == "code") <= 6


@pytest.mark.parametrize("path", [pytest.param(path, marks=[pytest.mark.alone] * (path.stem in LONG), id=path.stem) for path in NOTEBOOKS])
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path, kernel_environment: dict[str, str], demo: Demo) -> None:
    book = nbformat.read(path, as_version=4)
    began = time.monotonic()

    kernels.execute(book, tmp_path, timeout=120, environment=kernel_environment)

    assert time.monotonic() - began <= 60
    assert demo.created() == VIDEOS[path.stem] + BESIDE.get(path.stem, 0)
    videos = sorted((tmp_path / "videos").glob("*.mp4"))
    assert len(videos) == VIDEOS[path.stem]
    for video in videos:
        assert probe(video) == {"width": 1280, "height": 720, "fps": 24, "seconds": 5}
    if path.stem == "04-any-model":
        made = [file.suffix for file in (tmp_path / "videos").iterdir()]
        assert {suffix: made.count(suffix) for suffix in OTHERS} == OTHERS
        assert [item["model"] for item in demo.predictions()].count("black-forest-labs/flux-schnell") == 2


def test_the_quickstart_keeps_its_videos_in_its_outputs(tmp_path: Path, kernel_environment: dict[str, str], demo: Demo) -> None:
    book = nbformat.read(ROOT / "notebooks" / "01-quickstart.ipynb", as_version=4)

    kernels.execute(book, tmp_path, timeout=120, environment=kernel_environment)

    for cell in (cell for cell in book.cells if cell.id in ("first", "again")):
        pages = [output.data["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]
        source = re.search(r'<video[^>]* src="([^"]+)"', "".join(pages))
        assert source, cell.outputs
        assert (tmp_path / source[1]).is_file()
        assert not any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in cell.outputs)
    assert "widgets" not in book.metadata
    assert len(nbformat.writes(book)) < 200_000


def probe(path: Path) -> dict[str, Any]:
    """Return what a decoder finds in a video, its length to the nearest tenth of a second."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        seconds = float(stream.duration * stream.time_base)
        return {"width": stream.width, "height": stream.height, "fps": round(stream.average_rate), "seconds": round(seconds, 1)}
