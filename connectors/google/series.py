"""A whole series at another time, as one PATCH of its master. Pure.

Google finds the members of a series anew from the master's start and rules. What was cancelled on
its own, and every EXDATE and UNTIL, therefore moves along; what somebody changed on its own would
vanish, so a series with such members is not moved (docs/connectors/google.md).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from connectors.errors import NotPossible
from connectors.google.mapping import Event, mark_body, times, zone_named
from rules.interval import Interval
from rules.language import later

EDITED = later("Some meetings of the series were changed on their own, so it stays where it is.")
OTHER_DAY = later("A whole series can only be moved within its day.")
NOT_READ = later("The repeats of the series are of a kind that Clearway does not change.")

_UNTIL = re.compile(r"(?<=UNTIL=)\d{8}T\d{6}Z", re.I)
_BY_TIME = re.compile(r"\bBY(?:HOUR|MINUTE|SECOND)=", re.I)
_ZERO = timedelta(0)


class Shift:
    """How far a change moves the start and the end of every member, in local time."""

    def __init__(self, master: Event, before: Interval, after: Interval) -> None:
        start = master.get("start")
        name = start.get("timeZone") if isinstance(start, dict) else None
        zone = zone_named(name) if isinstance(name, str) else None
        if zone is None:
            raise NotPossible(NOT_READ)
        self.zone = zone
        self.name = str(name)
        self.start = self._wall(after.start) - self._wall(before.start)
        self.end = self._wall(after.end) - self._wall(before.end)

    def when(self, event: Event) -> Interval:
        """The times of a member after the change. Raises NotPossible."""
        start, end = times(event)
        if not isinstance(start, datetime) or not isinstance(end, datetime):
            raise NotPossible(NOT_READ)
        first, last = self._moved(start, self.start), self._moved(end, self.end)
        if last <= first:
            raise NotPossible("A meeting of the series would have no length.")
        return Interval(first, last)

    def body(
        self, master: Event, dropped: Iterable[datetime], key: str, changed: datetime | None
    ) -> Event:
        """The PATCH of the master. `dropped` are the original starts of cancelled members."""
        when = self.when(master)
        body: dict[str, object] = {
            "start": self._local(when.start),
            "end": self._local(when.end),
            "extendedProperties": {"private": mark_body(key, changed)},
        }
        if self.start != _ZERO:
            first, _ = times(master)
            if isinstance(first, datetime) and self._day(first) != self._day(when.start):
                raise NotPossible(OTHER_DAY)
            body["recurrence"] = self._lines(master, dropped)
        return body

    def _lines(self, master: Event, dropped: Iterable[datetime]) -> Sequence[str]:
        told = master.get("recurrence")
        lines = told if isinstance(told, list) else []
        moved = [self._line(str(one)) for one in lines]
        walls = sorted(self._wall(self._moved(one, self.start)) for one in dropped)
        if walls:
            stamps = ",".join(f"{wall:%Y%m%dT%H%M%S}" for wall in walls)
            moved.append(f"EXDATE;TZID={self.name}:{stamps}")
        return moved

    def _line(self, line: str) -> str:
        head, colon, value = line.partition(":")
        name = head.partition(";")[0].upper()
        if name == "RRULE" and not _BY_TIME.search(value):
            return head + colon + _UNTIL.sub(lambda found: self._stamp(found[0]), value)
        if name in ("EXDATE", "RDATE"):
            return head + colon + ",".join(self._stamp(one) for one in value.split(","))
        raise NotPossible(NOT_READ)

    def _stamp(self, text: str) -> str:
        """A date-time of a rule, moved; one in UTC stays in UTC, a date stays itself."""
        text = text.strip()
        try:
            if len(text) == len("20261123"):
                date.fromisoformat(text)
                return text
            moment = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 # wall time
        except ValueError:
            raise NotPossible(NOT_READ) from None
        if text.endswith("Z"):
            return f"{self._moved(moment.replace(tzinfo=UTC), self.start):%Y%m%dT%H%M%SZ}"
        return f"{moment + self.start:%Y%m%dT%H%M%S}"

    def _moved(self, moment: datetime, by: timedelta) -> datetime:
        try:
            return (self._wall(moment) + by).replace(tzinfo=self.zone).astimezone(UTC)
        except OverflowError:
            raise NotPossible(NOT_READ) from None

    def _wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def _day(self, moment: datetime) -> date:
        return self._wall(moment).date()

    def _local(self, moment: datetime) -> Event:
        """A series keeps its local time, so Google wants its zone (BRIEF 5.7)."""
        return {"dateTime": moment.astimezone(self.zone).isoformat(), "timeZone": self.name}
