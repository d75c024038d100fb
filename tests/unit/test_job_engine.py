"""The engine with its real thread, its real wire, and the demo on real sockets."""

from __future__ import annotations

import asyncio
import copy
import gc
import hashlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pvideo import settings
from pvideo.errors import (
    BudgetError,
    DownloadError,
    InputError,
    JournalError,
    PredictionError,
    RefusedError,
    SettingsError,
    UnconfirmedError,
)
from pvideo.job import actions
from pvideo.job.engine import Engine
from pvideo.job.press import find_model, generate, press

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

    from pvideo.job.video import Video

ENVIRONMENT = ("PVIDEO_BASE_URL", "CF_AIG_TOKEN", "REPLICATE_API_TOKEN", "PVIDEO_HOME")


def cat(**inputs: Any) -> Video:
    return generate("A cat", **{"draft": True, "duration": 1, **inputs})


def test_a_press_becomes_the_ledger_s_file(demo: RunningDemo) -> None:
    video = cat(name="cat")

    path = video.wait(30).path

    paid = demo.predictions()
    assert len(paid) == 1
    assert paid[0]["id"] == video.prediction_id
    assert hashlib.sha256(path.read_bytes()).hexdigest() == Engine.get().journal.get(video.intent).sha256
    assert path.parent == Path.cwd() / "videos"
    assert video.cost == Decimal("0.005")
    assert video.status == "succeeded"
    assert video.seed is not None
    assert repr(video) == f"Video('cat', succeeded, videos/{path.name}, $0.005)"
    shown = video.snapshot()
    assert shown.media.width == 64
    assert shown.poster.startswith(b"\xff\xd8")
    assert shown.log_id
    assert not list(path.parent.glob("*.part"))


def test_the_wire_is_kept_for_explaining_and_shows_no_token(demo: RunningDemo) -> None:
    video = cat()
    video.wait(30)
    Engine.get().close()

    exchanges = Engine.get().journal.exchanges(video.intent)

    assert [exchanges[0]["method"], exchanges[0]["status"]] == ["POST", 201]
    assert any(exchange["host"] for exchange in exchanges)
    assert demo.gateway_token not in str(exchanges)
    assert demo.replicate_token not in str(exchanges)


def test_generate_is_always_new_and_a_reused_press_sends_nothing(demo: RunningDemo) -> None:
    model, inputs = find_model(), {"prompt": "A cat", "draft": True, "duration": 1}
    first = press(model, inputs, reuse=True, again=False)
    assert press(model, inputs, reuse=True, again=False) is first
    assert press(model, inputs, again=False) is first
    first.wait(30)

    found = press(model, inputs, reuse=True, again=False)
    assert found is first
    assert (found.snapshot().reused, found.snapshot().phase) == (True, "library")
    assert len(demo.predictions()) == 1

    other = press(model, inputs, again=False)
    assert other is not first
    other.wait(30)
    assert len(demo.predictions()) == 2


def test_a_press_is_recognised_by_the_next_process(demo: RunningDemo) -> None:
    model, inputs = find_model(), {"prompt": "A cat", "draft": True, "duration": 1}
    first = press(model, inputs).wait(30)
    Engine.get().close()

    found = press(model, inputs, reuse=True, again=False)

    assert found is not first
    assert found.path == first.path
    assert found.snapshot().poster == first.snapshot().poster
    assert found.wait(1) is found
    assert len(demo.predictions()) == 1


