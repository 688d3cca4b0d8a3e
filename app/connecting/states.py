"""How a connection is: its states, which may follow which, and what a person can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from connectors.errors import (
    BadUndoRecord,
    CalendarChanged,
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    PartlyTold,
    PermissionMissing,
    SignInNeeded,
    SuddenlyEmpty,
    Throttled,
)
from rules.language import text


class State(StrEnum):
    """How a connection is, since the last time that it was used."""

    ACTIVE = "active"
    REVOKED = "revoked"
    """The leader, an administrator or the server ended it."""
    EXPIRED = "expired"
    """The consent came to its own end."""
    CONSENT = "consent"
    """The consent does not reach far enough, or somebody has to approve it."""
    UNREACHABLE = "unreachable"
    """No answer that helps; it is tried again by itself."""
    EMPTY = "empty"
    """The calendar held events and reads empty; nothing is done until somebody looked."""


class Action(StrEnum):
    """What a person can do: the one button."""

    RECONNECT = "reconnect"
    ASK_ADMIN = "ask-admin"
    TRY_AGAIN = "try-again"
    CONFIRM_EMPTY = "confirm-empty"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What to tell a person: one sentence and one thing to do."""

    sentence: str
    action: Action


class ConsentEnded(SignInNeeded):
    """The consent was given until a moment that has passed."""

    def __init__(self) -> None:
        super().__init__(text("The consent has come to its end; please sign in again."))


TROUBLES: Mapping[State, Trouble] = {
    State.REVOKED: Trouble(
        "This calendar no longer lets Clearway in; please connect it again.", Action.RECONNECT
    ),
    State.EXPIRED: Trouble(
        "The consent for this calendar has run out; please connect it again.", Action.RECONNECT
    ),
    State.CONSENT: Trouble(
        "The consent does not cover what Clearway needs; your administrator may have to approve it.",
        Action.ASK_ADMIN,
    ),
    State.UNREACHABLE: Trouble(
        "The calendar's server does not answer; Clearway goes on trying.", Action.TRY_AGAIN
    ),
    State.EMPTY: Trouble(
        "This calendar held events and reads empty now; is that right?", Action.CONFIRM_EMPTY
    ),
}

MOVES: Mapping[State, frozenset[State]] = {
    State.ACTIVE: frozenset(State) - {State.ACTIVE},
    State.UNREACHABLE: frozenset(State) - {State.UNREACHABLE},
    # what a person has to settle is not hidden by a server that is also silent
    State.REVOKED: frozenset({State.ACTIVE, State.CONSENT}),
    State.EXPIRED: frozenset({State.ACTIVE, State.CONSENT}),
    State.CONSENT: frozenset({State.ACTIVE, State.REVOKED, State.EXPIRED}),
    State.EMPTY: frozenset({State.ACTIVE, State.REVOKED, State.EXPIRED, State.CONSENT}),
}
"""Which state may follow which. Success leads to ACTIVE from everywhere."""

USABLE = frozenset({State.ACTIVE, State.UNREACHABLE})
"""Where it makes sense to ask the calendar without a person: the others wait for one."""

_AFTER: Mapping[type[ConnectorError], State | None] = {
    ConsentEnded: State.EXPIRED,
    SignInNeeded: State.REVOKED,
    PermissionMissing: State.CONSENT,
    SuddenlyEmpty: State.EMPTY,
    # asked of a whole calendar, these say that there is no such calendar for us any more
    EventGone: State.REVOKED,
    NotPossible: State.REVOKED,
    # these are about one event or one moment, not about the connection
    Throttled: None,
    PartlyTold: None,
    EventChanged: None,
    CalendarChanged: None,
    BadUndoRecord: None,
    # Unreachable, BadAnswer, Unreadable, TooLarge: no answer that helps
    ConnectorError: State.UNREACHABLE,
}


def state_after(error: ConnectorError) -> State | None:
    """What an error of opening or reading a calendar means for its connection; None for nothing.

    An error of one event (gone, not the leader's) says nothing and is not to be asked about.
    """
    for kind in type(error).__mro__:
        if kind in _AFTER:
            return _AFTER[kind]
    return None


def may_follow(before: State, after: State) -> bool:
    """Whether a connection may go from one state to another; staying is no move."""
    return after in MOVES[before]
