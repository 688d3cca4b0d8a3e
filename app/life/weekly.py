"""Once a week: what the week that is over had is kept, and the leader's own mail goes out.

It is due on the leader's first working day of the week, half an hour after they begin. A calendar
or relay that does not answer is asked again while the week has working hours left, and never
outside them. Nothing goes out in a pause, on leave, or in a week of one working day.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app import logs
from app.connecting.errors import ConnectingError
from app.deployment import Deployment
from app.digest import timing
from app.digest.contents import Digest, Facts, GivenUp, Place, compose, unseen
from app.digest.making import AHEAD, BEFORE, Week, first_step, week
from app.digest.rendering import Rendered, render
from app.digest.sending import Kind, Mail, base, is_open, send, stop_link
from app.life import diaries, overrides, records, weeks
from app.life.errors import NoCalendar
from app.life.overrides import How
from app.life.records import Kept
from app.life.states import PlanState
from app.logs import Event, Outcome
from app.mail import MailError
from app.people import leaders, links, postbox, reminding
from app.people.choices import files_of, zone_of
from app.people.leaders import Leader
from app.people.links import Purpose
from app.services.errors import ServiceError
from app.services.hours import make_pattern
from app.storage import Session, leases, mailboxes
from app.storage.leases import Lease
from connectors.errors import ConnectorError, SignInNeeded
from rules import event
from rules.diary import Diary
from rules.language import text
from rules.planner.wording import HOLD_NAMES
from rules.working_pattern import WorkingPattern, local_date

RETRY = timedelta(minutes=15)
OPENS = timedelta(days=7)
"""For how long the link to a plan in a mail can be used."""
_WEEK, _YEAR = timedelta(weeks=1), timedelta(weeks=60)
_TOLD = (event.Kind.PROTECTED, event.Kind.POD)
"""Holds whose giving up is told; that of a gap is not worth a line."""
_MOST_TOLD = 2
_PLANS = 20


@dataclass(frozen=True, slots=True)
class _Moment:
    """A week of a leader, looked at now."""

    deployment: Deployment
    leader: Leader
    pattern: WorkingPattern
    first: date
    now: datetime

    def is_mail_open(self) -> bool:
        """Whether the leader is still to have the mail of this week."""
        found = postbox.find(self.deployment, self.leader.identity)
        if not (found.digest and found.address) or found.trouble is not None:
            return False
        return is_open(self.deployment, Kind.DIGEST, self.leader.identity, self.first)


def attend(deployment: Deployment, lease: Lease, left: timedelta | None) -> None:
    """Do what the week asks for now, and note when it is looked at next.

    `left` is the time until it was due, None where nobody has reckoned that yet. Raises LostLease.
    """
    moment = _moment(deployment, lease.leader_id)
    if moment.leader.leaving_at is not None:
        return
    if left is None:
        wait = _begin(moment, lease)
    elif left <= timedelta():
        wait = _look_back(moment, lease)
    else:
        wait = _reckon(moment, left)
    if wait is not None:
        _come_again(deployment, lease, wait)


def _come_again(deployment: Deployment, lease: Lease, wait: timedelta) -> None:
    def work(session: Session) -> None:
        leases.check(session, lease)
        mailboxes.week_next(session, lease.leader_id, wait)

    deployment.database.persist(work)


def _moment(deployment: Deployment, leader_id: str) -> _Moment:
    leader, now = leaders.get(deployment, leader_id), deployment.now()
    settings, zone = leader.settings, zone_of(leader.settings)
    today = local_date(now, zone)
    pattern = make_pattern(zone, files_of(settings), today - _WEEK, today + _YEAR)
    return _Moment(deployment, leader, pattern, timing.week_of(pattern, now), now)


# --- when -----------------------------------------------------------------------------------------


def _begin(moment: _Moment, lease: Lease) -> timedelta | None:
    """The first time: the weeks before are kept, to compare with; the first mail is next week's."""
    try:
        with _opened(moment) as seen:
            weeks.keep(moment.deployment, lease, seen.before, moment.now)
    except (ConnectorError, ConnectingError, NoCalendar, ServiceError):
        return None
    return _next_week(moment)


def _reckon(moment: _Moment, left: timedelta) -> timedelta:
    """The hours may be others by now: a mail that is still to come this week goes by the new ones."""
    this_week = moment.now + left < _start_of_next(moment)
    chance = timing.chance(moment.pattern, moment.first, moment.now)
    if this_week and chance is not None:
        return max(chance.start - moment.now, timedelta())
    return _next_week(moment)


def _start_of_next(moment: _Moment) -> datetime:
    return datetime.combine(moment.first + _WEEK, datetime.min.time(), moment.pattern.zone)


def _next_week(moment: _Moment) -> timedelta:
    due = timing.next_due(moment.pattern, moment.now)
    return _WEEK if due is None else due - moment.now


def _look_back(moment: _Moment, lease: Lease) -> timedelta:
    """Keep what the week before had and send the mail, where it is time; when to look next."""
    chance = timing.chance(moment.pattern, moment.first, moment.now)
    if chance is None:
        return _next_week(moment)
    if moment.now < chance.start:
        return chance.start - moment.now
    if moment.leader.is_paused(moment.now):
        return _next_week(moment)
    try:
        seen = _seen(moment, lease)
        if seen is None:
            return _later(moment)
        if moment.now < seen.opens:
            return seen.opens - moment.now
        if seen.digest is not None and moment.is_mail_open():
            _send(moment, seen)
    except MailError:
        logs.note(Event.DIGEST, leader=moment.leader.id, outcome=Outcome.AGAIN)
        return _later(moment)
    return _next_week(moment)


