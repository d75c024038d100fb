"""Section C, disks: full, failing, read-only, limited; before the press nothing is sent, after it all is kept."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.test_c_fetching import big_clip

from pvideo.errors import JournalError
from pvideo.library import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.killing.ground import Ground
    from tests.faults.scene import Scene
    from tests.support.demo import RunningDemo

MB = 1024**2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str, int], Path]]:
    """Mounts small real disks (tmpfs) below the test's folder; only root may, so the test is skipped for others."""
    mounted: list[Path] = []

    def mount(name: str, size: int) -> Path:
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "pvideo-test", str(path)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as problem:
            pytest.skip(f"no tmpfs can be mounted here: {getattr(problem, 'stderr', None) or problem}")
        mounted.append(path)
        return path

    yield mount
    for path in mounted:
        subprocess.run(["umount", "-l", str(path)], check=True, capture_output=True)


def fill(disk: Path, *, left: int) -> Path:
    """Fill a disk up to its last `left` bytes, really: the next write meets ENOSPC."""
    filler, space = disk / "filler", os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - left)
    return filler


def test_C09_a_full_disk_before_anything_is_sent(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvideo.job.press.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(JournalError) as full:
        scene.press()
    monkeypatch.undo()
    assert (full.value.key, full.value.paid) == ("disk_full", "no")
    assert "Nothing was sent" in str(full.value)
    assert not scene.demo.ledger()["requests"]


def test_C09_a_journal_that_is_full_sends_nothing(scene: Scene) -> None:
    db = scene.kernel.engine.journal._db
    db.execute("PRAGMA max_page_count=1")
    with pytest.raises(JournalError) as full:
        scene.press(prompt="A cat " * 20_000)
    assert full.value.key == "disk_full"
    assert not scene.demo.ledger()["requests"]
    db.execute("PRAGMA max_page_count=1000000")
    video = scene.press()
    scene.settle()
    assert video.path


@pytest.mark.parametrize("method", ["created", "update", "change"])
@pytest.mark.parametrize("key", ["disk_full", "folder_closed", "journal_busy"])
def test_C09_a_journal_that_fails_later_is_written_when_it_can_be(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, method: str, key: str
) -> None:
    journal = scene.kernel.engine.journal
    real, left = getattr(journal, method), [3]

    def stumble(*given: Any, **columns: Any) -> Any:
        if scene.creates and left[0]:
            left[0] -= 1
            raise JournalError(key, folder="home", path="home", reason="why", seconds="5")
        return real(*given, **columns)

    monkeypatch.setattr(journal, method, stumble)
    video = scene.press()
    scene.settle()
    assert video.path
    assert len(scene.paid) == 1


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("step", ["open", "write", "fsync", "link"])
def test_C09_a_disk_that_fails_after_the_fact_keeps_the_id_and_saves_when_asked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, step: str, problem: int
) -> None:
    video = scene.press()
    scene.run(0.2)
    failing = {"open": "pvideo.wire.part.os.open", "write": "pvideo.wire.part.os.write", "fsync": "pvideo.wire.part.os.fsync"}

    def fails(*_: Any, **__: Any) -> Any:
        raise OSError(problem, os.strerror(problem))

    with monkeypatch.context() as patch:
        if step == "link":
            patch.setattr(files, "_rename_new", fails)
        else:
            patch.setattr(failing[step], _only_parts(getattr(os, step), fails, scene))
        scene.run(40)
    full = problem in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    assert video.path is None
    assert video.error.key == ("disk_full_after" if full else "folder_closed_after")
    assert video.error.paid == "yes"
    assert video.prediction_id
    assert not list(scene.folder.glob("*.part"))
    scene.save_now(video)
    scene.settle()
    assert video.path


def _only_parts(real: Any, fails: Any, scene: Scene) -> Any:
    """Fail for the downloads' files, not for SQLite's or the demo's."""

    def choose(first: Any, *given: Any, **options: Any) -> Any:
        name = first if isinstance(first, (str, os.PathLike)) else Path(f"/proc/self/fd/{first}").readlink()
        return fails() if str(name).endswith(".part") else real(first, *given, **options)

    return choose


