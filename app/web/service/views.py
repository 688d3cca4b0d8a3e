"""Values of the life of a diary as words for a page. Templates decide nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.connecting.connections import Connection, Provider
from app.connecting.states import Action
from app.life.journal import StepState
from app.life.moving import Place
from app.life.reasons import SENTENCES, Reason
from app.life.records import Kept, is_private
from app.life.releasing import Held
from app.life.reports import Fate, Report
from app.life.states import BY_HAND, UNDOABLE, WORKING, Origin, PlanState
from app.people.delegates import Delegation, State
from app.people.history import Entry, Who
from app.people.settings import Slot
from app.web.presenters import TIERS, ChangeDay, change_days
from app.web.service.words import (
    BUTTONS,
    NEXT,
    PROVIDERS,
    UNWRITTEN,
    hold_name,
    say_fate,
    say_moment,
    say_span,
    say_state,
    say_what,
)
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind
from rules.interval import Interval
from rules.language import counted, later, text
from rules.planner.plan import Tier
from rules.words import say_day, say_minutes, say_time, say_weekday
from rules.working_pattern import local_date, monday


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing to do: a form that is sent, or a link where `link`."""

    label: str
    path: str
    link: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connection: what it is, how it is, and the button that helps."""

    id: str
    name: str
    provider: str
    path: str
    sentence: str
    button: Button | None


SAMPLE = later("The sample account")
_OWN = later("Check-ins, for you alone")
_BY_HAND = {Origin.LIFT: later("A hold given up"), Origin.MOVE: later("A hold moved")}


def connection_view(
    known: Connection, home: str, zone: ZoneInfo, *, own: bool = True, sample: str = ""
) -> ConnectionView:
    """A connection in words; `sample` is the address of the sample account, where there is one.

    Which account it is, is for the leader alone.
    """
    path = f"{home}/calendars/{known.id}"
    trouble = known.trouble
    if trouble is None:
        sentence, button = _say_works(known, zone), None
    else:
        sentence = trouble.sentence
        button = _button(trouble.action, known, home, path)
    name = _name(known, sample) if own else text(PROVIDERS[known.provider])
    return ConnectionView(known.id, name, known.provider.value, path, sentence, button)


def _name(known: Connection, sample: str) -> str:
    """What a leader calls it: by the server, and by whose account it is there."""
    kind = text(PROVIDERS[known.provider])
    user, _, address = known.account.rpartition(" ")
    if sample and address == sample.rstrip("/"):
        return text(SAMPLE)
    server = urlsplit(address).hostname
    if not server:
        return kind
    if not user:
        return f"{kind}: {server}"
    return text("%(kind)s: %(user)s at %(server)s", kind=kind, user=user, server=server)


def _say_works(known: Connection, zone: ZoneInfo) -> str:
    if known.read_at is None:
        return text("It works.")
    when = say_moment(known.read_at, zone)
    return text("It works. It was last read on %(when)s.", when=when)


def _button(action: Action, known: Connection, home: str, path: str) -> Button:
    label = text(BUTTONS[action])
    if action is Action.TRY_AGAIN:
        return Button(label, f"{path}/try")
    if action is Action.CONFIRM_EMPTY:
        return Button(label, f"{path}/empty")
    if known.provider in (Provider.MICROSOFT, Provider.GOOGLE):
        return Button(label, f"{home}/connect/{known.provider.value}?again={known.id}", link=True)
    return Button(label, f"{home}/connect?again={known.id}", link=True)


# --- plans ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One plan in a list."""

    path: str
    title: str
    state: str
    about: str
    when: str
    waits: bool
    works: bool
    own: bool


@dataclass(frozen=True, slots=True)
class PlanWeek:
    """The changes of one week."""

    heading: str
    days: tuple[ChangeDay, ...]


