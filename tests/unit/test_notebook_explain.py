"""The requests behind a video in words, and by hand: what is printed works, and holds no token."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.canary import cloudflare_canary, replicate_canary
from tests.support.notebook import NOW, snap

from pvideo.errors import PVideoError
from pvideo.job.press import generate
from pvideo.notebook.explain import explained, explanation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.demo import RunningDemo


def exchange(**changes: Any) -> dict[str, Any]:
    first = {
        "method": "POST",
        "path": "/predictions",
        "host": "",
        "status": 201,
        "at": NOW,
        "took": 0.2,
        "request_headers": {"Content-Type": "application/json", "cf-aig-authorization": "Bearer ••••", "Prefer": "wait"},
        "response_headers": {"cf-aig-log-id": "01LOG"},
        "request_body": '{"version": "prunaai/p-video", "input": {"prompt": "a <b>cat</b> isn\'t"}}',
        "response_body": '{"id": "x", "status": "starting"}',
        "error": "",
    }
    return {**first, **changes}


def told(*exchanges: dict[str, Any], status: str = "succeeded", **changes: Any) -> Any:
    return explained(snap(status, **changes), list(exchanges), base_url="https://gateway.example/v1/a/g/replicate")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Sent once; if the answer is lost we look"),
        ({"status": None, "error": "The answer was lost."}, "it may exist, so we look for it"),
        ({"status": None, "error": "Nothing was sent or paid."}, "No byte of it left this machine"),
        ({"status": 429}, "so it may be sent again after the pause"),
        ({"status": 401}, "a no to a token"),
        ({"status": 402}, "want of credit"),
        ({"status": 404}, "no such gateway or model"),
        ({"status": 422}, "a no to an input"),
        ({"status": 403}, "A definite no"),
        ({"status": 502}, "it may exist"),
        ({"path": "/predictions/x/cancel"}, "Please stop it."),
        ({"method": "GET", "path": "/predictions/x"}, "accepted, waiting for a machine"),
        ({"method": "GET", "path": "/predictions/x", "status": 503, "response_body": "no"}, "a look was refused"),
        ({"method": "GET", "path": "/predictions/x", "status": None, "response_body": ""}, "a look without an answer harms nothing"),
        ({"method": "GET", "path": "/predictions?created_after=1"}, "is the one whose answer was lost in it?"),
        ({"method": "GET", "path": "/a.mp4", "host": "replicate.delivery"}, "another host: no token goes there"),
    ],
)
def test_each_request_has_its_sentence(changes: dict[str, Any], words: str) -> None:
    found = told(exchange(**changes))

    assert words in repr(found)
    assert words.replace('"', "&quot;") in found._repr_html_()


def test_looks_that_are_alike_are_one_line() -> None:
    looks = [exchange(method="GET", path="/predictions/x", at=NOW + number) for number in range(4)]

    found = told(exchange(), *looks)

    assert len(found.steps) == 2
    assert "(3 more looks like this)" in repr(found)
    assert found.data()[1]["more"] == "(3 more looks like this)"


def test_the_page_escapes_what_it_shows() -> None:
    html = told(exchange())._repr_html_()

    assert "<b>cat</b>" not in html
    assert "&lt;b&gt;cat&lt;/b&gt;" in html
    assert html.count("<details>") == 3


def test_tokens_are_variables_by_hand() -> None:
    found = told(exchange())

    assert found.curl == (
        "curl -sS -X POST https://gateway.example/v1/a/g/replicate/predictions \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -H "cf-aig-authorization: Bearer $CF_AIG_TOKEN" \\\n'
        "  -H 'Prefer: wait' \\\n"
        """  --data-raw '{"version": "prunaai/p-video", "input": {"prompt": "a <b>cat</b> isn'"'"'t"}}'"""
    )
    compile(found.python, "by hand", "exec")
    assert "os.getenv('CF_AIG_TOKEN')" in found.python
    assert "costs $0.10 again" in found.data()[0]["hint"]


def test_no_token_is_in_anything_even_if_a_journal_held_one() -> None:
    for token in (replicate_canary(), cloudflare_canary()):
        leaky = exchange(
            request_headers={"authorization": f"Bearer {token}", "x-other": token},
            request_body=f'{{"input": {{"prompt": "{token}"}}}}',
            response_body=f'{{"status": "failed", "error": "{token}"}}',
            response_headers={"cf-aig-log-id": token},
            path=f"/predictions?cursor={token}",
        )
        found = told(leaky)

        for text in (repr(found), found._repr_html_(), found.curl, found.python, str(found.data())):
            assert token not in text


def test_a_rejected_and_an_unconfirmed_one_are_explained_too() -> None:
    assert "Nothing was sent for it." in repr(told(status="rejected"))
    assert "no answer" in repr(told(exchange(status=None), status="unconfirmed", done=False))


def test_what_the_gateway_noted_stands_at_the_end() -> None:
    found = explained(snap("succeeded"), [exchange()], log="cat · log 01LOG · gate <b>")

    assert repr(found).endswith("cat · log 01LOG · gate <b>")
    assert found._repr_html_().endswith("<p>cat · log 01LOG · gate &lt;b&gt;</p></div>")


def test_by_hand_for_a_real_account_is_left_to_the_person() -> None:
    with pytest.raises(PVideoError, match="where it is paid"):
        told(exchange()).run()


def test_the_printed_curl_and_python_make_the_same_press(demo: RunningDemo) -> None:
    video = generate('A cat that isn\'t "tame"', draft=True, duration=1).wait(30)
    found = video.explain() if type(video).explain_hook else explanation(video)
    environment = {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}

    by_shell = subprocess.run(found.curl, shell=True, env=environment, capture_output=True, text=True, check=True, timeout=60)
    subprocess.run([sys.executable, "-c", found.python], env=environment, check=True, capture_output=True, timeout=60)

    paid = demo.predictions()
    assert '"status"' in by_shell.stdout
    assert len(paid) == 3
    assert paid[0]["input"] == paid[1]["input"] == paid[2]["input"]
    for token in (demo.gateway_token, demo.replicate_token):
        assert token not in found.curl + found.python + repr(found) + found._repr_html_()


def test_the_log_is_read_where_a_token_may(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    video = generate("A cat", duration=1, draft=True).wait(60)
    before = explanation(video).log
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", demo.config.management_token)
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", demo.management_url)

    assert before == ""
    assert f"log {video.snapshot().log_id}" in explanation(video).log


def test_the_file_s_curl_fetches_the_file(demo: RunningDemo, tmp_path: Path) -> None:
    video = generate("A cat", draft=True, duration=1).wait(30)
    step = next(step for step in explanation(video).steps if step.kind == "file")
    from pvideo.notebook.curl import as_curl

    subprocess.run(as_curl(step), shell=True, cwd=tmp_path, env={**os.environ, "no_proxy": "127.0.0.1"}, check=True, timeout=60)

    assert (tmp_path / "video.mp4").read_bytes() == video.path.read_bytes()
    assert "Bearer" not in as_curl(step)
