"""What the service says about itself: JSON lines on standard output, without calendar content.

A line is an event of the list below with fields of the list below, each of a type that no text
from a calendar has. Whatever else reaches the log, a library's words or an error's, is told only
by who said it and where: the words themselves can hold what somebody wrote.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum, StrEnum
from importlib.metadata import version
from types import MappingProxyType, TracebackType
from typing import Any, TextIO, TypedDict, Unpack

from app.config import Settings


class Event(StrEnum):
    """Everything that the service tells of in words of its own."""

    STARTED = "service.started"
    STOPPED = "service.stopped"
    REQUEST = "request.answered"
    UNFORESEEN = "unforeseen"
    OTHER = "other"

    JOINED = "leader.joined"
    LEFT = "leader.left"
    SIGNED_IN = "sign-in"
    SIGNED_OUT = "sign-out"
    SIGN_IN_REFUSED = "sign-in.refused"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    DELEGATE_ADDED = "delegate.added"
    DELEGATE_REMOVED = "delegate.removed"
    SETTINGS_CHANGED = "settings.changed"
    EXPORTED = "data.exported"

    PLAN = "plan"
    HOLD_PLACED = "hold.placed"
    HOLD_MOVED = "hold.moved"
    HOLD_REMOVED = "hold.removed"
    MEETING_CHANGED = "meeting.changed"
    OVERRIDE_SEEN = "override.seen"

    JOB = "job"
    SYNC = "sync"
    DIGEST = "digest"
    NOTIFIED = "notified"
    TOKEN_REFUSED = "token.refused"  # noqa: S105 # it names an event
    MAIL_REFUSED = "mail.refused"
    PURGED = "purged"
    BACKED_UP = "backup.made"
    RESTORED = "backup.restored"
    MIGRATED = "database.migrated"
    KEYS_ROTATED = "keys.rotated"


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    AGAIN = "again"
    SKIPPED = "skipped"


class Fields(TypedDict, total=False):
    """What may stand in a line beside its event.

    An id is random or a fingerprint, in hexadecimal digits. A word is a member of an enumeration
    of the code, so that no text can be one. `route` is the template of an address. Whatever is not
    of its type is left out of the line.
    """

    request: str
    actor: str
    role: Enum
    leader: str
    plan: str
    connection: str
    job: Enum
    provider: Enum
    state: Enum
    kind: Enum
    outcome: Enum
    reason: Enum
    method: str
    route: str
    status: int
    count: int
    number: int
    attempts: int
    seconds: float


_ID = re.compile(r"[0-9a-f][0-9a-f-]{7,63}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_ROUTE = re.compile(r"(/(v1|[a-z_.-]{1,30}|\{[a-z_]{1,30}\}))+/?|/")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CODE = re.compile(r"[A-Za-z0-9_.<>:]{1,160}")


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _word(value: object) -> str | None:
    text = str(value.value) if isinstance(value, Enum) else ""
    return text if _WORD.fullmatch(text) else None


def _route(value: object) -> str | None:
    return value if isinstance(value, str) and _ROUTE.fullmatch(value) else None


def _method(value: object) -> str | None:
    return value if isinstance(value, str) and value in _METHODS else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _seconds(value: object) -> float | None:
    return round(float(value), 3) if isinstance(value, int | float) and value == value else None


_READ = MappingProxyType(
    dict.fromkeys(("request", "actor", "leader", "plan", "connection"), _id)
    | dict.fromkeys(("role", "job", "provider", "state", "kind", "outcome", "reason"), _word)
    | dict.fromkeys(("status", "count", "number", "attempts"), _number)
    | {"method": _method, "route": _route, "seconds": _seconds}
)
"""What lets the value of each field through."""

_about: ContextVar[Mapping[str, Any]] = ContextVar("about", default=MappingProxyType({}))
_logger = logging.getLogger("app")


def note(event: Event, level: int = logging.INFO, **fields: Unpack[Fields]) -> None:
    """Log one event, with what `about` says of the work in hand."""
    _logger.log(level, event.value, extra={"event": event, "fields": {**_about.get(), **fields}})


def note_error(error: BaseException, **fields: Unpack[Fields]) -> None:
    """Log that something unforeseen happened: which error and where, without its words."""
    told = {**_about.get(), **fields}
    extra = {"event": Event.UNFORESEEN, "fields": told, "error": error}
    _logger.error("unforeseen %s in %s", type(error).__name__, place_of(error), extra=extra)


@contextmanager
def about(**fields: Unpack[Fields]) -> Iterator[None]:
    """Every line of this block has these fields too: a request and its actor, a job."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def place_of(error: BaseException) -> str:
    """Where an error was raised, as `module.function:line`: names of code, no values."""
    trace: TracebackType | None = error.__traceback__
    if trace is None:
        return "unknown"
    while trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "")
    return _of_code(f"{module}.{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")


