"""`clearway workload`: a quarter's hours as text, JSON and CSV, which say the same."""

import csv
from collections import Counter
from io import StringIO
from typing import Any, cast

import icalendar

PODS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Somebody//EN
BEGIN:VEVENT
UID:pod@trust.example
DTSTAMP:20260101T000000Z
DTSTART:20261124T100000Z
DTEND:20261124T102000Z
RRULE:FREQ=WEEKLY;COUNT=13
SUMMARY:Coffee
CATEGORIES:Team chat
ORGANIZER:mailto:leader@trust.example
ATTENDEE:mailto:a@trust.example
END:VEVENT
BEGIN:VEVENT
UID:board@trust.example
DTSTAMP:20260101T000000Z
DTSTART:20261125T090000Z
DTEND:20261125T103000Z
SUMMARY:Board
ORGANIZER:mailto:chair@trust.example
ATTENDEE:mailto:leader@trust.example
END:VEVENT
BEGIN:VEVENT
UID:doctor@trust.example
DTSTAMP:20260101T000000Z
DTSTART:20261126T090000Z
DTEND:20261126T100000Z
SUMMARY:Doctor
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
POLICY = """
reports = 4
[categories]
"team chat" = "pod"
"""


def quarter(clearway, tmp_path, *more: str):
    diary, policy = tmp_path / "diary.ics", tmp_path / "trust.toml"
    diary.write_text(PODS, newline="")
    policy.write_text(POLICY)
    me = ("--me", "leader@trust.example", "--policy", str(policy))
    moments = ("--from", "2026-11-23", "--now", "2026-12-01T00:00:00Z")
    return clearway("workload", str(diary), *me, *moments, *more)


def counted() -> Counter[str]:
    """What another reader finds in the file, occurrence by occurrence."""
    minutes: Counter[str] = Counter()
    for event in cast("Any", icalendar.Calendar.from_ical(PODS)).events:
        length = int((event["DTEND"].dt - event["DTSTART"].dt).total_seconds() // 60)
        times = event["RRULE"]["COUNT"][0] if "RRULE" in event else 1
        minutes[str(event["SUMMARY"])] += length * times
    return minutes


def test_a_quarter_adds_up(clearway, tmp_path):
    told = quarter(clearway, tmp_path, "--json").json
    assert (told["window"]["from"], told["window"]["to"]) == ("2026-11-23", "2027-02-22")
    assert len(told["weeks"]) == 13
    sums: Counter[str] = Counter()
    for week in told["weeks"]:
        lines = {each["work"]: each["held"] + each["planned"] for each in week["lines"]}
        sums.update(lines)
        assert sum(lines.values()) + week["open"] == week["hours"] + week["outside"]
    there = counted()
    assert +sums == {"pod": there["Coffee"], "meeting": there["Board"]}
    assert (told["team_minutes"], told["contract_minutes"]) == (20.0, 2250)
    first, second = told["weeks"][:2]
    assert next(each for each in first["lines"] if each["work"] == "pod")["held"] == 20
    assert next(each for each in second["lines"] if each["work"] == "pod")["planned"] == 20
    assert told["job_plan"].startswith(
        "Regular time with the team, as part of the role: 20 minutes"
    )
    assert "one-to-one with each of 4 people" in told["objective"]


def test_the_table_has_the_same_minutes(clearway, tmp_path):
    told = quarter(clearway, tmp_path, "--json").json
    rows = list(csv.DictReader(StringIO(quarter(clearway, tmp_path, "--csv").out)))
    listed = [
        {
            "week": week["week"],
            "work": line["work"],
            "held_minutes": str(line["held"]),
            "planned_minutes": str(line["planned"]),
            "minutes": str(line["held"] + line["planned"]),
        }
        for week in told["weeks"]
        for line in week["lines"]
    ]
    rest = [each for each in rows if each["work"] in ("open", "outside", "hours")]
    assert [each for each in rows if each not in rest] == listed
    assert [(each["week"], each["work"], each["minutes"]) for each in rest] == [
        (week["week"], name, str(week[name]))
        for week in told["weeks"]
        for name in ("open", "outside", "hours")
    ]


def test_people_read_it_in_hours(clearway, tmp_path):
    text = quarter(clearway, tmp_path).out
    assert "23 Nov 2026          0.3        1.5       38.2" in text
    assert "Doctor" not in text and "Coffee" not in text


def test_one_form_at_a_time(clearway, tmp_path):
    refused = quarter(clearway, tmp_path, "--json", "--csv")
    assert (refused.status, refused.out) == (2, "")
    assert "Choose one of --json and --csv." in refused.err
