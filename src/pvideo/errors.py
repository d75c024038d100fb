"""What can go wrong, each with a title, one sentence with the value, one next step, and whether anything was paid.

The tree (catch by meaning)::

    PVideoError
    ├── SettingsError        where requests go is not known, or not safe
    ├── InputError           what was asked does not fit; nothing was sent        .problems
    ├── BudgetError          the budget, or an unknown price, stopped it; nothing was sent
    ├── JournalError         it could not be written down; nothing was sent
    ├── UnreachableError     no request byte left, or no service answered; nothing was made
    ├── RefusedError         definitely refused; nothing was paid                 .problems
    │   └── BusyError        refused for now                                      .retry_after
    ├── UnconfirmedError     the create's answer was lost; it may be paid
    ├── WatchError           it goes on at Replicate, but we cannot look
    ├── PredictionError      it ended without a video
    ├── DownloadError        it was made, but is not on disk
    ├── ExportError          it could not be taken elsewhere: a page, another kind of file, a table
    ├── ManagementError      a gateway's settings or its log could not be read or changed
    └── DemoError            the embedded gateway is missing or did not start

The texts stand in ``texts.json``, which the page reads too; ``key`` names the entry.
"""

from __future__ import annotations

import json
import os
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pvideo.secrets import strike

_BOLD, _RED, _GREEN, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
_OWN_LINES = 8
"""Lines of one statement that are shown at most."""
_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to fix, at the input it belongs to (``field`` is empty when it belongs to none)."""

    field: str
    message: str
    key: str = "value_wrong"
    advice: str = ""
    """The next step, where it is another one than the usual one of `key`."""


@cache
def texts() -> dict[str, Any]:
    """Return every text a person reads, as ``texts.json`` has them."""
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("texts.json").read_text(encoding="utf-8"))
    return loaded


class _Blank(dict[str, Any]):
    """Leaves a placeholder out when its value is not known, so that a message never fails."""

    def __missing__(self, key: str) -> str:
        return ""


def fill(template: str, **values: object) -> str:
    """Fill a text's ``{placeholders}``; an unknown one becomes empty, and a token in any of them is struck out."""
    return strike(template.format_map(_Blank(values)))


