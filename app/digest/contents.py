"""What a digest says: sentences, links and a picture, from what the week had and the next one has.

What is over comes from figures alone, which own time changes nothing of. Nothing here names hours
worked, anybody, or anything private; check-ins are left to the leader's own pages.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.drawing import layout
from app.drawing.layout import Look
from rules.catalogue import capacity, contact
from rules.diary import Diary
from rules.figures import WeekFigures
from rules.finding import Finding
from rules.guardrails import Guardrail
from rules.language import counted, text
from rules.policy import Policy, Severity
from rules.room import Room, rooms
from rules.words import say_count, say_list, say_minutes, say_span, say_weekday
from rules.working_pattern import dates, local_date

_WEEK = timedelta(weeks=1)


class Place(StrEnum):
    """What a link leads to."""

    WEEK = "week"
    PLAN = "plan"
    SETTINGS = "settings"
    CALENDARS = "calendars"
    WORKLOAD = "workload"
    PAUSE = "pause"
    HELD = "held"
    EVIDENCE = "evidence"
    STOP = "stop"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class Link:
    """Words to press, and where they lead."""

    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences under it (each a point of a list where it `is_list`), and a link."""

    title: str
    lines: tuple[str, ...]
    link: Link | None = None
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A hold that the leader gave up last week, named as within a sentence."""

    hold: str
    day: date


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a digest is made of.

    `diary` is that of the week from `now` on, whole weeks. `last` are the figures of the week
    before, None where it does not count. `plan` is the one thing that a waiting plan would do first,
    as a sentence. `reach_out` is a reminder that is due.
    """

    diary: Diary
    policy: Policy
    findings: tuple[Finding, ...]
    now: datetime
    last: WeekFigures | None = None
    given_up: tuple[GivenUp, ...] = ()
    worsened: tuple[Guardrail, ...] = ()
    plan: str = ""
    reach_out: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest, ready to be written as text and as HTML. `short` says what the picture shows.

    `heading` stands in place of “Your week” where it is another mail.
    """

    subject: str
    sections: tuple[Section, ...]
    picture: layout.Week | None = None
    short: str = ""
    heading: str = ""


def compose(facts: Facts) -> Digest:
    """The digest of a week."""
    found = rooms(_this_week(facts), facts.policy, facts.now)
    sections = (
        _last_week(facts),
        _given_up(facts.given_up),
        _ahead(facts, found),
        _one_thing(facts, found),
        _team_time(facts),
    )
    picture = _picture(facts)
    short = "" if picture is None else _short(picture)
    return Digest(_subject(facts.last, facts.policy), tuple(filter(None, sections)), picture, short)


def unseen() -> Digest:
    """What is sent where no calendar can be read."""
    line = text("We cannot see your calendar at the moment, so there is no summary this week.")
    link = Link(text("Connect it again"), Place.CALENDARS)
    title = text("Your calendar")
    return Digest(text("Your week: no summary this time"), (Section(title, (line,), link),))


def _this_week(facts: Facts) -> Diary:
    diary = facts.diary
    return Diary(diary.occurrences, diary.pattern, diary.start, diary.start + _WEEK)


# --- last week ------------------------------------------------------------------------------------


def _is_bare(last: WeekFigures) -> bool:
    """Whether the week had nothing of what matters most; then no figure is told."""
    return not (last.protected_days or last.spaced or last.chats)


def _is_full(last: WeekFigures | None) -> bool:
    """Whether that was for want of room: meetings took half of the paid hours, or more."""
    if last is None:
        return False
    return _is_bare(last) and 2 * last.meeting_minutes >= last.contracted


def _subject(last: WeekFigures | None, policy: Policy) -> str:
    if _is_full(last):
        return text("Your week: a quieter plan for the days ahead")
    if last is None or _is_bare(last):
        return text("Your week: the days ahead")
    if not last.protected_days or policy.severity("protected") is Severity.OFF:
        return text("Your week: what went well, and the days ahead")
    return _subject_of_protected(last)


def _subject_of_protected(last: WeekFigures) -> str:
    if last.protected_days == last.days:
        return counted(
            "Your week: protected time on the day you worked",
            "Your week: protected time on all %(number)s days",
            last.days,
        )
    return text(
        "Your week: protected time on %(kept)s out of %(days)s days",
        kept=last.protected_days,
        days=last.days,
    )


def _last_week(facts: Facts) -> Section | None:
    if facts.last is None or _is_bare(facts.last):
        return None
    lines = tuple(_went_well(facts.last, facts.policy))
    return Section(text("What went well last week"), lines, is_list=True)


def _went_well(last: WeekFigures, policy: Policy) -> Iterator[str]:
    """What the week had; what it did not have is left out."""
    if last.protected_days and policy.severity("protected") is not Severity.OFF:
        yield _say_protected(last)
    if last.spaced and policy.severity("gap") is not Severity.OFF:
        yield text(
            "%(spaced)s out of %(pairs)s meetings had at least %(gap)s before the next one.",
            spaced=last.spaced,
            pairs=last.pairs,
            gap=say_minutes(policy.gap_minutes),
        )
    if last.chats and policy.severity("pods") is not Severity.OFF:
        yield text("You had %(chats)s in the diary.", chats=say_count(last.chats, "team chat"))
    if last.breaks and policy.severity("break") is not Severity.OFF:
        yield text(
            "There was room for a break on %(breaks)s out of %(days)s.",
            breaks=last.breaks,
            days=say_count(last.break_days, "day"),
        )


def _say_protected(last: WeekFigures) -> str:
    if last.protected_days < last.days:
        return text(
            "You had protected time on %(kept)s out of %(days)s.",
            kept=last.protected_days,
            days=say_count(last.days, "day"),
        )
    return counted(
        "The day you worked had protected time. Thank you for showing your team that this matters.",
        "All %(number)s days had protected time. "
        "Thank you for showing your team that this matters.",
        last.days,
    )


def _given_up(given_up: Sequence[GivenUp]) -> Section | None:
    if not given_up:
        return None
    return Section(text("What you changed"), tuple(_say_given_up(each) for each in given_up))


def _say_given_up(one: GivenUp) -> str:
    return text("You gave up %(hold)s on %(day)s.", hold=one.hold, day=say_weekday(one.day))


# --- this week ------------------------------------------------------------------------------------


def _ahead(facts: Facts, found: Sequence[Room]) -> Section | None:
    if not found or facts.policy.severity("protected") is Severity.OFF:
        return None
    full = [text("Last week was full.")] if _is_full(facts.last) else []
    return Section(text("This week"), (*full, *_say_room(facts, found)))


def _say_room(facts: Facts, found: Sequence[Room]) -> Iterator[str]:
    with_room = [each for each in found if each.has_room]
    without = [each for each in found if not each.has_room]
    length = _say_length(with_room)
    if not without:
        yield text("Your diary has room for %(length)s every day.", length=length)
    elif not with_room:
        yield text("The days ahead have little room for protected time yet.")
    elif len(without) < len(with_room):
        yield text(
            "Your diary has room for %(length)s every day except %(days)s.",
            length=length,
            days=_say_days(without),
        )
    else:
        yield text(
            "Your diary has room for %(length)s on %(days)s.",
            length=length,
            days=_say_days(with_room),
        )
    if len(without) == 1 and with_room:
        yield _say_meetings(without[0].day, facts.diary)


def _say_length(found: Sequence[Room]) -> str:
    targets = {each.target for each in found}
    if len(targets) != 1:
        return text("protected time")
    return text("%(length)s of protected time", length=say_minutes(targets.pop()))


def _say_days(found: Sequence[Room]) -> str:
    return say_list([say_weekday(each.day) for each in found])


def _say_meetings(day: date, diary: Diary) -> str:
    return text(
        "%(day)s has %(meetings)s.",
        day=say_weekday(day),
        meetings=say_count(len(diary.day(day).appointments), "meeting"),
    )


def _picture(facts: Facts) -> layout.Week | None:
    """The week as it is; own time stays out of mail, and so do check-ins, which look the same."""
    drawn = layout.weeks(_this_week(facts), facts.findings, facts.policy)
    if not drawn:
        return None
    columns = tuple(
        replace(each, blocks=tuple(one for one in each.blocks if one.look is not Look.OWN_TIME))
        for each in drawn[0].columns
    )
    return replace(drawn[0], columns=columns)


def _short(picture: layout.Week) -> str:
    blocks = [each for column in picture.columns for each in column.blocks]
    meetings = say_count(sum(each.look in _MEETINGS for each in blocks), "meeting")
    kept = sum(column.protected[0] for column in picture.columns)
    if not kept:
        return text("The picture shows your week, with %(meetings)s.", meetings=meetings)
    return text(
        "The picture shows your week, with %(meetings)s and %(kept)s of protected time.",
        meetings=meetings,
        kept=say_minutes(kept),
    )


_MEETINGS = (Look.MEETING, Look.TEAM, Look.CLINICAL)

# --- one thing ------------------------------------------------------------------------------------


def _one_thing(facts: Facts, found: Sequence[Room]) -> Section | None:
    """At most one step: what matters most, and of that the easiest."""
    offers = (
        _ease_off(facts.worsened),
        _plan(facts.plan),
        _easiest(facts, found),
        _meet_sooner(facts),
        _too_much(facts),
        _reach_out(facts.reach_out),
    )
    return next(filter(None, offers), None)


def _step(lines: Iterable[str], link: Link | None) -> Section:
    return Section(text("One thing you could do"), tuple(lines), link)


def _ease_off(worsened: Sequence[Guardrail]) -> Section | None:
    if not worsened:
        return None
    ask = text("Would you like to protect less time, or a different time?")
    lines = (text(worsened[0].message), ask)
    return _step(lines, Link(text("Change what you protect"), Place.SETTINGS))


def _plan(sentence: str) -> Section | None:
    if not sentence:
        return None
    return _step((sentence,), Link(text("See the whole plan"), Place.PLAN))


def _easiest(facts: Facts, found: Sequence[Room]) -> Section | None:
    """The longest free stretch of a day that has not all of its protected time."""
    free = [each.free for each in found if each.free is not None]
    if not free or facts.policy.severity("protected") is Severity.OFF:
        return None
    span = max(free, key=lambda each: (each.minutes, -each.start.timestamp()))
    zone = facts.diary.pattern.zone
    line = text(
        "The easiest place to make room is %(day)s, %(span)s.",
        day=say_weekday(local_date(span.start, zone)),
        span=say_span(span, zone),
    )
    return _step((line,), Link(text("See your week"), Place.WEEK))


def _meet_sooner(facts: Facts) -> Section | None:
    """Whether the next time with the team is further off than the settings ask for."""
    diary, policy = facts.diary, facts.policy
    today = local_date(facts.now, diary.pattern.zone)
    ahead = sorted(each for each in contact.contact_dates(diary) if each >= today)
    until = ahead[0] if ahead else diary.end
    days = sum(diary.day(each).window is not None for each in dates(today, until))
    if days <= policy.contact_days or policy.severity("contact") is Severity.OFF:
        return None
    line = _say_next_contact(days) if ahead else _say_no_contact(diary, today)
    ask = text(
        "Would you like to add a team chat of %(length)s sooner?",
        length=say_minutes(policy.pod_minutes),
    )
    return _step((line, ask), Link(text("See your week"), Place.WEEK))


def _say_next_contact(days: int) -> str:
    return counted(
        "Your next team time is in %(number)s working day.",
        "Your next team time is in %(number)s working days.",
        days,
    )


def _say_no_contact(diary: Diary, today: date) -> str:
    weeks = -(-(diary.end - today).days // 7)
    return text("The next %(weeks)s have no team time yet.", weeks=say_count(weeks, "week"))


def _too_much(facts: Facts) -> Section | None:
    first = facts.diary.start
    if not any(each.rule == capacity.RULE.id and each.day == first for each in facts.findings):
        return None
    lines = (
        text("There is more in your diary than your week can hold."),
        text("You could shorten, swap or drop a slot."),
    )
    return _step(lines, Link(text("See your week"), Place.WEEK))


def _reach_out(message: str) -> Section | None:
    return _step((message,), None) if message else None


def _team_time(facts: Facts) -> Section | None:
    last = facts.last
    if last is None or not last.team or not last.contracted:
        return None
    line = text(
        "Your team time was %(team)s out of %(week)s.",
        team=say_minutes(last.team),
        week=say_minutes(last.contracted),
    )
    link = Link(text("Copy this for your job plan or objectives"), Place.WORKLOAD)
    return Section(text("Team time"), (line,), link)
