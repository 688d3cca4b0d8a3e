"""The shapes that tools read: the same in the API, the command line's `--json` and the files.

Times are RFC 3339 in UTC with seconds, days are dates, durations whole minutes. Fields stand in
the order in which they are written. A field that has no meaning for one kind of change is left
out of it. The functions `*_of` make a shape from a value of the core.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status, occurrence_id
from rules.interval import Interval
from rules.policy import Severity

if TYPE_CHECKING:
    # The planner is slow to import, and `check` and `diary` do not plan.
    from rules.diary import Diary
    from rules.finding import Finding
    from rules.planner.plan import (
        CurvePoint,
        Numbers,
        Objective,
        Plan,
        Proof,
        Remaining,
        SeriesOffer,
    )
    from rules.summary import RuleSummary

"""Stands for a blocking set of more than three events."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMMANDS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON need not escape, and some terminals obey: further control characters, directions."""
_UNPAIRED = re.compile("[\ud800-\udfff]")


def say_moment(moment: datetime | date) -> str:
    """An instant as `2026-11-23T09:00:00Z` (a naive one without the Z), a date as `2026-11-23`."""
    if not isinstance(moment, datetime):
        return moment.isoformat()
    local = moment if moment.tzinfo is None else moment.astimezone(UTC)
    return local.isoformat(timespec="seconds").replace("+00:00", "Z")


def _read_instant(value: object) -> datetime:
    moment = _read_moment(value)
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("is a time with its offset, such as 2026-11-23T09:00:00Z")
    return moment


def _read_moment(value: object) -> datetime | date:
    try:
        found = value if isinstance(value, date) else _parse_moment(value)
        if isinstance(found, datetime) and found.tzinfo is not None:
            found = found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = "is a time such as 2026-11-23T09:00:00Z, or a date such as 2026-11-23"
        raise ValueError(message) from error
    return found


def _parse_moment(value: object) -> datetime | date:
    if not isinstance(value, str):
        raise ValueError("a time is written as text")
    if _DATE.fullmatch(value):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value).replace(microsecond=0)


_AN_INSTANT = {"type": "string", "format": "date-time", "examples": ["2026-11-23T09:00:00Z"]}
_A_MOMENT = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
    "examples": ["2026-11-23T09:00:00Z", "2026-11-23"],
}

