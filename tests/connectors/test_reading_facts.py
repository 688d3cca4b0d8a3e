"""What is kept of an event besides its times, and what it counts as."""

import pytest

from connectors.errors import TooLarge, Unreadable
from connectors.icalendar import Limits
from rules.event import Kind, ScoredAs, ShowAs, Status
from tests.connectors.texts import ME, at, event, only, reading, seen

HOUR = "DURATION:PT1H"


@pytest.mark.parametrize(
    ("lines", "show_as"),
    [
        ((), ShowAs.BUSY),
        (("TRANSP:OPAQUE",), ShowAs.BUSY),
        (("TRANSP:TRANSPARENT",), ShowAs.FREE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:FREE",), ShowAs.FREE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",), ShowAs.TENTATIVE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "TRANSP:TRANSPARENT"), ShowAs.BUSY),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), ShowAs.OOF),
        (("X-MICROSOFT-CDO-BUSYSTATUS:workingElsewhere",), ShowAs.WORKING_ELSEWHERE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:SOMETHING", "TRANSP:TRANSPARENT"), ShowAs.FREE),
    ],
)
def test_how_time_is_shown(lines: tuple[str, ...], show_as: ShowAs) -> None:
    assert only(event(HOUR, *lines)).show_as is show_as


@pytest.mark.parametrize(
    ("value", "private"),
    [
        ("PUBLIC", False),
        ("public", False),
        ("PRIVATE", True),
        ("CONFIDENTIAL", True),
        ("X-ODD", True),
    ],
)
def test_every_class_but_public_is_private(value: str, private: bool) -> None:
    found = only(event(HOUR, f"CLASS:{value}", "ATTENDEE:mailto:a@b.example"))
    assert found.private is private
    assert (found.scored_as is ScoredAs.OWN_TIME) is private


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("CONFIRMED", Status.CONFIRMED),
        ("tentative", Status.TENTATIVE),
        ("CANCELLED", Status.CANCELLED),
        ("ODD", Status.CONFIRMED),
    ],
)
def test_status(value: str, status: Status) -> None:
    assert only(event(f"STATUS:{value}")).status is status


# -- people -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "organizer"),
    [
        (f"ORGANIZER:mailto:{ME}", True),
        (f"ORGANIZER:MAILTO:{ME.upper()}", True),
        (f"ORGANIZER;CN=X;EMAIL={ME}:/principals/abc/", True),
        (f'ORGANIZER;SENT-BY="mailto:{ME}":mailto:board@trust.example', True),
        ("ORGANIZER:mailto:other@trust.example", False),
        ("ATTENDEE:mailto:other@trust.example", False),
        ("SUMMARY:nobody is named", True),
    ],
)
def test_the_leader_is_the_organizer_by_any_of_the_addresses(line: str, organizer: bool) -> None:
    assert only(event(HOUR, line)).organizer is organizer


def test_people_are_counted_once_without_the_leader_and_the_rooms() -> None:
    found = only(
        event(
            HOUR,
            "ORGANIZER:mailto:chief@trust.example",
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ME}",
            "ATTENDEE:mailto:Ann@trust.example",
            "ATTENDEE:MAILTO:ann@trust.example",
            "ATTENDEE;CN=Ben:invalid:nomail",
            "ATTENDEE;CN=Cat:invalid:nomail",
            "ATTENDEE;CUTYPE=ROOM:mailto:room1@trust.example",
            "ATTENDEE;CUTYPE=RESOURCE:mailto:beamer@trust.example",
        )
    )
    assert (found.other_people, found.resources, found.organizer) == (4, 2, False)
    assert found.external, "an address without a domain may be anybody's"


@pytest.mark.parametrize(
    ("address", "organisation", "external"),
    [
        ("ann@trust.example", (), False),
        ("ann@TRUST.example", (), False),
        ("ann@other.example", (), True),
        ("ann@sub.trust.example", (), True),
        ("ann@other.example", ("trust.example", "@Other.example"), False),
    ],
)
def test_outside_is_another_mail_domain(
    address: str, organisation: tuple[str, ...], external: bool
) -> None:
    found = only(event(HOUR, f"ATTENDEE:mailto:{address}"), organisation=organisation)
    assert found.external is external


def test_a_room_is_not_outside_and_nobody_else_makes_it_own_time() -> None:
    found = only(
        event(HOUR, f"ORGANIZER:mailto:{ME}", "ATTENDEE;CUTYPE=ROOM:mailto:r@hotel.example")
    )
    assert (found.external, found.resources, found.scored_as) == (False, 1, ScoredAs.OWN_TIME)


