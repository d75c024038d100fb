"""A file that is too large to go along with a request: it is sent ahead of it, and its address takes its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIMIT = 100_000_000
"""What Replicate's store of input files takes: less than 100 MB (its OpenAPI document)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Stands in an input for a file until it was sent."""

    name: str
    type: str
    sha256: str
    data: bytes = field(repr=False)

    def __str__(self) -> str:
        # As an inline file: what compares inputs leaves both out.
        return f"data:{self.type},… ({len(self.data):,} bytes, sent ahead)"


def waiting(value: Any) -> Iterator[Ahead]:
    """Yield every file within an input that has to be sent first."""
    if isinstance(value, Ahead):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from waiting(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from waiting(item)


def replaced(value: Any, addresses: Mapping[str, str]) -> Any:
    """Return an input with the addresses (by sha256) of the files that were sent."""
    if isinstance(value, Ahead):
        return addresses[value.sha256]
    if isinstance(value, dict):
        return {name: replaced(item, addresses) for name, item in value.items()}
    return [replaced(item, addresses) for item in value] if isinstance(value, (list, tuple)) else value
