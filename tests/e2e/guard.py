"""Runs a command that may not outlive whoever started it: it ends when our standard input is closed, which also a killed parent does.

python tests/e2e/guard.py <command…>
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    """Run the command until it ends by itself or our input is closed."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=end_with_input, args=(child,), daemon=True).start()
    return child.wait()


def end_with_input(child: subprocess.Popen[bytes]) -> None:
    """Wait for the end of our input, then ask the child to end, and after ten seconds end it with all its children."""
    sys.stdin.buffer.read()
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
