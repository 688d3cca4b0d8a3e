"""Taking an application back: byte for byte, or only what still stands as it was written."""

import json

import pytest

from connectors.errors import BadUndoRecord
from connectors.icalendar import UndoRecord, Written, apply, undo
from connectors.icalendar.refusal import EDITED, REMOVED, RETURNED
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind
from tests.connectors.test_writing import NOON, STAMP, hold, move, occurrences, write
from tests.connectors.texts import calendar, event

HOUR = "DURATION:PT1H"
DATA = calendar(
    "X-WR-CALNAME:Mine",
    event(HOUR, "SUMMARY:Talk"),
    event(HOUR, "X-CLEARWAY-KIND:gap", uid="hold", start="20261124T090000Z"),
    event(HOUR, "RRULE:FREQ=DAILY;COUNT=3", uid="series", start="20261125T090000Z"),
    event(HOUR, uid="other", start="20261123T150000Z"),
)


def everything() -> Written:
    found = occurrences(DATA)
    old = found["hold"]
    return write(
        DATA,
        move(
            found["one@example"],
            NOON,
            people_told=3,
            mails=3,
            agreement=Agreement.UNKNOWN,
            because=("gap@x",),
        ),
        move(found["series/20261126T090000Z"], NOON),
        Change(
            ChangeKind.HOLD_DELETE,
            old.span,
            None,
            event_id="hold",
            hold=Kind.GAP,
            version=old.version,
        ),
        hold(NOON),
    )


def test_unedited_files_come_back_byte_for_byte_through_json() -> None:
    written = everything()
    record = UndoRecord.from_json(json.loads(json.dumps(written.undo.to_json())))
    assert record == written.undo
    undone = undo(written.files, record)
    assert undone.files == (DATA,)
    assert len(undone.undone) == 4
    assert undone.mails_not_unsent == ("one@example",)


def test_what_others_wrote_since_stays() -> None:
    written = everything()
    text = written.files[0].replace(b"CALNAME:Mine", b"CALNAME:Ours")
    text = text.replace(b"END:VCALENDAR", event(uid="new").encode() + b"\r\nEND:VCALENDAR")
    undone = undo([text], written.undo)
    assert not undone.skipped
    expected = occurrences(DATA)
    found = occurrences(undone.files[0])
    assert found.pop("new").uid == "new"
    assert found == expected
    assert b"CALNAME:Ours" in undone.files[0]


def test_what_a_person_edited_since_is_skipped_with_its_reason() -> None:
    written = everything()
    text = written.files[0].replace(b"SUMMARY:Talk", b"SUMMARY:Walk")
    undone = undo([text], written.undo)
    assert [(skip.change.event_id, skip.reason) for skip in undone.skipped] == [
        ("one@example", EDITED)
    ]
    assert undone.mails_not_unsent == ()
    found = occurrences(undone.files[0])
    assert found["one@example"].span == NOON
    assert {"hold", "series/20261126T090000Z"} <= found.keys()


def test_what_a_person_removed_or_put_back_since_is_skipped() -> None:
    written = everything()
    text = written.files[0]
    start, end = text.index(b"UID:new@clearway"), text.index(b"END:VCALENDAR")
    begin = text.rindex(b"BEGIN:VEVENT", 0, start)
    text = text[:begin] + event(uid="hold").encode() + b"\r\n" + text[end:]
    reasons = {skip.change.event_id: skip.reason for skip in undo([text], written.undo).skipped}
    assert reasons == {None: REMOVED, "hold": RETURNED}


def test_another_program_may_fold_and_end_lines_its_own_way() -> None:
    written = everything()
    text = written.files[0].replace(b"\r\n ", b"").replace(b"\r\n", b"\n")
    undone = undo([text], written.undo)
    assert not undone.skipped
    assert occurrences(undone.files[0]).keys() == occurrences(DATA).keys()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"schema": 2},
        {"schema": 1},
        {"schema": 1, "files": [], "edits": [{}]},
        {"schema": 1, "files": 3, "edits": []},
    ],
)
def test_a_record_of_another_form_is_refused(value: object) -> None:
    with pytest.raises(BadUndoRecord):
        UndoRecord.from_json(value)


def test_a_record_of_other_files_is_refused() -> None:
    written = everything()
    with pytest.raises(BadUndoRecord):
        undo([*written.files, b""], written.undo)
    forged = written.undo.to_json()
    forged["edits"][0]["before"] = "nonsense"
    with pytest.raises(BadUndoRecord):
        undo(written.files, UndoRecord.from_json(forged))


def test_where_nothing_of_the_application_is_left_it_is_refused() -> None:
    """The original; the original edited; another diary, where a removed hold is absent as well."""
    written = everything()
    edited = DATA.replace(b"CALNAME:Mine", b"CALNAME:Ours")
    for data in (DATA, edited, calendar(event(HOUR, uid="of another"))):
        with pytest.raises(BadUndoRecord, match="not the diary that the plan was applied to"):
            undo([data], written.undo)


def test_one_edit_that_a_person_edited_is_enough_to_know_the_diary_by() -> None:
    written = write(DATA, move(occurrences(DATA)["one@example"], NOON))
    text = written.files[0].replace(b"SUMMARY:Talk", b"SUMMARY:Walk")
    undone = undo([text], written.undo)
    assert [skip.reason for skip in undone.skipped] == [EDITED]
    assert undone.files == (text,)


def test_a_removal_alone_is_taken_back_after_an_edit() -> None:
    """The record has nothing else to know the diary by."""
    old = occurrences(DATA)["hold"]
    gone = Change(ChangeKind.HOLD_DELETE, old.span, None, event_id="hold", version=old.version)
    written = write(DATA, gone)
    undone = undo([written.files[0].replace(b"CALNAME:Mine", b"CALNAME:Ours")], written.undo)
    assert occurrences(undone.files[0]).keys() == occurrences(DATA).keys()
    with pytest.raises(BadUndoRecord):
        undo(undone.files, written.undo)


def test_two_holds_alike_are_both_taken_back_after_an_edit() -> None:
    written = write(DATA, hold(NOON), hold(NOON))
    text = written.files[0].replace(b"CALNAME:Mine", b"CALNAME:Ours")
    undone = undo([text], written.undo)
    assert undone.files[0] == DATA.replace(b"CALNAME:Mine", b"CALNAME:Ours")


def test_edits_that_touch_are_taken_back_in_order() -> None:
    data = calendar(event(HOUR, "X-CLEARWAY-KIND:gap", uid="hold"))
    old = occurrences(data)["hold"]
    gone = Change(ChangeKind.HOLD_DELETE, old.span, None, event_id="hold", version=old.version)
    written = write(data, hold(NOON), gone)
    assert undo(written.files, written.undo).files == (data,)


def test_nothing_applied_is_nothing_to_take_back() -> None:
    written = apply([DATA], [], stamp=STAMP, new_uid=lambda _: "")
    assert written.files == (DATA,)
    assert undo([DATA], written.undo).files == (DATA,)
