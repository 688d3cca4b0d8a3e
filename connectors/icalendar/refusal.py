"""Why a change is not made to calendar text: one sentence each, for the person."""

from rules.language import later

TWICE = later("Another change of this plan already touches this event.")
CARRIES = later("The event carries all later ones of its series along.")
REPEATS = later("The hold repeats, and only single holds are removed.")
NAMELESS = later("The event has no UID, so a change of it could not be found again.")
UNSURE = later("The event is written in a way that cannot be changed safely.")
EDITED = later("Somebody has edited the event since.")
REMOVED = later("Somebody has removed the event since.")
RETURNED = later("Somebody has put the event back since.")
SPREAD = later("The series is spread over several calendar files, so it is not changed whole.")
HOURS = later(
    "The series repeats by the hour or at several times a day, so it is not changed whole."
)
OTHER_DAY = later("The series would move to another day, which its repeats could not follow.")
TOO_SHORT = later("A day of the series would be left without any time.")


class Refused(Exception):
    """A change that cannot be made; the message is the reason."""
