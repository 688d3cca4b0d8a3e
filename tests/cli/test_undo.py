"""Taking a plan back as a person does it: with the wrong file, after edits, and in plain words."""

import json
import re

import pytest

from tests.cli.conftest import BUSY_MONDAY, MONDAY, NOW, Run, calendar, meeting

WRONG = "This is not the diary that the plan was applied to, or it has been undone already.\n"
MOVED = meeting("20261123T114000Z", "20261123T123000Z", mine=True, people=3)
SUMMER = ("--me", "leader@trust.example", "--from", "2026-06-22", "--to", "2026-06-23")
JSON = json.dumps(
    [
        {
            "uid": str(number),
            "start": f"2026-11-23T{9 + number:02}:00:00Z",
            "end": f"2026-11-23T{10 + number:02}:00:00Z",
            "organizer": True,
            "other_people": 2,
        }
        for number in range(3)
    ]
).encode()


@pytest.fixture(params=["calendar", "json"])
def original(request, tmp_path):
    path = tmp_path / "original"
    path.write_bytes(JSON if request.param == "json" else calendar(*BUSY_MONDAY))
    return path


def refused(ran, out) -> bool:
    return (ran.status, ran.bytes, ran.err, out.exists()) == (2, b"", WRONG, False)


def test_the_original_is_not_undone(clearway: Run, original, tmp_path):
    new, out = tmp_path / "new", tmp_path / "x"
    clearway("apply", original, "--out", new, *MONDAY, *NOW, "--tier", "move")
    assert refused(clearway("undo", original, f"{new}.undo.json", "--out", out), out)
    assert refused(clearway("undo", original, f"{new}.undo.json", "--out", out, "--json"), out)
    # Nor is the original with a line more at its end: the plan is not in that one either.
    original.write_bytes(original.read_bytes() + b"\n")
    assert refused(clearway("undo", original, f"{new}.undo.json", "--out", out), out)


def test_what_is_undone_is_not_undone_again(clearway: Run, original, tmp_path):
    new = tmp_path / "new"
    clearway("apply", original, "--out", new, *MONDAY, *NOW)
    assert clearway("undo", new).status == 0
    again = clearway("undo", new)
    assert (again.status, again.err) == (2, WRONG)
    assert new.read_bytes() == original.read_bytes()


def test_an_undo_file_of_another_diary_is_refused(clearway: Run, original, tmp_path):
    new, other, out = tmp_path / "new", tmp_path / "other", tmp_path / "x"
    clearway("apply", original, "--out", new, *MONDAY, *NOW)
    other.write_bytes(
        b"[]"
        if original.read_bytes() == JSON
        else calendar(meeting("20261123T130000Z", "20261123T140000Z"))
    )
    assert refused(clearway("undo", other, f"{new}.undo.json", "--out", out), out)


def test_a_plan_of_which_all_was_edited_is_still_this_plan(clearway: Run, tmp_path):
    """Nothing can be taken back, and the reason is not that this was another diary."""
    path, new, out = (tmp_path / name for name in ("d.ics", "new.ics", "x.ics"))
    path.write_bytes(calendar(*BUSY_MONDAY))
    clearway("apply", path, "--out", new, *MONDAY, *NOW, "--tier", "move")
    record = tmp_path / "new.ics.undo.json"
    kept = json.loads(record.read_bytes())
    kept["edits"] = [each for each in kept["edits"] if each["change"]["kind"] == "event.shorten"]
    record.write_text(json.dumps(kept))
    new.write_bytes(new.read_bytes().replace(b"SUMMARY:Marker-Title", b"SUMMARY:Edited"))
    ran = clearway("undo", new, "--out", out, "--json")
    assert ran.status == 0
    assert [each["reason"] for each in ran.json["skipped"]] == [
        "Somebody has edited the event since."
    ]
    assert out.read_bytes() == new.read_bytes()


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def applied(clearway: Run, tmp_path):
    """A new diary in which the 9am meeting ends early and the one at 11am moved to 11:10am."""
    path, new = tmp_path / "d.ics", tmp_path / "new.ics"
    path.write_bytes(calendar(*BUSY_MONDAY))
    ran = clearway("apply", path, "--out", new, *MONDAY, *NOW, "--tier", "move")
    assert "1 meeting shortened" in ran.out and "1 meeting moved" in ran.out
    return new


