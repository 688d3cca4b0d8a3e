"""A whole series moved or shortened in one step: its master, its exceptions and all its dates.

Everything moves by the same clock time in the zone of the series, so that a change of the clocks
shifts nothing. Whether every day then is where it should be is read back from the new text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from connectors.errors import WHOLE_DAY
from connectors.icalendar.component import Broken, Event, parse_event, properties
from connectors.icalendar.lines import Span, parse_line
from connectors.icalendar.reading import File, Survey
from connectors.icalendar.recurrence import BadRule, Budget, Rule, parse_rule
from connectors.icalendar.refusal import (
    CARRIES,
    HOURS,
    OTHER_DAY,
    SPREAD,
    TOO_SHORT,
    UNSURE,
    Refused,
)
from connectors.icalendar.series import View, occurrences
from connectors.icalendar.surgery import Component
from connectors.icalendar.values import Moment, parse_moment, plus, to_utc, to_wall
from connectors.lens import Lens
from rules.change import Change
from rules.interval import Interval

_FINE = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
_BACK, _AHEAD = timedelta(days=200), timedelta(days=400)
_EDGE, _INNER = timedelta(days=7), timedelta(days=9)
_UNTIL = re.compile(r"(UNTIL=)([0-9TZ]+)", re.I)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new text of one VEVENT, and where the old one lies."""

    file: int
    span: Span
    text: str


def shift(
    seen: Survey, uid: str, change: Change, stamp: datetime, *, mark: bool
) -> list[Rewritten]:
    """The VEVENTs of a series as a change of any one member leaves them. Raises Refused.

    `mark` says whether to note when Clearway did it.
    """
    events = list(_events(seen, uid))
    file = seen.files[events[0].source]
    master = _master(events)
    _check_rules(file, master)
    shifted = _Shift(seen, file, master, change)
    found = []
    for event in events:
        component = _component(file, event)
        if event is master:
            shifted.move_master(component)
        else:
            shifted.move_exception(component, event)
        component.revise(stamp, changed=mark)
        found.append(Rewritten(file.index, event.span, component.text))
    shifted.check(events, [one.text for one in found])
    return found


def members(seen: Survey, uid: str) -> list[Event]:
    """Every VEVENT of a UID, wherever in time. Raises Refused."""
    return list(_events(seen, uid))


def _events(seen: Survey, uid: str) -> Iterator[Event]:
    for file in seen.files:
        for span in file.spans:
            try:
                event = _parsed(file, file.view, span, seen.zone)
            except Broken as error:
                if uid in file.view[span.start : span.end]:
                    raise Refused(UNSURE) from error
                continue
            if event.uid == uid:
                yield event


def _parsed(file: File, view: str, span: Span, zone: tzinfo) -> Event:
    return parse_event(
        view, span, source=file.index, zones=file.zones, floating=zone, lens=Lens(), method=""
    )


def _component(file: File, event: Event) -> Component:
    text = file.text.characters[event.span.start : event.span.end]
    return Component(text, file.text.newline)


def _master(events: Sequence[Event]) -> Event:
    """The one VEVENT that repeats. Raises Refused for what cannot be moved as one."""
    masters = [one for one in events if one.recurrence_id is None]
    if len({one.source for one in events}) > 1:
        raise Refused(SPREAD)
    if any(one.this_and_future for one in events):
        raise Refused(CARRIES)
    if len(masters) != 1 or not masters[0].recurring or masters[0].length.days:
        raise Refused(UNSURE)
    if masters[0].start.whole_day:
        raise Refused(WHOLE_DAY)
    return masters[0]


def _check_rules(file: File, master: Event) -> None:
    if "EXRULE" in properties(file.view, master.span):
        raise Refused(UNSURE)
    for text in master.rules:
        try:
            rule = parse_rule(text)
        except BadRule as error:
            raise Refused(UNSURE) from error
        if _has_hours(rule):
            raise Refused(HOURS)


def _has_hours(rule: Rule) -> bool:
    return rule.freq in _FINE or bool(rule.by_hour or rule.by_minute or rule.by_second)