@pytest.mark.parametrize(
    ("answer", "scored"),
    [
        ("DECLINED", ScoredAs.NONE),
        ("ACCEPTED", ScoredAs.APPOINTMENT),
        ("NEEDS-ACTION", ScoredAs.APPOINTMENT),
        ("TENTATIVE", ScoredAs.APPOINTMENT),
    ],
)
def test_what_the_leader_declined_counts_for_nothing(answer: str, scored: ScoredAs) -> None:
    lines = (f"ATTENDEE;PARTSTAT={answer}:mailto:{ME}", "ORGANIZER:mailto:o@trust.example")
    assert only(event(HOUR, *lines)).scored_as is scored


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("DECLINED", ShowAs.FREE),
        ("ACCEPTED", ShowAs.OOF),
        ("NEEDS-ACTION", ShowAs.OOF),
        ("TENTATIVE", ShowAs.OOF),
    ],
)
@pytest.mark.parametrize("start", ["DTSTART;VALUE=DATE:20261123", "DTSTART:20261123T090000Z"])
def test_time_out_of_office_that_the_leader_declined_reads_as_free(
    start: str, answer: str, shown: ShowAs
) -> None:
    found = only(
        event(
            start,
            "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
            "ORGANIZER:mailto:o@trust.example",
            f"ATTENDEE;PARTSTAT={answer}:mailto:{ME}",
            start="",
        )
    )
    assert found.show_as is shown


def test_one_declined_day_of_a_series_reads_as_free() -> None:
    away = ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "ORGANIZER:mailto:o@trust.example")
    found = seen(
        event(
            "DTSTART;VALUE=DATE:20261123",
            "RRULE:FREQ=DAILY;COUNT=3",
            *away,
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ME}",
            start="",
        ),
        event(
            "RECURRENCE-ID;VALUE=DATE:20261124",
            "DTSTART;VALUE=DATE:20261124",
            *away,
            f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ME}",
            start="",
        ),
    )
    assert [one.show_as for one in found] == [ShowAs.OOF, ShowAs.FREE, ShowAs.OOF]


def test_a_meeting_of_ten_thousand_is_a_meeting() -> None:
    crowd = [f"ATTENDEE:mailto:p{number}@trust.example" for number in range(10_000)]
    assert only(event(HOUR, *crowd)).other_people == 10_000


# -- kinds --------------------------------------------------------------------------------------

CATEGORIES = {"clinical": Kind.CLINICAL, "on-call": Kind.ON_CALL, "focus": Kind.PROTECTED}


@pytest.mark.parametrize(
    ("lines", "kind", "firm"),
    [
        (("X-CLEARWAY-KIND:protected",), Kind.PROTECTED, False),
        (("X-CLEARWAY-KIND:protected", "X-CLEARWAY-FIRM:TRUE"), Kind.PROTECTED, True),
        (("X-CLEARWAY-KIND:gap", "CATEGORIES:Focus"), Kind.GAP, False),
        (("X-CLEARWAY-KIND:unheard-of", "CATEGORIES:Focus"), Kind.PROTECTED, True),
        (("CATEGORIES:Red,FOCUS",), Kind.PROTECTED, True),
        (("CATEGORIES:Red", "CATEGORIES:Clinical"), Kind.CLINICAL, False),
        (("CATEGORIES:On-Call",), Kind.ON_CALL, False),
        (("CATEGORIES:a\\,focus",), None, False),
        (("SUMMARY:focus",), None, False),
    ],
)
def test_a_kind_comes_from_the_mark_or_a_category_and_never_from_a_title(
    lines: tuple[str, ...], kind: Kind | None, firm: bool
) -> None:
    found = only(event(HOUR, *lines), categories=CATEGORIES)
    assert (found.kind, found.firm) == (kind, firm)


def test_a_category_locks_an_event() -> None:
    found = only(event(HOUR, "CATEGORIES:x,Locked"), locked_categories=["locked"])
    assert found.locked
    assert not only(event(HOUR, "CATEGORIES:Locked")).locked


def test_when_clearway_last_changed_it_is_read_back() -> None:
    assert only(event("X-CLEARWAY-CHANGED:20261101T083000Z")).changed == at(2026, 11, 1, 8, 30)
    assert only(event("X-CLEARWAY-CHANGED:yesterday")).changed is None


def test_nothing_that_is_read_holds_a_title_a_place_a_name_or_an_address() -> None:
    secret = "Zebra"
    found = reading(
        event(
            f"SUMMARY:{secret}",
            f"LOCATION:{secret}",
            f"DESCRIPTION:{secret}",
            f"ATTENDEE;CN={secret}:mailto:{secret}@x.example",
            f"CATEGORIES:{secret}",
            f"X-ALT-DESC:{secret}",
        ),
        event(f"SUMMARY:{secret}", start=secret, uid="bad"),
    )
    assert secret.lower() not in repr(found).lower()


# -- limits -------------------------------------------------------------------------------------


def test_too_much_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(TooLarge, match="bytes"):
        reading(event(), limits=Limits(max_bytes=100))
    with pytest.raises(TooLarge, match="has 3 components; at most 2 are read"):
        reading(event(uid="a"), event(uid="b"), limits=Limits(max_components=2))
    assert issubclass(TooLarge, Unreadable)
