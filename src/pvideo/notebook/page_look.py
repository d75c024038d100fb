"""The styles and the one script of an exported page; both stand in it."""

from __future__ import annotations

_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #444); --quiet: light-dark(#59636e, #9da7b1); }
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1280px; padding: 24px 16px; font: 15px/23px system-ui, sans-serif;
  color: light-dark(#1f2328, #e6edf3); background: light-dark(#fff, #1e1e1e);
}
h1 { margin: 0 0 4px; font-size: 20px; line-height: 28px; }
p { margin: 0 0 16px; }
.q { color: var(--quiet); font-size: 13px; line-height: 20px; }
main { display: grid; gap: 20px; grid-template-columns: repeat(auto-fit, minmax(min(100%, WIDTHpx), 1fr)); align-items: start; }
figure { margin: 0; min-width: 0; padding: 12px; border: 1px solid var(--line); border-radius: 8px; }
video, img { display: block; width: auto; max-width: 100%; height: auto; max-height: 70vh; margin: 0 auto; border-radius: 6px; }
audio { width: 100%; }
figcaption { padding-top: 10px; overflow-wrap: anywhere; }
.p { white-space: pre-wrap; }
b.n { font: 600 13px/20px ui-monospace, monospace; }
pre { font-size: 12px; line-height: 18px; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; }
table { margin-top: 20px; border-collapse: collapse; font-size: 13px; }
th, td { padding: 4px 10px; border: 1px solid var(--line); text-align: left; vertical-align: top; }
button {
  min-height: 32px; margin-bottom: 16px; padding: 3px 14px; border: 1px solid var(--line); border-radius: 6px;
  background: none; color: inherit; font: inherit; cursor: pointer;
}
button:focus-visible, summary:focus-visible { outline: 2px solid #1976d2; outline-offset: 2px; }
"""

SCRIPT = """
const all = [...document.querySelectorAll("video")];
document.querySelector("button").onclick = () => {
  if (all.some((video) => !video.paused && !video.ended)) return all.forEach((video) => video.pause());
  const from = all.every((video) => video.ended || video.currentTime === 0) ? 0 : Math.min(...all.map((video) => video.currentTime));
  all.forEach((video, index) => {
    video.currentTime = from;
    if (index) video.muted = true;
    video.play();
  });
};
"""
"""Plays all from one place, the sound of the first only; a second press pauses."""


def style(width: int) -> str:
    """Return the styles for videos of at least so many pixels."""
    return _STYLE.replace("WIDTH", str(width))
