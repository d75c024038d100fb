"""The cells that several tests type."""

from __future__ import annotations

SETUP = "%load_ext pvideo\n%pvideo demo"
PROMPT = "A cat walking through a field of flowers in slow motion"
CAT = f"%%pvideo cat --draft\n{PROMPT}"
FULL = f"%%pvideo cat\n{PROMPT}"
"""No draft: about ten seconds at the real pace, long enough to be reloaded, restarted or canceled over."""
STUDIO = "import pvideo\npvideo.Studio()"