def test_the_meetings_that_went_back_are_said_plainly(clearway: Run, applied, tmp_path):
    said = plain(clearway("undo", applied, "--out", tmp_path / "x.ics").out)
    assert "The meeting at 9am on Monday 23 November ends at 10am again." in said
    assert "The meeting at 11:10am on Monday 23 November goes back to 11am." in said


def test_what_was_left_alone_is_said_plainly(clearway: Run, applied, tmp_path):
    edited = applied.read_bytes().replace(b"SUMMARY:Marker-Title", b"SUMMARY:Edited")
    applied.write_bytes(edited)
    said = plain(clearway("undo", applied, "--out", tmp_path / "x.ics").out)
    why = "Somebody has edited the event since."
    assert f"The meeting at 9am on Monday 23 November does not end at 10am again. {why}" in said
    assert f"The meeting at 11:10am on Monday 23 November does not go back to 11am. {why}" in said
    assert "goes back" not in said


def test_undo_speaks_in_the_zone_of_the_plan(clearway: Run, tmp_path):
    """In summer London's clock is not UTC's."""
    path, new = tmp_path / "d.ics", tmp_path / "new.ics"
    path.write_bytes(
        calendar(
            meeting("20260622T090000Z", "20260622T100000Z", mine=True),
            meeting("20260622T100000Z", "20260622T110000Z"),
        )
    )
    asked = (*SUMMER, "--now", "2026-06-15T09:00:00Z", "--tier", "shorten")
    clearway("apply", path, "--out", new, *asked)
    said = plain(clearway("undo", new, "--out", tmp_path / "x.ics").out)
    assert "The meeting at 10am on Monday 22 June ends at 11am again." in said


def with_visitor(content: bytes, start: str, end: str) -> bytes:
    event = "\r\n".join(
        ["BEGIN:VEVENT", "UID:visitor@trust.example", *meeting(start, end), "END:VEVENT"]
    )
    return content.replace(b"END:VCALENDAR", event.encode() + b"\r\nEND:VCALENDAR")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_meetings_that_undo_lays_on_each_other_are_said(
    clearway: Run, applied, tmp_path, options: tuple[str, ...]
):
    # Somebody has taken the minutes that ending early gave, so that both now want 9:55am.
    out = tmp_path / "x.ics"
    applied.write_bytes(with_visitor(applied.read_bytes(), "20261123T095500Z", "20261123T100000Z"))
    ran = clearway("undo", applied, "--out", out, *options)
    assert ran.status == 0
    assert ran.err == (
        "Note: Two meetings now overlap on Monday 23 November at 9:55am; please look.\n"
    )
    # What can be given back is given back all the same.
    assert b"DTEND:20261123T100000Z" in out.read_bytes()


def test_an_overlap_that_was_there_already_is_not_undo_s(clearway: Run, applied, tmp_path):
    applied.write_bytes(with_visitor(applied.read_bytes(), "20261123T091500Z", "20261123T093000Z"))
    assert clearway("undo", applied, "--out", tmp_path / "x.ics").err == ""


def test_a_double_booking_of_the_original_comes_back_without_a_word(clearway: Run, tmp_path):
    path, new = tmp_path / "d.ics", tmp_path / "new.ics"
    path.write_bytes(with_visitor(calendar(*BUSY_MONDAY), "20261123T095500Z", "20261123T100000Z"))
    clearway("apply", path, "--out", new, *MONDAY, *NOW, "--tier", "move")
    assert clearway("undo", new, "--out", tmp_path / "x.ics").err == ""


