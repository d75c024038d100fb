"""The cells that several tests type."""

from __future__ import annotations

SETUP = "%load_ext pvideo\n%pvideo demo"
PROMPT = "A cat walking through a field of flowers in slow motion"
CAT = f"%%pvideo cat --draft\n{PROMPT}"
LONG = f"%%pvideo cat --duration 20\n{PROMPT}"
"""Long enough to be canceled, reloaded or restarted over."""
STUDIO = "import pvideo\npvideo.Studio()"
