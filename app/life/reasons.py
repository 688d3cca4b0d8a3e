"""Why a plan, or one change of it, is not as it was meant to be: a word for us, a sentence for people."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


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
        Reason.NEWER: "A newer plan has taken its place.",
        Reason.SETTINGS: "Your settings have changed since the plan was made.",
        Reason.PAUSED: "Clearway is paused.",
        Reason.LOOKS: "You chose that Clearway only looks.",
        Reason.EXPIRED: "The plan had run out by then.",
        Reason.CHANGED: "Somebody has edited the event since.",
        Reason.GONE: "Somebody has removed the event since.",
        Reason.TAKEN: "The time is no longer free.",
        Reason.KEPT: "It is locked, or it was changed a short while ago.",
        Reason.UNWANTED: "A hold of this kind was given up on that day.",
        Reason.LIMIT: "It would send more mails than plans may send this week.",
        Reason.BEGUN: "It is over, or too soon to change by now.",
        Reason.OVER: "It has begun already, so it stays as it is.",
        Reason.DEPENDS: "It needs time that a change which could not be made would have freed.",
        Reason.NEVER_MADE: "The change was not made, so there is nothing to undo.",
        Reason.NOT_POSSIBLE: "The calendar does not take this change.",
        Reason.NOT_ALLOWED: "Clearway may not change this calendar.",
        Reason.SIGN_IN: "The calendar asks you to sign in again.",
        Reason.DISCONNECTED: "The calendar is no longer connected.",
        Reason.UNREACHABLE: "The calendar's server does not answer.",
    }
)

RESUMABLE = frozenset({Reason.SIGN_IN, Reason.DISCONNECTED, Reason.UNREACHABLE})
"""What may be over by itself, so that going on makes sense."""
