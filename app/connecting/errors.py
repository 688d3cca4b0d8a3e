"""Why a calendar cannot be connected, beside what the calendar itself says (connectors.errors).

ConnectingError
├── NotSetUp        the installation is not registered with this provider
├── NoConnection    the leader has no such connection
└── BadChoice       what was chosen or typed cannot be connected like this
"""

from rules.language import text


class ConnectingError(Exception):
    """The base. The message is one sentence that a person can act on."""


class NotSetUp(ConnectingError):
    """The installation lacks what the provider wants to know it by."""


class NoConnection(ConnectingError):
    """It is not there, or another leader's: which of them is not told."""

    def __init__(self) -> None:
        super().__init__(text("There is no such connection; it may have been removed."))


class BadChoice(ConnectingError):
    """Calendars, an address or a provider that cannot be connected like this."""
