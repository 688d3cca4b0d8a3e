"""Who hears of a change, from whom, and that what was foretold is what is sent."""

import re
from dataclasses import replace

import pytest

from connectors.base import Ability
from connectors.caldav.telling import UNTOLD
from connectors.errors import NotPossible, Unreachable
from connectors.icalendar.itip import NO_PROPOSALS, NOT_INVITED, OWN_MEETING, Invitation, Method
from rules.change import ChangeKind
from rules.event import Kind
from tests.connectors.caldav import connected
from tests.contract.stage import ME, SECRET, Planted
from tests.contract.stages.caldav import CalDavStage, Outbox
from tests.contract.stages.text import calendar, vevents
from tests.contract.words import (
    HOUR,
    NINE,
    STAMP,
    WEEK,
    create,
    delete,
    meeting,
    move,
    only,
    seen,
    shorten,
    span,
)


class Away(Outbox):
    """A mail server that does not answer."""

    def send(self, invitation: Invitation) -> None:
        raise Unreachable("The mail server does not answer.")


NEW = span(NINE + HOUR)
CHAIR = "chair@trust.example"


@pytest.fixture
def silent(request: pytest.FixtureRequest) -> CalDavStage:
    """Radicale, which tells nobody."""
    return CalDavStage(request.getfixturevalue("radicale"), request.addfinalizer)


@pytest.fixture
def telling(request: pytest.FixtureRequest) -> CalDavStage:
    """Xandikos, which tells those it knows."""
    return CalDavStage(request.getfixturevalue("xandikos"), request.addfinalizer)


def events(message: Invitation) -> str:
    """What stands in a message after its time zones."""
    text = message.content.decode()
    return text[text.index("BEGIN:VEVENT") :]


# -- the server tells nobody --------------------------------------------------------------------


def test_without_a_mailer_a_meeting_with_others_is_not_changed(silent: CalDavStage) -> None:
    uid = silent.plant(meeting())
    alone = silent.plant(meeting(NINE + 3 * HOUR, people=()))
    with connected(silent) as diary:
        assert not {Ability.MEETINGS, Ability.SERIES, Ability.TELLS_PEOPLE} & diary.abilities
        change = move(diary.get(uid), NEW)
        assert diary.mails(change) == 0
        with pytest.raises(NotPossible, match=UNTOLD):
            diary.make(change, key="k", stamp=STAMP)
        diary.make(move(diary.get(alone), span(NINE + 4 * HOUR)), key="k/1", stamp=STAMP)
        with pytest.raises(NotPossible):
            diary.propose(uid, NEW, key="k/2")
    assert {one.span for one in seen(silent).values()} == {span(NINE), span(NINE + 4 * HOUR)}


def test_we_mail_everybody_invited_as_imip(silent: CalDavStage) -> None:
    silent.plant(meeting(rooms=("room4@trust.example",)))
    one = only(silent)
    assert silent.diary.mails(move(one, NEW)) == 3
    silent.diary.make(move(one, NEW), key="plan-1/0", stamp=STAMP)
    (sent,) = silent.sent
    assert (sent.method, sent.sender, sent.key) == (Method.REQUEST, ME, "plan-1/0")
    assert set(sent.recipients) == {"a@trust.example", "b@trust.example", "room4@trust.example"}
    text = sent.content.decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n") and text.endswith("END:VCALENDAR\r\n")
    for line in ("METHOD:REQUEST", "SEQUENCE:1", "DTSTART;TZID=Europe/London:20261123T100000"):
        assert f"\r\n{line}\r\n" in text
    assert text.count("BEGIN:VTIMEZONE") == 1 and "X-CLEARWAY" not in text
    assert SECRET in text and SECRET not in repr(sent) and ME not in repr(sent)


def test_one_day_of_a_series_is_mailed_alone_and_the_series_whole(silent: CalDavStage) -> None:
    uid = silent.plant(meeting(every=1, members=3, moved={2: HOUR}))
    member = seen(silent)[f"{uid}/20261124T090000Z"]
    silent.diary.make(shorten(member, 10), key="k/0", stamp=STAMP)
    first = seen(silent)[f"{uid}/20261123T090000Z"]
    silent.diary.make(replace(shorten(first, 5), event_id=uid, version=""), key="k/1", stamp=STAMP)
    alone, whole = (events(one) for one in silent.sent)
    assert alone.count("BEGIN:VEVENT") == 1 and "RECURRENCE-ID" in alone and "RRULE" not in alone
    assert whole.count("BEGIN:VEVENT") == 3 and "RRULE" in whole


