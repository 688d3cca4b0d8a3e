"""Read a diary: from files as somebody brought them to a value that can be checked and planned."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from app.bank_holidays import Nation
from app.config import Settings
from app.services.errors import BadInput
from app.services.hours import USUAL_ZONE, find_zone, make_pattern
from app.services.live import Live, LiveDiary, Viewer
from app.services.policy_file import PolicyFiles, read_policy
from app.services.source import Source
from app.services.window import USUAL_LENGTH, choose_window
from connectors import icalendar, lens
from connectors.base import Ability, Reading
from rules.diary import Diary, in_order, reach
from rules.event import Occurrence
from rules.interval import Interval
from rules.language import later, text
from rules.policy import Policy
from rules.words import say_day
from rules.working_pattern import WorkingPattern

_DAY = timedelta(days=1)
_PUBLISHED = later("A published calendar cannot be changed, so its meetings stay as they are.")
_READ_ONLY = later(
    "A calendar that is shared for reading only cannot be changed, so its meetings stay as they are."
)
_UNTOLD = later("This server tells nobody of changes, so meetings with others stay as they are.")
NO_ADDRESS = lens.UNKNOWN
"""The warning that nobody said which addresses are the leader's."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Whose diary, which days, and by which hours and settings. All but `now` may be left out.

    `now` is aware UTC. `me` are the leader's addresses. `start` and `end` are local dates, the
    end not included; without them it is this week and what follows, in all as long as `usual`. `time_zone` is an IANA name, else
    the policy's, the calendar's, or Europe/London. `hours` are words such as
    `Mon-Fri 09:00-17:00`. `policy` are TOML files: the trust's, then the leader's; `files` is what
    such files say where it is known already, in their place.
    """

    now: datetime
    me: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    time_zone: str | None = None
    hours: str | None = None
    nation: Nation | None = None
    policy: tuple[Source, ...] = ()
    files: PolicyFiles | None = None
    usual: timedelta = USUAL_LENGTH


@dataclass(frozen=True, slots=True)
class OpenDiary:
    """A diary with all that checking, planning and writing it needs.

    `warnings` are sentences about what was left out. `sources` are the files it was read from,
    within the limits of `settings`, and `live` the calendars on servers, still connected. `fixed`
    are events of those that their calendar does not let Clearway change, and `fixed_because` says
    of meetings why. `holders` tells which of `live` each of their events was read from. `seconds`
    is how long reading took.
    """

    diary: Diary
    policy: Policy
    now: datetime
    warnings: tuple[str, ...]
    ask: Ask
    sources: tuple[Source, ...] = field(repr=False)
    settings: Settings = field(default_factory=Settings)
    live: tuple[LiveDiary, ...] = field(default=(), repr=False)
    fixed: frozenset[str] = frozenset()
    fixed_because: tuple[str, ...] = ()
    holders: Mapping[str, int] = field(default_factory=dict, repr=False)
    seconds: float = 0.0

    @property
    def listed(self) -> tuple[Occurrence, ...]:
        """The occurrences that overlap the window, in order of start: what `diary` lists."""
        return tuple(each for each in self.diary.occurrences if _overlaps(each, self.diary))

    def close(self) -> None:
        """Let go of the connections to calendars on servers."""
        for each in self.live:
            each.close()


def read(
    sources: Sequence[Source],
    ask: Ask,
    settings: Settings | None = None,
    live: Sequence[Live] = (),
) -> OpenDiary:
    """Read calendars (.ics), JSON diaries and calendars on servers, several as one diary.

    Raises BadInput for what was asked, and ConnectorError for a calendar that cannot be read,
    each with one sentence.
    """
    check_addresses(ask.me)
    files = ask.files or read_policy(ask.policy)
    limits = settings or Settings()
    given = files.time_zone if ask.time_zone is None else ask.time_zone
    zone = None if given is None else find_zone(given)
    viewer = Viewer(ask.me, zone, files.policy, calendar_limits(limits))
    connected = _connect(live, viewer)
    try:
        return _open(sources, ask, limits, files, viewer, connected)
    except BaseException:
        for each in connected:
            each.close()
        raise


def check_addresses(addresses: Iterable[str]) -> None:
    """Raise BadInput for what can be nobody's mail address, so that a slip does not go unseen."""
    for each in addresses:
        name, _, domain = each.strip().removeprefix("mailto:").rpartition("@")
        if not name or not domain or any(map(str.isspace, name + domain)):
            raise BadInput(
                text(
                    "“%(address)s” is no mail address such as leader@trust.example.",
                    address=each[:80],
                )
            )


def _connect(live: Sequence[Live], viewer: Viewer) -> tuple[LiveDiary, ...]:
    connected: list[LiveDiary] = []
    try:
        for each in live:
            connected.append(each.open(viewer))
    except BaseException:
        for one in connected:
            one.close()
        raise
    return tuple(connected)


