"""Leaving changes out of a plan: what the page offers, what comes of it, and how it goes wrong."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from app import sample
from app.services.apply import apply
from app.services.curve import curve
from app.services.plan import plan
from app.services.read import Ask, OpenDiary, read
from app.services.source import Source
from app.web.left_out import MOST, LeftOut, find, word_of
from app.web.trimming import show, show_points
from rules.catalogue import evaluate
from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind
from rules.interval import Interval
from rules.outcome import after
from rules.planner.plan import Numbers, Tier
from rules.policy import Severity
from tests.web.conftest import NOW
from tests.web.eyes import look
from tests.web.lint import Page, problems

PLANNED = ("gap", "protected", "pods", "break", "end_of_day")
LONDON = ZoneInfo("Europe/London")
MEETINGS = (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)


class _Lines(HTMLParser):
    """Each line that has a tick beside it: its words, and what the tick sends."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self._said: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "li":
            self._said = []
        if tag == "input" and given.get("type") == "checkbox":
            said = " ".join(" ".join(self._said).split())
            self.found.append((given["name"], said, given["value"]))

    def handle_data(self, data: str) -> None:
        self._said.append(data)


def _ticks(html: str, name: str, said: str) -> list[str]:
    """What the ticks of one kind send, beside the lines that say this."""
    return [value for kind, words, value in _Lines(html).found if kind == name and said in words]


def _hidden(html: str) -> list[tuple[str, str]]:
    fields = Page(html).all("input")
    return [(each["name"], each["value"]) for each in fields if each["type"] == "hidden"]


def _send(client: TestClient, path: str, fields: list[tuple[str, str]]) -> tuple[int, str]:
    answer = client.post(path, files=[(name, (None, value)) for name, value in fields])
    return answer.status_code, answer.text


def _again(client: TestClient, html: str, *ticks: tuple[str, str]) -> str:
    status, text = _send(client, "/week", [*_hidden(html), *ticks, ("again", "move")])
    assert status == 200
    assert problems(Page(text)) + look(text) == []
    return text


def _figures(html: str) -> list[list[str]]:
    """The rows of the first table: time regained, people told, meetings changed, still to find."""
    rows = re.findall(r"<tr><th scope=\"row\"><a.*?</tr>", html)
    return [re.findall(r"<td>(.*?)</td>", row) for row in rows]


@pytest.fixture(scope="module")
def week(client: TestClient) -> str:
    """The page of the sample diary."""
    return client.get("/sample").text


def test_every_line_of_a_plan_can_be_left_out(week: str) -> None:
    """Three plans, one tick beside each line, each with words of its own."""
    assert Page(week).texts.count("Leave these out") > 3
    lines = len(re.findall(r'<p id="change-', week))
    assert len(_Lines(week).found) == lines > 40


def test_a_meeting_that_is_left_stays_in_every_plan(client: TestClient, week: str) -> None:
    """The planner plans around it, the figures follow, and it can be allowed again."""
    (word,) = set(_ticks(week, "leave", "the meeting at 11:30am")) & set(
        _ticks(week, "leave", "1 person is told")
    )
    page = _again(client, week, ("leave", word))

    assert "The meeting at 11:30am on Friday 27 November stays as it is." in Page(page).texts
    assert word not in [value for kind, _, value in _Lines(page).found if kind == "leave"]
    assert "Friday 27 November" in Page(page).texts
    assert _figures(page)[:2] == _figures(week)[:2]
    told = [int(each[1]) for each in _figures(page)]
    assert told[2] == int(_figures(week)[2][1]) - 1

    back = _again(client, page, ("allow", word))
    assert _figures(back) == _figures(week)
    assert "What you left out" not in Page(back).texts


def test_a_new_hold_that_is_left_out_is_in_no_plan(client: TestClient, week: str) -> None:
    """Nothing is told of it, its minutes stay to find, and it is said that it was left out."""
    words = _ticks(week, "leave", "for a team chat")
    assert len(set(words)) == 1
    page = _again(client, week, ("leave", words[0]))

    texts = Page(page).texts
    assert "No new team chat in the week of Monday 23 November." in texts
    assert not any("for a team chat" in text for text in texts)
    assert texts.count("Team time: 20 minutes to find") == 4
    stays = [text for text in texts if text.endswith("You left out what would make room for it.")]
    assert len(stays) == 3
    assert all(text.startswith("Team time, week of Monday 23 November") for text in stays)
    assert sum("This is our plan without the new holds" in text for text in texts) == 3
    assert any("What you left out is taken off each of them." in text for text in texts)
    figures, before = _figures(page), _figures(week)
    assert [each[1:3] for each in figures] == [each[1:3] for each in before]
    assert figures[0][0] == "4 hours 10 minutes" and before[0][0] == "4 hours 30 minutes"


