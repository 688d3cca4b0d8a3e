"""Every way in which a request can go wrong, as one table: status, name, and what it means.

Answers of the API are problem documents (RFC 9457). Their `detail` is one sentence that a person
can act on; it never holds anything from a calendar.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from math import ceil
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse

from app.connecting.errors import ConnectingError, NoConnection, NotSetUp
from app.door.guard import OtherSite
from app.door.intake import BodyTooLarge, BrokenBody, WrongContentType
from app.door.limiter import TooManyRequests
from app.door.matching import MatchNeeded
from app.door.once import BadKey, KeyUsed, UnderWay
from app.door.sessions import NotSignedIn
from app.door.workers import Busy
from app.life.errors import AskFirst, IsPaused, NoCalendar, NoPlan, OnlyLooks, TooLate, WrongState
from app.life.lifting import NoHold
from app.life.locks import NoLock
from app.logs import note_error
from app.people.errors import IsLeaving, NotAllowed, PeopleError, WrongVersion
from app.services.errors import BadInput, ServiceError, StalePlan
from connectors.errors import (
    BadAnswer,
    BadUndoRecord,
    CalendarChanged,
    ConnectorError,
    PermissionMissing,
    SignInNeeded,
    SuddenlyEmpty,
    Throttled,
    TooLarge,
    Unreachable,
    Unreadable,
)
from rules.language import later, text

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `name` is its place on the page of problems, `title` what it is."""

    status: int
    name: str
    title: str
    about: str


BROKEN = Kind(
    400,
    "broken-request",
    later("The request cannot be read"),
    later("The body is not JSON or a form."),
)
SIGN_IN = Kind(
    401,
    "sign-in-needed",
    later("Nobody is signed in"),
    later("Sign in, or send the token of a sign-in."),
)
REFUSED = Kind(
    403,
    "other-site",
    later("Sent from another site"),
    later("Browsers may post from our pages only."),
)
NOT_FOUND = Kind(
    404, "not-found", later("There is nothing here"), later("Look at the address again.")
)
METHOD = Kind(
    405, "wrong-method", later("Not in this way"), later("The address takes another method.")
)
STALE = Kind(
    409, "stale-plan", later("The plan is out of date"), later("Plan again and apply the new plan.")
)
STATE = Kind(
    409,
    "not-now",
    later("Not as things stand"),
    later("The sentence says what is in the way, and what helps."),
)
ASK = Kind(
    409,
    "confirmation-needed",
    later("A word is missing"),
    later("Say that meetings may move all the same."),
)
CALENDAR = Kind(
    409,
    "calendar-closed",
    later("The calendar does not let Clearway in"),
    later("Connect the calendar again."),
)
UNDER_WAY = Kind(
    409,
    "under-way",
    later("Still being worked on"),
    later("The same request came before; ask again soon."),
)
CHANGED = Kind(
    412,
    "changed-meanwhile",
    later("Changed meanwhile"),
    later("Read it again and repeat the change."),
)
LARGE = Kind(
    413, "too-large", later("Too large"), later("Bring a shorter stretch of the calendar.")
)
TYPE = Kind(
    415, "wrong-type", later("Not in this form"), later("Use a content type that is listed.")
)
INPUT = Kind(
    422,
    "bad-input",
    later("The input cannot be used"),
    later("The sentence says which part and why."),
)
KEY_USED = Kind(
    422,
    "key-used",
    later("The key belongs to another request"),
    later("Choose a new Idempotency-Key."),
)
MATCH = Kind(
    428,
    "version-needed",
    later("Which version?"),
    later("Send the ETag that was read in If-Match."),
)
LIMITED = Kind(
    429,
    "too-many-requests",
    later("Too many requests"),
    later("Try again after the time in Retry-After."),
)
FAULT = Kind(
    500,
    "our-fault",
    later("Something went wrong here"),
    later("The fault is ours, not the calendar's."),
)
SILENT = Kind(
    502,
    "calendar-silent",
    later("The calendar does not answer"),
    later("Try again in a few minutes."),
)
BUSY = Kind(503, "busy", later("Busy"), later("Try again after the time in Retry-After."))

KINDS = (
    BROKEN,
    SIGN_IN,
    REFUSED,
    NOT_FOUND,
    METHOD,
    STALE,
    STATE,
    ASK,
    CALENDAR,
    UNDER_WAY,
    CHANGED,
    LARGE,
    TYPE,
    INPUT,
    KEY_USED,
    MATCH,
    LIMITED,
    FAULT,
    SILENT,
    BUSY,
)
"""In the order of their status; of several with one status the first is the usual one."""

_TABLE: Mapping[type[Exception], Kind] = {
    BrokenBody: BROKEN,
    BodyTooLarge: LARGE,
    WrongContentType: TYPE,
    TooLarge: LARGE,
    Unreadable: INPUT,
    BadUndoRecord: INPUT,
    CalendarChanged: STALE,
    ConnectorError: INPUT,
    StalePlan: STALE,
    BadInput: INPUT,
    ServiceError: INPUT,
    Busy: BUSY,
    # the service that remembers
    NotSignedIn: SIGN_IN,
    OtherSite: REFUSED,
    NotAllowed: NOT_FOUND,
    NoConnection: NOT_FOUND,
    NoPlan: NOT_FOUND,
    NoHold: NOT_FOUND,
    NoLock: NOT_FOUND,
    IsLeaving: STATE,
    IsPaused: STATE,
    OnlyLooks: STATE,
    WrongState: STATE,
    TooLate: STATE,
    NoCalendar: STATE,
    NotSetUp: STATE,
    AskFirst: ASK,
    SignInNeeded: CALENDAR,
    PermissionMissing: CALENDAR,
    SuddenlyEmpty: CALENDAR,
    Unreachable: SILENT,
    BadAnswer: SILENT,
    UnderWay: UNDER_WAY,
    WrongVersion: CHANGED,
    BadKey: INPUT,
    ConnectingError: INPUT,
    PeopleError: INPUT,
    KeyUsed: KEY_USED,
    MatchNeeded: MATCH,
    TooManyRequests: LIMITED,
}
EXPECTED: tuple[type[Exception], ...] = tuple(_TABLE)
"""The errors whose message is a sentence for the person who asked."""

