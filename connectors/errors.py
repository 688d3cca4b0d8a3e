"""What can go wrong between Clearway and a calendar.

    ConnectorError
    ├── Unreadable          the input cannot be read at all
    │   └── TooLarge        it is bigger than the limits allow
    ├── EventGone           the event of a change is not there
    ├── EventChanged        the event is not what the plan saw
    ├── NotPossible         this calendar, event or account does not allow it
    ├── CalendarChanged     the files are not what they were when they were last read
    ├── SuddenlyEmpty       events were there and none are: somebody has to look first
    ├── SignInNeeded        the leader's consent has ended, or was never given
    ├── PermissionMissing   the consent does not cover what was asked
    ├── Unreachable         no answer, or none that helps; what was asked may have been done
    │   ├── Throttled       the server asks to be left alone for a while
    │   └── PartlyTold      it is made and some people know; the others are told on the next try
    ├── BadAnswer           the server said something that its own description does not allow
    └── BadUndoRecord       the undo record is not one of ours, or is damaged

Each message is one sentence that a person can act on. It holds no title, name or address.
"""

from rules.language import later, text

GONE = later("The event is no longer in the calendar.")
CHANGED = later("The event has changed since the plan was made.")
NOT_OURS = later("The event is not a hold that Clearway wrote.")
FIRM = later("The hold is marked to stay as it is.")
NOT_YOURS = later("Somebody else called this meeting, so only they can change it.")
NO_HOLD = later("A new hold has a kind and a time.")
WHOLE_DAY = later("The event has no time of day.")
NOT_APPLIED = later(
    "This is not the diary that the plan was applied to, or it has been undone already."
)


class ConnectorError(Exception):
    """The base of every error that leaves this package."""


class Unreadable(ConnectorError):
    """The input is not a calendar, or nothing in it could be read."""


class TooLarge(Unreadable):
    """The input has more bytes or more components than the limits allow."""


class EventGone(ConnectorError):
    """Nothing has this id, or not any more."""

    def __init__(self, sentence: str = GONE) -> None:
        super().__init__(sentence)


class EventChanged(ConnectorError):
    """Writing now would lose somebody's edit, or act on what is no longer so."""

    def __init__(self, sentence: str = CHANGED) -> None:
        super().__init__(sentence)


class NotPossible(ConnectorError):
    """Asking again would change nothing: not the leader's to change, read-only, or no such ability."""


class CalendarChanged(ConnectorError):
    """Somebody wrote to the calendar after it was read, so writing now would lose their edit."""


class SuddenlyEmpty(ConnectorError):
    """A calendar that held events reads empty. A fault looks the same, so nothing is planned."""

    def __init__(self) -> None:
        super().__init__(
            text("The calendar held events before and reads empty now; please look at it.")
        )


class SignInNeeded(ConnectorError):
    """The token is expired or revoked and cannot be renewed without the person."""


class PermissionMissing(ConnectorError):
    """The account, or the consent given, does not reach this far."""


class Unreachable(ConnectorError):
    """The server did not answer in time, or with a fault of its own, and trying again did not help."""


class Throttled(Unreachable):
    """Too many requests. `after` is how many seconds to wait, as far as the server says."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class PartlyTold(Unreachable):
    """The change stands, since somebody was told of it; trying again tells those who were not."""


class BadAnswer(ConnectorError):
    """An answer that cannot be understood; it is not guessed at."""


class BadUndoRecord(ConnectorError):
    """The undo record has another form than the one this version writes."""
