"""A plan into a file and out again: the original bytes, or everything but what people edited."""

import json
import os
import re
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import BUSY_MONDAY, MONDAY, NOW, Run, calendar, meeting

SERIES = meeting("20261116T130000Z", "20261116T140000Z", "RRULE:FREQ=WEEKLY;COUNT=4", mine=True)
ODD = calendar(*BUSY_MONDAY).replace(
    b"SUMMARY:Marker-Title",
    b'SUMMARY:Caf\xc3\xa9 with a very long ti\r\n tle\r\nX-ODD;A="b;c":\\,d',
    1,
)
CALENDARS = {
    "plain": calendar(*BUSY_MONDAY),
    "lf": calendar(*BUSY_MONDAY, newline="\n"),
    "no last newline": calendar(*BUSY_MONDAY).rstrip(),
    "bom": b"\xef\xbb\xbf" + calendar(*BUSY_MONDAY),
    "series": calendar(*BUSY_MONDAY, SERIES, meeting("20261123T140000Z", "20261123T143000Z")),
    "odd": ODD,
    "latin-1": ODD.replace(b"\xc3\xa9", b"\xe9"),
    "empty": calendar(),
    "json": json.dumps(
        [
            {
                "uid": str(number),
                "start": f"2026-11-23T{9 + number:02}:00:00Z",
                "end": f"2026-11-23T{10 + number:02}:00:00+00:00",
                "organizer": number % 2 == 0,
                "other_people": 2,
            }
            for number in range(3)
        ]
    ).encode(),
}


@pytest.fixture(params=CALENDARS)
def original(request, tmp_path):
    """A calendar or a JSON diary of each kind."""
    path = tmp_path / "original"
    path.write_bytes(CALENDARS[request.param])
    return path


@pytest.mark.parametrize("tier", ["holds", "shorten", "move"])
def test_undo_gives_back_the_original_byte_for_byte(clearway: Run, original, tmp_path, tier: str):
    before = original.read_bytes()
    new, back = tmp_path / "new.ics", tmp_path / "back.ics"
    ran = clearway("apply", original, "--out", new, *MONDAY, *NOW, "--tier", tier, "--json")
    assert ran.status == 0
    assert list(ran.json)[:4] == ["plan_hash", "applied", "skipped", "undo_file"]
    assert ran.json["applied"]
    assert ran.json["skipped"] == []
    assert original.read_bytes() == before != new.read_bytes()
    undone = clearway("undo", new, ran.json["undo_file"], "--out", back, "--json")
    assert list(undone.json) == ["undone", "skipped", "mails_not_unsent"]
    assert len(undone.json["undone"]) == len(ran.json["applied"])
    assert back.read_bytes() == before


def test_the_new_diary_is_what_the_plan_said(clearway: Run, original, tmp_path):
    new = tmp_path / "new.ics"
    planned = clearway("plan", original, *MONDAY, *NOW, "--tier", "move", "--json").json
    clearway("apply", original, "--out", new, *MONDAY, *NOW, "--tier", "move")
    summary = clearway("check", new, *MONDAY, *NOW, "--json").json["summary"]
    numbers = planned["objective"]
    assert numbers["must_missing"] == sum(
        summary[rule]["missing"] for rule in ("gap", "protected", "pods")
    )
    assert numbers["should_missing"] == sum(
        summary[rule]["missing"] for rule in ("break", "end_of_day")
    )
    # Planned again there is nothing left to win, so nothing changes.
    again = clearway("plan", new, *MONDAY, *NOW, "--tier", "holds", "--json").json
    assert again["objective"]["must_missing"] == numbers["must_missing"]


def test_applying_twice_writes_the_same_bytes(clearway: Run, diary, tmp_path):
    for name in ("one.ics", "two.ics"):
        clearway("apply", diary, "--out", tmp_path / name, *MONDAY, *NOW)
    assert (tmp_path / "one.ics").read_bytes() == (tmp_path / "two.ics").read_bytes()


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """The present moment, for what no `--now` is typed for."""
    monkeypatch.setattr("app.clock.now", lambda: datetime.fromisoformat(moment).astimezone(UTC))


