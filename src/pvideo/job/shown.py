"""What a handle shows on a cell's last line. It knows no notebook: the package's root ties it to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable


class Shown:
    """Something that a page can show in full, and a terminal as its text."""

    display_hook: ClassVar[Callable[[Any], dict[str, Any]] | None] = None
    """Returns it as a mime bundle, as the running cell shows it; the notebook's part sets it."""

    widget_hook: ClassVar[Callable[[Any], Any] | None] = None
    """Returns the widget that shows it; the notebook's part sets it."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG002 - IPython's protocol
        # Whoever formats it puts it where it belongs: a cell, an `ipywidgets.Output`, what stands under a display id.
        hook = type(self).display_hook
        return {"text/plain": repr(self)} if hook is None else hook(self)

    def _display_(self) -> Any:
        # marimo shows what this returns.
        hook = type(self).widget_hook
        return repr(self) if hook is None else hook(self)
