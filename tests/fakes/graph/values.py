"""What the parts of the fake hand to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

NEVER = "0001-01-01T00:00:00Z"
"""How Graph writes that something has not happened."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that the service sent. `event` is the iCalUId; `resource` marks one to a room."""

    to: str
    sender: str
    kind: str
    """invitation, update, cancellation, response, proposal or message"""
    event: str
    resource: bool = False


@dataclass(slots=True)
class Request:
    """One request as it came in, the status it was answered with, and what was wrong with it.

    `parts` are the requests inside a batch, which came over the wire as one.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(default=None, repr=False)
    status: int = 0
    problems: list[str] = field(default_factory=list)
    parts: list["Request"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `drop` cuts the connection in the middle of it."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The hours in a mailbox's settings; the zone is the mailbox's own."""

    days: tuple[str, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")
    start: str = "08:00"
    end: str = "17:00"


@dataclass(slots=True)
class Quirks:
    """What Microsoft does not document, as a switch; each starts at what is most often told."""

    repeat_status: int = 201
    """The answer to a POST whose transactionId has been seen."""
    series_patch_loses_exceptions: bool = False
    """Whether another time for a series drops what was changed or cancelled in it."""
    delta_tells_dropped: bool = False
    """Whether a round says that one member of a series was deleted."""
    delta_repeats: bool = True
    """Whether one item comes twice in a round."""
    declined_stay: bool = False
    """Whether a declined meeting stays in the attendee's calendar."""
    cancelled_stay: bool = True
    """Whether a cancelled meeting stays there until the attendee removes it."""
    elsewhere_digit: str = "4"
    """What availabilityView says for workingElsewhere; the schema text says 0."""


class Refused(Exception):
    """An answer in the form of Graph's errors."""

    def __init__(
        self, status: int, code: str, message: str = "", *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message or code
        self.headers = headers or {}


class Broken(Refused):
    """A request that breaks a rule of the official description or of the brief."""

    def __init__(self, rule: str, code: str = "ErrorInvalidRequest", status: int = 400) -> None:
        super().__init__(status, code, rule)
        self.rule = rule