@dataclass(frozen=True, slots=True)
class FateView:
    """One change and what has become of it."""

    what: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan, ready to be shown."""

    path: str
    title: str
    state: str
    about: str
    reason: str
    tier: str
    removal: bool
    heading: str
    hash: str
    when: str
    summary: str
    weeks: tuple[PlanWeek, ...]
    fates: tuple[FateView, ...]
    unknown: bool
    mails: str
    unsent: str
    notes: tuple[str, ...]
    waits: bool
    works: bool
    can_undo: bool
    undo_until: str
    next: str
    week: str


def plan_line(kept: Kept, home: str, zone: ZoneInfo) -> PlanLine:
    """A plan in a list."""
    removal = is_removal(kept)
    state, about = say_state(kept.state, removal=removal)
    changes = () if kept.contents is None else kept.contents.changes
    return PlanLine(
        path=f"{home}/plans/{kept.id}",
        title=_title(changes, zone, removal=removal),
        state=state,
        about=about,
        when=say_moment(kept.made_at, zone),
        waits=kept.state is PlanState.PROPOSED,
        works=kept.state in WORKING,
        own=is_own(changes),
    )


def is_removal(kept: Kept) -> bool:
    """Whether the plan is the one by which a hold goes that was given up."""
    return kept.origin == Origin.LIFT


def _title(changes: Sequence[Change], zone: ZoneInfo, *, removal: bool) -> str:
    if removal and changes:
        return _removed(changes[0], zone).rstrip(".")
    if removal:
        return text(_BY_HAND[Origin.LIFT])
    return text(_OWN) if is_own(changes) else say_changes(changes) or text("A plan")


def is_own(changes: Sequence[Change]) -> bool:
    """Whether a plan is about the leader's own check-ins."""
    return any(map(is_private, changes))


def plan_view(
    found: Report,
    home: str,
    zone: ZoneInfo,
    now: datetime,
    given_up: Collection[tuple[Kind, Interval]] = (),
) -> PlanView:
    """A plan with all of its changes; `given_up` are the holds that somebody gave up here."""
    kept = found.kept
    removal = is_removal(kept)
    state, about = say_state(kept.state, removal=removal)
    changes = tuple(each.change for each in found.fates)
    waits = kept.state is PlanState.PROPOSED
    until = kept.undo_until
    in_time = until is not None and now < until and kept.contents is not None
    return PlanView(
        path=f"{home}/plans/{kept.id}",
        title=_heading_of(kept, changes),
        state=state,
        about=about,
        reason="" if kept.reason is None else _reason(kept),
        tier="" if kept.origin in BY_HAND else text(TIERS[Tier(kept.tier)][0]),
        removal=removal,
        heading=_heading(found, waits=waits),
        hash="" if kept.contents is None else kept.contents.hash,
        when=say_moment(kept.made_at, zone),
        summary="" if kept.origin in BY_HAND else say_changes(changes),
        weeks=tuple(_weeks(changes, zone)) if waits else (),
        fates=() if waits else tuple(_fates(found, zone, given_up)),
        unknown=any(each.agreement is Agreement.UNKNOWN for each in changes),
        mails=_mails(changes),
        unsent=_unsent(found),
        notes=tuple(kept.contents.shown.get("warnings", ())) if kept.contents is not None else (),
        waits=waits,
        works=kept.state in WORKING,
        can_undo=in_time and kept.state in UNDOABLE,
        undo_until=say_moment(until, zone) if until is not None else "",
        next="" if removal or kept.state not in NEXT else text(NEXT[kept.state]),
        week=_week_of(changes, zone, now),
    )


def _week_of(changes: Sequence[Change], zone: ZoneInfo, now: datetime) -> str:
    """The first week of a plan that is not past, by its Monday; empty where that is this one."""
    this = monday(local_date(now, zone))
    first = min((monday(local_date(each.starts, zone)) for each in changes), default=this)
    return first.isoformat() if first > this else ""


def _heading_of(kept: Kept, changes: Sequence[Change]) -> str:
    if kept.origin in _BY_HAND:
        return text(_BY_HAND[Origin(kept.origin)])
    return text(_OWN) if is_own(changes) else text("A plan")


