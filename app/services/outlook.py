"""The organisation's own settings of Outlook that end meetings early where they are made.

Microsoft's default cuts 5 minutes off meetings under an hour; the report asks for 10 between any
two. The settings are advice to whoever makes a meeting: nobody's meeting is changed by them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.services.errors import BadInput

MINUTES = 10
WANTED: Mapping[str, str | int] = MappingProxyType(
    {
        "ShortenEventScopeDefault": "EndEarly",
        "DefaultMinutesToReduceShortEventsBy": MINUTES,
        "DefaultMinutesToReduceLongEventsBy": MINUTES,
    }
)
"""Parameters of Set-OrganizationConfig in Exchange Online."""
_SCOPES = ("None", "EndEarly", "StartLate")
"""As Exchange writes them; ConvertTo-Json gives their numbers."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: whether it is as the report asks, and a sentence about it."""

    name: str
    good: bool
    sentence: str


def to_set() -> str:
    """The command that sets them, in Exchange Online PowerShell."""
    return "Set-OrganizationConfig " + " ".join(
        f"-{name} {value}" for name, value in WANTED.items()
    )


def to_read() -> str:
    """The command that writes them down for `read_back`."""
    return f"Get-OrganizationConfig | Select-Object {', '.join(WANTED)} | ConvertTo-Json"


def read_back(text: bytes) -> tuple[Setting, ...]:
    """What an organisation has, from what `to_read` wrote. Raises BadInput for anything else."""
    try:
        # PowerShell marks its files
        found = json.loads(text.decode("utf-16" if text[:2] in _UTF_16 else "utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadInput("The file is not what ConvertTo-Json writes.") from error
    if not isinstance(found, dict) or not WANTED.keys() <= found.keys():
        raise BadInput(f"The file lacks settings that “{to_read()}” writes.")
    return tuple(_look(name, found[name]) for name in WANTED)


_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def _look(name: str, value: object) -> Setting:
    wanted = WANTED[name]
    if name == "ShortenEventScopeDefault" and type(value) is int and 0 <= value < len(_SCOPES):
        value = _SCOPES[value]
    if isinstance(wanted, int):
        enough = isinstance(value, int) and not isinstance(value, bool) and value >= wanted
        asked = f"{wanted} or more"
    else:
        enough, asked = value in ("EndEarly", "StartLate"), "EndEarly or StartLate"
    is_now = f"{value}" if isinstance(value, str | int) else "something else"
    return Setting(name, enough, f"{name} is {is_now[:40]}; the report asks for {asked}.")
