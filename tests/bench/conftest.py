"""The server, the browser and the page of the end-to-end tests, for measuring."""

from __future__ import annotations

from tests.e2e.conftest import browser, demo, gateway, home, kernel_environment, lab, open_lab, server

__all__ = ["browser", "demo", "gateway", "home", "kernel_environment", "lab", "open_lab", "server"]
