"""Clearway's own mark on an event, in the one form that it is written and read in.

    X-CLEARWAY-KIND:protected           what the event is for (rules.event.Kind)
    X-CLEARWAY-FIRM:TRUE                a hold that plans leave alone
    X-CLEARWAY-CHANGED:20261119T090000Z when Clearway last moved or shortened the event

A hold is Clearway's when it has X-CLEARWAY-KIND. A kind that comes from a category was set by
hand, so it is firm without a mark. Non-standard properties are RFC 5545 section 3.8.8.2.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from rules.event import NOT_HOLDS, Kind

KIND = "X-CLEARWAY-KIND"
FIRM = "X-CLEARWAY-FIRM"
CHANGED = "X-CLEARWAY-CHANGED"

_KINDS = {kind.value: kind for kind in Kind}


def read_kind(mark: str, categories: Iterable[str], known: Mapping[str, Kind]) -> Kind | None:
    """The kind from the mark, else from the first category that policy names."""
    ours = _KINDS.get(mark.strip().lower())
    if ours is not None:
        return ours
    return next((known[name] for one in categories if (name := one.casefold()) in known), None)


def read_firm(mark: str, firm: str, kind: Kind | None) -> bool:
    """Whether plans leave this hold alone. What is no hold is never firm."""
    if kind is None or kind in NOT_HOLDS:
        return False
    ours = mark.strip().lower() == kind
    return not ours or firm.strip().upper() == "TRUE"


def read_changed(text: str) -> datetime | None:
    """When Clearway last changed the event, None where it never did."""
    try:
        return datetime.strptime(text.strip(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def write_changed(moment: datetime) -> str:
    """The property value of an instant."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
