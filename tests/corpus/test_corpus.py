"""Real calendar files: what two independent lineages agree on, and a sensible answer for the rest."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Unreadable
from connectors.icalendar import apply, undo
from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.interval import Interval
from tests.corpus.answers import UTC_ZONE, answers, expected, interval, ours, windows

STEP = timedelta(minutes=35)
DAY = timedelta(days=1)
NOON = Interval(datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 13, tzinfo=UTC))
STAMP = NOON.start - 3 * DAY
RESOLVED = {
    # Every peer fell back to floating time; these names do mean a zone, and we read it.
    "jens-maus+node-ical/Office-2012-owa.ics": "(UTC-05:00) Eastern Time (US & Canada)",
    "jens-maus+node-ical/music-school-weekly-until.ics": "(GMT +01:00)",
}


def source(corpus: Path, name: str) -> bytes:
    return (corpus / "ics" / name).read_bytes()


@pytest.mark.parametrize("kind", ["agreed", "partial"])
def test_what_two_lineages_agree_on_holds(corpus: Path, kind: str) -> None:
    wrong: dict[str, Any] = {}
    checked = 0
    for found, window in windows(corpus / "expected" / kind):
        if found["file"] in RESOLVED:
            continue
        disputed = set(window.get("disputed_uids", ()))
        wanted = expected([one for one in window["occurrences"] if one["uid"] not in disputed])
        mine, _ = ours(source(corpus, found["file"]), interval(window["window"]))
        got = answers([one for one in mine if one.uid not in disputed])
        checked += 1
        if got != wanted:
            wrong[f"{found['file']} {window['window']}"] = (wanted - got, got - wanted)
    assert checked > (5 if kind == "partial" else 100)
    assert not wrong


def test_zones_that_no_peer_knew_are_read_as_what_they_say(corpus: Path) -> None:
    window = Interval(begin_of("2021-03-01"), begin_of("2021-04-30"))
    mine, _ = ours(source(corpus, "jens-maus+node-ical/Office-2012-owa.ics"), window)
    # 13:30 in New York, before and after the change of 14 March.
    hours = {one.span.start.strftime("%m-%d %H:%M") for one in mine}
    assert {"03-04 18:30", "03-18 17:30"} <= hours


def begin_of(day: str) -> Any:
    return interval([day, day]).start


def test_every_other_file_gives_a_sentence_or_an_answer(corpus: Path) -> None:
    rows = [line.split("\t") for line in (corpus / "expected/INDEX.tsv").read_text().splitlines()]
    others = [row[0] for row in rows[1:] if row[1] != "agreed"]
    assert len(others) > 50
    silent, sentences = [], []
    for name in others:
        for window in all_windows(corpus, name):
            try:
                mine, reading = ours(source(corpus, name), window)
            except Unreadable as error:
                sentences.append(str(error))
                continue
            if not mine and not reading.warnings and peers_see_something(corpus, name, window):
                silent.append((name, window))
    assert not silent
    assert all(one.endswith(".") and "\n" not in one for one in sentences)


def all_windows(corpus: Path, name: str) -> list[Interval]:
    path = corpus / "expected" / "disagreements" / f"{name}.json"
    if not path.exists():
        return [interval(["1990-01-01", "2030-01-01"])]
    return [interval(one["window"]) for one in json.loads(path.read_text())["windows"]]


def peers_see_something(corpus: Path, name: str, window: Interval) -> bool:
    path = corpus / "expected" / "disagreements" / f"{name}.json"
    if not path.exists():
        return False
    for one in json.loads(path.read_text())["windows"]:
        if interval(one["window"]) == window:
            return bool(one.get("counts")) and min(one["counts"].values()) > 0
    return False


# -- disagreements with a clear answer ------------------------------------------------------------

COUNTS = {
    # From DISAGREEMENTS.md: the file, and how many occurrences each window has when read right.
    "apple+ccs-calendarserver/2445AllExamples.ics": [1539, 3029],
    "apple+ccs-calendarserver/Test-03A.ics": [5],
    "apple+ccs-calendarserver/Test-03C.ics": [1],
    "closeio+sync-engine/multiple_events.ics": [2],
    "collective+icalendar/issue_1426.ics": [2],
    "ical4j+ical4j/CalendarDataFile.ics": [39],
    "ical4j+ical4j/outlook2.txt.ics": [84],
    "jens-maus+node-ical/Office-2012-owa.ics": [18],
    "jens-maus+node-ical/biweekly-exdate-until.ics": [8],
    "jens-maus+node-ical/duplicate-rrule-sequence.ics": [5],
    "jens-maus+node-ical/exchange_whole_day_moved_recurrence.ics": [17],
    "jens-maus+node-ical/exchange_whole_day_moved_recurrence_offset_tz.ics": [17],
    "Kozea+Radicale/event_full_day_rrule_until_5000y.ics": [57, 60],
    "niccokunzmann+python-recurring-ical-events/fablab_cottbus.ics": [12, 2],
    "niccokunzmann+python-recurring-ical-events/issue_113_period_rdate_duration.ics": [2],
    "niccokunzmann+python-recurring-ical-events/issue_128_only_first_event.ics": [3, 1],
    "niccokunzmann+python-recurring-ical-events/issue_148_exdate_and_rdate_updated.ics": [3],
    "niccokunzmann+python-recurring-ical-events/issue_148_ignored_exdate.ics": [2],
    "niccokunzmann+python-recurring-ical-events/issue_163_deleted_modification.ics": [2, 3],
    "niccokunzmann+python-recurring-ical-events/rdate2.ics": [59],
    "niccokunzmann+x-wr-timezone/exdate-hackerpublicradio-modified.in.ics": [0],
    "pimutils+khal/cal_lots_of_timezones.ics": [8],
}


@pytest.mark.parametrize(("name", "counts"), COUNTS.items())
def test_disputed_files_have_as_many_occurrences_as_the_right_reading(
    corpus: Path, name: str, counts: list[int]
) -> None:
    data = source(corpus, name)
    assert [len(ours(data, window)[0]) for window in all_windows(corpus, name)] == counts


FIRSTS = {
    "Kozea+Radicale/event_issue1847_1.ics": ("2025-09-10T16:00:00+00:00", "17:00"),
    "Kozea+Radicale/event_issue2172.ics": ("T15:00:00+00:00", ""),
    "Kozea+Radicale/event_timezone_seconds.ics": ("T09:00:00+00:00", ""),
    "jens-maus+node-ical/test_with_int_tzid.ics": ("T10:00:00+00:00", ""),
    "jens-maus+node-ical/windows-quoted-tz-rrule.ics": ("T16:00:00+00:00", ""),
    "niccokunzmann+python-recurring-ical-events/issue_201_mixed_datetime_and_date.ics": (
        "2023-07-24",
        "2023-08-17",
    ),
}


@pytest.mark.parametrize(("name", "answer"), FIRSTS.items())
def test_disputed_times_are_read_as_they_were_meant(
    corpus: Path, name: str, answer: tuple[str, str]
) -> None:
    mine, _ = ours(source(corpus, name), all_windows(corpus, name)[0])
    assert any(
        one.start.isoformat().endswith(answer[0][-15:]) and answer[1] in one.end.isoformat()
        for one in mine
    )


def test_an_all_day_date_with_a_zone_keeps_its_day(corpus: Path) -> None:
    name = "ical4j+ical4j/japan_west.ics"
    mine, _ = ours(source(corpus, name), all_windows(corpus, name)[0])
    assert len(mine) == 8 and all(one.all_day for one in mine)


# -- writing real files -------------------------------------------------------------------------


def test_files_take_a_hold_and_give_back_their_bytes(corpus: Path, soak: bool) -> None:
    """Every second one, all in `make soak`. Also moves one timed event of each file, where it has one, and disturbs no other."""
    moved = Counter[str]()
    for path in sorted((corpus / "ics").glob("*/*"))[:: 1 if soak else 2]:
        data = path.read_bytes()
        try:
            outcome = hold_and_move(data)
        except Unreadable:
            continue
        moved[outcome] += 1
    assert moved["moved"] > 40, moved
    assert not moved["wrong"], moved


def hold_and_move(data: bytes) -> str:
    found, _ = ours(data, interval(["2000-01-01", "2027-01-01"]))
    timed = [one for one in found if not one.all_day]
    plan = [Change(ChangeKind.HOLD_CREATE, None, NOON, hold=Kind.BREAK)]
    if timed:
        one = timed[len(timed) // 2]
        later = Interval(one.span.start + STEP, one.span.end + STEP)
        plan.append(
            Change(ChangeKind.EVENT_MOVE, one.span, later, event_id=one.id, version=one.version)
        )
    written = apply([data], plan, stamp=STAMP, new_uid=lambda _: "hold@clearway", zone=UTC_ZONE)
    assert undo(written.files, written.undo).files == (data,)
    if len(plan) == 1 or written.skipped:
        return "skipped" if written.skipped else "held"
    around = Interval(later.start - 30 * DAY, later.end + 30 * DAY)
    before, after = answers(ours(data, around)[0]), answers(ours(written.files[0], around)[0])
    return "moved" if (before - after).total() == (after - before).total() == 1 else "wrong"
