"""B8 to B11, E1 to E3 with the ledger: what each answer costs, how often it is asked again, and what stands on the card."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.scene import lost
from tests.faults.test_b_watching import looks

if TYPE_CHECKING:
    from tests.faults.scene import Scene

PROBLEM = "application/problem+json"
AGAIN = re.compile(r"(starts|again|next look) in ", re.IGNORECASE)
BILLING = "replicate.com/account/billing"


def refuse(scene: Scene, status: int, body: Any, **more: Any) -> None:
    scene.fault("before_accept", "status", nth=None, status=status, body=body, **more)


@pytest.mark.parametrize(
    ("status", "body", "key", "says"),
    [
        (413, {"detail": "Request body is too large", "status": 413}, "request_too_large", "Replicate takes no request of"),
        (413, {"message": "Payload Too Large"}, "request_too_large", "takes no request of"),
        (413, None, "request_too_large", "https addresses"),
        (402, {"title": "Insufficient credit", "detail": "You have insufficient credit.", "status": 402}, "credit_replicate", "Add some"),
        (402, {"title": "Monthly spend limit reached", "detail": "You've hit it.", "status": 402}, "replicate_limit", f"{BILLING}#limits"),
        (402, {"title": "Billing required", "detail": "You need to set up billing.", "status": 402}, "billing_required", f"at {BILLING}"),
        (402, {"title": "Free time limit reached", "detail": "It is over.", "status": 402}, "free_time_over", f"at {BILLING}"),
        (
            400,
            {"success": False, "error": [{"code": 2008, "message": "Invalid provider"}]},
            "gateway_address",
            "/replicate has no provider",
        ),
    ],
)
def test_found_b10_b11_b9_a_definite_refusal_is_sent_once_and_not_paid(scene: Scene, status: int, body: Any, key: str, says: str) -> None:
    refuse(scene, status, body, **({"content_type": PROBLEM} if body and "detail" in body else {}))

    video = scene.press()
    scene.settle()

    assert (video.status, video.error.key, video.error.paid) == ("rejected", key, "no")
    assert (len(scene.creates), scene.paid) == (1, [])
    assert says in str(video.error)
    assert "may exist" not in str(video.error)
    assert video.snapshot().cost == 0


def test_found_b8_a_no_op_is_waited_for_and_returned(scene: Scene) -> None:
    video = scene.press(no_op=True)
    scene.settle()

    assert video.wait(0) is video
    assert (video.status, video.done, video.error, video.path, video.cost) == ("succeeded", True, None, None, None)
    assert "cost not known" in repr(video)
    assert any("no video was asked for" in note for note in video.snapshot().notes)
    assert len(scene.paid) == 1
    shown = scene.press(no_op=True, again=False)
    assert (shown.status, shown.error, len(scene.creates)) == ("succeeded", None, 1)
    scene.check(lost=frozenset({video.prediction_id}))


# -- E1, E2


def watched(scene: Scene, **inputs: Any) -> tuple[Any, list[str]]:
    """Press, let it end, and return the video with every reason that stood on its card meanwhile."""
    video, said = scene.press(**inputs), []
    video.observe(lambda shown: said.append(str(shown.error)) if shown.error else None)
    scene.settle()
    return video, said


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (502, None, "(the answer was 502, with no known reason)"),
        (503, {"detail": "Busy.", "status": 503}, "(Replicate answered 503: Busy)"),
        (200, {"ok": True}, "(the answer was 200, and none that can be read)"),
        (400, {"success": False, "error": [{"code": 2005, "message": "Failed"}]}, "(the gateway answered 400, code 2005: Failed)"),
    ],
)
def test_found_e1_the_reason_while_looking_is_what_came(scene: Scene, status: int, body: Any, reason: str) -> None:
    scene.fault("before_accept", "status", op="get", nth=[1, 2], status=status, body=body)

    video, said = watched(scene)

    assert video.path
    assert [line for line in said if reason in line]
    assert not [line for line in said if "(Connection lost" in line]


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("what", [{"do": "status", "status": 500}, {"do": "status", "status": 502}, {"do": "rst"}])
def test_found_e2_one_bad_answer_is_looked_at_again_after_half_a_second(scene: Scene, nth: int, what: dict[str, Any]) -> None:
    scene.fault("before_accept", op="get", nth=nth, **what)

    video, _ = watched(scene, duration=5)

    assert video.path
    at = looks(scene)
    if len(at) > nth:
        assert 0.45 <= at[nth] - at[nth - 1] <= 0.8


@pytest.mark.parametrize(
    ("status", "asked", "least", "most"),
    [(502, "2", 2.0, 2.4), (503, "90", 5.0, 30.5), (500, "3600", 5.0, 30.5), (503, "soon", 0.45, 0.8), (502, "-4", 1.0, 1.4)],
)
def test_found_e1_e2_what_trouble_asks_to_wait_is_honoured_within_bounds(
    scene: Scene, status: int, asked: str, least: float, most: float
) -> None:
    scene.fault("before_accept", "status", op="get", nth=1, status=status, headers={"retry-after": asked})

    video, _ = watched(scene, duration=5)

    first, second = looks(scene)[:2]
    assert least <= second - first <= most
    assert video.path


@pytest.mark.parametrize(("asked", "least", "most"), [("20", 20, 21), ("60", 60, 62), ("90", 60, 62), ("3600", 60, 62)])
def test_found_e2_a_429_is_honoured_up_to_a_minute(scene: Scene, asked: str, least: float, most: float) -> None:
    body = {"detail": "Request was throttled.", "status": 429}
    scene.fault("before_accept", "status", op="get", nth=1, status=429, body=body, content_type=PROBLEM, headers={"retry-after": asked})

    video, _ = watched(scene)

    first, second = looks(scene)[:2]
    assert least <= second - first <= most
    assert video.path


def test_found_e2_five_failures_in_a_row_keep_nobody_for_a_minute(scene: Scene) -> None:
    scene.fault("before_accept", "status", op="get", nth=[1, 2, 3, 4, 5], status=500)

    video, _ = watched(scene, duration=5)

    at = looks(scene)
    waits = [round(late - early, 1) for early, late in itertools.pairwise(at[:6])]
    assert waits == sorted(waits)
    assert at[5] - at[0] <= 15.5
    assert video.path


# -- E3


@pytest.mark.parametrize(
    ("error", "key"),
    [({"name": "low_credit"}, "replicate_busy"), ({"name": "throttled"}, "replicate_busy"), ({"code": 2003}, "gateway_busy")],
)
def test_found_e3_a_press_that_was_given_up_says_how_often_and_nothing_of_a_next_time(
    scene: Scene, error: dict[str, Any], key: str
) -> None:
    scene.fault("before_accept", "error", nth=None, **error)

    video, said = watched(scene)

    assert (video.status, video.error.key, len(scene.creates), scene.paid) == ("rejected", key, 4, [])
    assert [line for line in said if AGAIN.search(line)], "while it is counted down it says so"
    assert not AGAIN.search(str(video.error))
    assert video.error.next == "Tried 4 times. Press again later."
    again = scene.press(again=False)
    assert not AGAIN.search(str(again.error))


def test_found_e3_an_unreachable_gateway_too(scene: Scene) -> None:
    import httpx

    scene.kernel.carrier.down = lost(httpx.ConnectError("refused"))

    video, said = watched(scene)

    assert (video.status, video.error.key, scene.creates) == ("rejected", "unreachable", [])
    assert [line for line in said if AGAIN.search(line)]
    assert video.error.next == "Tried 4 times. Press again later. Check network, proxy, clock."