@pytest.fixture
def planned(clearway: Run, diary, tmp_path, monkeypatch: pytest.MonkeyPatch):
    """A plan of the busy Monday in a file, an hour after it was made."""
    set_clock(monkeypatch, "2026-11-19T10:00:00Z")
    path = tmp_path / "plan.json"
    path.write_bytes(clearway("plan", diary, *MONDAY, *NOW, "--tier", "move", "--json").bytes)
    return path


def test_a_plan_file_brings_its_own_dates_tier_and_moment(clearway: Run, diary, planned, tmp_path):
    ran = clearway(
        "apply", diary, "--plan", planned, *MONDAY[:2], "--out", tmp_path / "n", "--json"
    )
    expected = json.loads(planned.read_bytes())
    assert ran.json["plan_hash"] == expected["plan_hash"]
    assert ran.json["applied"] == expected["changes"]


def test_a_plan_file_and_another_tier_contradict_each_other(
    clearway: Run, diary, planned, tmp_path
):
    new = tmp_path / "new.ics"
    made = json.loads(planned.read_bytes())["tier"]
    other = "holds" if made != "holds" else "shorten"
    ran = clearway("apply", diary, "--plan", planned, "--tier", other, "--out", new)
    assert ran.status == 2 and f"made with --tier {made}" in ran.err
    assert not new.exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--me", "leader@trust.example", "--keep", "1@trust.example"),
        ("--now", "2026-11-23T08:00:00Z"),
        (),
    ],
)
def test_a_plan_made_with_other_options_is_refused_whole(
    clearway: Run, diary, planned, tmp_path, options: tuple[str, ...]
):
    new = tmp_path / "new.ics"
    ran = clearway("apply", diary, "--plan", planned, *options, "--out", new)
    assert (ran.status, ran.bytes) == (2, b"")
    assert ran.err == (
        "The plan is out of date, so nothing was written. "
        "Plan again, or give the same --me, --policy and --keep as for the plan.\n"
    )
    assert not list(tmp_path.glob("new*"))


@pytest.mark.parametrize(
    ("tier", "moment", "status"),
    [
        # The first meeting that changes starts at 9am, and the freeze is 24 hours.
        ("move", "2026-11-22T09:00:00Z", 0),
        ("move", "2026-11-22T09:01:00Z", 2),
        # The first hold of the plan starts at 11:30am.
        ("holds", "2026-11-23T11:30:00Z", 0),
        ("holds", "2026-11-23T11:31:00Z", 2),
        ("holds", "2027-01-01T00:00:00Z", 2),
    ],
)
def test_a_plan_that_has_begun_or_is_too_soon_by_now_is_refused(
    clearway: Run, diary, planned, tmp_path, monkeypatch, tier: str, moment: str, status: int
):
    """The plan's own moment says how it was made, and the clock whether it may still be written."""
    planned.write_bytes(clearway("plan", diary, *MONDAY, *NOW, "--tier", tier, "--json").bytes)
    set_clock(monkeypatch, moment)
    new = tmp_path / "new.ics"
    ran = clearway("apply", diary, "--plan", planned, *MONDAY[:2], "--out", new)
    assert (ran.status, new.exists()) == (status, not status)
    if status:
        assert ran.err == (
            "The plan is out of date: part of it is over or too soon by now, so plan again.\n"
        )
        assert not list(tmp_path.glob("new*"))


def test_a_typed_moment_is_taken_as_given(clearway: Run, diary, planned, tmp_path, monkeypatch):
    set_clock(monkeypatch, "2027-01-01T00:00:00Z")
    ran = clearway(
        "apply", diary, "--plan", planned, *MONDAY[:2], *NOW, "--out", tmp_path / "new.ics"
    )
    assert ran.status == 0


def test_a_plan_is_refused_once_somebody_has_edited_an_event(
    clearway: Run, diary, planned, tmp_path
):
    touched = diary.read_bytes().replace(b"SUMMARY:Marker-Title", b"SUMMARY:Another", 1)
    diary.write_bytes(touched)
    new = tmp_path / "new.ics"
    ran = clearway("apply", diary, "--plan", planned, *MONDAY[:2], "--out", new)
    assert ran.status == 2
    assert "out of date" in ran.err
    assert not new.exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"BEGIN:VCALENDAR", b'{"plan_hash": "x"}'])