@pytest.mark.parametrize("full", ["videos", "home"])
def test_C09_a_small_disk_that_is_full_before_the_journal(
    small_disk: Callable[[str, int], Path], tmp_path: Path, request: pytest.FixtureRequest, full: str
) -> None:
    disk = small_disk(full, 40 * MB)
    scene: Scene = request.getfixturevalue("scene")  # its journal lies on the disk, so it comes after it
    filler = fill(disk, left=0)
    with pytest.raises(JournalError) as refused:
        scene.press(prompt="A cat " * 20_000)
    assert (refused.value.key, refused.value.paid) == ("disk_full", "no")
    assert not scene.demo.ledger()["requests"]
    filler.unlink()
    video = scene.press()
    scene.settle()
    assert video.path


@pytest.mark.parametrize("told", [True, False], ids=["its length is told", "met while writing"])
def test_C09_a_small_disk_that_fills_while_it_is_fetched(
    small_disk: Callable[[str, int], Path], request: pytest.FixtureRequest, told: bool
) -> None:
    disk = small_disk("videos", 40 * MB)
    scene: Scene = request.getfixturevalue("scene")
    scene.demo.state.store.renderer = big_clip
    if not told:
        scene.fault("after_accept", "headers", op="file", nth=1, remove=["content-length"])
    video = scene.press()
    scene.run(0.2)
    filler = fill(disk, left=MB)
    scene.run(40)
    assert (video.path, video.error.key, video.error.paid) == (None, "disk_full_after", "yes")
    assert video.prediction_id
    assert [path.name for path in disk.iterdir()] == ["filler"]
    filler.unlink()
    scene.save_now(video)
    scene.settle()
    assert video.path
    assert len(scene.paid) == 1


RLIMIT = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
import pvideo
from pvideo.errors import PVideoError
mode = sys.argv[1]
if mode == "before":
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
try:
    video = pvideo.generate("A cat", draft=True, duration=1)
    if mode == "after":
        while video.prediction_id is None: pass
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))
        try:
            video.wait(20)
        except (PVideoError, TimeoutError) as error:
            print(getattr(error, "key", "timeout"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        from pvideo.job import actions
        actions.save_now(video)
        import time
        until = time.monotonic() + 20
        while video.path is None and time.monotonic() < until: time.sleep(0.01)
        print(bool(video.path))
except PVideoError as error:
    print(error.key)
"""


@pytest.mark.parametrize("mode", ["before", "after"])
def test_C09_a_real_limit_on_file_sizes(demo_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    tokens = {"CF_AIG_TOKEN": demo_server.gateway_token, "REPLICATE_API_TOKEN": demo_server.replicate_token}
    environment = {**os.environ, **tokens, "PVIDEO_BASE_URL": demo_server.base_url, "PVIDEO_HOME": str(tmp_path / "home")}
    demo_server.settings(speed=4)
    monkeypatch.setattr(demo_server.state.store, "renderer", big_clip)
    made = subprocess.run(
        [sys.executable, "-c", RLIMIT, mode], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=True
    )
    said = made.stdout.split()
    if mode == "before":
        assert said[0] in {"disk_full", "folder_closed"}, made.stdout + made.stderr
        assert demo_server.predictions() == []
    else:
        assert said == ["disk_full_after", "True"], made.stdout + made.stderr
        assert len(demo_server.predictions()) == 1
    assert not list(tmp_path.rglob("*.part"))


def test_C10_eight_kernels_that_want_the_same_output_make_one_file(scene: Scene) -> None:
    first = scene.press()
    kernels = [scene.kernel, *(scene.new_kernel() for _ in range(7))]
    videos = [kernel.engine.video(first.intent) for kernel in kernels]
    scene.run(0.6)
    scene.kernel.kill()
    scene.settle()
    assert len({str(video.path) for video in videos[1:]}) == 1
    assert [path.suffix for path in sorted(scene.folder.iterdir())] == [".json", ".mp4"]
    assert len(scene.paid) == 1


def test_C10_eight_processes_that_find_a_half_fetched_output_make_one_file(ground: Ground, demo_server: RunningDemo) -> None:
    killed = ground.start(points={"before rename": "kill"})
    assert killed.until("before rename")
    killed.join()
    assert [path.suffix for path in ground.folder.iterdir()] == [".part"]

    at = time.monotonic() + 0.5
    cells = [ground.start(at=at) for _ in range(8)]
    ends = [cell.until("done", "late", "error", within=60) for cell in cells]

    assert [end["event"] for end in ends] == ["done"] * 8, ends
    assert len({end["path"] for end in ends}) == 1
    for cell in cells:
        cell.join()
    assert len(demo_server.requests("gateway", "POST")) == 1
    ground.check()  # one file, the ledger's sha256, its .json, and nothing else
