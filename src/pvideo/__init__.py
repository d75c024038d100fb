"""Video generation inside a Jupyter notebook, with P-Video on Replicate through Cloudflare AI Gateway."""

from __future__ import annotations

__version__ = "0.1.0"
