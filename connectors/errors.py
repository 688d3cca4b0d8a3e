"""What can go wrong between Clearway and a calendar.

    ConnectorError
    ├── Unreadable          the input cannot be read at all
    │   └── TooLarge        it is bigger than the limits allow
    ├── CalendarChanged     the calendar is not what it was when it was last read
    └── BadUndoRecord       the undo record is not one of ours, or is damaged

Each message is one sentence that a person can act on. It holds no title, name or address.
"""


class ConnectorError(Exception):
    """The base of every error that leaves this package."""


class Unreadable(ConnectorError):
    """The input is not a calendar, or nothing in it could be read."""


class TooLarge(Unreadable):
    """The input has more bytes or more components than the limits allow."""


class CalendarChanged(ConnectorError):
    """Somebody wrote to the calendar after it was read, so writing now would lose their edit."""


class BadUndoRecord(ConnectorError):
    """The undo record has another form than the one this version writes."""