def test_an_alarm_of_the_leaders_is_not_sent_around(silent: CalDavStage) -> None:
    text = vevents("alarm@trust.example", meeting())
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:x\r\nEND:VALARM\r\n"
    silent._put("alarm@trust.example", calendar(text.replace("END:VEVENT", f"{alarm}END:VEVENT")))
    silent.diary.make(move(only(silent), NEW), key="k", stamp=STAMP)
    assert "VALARM" not in silent.sent[0].content.decode()
    assert "VALARM" in silent._get("alarm@trust.example")


def test_where_the_mail_does_not_go_out_nothing_has_changed(silent: CalDavStage) -> None:
    uid = silent.plant(meeting())
    with connected(silent, mailer=Away([])) as diary, pytest.raises(Unreachable):
        diary.make(move(diary.get(uid), NEW), key="k", stamp=STAMP)
    assert only(silent).span == span(NINE)
    assert "SEQUENCE" not in silent._get(uid)


def test_a_team_hold_stays_where_nobody_could_be_told(silent: CalDavStage) -> None:
    uid = silent.plant(meeting(kind=Kind.POD))
    with connected(silent, mailer=Away([])) as diary, pytest.raises(Unreachable):
        diary.make(delete(diary.get(uid)), key="k", stamp=STAMP)
    assert only(silent).hold is Kind.POD


def test_a_team_hold_that_is_removed_is_cancelled(silent: CalDavStage) -> None:
    silent.plant(meeting(kind=Kind.POD))
    one = only(silent)
    assert silent.diary.mails(delete(one)) == 2
    silent.diary.make(delete(one), key="k", stamp=STAMP)
    (sent,) = silent.sent
    assert sent.method is Method.CANCEL and len(sent.recipients) == 2
    assert "\r\nSTATUS:CANCELLED\r\n" in sent.content.decode()
    assert not seen(silent)


# -- another time -------------------------------------------------------------------------------


def test_another_time_is_a_counter_to_the_organiser(silent: CalDavStage) -> None:
    uid = silent.plant(meeting(organizer=CHAIR, every=1, members=3))
    silent.diary.propose(f"{uid}/20261124T090000Z", span(NINE + 26 * HOUR), key="k")
    silent.diary.propose(f"{uid}/20261124T090000Z", span(NINE + 26 * HOUR), key="k")
    (sent,) = silent.sent
    assert (sent.method, sent.sender, sent.recipients) == (Method.COUNTER, ME, (CHAIR,))
    assert b"\r\nMETHOD:COUNTER\r\n" in sent.content
    text = events(sent)
    assert "SEQUENCE" not in text and "RRULE" not in text
    assert "RECURRENCE-ID;TZID=Europe/London:20261124T090000" in text
    assert "DTSTART;TZID=Europe/London:20261124T110000" in text
    assert re.findall(r"ATTENDEE[^\r]*", text) == [f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ME}"]


@pytest.mark.parametrize(
    ("event", "line", "reason"),
    [
        (meeting(organizer=CHAIR), "X-MICROSOFT-DISALLOW-COUNTER:TRUE", NO_PROPOSALS),
        (meeting(), "", OWN_MEETING),
        (meeting(organizer=CHAIR), "no attendee", NOT_INVITED),
    ],
)
def test_another_time_is_only_asked_where_it_can_be(
    silent: CalDavStage, event: Planted, line: str, reason: str
) -> None:
    text = vevents("u@trust.example", event)
    if line == "no attendee":
        text = re.sub(rf"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ME}\r\n", "", text)
    elif line:
        text = text.replace("END:VEVENT", f"{line}\r\nEND:VEVENT")
    silent._put("u@trust.example", calendar(text))
    with pytest.raises(NotPossible, match=reason):
        silent.diary.propose("u@trust.example", NEW, key="k")
    assert not silent.sent


# -- the server tells ---------------------------------------------------------------------------


def test_the_server_tells_those_it_knows_once_each(telling: CalDavStage) -> None:
    """a has a mailbox there, b and x have none: SCHEDULE-STATUS 3.7."""
    telling.plant(meeting(people=("a@trust.example", "b@trust.example", "x@partner.example")))
    one = only(telling)
    assert telling.diary.mails(move(one, NEW)) == 1
    before = telling.mailed()
    telling.diary.make(move(one, NEW), key="k", stamp=STAMP)
    assert telling.mailed() - before == 1 and not telling.sent