def test_the_small_holds_of_a_day_are_left_out_together(client: TestClient, week: str) -> None:
    """They change no figure, so the proof stands."""
    word = _ticks(week, "leave", "times free between meetings")[0]
    page = _again(client, week, ("leave", word))

    assert "No new time between meetings on Monday 23 November." in Page(page).texts
    assert _figures(page) == _figures(week)
    assert sum("We proved this in" in text for text in Page(page).texts) == 3


def test_a_meeting_that_only_made_room_stays_too(client: TestClient, week: str) -> None:
    """Nobody is told for the sake of time that is not kept."""
    (first,) = _ticks(week, "leave", "Keep 1:15pm to 2:15pm for protected time")
    (second,) = _ticks(week, "leave", "Keep 10am to 11am for protected time")
    page = _again(client, week, ("leave", first), ("leave", second))

    assert any("stay as they are: changing them made room" in text for text in Page(page).texts)
    assert int(_figures(page)[2][1]) < int(_figures(week)[2][1])


def test_ticks_are_not_lost_when_a_plan_is_taken(client: TestClient, week: str) -> None:
    """The plan without them is shown first, and is what is taken then."""
    (word,) = set(_ticks(week, "leave", "Move the meeting at 9:45am"))
    fields = [*_hidden(week), ("leave", word), ("take", "move.ics")]
    status, page = _send(client, "/take", fields)

    assert status == 200
    assert any(text.startswith("Nothing is taken yet.") for text in Page(page).texts)
    status, taken = _send(client, "/take", [*_hidden(page), ("take", "move.ics")])
    assert status == 200
    assert "DTSTART;TZID=Europe/London:20261125T094500" in taken


