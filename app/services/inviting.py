"""Invitations that Clearway mails itself, where a calendar's server tells nobody (iMIP, RFC 6047).

Each guest has a letter of their own, so that one whom the relay refuses costs no other theirs. Who
has one is remembered in a ledger, and no later try mails them again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.config import Settings
from app.mail import (
    CalendarPart,
    Letter,
    Mailer,
    MailError,
    NotDelivered,
    NotKnown,
    NotYet,
)
from app.services.posting import relaying
from connectors.errors import NotPossible, PartlyTold, Unreachable
from connectors.icalendar import itip
from connectors.icalendar.itip import Invitation, Method

_SAID = {
    Method.REQUEST: ("A meeting has a new time", "The invitation that comes along has the times."),
    Method.CANCEL: ("A meeting is cancelled", "The invitation that comes along says which."),
    Method.COUNTER: ("Could a meeting be at another time?", "The time asked for comes along."),
}


class Sent(StrEnum):
    """How far a letter is: to go out, handed over without a word of the relay, or taken."""

    DUE = "due"
    OPEN = "open"
    GONE = "gone"


class Ledger(Protocol):
    """Who is to have the message of a key, and who has it or may have it."""

    def begin(self, key: str, recipients: Sequence[str]) -> None:
        """Remember who is to have it; what is known of anybody's letter stays."""
        ...

    def told(self, key: str) -> frozenset[str] | None:
        """The names of those who have it or may have it, None where it was never begun."""
        ...

    def name(self, key: str, recipient: str) -> str:
        """How somebody is called in the ledger."""
        ...

    def note(self, key: str, recipient: str, sent: Sent) -> None:
        """Remember how far somebody's letter is."""
        ...


class Memory:
    """A ledger that lasts as long as the connection."""

    def __init__(self) -> None:
        self._told: dict[str, set[str]] = {}

    def begin(self, key: str, recipients: Sequence[str]) -> None:
        """Remember that it is begun."""
        self._told.setdefault(key, set())

    def told(self, key: str) -> frozenset[str] | None:
        """Those who have it or may have it, None where it was never begun."""
        found = self._told.get(key)
        return None if found is None else frozenset(found)

    def name(self, key: str, recipient: str) -> str:
        """Just as they are called."""
        return recipient

    def note(self, key: str, recipient: str, sent: Sent) -> None:
        """Remember how far somebody's letter is."""
        told = self._told.setdefault(key, set())
        (told.discard if sent is Sent.DUE else told.add)(recipient)


def inviting(settings: Settings, ledger: Ledger | None = None) -> itip.Mailer | None:
    """What mails an invitation, or None where the installation has no mail relay."""
    mailer = relaying(settings)
    return None if mailer is None else Inviting(mailer, ledger or Memory())


@dataclass(slots=True)
class _Tally:
    """How the letters of one message went: `has` are out, or may be."""

    has: int = 0
    unsure: MailError | None = None
    refused: MailError | None = None
    waits: MailError | None = None


@dataclass(frozen=True, slots=True)
class Inviting:
    """Mails a message to each of its recipients who does not have it (`itip.Mailer`)."""

    mailer: Mailer = field(repr=False)
    ledger: Ledger = field(repr=False)

    def begin(self, key: str, recipients: Sequence[str]) -> None:
        """Remember, before a meeting changes, who is to be told of it."""
        self.ledger.begin(key, recipients)

    def is_begun(self, key: str) -> bool:
        """Whether that is remembered."""
        return self.ledger.told(key) is not None

    def send(self, invitation: Invitation) -> None:
        """Mail it to everybody who does not have it.

        Raises PartlyTold, NotPossible where nobody can ever have it, and Unreachable.
        """
        told = self.ledger.told(invitation.key)
        ledger = Memory() if told is None else self.ledger
        tally = _Tally(has=len(told or ()))
        try:
            for recipient in self._waiting(invitation, told or frozenset()):
                if not self._mail(invitation, recipient, tally, ledger):
                    break
        except Exception as error:
            if not tally.has and tally.unsure is None:
                raise
            # those who have it cannot be asked to forget it, whatever went wrong here
            raise PartlyTold(_PARTLY) from error
        _judge(tally)

    def _waiting(self, invitation: Invitation, told: frozenset[str]) -> Iterator[str]:
        key = invitation.key
        return (each for each in invitation.recipients if self.ledger.name(key, each) not in told)

    def _mail(self, invitation: Invitation, recipient: str, tally: _Tally, ledger: Ledger) -> bool:
        """Mail one letter; whether the relay may take another.

        It is noted before it is handed over, so that one whose fate is not known, because the
        relay fell silent or we died, is never sent a second time.
        """
        key = invitation.key
        ledger.note(key, recipient, Sent.OPEN)
        try:
            self.mailer.send(_letter(invitation, recipient))
        except NotKnown as error:
            tally.unsure = error
            return True
        except MailError as error:
            ledger.note(key, recipient, Sent.DUE)
            if isinstance(error, NotDelivered):
                tally.refused = error
            else:
                tally.waits = error
            return isinstance(error, NotDelivered | NotYet)
        tally.has += 1
        ledger.note(key, recipient, Sent.GONE)
        return True


_PARTLY = "Some of the people invited are told already; the others hear of it later."


def _judge(tally: _Tally) -> None:
    """Raise what it means that somebody, or everybody, does not have it."""
    if tally.waits is not None and (tally.has or tally.unsure is not None):
        raise PartlyTold(_PARTLY) from tally.waits
    if tally.unsure is not None and not tally.has:
        raise PartlyTold(str(tally.unsure)) from tally.unsure
    if tally.waits is not None:
        raise Unreachable(str(tally.waits)) from tally.waits
    if tally.refused is not None and not tally.has:
        raise NotPossible(str(tally.refused)) from tally.refused


def _letter(invitation: Invitation, recipient: str) -> Letter:
    """From the organiser, as RFC 6047 section 2.3 asks; the mail's own words name no meeting."""
    subject, text = _SAID[invitation.method]
    part = CalendarPart(invitation.method.value, invitation.content)
    return Letter(invitation.sender, (recipient,), subject, f"{text}\n", part, key=invitation.key)
