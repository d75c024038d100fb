"""A paid video that stands at Cloudflare's file host, as the demo plays it: fetched whole, without a token, its signature kept nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from tests.faults.scene import Scene


def files(scene: Scene) -> list[dict[str, Any]]:
    """Every request that the file host got."""
    return [row for row in scene.asked("delivery") if row["path"].startswith("/provider-outputs/")]


def test_found_f_a_video_is_fetched_from_the_file_host(scene: Scene) -> None:
    scene.demo.settings(output_host="r2")
    video = scene.press()
    scene.settle()
    (paid,) = scene.paid
    asked = files(scene)

    assert video.status == "succeeded"
    assert video.path.stat().st_size == paid["size"]
    assert asked
    assert {row["method"] for row in asked} == {"GET"}
    assert not [row for row in asked if row["credentials"]]
    signature = parse_qs(asked[0]["query"])["X-Amz-Signature"][0]
    assert re.fullmatch(r"[0-9a-f]{64}", signature)
    # The journal may have had it until the file was whole; what it says now, and every other file, is without it.
    kept = [path for place in (scene.folder, scene.home) for path in place.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if "journal.db" not in path.name and signature.encode() in path.read_bytes()]
    assert signature not in repr(scene.rows())
    exchanges = scene.kernel.engine.exchanges(video.intent)
    assert exchanges
    assert signature not in repr(exchanges)


@pytest.mark.parametrize("do", ["truncate", "rst"])
def test_found_f_a_delivery_of_the_file_host_that_breaks_off_is_taken_up(scene: Scene, do: str) -> None:
    scene.demo.settings(output_host="r2")
    scene.fault("mid_response", do, op="file", nth=[1, 2])
    video = scene.press()
    scene.settle()

    assert video.status == "succeeded"
    assert video.path.stat().st_size == scene.paid[0]["size"]
    assert len(files(scene)) >= 3


def test_found_f_its_address_is_what_the_service_gives(scene: Scene) -> None:
    scene.demo.settings(output_host="r2")
    scene.press()
    scene.settle()
    (item,) = scene.demo.state.store

    assert urlsplit(scene.demo.state.views.output_url(item)).netloc == scene.demo.state.views.bucket.host