class Lines(logging.Formatter):
    """A record as one line of JSON. It lets nothing through that is not on a list."""

    def __init__(self) -> None:
        super().__init__()
        self._version = version("clearway")

    def format(self, record: logging.LogRecord) -> str:
        """One line without a line break."""
        return json.dumps(self._line(record), separators=(",", ":"))

    def _line(self, record: logging.LogRecord) -> dict[str, Any]:
        event = getattr(record, "event", None)
        line: dict[str, Any] = {
            "time": _instant(record.created),
            "level": _of_code(record.levelname.lower()),
            "event": event.value if isinstance(event, Event) else Event.OTHER.value,
            "version": self._version,
        }
        if not isinstance(event, Event):
            line["logger"] = _of_code(record.name)
            line["place"] = _of_code(f"{record.module}.{record.funcName}:{record.lineno}")
        line |= _let_through(getattr(record, "fields", {}))
        error = getattr(record, "error", None) or (record.exc_info[1] if record.exc_info else None)
        if isinstance(error, BaseException):
            line |= {"error": _of_code(type(error).__name__), "place": place_of(error)}
        return line


def _let_through(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        return {}
    read = {name: _READ[name](value) for name, value in given.items() if name in _READ}
    return {name: value for name, value in read.items() if value is not None}


def _of_code(name: str) -> str:
    return name if _CODE.fullmatch(name) else "unknown"


def _instant(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Stdout(logging.StreamHandler[TextIO]):
    """Writes to whatever standard output is now, and never shows a record that it cannot write."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 # logging's own name
        """The usual answer prints the record with its words."""


_OURS = ("app", "connectors", "rules")
_SILENT = ("python_multipart", "python_multipart.multipart", "httpx", "httpcore", "urllib3")
"""They tell addresses and bytes of what is sent, and nothing that an error does not tell as well."""
_LOUD = ("asyncio", "authlib", "caldav", "dbos", "google", "googleapiclient", "msal", "sqlalchemy")
_LOUDER = ("alembic", "uvicorn", "uvicorn.access", "uvicorn.error")


def set_up(settings: Settings) -> None:
    """Make everything that this process logs a line on standard output. May be called again.

    A library that brings a handler of its own when it starts is tamed by calling this afterwards.
    """
    handler = _Stdout(sys.stdout)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        _tame(name, settings.log_level.upper())
    for name in (*_SILENT, *_LOUD, *_LOUDER):
        _tame(name, logging.CRITICAL + 1 if name in _SILENT else logging.ERROR)
    logging.captureWarnings(True)
    sys.excepthook = _unforeseen
    sys.unraisablehook = _unraisable
    threading.excepthook = _in_thread


def _tame(name: str, level: int | str) -> None:
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(level)


def _unforeseen(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        note_error(error)


def _unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    if unraisable.exc_value is not None:
        note_error(unraisable.exc_value)


def _in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None:
        note_error(given.exc_value)