def test_without_an_account_the_library_still_shows_it(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    model, inputs = find_model(), {"prompt": "A cat", "draft": True, "duration": 1}
    first = press(model, inputs).wait(30)
    Engine.get().close()
    for name in ENVIRONMENT[:3]:
        monkeypatch.delenv(name)

    assert press(model, inputs, reuse=True, again=False).path == first.path
    with pytest.raises(SettingsError):
        press(model, inputs)


def test_a_moved_file_is_said_and_saved_again(demo: RunningDemo) -> None:
    model, inputs = find_model(), {"prompt": "A cat", "draft": True, "duration": 1}
    first = press(model, inputs).wait(30)
    first.path.unlink()

    found = press(model, inputs, reuse=True, again=False)
    assert (found.status, found.path, found.error.key) == ("succeeded", None, "file_missing")
    with pytest.raises(DownloadError, match="has moved"):
        found.wait(1)

    actions.save_now(found)
    wait_until(lambda: found.path is not None)
    assert found.path.is_file()
    assert len(demo.predictions()) == 1


def test_a_lost_answer_is_found_without_a_second_payment(demo: RunningDemo) -> None:
    demo.next("lost-answer")
    video = cat()
    statuses = []
    video.observe(lambda s: statuses.append(s.status))

    video.wait(40)

    assert "unconfirmed" in statuses
    assert len(demo.predictions()) == 1
    assert video.prediction_id == demo.predictions()[0]["id"]


def test_a_failed_prediction_is_raised_with_its_reason(demo: RunningDemo) -> None:
    demo.next("failed")
    video = cat()

    with pytest.raises(PredictionError) as caught:
        video.wait(30)

    assert caught.value is not video.error
    assert video.status == "failed"
    assert video.done


def test_a_wrong_token_is_rejected_and_unpaid(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_" + "0" * 37)
    video = cat()

    with pytest.raises(RefusedError) as caught:
        video.wait(30)

    assert caught.value.key == "replicate_token"
    assert (video.status, video.cost, demo.predictions()) == ("rejected", Decimal(0), [])


def test_awaiting_works_in_any_loop(demo: RunningDemo) -> None:
    async def both() -> list[Video]:
        return await asyncio.gather(*(asyncio.wait_for(wrap(cat()), 30) for _ in range(2)))

    async def wrap(video: Video) -> Video:
        return await video

    videos = asyncio.run(both())

    assert all(video.path.is_file() for video in videos)


def test_prefer_wait_is_the_same_job(demo: RunningDemo) -> None:
    video = generate("A cat", draft=True, duration=1, prefer_wait=True)

    video.wait(30)

    posts = demo.requests(method="POST")
    assert len(posts) == 1
    assert video.path.is_file()


def test_cancel_while_it_runs(demo: RunningDemo) -> None:
    demo.settings(speed=1)
    video = generate("A cat", duration=20)
    wait_until(lambda: video.prediction_id is not None)

    video.cancel()

    with pytest.raises(PredictionError) as caught:
        video.wait(20)
    assert caught.value.key in {"canceled", "aborted"}
    assert demo.predictions()[0]["status"] in {"canceled", "aborted"}


def test_waiting_ends_in_time_and_by_an_interrupt_while_the_job_goes_on(demo: RunningDemo) -> None:
    demo.settings(speed=2)
    video = generate("A cat", duration=5, name="cat")

    with pytest.raises(TimeoutError, match=r"cat is still .* it goes on"):
        video.wait(0.05)
    threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        video.wait(20)

    assert time.monotonic() - begun < 2
    assert not video.done
    assert video.wait(30).path.is_file()


def test_the_budget_stops_before_anything_is_sent(demo: RunningDemo) -> None:
    settings.configure(budget_day="0.012")
    cat().wait(30)
    cat().wait(30)

    with pytest.raises(BudgetError) as caught:
        cat()

    assert "$0.005 would make today $0.015 of $0.012" in str(caught.value)
    assert len(demo.predictions()) == 2


def test_wrong_inputs_and_tokens_are_refused_before_anything_is_written(demo: RunningDemo) -> None:
    with pytest.raises(InputError):
        cat(duration=25)
    with pytest.raises(SettingsError) as caught:
        generate("my token is r8_" + "a" * 37)

    assert caught.value.key == "token_in_cell"
    assert Engine.get().journal.unfinished() == []
    assert demo.predictions() == []


def test_a_folder_that_cannot_be_written_stops_before_the_payment(demo: RunningDemo, tmp_path: Path) -> None:
    (tmp_path / "videos").write_text("a file")

    with pytest.raises(JournalError, match="cannot be written"):
        cat()

    assert demo.predictions() == []


def test_another_take_and_a_retry_are_new_presses(demo: RunningDemo) -> None:
    first = cat(name="cat").wait(30)

    second = actions.again(first).wait(30)

    assert second.seed != first.seed
    assert second.inputs == first.inputs
    assert second.name == "cat"
    assert len(demo.predictions()) == 2


def test_history_makes_the_estimate(demo: RunningDemo) -> None:
    for _ in range(5):
        assert not cat().wait(30).snapshot().history

    shown = cat().wait(30).snapshot()

    assert shown.history
    assert 0 < shown.p50 <= shown.p90 < 5


def test_settings_can_give_inputs_to_every_press(demo: RunningDemo) -> None:
    settings.configure(inputs={"duration": 2, "draft": True, "no_such": 1})

    video = generate("A cat").wait(30)

    assert video.inputs == {"prompt": "A cat", "duration": 2, "draft": True}


def test_a_handle_survives_pickle_and_copy(demo: RunningDemo) -> None:
    video = cat().wait(30)

    assert copy.deepcopy({"a": video})["a"] is video
    assert pickle.loads(pickle.dumps(video)) is video


def test_a_forked_child_has_no_hold_on_the_parent_s_job(demo: RunningDemo) -> None:
    video = cat()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            video.wait(1)
        except RuntimeError:
            os._exit(0 if Engine._engines == {} else 3)
        finally:
            os._exit(2)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert video.wait(30).path.is_file()
    assert len(demo.predictions()) == 1


def test_many_starts_leave_nothing_behind(demo: RunningDemo) -> None:
    cat().wait(30)
    Engine.get().close()
    gc.collect()
    threads, handles = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(10):
        cat().wait(30)
        Engine.get().close()

    gc.collect()
    assert threading.active_count() <= threads
    assert len(list(Path("/proc/self/fd").iterdir())) <= handles + 2


PROGRAM = """
import sys, time
import pvideo
video = pvideo.generate("A cat", duration=5, name="cat")
{then}
"""


def child(then: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM.format(then=then)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_interpreter_ends_at_once_and_in_silence(demo: RunningDemo) -> None:
    demo.settings(speed=1)
    process = child("time.sleep(0.5); print(time.time(), flush=True)")

    out, err = process.communicate(timeout=30)

    assert time.time() - float(out) < 2.5
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize("moment", ["time.sleep(30)", "while video.prediction_id is None: time.sleep(0.001)\ntime.sleep(30)"])
def test_a_killed_kernel_s_video_is_saved_by_the_command_line(demo: RunningDemo, moment: str) -> None:
    demo.settings(speed=4)
    process = child("print('pressed', flush=True)\n" + moment)
    process.stdout.readline()
    if "while" in moment:
        wait_until(lambda: bool(demo.predictions()))
    process.kill()
    process.communicate()
    paid = len(demo.predictions())

    command = [sys.executable, "-m", "pvideo", "recover", "--wait"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.stderr == ""
    assert len(demo.predictions()) == paid
    assert len(list(Path("videos").glob("*.mp4"))) == paid
    assert done.returncode == 0


def test_a_second_kernel_shows_the_first_one_s_job_and_sends_nothing(demo: RunningDemo) -> None:
    demo.settings(speed=4)
    process = child("video.wait(30); time.sleep(30)")
    wait_until(lambda: bool(demo.predictions()))

    video = press(find_model(), {"prompt": "A cat", "duration": 5}, reuse=True, again=False)

    assert video.wait(30).path.is_file()
    assert len(demo.predictions()) == 1
    process.kill()
    process.communicate()


def test_unconfirmed_is_raised_when_looking_is_over(demo: RunningDemo) -> None:
    video = cat().wait(30)
    course = Engine.get()._courses[video.intent]
    from pvideo.errors import PVideoError

    lost = PVideoError.make("answer_lost", detail="x")
    Engine.get().call(lambda: course.take(state="unknown", show={"paths": (), "parked": True, "error": lost}))
    wait_until(lambda: video.status == "unconfirmed")

    with pytest.raises(UnconfirmedError):
        video.wait(1)
    assert not video.done


def wait_until(true: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_press_that_died_before_it_was_sent_is_sent_by_the_re_run(demo: RunningDemo) -> None:
    model, inputs = find_model(), {"prompt": "A cat", "draft": True, "duration": 1}
    first = press(model, inputs).wait(30)
    engine = Engine.get()
    engine.journal.update(first.intent, state="new", owner="1:dead:boot:", prediction_id=None)
    engine.close()

    second = press(model, inputs, reuse=True, again=False)

    assert second.intent != first.intent
    assert second.wait(30).path.is_file()


def test_one_press_from_eight_threads_is_one_job(demo: RunningDemo) -> None:
    model, inputs, found = find_model(), {"prompt": "A cat", "draft": True, "duration": 1}, []
    threads = [threading.Thread(target=lambda: found.append(press(model, inputs, reuse=True, again=False))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(found) == 8
    assert len(set(map(id, found))) == 1
    found[0].wait(30)
    assert len(demo.predictions()) == 1


def test_a_job_dropped_unsent_is_shown_as_canceled_to_who_follows_it(demo: RunningDemo) -> None:
    first = cat().wait(30)
    engine = Engine.get()
    engine.journal.update(first.intent, state="new", owner="1:dead:boot:", prediction_id=None, files=())
    engine.close()

    video = Engine.get().video(first.intent)

    with pytest.raises(PredictionError) as caught:
        video.wait(10)
    assert caught.value.key == "canceled_unsent"