def say_changes(changes: Sequence[Change]) -> str:
    """How much a plan changes: `12 holds, 2 meetings, 7 people told`."""
    meetings = sum(each.hold is None for each in changes)
    told = sum(each.people_told for each in changes)
    holds = len(changes) - meetings
    parts = (
        counted("%(number)s hold", "%(number)s holds", holds) if holds else "",
        counted("%(number)s meeting", "%(number)s meetings", meetings) if meetings else "",
        counted("%(number)s person told", "%(number)s people told", told) if told else "",
    )
    return ", ".join(filter(None, parts))


def _mails(changes: Sequence[Change]) -> str:
    mails = sum(each.mails for each in changes)
    if not mails:
        return text("Nobody gets a mail.")
    return counted("Saying yes sends %(number)s mail.", "Saying yes sends %(number)s mails.", mails)


def _unsent(found: Report) -> str:
    mails = found.mails_not_unsent
    if not mails:
        return ""
    return counted(
        "%(number)s mail has gone out; undoing does not call them back.",
        "%(number)s mails have gone out; undoing does not call them back.",
        mails,
    )


def _reason(kept: Kept) -> str:
    return "" if kept.reason is None else text(SENTENCES[kept.reason])


def _weeks(changes: Sequence[Change], zone: ZoneInfo) -> Iterator[PlanWeek]:
    ordered = sorted(changes, key=lambda each: each.starts)
    for first, group in groupby(ordered, key=lambda each: monday(local_date(each.starts, zone))):
        mine = list(group)
        heading = text(
            "Week of %(day)s: %(changes)s", day=say_day(first), changes=say_changes(mine)
        )
        yield PlanWeek(heading, tuple(change_days(mine, zone)))


def _heading(found: Report, *, waits: bool) -> str:
    """What stands above the changes."""
    if waits:
        return text("What it changes")
    tried = any(each.applied is not None for each in found.fates)
    return (
        text("What became of it")
        if tried or found.kept.state not in UNWRITTEN
        else text("What it would have changed")
    )


def _fates(
    found: Report, zone: ZoneInfo, given_up: Collection[tuple[Kind, Interval]]
) -> Iterator[FateView]:
    removal, state = is_removal(found.kept), found.kept.state
    for each in sorted(found.fates, key=lambda fate: fate.change.starts):
        what = each.change.message or _removed(each.change, zone)
        if _is_gone(each):
            yield FateView(what, *_say_gone(each.change, given_up))
        else:
            why = each.sentence if _is_odd(each) else ""
            yield FateView(what, say_fate(each, state, removal=removal), why)


def _is_gone(fate: Fate) -> bool:
    """Whether a new hold was no longer there when it was to be taken back: nothing is left of it."""
    new = fate.change.kind is ChangeKind.HOLD_CREATE
    return new and fate.undone is StepState.SKIPPED and fate.undo_reason is Reason.GONE


def _say_gone(change: Change, given_up: Collection[tuple[Kind, Interval]]) -> tuple[str, str]:
    if (change.hold, change.after) in given_up:
        return text("Given up"), text("It was given up before the plan was taken back.")
    return text("Gone already"), text(SENTENCES[Reason.GONE])


def _is_odd(fate: Fate) -> bool:
    return StepState.SKIPPED in (fate.applied, fate.undone) or fate.untold > 0


def _removed(change: Change, zone: ZoneInfo) -> str:
    """A hold that was given up has no words of the planner."""
    if change.before is None or change.hold is None:
        return text("A change.")
    day = say_day(local_date(change.before.start, zone))
    span = say_span(change.before.start, change.before.end, zone)
    name = hold_name(change.hold).lower()
    return text("Give up %(hold)s from %(span)s on %(day)s.", hold=name, span=span, day=day)


# --- holds ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HoldView:
    """One hold and what can be done with it."""

    id: str
    name: str
    when: str
    firm: bool


@dataclass(frozen=True, slots=True)
class HoldDay:
    """The holds of one day."""

    heading: str
    holds: tuple[HoldView, ...]


