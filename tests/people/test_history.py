"""What Clearway did: written with what it tells of, read a page at a time."""

import pytest

from app.people import leaders
from app.people.errors import BadChoice
from app.people.history import CLEARWAY, LEADER, Entry, What, page, record
from tests.people.conftest import identity


def happen(deployment, leader_id, count, what=What.HOLDS_PLACED):
    with deployment.database.transaction() as session:
        for number in range(count):
            record(deployment, session, leader_id, what, CLEARWAY, count=number)


def fail_after_recording(deployment, leader_id):
    with deployment.database.transaction() as session:
        record(deployment, session, leader_id, What.LOCKED, LEADER)
        raise RuntimeError


def test_the_newest_comes_first_and_no_page_repeats_or_leaves_out(deployment, leader):
    happen(deployment, leader.id, 7)
    seen: list[Entry] = []
    cursor = None
    while True:
        found = page(deployment, leader.id, after=cursor, limit=3)
        seen += found.entries
        happen(deployment, leader.id, 1)  # what happens meanwhile is on no later page
        if found.next is None:
            break
        cursor = found.next
    assert [each.details.get("count") for each in seen] == [6, 5, 4, 3, 2, 1, 0, None]
    assert len({each.id for each in seen}) == 8


def test_a_page_can_be_of_some_words_only(deployment, leader):
    happen(deployment, leader.id, 2)
    happen(deployment, leader.id, 1, What.HOLDS_REMOVED)
    found = page(deployment, leader.id, what=[What.HOLDS_REMOVED, What.JOINED])
    assert [each.what for each in found.entries] == [What.HOLDS_REMOVED, What.JOINED]


def test_nobody_sees_what_happened_to_others(deployment, leader):
    other = leaders.join(deployment, identity(deployment, "other"))
    happen(deployment, other.id, 3)
    assert [each.what for each in page(deployment, leader.id).entries] == [What.JOINED]


def test_what_did_not_happen_is_not_told(deployment, leader):
    with pytest.raises(RuntimeError):
        fail_after_recording(deployment, leader.id)
    assert [each.what for each in page(deployment, leader.id).entries] == [What.JOINED]


def test_no_text_of_a_person_fits_into_an_entry(deployment, leader):
    for text in ("Budget meeting", "leader@trust.example", "Zürich", ""):
        with (
            pytest.raises(ValueError, match="not a word"),
            deployment.database.transaction() as session,
        ):
            record(deployment, session, leader.id, What.LOCKED, LEADER, kind=text)


def test_a_cursor_that_is_none_is_refused(deployment, leader):
    for cursor in ("", "x", "-1", "9" * 40, "²"):
        with pytest.raises(BadChoice, match="newest page"):
            page(deployment, leader.id, after=cursor)


def test_a_page_has_its_limits(deployment, leader):
    for limit in (0, 201):
        with pytest.raises(BadChoice, match="between 1 and 200"):
            page(deployment, leader.id, limit=limit)
