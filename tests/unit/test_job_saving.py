"""A made video gets to the disk, whatever happens on the way."""

from __future__ import annotations

import errno
import hashlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from tests.support.jobs import NotFetched, World

from pvideo.job import adoption
from pvideo.wire.output import key_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


def names(world: World) -> list[str]:
    return sorted(path.name for path in (world.folder / "videos").iterdir())


def test_a_download_that_fails_is_tried_again(world: World) -> None:
    world.downloads = [NotFetched(), NotFetched(gone=True)]
    course = world.press()
    errors = []
    course.feed.observe(lambda s: errors.append((s.phase, s.error.key if s.error else "")))

    world.go(course.run())

    assert ("saving", "fetch_failed") in errors
    assert course.feed.latest.path.is_file()
    assert course.feed.latest.error is None
    assert len(names(world)) == 2


def test_a_file_host_away_for_an_hour_ends_as_expired(world: World) -> None:
    world.downloads = [NotFetched(gone=True)] * 999
    course = world.press()

    world.go(course.run())

    assert course.feed.latest.status == "expired"
    assert course.feed.latest.error.key == "output_expired"
    assert names(world) == []


def test_a_full_disk_keeps_the_id_and_is_tried_again(world: World) -> None:
    world.downloads = [OSError(errno.ENOSPC, "full")]
    course = world.press()
    seen = []
    course.feed.observe(lambda s: seen.append((s.status, s.error.key if s.error else "", s.path, s.settled)))

    world.go(course.run())

    assert ("succeeded", "disk_full_after", None, False) in seen
    assert course.feed.latest.path.is_file()
    assert course.feed.latest.error is None
    assert world.replicate.posts == 1


def test_a_read_only_folder_is_named(world: World) -> None:
    world.downloads = [OSError(errno.EROFS, "Read-only file system")]
    course = world.press()
    errors = []
    course.feed.observe(lambda s: errors.append(s.error))

    world.go(course.run())

    (error,) = {error.key: error for error in errors if error is not None}.values()
    assert error.key == "folder_closed_after"
    assert "Read-only" in error.sentence


def test_a_strange_output_is_not_tried_again(world: World) -> None:
    world.downloads = [NotFetched("output_strange", retry=False)]
    course = world.press()

    world.go(course.run())

    assert len(world.fetched) == 1
    assert course.feed.latest.error.key == "output_strange"
    assert course.feed.latest.settled


def test_several_outputs_become_several_files(world: World) -> None:
    world.replicate.outputs = {"a": "https://replicate.delivery/x/1", "b": ["https://replicate.delivery/x/2"]}
    course = world.press()

    world.go(course.run())

    videos = [name for name in names(world) if name.endswith(".mp4")]
    assert videos == ["2026-11-20-a-cat-0000aaaa-2.mp4", "2026-11-20-a-cat-0000aaaa.mp4"]
    assert len(course.feed.latest.paths) == 2


def test_the_sidecar_says_what_made_it(world: World) -> None:
    course = world.press()

    world.go(course.run())

    told = json.loads(course.feed.latest.path.with_suffix(".json").read_text())
    assert told["typed"] == {"prompt": "A cat"}
    assert told["input"]["seed"] == told["seed"] == course.row.seed
    assert told["prediction_id"] == course.row.prediction_id
    assert Decimal(told["cost"]) == Decimal("0.025")
    assert told["sha256"] == course.row.sha256
    assert told["pvideo"]


@pytest.mark.parametrize("left", ["nothing", "part", "file"])
def test_the_next_process_saves_what_a_killed_one_began(world: World, left: str) -> None:
    course = world.press(owner="1:dead:boot:")
    world.go(world.replicate.create("m", course.row.input))
    run = world.replicate.runs[0]
    url = world.replicate.outputs or f"https://replicate.delivery/xezq/{run.id}/out.mp4"
    world.journal.created(course.row.intent, run.id, owner="1:dead:boot:", sent_at=world.clock.wall(), sent_steady=world.clock.steady())
    world.journal.update(course.row.intent, state="fetching", status="succeeded", outputs=(url,))
    folder = world.folder / "videos"
    folder.mkdir(exist_ok=True)
    stem = "2026-11-20-a-cat-0000aaaa"
    if left == "part":
        (folder / f"{stem}.999.part").write_bytes(b"half")
    if left == "file":
        (folder / f"{stem}.mp4").write_bytes(b"whole")
        world.journal.update(course.row.intent, saved={key_of(url): [5, hashlib.sha256(b"whole").hexdigest()]})

    rows = adoption.recover(world.journal, "me")
    next_one = world.begin(rows[0])
    world.go(next_one.task)

    assert names(world) == [f"{stem}.json", f"{stem}.mp4"]
    assert (folder / f"{stem}.mp4").read_bytes() == (b"whole" if left == "file" else f"video of {url}".encode())
    assert world.kept_row(next_one).state == "done"
    assert world.fetched == ([] if left == "file" else [url])


def test_a_file_of_the_same_name_is_never_replaced(world: World) -> None:
    course = world.press()
    folder = world.folder / "videos"
    folder.mkdir(exist_ok=True)
    target = folder / "elsewhere"
    target.write_bytes(b"precious")
    (folder / "2026-11-20-a-cat-0000aaaa.mp4").symlink_to(target)

    world.go(course.run())

    assert target.read_bytes() == b"precious"
    assert course.feed.latest.path.name == "2026-11-20-a-cat-0000aaaa.2.mp4"