def test_what_is_no_plan_is_refused(clearway: Run, diary, tmp_path, content: bytes):
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    ran = clearway("apply", diary, "--plan", path, "--out", tmp_path / "new.ics")
    assert (ran.status, ran.err) == (
        2,
        "plan.json is not a plan that “clearway plan --json” wrote.\n",
    )


def test_nothing_is_written_over_unless_forced(clearway: Run, diary, tmp_path):
    new = tmp_path / "new.ics"
    new.write_bytes(b"mine")
    ran = clearway("apply", diary, "--out", new, *MONDAY, *NOW)
    assert ran.status == 2
    assert "--force" in ran.err
    assert new.read_bytes() == b"mine"
    assert clearway("apply", diary, "--out", new, "--force", *MONDAY, *NOW).status == 0
    assert clearway("undo", new, "--out", diary).status == 2
    assert clearway("undo", new, "--out", diary, "--force").status == 0


def test_an_undo_file_that_is_in_the_way_stops_everything(clearway: Run, diary, tmp_path):
    new, way_back = tmp_path / "new.ics", tmp_path / "new.ics.undo.json"
    way_back.write_bytes(b"of another plan")
    assert clearway("apply", diary, "--out", new, *MONDAY, *NOW).status == 2
    assert not new.exists()
    assert way_back.read_bytes() == b"of another plan"


def test_a_new_diary_can_be_undone_in_place(clearway: Run, diary, tmp_path):
    new = tmp_path / "new.ics"
    assert clearway("apply", diary, "--out", new, *MONDAY, *NOW).status == 0
    assert new.read_bytes() != diary.read_bytes()
    assert clearway("undo", new).status == 0
    assert new.read_bytes() == diary.read_bytes()


def test_a_folder_that_is_not_there_is_a_sentence(clearway: Run, diary, tmp_path):
    ran = clearway("apply", diary, "--out", tmp_path / "no" / "new.ics", *MONDAY, *NOW)
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert clearway("apply", diary, "--out", tmp_path, *MONDAY, *NOW).status == 2


def test_both_files_are_for_their_owner_alone(clearway: Run, diary, tmp_path):
    clearway("apply", diary, "--out", tmp_path / "new.ics", *MONDAY, *NOW)
    for name in ("new.ics", "new.ics.undo.json"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_undo_leaves_alone_what_a_person_has_edited_since(clearway: Run, diary, tmp_path):
    new, back = tmp_path / "new.ics", tmp_path / "back.ics"
    ran = clearway("apply", diary, "--out", new, *MONDAY, *NOW, "--json")
    holds = [each for each in ran.json["applied"] if each["kind"] == "hold.create"]
    first = holds[0]["after"]["start"].replace("-", "").replace(":", "").encode()
    later = first[:-3] + b"01Z"
    assert new.read_bytes().count(b"DTSTART:" + first) == 1
    new.write_bytes(new.read_bytes().replace(b"DTSTART:" + first, b"DTSTART:" + later))
    undone = clearway("undo", new, "--out", back, "--json").json
    assert [each["after"]["start"] for each in undone["skipped"]] == [holds[0]["after"]["start"]]
    assert undone["skipped"][0]["reason"].endswith(".")
    assert len(undone["undone"]) == len(ran.json["applied"]) - 1
    assert later in back.read_bytes()


def test_undo_in_a_json_diary_leaves_edits_alone_too(clearway: Run, tmp_path):
    path, new, back = (tmp_path / name for name in ("d.json", "new.json", "back.json"))
    path.write_bytes(CALENDARS["json"])
    applied = clearway("apply", path, "--out", new, *MONDAY, *NOW, "--json").json["applied"]
    items = json.loads(new.read_bytes())
    edited = next(item for item in items if item.get("hold") == "protected")
    edited["firm"] = True
    new.write_text(json.dumps(items))
    undone = clearway("undo", new, "--out", back, "--json").json
    assert len(undone["skipped"]) == 1
    assert len(undone["undone"]) == len(applied) - 1
    left = json.loads(back.read_bytes())
    assert [item for item in left if item.get("hold")] == [edited]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"clearway": "undo"}'])
