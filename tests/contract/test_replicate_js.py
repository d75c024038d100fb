"""Replicate's own npm client through the demo's gateway, unchanged: a prediction, its looks, its file, a cancel, a refusal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

JS = Path(__file__).resolve().parents[2] / "js"
NODE = Path(sys.executable).parent / "node"
# The gateway's own header is added by the `fetch` that the client offers to replace.
BEGIN = """
import Replicate from "replicate";
const { BASE, GATEWAY, REPLICATE } = process.env;
const fetched = (url, options = {}) => {
  const headers = new Headers(options.headers);
  headers.set("cf-aig-authorization", `Bearer ${GATEWAY}`);
  return fetch(url, { ...options, headers });
};
const replicate = new Replicate({ auth: REPLICATE, baseUrl: BASE, fetch: fetched, useFileOutput: false });
const input = { prompt: "A cat walking", duration: 5, draft: true };
const say = (value) => console.log(JSON.stringify(value));
"""

pytestmark = pytest.mark.skipif(not (JS / "node_modules" / "replicate").is_dir(), reason="npm --prefix js install brings the client")


def run(demo: RunningDemo, script: str, **more: str) -> Any:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    given = {"BASE": demo.base_url, "GATEWAY": demo.gateway_token, "REPLICATE": demo.replicate_token, **more}
    command = [str(NODE), "--input-type=module", "-e", BEGIN + script]
    answer = subprocess.run(command, cwd=JS, env={**kept, **given}, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


def test_it_runs_a_prediction_through_the_gateway(demo_server: RunningDemo) -> None:
    said = run(
        demo_server,
        """
        const made = await replicate.predictions.create({ version: "prunaai/p-video", input });
        const done = await replicate.wait(made, { interval: 20 });
        const file = await fetch(done.output);
        const [type, size] = [file.headers.get("content-type"), (await file.arrayBuffer()).byteLength];
        say({ last: done.status, id: done.id, type, size });
        """,
    )

    (made,) = demo_server.predictions()
    assert (said["last"], said["id"]) == ("succeeded", made["id"])
    assert (said["type"], said["size"]) == ("video/mp4", made["size"])
    assert made["input"] == {"prompt": "A cat walking", "duration": 5, "draft": True}
    assert {row["host"] for row in demo_server.requests() if row["host"] != "delivery"} == {"gateway"}


def test_its_short_way_gives_the_address_of_the_file(demo_server: RunningDemo) -> None:
    said = run(demo_server, 'say(await replicate.run("prunaai/p-video", { input }));')

    assert said.startswith(demo_server.delivery_url)
    assert [row["path"].partition("/replicate")[2] for row in demo_server.requests("gateway", "POST")] == [
        "/models/prunaai/p-video/predictions"
    ]


def test_it_cancels_lists_and_reads_the_model(demo_server: RunningDemo) -> None:
    demo_server.settings(speed=0.01)
    said = run(
        demo_server,
        """
        const made = await replicate.predictions.create({ version: "prunaai/p-video", input });
        const ended = await replicate.predictions.cancel(made.id);
        const list = await replicate.predictions.list();
        const model = await replicate.models.get("prunaai", "p-video");
        say({ status: ended.status, listed: list.results.map((item) => item.id), id: made.id, model: model.name });
        """,
    )

    assert (said["status"], said["listed"], said["model"]) == ("canceled", [said["id"]], "p-video")


@pytest.mark.parametrize(("which", "words"), [("GATEWAY", "AiGatewayError"), ("REPLICATE", "Unauthenticated")])
def test_it_is_told_which_of_the_two_tokens_is_wrong(demo_server: RunningDemo, which: str, words: str) -> None:
    script = """
    try { await replicate.predictions.create({ version: "prunaai/p-video", input }); say("made"); }
    catch (error) { say([error.name, error.response.status, error.message]); }
    """
    name, status, text = run(demo_server, script, **{which: "wrong"})

    assert (name, status) == ("ApiError", 401)
    assert words in text
    assert demo_server.predictions() == []


def test_the_lock_file_holds_no_addresses() -> None:
    lock = json.loads((JS / "package-lock.json").read_text(encoding="utf-8"))

    assert "node_modules/replicate" in lock["packages"]
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
