"""The inputs of a Studio as code holds them: what is written into them goes to the form, as a whole new value does."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DICT = ("__setitem__", "__delitem__", "clear", "pop", "popitem", "setdefault", "update")
_LIST = ("__setitem__", "__delitem__", "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort")


class FormInputs(dict[str, Any]):
    """What a Studio's form shows, by input; writing ``inputs["duration"] = 9`` sets it there.

    Args:
        values: What it shows.
        now: Gives what it shows when something is written.
        put: Sets what it shows from then on.
    """

    def __init__(self, values: Mapping[str, Any], now: Callable[[], Mapping[str, Any]], put: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._now, self._put = now, put
        self._show(values)

    def _whole(self) -> dict[str, Any]:
        return dict(self._now())

    def _show(self, values: Mapping[str, Any]) -> None:
        dict.clear(self)
        dict.update(self, {name: Items(value, self, name) if isinstance(value, list) else value for name, value in values.items()})

    def _take(self, changed: dict[str, Any]) -> None:
        self._put(changed)
        self._show(self._now())

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]  # a plain dict, which is then set as a whole
        return {**self, **other}

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, ({name: list(value) if isinstance(value, Items) else value for name, value in self.items()},)


class Items(list[Any]):
    """One input of a form that is a list.

    Args:
        values: Its items.
        inputs: The inputs that it is one of.
        name: Which one.
    """

    def __init__(self, values: list[Any], inputs: FormInputs, name: str) -> None:
        super().__init__(values)
        self._inputs, self._name = inputs, name

    def _whole(self) -> list[Any]:
        return list(self)

    def _take(self, changed: list[Any]) -> None:
        self._inputs[self._name] = changed
        list.__setitem__(self, slice(None), changed)

    def __iadd__(self, other: Any) -> Any:  # type: ignore[misc]  # as above
        return [*self, *other]

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


def _written_through(kind: type, name: str) -> Callable[..., Any]:
    """Return a method that changes a copy, and hands that on: a value that was changed where it lies, nobody would hear of."""
    change = getattr(kind, name)

    @functools.wraps(change)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        changed = self._whole()
        result = change(changed, *args, **kwargs)
        self._take(changed)
        return result

    return method


for _name in _DICT:
    setattr(FormInputs, _name, _written_through(dict, _name))
for _name in _LIST:
    setattr(Items, _name, _written_through(list, _name))