def _later(moment: _Moment) -> timedelta:
    """Try again soon, in the hours that the week has left."""
    again = moment.now + RETRY
    chance = timing.chance(moment.pattern, moment.first, again)
    if chance is None:
        return _next_week(moment)
    return max(chance.start, again) - moment.now


# --- what -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is to be said of a week, and from when on: leave may move that. None: nothing at all."""

    opens: datetime
    digest: Digest | None
    plan: Kept | None = None


def _seen(moment: _Moment, lease: Lease) -> _Seen | None:
    """The week as the calendars have it now; None where they may answer later."""
    try:
        with _opened(moment) as seen:
            weeks.keep(moment.deployment, lease, seen.before, moment.now)
            chance = timing.chance(seen.diary.pattern, moment.first, moment.now, seen.away)
            if chance is None:
                return _Seen(moment.now, None)
            plan = _waiting(moment, seen.diary)
            return _Seen(chance.start, compose(_facts(moment, seen, plan)), plan)
    except (SignInNeeded, NoCalendar):
        return _Seen(moment.now, unseen())
    except (ConnectorError, ConnectingError, ServiceError):
        logs.note(Event.DIGEST, leader=moment.leader.id, outcome=Outcome.AGAIN)
        return None


@contextmanager
def _opened(moment: _Moment) -> Iterator[Week]:
    """The week with those around it, as the calendars have them."""
    person = diaries.person_of(moment.deployment, moment.leader.id)
    start, end = moment.first - BEFORE, moment.first + AHEAD
    with diaries.opened(moment.deployment, person, start, end) as found:
        opened = found.opened
        yield week(opened.diary, opened.policy, moment.first, moment.now)


def _facts(moment: _Moment, seen: Week, plan: Kept | None) -> Facts:
    evidence = weeks.evidence(moment.deployment, moment.leader.id)
    due = reminding.due_now(moment.deployment, moment.leader.id)
    changes = plan.contents.changes if plan is not None and plan.contents is not None else ()
    return replace(
        seen.facts,
        last=seen.facts.last if _counts(moment) else None,
        given_up=_given_up(moment),
        worsened=evidence.worsened,
        plan=first_step(changes, moment.first, seen.diary),
        reach_out=next((text(each.message) for each in due if each.id == "reach_out"), ""),
    )


def _counts(moment: _Moment) -> bool:
    """Whether the week before counts, as it is kept."""
    kept = weeks.measured(moment.deployment, moment.leader.id)
    return any(each.week == moment.first - _WEEK and each.counts for each in kept)


def _waiting(moment: _Moment, diary: Diary) -> Kept | None:
    """The newest plan that waits for an answer and does something this week; none of check-ins."""
    found = records.newest(
        moment.deployment, moment.leader.id, _PLANS, own=False, states=(PlanState.PROPOSED,)
    )
    for each in found:
        changes = () if each.contents is None else each.contents.changes
        if moment.now < each.expires_at and first_step(changes, moment.first, diary):
            return each
    return None


def _given_up(moment: _Moment) -> tuple[GivenUp, ...]:
    start = moment.first - _WEEK
    with moment.deployment.database.transaction() as session:
        found = overrides.of_leader(session, moment.leader.id, moment.now)
    told = [
        GivenUp(text(HOLD_NAMES[each.kind]), each.day)
        for each in found
        if start <= each.day < moment.first
        and each.kind in _TOLD
        and each.how in (How.DELETED, How.LIFTED)
    ]
    return tuple(dict.fromkeys(told))[:_MOST_TOLD]


# --- the mail -------------------------------------------------------------------------------------


def _send(moment: _Moment, seen: _Seen) -> None:
    if seen.digest is None:
        return
    rendered = render(seen.digest, addresses(moment.deployment, moment.leader, seen.plan))
    mail = Mail(Kind.DIGEST, moment.leader.identity, moment.first, rendered)
    sent = send(moment.deployment, mail)
    outcome = Outcome.DONE if sent else Outcome.REFUSED
    logs.note(Event.DIGEST, leader=moment.leader.id, outcome=outcome)


def preview(deployment: Deployment, leader_id: str) -> Rendered | None:
    """The mail of this week as it would be sent now; None in a week that has none.

    Raises ConnectorError and NoCalendar where the calendars cannot be read.
    """
    moment = _moment(deployment, leader_id)
    with _opened(moment) as seen:
        if not timing.chances(seen.diary.pattern, moment.first, seen.away):
            return None
        plan = _waiting(moment, seen.diary)
        digest = compose(_facts(moment, seen, plan))
    return render(digest, addresses(deployment, moment.leader, plan), alone=True)


def addresses(deployment: Deployment, leader: Leader, plan: Kept | None) -> Mapping[Place, str]:
    """Where the links of a leader's mail lead. That to a plan shows it without signing in."""
    home = f"{base(deployment)}/you/mine"
    found = {
        Place.WEEK: f"{home}/week",
        Place.SETTINGS: f"{home}/settings/protected-time",
        Place.CALENDARS: f"{home}/connect",
        Place.WORKLOAD: f"{home}/workload",
        Place.PAUSE: f"{home}/pause",
        Place.HELD: f"{home}/held",
        Place.STOP: stop_link(deployment, Kind.DIGEST, leader.identity),
    }
    if plan is not None:
        subject = f"{leader.id}.{plan.id}"
        until = min(plan.expires_at, deployment.now() + OPENS)
        token = links.sign(deployment, Purpose.PLAN, subject, until)
        found[Place.PLAN] = f"{base(deployment)}/you/mail/plan/{token}"
    if deployment.settings.feedback_url:
        found[Place.FEEDBACK] = deployment.settings.feedback_url
    return found
