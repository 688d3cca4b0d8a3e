"""Every way in which a request can go wrong, as one table: status, name, and what it means.

Answers of the API are problem documents (RFC 9457). Their `detail` is one sentence that a person
can act on; it never holds anything from a calendar.
"""

import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse

from app.door.intake import BodyTooLarge, BrokenBody, WrongContentType
from app.door.workers import Busy
from app.services.errors import BadInput, ServiceError, StalePlan
from connectors.errors import BadUndoRecord, CalendarChanged, ConnectorError, TooLarge, Unreadable

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `name` is its place on the page of problems, `title` what it is."""

    status: int
    name: str
    title: str
    about: str


BROKEN = Kind(
    400, "broken-request", "The request cannot be read", "The body is not JSON or a form."
)
REFUSED = Kind(
    403, "other-site", "Sent from another site", "Browsers may post from our pages only."
)
NOT_FOUND = Kind(404, "not-found", "There is nothing here", "Look at the address again.")
METHOD = Kind(405, "wrong-method", "Not in this way", "The address takes another method.")
STALE = Kind(409, "stale-plan", "The plan is out of date", "Plan again and apply the new plan.")
LARGE = Kind(413, "too-large", "Too large", "Bring a shorter stretch of the calendar.")
TYPE = Kind(415, "wrong-type", "Not in this form", "Use a content type that is listed.")
INPUT = Kind(422, "bad-input", "The input cannot be used", "The sentence says which part and why.")
FAULT = Kind(
    500, "our-fault", "Something went wrong here", "The fault is ours, not the calendar's."
)
BUSY = Kind(503, "busy", "Busy", "Try again after the time in Retry-After.")

KINDS = (BROKEN, REFUSED, NOT_FOUND, METHOD, STALE, LARGE, TYPE, INPUT, FAULT, BUSY)

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
}
EXPECTED: tuple[type[Exception], ...] = tuple(_TABLE)
"""The errors whose message is a sentence for the person who asked."""

_SORRY = "Something went wrong on our side, and nothing was kept; please try again."
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
    return str(error) if isinstance(error, EXPECTED) else _SORRY


def respond(kind: Kind, detail: str) -> JSONResponse:
    """The answer that a program gets."""
    problem = Problem(
        type=f"/problems#{kind.name}", title=kind.title, status=kind.status, detail=detail
    )
    headers = {"Retry-After": RETRY_AFTER} if kind is BUSY else {}
    return JSONResponse(
        problem.model_dump(), status_code=kind.status, headers=headers, media_type=MEDIA_TYPE
    )


def note(error: Exception) -> None:
    """Log that something unforeseen happened: which error and where, without its words.

    The message and the values in a traceback can hold what somebody posted.
    """
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place else "unknown place"
    logger.error("unforeseen %s in %s", type(error).__name__, where)


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
    "string_type": lambda ctx: "is not text",
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