def test_overlaps_in_a_json_diary_are_said_too(clearway: Run, tmp_path):
    path, new = tmp_path / "d.json", tmp_path / "new.json"
    path.write_bytes(JSON)
    ran = clearway("apply", path, "--out", new, *MONDAY, *NOW, "--tier", "shorten", "--json").json
    short = next(each for each in ran["applied"] if each["kind"] == "event.shorten")
    start, end = short["after"]["end"], short["before"]["end"]
    visitor = {"uid": "visitor", "start": start, "end": end, "other_people": 2}
    new.write_text(json.dumps([*json.loads(new.read_bytes()), visitor]))
    ran = clearway("undo", new, "--out", tmp_path / "x.json")
    assert "Two meetings now overlap on Monday 23 November at 9:50am; please look." in ran.err


def test_apply_says_whom_to_tell(clearway: Run, tmp_path):
    path = tmp_path / "d.ics"
    path.write_bytes(calendar(*BUSY_MONDAY, MOVED))
    asked = (*MONDAY, *NOW, "--tier", "move")
    ran = clearway("apply", path, "--out", tmp_path / "new.ics", *asked, "--json")
    changed = [each for each in ran.json["applied"] if each["kind"].startswith("event.")]
    said = plain(clearway("apply", path, "--out", tmp_path / "newer.ics", *asked).out)
    assert said.count("Tell the ") == len(changed) > 0
    assert (
        "Tell the 2 people of the meeting from 9am to 9:50am on Monday 23 November "
        "(was 9am to 10am)."
    ) in said


def test_a_meeting_of_the_same_length_is_told_by_its_start(clearway: Run, tmp_path):
    path = tmp_path / "d.ics"
    path.write_bytes(
        calendar(
            meeting("20261123T090000Z", "20261123T100000Z"),
            meeting("20261123T100000Z", "20261123T102500Z", mine=True, people=3),
            meeting("20261123T104500Z", "20261123T110000Z"),
        )
    )
    ran = clearway("apply", path, "--out", tmp_path / "n.ics", *MONDAY, *NOW, "--tier", "move")
    told = "Tell the 3 people of the meeting at 10:10am on Monday 23 November (was 10am)."
    assert told in plain(ran.out)


def test_where_no_meeting_changed_nobody_is_to_be_told(clearway: Run, diary, tmp_path):
    ran = clearway("apply", diary, "--out", tmp_path / "new.ics", *MONDAY, *NOW)
    assert "tell" not in ran.out.lower()


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_a_file_that_was_cut_off_is_said(clearway: Run, diary, lost: int):
    lines = diary.read_bytes().splitlines(keepends=True)
    diary.write_bytes(b"".join(lines[:-lost]))
    ran = clearway("check", diary, *MONDAY, *NOW)
    assert "Note: diary.ics ends early, so events may be missing.\n" in ran.err


def test_a_whole_file_does_not_end_early(clearway: Run, diary):
    whole = diary.read_bytes()
    lost_line = whole.replace(b"END:VCALENDAR\r\n", b"") + whole
    for content in (
        whole,
        whole.rstrip(),
        whole + b"\r\n \r\n",
        whole + b"\0",
        whole * 2,
        lost_line,
    ):
        diary.write_bytes(content)
        assert "ends early" not in clearway("check", diary, *MONDAY, *NOW).err


def test_why_a_file_cannot_be_written_is_said(clearway: Run, diary, tmp_path):
    missing = tmp_path / "no"
    ran = clearway("apply", diary, "--out", missing / "x", *MONDAY, *NOW)
    way_back = missing / "x.undo.json"
    assert (ran.status, ran.err) == (
        2,
        f"{way_back} cannot be written: the folder {missing} is missing.\n",
    )
    ran = clearway("apply", diary, "--out", diary / "x", *MONDAY, *NOW)
    assert ran.status == 2
    assert ran.err.endswith(f"cannot be written: {diary} is not a folder.\n")