def test_what_was_taken_without_a_hold_can_be_undone(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """The hold is not in the file, and the undo file gives back the very bytes."""
    brought = [("calendar", ("a.ics", calendar, "text/calendar"))]
    shown = client.post("/week", data=answers, files=brought).text
    (word,) = _ticks(shown, "leave", "Keep 4pm to 5pm for protected time. For: Protected time")[:1]
    form = [
        (name, (None, value)) for name, value in _hidden(_again(client, shown, ("leave", word)))
    ]
    taken = client.post("/take", files=[*form, ("take", (None, "move.ics"))])
    record = client.post("/take", files=[*form, ("take", (None, "move.json"))])

    assert b"DTSTART:20261123T160000Z" not in taken.content
    assert taken.content.count(b"BEGIN:VEVENT") > calendar.count(b"BEGIN:VEVENT")
    files = [
        ("calendar", ("a.ics", taken.content, "text/calendar")),
        ("undo", ("undo.json", record.content, "application/json")),
    ]
    kept = dict(_hidden(client.post("/undo", files=files).text))["kept"]
    assert client.post("/undone", files={"kept": (None, kept)}).content == calendar


def test_planning_again_without_a_tick_says_so(client: TestClient, week: str) -> None:
    """Rather than showing the same page without a word."""
    page = _again(client, week)

    assert "Nothing was ticked, so the plans are as they were." in Page(page).texts
    assert _figures(page) == _figures(week)


def test_several_calendars_can_be_planned_again_too(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """There is no file to take, and the plans follow all the same."""
    empty = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nEND:VCALENDAR\r\n"
    files = [("calendar", ("a.ics", part, "text/calendar")) for part in (calendar, empty)]
    shown = client.post("/week", data=answers, files=files).text
    word = _ticks(shown, "leave", "the meeting at 9:15am")[0]
    page = _again(client, shown, ("leave", word))

    assert "The meeting at 9:15am on Monday 23 November stays as it is." in Page(page).texts


NONSENSE = (
    "nobody",
    "event-0",
    "new-protected-20261123T140000Z",
    "new-nonsense-20261123T140000Z-20261123T150000Z",
    "new-protected-20261123T150000Z-20261123T140000Z",
    "new-protected-20261123T140000Z-20261123T140000Z",
    "new-protected-20261323T140000Z-20261123T140000Z",
    "new-protected-00010101T000000Z-99991231T235959Z",
    "new-protected-19990101T000000Z-19990101T010000Z",
    "new-" + "a" * 50_000,
    "x" * 50_000,
    '"><script>alert(1)</script>',
    "\x00\r\n\u2028 ",
    "é" * 50,
)


@pytest.mark.parametrize("field", ["left", "leave"])
def test_words_that_mean_nothing_are_left_alone(client: TestClient, week: str, field: str) -> None:
    """One sentence, nothing of them on the page, and the same plans."""
    page = _again(client, week, *((field, word) for word in NONSENSE))

    things = f"{len(NONSENSE)} things that you ticked are not in these weeks"
    assert f"{things}, so nothing is left out for them." in Page(page).texts
    assert not any(word in page for word in NONSENSE)
    assert _figures(page) == _figures(week)
    assert "What you left out" not in Page(page).texts


def test_allowing_what_was_not_left_out_changes_nothing(client: TestClient, week: str) -> None:
    """Nor is anything said of it."""
    page = _again(client, week, *(("allow", word) for word in NONSENSE))

    assert not any("that you ticked" in text for text in Page(page).texts)
    assert _figures(page) == _figures(week)


@pytest.mark.parametrize(("field", "number"), [("left", MOST + 1), ("leave", MOST + 1)])
def test_too_many_at_a_time_is_said(client: TestClient, week: str, field: str, number: int) -> None:
    """A page carries so many and no more."""
    fields = [*_hidden(week), *((field, f"event-{each}") for each in range(number))]
    for path in ("/week", "/take"):
        status, text = _send(client, path, [*fields, ("take", "move.ics")])
        assert status == 422
        assert f"Leave out at most {MOST} changes at a time." in Page(text).texts
        assert problems(Page(text)) + look(text) == []


def test_thousands_are_refused_with_one_sentence(client: TestClient, week: str) -> None:
    """The form is not read to its end."""
    fields = [*_hidden(week), *(("leave", f"event-{each}") for each in range(5000))]
    status, text = _send(client, "/week", fields)

    assert status == 400
    assert problems(Page(text)) + look(text) == []


def test_the_most_that_is_carried_can_still_be_ticked(client: TestClient, week: str) -> None:
    """The fields of a page stay within what a form may have."""
    fields = [
        *_hidden(week),
        *(("left", f"event-{each}") for each in range(MOST)),
        *(("allow", f"event-{each}") for each in range(MOST)),
    ]
    assert _send(client, "/week", fields)[0] == 200


def test_an_identifier_never_reaches_the_page(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """It can be long, or tell something, and the page has no use for it."""
    evil = b"UID:" + b"priya'\"><b>" * 500
    marked = calendar.replace(b"UID:sample-2@trust.example", evil)
    files = [("calendar", ("a.ics", marked, "text/calendar"))]
    shown = client.post("/week", data=answers, files=files).text
    assert "priya" not in shown
    word = _ticks(shown, "leave", "the meeting at 9:15am")[0]
    page = _again(client, shown, ("leave", word))

    assert "The meeting at 9:15am on Monday 23 November stays as it is." in Page(page).texts
    assert "priya" not in page


# -- figures --------------------------------------------------------------------------------------


def _opened(content: bytes) -> OpenDiary:
    start, end = sample.week(NOW)
    ask = Ask(now=NOW, me=(sample.LEADER,), start=start, end=end)
    return read([Source("sample", content)], ask)


@pytest.fixture(scope="module", params=["free", "held"])
def opened(request: pytest.FixtureRequest, calendar: bytes) -> OpenDiary:
    """The sample week, and the same week with the holds of its first plan in it."""
    diary = _opened(calendar)
    return diary if request.param == "free" else _opened(apply(diary).content)


def _subsets(changes: tuple[Change, ...]) -> Iterator[list[Change]]:
    """Each new hold alone, some of them together, and all of them."""
    new = [each for each in changes if each.kind is ChangeKind.HOLD_CREATE]
    chance = random.Random(1)
    yield from ([each] for each in new if each.hold is not Kind.GAP)
    yield from (chance.sample(new, chance.randint(0, len(new))) for _ in range(10))
    yield new


def _left(opened: OpenDiary, changes: list[Change]) -> LeftOut:
    found = find([word_of(each, LONDON) for each in changes], opened.diary)
    assert found.unknown == 0
    return found


def _minutes(diary: Diary, opened: OpenDiary, severity: Severity) -> int:
    return sum(
        each.missing
        for each in evaluate(diary, opened.policy)
        if each.rule in PLANNED and each.severity is severity
    )


def _numbers(opened: OpenDiary, changes: tuple[Change, ...], disturbed: int) -> Numbers:
    """The six numbers of changes, worked out from nothing but the diary that they lead to."""
    planned = after(opened.diary, changes)
    must = _minutes(planned, opened, Severity.MUST)
    should = _minutes(planned, opened, Severity.SHOULD)
    spans = [(each.before, each.after) for each in changes if each.kind in MEETINGS]
    told = sum(each.people_told for each in changes)
    shifted = sum(
        abs((now.start - was.start) // timedelta(minutes=1)) + was.minutes - now.minutes
        for was, now in spans
        if was and now
    )
    price = opened.policy.price_person * told + opened.policy.price_meeting * len(spans)
    return Numbers(must + should + price, must, told, len(spans), shifted, disturbed)


def _overlaps(diary: Diary, opened: OpenDiary) -> set[str]:
    return {each.id for each in evaluate(diary, opened.policy) if each.rule == "overlap"}


def _is_beside_a_meeting(change: Change, diary: Diary) -> bool:
    """Whether a new gap follows something; anything else need not."""
    if change.kind is not ChangeKind.HOLD_CREATE or change.hold is not Kind.GAP:
        return True
    day = diary.day(diary.pattern.day_of(change.starts))
    ends = [change.starts - each.span.end for each in day.appointments]
    return any(timedelta() <= each < timedelta(minutes=5) for each in ends)


@pytest.mark.parametrize("tier", list(Tier))
def test_the_figures_are_those_of_what_remains(opened: OpenDiary, tier: Tier) -> None:
    """The six numbers, the minutes regained, no new overlap, no day's floor spent."""
    planned = plan(opened, tier)
    now = {each.id: each.missing for each in evaluate(opened.diary, opened.policy)}
    disturbed = planned.plan.objective.numbers.holds_disturbed
    assert planned.plan.objective.numbers == _numbers(opened, planned.plan.changes, disturbed)
    for chosen in _subsets(planned.plan.changes):
        left = _left(opened, chosen)
        shown = show(planned, left).planned
        changes = shown.plan.changes

        assert not any(left.rules_out(each) for each in changes)
        assert shown.plan.objective.numbers == _numbers(opened, changes, disturbed)
        found = evaluate(shown.after, opened.policy)
        missing = sum(each.missing for each in found if each.rule in PLANNED)
        regained = sum(now[each.id] for each in planned.plan.findings if each.rule in PLANNED)
        assert shown.minutes_regained == regained - missing
        assert {each.finding: each.missing for each in shown.plan.remaining} == {
            each.id: each.missing for each in found if each.rule in PLANNED and each.missing
        }
        assert _overlaps(shown.after, opened) <= _overlaps(opened.diary, opened)
        floors = [each for each in found if each.rule in ("break", "end_of_day")]
        assert all(each.missing <= now.get(each.id, 0) for each in floors)
        assert shown.plan.proof.bound <= shown.plan.objective.numbers
        assert all(_is_beside_a_meeting(each, shown.after) for each in changes)


def test_nobody_is_told_for_less_than_it_costs(opened: OpenDiary) -> None:
    """Putting back any one meeting that may go back never lowers the cost."""
    planned = plan(opened, Tier.MOVE)
    for chosen in _subsets(planned.plan.changes):
        changes = show(planned, _left(opened, chosen)).planned.plan.changes
        cost = _numbers(opened, changes, 0).cost
        for each in changes:
            rest = tuple(one for one in changes if one != each)
            taken = [one.after for one in rest if one.after and one.hold is not Kind.GAP]
            free = each.before and not any(one.overlaps(each.before) for one in taken)
            if each.kind in MEETINGS and free:
                assert _numbers(opened, rest, 0).cost >= cost


DAY = "\r\n".join(
    [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"),
        *("BEGIN:VEVENT", "UID:a", "DTSTAMP:20261101T000000Z", f"ORGANIZER:mailto:{sample.LEADER}"),
        *(f"ATTENDEE:mailto:{name}@trust.example" for name in "abcdefgh"),
        *("DTSTART:20261123T113000Z", "DTEND:20261123T122000Z", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:b", "DTSTAMP:20261101T000000Z", f"ORGANIZER:mailto:{sample.LEADER}"),
        "ATTENDEE:mailto:a@trust.example",
        *("DTSTART:20261123T150000Z", "DTEND:20261123T164000Z", "END:VEVENT", "END:VCALENDAR", ""),
    ]
).encode()


def _span(start: int, end: int) -> Interval:
    hours = (divmod(each, 100) for each in (start, end))
    return Interval(*(datetime(2026, 11, 23, *each, tzinfo=UTC) for each in hours))


def test_a_meeting_does_not_go_back_where_the_break_would_shrink() -> None:
    """Eight people could be spared, for a break that the day has now and would not have then."""
    opened = _opened(DAY)
    made = plan(opened)
    moved, made_for = ChangeKind.EVENT_MOVE, ChangeKind.HOLD_CREATE
    changes = (
        Change(moved, _span(1130, 1220), _span(900, 950), "a", people_told=8),
        Change(moved, _span(1500, 1640), _span(1240, 1420), "b", people_told=1),
        Change(made_for, None, _span(1500, 1520), hold=Kind.POD),
        Change(made_for, None, _span(1520, 1700), hold=Kind.PROTECTED),
    )
    planned = replace(made, plan=replace(made.plan, changes=changes))
    shown = show(planned, _left(opened, [changes[3]])).planned
    assert [each.event_id for each in shown.plan.changes] == ["a", "b", None]

    elsewhere = (changes[0], *changes[2:])
    planned = replace(made, plan=replace(made.plan, changes=elsewhere))
    shown = show(planned, _left(opened, [changes[3]])).planned
    assert [each.event_id for each in shown.plan.changes] == [None]


def test_the_curve_follows(opened: OpenDiary) -> None:
    """Each point regains what its own changes regain, without the holds that are left out."""
    points = curve(opened)
    changes = points[0].best.changes
    left = _left(opened, [each for each in changes if each.hold is Kind.PROTECTED][:2])
    now = sum(
        each.missing for each in evaluate(opened.diary, opened.policy) if each.rule in PLANNED
    )

    shown = show_points(points, opened, left)
    told = [point.people_told for point in shown]
    regained = [point.minutes_regained for point in shown]
    assert len(shown) > 1
    assert (told, regained) == (sorted(set(told)), sorted(set(regained)))
    for point in shown:
        assert not any(left.rules_out(each) for each in point.best.changes)
        found = evaluate(after(opened.diary, point.best.changes), opened.policy)
        missing = sum(each.missing for each in found if each.rule in PLANNED)
        assert point.minutes_regained == now - missing
        assert point.people_told == sum(each.people_told for each in point.best.changes)
    assert show_points(points, opened, LeftOut()) == points


def test_reasons_that_no_longer_hold_are_not_given(opened: OpenDiary) -> None:
    """A change is not said to make room for time that was left out."""
    planned = plan(opened, Tier.MOVE)
    new = [
        each
        for each in planned.plan.changes
        if each.kind is ChangeKind.HOLD_CREATE and each.hold is Kind.PROTECTED
    ]
    shown = show(planned, _left(opened, new)).planned
    now = {each.id: each.missing for each in planned.plan.findings}
    then = {each.id: each.missing for each in evaluate(shown.after, opened.policy)}
    days = {opened.diary.pattern.day_of(each.starts) for each in new}

    for each in shown.plan.changes:
        if opened.diary.pattern.day_of(each.starts) in days:
            assert all(then.get(name, 0) < now[name] for name in each.because)
            rules = {name.partition("@")[0] for name in each.because}
            if each.kind in MEETINGS:
                assert ("protected time" in each.message) == ("protected" in rules)


def test_words_survive_whatever_an_identifier_is() -> None:
    """Lone surrogates, line ends and great length give a word like any other."""
    change = Change(ChangeKind.EVENT_MOVE, None, None, "\ud800\n" + "x" * 10_000)
    assert re.fullmatch(r"event-[0-9a-f]{24}", word_of(change, LONDON))


def test_small_holds_go_with_their_day_and_chats_with_their_week() -> None:
    """By the local clock, and through the night on which it changes."""
    start = datetime(2026, 10, 23, 22, 55, tzinfo=UTC)
    place = Interval(start, start + timedelta(minutes=10))
    gap = Change(ChangeKind.HOLD_CREATE, None, place, hold=Kind.GAP)
    assert word_of(gap, LONDON) == "new-gap-20261022T230000Z-20261023T230000Z"
    pod = Change(ChangeKind.HOLD_CREATE, None, place, hold=Kind.POD)
    assert word_of(pod, LONDON) == "new-pod-20261018T230000Z-20261026T000000Z"