def hold_days(held: Sequence[Held], zone: ZoneInfo) -> tuple[HoldDay, ...]:
    """Holds by day."""
    days = groupby(held, key=lambda each: local_date(each.span.start, zone))
    return tuple(
        HoldDay(say_day(day), tuple(hold_view(each, zone) for each in group)) for day, group in days
    )


def hold_view(held: Held, zone: ZoneInfo) -> HoldView:
    """One hold in words."""
    length = say_minutes(held.span.minutes)
    when = f"{say_span(held.span.start, held.span.end, zone)} ({length})"
    return HoldView(held.id, hold_name(held.kind), when, held.firm)


def place_options(places: Sequence[Place], zone: ZoneInfo) -> list[tuple[str, str, str]]:
    """The times to which a hold can go, to choose from: a value, a label, and what it costs."""
    return [_option(each, zone) for each in places]


def _option(place: Place, zone: ZoneInfo) -> tuple[str, str, str]:
    span = place.span
    label = text(
        "%(day)s, %(span)s",
        day=say_day(local_date(span.start, zone)),
        span=say_span(span.start, span.end, zone),
    )
    cost = say_minutes(place.missing) if place.missing else ""
    return (
        span.start.isoformat(),
        label,
        text("The week then has %(time)s less of what you ask for.", time=cost) if cost else "",
    )


def say_slot(held: Held, zone: ZoneInfo) -> str:
    """The time of the week of a hold, with what it is for."""
    day = say_weekday(local_date(held.span.start, zone))
    span = say_span(held.span.start, held.span.end, zone)
    return text(
        "%(hold)s on a %(weekday)s, %(span)s", hold=hold_name(held.kind), weekday=day, span=span
    )


def slot_of(held: Held, zone: ZoneInfo) -> Slot:
    """The time of the week of a hold."""
    start, end = held.span.start.astimezone(zone), held.span.end.astimezone(zone)
    return Slot(held.kind, start.weekday(), start.time(), end.time())


# --- people and history ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DelegateView:
    """One grant."""

    id: str
    label: str
    state: str
    can_end: bool


_STANDS = {
    State.INVITED: later("Invited; the invitation has not been used yet, until %(when)s."),
    State.ACTIVE: later("Can act for you, until %(when)s."),
    State.LAPSED: later("The invitation was not used in time."),
    State.EXPIRED: later("Ended by itself."),
    State.REVOKED: later("Ended."),
}


def delegate_view(grant: Delegation, now: datetime, zone: ZoneInfo) -> DelegateView:
    """A grant in words."""
    state = grant.state(now)
    there = state in (State.INVITED, State.ACTIVE)
    said = text(_STANDS[state], when=say_moment(grant.expires_at, zone))
    return DelegateView(grant.id, grant.label, said, there)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened."""

    when: str
    what: str
    who: str
    plan: str


@dataclass(frozen=True, slots=True)
class HistoryDay:
    """What happened on one day."""

    heading: str
    lines: tuple[HistoryLine, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the history goes by: names of delegates, and plans by which a hold was given up."""

    labels: Mapping[str, str]
    removals: Collection[str]


def history_days(
    entries: Sequence[Entry], known: Known, home: str, zone: ZoneInfo
) -> tuple[HistoryDay, ...]:
    """Entries by day, for the leader."""
    days = groupby(entries, key=lambda each: local_date(each.at, zone))
    return tuple(
        HistoryDay(say_day(day), tuple(_line(each, known, home, zone) for each in group))
        for day, group in days
    )


def _line(entry: Entry, known: Known, home: str, zone: ZoneInfo) -> HistoryLine:
    who = {Who.LEADER: text("you"), Who.CLEARWAY: "Clearway"}.get(entry.by.who, "")
    return HistoryLine(
        when=say_time(entry.at, zone),
        what=say_what(entry.what, entry.details, removal=entry.plan_id in known.removals),
        who=who or known.labels.get(entry.by.delegation_id or "", text("A delegate")),
        plan="" if entry.plan_id is None else f"{home}/plans/{entry.plan_id}",
    )
