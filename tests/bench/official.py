"""Runs jobs with the official `replicate` client (either generation), as its documentation does it: create, then wait.

python tests/bench/official.py <origin> <token> <number of jobs>   prints {"version": …, "seen": {id: when, epoch seconds}}
"""

from __future__ import annotations

import json
import sys
import threading
import time
from importlib.metadata import version

import replicate

ORIGIN, TOKEN, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
INPUT = {"prompt": "A cat", "duration": 5}
seen: dict[str, float] = {}


def run_1() -> None:
    """Version 1: `prediction.wait()` asks every 0.5 s."""
    client = replicate.Client(api_token=TOKEN, base_url=ORIGIN)
    prediction = client.predictions.create(version="prunaai/p-video", input=INPUT)
    prediction.wait()
    seen[prediction.id] = time.time()


def run_2() -> None:
    """Version 2 beta: `predictions.wait(id)` asks every 0.5 s."""
    client = replicate.Replicate(bearer_token=TOKEN, base_url=f"{ORIGIN}/v1")
    prediction = client.predictions.create(version="prunaai/p-video", input=INPUT)
    client.predictions.wait(prediction.id)
    seen[prediction.id] = time.time()


def main() -> None:
    """Run them all at once."""
    run = run_2 if hasattr(replicate, "Replicate") else run_1
    threads = [threading.Thread(target=run) for _ in range(COUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"version": version("replicate"), "seen": seen}))


main()
