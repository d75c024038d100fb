"""Rate limits: how many requests fit into a window of time."""

from __future__ import annotations

from collections import deque


class Limit:
    """Counts what happened within a window that is fixed (starts anew) or slides.

    Args:
        sliding: Whether the window moves with the clock.
        count_refused: Whether a refused request counts too (Replicate's limit for low credit does so).
    """

    def __init__(self, *, sliding: bool = False, count_refused: bool = False) -> None:
        self.sliding = sliding
        self.count_refused = count_refused
        self._times: deque[float] = deque()
        self._window = 0.0

    def take(self, now: float, *, most: int, interval: float) -> float:
        """Take one place; return 0, or the seconds until there is one."""
        if self.sliding or self.count_refused:
            while self._times and self._times[0] <= now - interval:
                self._times.popleft()
        elif now >= self._window + interval:
            self._times.clear()
            self._window = now
        full = len(self._times) >= most
        wait = (self._times[0] if self.sliding or self.count_refused else self._window) + interval - now if full and self._times else 0.0
        if not full or self.count_refused:
            self._times.append(now)
            while len(self._times) > most + 1:
                self._times.popleft()
        return max(wait, 0.001) if full else 0.0

    def left(self, most: int) -> int:
        """Return how many places are left."""
        return max(0, most - len(self._times))
