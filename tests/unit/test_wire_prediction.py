"""A prediction is read from whatever the server says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pvideo.wire.prediction import LOG_TAIL, BadAnswer, Prediction, clean_text, parse_json, parse_time

ID = "6p0efnaywsrmt0cx056bk4wne8"


def made(**data: object) -> Prediction:
    return Prediction.from_json({"id": ID, "status": "processing", **data})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-10-04T18:13:29.957Z", datetime(2024, 10, 4, 18, 13, 29, 957000, UTC)),
        ("2023-11-27T13:35:45.99397566Z", datetime(2023, 11, 27, 13, 35, 45, 993975, UTC)),
        ("2023-11-27T13:35:45.99Z", datetime(2023, 11, 27, 13, 35, 45, 990000, UTC)),
        ("2023-11-27T13:35:45.123456789Z", datetime(2023, 11, 27, 13, 35, 45, 123456, UTC)),
        ("2023-11-27T13:35:45Z", datetime(2023, 11, 27, 13, 35, 45, 0, UTC)),
        ("2023-11-27T13:35:45", datetime(2023, 11, 27, 13, 35, 45, 0, UTC)),
        ("2023-11-27T15:35:45+02:00", datetime(2023, 11, 27, 13, 35, 45, 0, UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 0, UTC)),
        ("0001-01-01T00:00:00+23:00", None),
        ("2023-13-27T13:35:45Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1700000000, None),
    ],
)
def test_times_of_any_precision(text, moment):
    assert parse_time(text) == moment


@pytest.mark.parametrize("bad", [None, 7, "", "../x", "x" * 10_000, ID.upper(), ID + "\n", [ID], {"id": ID}, "a" * 19, "a" * 41, "é" * 26])
def test_an_id_that_could_not_stand_in_a_path_is_refused(bad):
    with pytest.raises(BadAnswer):
        Prediction.from_json({"id": bad, "status": "starting"})


@pytest.mark.parametrize("bad", [None, [], "x", 7, True])
def test_no_object_is_no_prediction(bad):
    with pytest.raises(BadAnswer):
        Prediction.from_json(bad)


def test_recorded_starting_without_output_and_data_removed():
    prediction = made(status="starting", logs=None)
    assert (prediction.output, prediction.outputs, prediction.data_removed, prediction.logs) == (None, (), False, "")
    assert not prediction.terminal


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled", "aborted"])
def test_four_statuses_end_it(status):
    assert made(status=status).terminal


@pytest.mark.parametrize("status", ["starting", "processing", "moderating", "successful"])
def test_an_unknown_status_is_kept_and_watched(status):
    prediction = made(status=status)
    assert prediction.status == status
    assert not prediction.terminal


def test_a_missing_status_is_unknown():
    assert Prediction.from_json({"id": ID, "status": 7}).status == "unknown"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("https://replicate.delivery/a.mp4", ("https://replicate.delivery/a.mp4",)),
        ("data:video/mp4;base64,AAAA", ("data:video/mp4;base64,AAAA",)),
        (["https://a/1", "https://a/2"], ("https://a/1", "https://a/2")),
        ({"video": "https://a/1", "more": [{"gif": "http://b/2"}]}, ("https://a/1", "http://b/2")),
        (None, ()),
        (7, ()),
        ("relative/path.mp4", ()),
        ("javascript:alert(1)", ()),
        ([None, 7, True, "x"], ()),
    ],
)
def test_output_of_any_shape(output, expected):
    assert made(output=output).outputs == expected


def test_output_while_processing_counts():
    assert made(status="processing", output="https://replicate.delivery/a.mp4").outputs


def test_many_outputs_are_all_counted():
    assert len(made(output=["https://a/"] * 100_000).outputs) == 100_000, "how many of them are saved is for the one who saves (A5)"


@pytest.mark.parametrize(
    ("metrics", "seconds"),
    [
        ({"video_output_duration_seconds": 5}, 5.0),
        ({"video_output_duration_seconds": 4.04}, 4.04),
        ({"video_output_duration_seconds": "5"}, None),
        ({"video_output_duration_seconds": True}, None),
        ({"video_output_duration_seconds": -1}, None),
        ({"video_output_duration_seconds": float("nan")}, None),
        ({"video_output_duration_seconds": 10**400}, None),
        ([1], None),
        (None, None),
    ],
)
def test_odd_metrics(metrics, seconds):
    assert made(metrics=metrics).seconds == seconds


def test_logs_keep_a_clean_tail():
    logs = "first\n" + "\x1b[31mred\x1b[0m \x00\ud800 ünï </script>\r\n" * 50_000
    kept = made(logs=logs).logs
    assert len(kept.encode()) <= LOG_TAIL
    assert kept.endswith("red  ünï </script>\n")
    assert kept.splitlines()[0] == "red  ünï </script>"
    assert "\x1b" not in kept


def test_one_endless_line_is_cut_too():
    assert 0 < len(made(logs="é" * 1_000_000).logs.encode()) <= LOG_TAIL


@pytest.mark.parametrize(
    ("logs", "progress"),
    [
        (" 42%|████▏     | 21/50 [00:01<00:01, 16.24it/s]", 0.42),
        ("  0%|  |\n 42%|██|\r 84%|███|", 0.84),
        ("100%|██████████| 50/50 [00:02<00:00, 17.09it/s]\n", 1.0),
        ("done: 12.5 % of it", 0.125),
        ("999%", 1.0),
        ("no bar here", None),
        ("", None),
        ("50%\n" + "x\n" * 30, None),
    ],
)
def test_progress_from_the_last_lines(logs, progress):
    assert made(logs=logs).progress == progress


def test_an_error_may_be_anything():
    assert made(error="CUDA out of memory").error == "CUDA out of memory"
    assert made(error={"code": 7}).error == '{"code": 7}'
    assert made(error="").error is None
    assert made(error=None).error is None


def test_tokens_echoed_in_logs_and_error_are_struck_out():
    token = "r8_" + "Q7" * 18
    prediction = made(logs=f"using {token}", error=f"bad {token}")
    assert token not in prediction.logs
    assert token not in (prediction.error or "")


def test_its_page_is_made_from_the_id():
    assert made(urls={"web": "https://evil.example/p/1"}).web_url == f"https://replicate.com/p/{ID}"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id":', b"\xff\xfe", b"9" * 5000, b"[" * 100_000, b"[" + b"[]," * 600_000 + b"[]]"])
def test_bodies_that_are_no_json(body):
    with pytest.raises(BadAnswer):
        parse_json(body)


def test_deep_json_within_the_parser_limits_is_still_no_prediction():
    with pytest.raises(BadAnswer):
        Prediction.from_json(parse_json(b"[" * 200 + b"]" * 200))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = (
    "status",
    "output",
    "error",
    "logs",
    "metrics",
    "input",
    "created_at",
    "started_at",
    "completed_at",
    "deadline",
    "model",
    "version",
    "source",
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from((*FIELDS, "data_removed", "urls")), JSON))
def test_anything_around_the_id_is_read_without_raising(data):
    prediction = Prediction.from_json({"id": ID, **data})
    assert isinstance(prediction.status, str)
    assert prediction.progress is None or 0 <= prediction.progress <= 1
    assert prediction.seconds is None or prediction.seconds >= 0
    assert all(isinstance(url, str) for url in prediction.outputs)
    assert isinstance(prediction.terminal, bool)


@settings(deadline=None)
@given(st.text())
def test_clean_text_can_always_be_written(text):
    json.dumps(clean_text(text)).encode()
    clean_text(text).encode("utf-8")
