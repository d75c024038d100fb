"""``%%pvideo`` and ``%pvideo``: what they read from a cell, and how the result is bound and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from pvideo.errors import InputError
from pvideo.guard import guarded

from .display import outputs, tell
from .hosts import detect
from .options import Line, parse
from .refusal import clean
from .text import expand

if TYPE_CHECKING:
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
        from pvideo.settings import current

        asked = parse(line, self.shell.user_ns, find_model, current().model)
        if asked.help:
            from .usage import usage

            tell(usage(find_model(asked.model)))
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
    """Let a video or a sweep take a free name, or that of another one."""
    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video

    if name and name in namespace and not isinstance(namespace[name], (Video, Sweep)):
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
    if keep_empty_cell not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(keep_empty_cell)


def unregister(shell: Any) -> None:
    """Undo `register`."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(NAME, None)
    shell.magics_manager.registry.pop(PVideoMagics.__name__, None)
    if keep_empty_cell in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(keep_empty_cell)


def keep_empty_cell(lines: list[str]) -> list[str]:
    """Let a ``%%pvideo`` line without a body reach us: IPython refuses a cell magic without a body in words of its own."""
    alone = bool(lines) and lines[0].split(maxsplit=1)[:1] == [f"%%{NAME}"] and not "".join(lines[1:])
    return [lines[0].rstrip("\n") + "\n", "\n"] if alone else lines
