"""What is true of a job only now, in this process, and how it becomes a picture with what the journal keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.endpoint import DELIVERY_HOSTS
from pvideo.errors import PVideoError
from pvideo.job.budget import cost_text
from pvideo.job.states import ENDED, Link, MediaInfo, Phase, Quote, Snapshot
from pvideo.library.files import OUTPUT_JSON
from pvideo.model.sniff import SVG
from pvideo.secrets import unsigned
from pvideo.wire.hosts import StrangeAddressError, check
from pvideo.wire.output import is_whole

if TYPE_CHECKING:
    from pvideo.endpoint import Endpoint
    from pvideo.job.schedule import Expectation
    from pvideo.library.rows import JobRow

_WORDS = {"new": "sending", "sending": "sending", "unknown": "unconfirmed", "fetching": "succeeded", "done": "succeeded"}
_LARGEST = 10**7
_LOGS = 64 * 1024
_TEXT = 100_000
"""Characters of a text that a picture of a job carries; the file has all."""


@dataclass(slots=True, kw_only=True)
class Live:
    """The passing facts of one job; only the engine's thread changes them."""

    phase: Phase = ""
    error: PVideoError | None = None
    parked: bool = False
    """Whether it waits for a person: nothing more happens by itself."""
    expected: Expectation | None = None
    ahead: int = 0
    looked_at: float | None = None
    next_at: float | None = None
    received: int = 0
    total: int | None = None
    logs: str = ""
    progress: float | None = None
    poster: bytes | None = None
    text: str = ""
    """The text or JSON that was made, or what of it there is so far."""
    paths: tuple[Path, ...] = ()
    reused: bool = False
    missing: bool = False
    """Whether the finished file is no longer where it was saved."""
    takes: tuple[str, ...] = ()
    sending_file: str = ""
    """The file that goes ahead of the press now."""
    exchanges: int = 0
    slow_answer: bool = False
    """Whether the create's answer took so long that a gateway may have repeated the request meanwhile."""
    origin: Link | None = None
    made: tuple[Link, ...] = ()
    shots: tuple[str, ...] = ()


def expected_kind(model: str) -> str:
    """Return what a model makes, as far as that is known beforehand: a text where nothing is told, as that may be anything."""
    from pvideo.model import shelf

    found = shelf.find(model)
    return found.output if found is not None and found.has_schema else "text"


def status_of(row: JobRow) -> str:
    """Return the word a card shows for a journal state."""
    if row.state in {"created", "running"}:
        return row.status or "starting"
    return _WORDS.get(row.state, row.state)


def picture(row: JobRow, live: Live, endpoint: Endpoint | None) -> Snapshot:
    """Return the picture of a job: what the journal keeps of it and what is true only now."""
    status = status_of(row)
    ended = status in ENDED
    paths = () if live.missing else live.paths
    expected = live.expected
    return Snapshot(
        intent=row.intent,
        name=row.name,
        model=row.model,
        realm="demo" if row.realm == "demo" else "real",
        status=status,
        done=ended,
        phase=live.phase,
        settled=row.finished or live.parked,
        typed=row.typed,
        input=row.input,
        prompt=row.prompt,
        template=row.template or row.prompt,
        seed=row.seed,
        notes=(*row.notes, *([row.warning] if row.unreadable else [])),
        price=Quote(amount=row.estimate, text=row.estimate_text, upper_bound=row.upper_bound),
        cost=row.cost,
        cost_text=cost_text(row, status),
        pressed_at=row.pressed_at,
        sent_at=row.sent_at,
        created_at=row.created_at,
        finished_at=row.finished_at,
        took=row.took,
        p50=expected.p50 if expected else None,
        p90=expected.p90 if expected else None,
        history=expected.history if expected else False,
        prediction_id=row.prediction_id,
        log_id=row.log_id,
        event_id=row.event_id,
        dashboard_url=endpoint.dashboard_url(row.log_id) if endpoint and row.log_id else None,
        gateway=row.gateway,
        error=live.error,
        looked_at=live.looked_at,
        next_at=live.next_at,
        deadline=row.deadline,
        ahead=live.ahead,
        output_url=_address(row, endpoint),
        path=paths[0] if paths else None,
        paths=paths,
        received=live.received,
        total=live.total,
        media=media_of(row),
        poster=live.poster,
        text=live.text,
        logs_tail=live.logs[-_LOGS:],
        progress=live.progress,
        reused=live.reused,
        cancel_asked=row.cancel_asked,
        prefer_wait=row.prefer_wait,
        parent=row.parent,
        takes=live.takes,
        exchanges=live.exchanges,
        origin=live.origin,
        made=live.made,
        shots=live.shots,
        version=row.version,
        sha256=row.sha256,
        stars=row.stars,
        remark=row.remark,
        sending_file=live.sending_file,
    )


def _address(row: JobRow, endpoint: Endpoint | None) -> str | None:
    """Return the address that the first output may be shown by: an allowed host's, and without a signature, as that is a secret."""
    url = next((url for url in row.outputs if not url.startswith("data:")), "")
    try:
        check(url, endpoint.delivery_hosts if endpoint is not None else DELIVERY_HOSTS)
    except StrangeAddressError:
        return None
    return url if unsigned(url) == url and is_whole(url) else None


def revived(row: JobRow) -> Live:
    """Return the passing facts of a job that is only known from the journal."""
    live = Live(error=_kept(row), paths=tuple(Path(file) for file in row.files))
    if row.finished and live.paths and not live.paths[0].is_file():
        live.missing = True
        live.error = PVideoError.make("file_missing", path=str(live.paths[0]), price=row.price_word)
    elif live.paths:
        live.text = text_of(live.paths)
    return live


def _kept(row: JobRow) -> PVideoError | None:
    """Return the error that the journal has of a job; 0.1.0 kept with it in how many seconds it would have gone on."""
    if row.error is None:
        return None
    values = row.error.get("values", {})
    kept = {name: value for name, value in values.items() if name != "seconds"} if isinstance(values, dict) else values
    return PVideoError.from_dict({**row.error, "values": kept})


def text_of(paths: tuple[Path, ...]) -> str:
    """Return the beginning of the text, of the JSON, or of the drawing, among saved files."""
    texts = [path for path in paths if path.suffix in {".txt", ".md"} or path.name.endswith(OUTPUT_JSON)]
    path = next((path for path in texts if not path.name.endswith(SVG)), texts[0] if texts else None)
    if path is None:
        return ""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_TEXT)
    except OSError:
        return ""


def media_of(row: JobRow) -> MediaInfo | None:
    """Return what the finished video turned out to be, when it was looked at."""
    told: dict[str, Any] = row.media or {}
    width, height, fps, seconds = numbers = [told.get(name, -1) for name in ("width", "height", "fps", "seconds")]
    if not all(isinstance(number, (int, float)) and 0 <= number < _LARGEST for number in numbers):
        return None
    return MediaInfo(width=int(width), height=int(height), fps=float(fps), seconds=float(seconds), has_audio=told.get("has_audio") is True)
