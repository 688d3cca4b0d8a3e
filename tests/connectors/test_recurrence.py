"""Rules against tables written by others and against another implementation."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from connectors.icalendar.recurrence import BadRule, Budget, Exhausted, expand, parse_rule

START = datetime(2024, 1, 31, 9)  # noqa: DTZ001  # a rule walks local times
TABLES = ("libical-icalrecur_test.txt", "ical.net-RecurrenceTestCases.txt")
OTHER_READINGS = {
    # The year of week 53 is the week's own here (ical.net's reading), libical's is DTSTART's.
    "FREQ=YEARLY;BYWEEKNO=53;INTERVAL=6;BYDAY=TH;COUNT=1",
    "FREQ=YEARLY;BYWEEKNO=53;INTERVAL=5;BYDAY=TH;COUNT=1",
    # An ordinal of 0 is no grammar: every such weekday here and in libical, none in ical.net.
    "FREQ=MONTHLY;COUNT=3;BYMONTHDAY=13;BYDAY=0MO,SA",
    "FREQ=YEARLY;COUNT=3;BYDAY=MO,0SA;BYYEARDAY=1,8",
    "FREQ=YEARLY;BYDAY=4TH,0MO;BYMONTH=11;COUNT=3",
    # Its table lists the instances from a later start only.
    "FREQ=SECONDLY;UNTIL=20250402T000000",
}


def instances(
    text: str, start: datetime, last: datetime, after: datetime | None = None, total: int = 10**6
) -> list[datetime]:
    budget = Budget(total=total)
    budget.next_series()
    return list(expand(parse_rule(text), start, after or start, last, budget, lambda _: True))


def moment(text: str) -> datetime:
    return datetime.strptime((text.strip().rstrip("Z") + "T000000")[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007


def cases(path: Path) -> Iterator[dict[str, str]]:
    for block in path.read_text(encoding="utf-8-sig").split("\n\n"):
        lines = (line for line in block.splitlines() if ":" in line and not line.startswith("#"))
        case = dict(line.split(":", 1) for line in lines)
        usable = {"RRULE", "DTSTART", "INSTANCES"} <= case.keys() and "***" not in case["INSTANCES"]
        if usable and case["RRULE"].strip() not in OTHER_READINGS:
            yield case


def last_of(text: str, start: datetime) -> datetime:
    until = parse_rule(text).until
    if isinstance(until, datetime):
        return until.replace(tzinfo=None)
    return (
        datetime.combine(until, time.max)
        if isinstance(until, date)
        else start.replace(year=min(9999, start.year + 200), day=1)
    )


@pytest.mark.parametrize("name", TABLES)
def test_rules_mean_what_two_other_projects_wrote_down(corpus: Path, name: str) -> None:
    checked = 0
    differing = []
    for case in cases(corpus / "expected" / "third-party" / name):
        start, text = moment(case["DTSTART"]), case["RRULE"]
        expected = [moment(one) for one in case["INSTANCES"].split(",") if one.strip()]
        rule = parse_rule(text)
        budget = Budget(total=10**7, per_series=10**7)
        budget.next_series()
        if "T" not in case["DTSTART"]:
            rule = rule.for_dates()
        walked = expand(rule, start, start, last_of(text, start), budget, lambda _: True)
        got = [one for one, _ in zip(walked, range(len(expected) + 1), strict=False)]
        if not (rule.count or rule.until):
            got = got[: len(expected)]
        if got != expected:
            differing.append((case, got))
        checked += 1
    assert checked > 20
    assert not differing


def parts(name: str, values: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    chosen = st.lists(values, max_size=3, unique=True)
    return chosen.map(lambda found: f";{name}={','.join(map(str, found))}" if found else "")


def non_zero(limit: int) -> st.SearchStrategy[object]:
    return st.integers(-limit, limit).filter(bool)


WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
LONG = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["FREQ=YEARLY", "FREQ=MONTHLY", "FREQ=WEEKLY", "FREQ=DAILY"]),
        st.sampled_from(["", ";INTERVAL=2", ";INTERVAL=3"]),
        st.sampled_from(["", ";COUNT=7", ";UNTIL=20260301T120000"]),
        st.sampled_from(["", ";WKST=SU", ";WKST=TH"]),
        parts("BYMONTH", st.integers(1, 12)),
        parts("BYMONTHDAY", non_zero(31)),
        parts("BYDAY", WEEKDAYS),
        parts("BYHOUR", st.integers(0, 23)),
        st.sampled_from(["", "", ";BYSETPOS=1", ";BYSETPOS=-1", ";BYSETPOS=2,-2"]),
    ),
)
ORDINAL = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["FREQ=YEARLY", "FREQ=MONTHLY"]),
        parts("BYMONTH", st.integers(1, 12)),
        parts("BYDAY", st.builds("{}{}".format, non_zero(5), WEEKDAYS)),
        st.sampled_from(["", ";COUNT=9"]),
    ),
)
SHORT = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["FREQ=HOURLY", "FREQ=MINUTELY;INTERVAL=17", "FREQ=SECONDLY;INTERVAL=901"]),
        st.sampled_from(["", ";INTERVAL=5", ";COUNT=11"]),
        parts("BYHOUR", st.integers(0, 23)),
        parts("BYMINUTE", st.integers(0, 59)),
        parts("BYDAY", WEEKDAYS),
    ),
)
YEARDAYS = st.builds(
    "FREQ=YEARLY{}{}".format,
    parts("BYYEARDAY", non_zero(366)),
    parts("BYMONTH", st.integers(1, 12)),
)


@given(
    text=st.one_of(LONG, ORDINAL, YEARDAYS), year=st.integers(2023, 2026), skip=st.integers(0, 900)
)
def test_long_rules_agree_with_dateutil(text: str, year: int, skip: int) -> None:
    if "YEARLY" in text and "BYMONTHDAY" in text and "BYMONTH=" not in text:
        return  # dateutil takes every month there; the tables above take DTSTART's
    start = START.replace(year=year, day=29, month=12)
    last = datetime(2029, 1, 1)  # noqa: DTZ001
    after = start + timedelta(days=skip)
    expected = list(takewhile(lambda one: one <= last, iter(rrulestr(text, dtstart=start))))
    until = parse_rule(text).until
    stop = min(last, until) if isinstance(until, datetime) else last
    assert instances(text, start, stop, after) == [one for one in expected if one >= after]


@given(text=SHORT, skip=st.integers(0, 5000))
def test_short_rules_agree_with_dateutil(text: str, skip: int) -> None:
    # dateutil refuses some that never match; there is nothing to compare then.
    try:
        theirs = rrulestr(text, dtstart=START)
    except ValueError:
        return
    last = START + timedelta(days=4)
    after = START + timedelta(minutes=skip)
    assert instances(text, START, last, after) == theirs.between(after, last, inc=True)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;",
        "freq=daily",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ = DAILY",
        "RSCALE=GREGORIAN;FREQ=DAILY",
    ],
)
def test_common_slips_are_forgiven(text: str) -> None:
    assert len(instances(text, START, START + timedelta(days=6))) == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        "D1 #10",
        "FREQ=NEVER",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=YEARLY;BYDAY=XX",
        "RSCALE=CHINESE;FREQ=YEARLY",
        "FREQ=DAILY;COUNT=x",
        "FREQ=DAILY;BYSETPOS=0",
        "FREQ=DAILY;BYHOUR=24",
        "BYDAY=" + "MO," * 9000,
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(BadRule):
        parse_rule(text)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=1,2,3;BYSETPOS=999",
    ],
)
def test_a_rule_stops_when_its_budget_is_spent(text: str) -> None:
    text = text.replace("999", "366")
    with pytest.raises(Exhausted):
        instances(text, START.replace(year=1), START.replace(year=9000), total=5_000)


def test_a_count_beyond_all_walking_still_ends_the_series() -> None:
    start = datetime(1, 1, 1, 9)  # noqa: DTZ001
    days = (START.replace(hour=9) - start).days
    text = f"FREQ=DAILY;COUNT={days}"
    assert instances(text, start, START, START - timedelta(days=2)) == [
        START - timedelta(days=2),
        START - timedelta(days=1),
    ]
