"""What a model is called: ``owner/name``, ``owner/name:version``, or a version alone (64 hex digits)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pvideo.errors import InputError

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_VERSION = r"[0-9a-f]{64}"
_FORMS = re.compile(rf"(?:(?P<owner>{_PART})/(?P<name>{_PART})(?:(?::|/versions/|@)(?P<version>{_VERSION}))?|(?P<alone>{_VERSION}))")
_PAGE = re.compile(r"(?:https?://)?(?:www\.)?replicate\.com/")


@dataclass(frozen=True, slots=True)
class Reference:
    """A model by its name, in one of its versions, or by a version alone."""

    owner: str = ""
    name: str = ""
    version: str = ""

    @property
    def model(self) -> str:
        """``owner/name``; empty when only a version is known."""
        return f"{self.owner}/{self.name}" if self.name else ""

    def __str__(self) -> str:
        return ":".join(part for part in (self.model, self.version) if part)


def read(text: str) -> Reference:
    """Return the model that `text` means; the address of its page on replicate.com is understood, too.

    Raises:
        InputError: ``model_name_wrong``: it is none of the three forms.
    """
    found = _FORMS.fullmatch(_PAGE.sub("", text.strip()).rstrip("/"))
    if found is None:
        raise InputError("model_name_wrong", model=text.strip()[:100])
    return Reference(found["owner"] or "", found["name"] or "", found["version"] or found["alone"] or "")


def short(reference: str) -> str:
    """Return a reference as a card says it: of a version, its first eight digits."""
    return re.sub(rf"({_VERSION})$", lambda whole: whole[1][:8], reference)
