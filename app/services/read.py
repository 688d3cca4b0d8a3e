"""Read a diary: from files as somebody brought them to a value that can be checked and planned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.bank_holidays import Nation
from app.config import Settings
from app.services.errors import BadInput
from app.services.hours import USUAL_ZONE, find_zone, make_pattern
from app.services.policy_file import PolicyFiles, read_policy
from app.services.source import Source
from app.services.window import choose_window
from connectors import icalendar
from rules.diary import Diary, in_order, reach
from rules.event import Occurrence
from rules.interval import Interval
from rules.policy import Policy
from rules.working_pattern import WorkingPattern

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """Whose diary, which days, and by which hours and settings. All but `now` may be left out.

    `now` is aware UTC. `me` are the leader's addresses. `start` and `end` are local dates, the
    end not included; without them it is this week and next. `time_zone` is an IANA name, else
    the policy's, the calendar's, or Europe/London. `hours` are words such as
    `Mon-Fri 09:00-17:00`. `policy` are TOML files: the trust's, then the leader's.
    """

    now: datetime
    me: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    time_zone: str | None = None
    hours: str | None = None
    nation: Nation | None = None
    policy: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenDiary:
    """A diary with all that checking, planning and writing it needs.

    `warnings` are sentences about what was left out. `sources` are the files it was read from,
    within the limits of `settings`.
    """

    diary: Diary
    policy: Policy
    now: datetime
    warnings: tuple[str, ...]
    ask: Ask
    sources: tuple[Source, ...] = field(repr=False)
    settings: Settings = field(default_factory=Settings)

    @property
    def listed(self) -> tuple[Occurrence, ...]:
        """The occurrences that overlap the window, in order of start: what `diary` lists."""
        return tuple(each for each in self.diary.occurrences if _overlaps(each, self.diary))


def read(sources: Sequence[Source], ask: Ask, settings: Settings | None = None) -> OpenDiary:
    """Read calendars (.ics) and JSON diaries, several as one diary.

    Raises BadInput for what was asked, and connectors.errors.Unreadable for a calendar that
    cannot be read, each with one sentence.
    """
    files = read_policy(ask.policy)
    limits = settings or Settings()
    given = files.time_zone if ask.time_zone is None else ask.time_zone
    zone = None if given is None else find_zone(given)
    pattern, start, end = _frame(zone or ZoneInfo(USUAL_ZONE), ask, files)
    found = _read(sources, reach(start, end, pattern), zone, ask, files.policy, limits)
    if found.zone != pattern.zone:
        pattern, start, end = _frame(found.zone, ask, files)
        span = reach(start, end, pattern)
        found = _read(sources, span, found.zone, ask, files.policy, limits)
    diary = Diary(found.occurrences, pattern, start, end)
    return OpenDiary(
        diary=diary,
        policy=files.policy,
        now=ask.now,
        warnings=(*found.warnings, *_empty(diary)),
        ask=ask,
        sources=tuple(sources),
        settings=limits,
    )


def calendar_limits(settings: Settings) -> icalendar.Limits:
    """The limits of an installation, as calendars take them."""
    return icalendar.Limits(settings.max_bytes, settings.max_components)


@dataclass(frozen=True, slots=True)
class _Found:
    occurrences: tuple[Occurrence, ...]
    zone: ZoneInfo
    warnings: tuple[str, ...]


def _frame(zone: ZoneInfo, ask: Ask, files: PolicyFiles) -> tuple[WorkingPattern, date, date]:
    start, end = choose_window(ask.start, ask.end, ask.now, zone)
    pattern = make_pattern(zone, files, start, end, hours=ask.hours, nation=ask.nation)
    return pattern, start, end


def _read(
    sources: Sequence[Source],
    span: Interval,
    zone: ZoneInfo | None,
    ask: Ask,
    policy: Policy,
    limits: Settings,
) -> _Found:
    if not sources:
        raise BadInput("No diary was given.")
    calendars = [each for each in sources if not each.is_json]
    if calendars:
        found = _read_calendars(calendars, span, zone, ask, policy, limits)
    else:
        found = _Found((), zone or ZoneInfo(USUAL_ZONE), ())
    items = [each for each in sources if each.is_json]
    if items:
        more = _read_json(items, span, found.zone, limits)
        found = _Found(in_order(_once([*found.occurrences, *more])), found.zone, found.warnings)
    return found


def _read_calendars(
    sources: Sequence[Source],
    span: Interval,
    zone: ZoneInfo | None,
    ask: Ask,
    policy: Policy,
    limits: Settings,
) -> _Found:
    reading = icalendar.read(
        [each.content for each in sources],
        window=span,
        me=ask.me,
        zone=zone,
        organisation=policy.organisation,
        categories=policy.categories,
        locked_categories=policy.locked_categories,
        limits=calendar_limits(limits),
        names=[each.name for each in sources],
    )
    return _Found(in_order(reading.occurrences), reading.zone, reading.warnings)


def _read_json(
    sources: Sequence[Source], span: Interval, zone: ZoneInfo, limits: Settings
) -> list[Occurrence]:
    # The validator is slow to import, and calendars do not need it.
    from app.services.json_diary import read_items, to_occurrences

    found: list[Occurrence] = []
    for each in sources:
        if len(each.content) > limits.max_bytes:
            raise BadInput(f"{each.name} is larger than the {limits.max_bytes} bytes allowed.")
        items = read_items(each.content, limits.max_components)
        found += to_occurrences(items, zone)
    return [each for each in found if each.all_day or _touches(each.span, span)]


def _touches(one: Interval, span: Interval) -> bool:
    """Whether they share time; an occurrence of no length shares the moment it is at."""
    return one.overlaps(span) or span.contains(one)


def _once(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """The same meeting in two calendars counts once."""
    return list({each.id: each for each in reversed(list(occurrences))}.values())


def _empty(diary: Diary) -> tuple[str, ...]:
    """An empty diary is more often a wrong window or a wrong file than a quiet week."""
    if any(_overlaps(each, diary) for each in diary.occurrences):
        return ()
    return (f"No event lies in the days from {diary.start} to {diary.end - _DAY}.",)


def _overlaps(each: Occurrence, diary: Diary) -> bool:
    if isinstance(each.start, datetime):
        return each.span.overlaps(diary.span) or diary.span.holds(each.span.start)
    return each.start < diary.end and max(each.end, each.start + _DAY) > diary.start
