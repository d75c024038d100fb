"""Clocks of a forked kernel that can be moved: the wall clock alone (NTP, a wrong date), or both and the loop's (a sleep)."""

from __future__ import annotations

import signal
import time
from typing import Any

_real_wall, _real_monotonic, _real_clock = time.time, time.monotonic, time.clock_gettime
_moved = {"wall": 0.0, "steady": 0.0}


def install(asked: dict[str, Any], tell: Any) -> None:
    """Move clocks: ``wall``: seconds at once; ``on_cont``: seconds that both clocks jump by at each SIGCONT."""
    from pvideo.job.clock import Clock

    _moved["wall"] = float(asked.get("wall", 0.0))
    time.time = lambda: _real_wall() + _moved["wall"]
    time.monotonic = lambda: _real_monotonic() + _moved["steady"]
    time.clock_gettime = lambda which: _real_clock(which) + (_moved["steady"] if which != time.CLOCK_REALTIME else _moved["wall"])
    Clock.__init__.__kwdefaults__["wall"] = time.time  # the class took the real one as it was made
    jump = float(asked.get("on_cont", 0.0))

    def awake(*_: Any) -> None:
        _moved["wall"] += jump
        _moved["steady"] += jump
        tell("awake")

    if jump:
        signal.signal(signal.SIGCONT, awake)
