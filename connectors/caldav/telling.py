"""Who hears of a change, and from whom: the server, or a mail of ours, or nobody can tell them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.caldav.account import Account
from connectors.errors import NotPossible
from connectors.icalendar import Options, itip
from connectors.icalendar.itip import Attendee, Invitation, Mailer
from connectors.lens import plain_address
from rules.language import later

UNTOLD = later(
    "Nobody would hear of it: this calendar's server mails no one, and no mail is set up."
)


@dataclass(frozen=True, slots=True)
class Telling:
    """How many messages a change of one meeting causes, and to whom we send them ourselves."""

    mails: int
    ours: tuple[str, ...] = field(default=(), repr=False)

    def moved(self, text: bytes, event_id: str, options: Options) -> Invitation | None:
        """The message about a changed meeting, None where the server sends it."""
        return itip.request(text, event_id, self.ours, options) if self.ours else None

    def cancelled(self, text: bytes, stamp: datetime) -> Invitation | None:
        """The message about a meeting that is off, None where the server sends it."""
        return itip.cancel(text, self.ours, stamp) if self.ours else None


def plan(
    data: bytes, event_id: str, options: Options, account: Account, mailer: Mailer | None
) -> Telling:
    """Who is told of a change. Raises NotPossible where somebody should be and cannot.

    The server tells everybody invited to any day of a series, once, when it knows the organiser
    as this account. Whoever it could not reach last time (SCHEDULE-STATUS 3, RFC 6638 section
    3.2.9) it will not reach now. We tell those invited to the day that changes.
    """
    me = frozenset(plain_address(one) for one in options.me)
    everybody = itip.people(data, me)
    if account.schedules and everybody.organizer in account.addresses:
        return Telling(len([one for one in everybody.invited if _reached(one)]))
    concerned = itip.concerned(data, event_id, options)
    if concerned.alone:
        return Telling(0)
    if mailer is None:
        raise NotPossible(UNTOLD)
    ours = _addresses(concerned.invited)
    return Telling(len(ours), ours)


def _reached(one: Attendee) -> bool:
    return one.agent == "SERVER" and not one.status.startswith("3")


def _addresses(invited: Sequence[Attendee]) -> tuple[str, ...]:
    return tuple(one.address for one in invited if one.address and one.agent != "NONE")
