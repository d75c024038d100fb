"""The embedded gateway as the tests see it: what it was asked to make, and how it should behave."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.support.waiting import wait_until


class Demo:
    """The control port of one running gateway. The product has no access to it while it is tested."""

    def __init__(self, control_url: str, token: str) -> None:
        """Take the address and what opens it; nothing is asked yet."""
        self._url, self._token = control_url.rstrip("/"), token

    def reset(self, **settings: Any) -> None:
        """Forget every prediction and fault, and behave as by default except for these settings."""
        self._ask("reset", {})
        if settings:
            self.change(**settings)

    def change(self, **settings: Any) -> None:
        """Behave differently from now on (names as in `pvideo.demo.config`)."""
        self._ask("settings", settings)

    def faults(self, *rules: dict[str, Any]) -> None:
        """Lay down faults (as in `pvideo.demo.faults`)."""
        self._ask("faults", list(rules))

    def ledger(self) -> dict[str, Any]:
        """Return everything that was made and asked."""
        answer: dict[str, Any] = self._ask("ledger")
        return answer

    def predictions(self) -> list[dict[str, Any]]:
        """Return every prediction that was created, oldest first: each would have been paid."""
        found: list[dict[str, Any]] = self.ledger()["predictions"]
        return found

    def created(self) -> int:
        """Return how many predictions were created."""
        return len(self.predictions())

    def statuses(self) -> list[str]:
        """Return the status of every prediction, oldest first."""
        return [prediction["status"] for prediction in self.predictions()]

    def wait_for_statuses(self, *wanted: str, timeout: float = 10) -> None:
        """Wait until the other side agrees: what a card shows can be a moment ahead of it, or behind."""
        assert wait_until(lambda: self.statuses() == list(wanted), timeout), self.statuses()

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(f"{self._url}/_emu/{path}", data=data, headers=headers)
        # Loopback, whatever proxy this machine has.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
