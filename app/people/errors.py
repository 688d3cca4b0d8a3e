"""Why something about people cannot be done. Each message is one sentence to act on.

PeopleError
├── BadChoice       a setting, a date or a label that cannot be used
│   └── BadName     what somebody calls a delegate or a diary
├── WrongVersion    the settings were changed since they were read
├── NotAllowed      not theirs, or not there: which of them is not told
├── IsLeaving       the leader's data is being removed
├── BadInvitation   an invitation that is used, taken back or too old
├── LostErrand      somebody came back too late, twice, or in another browser
└── SignInFailed    who somebody is could not be found out
"""

from rules.language import text


class PeopleError(Exception):
    """The base of every error about people."""


class BadChoice(PeopleError):
    """A setting, a date or a label that cannot be used."""


class BadName(BadChoice):
    """What somebody calls a delegate or a diary."""


class WrongVersion(PeopleError):
    """The settings were changed since they were read."""

    def __init__(self) -> None:
        super().__init__(
            text("Your settings were changed meanwhile; read them again and repeat this.")
        )


class NotAllowed(PeopleError):
    """It is not theirs or it is not there. The sentence does not tell which."""

    def __init__(self) -> None:
        super().__init__(text("There is nothing here that you can see."))


class IsLeaving(PeopleError):
    """The leader's data is being removed, so nothing more is changed or kept."""

    def __init__(self) -> None:
        super().__init__(text("Your data is being removed; you can join again when that is done."))


class BadInvitation(PeopleError):
    """An invitation that is used, taken back or too old, or never was one."""

    def __init__(self) -> None:
        super().__init__(text("This invitation can no longer be used; ask for a new one."))


class LostErrand(PeopleError):
    """Somebody came back from elsewhere too late, twice, or in another browser."""

    def __init__(self) -> None:
        super().__init__(text("This took too long or was used before; please begin again."))


class SignInFailed(PeopleError):
    """Who somebody is could not be found out."""
