"""Pictures of weeks: everything is in them, nothing that is private, and always in the same bytes."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.drawing.layout import Block, Look, Mark, Week, weeks
from app.drawing.svg import draw
from app.drawing.words import describe, say_clock, summarise
from rules.catalogue import evaluate
from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.example import read_example
from rules.interval import Interval
from rules.outcome import after

SVG = "{http://www.w3.org/2000/svg}"


def _week(text: str) -> Week:
    diary, policy = read_example(text)
    return weeks(diary, evaluate(diary, policy), policy)[0]


def _drawn(week: Week) -> ElementTree.Element:
    text = draw(week, "a", "Your week", summarise(week), alone=True)
    return ElementTree.fromstring(text)


def _blocks(week: Week) -> list[Block]:
    return [block for column in week.columns for block in column.blocks]


def _classes(week: Week) -> list[str]:
    found = (each.get("class", "") for each in _drawn(week).iter() if each.tag == f"{SVG}rect")
    return [name for name in found if name]


@pytest.mark.parametrize(
    ("word", "look"),
    [
        ("meeting", Look.MEETING),
        ("mine", Look.MEETING),
        ("tentative", Look.MEETING),
        ("clinical", Look.CLINICAL),
        ("pod", Look.TEAM),
        ("protected", Look.PROTECTED),
        ("gap", Look.GAP),
        ("break", Look.BREAK),
        ("end_of_day", Look.END_OF_DAY),
        ("learning", Look.LEARNING),
        ("own", Look.OWN_TIME),
        ("private", Look.OWN_TIME),
        ("away", Look.OWN_TIME),
        ("travel", Look.OWN_TIME),
        ("check_in", Look.OWN_TIME),
    ],
)
def test_every_class_has_a_look(word: str, look: Look) -> None:
    """And all own time has the same one, whatever it is for."""
    week = _week(f"Tue 10:00-11:00 {word}")

    assert [(block.start, block.end, block.look) for block in _blocks(week)] == [(600, 660, look)]
    assert f"week-{look.value}" in _classes(week)


@pytest.mark.parametrize("word", ["free", "elsewhere", "declined", "cancelled", "on_call"])
def test_what_counts_for_nothing_is_not_drawn(word: str) -> None:
    """The picture is of the time that is taken."""
    assert _blocks(_week(f"Tue 10:00-11:00 {word}")) == []


def test_overlapping_meetings_stand_side_by_side() -> None:
    """Three that share time need three lanes, a later one has the whole width again."""
    week = _week(
        "Mon 09:00-11:00 meeting; Mon 09:30-10:30 meeting; Mon 10:00-10:15 meeting;"
        "Mon 11:00-12:00 meeting"
    )

    assert [(block.lane, block.lanes) for block in _blocks(week)] == [
        (0, 3),
        (1, 3),
        (2, 3),
        (0, 1),
    ]


def test_the_axis_holds_hours_and_meetings_within_reason() -> None:
    """An evening meeting stretches the day, one at night does not make it unreadable."""
    assert _week("Mon 10:00-11:00 meeting").hours == (540, 1020)
    assert _week("Mon 18:00-19:30 meeting").hours == (540, 1200)
    assert _week("Mon 05:00-07:00 meeting").hours == (360, 1020)
    assert _week("Mon 03:00-04:00 meeting").hours == (540, 1020)
    assert _week("hours Mon 22:00-06:00; Mon 00:00-00:30 meeting").hours == (1320, 1800)
    assert _week("hours Mon 22:00-06:00; Tue 01:00-02:00 meeting").hours == (1320, 1800)


def test_a_night_belongs_to_the_day_it_starts_on() -> None:
    """One column, past midnight."""
    week = _week("hours Mon 22:00-06:00; Tue 01:00-02:00 meeting")
    monday = week.columns[0]

    assert [(block.start, block.end) for block in monday.blocks] == [(1500, 1560)]
    assert describe(week)[0].lines == ("1am to 2am: meeting",)


def test_on_call_time_hides_nothing() -> None:
    """It says how the leader can be reached, and what is under it stays to be seen."""
    week = _week("Mon 09:00-13:00 on_call; Mon 10:00-11:00 meeting")
    assert [(block.start, block.lanes) for block in week.columns[0].blocks] == [(600, 1)]


def test_weekends_are_there_only_when_something_is() -> None:
    """Five columns are wider than seven."""
    assert len(_week("Mon 10:00-11:00 meeting").columns) == 5
    assert len(_week("Sat 10:00-11:00 meeting").columns) == 6


def test_what_is_missing_is_marked() -> None:
    """By a mark at its place, by the minutes of its day, and in words."""
    week = _week("Mon 09:00-11:00 protected; Mon 11:00-12:00 mine; Mon 12:00-17:00 meeting")
    monday = week.columns[0]

    assert {flag.rule for flag in monday.flags} == {"gap", "break", "end_of_day"}
    assert monday.protected == (120, 120)
    assert monday.missing == 10 + 30 + 10
    assert describe(week)[0].missing[0] == "between meetings: 10 minutes to find"
    texts = {each.text for each in _drawn(week).iter(f"{SVG}text")}
    assert f"{monday.missing} min" in texts


def test_changes_are_marked_where_they_are_and_where_they_were() -> None:
    """New, moved, shorter, and the time that is left."""
    diary, policy = read_example(
        "Mon 09:00-10:00 mine; Mon 10:00-11:00 mine; Tue 09:00-10:00 protected"
    )
    first, second, third = (each.span for each in diary.occurrences)
    later = Interval(second.end, second.end + (first.end - first.start))
    shorter = Interval(second.start, second.end.replace(minute=50, hour=10))
    changes = (
        Change(ChangeKind.EVENT_MOVE, first, later, event_id="1"),
        Change(ChangeKind.EVENT_SHORTEN, second, shorter, event_id="2"),
        Change(ChangeKind.HOLD_DELETE, third, None, event_id="3", hold=Kind.PROTECTED),
        Change(ChangeKind.HOLD_CREATE, None, first, hold=Kind.PROTECTED),
    )
    planned = after(diary, changes)
    week = weeks(planned, evaluate(planned, policy), policy, changes)[0]

    found = {(block.mark, block.start, block.end) for block in _blocks(week)}
    assert found == {
        (Mark.NEW, 540, 600),
        (Mark.MOVED, 660, 720),
        (Mark.SHORTER, 600, 650),
        (Mark.WAS, 540, 600),
        (Mark.WAS, 650, 660),
    }
    assert "9am to 10am: protected time, new" in describe(week)[0].lines


def test_leave_and_days_off_are_said() -> None:
    """In words too."""
    week = _week("hours Mon-Thu 09:00-17:00; Tue leave")

    assert [day.heading for day in describe(week)] == [
        "Monday 23 November, 9am to 5pm",
        "Tuesday 24 November, leave",
        "Wednesday 25 November, 9am to 5pm",
        "Thursday 26 November, 9am to 5pm",
        "Friday 27 November, not a working day",
    ]


def test_words_in_a_picture_are_never_markup() -> None:
    """A title comes from a page, and pages have been wrong before."""
    week = _week("Mon 10:00-11:00 meeting")
    text = draw(week, "a", "<b>&", '"<')

    assert "<b>" not in text
    assert "&lt;b&gt;&amp;" in text


def test_nothing_is_styled_in_place() -> None:
    """A strict content security policy refuses it; classes and attributes are enough."""
    text = draw(_week("Mon 10:00-11:00 meeting; Mon 11:00-12:00 own"), "a", "t", "d")

    assert "style" not in text
    assert "<script" not in text


_WORDS = ("meeting", "mine", "own", "protected", "gap", "pod", "clinical", "private")
_ENTRIES = st.lists(
    st.builds(
        lambda day, start, length, word: (
            f"{day} {start // 60:02}:{start % 60:02}-"
            f"{(start + length) // 60 % 24:02}:{(start + length) % 60:02} {word}"
        ),
        st.sampled_from(("Mon", "Tue", "Sat")),
        st.integers(0, 1439),
        st.integers(1, 240),
        st.sampled_from(_WORDS),
    ),
    max_size=8,
)


@given(_ENTRIES)
def test_any_week_can_be_drawn_and_told(entries: list[str]) -> None:
    """Well-formed, the same bytes each time, inside its frame, each block in words."""
    week = _week("; ".join(entries))
    text = draw(week, "a", "t", summarise(week), alone=True)

    assert text == draw(week, "a", "t", summarise(week), alone=True)
    root = ElementTree.fromstring(text)
    _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
    for rect in root.iter(f"{SVG}rect"):
        x, y = float(rect.attrib["x"]), float(rect.attrib["y"])
        assert 0 <= x <= x + float(rect.attrib["width"]) <= width
        assert 0 <= y <= y + float(rect.attrib["height"]) <= height
    for column, day in zip(week.columns, describe(week), strict=True):
        assert len(day.lines) == len(column.blocks)


@pytest.mark.parametrize(
    ("minute", "said"),
    [(0, "midnight"), (540, "9am"), (720, "midday"), (1050, "5:30pm"), (1500, "1am")],
)
def test_times_are_said_as_the_service_manual_has_them(minute: int, said: str) -> None:
    """`5:30pm`, `midday`."""
    assert say_clock(minute) == said
