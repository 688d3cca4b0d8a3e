"""Before and after: what a leader's own weeks show since time is protected."""

from dataclasses import dataclass
from statistics import median

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.life import weeks
from app.life.weeks import AFTER, Compared, Evidence
from app.people import leaders
from app.people.choices import zone_of
from app.web.service.visits import Call, attend
from rules.evidence import LEAST, Comparison
from rules.guardrails import Unit
from rules.language import text
from rules.words import say_count, say_day, say_minutes
from rules.working_pattern import local_date

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Row:
    """One figure in the table."""

    title: str
    before: str
    after: str
    change: str


@router.get("/you/{diary}/evidence")
async def evidence_page(request: Request) -> Response:
    """The weeks before beside the weeks after."""
    return await attend(request, _show, own=True)


def _show(call: Call) -> Response:
    found = weeks.evidence(call.deployment, call.leader_id)
    leader = leaders.get(call.deployment, call.leader_id)
    started = found.started
    return call.page(
        "evidence.html",
        verdict=_verdict(found),
        so_far=_so_far(found),
        since="" if started is None else say_day(local_date(started, zone_of(leader.settings))),
        benefits=[_row(each) for each in found.benefits],
        harms=[_row(each) for each in found.harms],
        worsened=[text(each.message) for each in found.worsened],
        has_rows=found.before > 0,
    )


def _verdict(found: Evidence) -> str:
    """What can be said of protected time, once there are weeks enough; empty before."""
    if not found.is_told:
        return ""
    shift = found.benefits[0].shift
    if shift is None:
        return text("There are too few weeks from before, so nothing can be compared.")
    if not shift.is_clear:
        return text("Your days have about as much protected time as before, as far as can be told.")
    if shift.low > 0:
        return text(
            "Your days have more protected time than before: between %(low)s and %(high)s.",
            low=say_minutes(round(shift.low)),
            high=say_minutes(round(shift.high)),
        )
    return text("Your days have less protected time than before.")


def _so_far(found: Evidence) -> str:
    before = say_count(found.before, "week")
    if found.started is None:
        return text(
            "Clearway only looks so far. It has %(before)s to compare with; %(least)s are enough.",
            before=before,
            least=LEAST,
        )
    if found.is_told:
        return text(
            "This compares %(before)s from before with the first %(after)s after.",
            before=before,
            after=say_count(AFTER, "week"),
        )
    return text(
        "There are %(before)s from before and %(after)s after. It is compared after %(enough)s.",
        before=before,
        after=say_count(found.after, "week"),
        enough=say_count(AFTER, "week"),
    )


def _row(one: Compared) -> Row:
    return Row(
        title=text(one.figure.title),
        before=_say_median(one.before, one.figure.unit),
        after=_say_median(one.after, one.figure.unit),
        change="–" if one.shift is None else _say_shift(one.shift, one.figure.unit),
    )


def _say_median(values: tuple[float, ...], unit: Unit) -> str:
    return _say(median(values), unit) if values else "–"


def _say_shift(shift: Comparison, unit: Unit) -> str:
    """From the least to the most that it may be: `20 minutes less to 1 hour more`."""
    low, high = _say_signed(shift.low, unit), _say_signed(shift.high, unit)
    return low if low == high else text("%(low)s to %(high)s", low=low, high=high)


def _say_signed(value: float, unit: Unit) -> str:
    said = _say(abs(value), unit)
    if not round(abs(value)):
        return text("no change")
    return text("%(much)s more", much=said) if value > 0 else text("%(much)s less", much=said)


def _say(value: float, unit: Unit) -> str:
    number = round(value)
    if unit is Unit.MINUTES:
        return say_minutes(number)
    if unit is Unit.PERCENT:
        return f"{number}%"
    return say_count(number, "day" if unit is Unit.DAYS else "person")
