"""What a handle shows on a cell's last line. It knows no notebook: the package's root ties it to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable


class Shown:
    """Something that a page can show in full, and a terminal as its text."""

    display_hook: ClassVar[Callable[[Any], Any] | None] = None
    """Shows it in the running cell; the notebook's part sets it."""

    widget_hook: ClassVar[Callable[[Any], Any] | None] = None
    """Returns the widget that shows it; the notebook's part sets it."""

    def _ipython_display_(self) -> None:
        hook = type(self).display_hook
        if hook is None:
            raise NotImplementedError  # IPython then shows the repr
        hook(self)

    def _display_(self) -> Any:
        # marimo shows what this returns.
        hook = type(self).widget_hook
        return repr(self) if hook is None else hook(self)
