"""Which local dates a question is about."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.services.errors import BadInput
from rules.language import text
from rules.working_pattern import local_date, monday

USUAL_LENGTH = timedelta(days=14)
LONGEST = timedelta(days=400)
"""A longer window would let one small file with a daily series ask for a great deal of memory."""
_FIRST, _LAST = date(2, 1, 1), date(9998, 1, 1)


def choose_window(
    start: date | None,
    end: date | None,
    now: datetime,
    zone: ZoneInfo,
    usual: timedelta = USUAL_LENGTH,
) -> tuple[date, date]:
    """The first local date and the one after the last: as asked, else from this Monday on for as
    long as is usual: this week and next, where the caller says nothing else.

    Raises BadInput where the window is empty, backwards, or longer than 400 days, and where `now`
    leaves no room around it.
    """
    if not _FIRST <= now.date() < _LAST:
        raise BadInput(text("The present moment lies between the years 2 and 9997."))
    first = start or monday(local_date(now, zone))
    if not _FIRST <= first < _LAST or (end and not _FIRST <= end < _LAST):
        raise BadInput(text("The dates of a window lie between the years 2 and 9997."))
    last = end or first + usual
    if last <= first:
        raise BadInput(
            text(
                "The window ends on %(last)s, which is not after its start, %(first)s.",
                last=last,
                first=first,
            )
        )
    if last - first > LONGEST:
        raise BadInput(
            text(
                "A window is at most %(days)s days long; this is %(asked)s.",
                days=LONGEST.days,
                asked=(last - first).days,
            )
        )
    return first, last