class _Shift:
    """By how much clock time a series moves, and by how much each member grows or shrinks."""

    def __init__(self, seen: Survey, file: File, master: Event, change: Change) -> None:
        if change.before is None or change.after is None:
            raise Refused(UNSURE)
        self.file = file
        self.master = master
        self.floating = seen.zone
        self.zone = master.start.zone or seen.zone
        self.before = change.before
        before, after = (to_wall(one.start, self.zone) for one in (change.before, change.after))
        self.step = after - before
        self.grow = (change.after.end - change.after.start) - (
            change.before.end - change.before.start
        )
        if (master.start.wall + self.step).date() != master.start.wall.date():
            raise Refused(OTHER_DAY)

    def move_master(self, component: Component) -> None:
        """Its times, the dates that are written out, and the end of its rules."""
        self._retime(component, self.master)
        component.rewrite({"EXDATE", "RDATE"}, self._dates)
        component.rewrite({"RRULE"}, lambda line: _UNTIL.sub(self._until, line))

    def move_exception(self, component: Component, event: Event) -> None:
        """Its times, and the original start that it stands for."""
        if not event.start.whole_day and not event.length.days:
            self._retime(component, event)
        component.rewrite({"RECURRENCE-ID"}, self._dates)

    def check(self, events: Sequence[Event], texts: Sequence[str]) -> None:
        """Read back what would be written. Raises Refused unless each member is where it should be."""
        views = [text.replace("\r", "\n") for text in texts]
        try:
            after = [
                _parsed(self.file, view, Span("VEVENT", 0, len(view)), self.floating)
                for view in views
            ]
        except Broken as error:
            raise Refused(UNSURE) from error
        old, new = self._times(events), self._times(after)
        expected = {
            self._moved(key): self._expected(key, when)
            for key, when in old.items()
            if self._inside(key, _EDGE)
        }
        if any(new.get(key) != when for key, when in expected.items()):
            raise Refused(UNSURE)
        if any(key not in expected for key in new if self._inside(key, _INNER)):
            raise Refused(UNSURE)

    def _times(self, events: Sequence[Event]) -> Mapping[datetime, Interval | None]:
        """Where each timed member is, by its original start; None where it has no time of day."""
        view = View(self._window(), self.floating, Budget())
        found = [one.occurrence for one in occurrences(events, view)]
        if view.shortfalls.cut_short or view.shortfalls.bad_rules:
            raise Refused(UNSURE)
        return {
            one.recurrence_id: None if one.all_day else one.span
            for one in found
            if isinstance(one.recurrence_id, datetime)
        }

    def _window(self) -> Interval:
        return Interval(plus(self.before.start, -_BACK), plus(self.before.end, _AHEAD))

    def _inside(self, key: datetime, edge: timedelta) -> bool:
        window = self._window()
        return plus(window.start, edge) <= key <= plus(window.end, -edge)

    def _expected(self, key: datetime, when: Interval | None) -> Interval | None:
        if when is None:
            return None
        start = self._moved(when.start)
        length = when.end - when.start
        return Interval(start, start + length + self.grow if length else start)

    def _moved(self, instant: datetime) -> datetime:
        return to_utc(to_wall(instant, self.zone) + self.step, self.zone)

    def _retime(self, component: Component, event: Event) -> None:
        if not event.length.exact:
            # a day that was cancelled, say: it has no time that could grow
            component.rewrite({"DTSTART", "DTEND"}, self._dates)
            return
        start = self._moved(event.start.instant(self.floating))
        length = event.length.exact + self.grow
        if length <= timedelta(0):
            raise Refused(TOO_SHORT)
        component.retime(Interval(start, start + length), self.file.zones.resolve, self.floating)

    def _dates(self, line: str) -> str:
        """A content line with each of its dates and times moved, in the form that each has."""
        head, _, value = line.rpartition(":")
        parsed = parse_line(line)
        tzid = parsed.param("TZID") if parsed else ""
        return f"{head}:" + ",".join(self._date(part, tzid) for part in value.split(","))

    def _date(self, text: str, tzid: str) -> str:
        if not text.strip():
            return text
        try:
            moment = parse_moment(text, tzid, self.file.zones)
        except ValueError as error:
            raise Refused(UNSURE) from error
        return text if moment.whole_day else self._written(moment)

    def _written(self, moment: Moment) -> str:
        zone = moment.zone or self.zone
        instant = self._moved(replace(moment, zone=zone).instant(zone))
        if moment.zone is UTC:
            return f"{instant:%Y%m%dT%H%M%SZ}"
        wall = to_wall(instant, zone)
        if to_utc(wall, zone) != instant:
            raise Refused(UNSURE)
        return f"{wall:%Y%m%dT%H%M%S}"

    def _until(self, match: re.Match[str]) -> str:
        """The end of a rule: a date stays, a time moves along (RFC 5545 section 3.3.10)."""
        text = match[2].upper()
        if "T" not in text:
            return match[0]
        # without a Z it is read as UTC where the series has a zone, as `series` does
        in_utc = text.endswith("Z") or self.master.start.zone is not None
        moment = parse_moment(text.rstrip("Z"), "", self.file.zones)
        moved = self._written(replace(moment, zone=UTC if in_utc else None))
        return match[1] + (moved if text.endswith("Z") else moved.rstrip("Z"))