def test_what_is_no_undo_file_is_refused(clearway: Run, diary, tmp_path, content: bytes):
    path = tmp_path / "undo.json"
    path.write_bytes(content)
    before = diary.read_bytes()
    ran = clearway("undo", diary, path)
    assert (ran.status, ran.bytes, ran.err.count("\n")) == (2, b"", 1)
    assert diary.read_bytes() == before


def test_an_undo_file_of_another_diary_changes_nothing(clearway: Run, diary, tmp_path):
    other, new = tmp_path / "other.ics", tmp_path / "new.ics"
    other.write_bytes(calendar(meeting("20261123T130000Z", "20261123T140000Z")))
    clearway("apply", diary, "--out", new, *MONDAY, *NOW)
    ran = clearway("undo", other, f"{new}.undo.json", "--out", tmp_path / "back.ics", "--json")
    assert ran.status in (0, 2)
    if ran.status == 0:
        assert ran.json["undone"] == []
        assert (tmp_path / "back.ics").read_bytes() == other.read_bytes()


def test_undo_says_who_may_have_been_told(clearway: Run, diary, tmp_path):
    new = tmp_path / "new.ics"
    clearway("apply", diary, "--out", new, *MONDAY, *NOW, "--tier", "shorten")
    undone = clearway("undo", new, "--out", tmp_path / "back.ics", "--json").json
    assert [each["event_id"] for each in undone["mails_not_unsent"]] == ["1@trust.example"]


def test_people_read_what_was_written_and_the_way_back(clearway: Run, diary, tmp_path):
    new = tmp_path / "new.ics"
    ran = clearway("apply", diary, "--out", new, *MONDAY, *NOW)
    assert "holds written" in ran.out
    assert "To go back: clearway undo" in ran.out
    assert "changes taken back." in clearway("undo", new, "--out", tmp_path / "back.ics").out


def test_neither_the_diary_nor_its_way_back_is_ever_written_over(clearway: Run, diary, tmp_path):
    before = diary.read_bytes()
    link, new = tmp_path / "link.ics", tmp_path / "new.ics"
    link.symlink_to(diary)
    ways = ((diary, None), (link, None), (new, diary), (new, link), (new, new))
    for out, undo in ways:
        way_back = ("--undo", undo) if undo else ()
        ran = clearway("apply", diary, "--out", out, *way_back, "--force", *MONDAY, *NOW)
        assert ran.status == 2
        assert "choose another name" in ran.err
    assert diary.read_bytes() == before
    assert link.is_symlink()
    assert not new.exists()


def test_only_ordinary_files_are_written_over(clearway: Run, diary, tmp_path):
    pipe, dangling = tmp_path / "pipe", tmp_path / "dangling"
    os.mkfifo(pipe)
    dangling.symlink_to("nowhere")
    for out, word in ((pipe, "ordinary"), (dangling, "--force"), (".", "folder"), ("/", "folder")):
        force = ("--force",) if out is pipe else ()
        ran = clearway("apply", diary, "--out", out, *force, *MONDAY, *NOW)
        assert ran.status == 2
        assert word in ran.err
    assert pipe.is_fifo()
    assert dangling.is_symlink()


def test_meetings_that_share_one_uid_are_planned_and_written_apart(clearway: Run, tmp_path):
    """Some producers give one UID to several meetings; each is still a meeting of its own."""
    hours = ("09", "10", "11")
    one, new, back = tmp_path / "one.ics", tmp_path / "new.ics", tmp_path / "back.ics"
    text = calendar(
        *[meeting(f"20261123T{h}0000Z", f"20261123T{h}5900Z", mine=True) for h in hours]
    )
    one.write_bytes(re.sub(rb"UID:.*@", b"UID:same@", text))
    asked = (*MONDAY, *NOW, "--tier", "shorten", "--json")
    planned = clearway("plan", one, *asked).json
    changed = [each["event_id"] for each in planned["changes"] if "event_id" in each]
    assert len(set(changed)) == len(changed) == 2
    assert clearway("apply", one, "--out", new, *asked).json["skipped"] == []
    summary = clearway("check", new, *MONDAY, "--json").json["summary"]
    must = sum(summary[rule]["missing"] for rule in ("gap", "protected", "pods"))
    assert planned["objective"]["must_missing"] == must
    clearway("undo", new, "--out", back)
    assert back.read_bytes() == one.read_bytes()
