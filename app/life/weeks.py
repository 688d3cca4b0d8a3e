"""A leader's weeks in figures: measured once each is over, and kept to compare before and after.

The weeks before anything was protected are the measure. Those from before joining are looked up in
the calendar, as far back as a diary may be read; later ones are added week by week. A week that was
paused, or hardly worked, does not count. The week in which Clearway began is on neither side.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.deployment import Deployment
from app.digest.making import counts
from app.people import history, leaders
from app.people.choices import zone_of
from app.people.history import What
from app.people.leaders import Leader
from app.storage import Session, disturbances, leases, results
from app.storage.leases import Lease
from app.storage.tables import WeekResult
from rules.evidence import Comparison, compare
from rules.figures import WeekFigures
from rules.guardrails import BENEFITS, GUARDRAILS, Figure, Guardrail, Watched, worsened
from rules.working_pattern import day_span, local_date, monday

AFTER = 8
"""Weeks of protecting after which they are compared with those before, once."""
_WEEK = timedelta(weeks=1)
_MANY = 200
_HARMS = tuple(each.figure for each in GUARDRAILS)


@dataclass(frozen=True, slots=True)
class Measured:
    """One week that is kept."""

    week: date
    counts: bool
    watched: Watched


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of the weeks before and after so far, and its shift once that is told."""

    figure: Figure
    before: tuple[float, ...]
    after: tuple[float, ...]
    shift: Comparison | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a leader's weeks show. `started` is when Clearway first did more than look.

    `before` and `after` are how many weeks count on either side. The first of `benefits` is the one
    by which it is judged whether there is more protected time than before.
    """

    started: datetime | None
    before: int
    after: int
    benefits: tuple[Compared, ...] = ()
    harms: tuple[Compared, ...] = ()
    worsened: tuple[Guardrail, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether there are enough weeks after to compare."""
        return self.after >= AFTER


def keep(
    deployment: Deployment, lease: Lease, past: Collection[WeekFigures], now: datetime
) -> None:
    """Keep the weeks that are over, as they were; those that are kept already stay."""
    person = leaders.get(deployment, lease.leader_id)
    paused = _paused_weeks(deployment, person)

    def work(session: Session) -> None:
        leases.check(session, lease)
        for each in past:
            if not results.is_kept(session, person.id, each.first):
                results.keep(session, _row(deployment, session, person, each, paused, now))

    deployment.database.persist(work)


def measured(deployment: Deployment, leader_id: str) -> tuple[Measured, ...]:
    """The weeks that are kept, the oldest first."""
    with deployment.database.transaction() as session:
        rows = results.weeks(session, leader_id)
    return tuple(_measured(deployment, each) for each in rows)


def evidence(deployment: Deployment, leader_id: str) -> Evidence:
    """What the weeks show now. Raises NotAllowed where there is no such leader."""
    person = leaders.get(deployment, leader_id)
    before, after = _sides(person, measured(deployment, leader_id))
    first = after[:AFTER] if len(after) >= AFTER else ()
    return Evidence(
        started=person.started_at,
        before=len(before),
        after=len(after),
        benefits=tuple(_compared(each, before, after, first) for each in BENEFITS),
        harms=tuple(_compared(each, before, after, first) for each in _HARMS),
        worsened=worsened(before, after),
    )


# --- measuring ------------------------------------------------------------------------------------


def _row(
    deployment: Deployment,
    session: Session,
    person: Leader,
    figures: WeekFigures,
    paused: Collection[date],
    now: datetime,
) -> WeekResult:
    told = disturbances.mails_between(session, person.id, *_moments(person, figures.first))
    kept = {"figures": figures.to_json(), "told": told}
    return WeekResult(
        leader_id=person.id,
        week=figures.first,
        at=now,
        counts=counts(figures) and figures.first not in paused,
        contents=deployment.database.vault.seal(kept),
    )


def _moments(person: Leader, first: date) -> tuple[datetime, datetime]:
    zone = zone_of(person.settings)
    return day_span(first, zone).start, day_span(first + _WEEK, zone).start


def _paused_weeks(deployment: Deployment, person: Leader) -> frozenset[date]:
    """The weeks in which a pause was begun or still held, as far as the history tells."""
    zone = zone_of(person.settings)
    found: set[date] = set()
    entries = history.page(deployment, person.id, limit=_MANY, what=(What.PAUSED, What.RESUMED))
    ended: date | None = None
    for each in entries.entries:
        day = local_date(each.at, zone)
        if each.what is What.RESUMED:
            ended = day
            continue
        until = date.fromisoformat(str(each.details["until"])) - timedelta(days=1)
        last = until if ended is None else min(until, ended)
        found |= set(_mondays(day, max(day, last)))
        ended = day
    return frozenset(found)


def _mondays(start: date, end: date) -> list[date]:
    first = monday(start)
    return [first + each * _WEEK for each in range((monday(end) - first).days // 7 + 1)]


def _measured(deployment: Deployment, row: WeekResult) -> Measured:
    kept = deployment.database.vault.open(row.contents)
    figures = WeekFigures.from_json(kept["figures"])
    return Measured(row.week, row.counts, Watched(figures, kept["told"]))


# --- comparing ------------------------------------------------------------------------------------


def _sides(
    person: Leader, weeks: Sequence[Measured]
) -> tuple[tuple[Watched, ...], tuple[Watched, ...]]:
    counting = [each for each in weeks if each.counts]
    if person.started_at is None:
        return tuple(each.watched for each in counting), ()
    began = monday(local_date(person.started_at, zone_of(person.settings)))
    before = tuple(each.watched for each in counting if each.week < began)
    return before, tuple(each.watched for each in counting if each.week > began)


def _compared(
    figure: Figure,
    before: Sequence[Watched],
    after: Sequence[Watched],
    first: Sequence[Watched],
) -> Compared:
    values = [figure.of(each) for each in before]
    return Compared(
        figure=figure,
        before=tuple(values),
        after=tuple(figure.of(each) for each in after),
        shift=compare(values, [figure.of(each) for each in first]),
    )
