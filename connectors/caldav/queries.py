"""What is asked of a CalDAV server, made of the caldav package's elements.

Whole events are asked for. RFC 4791 section 9.6 would let a client name the properties it wants,
but most servers give all of them, and Xandikos 0.4.10 gives no text at all where an event lacks
one of those named: a diary would read empty. Titles and texts are dropped where text is parsed.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import ClassVar

from caldav.elements import cdav, dav
from caldav.elements.base import BaseElement

from connectors.icalendar.values import plus
from rules.interval import Interval

_DAY = timedelta(days=1)


class CTag(BaseElement):
    """What changes with every change of a calendar (an extension that nearly all servers have)."""

    tag: ClassVar[str] = "{http://calendarserver.org/ns/}getctag"


CURRENT_USER = (dav.CurrentUserPrincipal, dav.ResourceType)
PRINCIPAL = (cdav.CalendarHomeSet, cdav.CalendarUserAddressSet, cdav.ScheduleOutboxURL)
COLLECTION = (
    dav.ResourceType,
    dav.DisplayName,
    dav.CurrentUserPrivilegeSet,
    dav.SupportedReportSet,
    cdav.SupportedCalendarComponentSet,
    cdav.CalendarTimeZone,
)
STATE = (CTag, dav.SyncToken)
ETAG = (dav.GetEtag,)


def properties(wanted: Iterable[type[BaseElement]]) -> str:
    """A PROPFIND for these properties."""
    return str(_with(dav.Propfind(), _with(dav.Prop(), *(each() for each in wanted))))


def in_window(window: Interval) -> str:
    """The events that touch a window; a day more on both sides, for servers read dates and
    floating times in a zone of their own."""
    return _query(cdav.TimeRange(plus(window.start, -_DAY), plus(window.end, _DAY)))


def of_uid(uid: str) -> str:
    """The events of one UID; the match may be looser than that (RFC 4791 section 9.7.5)."""
    return _query(_with(cdav.PropFilter("UID"), cdav.TextMatch(uid)))


def everything() -> str:
    """All events, for servers that cannot look for a UID."""
    return _query()


def these(hrefs: Sequence[str]) -> str:
    """The events of certain resources."""
    return str(_with(cdav.CalendarMultiGet(), _found(), *(dav.Href(value=one) for one in hrefs)))


def changes(token: str) -> str:
    """What changed in a calendar since it gave this token (RFC 6578 section 3.2)."""
    since = (dav.SyncToken(value=token), dav.SyncLevel(value="1"))
    return str(_with(dav.SyncCollection(), *since, _with(dav.Prop(), dav.GetEtag())))


def _query(*conditions: BaseElement) -> str:
    event = _with(cdav.CompFilter("VEVENT"), *conditions)
    condition = _with(cdav.Filter(), _with(cdav.CompFilter("VCALENDAR"), event))
    return str(_with(cdav.CalendarQuery(), _found(), condition))


def _found() -> BaseElement:
    return _with(dav.Prop(), dav.GetEtag(), cdav.CalendarData())


def _with(element: BaseElement, *children: BaseElement) -> BaseElement:
    for child in children:
        element.append(child)
    return element
