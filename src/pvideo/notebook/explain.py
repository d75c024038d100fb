"""``%pvideo explain`` and `Video.explain`: the requests behind one video, in time, with a word on each, without tokens."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError
from pvideo.secrets import redact

from .curl import as_curl, as_python, run_in_demo, warning
from .made import called
from .steps import Step, steps
from .words import say, size

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

_PRE = "white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0;padding:6px 8px;border:1px solid;border-radius:4px"
_BODY = 4_000
"""Characters of a body that are shown in a page."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Explanation:
    """The requests and answers of one job as they were sent, without tokens."""

    head: str
    steps: tuple[Step, ...]
    nothing: str = ""
    """What is to be said where there was no request."""
    demo: bool = False
    price: str = ""
    log: str = ""
    """What the gateway noted of it, where a token may read that."""

    @property
    def curl(self) -> str:
        """The request that made the video, as a command for a shell (``$CF_AIG_TOKEN`` and ``$REPLICATE_API_TOKEN`` are yours)."""
        return "\n".join(as_curl(step) for step in self._creates[:1])

    @property
    def python(self) -> str:
        """The same as a call of httpx."""
        return "\n".join(as_python(step) for step in self._creates[:1])

    def run(self) -> str:
        """Make the request by hand, in a shell, and return the answer. In the demo only: elsewhere it would be paid again.

        Raises:
            PVideoError: It was made by a real account.
        """
        if not self.demo or not self._creates:
            raise PVideoError.make("value_wrong", problem=say("explain", "run_demo_only"))
        return run_in_demo(self.curl)

    @property
    def _creates(self) -> list[Step]:
        return [step for step in self.steps if step.kind == "create"]

    def __repr__(self) -> str:
        lines = [self.head, *([self.nothing] if self.nothing else [])]
        for step in self.steps:
            lines += _lines(step)
        lines += [self.log] if self.log else []
        return redact("\n".join(lines))

    def _repr_html_(self) -> str:
        rows = "".join(self._details(step) for step in self.steps)
        head = f"<p><b>{escape(self.head)}</b></p>{f'<p>{escape(self.nothing)}</p>' if self.nothing else ''}"
        return redact(f"<div>{head}{rows}{f'<p>{escape(self.log)}</p>' if self.log else ''}</div>")

    def data(self) -> list[dict[str, Any]]:
        """Return the steps as a page shows them."""
        return [
            {
                "at": f"{step.at:.1f} s",
                "request": f"{step.method} {step.where}",
                "answer": step.answered,
                "word": step.word,
                "more": _more(step),
                "headers": [[f"{name}: {value}", words] for name, value, words in step.headers],
                "body": _cut(step.body),
                "response": _cut(step.answer),
                "hint": warning(step, self.price, demo=self.demo),
                "curl": as_curl(step),
                "python": as_python(step),
            }
            for step in self.steps
        ]

    def _details(self, step: Step) -> str:
        at = f"{step.at:.1f} s"
        line = f"{escape(at)} · <code>{escape(f'{step.method} {step.where}')}</code> → <b>{escape(step.answered)}</b> · {escape(step.word)}"
        more = f" <i>{escape(_more(step))}</i>" if step.more else ""
        return f"<details><summary>{line}{more}</summary>{self._inside(step)}</details>"

    def _inside(self, step: Step) -> str:
        heads = "".join(f"<li><code>{escape(f'{name}: {value}')}</code> {escape(words)}</li>" for name, value, words in step.headers)
        heads += "".join(f"<li>← <code>{escape(f'{name}: {value}')}</code></li>" for name, value in step.heard)
        parts = [f"<ul>{heads}</ul>" if heads else ""]
        for label, text in (("explain_sent", _cut(step.body)), ("explain_heard", _cut(step.answer))):
            parts.append(f'{escape(say("labels", label))}<pre style="{_PRE}">{escape(text)}</pre>' if text else "")
        hint = warning(step, self.price, demo=self.demo)
        for label, text in (("curl", as_curl(step)), ("Python (httpx)", as_python(step))):
            told = f"<p>{escape(hint)}</p>" if hint else ""
            parts.append(f'<details><summary>{label}</summary>{told}<pre style="{_PRE}">{escape(text)}</pre></details>')
        return "".join(parts)


def explanation(video: Video) -> Explanation:
    """Return the requests behind a video.

    Raises:
        JournalError: The journal cannot be read.
    """
    from pvideo.job.engine import Engine

    engine = Engine.get()
    row = engine.journal.get(video.intent)
    place = (row.base_url, row.outputs) if row is not None else ("", ())
    return explained(video.snapshot(), engine.exchanges(video.intent), base_url=place[0], outputs=place[1], log=_noted(video))


def _noted(video: Video) -> str:
    """Return the gateway's log entry in words; empty where no token is set for that, or nothing was answered that it could have noted.

    Nobody asked for the log here: the token goes to an address that was named, not to whatever a gateway on loopback has beside it.
    """
    from pvideo.settings import management

    from .log import part

    if not video.snapshot().log_id:
        return ""
    try:
        there = management()
    except PVideoError:
        return ""
    return "" if there.guessed else part(video)


def explained(
    snapshot: Snapshot, exchanges: list[dict[str, Any]], *, base_url: str = "", outputs: tuple[str, ...] = (), log: str = ""
) -> Explanation:
    """Return the requests of a job in words."""
    nothing = ""
    if not exchanges:
        nothing = say("explain", "nothing_sent" if snapshot.reused or snapshot.status == "rejected" else "nothing_recorded")
    return Explanation(
        head=_head(snapshot, len(exchanges)),
        steps=tuple(steps(exchanges, base_url=base_url, outputs=outputs)),
        nothing=nothing,
        demo=snapshot.realm == "demo",
        price=snapshot.price.text,
        log=log,
    )


def explain(video: Video) -> str:
    """Return the timeline of a video's requests."""
    return repr(explanation(video))


def timeline(snapshot: Snapshot, exchanges: list[dict[str, Any]]) -> str:
    """Return the requests as text: alike looks are folded into one line."""
    return repr(explained(snapshot, exchanges))


def _head(snapshot: Snapshot, count: int) -> str:
    parts = [called(snapshot)]
    if snapshot.prediction_id:
        parts.append(f"prediction {snapshot.prediction_id}")
    took = f" in {snapshot.took:.1f} s" if snapshot.took is not None else ""
    parts += [f"{snapshot.status}{took}", snapshot.cost_text, f"{count} request{'' if count == 1 else 's'}"]
    if snapshot.log_id:
        parts.append(f"log {snapshot.log_id}" + (f" ({snapshot.dashboard_url})" if snapshot.dashboard_url else ""))
    return " · ".join(part for part in parts if part)


def _lines(step: Step) -> list[str]:
    lines = [f"{step.at:5.1f} s  {step.method:<5}{step.where}   → {step.answered:<16} {step.word}".rstrip()]
    if step.method == "POST":
        lines += [f"{'':11}{name}: {value}   {words}" for name, value, words in step.headers]
    if step.more:
        lines.append(f"{'':11}{_more(step)}")
    return lines


def _more(step: Step) -> str:
    return f"({step.more} more look{'' if step.more == 1 else 's'} like this)" if step.more else ""


def _cut(text: str) -> str:
    """Return a body as it is read best; what was cut when it was recorded stays as it is."""
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    return text if len(text) <= _BODY else f"{text[:_BODY]}… ({size(len(text))})"