def _open(
    sources: Sequence[Source],
    ask: Ask,
    limits: Settings,
    files: PolicyFiles,
    viewer: Viewer,
    live: tuple[LiveDiary, ...],
) -> OpenDiary:
    began = perf_counter()
    # Files tell their zone before they are read; a calendar on a server tells it as it is read.
    calendars = None if live else _open_calendars(sources, viewer)
    zone = viewer.zone or (calendars.zone if calendars else ZoneInfo(USUAL_ZONE))
    pattern, start, end = _frame(zone, ask, files)
    found = _read(sources, live, reach(start, end, pattern), viewer, calendars)
    if found.zone != pattern.zone:
        pattern, start, end = _frame(found.zone, ask, files)
        elsewhere = replace(viewer, zone=found.zone)
        found = _read(sources, live, reach(start, end, pattern), elsewhere)
    diary = Diary(found.occurrences, pattern, start, end)
    return OpenDiary(
        diary=diary,
        policy=files.policy,
        now=ask.now,
        warnings=(*found.warnings, *_empty(diary)),
        ask=ask,
        sources=tuple(sources),
        settings=limits,
        live=live,
        fixed=found.fixed,
        fixed_because=found.fixed_because,
        holders=found.holders,
        seconds=perf_counter() - began,
    )


def calendar_limits(settings: Settings) -> icalendar.Limits:
    """The limits of an installation, as calendars take them."""
    return icalendar.Limits(settings.max_bytes, settings.max_components)


@dataclass(frozen=True, slots=True)
class _Found:
    occurrences: tuple[Occurrence, ...]
    zone: ZoneInfo
    warnings: tuple[str, ...]
    fixed: frozenset[str]
    fixed_because: tuple[str, ...]
    holders: Mapping[str, int]


def _frame(zone: ZoneInfo, ask: Ask, files: PolicyFiles) -> tuple[WorkingPattern, date, date]:
    start, end = choose_window(ask.start, ask.end, ask.now, zone, ask.usual)
    pattern = make_pattern(zone, files, start, end, hours=ask.hours, nation=ask.nation)
    return pattern, start, end


def _read(
    sources: Sequence[Source],
    live: Sequence[LiveDiary],
    span: Interval,
    viewer: Viewer,
    calendars: icalendar.Opened | None = None,
) -> _Found:
    """Everything as one diary, in the zone of the viewer, else of the first that tells one."""
    if not sources and not live:
        raise BadInput(text("No diary was given."))
    readings = [each.read(span) for each in live]
    calendars = calendars or _open_calendars(sources, viewer)
    if calendars:
        readings.append(viewer.options().read_opened(calendars, span))
    items = [each for each in sources if each.is_json]
    zone = viewer.zone or (readings[0].zone if readings else ZoneInfo(USUAL_ZONE))
    found = [one for each in readings for one in each.occurrences]
    found += _read_json(items, span, zone, viewer.limits) if items else ()
    warnings = tuple(sentence for each in readings for sentence in each.warnings)
    pairs = [(diary.abilities, each) for diary, each in zip(live, readings, strict=False)]
    fixed = frozenset(one for abilities, each in pairs for one in _fixed(abilities, each))
    why = dict.fromkeys(told for abilities, each in pairs for told in _why(abilities, each))
    holders = _holders(readings[: len(live)])
    return _Found(in_order(_once(found)), zone, warnings, fixed, tuple(why), holders)


def _holders(readings: Sequence[Reading]) -> Mapping[str, int]:
    """Which reading each event comes from: the first, where it is in several (see `_once`)."""
    numbered = reversed(list(enumerate(readings)))
    return {one.id: number for number, each in numbered for one in each.occurrences}


def _fixed(abilities: frozenset[Ability], reading: Reading) -> Iterator[str]:
    """What cannot be written where it was read: a feed, a server that tells nobody."""
    for each in reading.occurrences:
        needed = Ability.HOLDS if each.hold else Ability.MEETINGS
        if needed not in abilities:
            yield each.id


def _why(abilities: frozenset[Ability], reading: Reading) -> Iterator[str]:
    """Why the meetings of a calendar stay as they are, where they do."""
    meetings = [each for each in reading.occurrences if each.hold is None and not each.all_day]
    if not meetings or Ability.MEETINGS in abilities:
        return
    if not abilities:
        yield text(_PUBLISHED)
    elif Ability.HOLDS not in abilities:
        yield text(_READ_ONLY)
    elif any(each.other_people for each in meetings):
        yield text(_UNTOLD)


def _open_calendars(sources: Sequence[Source], viewer: Viewer) -> icalendar.Opened | None:
    calendars = [each for each in sources if not each.is_json]
    if not calendars:
        return None
    contents = [each.content for each in calendars]
    return viewer.options().open(contents, names=[each.name for each in calendars])


def _read_json(
    sources: Sequence[Source], span: Interval, zone: ZoneInfo, limits: icalendar.Limits
) -> list[Occurrence]:
    # The validator is slow to import, and calendars do not need it.
    from app.services.json_diary import read_items, to_occurrences

    found: list[Occurrence] = []
    for each in sources:
        if len(each.content) > limits.max_bytes:
            raise BadInput(
                text(
                    "%(name)s is larger than the %(most)s bytes allowed.",
                    name=each.name,
                    most=limits.max_bytes,
                )
            )
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
    return (f"No event lies between {say_day(diary.start)} and {say_day(diary.end - _DAY)}.",)


def _overlaps(each: Occurrence, diary: Diary) -> bool:
    if isinstance(each.start, datetime):
        return each.span.overlaps(diary.span) or diary.span.holds(each.span.start)
    return each.start < diary.end and max(each.end, each.start + _DAY) > diary.start
