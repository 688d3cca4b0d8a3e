"""Why a plan, or one change of it, is not as it was meant to be: a word for us, a sentence for people."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from rules.language import later


class Reason(StrEnum):
    """The words that stand in plans and in their journal."""

    NEWER = "newer"
    SETTINGS = "settings"
    PAUSED = "paused"
    LOOKS = "looks"
    EXPIRED = "expired"
    CHANGED = "changed"
    GONE = "gone"
    TAKEN = "taken"
    KEPT = "kept"
    UNWANTED = "unwanted"
    LIMIT = "limit"
    BEGUN = "begun"
    OVER = "over"
    DEPENDS = "depends"
    NEVER_MADE = "never-made"
    NOT_POSSIBLE = "not-possible"
    NOT_ALLOWED = "not-allowed"
    SIGN_IN = "sign-in"
    DISCONNECTED = "disconnected"
    UNREACHABLE = "unreachable"


SENTENCES: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.NEWER: later("A newer plan has taken its place."),
        Reason.SETTINGS: later("Your settings have changed since the plan was made."),
        Reason.PAUSED: later("Clearway is paused."),
        Reason.LOOKS: later("You chose that Clearway only looks."),
        Reason.EXPIRED: later("The plan had run out by then."),
        Reason.CHANGED: later("Somebody has edited the event since."),
        Reason.GONE: later("Somebody has removed the event since."),
        Reason.TAKEN: later("The time is no longer free."),
        Reason.KEPT: later("It is locked, or it was changed a short while ago."),
        Reason.UNWANTED: later("A hold of this kind was given up on that day."),
        Reason.LIMIT: later("It would send more mails than plans may send this week."),
        Reason.BEGUN: later("It is over, or too soon to change by now."),
        Reason.OVER: later("It has begun already, so it stays as it is."),
        Reason.DEPENDS: later(
            "It needs time that a change which could not be made would have freed."
        ),
        Reason.NEVER_MADE: later("The change was not made, so there is nothing to undo."),
        Reason.NOT_POSSIBLE: later("The calendar does not take this change."),
        Reason.NOT_ALLOWED: later("Clearway may not change this calendar."),
        Reason.SIGN_IN: later("The calendar asks you to sign in again."),
        Reason.DISCONNECTED: later("The calendar is no longer connected."),
        Reason.UNREACHABLE: later("The calendar's server does not answer."),
    }
)

RESUMABLE = frozenset({Reason.SIGN_IN, Reason.DISCONNECTED, Reason.UNREACHABLE})
"""What may be over by itself, so that going on makes sense."""
