"""``%%pvideo`` and ``%pvideo``: what they read from a cell, and how the result is bound and shown."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from pvideo.arguments import short, shown
from pvideo.errors import InputError
from pvideo.guard import guarded

from .display import outputs, tell
from .hosts import detect
from .options import Line, parse
from .refusal import clean
from .text import expand

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video
    from pvideo.model.schema import Model

NAME = "pvideo"


@magics_class
class PVideoMagics(Magics):
    """The magics of one shell."""

    @no_var_expand
    @line_cell_magic(NAME)
    def pvideo(self, line: str, cell: str | None = None) -> None:
        """Make a video from the cell's text: ``%%pvideo [name] [--options]``; ``%pvideo`` lists the commands."""
        if cell is None:
            self.command(line)
        else:
            self.generate(line, cell)

    @clean
    @guarded
    def command(self, line: str) -> None:
        """Run one of the line commands."""
        from .commands import run

        run(line, self.shell)

    @clean
    @guarded
    def generate(self, line: str, cell: str) -> None:
        """Make a video and show its card; return at once unless it has to be waited for."""
        from pvideo.job.press import find_model, refuse_tokens
        from pvideo.model.values import even_lines
        from pvideo.settings import current

        cell = even_lines(cell)
        asked = parse(line, self.shell.user_ns, find_model, current().model)
        if asked.help:
            from .usage import usage

            tell(usage(find_model(asked.model), current().model))
            return
        model = find_model(asked.model)
        template = cell.strip("\n").rstrip()
        _check_text(model, template, asked)
        _check_name(asked.name, self.shell.user_ns)
        if asked.axes or asked.each:
            self._sweep(asked, template)
            return
        prompt = expand(template, self.shell.user_ns)
        for typed in (asked.inputs, {model.prompt_field or "prompt": prompt}):  # a variable may hold one
            refuse_tokens(model, typed)
        video = _press(asked, prompt, template)
        if asked.name:
            self.shell.user_ns[asked.name] = video
        self.shell.user_ns["_pvideo"] = video
        self._present(video, asked)

    def _sweep(self, asked: Line, template: str) -> None:
        """Make a video of every combination and show their sheet."""
        from pvideo.job.plan import begin

        made = _plan(asked, template, self.shell.user_ns)
        if asked.name:
            # It is there before it starts: what a budget or an interrupt stops half way can be gone on with.
            self.shell.user_ns[asked.name] = made
        begin(made)
        if made.videos:
            self.shell.user_ns["_pvideo"] = made.videos[-1]
        self._present_sweep(made, asked)

    def _present_sweep(self, made: Sweep, asked: Line) -> None:
        from .waiting import wait_for

        host = detect(self.shell)
        waits = (asked.wait or host.waits) and made.started
        if not (waits and host.kind == "headless"):
            outputs.show(made, self.shell, cell=f"name:{asked.name}" if asked.name else "")
        if not waits:
            return
        for video in made.videos:
            wait_for(video)
        if host.kind == "headless":
            outputs.show(made, self.shell)
        outputs.finish(made, self.shell)
        if asked.wait:
            made.wait()

    def _present(self, video: Video, asked: Line) -> None:
        """Show the card; wait where that was asked for, or where nothing arrives after the cell has ended."""
        from .waiting import wait_for

        host = detect(self.shell)
        waits = asked.wait or host.waits
        if not (waits and host.kind == "headless"):
            outputs.show(video, self.shell, cell=f"name:{asked.name}" if asked.name else "")
        if not waits:
            return
        snapshot = wait_for(video)
        if host.kind == "headless":
            outputs.show(video, self.shell)
        outputs.finish(video, self.shell)
        # Without --wait the card says how it ended, as it does where the cell returns at once.
        if asked.wait and snapshot.error is not None and snapshot.path is None:
            raise snapshot.error


def _check_text(model: Model, template: str, asked: Line) -> None:
    """Want a text in the cell where the model has an input for it, and none where it has not."""
    if template.strip():
        if model.prompt_field is None:
            raise InputError("prompt_unwanted", model=model.name)
        option = {**asked.inputs, **asked.axes}.get(model.prompt_field)
        if option is not None:
            problem = f"{model.prompt_field} is given twice, as the cell's text and as {shown(option)}."
            raise InputError("input_twice", name=model.prompt_field, problem=problem)
        return
    field = model.field(model.prompt_field or "")
    if field is not None and field.required and field.name not in asked.inputs:
        raise InputError("prompt_missing")