class PVideoError(Exception):
    """Base of all errors of pvideo.

    Args:
        key: The entry in ``texts.json`` under ``messages``.
        problems: The inputs it belongs to, when there are any.
        **values: What fills the text. A token among them is struck out.
    """

    _classes: ClassVar[dict[str, type[PVideoError]]] = {}
    keys: ClassVar[frozenset[str]] = frozenset({"unexpected", "endpoint_gone", "video_unknown", "video_elsewhere", "command_unknown"})

    def __init__(self, key: str, *, problems: tuple[Problem, ...] = (), **values: object) -> None:
        entry = texts()["messages"][key]
        self.key = key
        self.problems = tuple(Problem(strike(problem.field), strike(problem.message), problem.key) for problem in problems)
        values = {name: strike(value) if isinstance(value, str) else value for name, value in values.items()}
        self.values = values
        self.title = fill(entry["title"], **values)
        self.sentence = fill(entry["sentence"], **values)
        # A step that pvideo takes by itself is told only while somebody knows in how many seconds.
        self.next = fill(entry["soon"] if "soon" in entry and "seconds" in values else entry["next"], **values)
        self.paid = str(entry["paid"])
        super().__init__(self._line())

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for key in cls.__dict__.get("keys", ()):
            PVideoError._classes[key] = cls

    def _line(self) -> str:
        return " ".join(part for part in (f"{self.title}.", self.sentence, self.next) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-able data (for the journal and the page)."""
        simple = (str, int, float, bool, type(None))
        plain = {name: value if isinstance(value, simple) else strike(str(value)) for name, value in self.values.items()}
        shown = {"key": self.key, "title": self.title, "sentence": self.sentence, "next": self.next, "paid": self.paid}
        return {**shown, "values": plain, "problems": [list(astuple(problem)) for problem in self.problems]}

    @staticmethod
    def make(key: str, *, problems: tuple[Problem, ...] = (), **values: object) -> PVideoError:
        """Make the error of the class that `key` belongs to."""
        return PVideoError._classes.get(key, PVideoError)(key, problems=problems, **values)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> PVideoError:
        """Make the error again from `to_dict`'s data; one that this version does not know says what it said when it was kept."""
        try:
            problems = tuple(Problem(*map(str, row)) for row in data.get("problems", ()))
            return PVideoError.make(data["key"], problems=problems, **data.get("values", {}))
        except (KeyError, TypeError, ValueError, AttributeError):
            return PVideoError._told(data)

    @staticmethod
    def _told(data: dict[str, Any]) -> PVideoError:
        error = PVideoError("unexpected")
        for part in ("key", "title", "sentence", "next", "paid"):
            setattr(error, part, data[part] if isinstance(data.get(part), str) else getattr(error, part))
        error.args = (error._line(),)
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        return PVideoError.from_dict, (self.to_dict(),)

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception for its own rendering before it makes a traceback: ours are read as a sentence, not as a stack.
        # One element: the list's parts are joined with nothing between in some modes of %xmode.
        return ["\n".join([*block(self), *_own_lines(self)])]


def block(error: PVideoError) -> list[str]:
    """Return the lines that stand for an error in a cell's output."""
    lines = [f"{_RED}{_BOLD}{error.title}{_PLAIN}"]
    rest = [problem.message for problem in error.problems] if len(error.problems) > 1 else [error.sentence]
    lines += [line for line in rest if line]
    if error.next:
        lines.append(f"{_BOLD}Next:{_PLAIN} {error.next}")
    return lines


def _own_lines(error: BaseException) -> list[str]:
    """Return the lines of the user's own code that an error came through: neither ours, nor IPython's, nor a library's."""
    import linecache
    import sysconfig
    import traceback

    from pvideo.secrets import redact

    others = tuple(f"{folder}{os.sep}" for folder in (Path(__file__).parent, sysconfig.get_path("stdlib")))
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        installed = {"site-packages", "dist-packages"} & set(Path(frame.filename).parts)
        if frame.filename.startswith(others) or installed or frame.lineno is None:
            continue
        # A cell's name is IPython's, and says nothing to a person.
        where = "" if frame.filename.startswith("<") or "ipykernel_" in frame.filename else f"{Path(frame.filename).name}, "
        last = min(frame.end_lineno or frame.lineno, frame.lineno + _OWN_LINES - 1)
        for number in range(frame.lineno, last + 1):
            source = linecache.getline(frame.filename, number).rstrip()
            lines += [f"{_GREEN}{where}line {number}:{_PLAIN} {redact(source[:_WIDTH])}"] if source else []
    return lines


class SettingsError(PVideoError):
    """Where requests go, or with which token, is not known or not safe."""

    keys = frozenset(
        {"no_account", "setting_missing", "setting_wrong", "insecure_url", "trust_host", "token_in_cell", "reconcile_direct"}
        | {"management_token_missing", "upload_direct", "working_folder_gone"}
    )


class InputError(PVideoError):
    """What was asked does not fit the model; nothing was sent. ``problems`` has one entry per input."""

    keys = frozenset(
        {"option_unknown", "value_wrong", "input_invalid", "prompt_missing", "variable_unknown", "name_taken", "file_refused"}
        | {"no_draft", "not_a_draft", "no_first_frame", "media_missing", "frame_missing", "compare_count", "compare_what"}
        | {"model_name_wrong", "prompt_unwanted", "combination_wrong", "argument_wrong", "argument_unknown", "call_wrong", "input_twice"}
        | {"braces_unclear", "not_first_line", "command_takes", "schema_wrong", "switch_value"}
        | {"alternatives_wrong"}
    )


class BudgetError(PVideoError):
    """The budget, or an unknown price while one is set, stopped it; nothing was sent."""

    keys = frozenset({"budget_reached", "price_unknown", "confirm_needed"})


class JournalError(PVideoError):
    """The job could not be written down first, so nothing was sent; or what comes of a sent one cannot be now (``…_later``)."""

    keys = frozenset(
        {"disk_full", "folder_closed", "journal_busy", "journal_newer"}
        | {"journal_full_later", "journal_closed_later", "journal_busy_later"}
    )


class UnreachableError(PVideoError):
    """The services could not be reached, or somebody else answered; nothing was made, nothing paid."""

    keys = frozenset(
        {"unreachable", "certificate", "certificates_unreadable", "model_slow", "upload_failed"}
        | {"server_trouble", "replicate_unreached", "edge_refused", "other_answer"}
    )


class RefusedError(PVideoError):
    """The gateway or Replicate refused it in a known way; nothing was paid."""

    keys = frozenset(
        {"gateway_token", "replicate_token", "replicate_no_token", "stored_key", "gateway_name", "spend_limit", "refused"}
        | {"credit_replicate", "credit_cloudflare", "input_refused", "model_refused", "prompt_blocked"}
        | {"replicate_limit", "billing_required", "free_time_over", "request_too_large", "gateway_address"}
        | {"model_unknown", "version_unknown", "upload_refused"}
    )


class BusyError(RefusedError):
    """Refused for now; ``retry_after`` has the seconds that were asked for, when they were."""

    keys = frozenset({"gateway_busy", "replicate_busy"})

    def __init__(self, key: str, *, problems: tuple[Problem, ...] = (), retry_after: float | None = None, **values: object) -> None:
        super().__init__(key, problems=problems, **values)
        self.retry_after = retry_after

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-able data, with the seconds to wait."""
        data = super().to_dict()
        data["values"]["retry_after"] = self.retry_after
        return data


class UnconfirmedError(PVideoError):
    """The create's answer was lost; it may exist and be paid."""

    keys = frozenset({"answer_lost", "response_blocked", "gateway_cached", "gateway_resent", "list_refused"})


class WatchError(PVideoError):
    """The job goes on at Replicate, but we cannot look at it now."""

    keys = frozenset({"connection_lost", "token_revoked"})


class PredictionError(PVideoError):
    """The job ended without a video."""

    keys = frozenset(
        {"flagged", "model_failed", "interrupted", "timed_out", "canceled", "canceled_unsent", "aborted", "output_expired"}
        | {"sweep_incomplete"}
    )


class DownloadError(PVideoError):
    """The video was made and paid, but is not on disk."""

    keys = frozenset({"fetch_failed", "output_strange", "disk_full_after", "folder_closed_after", "file_missing", "some_saved"})


class WaitTimeoutError(TimeoutError):
    """`Video.wait` was given too little time; the job goes on.

    Args:
        message: What to tell.
        error: What holds the job up now; None when nothing does.
    """

    def __init__(self, message: str, error: PVideoError | None = None) -> None:
        super().__init__(message)
        self.error = error
        self.key = error.key if error is not None else ""


class ExportError(PVideoError):
    """It could not be taken elsewhere: as a page, another kind of file, a table."""

    keys = frozenset({"export_kind", "export_failed", "export_nothing", "export_closed", "page_too_large", "extra_missing"})


class ManagementError(PVideoError):
    """A gateway's settings or its log could not be read or changed; it says whether something was changed."""

    keys = frozenset(
        {"gateway_package", "management_token", "management_refused", "management_lost", "gateway_exists", "gateway_unknown"}
        | {"log_elsewhere", "log_missing", "log_none"}
    )


class DemoError(PVideoError):
    """The embedded gateway is not installed, or did not start."""

    keys = frozenset({"demo_missing", "demo_failed"})
