"""What a card says of the time that is left: from enough similar jobs, else the model's own figure, marked as a first run."""

from __future__ import annotations

import pytest

from pvideo.job.estimate import SIMILAR, expect, prior

SENT = {"prompt": "a cat", "duration": 5, "resolution": "720p"}


def test_without_similar_jobs_it_is_the_model_page_s_figure() -> None:
    # "about 2 s for each second of video" (the model's README), and a moment for the queue.
    first = expect([], SENT)

    assert not first.history
    assert first.p50 == pytest.approx(prior(SENT)) == pytest.approx(10.8)
    assert expect([], {**SENT, "draft": True}).p50 < first.p50 / 3


@pytest.mark.parametrize("count", range(9))
def test_five_similar_jobs_make_it_an_estimate(count: int) -> None:
    found = expect([12.0, 11.0, 13.0, 12.5, 11.5, 12.2, 11.8, 12.1][:count], SENT)

    assert found.history is (count >= SIMILAR == 5)


def test_half_of_similar_jobs_end_by_p50_and_most_by_p90() -> None:
    past = [10.0 + number % 10 for number in range(50)]

    found = expect(past, SENT)

    assert 13.5 <= found.p50 <= 16.0
    assert 17.5 <= found.p90 <= 20.5
    assert sum(took <= found.p90 for took in past) / len(past) == pytest.approx(0.9, abs=0.1)