def _press(asked: Line, prompt: str, template: str) -> Video:
    from pvideo.job.press import find_model, press

    model = find_model(asked.model)
    text = {model.prompt_field: prompt} if prompt and model.prompt_field else {}
    inputs = {**asked.inputs, **text}
    return press(
        model,
        inputs,
        name=asked.name,
        template=template,
        again=asked.again,
        reuse=not asked.again,
        prefer_wait=asked.prefer_wait,
    )


def _plan(asked: Line, template: str, namespace: dict[str, Any]) -> Sweep:
    """Return the sweep that a cell asks for; nothing is pressed yet."""
    from pvideo.job.axes import combine
    from pvideo.job.plan import plan
    from pvideo.job.press import find_model

    fixed = {**asked.inputs, "prompt": template}
    axes, combinations = combine(fixed, asked.axes, expand=lambda text: expand(text, namespace), each=asked.each)
    return plan(find_model(asked.model), axes, combinations, name=asked.name, again=asked.again, prefer_wait=asked.prefer_wait)


def _check_name(name: str, namespace: dict[str, Any]) -> None:
    """Let a video or a sweep take a free name, or that of another one; what Python itself uses is not free."""
    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video

    if not name or isinstance(namespace.get(name), (Video, Sweep)):
        return
    if name not in namespace and hasattr(builtins, name):
        raise InputError("name_taken", name=name, type="a builtin of Python")
    if name in namespace:
        kind = type(namespace[name]).__name__
        article = "an" if kind[0].lower() in "aeiou" else "a"
        raise InputError("name_taken", name=name, type=f"{article} {kind}")


def bind(namespace: dict[str, Any], old: Video, new: Video) -> None:
    """Let the variables that held `old` hold `new`: a button made it again."""
    for name in [name for name, value in namespace.items() if value is old]:
        namespace[name] = new


def register(shell: Any) -> None:
    """Register the magics; doing it twice is harmless."""
    shell.register_magics(PVideoMagics)
    unregister_transforms(shell)
    shell.input_transformers_cleanup.extend([keep_empty_cell, _FirstLine(shell)])


def unregister(shell: Any) -> None:
    """Undo `register`."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(NAME, None)
    shell.magics_manager.registry.pop(PVideoMagics.__name__, None)
    unregister_transforms(shell)


def unregister_transforms(shell: Any) -> None:
    """Take what reads a cell before Python does away."""
    ours = [one for one in shell.input_transformers_cleanup if one is keep_empty_cell or isinstance(one, _FirstLine)]
    for transform in ours:
        shell.input_transformers_cleanup.remove(transform)


class _FirstLine:
    """`first_line` for one shell."""

    has_side_effects = True
    """A terminal that only asks whether a cell is whole does not hear of it."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        return first_line(lines, self._shell.input_transformer_manager.transform_cell)


def first_line(lines: list[str], transform: Callable[[str], str]) -> list[str]:
    """Say of a ``%%pvideo`` below other lines that it must be the first: Python has only "invalid syntax" for it.

    Raises:
        InputError: ``not_first_line``, where exactly that line is the syntax error; one within a text, or in another magic's cell, is none.
    """
    places = [at for at, line in enumerate(lines) if line.split(maxsplit=1)[:1] == [f"%%{NAME}"]]
    for place in places if places and not lines[0].startswith("%%") else []:
        above = transform("".join(lines[:place]))
        try:
            compile(above + lines[place], "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST, dont_inherit=True)
        except SyntaxError as error:
            if error.lineno == above.count("\n") + 1:
                line = next((line for line in reversed(lines[:place]) if line.strip()), "").strip()
                raise InputError("not_first_line", number=place + 1, above=short(line, 40)) from None
    return lines


def keep_empty_cell(lines: list[str]) -> list[str]:
    """Let a ``%%pvideo`` line without a body reach us: IPython refuses a cell magic without a body in words of its own."""
    alone = bool(lines) and lines[0].split(maxsplit=1)[:1] == [f"%%{NAME}"] and not "".join(lines[1:])
    return [lines[0].rstrip("\n") + "\n", "\n"] if alone else lines


# A terminal asks after each line whether the cell is whole: then it is not, and Enter goes on to the prompt.
keep_empty_cell.has_side_effects = True  # type: ignore[attr-defined]