Instant = Annotated[
    datetime,
    PlainValidator(_read_instant),
    PlainSerializer(say_moment, return_type=str),
    WithJsonSchema(_AN_INSTANT),
]
Moment = Annotated[
    datetime | date,
    PlainValidator(_read_moment),
    PlainSerializer(say_moment, return_type=str),
    WithJsonSchema(_A_MOMENT),
]
Minutes = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """What all shapes share: a field that is not in the contract is refused, never dropped.

    Each is made ready when it is first used: a command uses few of them, and has to start fast.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class OccurrenceItem(Shape):
    """One occurrence of a diary. Only `start`, `end` and a `uid` (or `id`) must be given.

    Without the other fields it is busy time that somebody else arranged. Times without an offset
    are read in the diary's zone. `scored_as` is computed where it is not given.
    """

    id: str = Field(default="", description="UID, or UID/original start")
    uid: str = ""
    recurrence_id: Moment | None = Field(default=None, description="original start in a series")
    start: Moment
    end: Moment
    all_day: bool = False
    show_as: ShowAs = ShowAs.BUSY
    private: bool = False
    status: Status = Status.CONFIRMED
    organizer: bool = Field(default=False, description="true when the leader is")
    other_people: Count = 0
    external: bool = Field(default=False, description="true when one of them is outside")
    hold: Kind | None = None
    firm: bool = False
    locked: bool = False
    scored_as: ScoredAs | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any) -> Any:
        return _with_identity(dict(data)) if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _check(self) -> Self:
        timed = isinstance(self.start, datetime)
        if timed != isinstance(self.end, datetime):
            raise ValueError("has two times or two dates as start and end")
        if self.all_day is timed:
            raise ValueError("has plain dates when it is all day, and times when it is not")
        if _naive(self.start) == _naive(self.end) and self.end < self.start:
            raise ValueError("ends before it starts")
        if self.id != occurrence_id(self.uid, self.recurrence_id):
            raise ValueError("has an “id” that does not follow from its “uid” and “recurrence_id”")
        return self


_MEMBER = re.compile(r"(.+)/(\d{8}(?:T\d{6}Z)?)", re.DOTALL)


def _with_identity(data: dict[str, Any]) -> dict[str, Any]:
    """Fill in whichever of `id`, `uid`, `recurrence_id` and `all_day` follows from the others."""
    given = data.get("id")
    if given and isinstance(given, str) and not data.get("uid"):
        member = _MEMBER.fullmatch(given)
        data["uid"] = member[1] if member else given
        if member and data.get("recurrence_id") is None:
            data["recurrence_id"] = _expanded(member[2])
    if not data.get("uid"):
        raise ValueError("has no “uid”")
    if not given and isinstance(data["uid"], str):
        data["id"] = occurrence_id(data["uid"], _maybe_moment(data.get("recurrence_id")))
    if "all_day" not in data:
        start = _maybe_moment(data.get("start"))
        data["all_day"] = start is not None and not isinstance(start, datetime)
    return data


def _maybe_moment(value: object) -> datetime | date | None:
    try:
        return None if value is None else _read_moment(value)
    except ValueError:
        return None


def _expanded(compact: str) -> str:
    """`20261123T090000Z`, as identifiers have it, in the form that fields have."""
    day = f"{compact[:4]}-{compact[4:6]}-{compact[6:8]}"
    clock = compact[9:]
    return f"{day}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}Z" if clock else day


def _naive(moment: datetime | date) -> bool:
    return isinstance(moment, datetime) and moment.tzinfo is None


class WindowItem(Shape):
    """The local dates a result is about; `to` is not included."""

    start: date = Field(alias="from")
    end: date = Field(alias="to")
    time_zone: str


class FindingItem(Shape):
    """One place where the diary falls short of one rule."""

    id: str
    rule: str
    severity: Severity
    day: date
    start: Instant
    end: Instant
    missing: Minutes
    event_ids: list[str]
    cite: str
    message: str


class SpanItem(Shape):
    """A stretch of time, the end not included."""

    start: Instant
    end: Instant


class ChangeItem(Shape):
    """One edit. `before` is missing from a hold that is created, `after` from one that is removed.

    `people_told` stands on every change of an event, `agreement` on every event that moves.
    """

    kind: ChangeKind
    event_id: str | None = None
    hold: Kind | None = None
    before: SpanItem | None = None
    after: SpanItem | None = None
    people_told: Count | None = None
    mails: Count | None = None
    agreement: Agreement | None = None
    because: list[str]
    message: str

    @model_serializer(mode="wrap")
    def _without_nothing(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}


class SkippedItem(ChangeItem):
    """A change that was not made, or not taken back, and why."""

    reason: str


class RemainingItem(Shape):
    """A finding that stays, and the smallest set of events that keep it so."""

    finding: str
    day: date
    missing: Minutes
    blocked_by: list[str] | Literal["many", "unknown"]


class ObjectiveItem(Shape):
    """The six numbers that are compared, in order, and the minutes of the quiet rules."""

    cost: int
    must_missing: int
    should_missing: int
    people_told: int
    meetings_changed: int
    minutes_shifted: int
    holds_disturbed: int


class ProofItem(Shape):
    """`bound` is what none of the six numbers, compared in order, can go below; `gap` is in cost."""

    optimal: bool
    bound: tuple[int, int, int, int, int, int]
    gap: int
    seconds: float


class SeriesItem(Shape):
    """One change that helps a series in at least three of the next four weeks, as one mail."""

    uid: str
    change: ChangeItem
    weeks: Count
    mails: Count
    message: str


class CurveItem(Shape):
    """One plan on the curve of minutes regained against people told.

    `price_person` is the lowest price, in minutes a person, at which it is the best; `nobody` is
    for the best plan that tells nobody.
    """

    price_person: int | Literal["nobody"]
    minutes_regained: int
    people_told: Count
    objective: ObjectiveItem
    optimal: bool


class PlanResult(Shape):
    """What `plan --json` writes and `POST /v1/plan` answers. Nothing has been written."""

    window: WindowItem
    tier: Literal["holds", "shorten", "move"]
    now: Instant
    plan_hash: str
    findings: list[FindingItem]
    changes: list[ChangeItem]
    proposals: list[ChangeItem] = Field(default_factory=list)
    remaining: list[RemainingItem]
    objective: ObjectiveItem
    proof: ProofItem
    series: list[SeriesItem] = Field(default_factory=list)
    curve: list[CurveItem] | None = None
    policy_version: str
    warnings: list[str] = Field(default_factory=list)

    @model_serializer(mode="wrap")
    def _without_curve(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        if self.curve is None:
            written.pop("curve", None)
        return written


class SummaryItem(Shape):
    """One rule: minutes missing, and days with nothing missing out of the days it looks at."""

    missing: Minutes
    days_met: Count
    days: Count


class CheckResult(Shape):
    """What `check --json` writes and `POST /v1/check` answers."""

    window: WindowItem
    findings: list[FindingItem]
    summary: dict[str, SummaryItem]
    policy_version: str
    warnings: list[str] = Field(default_factory=list)


class ApplyResult(Shape):
    """What was written, what was not and why, and where the way back is."""

    plan_hash: str
    applied: list[ChangeItem]
    skipped: list[SkippedItem]
    undo_file: str | None
    warnings: list[str] = Field(default_factory=list)


class MailItem(Shape):
    """Mail about a change that has gone out and cannot be unsent."""

    event_id: str
    mails: Count


class UndoResult(Shape):
    """What was taken back, and what was left alone because a person has edited it since."""

    undone: list[ChangeItem]
    skipped: list[SkippedItem]
    mails_not_unsent: list[MailItem] = Field(default_factory=list)


def occurrence_of(each: Occurrence) -> OccurrenceItem:
    """An occurrence as `diary --json` lists it.

    Clinical and on-call time is never changed, and a kind that is no hold has no field of its
    own, so it is written as locked: a diary read back from its own list is planned alike.
    """
    return OccurrenceItem(
        id=_clean(each.id),
        uid=_clean(each.uid),
        recurrence_id=each.recurrence_id,
        start=each.start,
        end=each.end,
        all_day=each.all_day,
        show_as=each.show_as,
        private=each.private,
        status=each.status,
        organizer=each.organizer,
        other_people=each.other_people,
        external=each.external,
        hold=each.hold,
        firm=each.firm,
        locked=each.locked or each.kind in (Kind.CLINICAL, Kind.ON_CALL),
        scored_as=each.scored_as,
    )


def window_of(diary: "Diary") -> WindowItem:
    """The window of a diary, with its zone."""
    zone = diary.pattern.zone.key
    return WindowItem.model_validate({"from": diary.start, "to": diary.end, "time_zone": zone})


def finding_of(finding: "Finding") -> FindingItem:
    """A finding without what only people with the policy at hand need."""
    return FindingItem(
        id=finding.id,
        rule=finding.rule,
        severity=finding.severity,
        day=finding.day,
        start=finding.start,
        end=finding.end,
        missing=finding.missing,
        event_ids=[_clean(each) for each in finding.event_ids],
        cite=finding.cite,
        message=finding.message,
    )


def change_of(change: Change) -> ChangeItem:
    """A change; `people_told` and `mails` stand only where an event is changed."""
    return ChangeItem(**_change_fields(change))


def skipped_of(change: Change, reason: str) -> SkippedItem:
    """A change that was left alone, with one sentence that says why."""
    return SkippedItem(**_change_fields(change), reason=reason)


def _change_fields(change: Change) -> dict[str, Any]:
    event = change.kind in (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)
    return {
        "kind": change.kind,
        "event_id": None if change.event_id is None else _clean(change.event_id),
        "hold": change.hold,
        "before": _span_of(change.before),
        "after": _span_of(change.after),
        "people_told": change.people_told if event else None,
        "mails": change.mails if event else None,
        "agreement": change.agreement,
        "because": list(change.because),
        "message": change.message,
    }


def _span_of(span: Interval | None) -> SpanItem | None:
    return None if span is None else SpanItem(start=span.start, end=span.end)


def plan_hash(changes: Sequence[Change]) -> str:
    """What a plan is known by: `sha256:` and the hash of its changes in canonical JSON.

    Each change is taken with the version of its event and without its message, so that the hash
    changes exactly when something else would be written, or written over something else.
    """
    items = [_canonical_change(each) for each in changes]
    text = json.dumps(items, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()}"


def _canonical_change(change: Change) -> dict[str, Any]:
    written = change_of(change).model_dump(mode="json")
    del written["message"]
    return written | ({"version": change.version} if change.event_id is not None else {})


def objective_of(objective: "Objective") -> ObjectiveItem:
    """The six numbers, and the minutes of the quiet rules in their place among them."""
    numbers = objective.numbers
    return ObjectiveItem(
        cost=numbers.cost,
        must_missing=numbers.must_missing,
        should_missing=objective.should_missing,
        people_told=numbers.people_told,
        meetings_changed=numbers.meetings_changed,
        minutes_shifted=numbers.minutes_shifted,
        holds_disturbed=numbers.holds_disturbed,
    )


def proof_of(proof: "Proof", seconds: float) -> ProofItem:
    """A proof, and how long it took in seconds, to the hundredth."""
    bound: Numbers = proof.bound
    return ProofItem(
        optimal=proof.optimal, bound=bound.as_tuple(), gap=proof.gap, seconds=round(seconds, 2)
    )


def remaining_of(remaining: "Remaining") -> RemainingItem:
    """What stays missing; `many` are more than three blocking events, `unknown` not looked for in time."""
    blocked = remaining.blocked_by
    return RemainingItem(
        finding=remaining.finding,
        day=remaining.day,
        missing=remaining.missing,
        blocked_by=blocked.value
        if isinstance(blocked, str)
        else [_clean(each) for each in blocked],
    )


def series_of(offer: "SeriesOffer") -> SeriesItem:
    """The offer to change a series once."""
    return SeriesItem(
        uid=_clean(offer.uid),
        change=change_of(offer.change),
        weeks=offer.weeks,
        mails=offer.mails,
        message=offer.message,
    )


def curve_of(point: "CurvePoint", minutes_regained: int) -> CurveItem:
    """A point of the curve."""
    return CurveItem(
        price_person="nobody" if point.price is None else point.price,
        minutes_regained=minutes_regained,
        people_told=point.objective.numbers.people_told,
        objective=objective_of(point.objective),
        optimal=point.proof.optimal,
    )


def plan_of(
    diary: "Diary",
    plan: "Plan",
    seconds: float,
    *,
    policy_version: str,
    warnings: Iterable[str] = (),
    curve: Sequence[CurveItem] | None = None,
) -> PlanResult:
    """A plan with the window it is for and the hash it is applied by."""
    return PlanResult(
        window=window_of(diary),
        tier=plan.tier.value,
        now=plan.now,
        plan_hash=plan_hash(plan.changes),
        findings=[finding_of(each) for each in plan.findings],
        changes=[change_of(each) for each in plan.changes],
        remaining=[remaining_of(each) for each in plan.remaining],
        objective=objective_of(plan.objective),
        proof=proof_of(plan.proof, seconds),
        series=[series_of(each) for each in plan.series],
        curve=None if curve is None else list(curve),
        policy_version=policy_version,
        warnings=[_clean(each) for each in warnings],
    )


def check_of(
    diary: "Diary",
    findings: Iterable["Finding"],
    summary: Iterable["RuleSummary"],
    *,
    policy_version: str,
    warnings: Iterable[str] = (),
) -> CheckResult:
    """Findings, and for each rule how much of the diary had what it asks."""
    return CheckResult(
        window=window_of(diary),
        findings=[finding_of(each) for each in findings],
        summary={
            each.rule: SummaryItem(missing=each.missing, days_met=each.days_met, days=each.days)
            for each in summary
        },
        policy_version=policy_version,
        warnings=[_clean(each) for each in warnings],
    )


def to_json(shape: Shape | Sequence[Shape]) -> str:
    """The text of a shape, or of a list of them, as every command writes it: two spaces, one line end."""
    if isinstance(shape, Shape):
        written: object = shape.model_dump(mode="json", by_alias=True)
    else:
        written = [each.model_dump(mode="json", by_alias=True) for each in shape]
    text = json.dumps(written, indent=2, ensure_ascii=False)
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _clean(text: str) -> str:
    """Text that can be written as UTF-8: an identifier from a damaged file may hold half a character."""
    return _UNPAIRED.sub("\ufffd", text)
