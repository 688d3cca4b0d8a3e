import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.services.errors import BadInput
from app.services.json_diary import read_items, to_occurrences
from app.shapes import occurrence_of, to_json
from rules.event import Kind, Occurrence, ScoredAs
from rules.example import read_example

LONDON = ZoneInfo("Europe/London")
START, END = "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"


def read(*items: object) -> tuple[Occurrence, ...]:
    return to_occurrences(read_items(json.dumps(items).encode(), 100), LONDON)


def test_what_diary_lists_reads_back_as_the_same_occurrences():
    week = (
        "Mon 09:00-10:00 mine; Mon 10:00-11:00 private; Mon 12:00-13:00 protected;"
        "Tue leave; Wed 09:00-10:00 declined; Wed 11:00-11:20 pod; Thu 09:00-10:00 travel"
    )
    diary, _ = read_example(week)
    text = to_json([occurrence_of(each) for each in diary.occurrences])
    again = to_occurrences(read_items(text.encode(), 100), LONDON)
    assert [occurrence_of(each) for each in again] == [
        occurrence_of(each) for each in diary.occurrences
    ]
    assert [each.scored_as for each in again] == [each.scored_as for each in diary.occurrences]


def test_a_clinic_reads_back_as_something_that_is_never_changed():
    diary, _ = read_example("Mon 09:00-12:00 clinical")
    (again,) = read(json.loads(to_json(occurrence_of(diary.occurrences[0]))))
    assert again.scored_as is ScoredAs.APPOINTMENT
    assert again.locked


def test_two_times_and_an_identifier_are_enough_and_mean_busy_with_somebody_else():
    (found,) = read({"uid": "a", "start": START, "end": END})
    assert found.scored_as is ScoredAs.APPOINTMENT
    assert not found.organizer
    assert found.id == "a"


def test_an_id_alone_gives_uid_and_original_start():
    (found,) = read({"id": "a/b/20261116T090000Z", "start": START, "end": END})
    assert found.uid == "a/b"
    assert found.recurrence_id == datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"organizer": True}, ScoredAs.OWN_TIME),
        ({"organizer": True, "other_people": 1}, ScoredAs.APPOINTMENT),
        ({"private": True}, ScoredAs.OWN_TIME),
        ({"show_as": "free"}, ScoredAs.NONE),
        ({"show_as": "oof"}, ScoredAs.OWN_TIME),
        ({"status": "cancelled"}, ScoredAs.NONE),
        ({"hold": "gap"}, ScoredAs.HOLD),
        ({"hold": "pod", "organizer": True}, ScoredAs.APPOINTMENT),
        ({"scored_as": "none"}, ScoredAs.NONE),
    ],
)
def test_the_class_is_taken_as_given_and_else_computed(more: dict, expected: ScoredAs):
    (found,) = read({"uid": "a", "start": START, "end": END} | more)
    assert found.scored_as is expected


def test_plain_dates_are_all_day_without_saying_so():
    (found,) = read({"uid": "a", "start": "2026-11-23", "end": "2026-11-25", "show_as": "oof"})
    assert (found.start, found.end) == (date(2026, 11, 23), date(2026, 11, 25))
    assert found.scored_as is ScoredAs.NONE


def test_floating_times_are_read_in_the_zone_of_the_diary():
    (found,) = read(
        {"uid": "a", "start": "2026-07-01T09:00:00", "end": "2026-07-01T10:00:00+01:00"}
    )
    assert found.start == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert found.end == datetime(2026, 7, 1, 9, tzinfo=UTC)


def test_a_hold_keeps_its_kind_and_whether_it_is_firm():
    (found,) = read({"uid": "a", "start": START, "end": END, "hold": "protected", "firm": True})
    assert (found.kind, found.firm) == (Kind.PROTECTED, True)


def test_another_state_of_an_item_is_another_version():
    one, two = (
        read({"uid": "a", "start": START, "end": END, "locked": locked})[0] for locked in (0, 1)
    )
    assert one.version != two.version


GOOD = {"uid": "a", "start": START, "end": END}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"uid": "a", "end": END}, "has no “start”"),
        ({"start": START, "end": END}, "has no “uid”"),
        (GOOD | {"title": "Board"}, "has a field “title”"),
        (GOOD | {"start": "soon"}, "“start”"),
        (GOOD | {"start": 1732352400}, "“start”"),
        (GOOD | {"start": END, "end": START}, "ends before it starts"),
        (GOOD | {"end": "2026-11-24"}, "two times or two dates"),
        (GOOD | {"all_day": True}, "plain dates when it is all day"),
        (GOOD | {"id": "b"}, "“id” that does not follow"),
        (GOOD | {"show_as": "asleep"}, "“show_as”"),
        (GOOD | {"hold": "lunch"}, "“hold”"),
        (GOOD | {"other_people": -1}, "“other_people”"),
        (GOOD | {"private": "perhaps"}, "“private”"),
        ("a", "is not an object"),
        (None, "is not an object"),
    ],
)
def test_a_bad_item_is_named_in_one_sentence(item: object, said: str):
    with pytest.raises(BadInput) as error:
        read(GOOD, item)
    message = str(error.value)
    assert message.startswith("Item 2 of the diary ")
    assert said in message
    assert message.endswith(".")
    assert "\n" not in message


def test_two_items_with_one_id_are_refused():
    with pytest.raises(BadInput, match="Items 1 and 2 of the diary have the same id"):
        read(GOOD, GOOD)


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"3", b"\xff\xfe[", b"[" * 100_000])
def test_what_is_no_array_is_refused_in_one_sentence(content: bytes):
    with pytest.raises(BadInput):
        read_items(content, 100)


def test_more_items_than_are_allowed_are_refused_before_they_are_read():
    with pytest.raises(BadInput, match="3 items, more than the 2"):
        read_items(b"[1,2,3]", 2)