def test_a_whole_series_with_exceptions_is_one_message_each(telling: CalDavStage) -> None:
    uid = telling.plant(meeting(every=1, members=4, moved={1: HOUR}, dropped=frozenset({2})))
    first = seen(telling)[f"{uid}/20261123T090000Z"]
    change = replace(move(first, span(NINE + HOUR / 2)), event_id=uid, version="")
    before = telling.mailed()
    assert telling.diary.mails(change) == 1
    telling.diary.make(change, key="k", stamp=STAMP)
    assert telling.mailed() - before == 1


def test_what_the_others_see_is_what_was_changed(telling: CalDavStage) -> None:
    uid = telling.plant(meeting(people=("a@trust.example",)))
    telling.diary.make(move(telling.diary.get(uid), NEW), key="k", stamp=STAMP)
    theirs_to_see = replace(telling.diary.options, me=["a@trust.example"])
    path = "/a/calendars/calendar/"
    with connected(telling, user="a", path=path, options=theirs_to_see) as theirs:
        found = [one for one in theirs.read(WEEK).occurrences if one.uid == uid]
        assert [one.span for one in found] == [NEW]
        assert not found[0].organizer
        with pytest.raises(NotPossible):
            theirs.make(move(found[0], span(NINE)), key="k", stamp=STAMP)


def test_nobody_hears_of_a_hold(telling: CalDavStage) -> None:
    before = telling.mailed()
    change = create(Kind.PROTECTED, NEW)
    assert telling.diary.mails(change) == 0
    done = telling.diary.make(change, key="k", stamp=STAMP)
    gone = replace(
        change, kind=ChangeKind.HOLD_DELETE, event_id=done.event_id, before=NEW, after=None
    )
    telling.diary.make(gone, key="k/1", stamp=STAMP)
    assert telling.mailed() == before


def test_where_the_server_does_not_know_the_organiser_we_mail(telling: CalDavStage) -> None:
    """The leader's other address, which this account does not have."""
    other = "leader@other.example"
    text = vevents("other@trust.example", meeting(organizer=other, people=("a@trust.example",)))
    telling._put(
        "other@trust.example",
        calendar(text.replace(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ME}\r\n", "")),
    )
    options = replace(telling.diary.options, me=[ME, other])
    sent: list[Invitation] = []
    with connected(telling, options=options, mailer=Outbox(sent)) as diary:
        (one,) = diary.read(WEEK).occurrences
        before = telling.mailed()
        assert diary.mails(move(one, NEW)) == 1
        diary.make(move(one, NEW), key="k", stamp=STAMP)
    assert telling.mailed() == before and [each.recipients for each in sent] == [
        ("a@trust.example",)
    ]


def test_who_is_to_be_told_by_nobody_is_not_counted(telling: CalDavStage) -> None:
    """SCHEDULE-AGENT=NONE (RFC 6638 section 7.1)."""
    text = vevents("quiet@trust.example", meeting(people=("a@trust.example", "b@trust.example")))
    quiet = text.replace("PARTSTAT=NEEDS-ACTION:mailto:b", "SCHEDULE-AGENT=NONE:mailto:b")
    silent_to_b = quiet.replace("SCHEDULE-STATUS", "X-STATUS")
    telling._put("quiet@trust.example", calendar(silent_to_b))
    assert telling.diary.mails(move(only(telling), NEW)) == 1


# -- free/busy ----------------------------------------------------------------------------------


def test_busy_time_is_asked_through_the_outbox(telling: CalDavStage) -> None:
    """Xandikos answers for the account itself and for nobody else."""
    known = set(telling.diary.busy([ME], WEEK)[ME] or ())
    telling.plant(meeting(NINE + 5 * HOUR, people=("a@trust.example",)))
    telling.plant(meeting(NINE + 5.5 * HOUR, people=()))
    found = telling.diary.busy([ME, "a@trust.example", "MAILTO:nobody@elsewhere.example"], WEEK)
    assert found["a@trust.example"] is None
    assert found["MAILTO:nobody@elsewhere.example"] is None
    mine = found[ME]
    assert mine is not None and len(mine) >= len(known)
    assert any(one.contains(span(NINE + 5 * HOUR, 90)) for one in mine)
    assert telling.diary.busy([], WEEK) == {}


def test_who_is_invited_is_told_without_the_leader(telling: CalDavStage) -> None:
    uid = telling.plant(meeting(rooms=("room4@trust.example",)))
    wanted = {"a@trust.example", "b@trust.example", "room4@trust.example"}
    assert set(telling.diary.invited(uid)) == wanted


def test_a_server_without_an_outbox_tells_no_busy_time(silent: CalDavStage) -> None:
    assert Ability.FREE_BUSY not in silent.diary.abilities
    with pytest.raises(NotPossible):
        silent.diary.busy([ME], WEEK)
