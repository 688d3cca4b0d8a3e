"""The weekly mail to whoever acts for leaders: how many plans wait for an answer, and nothing else.

It has no results, no times and no names, and comes only where something waits. When it comes goes by
the hours of whoever gets it: a leader's own, else those that are usual.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app import logs
from app.deployment import Deployment
from app.digest import timing
from app.digest.contents import Digest, Link, Place, Section
from app.digest.rendering import render
from app.digest.sending import Kind, Mail, base, is_open, send, stop_link
from app.life import records
from app.life.states import PlanState
from app.logs import Event, Outcome
from app.mail import MailError
from app.people import leaders
from app.people.choices import files_of, zone_of
from app.people.settings import LeaderSettings
from app.services.hours import USUAL_ZONE, make_pattern
from app.storage import Session, people, postboxes
from rules.language import counted, text
from rules.working_pattern import WorkingPattern, local_date

RETRY = timedelta(minutes=15)
_WEEK, _YEAR = timedelta(weeks=1), timedelta(weeks=60)
_MOST = 50


def send_due(deployment: Deployment) -> int:
    """Mail everybody who is due; how many mails went out. Two workers never do one person at once."""
    now = deployment.now()
    with deployment.database.transaction() as session:
        # whoever dies meanwhile is followed by somebody else
        due = postboxes.claim_acting(session, now, now + RETRY)
    return sum(_attend(deployment, each, now) for each in due)


def _attend(deployment: Deployment, identity: str, now: datetime) -> bool:
    pattern = _pattern(deployment, identity, now)
    first = timing.week_of(pattern, now)
    chance = timing.chance(pattern, first, now)
    sent = False
    again = timing.next_due(pattern, now) or now + _WEEK
    if chance is not None and is_open(deployment, Kind.ACTING, identity, first):
        if now < chance.start:
            again = chance.start
        else:
            try:
                sent = _send(deployment, identity, first, now)
            except MailError:
                logs.note(Event.DIGEST, outcome=Outcome.AGAIN)
                return False

    def work(session: Session) -> None:
        postboxes.acting_next(session, identity, again)

    deployment.database.persist(work)
    return sent


def _pattern(deployment: Deployment, identity: str, now: datetime) -> WorkingPattern:
    found = leaders.find(deployment, identity)
    settings = LeaderSettings() if found is None else found.settings
    zone = ZoneInfo(USUAL_ZONE) if found is None else zone_of(settings)
    today = local_date(now, zone)
    return make_pattern(zone, files_of(settings), today - _WEEK, today + _YEAR)


def _send(deployment: Deployment, identity: str, first: date, now: datetime) -> bool:
    diaries, plans = _waiting(deployment, identity, now)
    if not plans:
        return False
    addresses = {
        Place.WEEK: f"{base(deployment)}/you/acting",
        Place.STOP: stop_link(deployment, Kind.ACTING, identity),
    }
    rendered = render(compose(diaries, plans), addresses)
    sent = send(deployment, Mail(Kind.ACTING, identity, first, rendered))
    logs.note(Event.DIGEST, outcome=Outcome.DONE if sent else Outcome.REFUSED)
    return sent


def compose(diaries: int, plans: int) -> Digest:
    """What the mail says of so many plans in so many diaries."""
    many = counted("%(number)s plan waits", "%(number)s plans wait", plans)
    where = counted("%(number)s diary", "%(number)s diaries", diaries)
    line = text(
        "%(plans)s for an answer, in %(diaries)s that you act for.", plans=many, diaries=where
    )
    section = Section(text("Plans that wait"), (line,), Link(text("See them"), Place.WEEK))
    subject = text("Plans wait for an answer")
    return Digest(subject, (section,), heading=subject)


def _waiting(deployment: Deployment, identity: str, now: datetime) -> tuple[int, int]:
    """In how many diaries how many plans wait that somebody may answer."""
    with deployment.database.transaction() as session:
        diaries = {each.leader_id for each in people.grants(session, identity, now)}
    numbers = [_number(deployment, each, now) for each in diaries]
    return sum(each > 0 for each in numbers), sum(numbers)


def _number(deployment: Deployment, leader_id: str, now: datetime) -> int:
    found = records.newest(deployment, leader_id, _MOST, own=False, states=(PlanState.PROPOSED,))
    return sum(now < each.expires_at for each in found)
