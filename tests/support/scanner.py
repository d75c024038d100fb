"""Yelp's detect-secrets over files, without its filters for what people call a false alarm: a second opinion beside our own canaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

if TYPE_CHECKING:
    from pathlib import Path

# It knows neither maker's tokens, so their published shapes are told it, as it wants to be told: as a plugin of one's own.
OURS = """
import re
from detect_secrets.plugins.base import RegexBasedDetector

class PVideoTokenDetector(RegexBasedDetector):
    secret_type = "Token of Replicate or Cloudflare"
    denylist = [re.compile(r"(?:r8_[A-Za-z0-9]{37}|cf(?:ut|at|k)_[A-Za-z0-9]{48})")]
"""
KNOWN = ("AWSKeyDetector", "BasicAuthDetector", "GitHubTokenDetector", "JwtTokenDetector", "OpenAIDetector", "PrivateKeyDetector")


def detected(folder: Path, plugin: Path) -> list[tuple[str, str, int]]:
    """Return (file, kind, line) of each secret that is found in the text files below `folder`; the plugin is written to `plugin`."""
    plugin.write_text(OURS)
    plugins = [{"name": name} for name in KNOWN] + [{"name": "PVideoTokenDetector", "path": plugin.as_uri()}]
    with transient_settings({"plugins_used": plugins, "filters_used": []}):
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return [(path.name, secret.type, secret.line_number) for path in files for secret in scan_file(str(path))]
