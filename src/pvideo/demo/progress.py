"""The log a model writes while it computes, in the style of tqdm as recorded on other models (P-Video's own is unknown)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .predictions import Prediction

STEPS = 50
_EIGHTHS = " ▏▎▍▌▋▊▉█"


NO_WEBHOOK = "pvideo demo: the webhook is not called; look at the prediction instead.\n"


def log_text(item: Prediction, now: float) -> str:
    """Return the whole log of `item` at `now`; empty before it starts, but for what the demo itself has to say."""
    return (NO_WEBHOOK if item.webhook else "") + _written(item, now)


def _written(item: Prediction, now: float) -> str:
    started = item.started if item.ended else item.starts
    if started is None or now < started:
        return ""
    if item.input.get("no_op"):
        return "No operation requested.\n"
    lines = [f"Using seed: {item.seed}"]
    done = int(item.progress(now) * STEPS)
    rate = STEPS / item.length if item.length > 0 else STEPS
    lines += [_line(step, rate) for step in range(0, done + 1, 2)]
    if item.error:
        lines.append(item.error)
    elif item.ended == "succeeded":
        lines.append("Saving output.mp4")
    return "\n".join(lines) + "\n"


def _line(step: int, rate: float) -> str:
    share = step / STEPS
    filled = share * 10
    part = _EIGHTHS[int((filled % 1) * 8)] if filled < 10 else ""
    bar = ("█" * int(filled) + part.strip()).ljust(10)
    speed = f"{rate:5.2f}it/s" if step else "?it/s"
    left = _clock((STEPS - step) / rate) if step else "?"
    return f"{share * 100:3.0f}%|{bar}| {step}/{STEPS} [{_clock(step / rate)}<{left}, {speed}]"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
