"""The weekly mail over a real SMTP server: to one address, once, in the leader's hours, or not at all."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.config import Settings
from app.deployment import Deployment
from app.digest.returning import take_back
from app.life import leaving, weekly, weeks
from app.life.proposing import Wish
from app.mail import Letter
from app.people import leaders, postbox
from app.people.errors import BadChoice
from app.people.leaders import Stretch
from app.people.settings import LeaderSettings
from app.services.posting import post as hand_over
from app.storage import mailboxes
from app.storage.tables import Connection, Leader, Mailing
from connectors.errors import Unreachable
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs, ShowAs
from rules.interval import Interval
from tests.life.worlds import Death, Points, World, hold, meeting
from tests.servers.fixtures import on_sqlite
from tests.servers.mail import Inbox, receiving

LONDON = ZoneInfo("Europe/London")
ADDRESS = "leader@trust.example"
START = datetime(2026, 11, 18, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
DUE = MONDAY + timedelta(hours=9, minutes=30)


def when(day: datetime, hour: int, minutes: int = 60) -> Interval:
    begins = day + timedelta(hours=hour)
    return Interval(begins, begins + timedelta(minutes=minutes))


def diary() -> list[Occurrence]:
    """A week of meetings and holds, and one of meetings after it, the secret ones named."""
    found = []
    for number in range(5):
        day = MONDAY - timedelta(days=7 - number)
        found.append(meeting(f"marker-{number}", when(day, 10)))
        found.append(hold(f"old-{number}", Kind.PROTECTED, when(day, 13, 120)))
        found.append(meeting(f"ahead-{number}", when(day + timedelta(days=7), 11)))
    return found


@dataclass
class Post:
    """A leader whose mail goes to a server of ours."""

    world: World
    inbox: Inbox
    deployment: Deployment = field(init=False)

    def __post_init__(self) -> None:
        self.deployment = self.world.deployment

    @property
    def identity(self) -> str:
        return self.world.leader_id

    def at(self, moment: datetime) -> "Post":
        self.world.now = moment
        return self

    def attend(self, left: timedelta | None = timedelta(), deployment: Deployment | None = None):
        """A worker comes; the time until the next one, to the second: asking takes some of it."""
        weekly.attend(deployment or self.deployment, self.world.lease(), left)
        with self.world.database.transaction() as session:
            left = mailboxes.due(session, self.world.leader_id).week_in
        assert left is not None
        return timedelta(seconds=max(1, round(left.total_seconds())))

    def code(self) -> str:
        (found,) = re.findall(r"\b\d{6}\b", self.inbox.letters[-1][1].get_content())
        return found

    def subscribe(self) -> "Post":
        postbox.ask(self.deployment, self.identity, ADDRESS)
        postbox.confirm(self.deployment, self.identity, self.code(), digest=True)
        self.inbox.letters.clear()
        return self

    def digests(self) -> list[str]:
        return [message["Subject"] for _, message in self.inbox.letters]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def settings(inbox: Inbox) -> Iterator[Settings]:
    with receiving(inbox) as relay:
        yield Settings(
            mail_from="clearway@trust.example",
            smtp_host=relay.host,
            smtp_port=relay.port,
            smtp_security="none",
            public_url="https://clearway.trust.example",
        )


@pytest.fixture
def post(new_world: Callable[..., World], inbox: Inbox, settings: Settings) -> Post:
    world = new_world(diary())
    world.now = START
    world.deployment = replace(world.deployment, settings=settings)
    return Post(world, inbox)


# --- whose address it is --------------------------------------------------------------------------


def test_an_address_is_theirs_once_they_have_the_code(post: Post) -> None:
    postbox.ask(post.deployment, post.identity, ADDRESS)
    assert postbox.find(post.deployment, post.identity) == postbox.Mailed(asked=ADDRESS)
    ((envelope, message),) = post.inbox.letters
    assert envelope.rcpt_tos == [ADDRESS]
    assert message["From"] == "clearway@trust.example"
    postbox.confirm(
        post.deployment, post.identity, f" {post.code()[:3]} {post.code()[3:]} ", digest=True
    )
    assert postbox.find(post.deployment, post.identity) == postbox.Mailed(ADDRESS, digest=True)


def test_nothing_goes_to_an_address_before_its_code(post: Post) -> None:
    postbox.ask(post.deployment, post.identity, ADDRESS)
    postbox.choose(post.deployment, post.identity, digest=True)
    post.inbox.letters.clear()
    post.at(DUE).attend()
    assert post.digests() == []


def test_a_new_address_takes_the_place_of_the_old_one_only_with_its_code(post: Post) -> None:
    post.subscribe()
    postbox.ask(post.deployment, post.identity, "other@trust.example")
    post.inbox.letters.clear()
    post.at(DUE).attend()
    assert [envelope.rcpt_tos for envelope, _ in post.inbox.letters] == [[ADDRESS]]


def test_codes_are_not_guessed(post: Post) -> None:
    postbox.ask(post.deployment, post.identity, ADDRESS)
    code = post.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(postbox.TRIES):
        with pytest.raises(BadChoice, match="not the code"):
            postbox.confirm(post.deployment, post.identity, wrong)
    with pytest.raises(BadChoice, match="not the code"):
        postbox.confirm(post.deployment, post.identity, code)


def test_a_code_is_for_one_person_one_address_and_half_an_hour(post: Post) -> None:
    postbox.ask(post.deployment, post.identity, ADDRESS)
    code = post.code()
    with pytest.raises(BadChoice):
        postbox.confirm(post.deployment, "f" * 64, code)
    post.at(START + postbox.LASTS)
    with pytest.raises(BadChoice):
        postbox.confirm(post.deployment, post.identity, code)
    assert postbox.find(post.deployment, post.identity).asked == ""


def test_two_requests_at_once_make_one_postbox(post: Post) -> None:
    def switch_on(_: int) -> None:
        postbox.choose(post.deployment, post.identity, digest=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(switch_on, range(8)))
    assert postbox.find(post.deployment, post.identity) == postbox.Mailed(digest=True)


def test_nobodys_postbox_is_filled_with_codes(post: Post) -> None:
    for _ in range(postbox.CODES):
        postbox.ask(post.deployment, post.identity, ADDRESS)
    with pytest.raises(BadChoice, match="tomorrow"):
        postbox.ask(post.deployment, post.identity, ADDRESS)
    assert len(post.inbox.letters) == postbox.CODES
    post.at(START + timedelta(days=1, seconds=1))
    postbox.ask(post.deployment, post.identity, ADDRESS)


@pytest.mark.parametrize(
    "address",
    [
        *("", "leader", "leader@", "@trust.example", "a b@trust.example", "x" * 300 + "@t.example"),
        "leader@trust.example, other@trust.example",
        "leader@trust.example\nBcc: other@trust.example",
        "leader@elsewhere.example",
        "leader@trust.example.elsewhere.example",
        "Leader <leader@trust.example>",
    ],
)
def test_an_address_that_cannot_be_is_refused(post: Post, address: str) -> None:
    deployment = replace(
        post.deployment, settings=replace(post.deployment.settings, mail_domains=("trust.example",))
    )
    with pytest.raises(BadChoice):
        postbox.ask(deployment, post.identity, address)
    assert post.inbox.letters == []


def test_an_address_that_the_relay_refuses_is_said_so(post: Post) -> None:
    with pytest.raises(BadChoice, match="spelt"):
        postbox.ask(post.deployment, post.identity, "no@trust.example")


# --- once, in hours -------------------------------------------------------------------------------


def test_the_mail_of_a_week_goes_out_once(post: Post) -> None:
    post.subscribe()
    left = post.at(START).attend(None)
    assert START + left == pytest.approx(DUE, abs=timedelta(seconds=5))
    assert post.digests() == []
    left = post.at(DUE).attend()
    assert post.digests() == ["Your week: protected time on all 5 days"]
    assert DUE + left == pytest.approx(DUE + timedelta(weeks=1), abs=timedelta(seconds=5))
    for hours in range(1, 100):
        post.at(DUE + timedelta(hours=hours)).attend()
    assert len(post.inbox.letters) == 1


def test_it_has_all_that_a_mail_program_asks_for(post: Post) -> None:
    post.subscribe().at(DUE).attend()
    ((envelope, message),) = post.inbox.letters
    assert envelope.rcpt_tos == [ADDRESS]
    assert (message["To"], message["Cc"], message["Bcc"]) == (ADDRESS, None, None)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(
        r"<https://clearway\.trust\.example/you/mail/stop/\S+>", message["List-Unsubscribe"]
    )
    kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/png"]
    plain, page = part_of(message, "plain"), part_of(message, "html")
    assert "All 5 days had protected time." in plain
    assert "All 5 days had protected time." in page
    assert b"marker" not in bytes(message)


def part_of(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert isinstance(found, EmailMessage)
    text: str = found.get_content()
    return text


@pytest.mark.parametrize("minutes", [-1, -600])
def test_it_is_never_early(post: Post, minutes: int) -> None:
    early = DUE + timedelta(minutes=minutes)
    left = post.subscribe().at(early).attend()
    assert post.digests() == []
    assert left == pytest.approx(DUE - early, abs=timedelta(seconds=5))


def test_it_waits_for_a_calendar_in_the_hours_and_never_outside_them(post: Post) -> None:
    def silent() -> None:
        raise Unreachable("The calendar does not answer.")

    post.subscribe()
    post.world.calendar.before_read = silent
    moment, tried = DUE, []
    while moment < DUE + timedelta(hours=30):
        tried.append(moment)
        moment += post.at(moment).attend()
    assert {each.hour for each in tried} <= set(range(9, 17))
    assert all((each + timedelta(seconds=5)).time() >= DUE.time() for each in tried)
    assert post.digests() == []
    post.world.alive()
    post.at(moment).attend()
    assert len(post.digests()) == 1


def test_it_waits_for_a_relay(post: Post) -> None:
    post.subscribe()
    busy = replace(post.deployment.settings, smtp_port=1)
    left = post.at(DUE).attend(deployment=replace(post.deployment, settings=busy))
    assert left == pytest.approx(weekly.RETRY, abs=timedelta(seconds=5))
    post.at(DUE + weekly.RETRY).attend()
    assert len(post.digests()) == 1


def test_a_week_that_is_over_is_not_mailed_late(post: Post) -> None:
    post.subscribe().at(datetime(2026, 11, 27, 17, tzinfo=UTC)).attend()
    assert post.digests() == []


def test_nothing_goes_out_in_a_pause(post: Post) -> None:
    post.subscribe().at(DUE - timedelta(hours=1))
    leaders.pause(post.deployment, post.world.leader_id, Stretch.WEEK)
    post.at(DUE).attend()
    post.at(DUE + timedelta(days=1)).attend()
    assert post.digests() == []
    assert len(post.at(DUE + timedelta(weeks=1)).inbox.letters) == 0
    post.attend()
    assert len(post.digests()) == 1


def away(day: datetime, days: int) -> Occurrence:
    end = (day + timedelta(days=days)).date()
    return Occurrence(
        f"away-{day:%d}", day.date(), end, ScoredAs.NONE, organizer=True, show_as=ShowAs.OOF
    )


@pytest.mark.parametrize(("days", "expected"), [(1, DUE + timedelta(days=1)), (4, None)])
def test_leave_in_the_calendar_moves_it_or_leaves_it_out(
    new_world, settings, inbox, days: int, expected: datetime | None
) -> None:
    world = new_world([*diary(), away(MONDAY, days)])
    world.deployment = replace(world.deployment, settings=settings)
    world.now = START
    post = Post(world, inbox).subscribe()
    moment, sent = DUE, None
    while moment < MONDAY + timedelta(days=6):
        left = post.at(moment).attend()
        if post.digests():
            sent = moment
            break
        moment += left
    assert sent == pytest.approx(expected, abs=timedelta(seconds=5)) if expected else sent is None


def test_hours_that_change_take_the_mail_with_them(post: Post) -> None:
    post.subscribe().at(START).attend(None)
    later = LeaderSettings(time_zone="Europe/London", hours="Tue-Fri 12:00-18:00")
    post.world.choose(settings=later)
    left = post.attend(DUE - START)
    assert START + left == pytest.approx(
        datetime(2026, 11, 24, 12, 30, tzinfo=UTC), abs=timedelta(seconds=5)
    )


def test_whoever_is_not_connected_is_told_so_plainly(post: Post) -> None:
    post.subscribe()
    with post.world.database.transaction() as session:
        for row in session.scalars(select(Connection)):
            row.state = "revoked"
    post.at(DUE).attend()
    assert post.digests() == ["Your week: no summary this time"]


def test_what_is_refused_is_not_tried_again_and_told_on_the_page(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.subscribe()

    async def refuse(*_: object) -> str:
        return "550 no such mailbox"

    with monkeypatch.context() as patch:
        patch.setattr(Inbox, "handle_RCPT", refuse)
        post.at(DUE).attend()
    post.at(DUE + timedelta(weeks=1)).attend()
    assert post.digests() == []
    assert postbox.find(post.deployment, post.identity).trouble == "refused"


def test_a_waiting_plan_is_linked_and_one_of_check_ins_is_not(post: Post) -> None:
    post.subscribe().at(DUE)
    span = when(MONDAY + timedelta(days=2), 13, 120)
    check_in = Change(ChangeKind.HOLD_CREATE, None, span, hold=Kind.CHECK_IN, message="A check-in.")
    post.world.keep([check_in])
    post.attend()
    assert "/you/mail/plan/" not in str(post.inbox.letters[-1][1])
    with post.world.database.transaction() as session:
        session.query(Mailing).delete()
    change = Change(
        ChangeKind.HOLD_CREATE, None, span, hold=Kind.PROTECTED, message="Keep Wednesday."
    )
    plan_id = post.world.keep([change], Wish())
    post.attend()
    text = part_of(post.inbox.letters[-1][1], "plain")
    assert "Keep Wednesday." in text
    assert f"/you/mail/plan/{post.world.leader_id}.{plan_id}-" in text


# --- whatever crashes -----------------------------------------------------------------------------


@on_sqlite
def test_wherever_a_worker_dies_it_is_one_mail(new_world, settings, inbox, monkeypatch) -> None:
    """One Message-ID, however many copies; and a copy only where the relay had the first one."""
    number, copies = 1, []
    while True:
        world = new_world(diary())
        world.deployment = replace(world.deployment, settings=settings)
        world.now = START
        post = Post(world, inbox).subscribe().at(DUE)
        points = Points(number)
        mortal = world.mortal(points)
        with monkeypatch.context() as patch:
            patch.setattr("app.digest.sending.post", _mortal_post(points))
            died = _dies(post, mortal)
        world.alive()
        post.at(DUE + timedelta(minutes=3)).attend()
        ids = {message["Message-ID"] for _, message in inbox.letters}
        dates = {message["Date"] for _, message in inbox.letters}
        assert (len(ids), len(dates)) == (1, 1), number
        copies.append(len(inbox.letters))
        inbox.letters.clear()
        if not died:
            break
        number += 1
    assert number > 8
    assert max(copies) == 2
    assert copies.count(2) <= 3


def _mortal_post(points: Points) -> Callable[[Settings, Letter], str]:
    def deliver(settings: Settings, letter: Letter) -> str:
        points.reach()
        number = hand_over(settings, letter)
        points.reach()
        return number

    return deliver


def _dies(post: Post, mortal: Deployment) -> bool:
    try:
        post.attend(deployment=mortal)
    except Death:
        return True
    return False


# --- a whole year ---------------------------------------------------------------------------------


@on_sqlite
def test_a_year_of_mails_with_both_clock_changes_leave_and_holidays(
    new_world, settings, inbox
) -> None:
    """The worker is woken when it asked to be; what the server got is compared with a calendar."""
    off = {date(2027, 3, 26), date(2027, 3, 29), date(2027, 5, 3), date(2027, 5, 31)}
    off |= {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1), date(2027, 8, 30)}
    leave = {date(2027, 7, 5) + timedelta(days=each) for each in range(14)}
    world = new_world([meeting("one", when(MONDAY, 10))])
    world.deployment = replace(world.deployment, settings=settings)
    world.now = START
    chosen = LeaderSettings(
        time_zone="Europe/London", hours="Mon-Wed 08:00-16:00", days_off=frozenset(leave)
    )
    world.choose(settings=chosen)
    post = Post(world, inbox).subscribe()
    moment, left = START, None
    sent: list[datetime] = []
    while moment < START + timedelta(weeks=52):
        left = post.at(moment).attend(left)
        while len(sent) < len(inbox.letters):
            sent.append(moment)
        moment += left
        left = timedelta()
    expected = []
    for week in range(53):
        first = date(2026, 11, 16) + timedelta(weeks=week)
        worked = [first + timedelta(days=each) for each in range(3)]
        worked = [day for day in worked if day not in off | leave]
        if len(worked) >= 2:
            local = datetime.combine(worked[0], datetime.min.time(), LONDON)
            expected.append((local.replace(hour=8, minute=30)).astimezone(UTC))
    expected = [each for each in expected if START < each < START + timedelta(weeks=52)]
    assert [each.replace(second=0, microsecond=0) for each in sent] == expected
    weeks_of = {message["Message-ID"] for _, message in inbox.letters}
    assert len(weeks_of) == len(inbox.letters) == len(expected)


@pytest.mark.parametrize(("moment", "mails"), [(DUE, 1), (DUE + timedelta(hours=12), 0)])
def test_whoever_leaves_is_told_in_their_hours_that_all_is_removed(
    post: Post, moment: datetime, mails: int
) -> None:
    post.subscribe().at(moment)
    leaders.leave(post.deployment, post.world.leader_id)
    leaving.see_off(post.deployment, post.world.lease())
    assert post.digests() == ["You have left Clearway"] * mails
    assert postbox.find(post.deployment, post.identity) == postbox.Mailed()
    if mails:
        text = part_of(post.inbox.letters[0][1], "plain")
        assert "We have removed your holds and deleted your data." in text


# --- mail that comes back -------------------------------------------------------------------------


def report(
    number: str, action: str = "failed", status: str = "5.1.1", part: str = "headers"
) -> bytes:
    """What a relay mails back (RFC 3464)."""
    inside = {
        "headers": f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {number}\r\nSubject: x\r\n",
        "whole": f"Content-Type: message/rfc822\r\n\r\nMessage-ID: {number}\r\n\r\nbody\r\n",
    }[part]
    return (
        "From: <>\r\nTo: clearway@trust.example\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {ADDRESS}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\n{inside}--b--\r\n"
    ).encode()


@pytest.mark.parametrize("part", ["headers", "whole"])
def test_mail_that_comes_back_stops_mail_there_until_the_address_is_shown_again(
    post: Post, part: str
) -> None:
    post.subscribe().at(DUE).attend()
    number = str(post.inbox.letters[-1][1]["Message-ID"])
    for nothing in (
        report("<other@trust.example>", part=part),
        report(number, "delayed", "4.4.1", part=part),
        report(number, "failed", "4.4.7", part=part),
        b"",
        b"\xff\x00 not a mail",
        report(number, part=part).replace(b"message/delivery-status", b"text/plain"),
    ):
        assert not take_back(post.deployment, nothing)
    assert postbox.find(post.deployment, post.identity).trouble is None
    assert take_back(post.deployment, report(number, part=part))
    assert postbox.find(post.deployment, post.identity).trouble == "back"
    post.at(DUE + timedelta(weeks=1)).attend()
    assert len(post.inbox.letters) == 1
    post.subscribe().at(DUE + timedelta(weeks=2)).attend()
    assert len(post.digests()) == 1


# --- what is kept ---------------------------------------------------------------------------------


def test_the_weeks_before_are_kept_from_the_first_day(post: Post) -> None:
    post.at(START).attend(None)
    found = weeks.measured(post.deployment, post.world.leader_id)
    assert [each.week for each in found] == [
        date(2026, 10, 19) + timedelta(weeks=n) for n in range(4)
    ]
    assert [each.counts for each in found] == [False] * 4
    post.at(DUE).attend()
    found = weeks.measured(post.deployment, post.world.leader_id)
    assert (found[-1].week, found[-1].counts) == (date(2026, 11, 16), True)
    assert found[-1].watched.figures.protected_days == 5


def test_a_week_with_a_pause_in_it_does_not_count(post: Post) -> None:
    post.at(START)
    leaders.pause(post.deployment, post.world.leader_id, Stretch.DAY)
    leaders.resume(post.deployment, post.world.leader_id)
    post.at(DUE).subscribe().attend()
    found = weeks.measured(post.deployment, post.world.leader_id)
    assert (found[-1].week, found[-1].counts) == (date(2026, 11, 16), False)
    assert post.digests() == ["Your week: the days ahead"]


@on_sqlite
def test_meetings_that_move_into_the_evening_are_told_with_a_way_to_ease_off(
    new_world: Callable[..., World], inbox: Inbox, settings: Settings
) -> None:
    """Protected time comes, and from then on its meetings turn up after the hours."""
    found = []
    for number in range(-4 * 7, 6 * 7):
        day = MONDAY - timedelta(weeks=1) + timedelta(days=number)
        if day.weekday() < 5:
            found.append(meeting(f"morning-{number}", when(day, 10)))
            found.append(meeting(f"moved-{number}", when(day, 13 if number < 0 else 18)))
        if day.weekday() < 5 and number >= 0:
            found.append(hold(f"kept-{number}", Kind.PROTECTED, when(day, 13, 120)))
    world = new_world(found)
    world.deployment = replace(world.deployment, settings=settings)
    world.now = START
    post = Post(world, inbox).subscribe()
    post.attend(None)
    with world.database.transaction() as session:
        for row in session.scalars(select(Leader)):
            row.started_at = START - timedelta(days=1)
    for number in range(5):
        assert weeks.evidence(post.deployment, world.leader_id).worsened == ()
        post.at(DUE + timedelta(weeks=number)).attend()
    assert [each.id for each in weeks.evidence(post.deployment, world.leader_id).worsened] == [
        "outside"
    ]
    texts = [part_of(message, "plain") for _, message in inbox.letters]
    said = "More meetings now lie outside your hours than before."
    assert [said in each for each in texts] == [False] * 4 + [True]