_SORRY = later("Something went wrong on our side, and nothing was kept; please try again.")
RETRY_AFTER = "30"


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = Field(description="which problem this is; an address with more about it")
    title: str = Field(description="the same for every problem of this type")
    status: int
    detail: str = Field(description="what happened this time, and what can be done")


def kind_of(error: Exception) -> Kind:
    """The row of the table for an error: its own class, else the nearest above it."""
    for parent in type(error).__mro__:
        if parent in _TABLE:
            return _TABLE[parent]
    return FAULT


def say(error: Exception) -> str:
    """The sentence for whoever asked. Errors that nobody foresaw keep their words to themselves."""
    # what connectors say is kept in English until somebody reads it
    return text(str(error)) if isinstance(error, EXPECTED) else text(_SORRY)


def respond(kind: Kind, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that a program gets. `headers` are those of the error (`headers_of`)."""
    problem = Problem(
        type=f"/problems#{kind.name}",
        title=kind.title,
        status=kind.status,
        # what somebody sent may be quoted in it, and hold half a character
        detail=detail.encode("utf-8", "replace").decode(),
    )
    usual = {"Retry-After": RETRY_AFTER} if kind is BUSY else {}
    return JSONResponse(
        problem.model_dump(),
        status_code=kind.status,
        headers=usual | dict(headers or {}),
        media_type=MEDIA_TYPE,
    )


def headers_of(error: Exception) -> dict[str, str]:
    """What the answer to an error says in headers: how to sign in, or how long to wait."""
    if isinstance(error, NotSignedIn):
        return {"WWW-Authenticate": error.challenge}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.after)}
    if isinstance(error, Throttled):
        return {"Retry-After": RETRY_AFTER if error.after is None else str(ceil(error.after))}
    return {}


def note(error: Exception) -> None:
    """Log that something unforeseen happened: which error and where, without its words.

    The message and the values in a traceback can hold what somebody posted.
    """
    note_error(error)


def kind_of_status(status: int) -> Kind:
    """The row for a status that the router gave."""
    phrase = HTTPStatus(status).phrase
    other = Kind(status, NOT_FOUND.name, phrase, f"{phrase}.")
    return next((each for each in KINDS if each.status == status), other)


def say_field(error: ValidationError, known: Collection[str] = ()) -> str:
    """The first field that does not fit, without the value that was given.

    `known` are the fields that the operation has.
    """
    first = error.errors()[0]
    names = [str(part) for part in first["loc"] if part != "body"]
    field = names[0] if names else "body"
    if first["type"] == "extra_forbidden":
        return say_unknown(field, known)
    subject = "The field" if len(names) < 2 else "An entry of the field"
    return f"{subject} “{field}” {_reason(first['type'], first.get('ctx', {}))}."


def say_unknown(field: str, known: Collection[str]) -> str:
    """A field that is not there, and the one that may be meant.

    Only a plain name is said again: anything else could be what somebody posted.
    """
    if not _NAME.fullmatch(field):
        return "There is a field that this operation does not have."
    near = get_close_matches(field, sorted(known), 1)
    meant = f"; this operation has “{near[0]}”" if near else ""
    return f"There is no field “{field}” here{meant}."


_NAME = re.compile("[a-z_]{1,30}")
_REASONS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda ctx: "is missing",
    "value_error": lambda ctx: str(ctx["error"]),
    "enum": lambda ctx: f"is one of {_quoted(ctx['expected'])}",
    "literal_error": lambda ctx: f"is one of {_quoted(ctx['expected'])}",
    "int_parsing": lambda ctx: "is not a whole number",
    "int_type": lambda ctx: "is not a whole number",
    "greater_than_equal": lambda ctx: f"is at least {ctx['ge']}",
    "less_than_equal": lambda ctx: f"is at most {ctx['le']}",
    "string_type": lambda ctx: "is not text",
    "string_too_short": lambda ctx: "is empty",
    "string_too_long": lambda ctx: f"has more than {ctx['max_length']} characters",
    "list_type": lambda ctx: "is not a list",
    "too_short": lambda ctx: f"is a list of at least {ctx['min_length']}",
    "too_long": lambda ctx: f"is a list of at most {ctx['max_length']}",
    "dict_type": lambda ctx: "is not an object",
    "bool_type": lambda ctx: "is neither true nor false",
    "bool_parsing": lambda ctx: "is neither true nor false",
}
"""What the validator finds, in our words; its own are no part of a sentence."""


def _reason(found: str, ctx: Mapping[str, Any]) -> str:
    if found.startswith("date_"):
        return "is not a date like 2026-11-23"
    say_it = _REASONS.get(found)
    return say_it(ctx) if say_it else "does not fit"


def _quoted(words: str) -> str:
    """`'a' or 'b'`, as the validator lists what it takes, in our quotation marks."""
    return re.sub("'([^']*)'", r"“\1”", words)
