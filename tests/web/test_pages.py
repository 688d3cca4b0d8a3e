"""The pages, without a browser: what they show, what they ask, and how they go wrong."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import sample
from app.config import Settings, SettingsError
from app.main import create_app
from app.services.curve import curve
from app.services.plan import plan
from app.services.read import Ask, OpenDiary, read
from app.services.source import Source
from app.services.undo import Undone
from app.web import styles
from app.web.carry import pack, unpack
from connectors.base import Skipped
from rules.change import Change, ChangeKind
from rules.planner.plan import Tier
from tests.web.conftest import NOW, SMALL
from tests.web.eyes import look
from tests.web.lint import Page, problems

WEEKLY = "\r\n".join(
    [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"),
        *("BEGIN:VEVENT", "UID:first", "DTSTAMP:20261101T000000Z", "RRULE:FREQ=WEEKLY"),
        *(
            "DTSTART:20261123T100000Z",
            "DTEND:20261123T110000Z",
            f"ORGANIZER:mailto:{sample.LEADER}",
        ),
        *("ATTENDEE:mailto:a@trust.example", "ATTENDEE:mailto:b@trust.example", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:second", "DTSTAMP:20261101T000000Z", "RRULE:FREQ=WEEKLY"),
        *("DTSTART:20261123T110000Z", "DTEND:20261123T120000Z", "ORGANIZER:mailto:c@trust.example"),
        *(f"ATTENDEE:mailto:{sample.LEADER}", "END:VEVENT", "END:VCALENDAR", ""),
    ]
).encode()
EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nEND:VCALENDAR\r\n"


def _file(content: bytes, name: str = "diary.ics") -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("calendar", (name, content, "text/calendar"))]


def _hidden(html: str) -> dict[str, str]:
    fields = Page(html).all("input")
    return {each["name"]: each["value"] for each in fields if each["type"] == "hidden"}


def _take_undone(client: TestClient, html: str) -> Any:
    """The file that the page after undoing carries."""
    return client.post("/undone", files={"kept": (None, _hidden(html)["kept"])})


def _good(html: str) -> Page:
    page = Page(html)
    assert problems(page) + look(html) == []
    return page


@pytest.fixture(scope="module")
def week(client: TestClient) -> str:
    """The page of the sample diary."""
    answer = client.get("/sample")
    assert answer.status_code == 200
    return answer.text


def test_the_first_page_asks_for_a_diary(client: TestClient) -> None:
    """And begins with the coming week."""
    page = _good(client.get("/").text)

    values = {each.get("name"): each.get("value") for each in page.all("input")}
    assert values["first"] == "2026-11-23"
    assert values["last"] == "2026-11-27"
    assert "/sample" in {each.get("href") for each in page.all("a")}


def test_without_the_sample_it_is_not_offered() -> None:
    """An installation for people need not show made-up ones."""
    with TestClient(create_app(SMALL, now=lambda: NOW)) as client:
        assert "/sample" not in client.get("/").text
        assert client.get("/sample").status_code == 404


@pytest.mark.parametrize("path", ["/undo", "/problems", "/nothing", "/sample"])
def test_every_page_is_well_made(client: TestClient, path: str) -> None:
    """Words, headings, labels, names; nothing that reaches out."""
    _good(client.get(path).text)


def test_the_sample_shows_three_plans_that_differ(week: str) -> None:
    """Holds, shorter, moved: each regains more and tells more people."""
    opened = _opened()
    plans = [plan(opened, tier) for tier in Tier]
    regained = [each.minutes_regained for each in plans]
    told = [each.plan.objective.numbers.people_told for each in plans]

    assert 28 <= sum(each.scored_as == "appointment" for each in opened.listed) <= 40
    assert regained == sorted(set(regained))
    assert told == sorted(set(told))
    assert all(each.plan.proof.optimal for each in plans)
    rows = re.findall(r"<tr><th scope=\"row\"><a.*?</tr>", week)
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in rows]
    assert [int(each[1]) for each in cells] == told


def _opened() -> OpenDiary:
    start, end = sample.week(NOW)
    source = Source("sample", sample.calendar(NOW).encode())
    ask = Ask(now=NOW, me=(sample.LEADER,), start=start, end=end - timedelta(days=2))
    return read([source], ask)


def test_the_curve_goes_from_nobody_told_upwards(week: str) -> None:
    """More people told, more time regained, each from a lower price; one row is the plan above."""
    table = re.search(r'<table class="curve">.*?</table>', week, re.S)
    assert table
    told = [int(each) for each in re.findall(r'<th scope="row">(\d+)', table[0])]
    shares = [int(each) for each in re.findall(r'<rect width="(\d+)"', table[0])]
    points = curve(_opened())

    assert told == sorted(point.people_told for point in points)
    assert told == sorted(set(told)) and told[0] == 0
    assert shares == sorted(set(shares)) and shares[-1] == 100
    assert table[0].count("as in “Move meetings”") == 1
    assert table[0].count("the best found in time") == 0
    assert "Your settings say 1 minute." in " ".join(Page(week).texts)


def test_where_no_price_changes_the_plan_there_is_no_curve(
    client: TestClient, answers: dict[str, str]
) -> None:
    """A diary without meetings has one plan at every price."""
    answer = client.post("/week", data=answers, files=_file(EMPTY))

    _good(answer.text)
    assert 'class="curve"' not in answer.text


def test_a_change_that_helps_every_week_is_offered_for_the_series(
    client: TestClient, answers: dict[str, str]
) -> None:
    """Once, beside the change of the one week asked for."""
    answer = client.post("/week", data=answers, files=_file(WEEKLY))

    page = _good(answer.text)
    offers = [text for text in page.texts if "every meeting of the 10am series" in text]
    assert page.texts.count("Once for a whole series") == len(offers) > 0


def test_the_week_page_has_pictures_and_the_same_in_words(week: str) -> None:
    """One now, one for each plan, each with a name and with text beside it."""
    page = _good(week)
    pictures = [each for each in page.all("svg") if each.get("role") == "img"]

    assert len(pictures) == 4
    for each in pictures:
        name, about = each["aria-labelledby"].split()
        assert name in page.ids
        assert about in page.ids
    assert "Move meetings in words" in page.texts
    assert any(text.endswith(": meeting, moved here") for text in page.texts)
    assert any(text.endswith(": your own time") for text in page.texts)


def test_each_change_says_who_is_told_and_why(week: str) -> None:
    """What changes, which recommendation asks for it, what was looked at beside it."""
    text = " ".join(Page(week).texts)

    for words in (
        "people are told.",
        "For: Protected time (report, 5.3 1(ii))",
        "Also looked at:",
        "In the way: the meeting at",
        "We cannot see whether everyone is free then.",
        "We proved this in",
    ):
        assert words in text


def test_no_title_name_or_place_is_shown(week: str) -> None:
    """Times and kinds only."""
    for word in ("Quality committee", "School play", "priya", "Outpatient", "Priya", "supplier"):
        assert word not in week


def test_an_uploaded_diary_gives_the_same_page(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """The sample goes the same way as any other file."""
    answer = client.post("/week", data=answers, files=_file(calendar))

    assert answer.status_code == 200
    _good(answer.text)
    assert "Monday 23 November to Tuesday 24 November" in answer.text


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
def test_taking_a_plan_and_undoing_it_gives_the_same_bytes(
    client: TestClient, calendar: bytes, answers: dict[str, str], tier: Tier, ends: bytes
) -> None:
    """Through hidden fields and back, whatever the line ends."""
    brought = calendar.replace(b"\r\n", ends)
    shown = client.post("/week", data=answers, files=_file(brought))
    hidden = _hidden(shown.text)
    form = [(name, (None, value)) for name, value in hidden.items()]
    changed = client.post("/take", files=[*form, ("take", (None, f"{tier}.ics"))])
    record = client.post("/take", files=[*form, ("take", (None, f"{tier}.json"))])

    assert changed.status_code == 200
    assert changed.headers["content-type"].startswith("text/calendar")
    assert changed.headers["content-disposition"].startswith("attachment")
    assert changed.content != brought
    assert json.loads(record.content)["plan_hash"] == hidden[f"hash-{tier}"]
    undo = [("undo", ("undo.json", record.content, "application/json"))]
    shown = client.post("/undo", files=[*_file(changed.content), *undo])
    assert shown.status_code == 200
    assert "Your calendar is as it was." in " ".join(_good(shown.text).texts)
    undone = _take_undone(client, shown.text)
    assert undone.headers["content-disposition"] == 'attachment; filename="clearway-undone.ics"'
    assert undone.content == brought


def test_a_stale_page_is_refused(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """Another plan than the one that was read is not written."""
    form = answers | {"kept": pack(calendar), "hash-holds": "sha256:0", "take": "holds.ics"}
    answer = client.post("/take", files=[(name, (None, value)) for name, value in form.items()])

    assert answer.status_code == 409
    assert "out of date" in " ".join(_good(answer.text).texts)


def _shown_at(moment: datetime, tier: str, calendar: bytes, answers: dict[str, str]) -> Any:
    """What taking a plan answers at a moment, from a page that was shown at NOW."""
    clock = [NOW]
    with TestClient(create_app(SMALL, now=lambda: clock[0])) as client:
        shown = client.post("/week", data=answers, files=_file(calendar)).text
        form = [(name, (None, value)) for name, value in _hidden(shown).items()]
        clock[0] = moment
        again = client.post("/week", files=form)
        assert _hidden(again.text)["now"] == moment.isoformat().replace("+00:00", "Z")
        return client.post("/take", files=[*form, ("take", (None, f"{tier}.ics"))])


@pytest.mark.parametrize(
    ("tier", "days", "status"),
    [("move", 1, 200), ("holds", 3, 200), ("move", 3.5, 409), ("holds", 5, 409), ("move", 9, 409)],
)
def test_a_page_that_was_left_open_changes_nothing_that_is_over_or_too_soon(
    calendar: bytes, answers: dict[str, str], tier: str, days: float, status: int
) -> None:
    """From Thursday at 9am on: meetings from 24 hours ahead, holds from the present moment."""
    answer = _shown_at(NOW + timedelta(days=days), tier, calendar, answers)

    assert answer.status_code == status
    if status == 409:
        said = "part of it is over or too soon by now, so plan again."
        assert said in " ".join(_good(answer.text).texts)


def test_the_moment_that_a_page_carries_is_not_trusted(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """A plan is not made from a moment that is none."""
    form = answers | {"kept": pack(calendar), "now": "never", "take": "holds.ics"}
    answer = client.post("/take", files=[(name, (None, value)) for name, value in form.items()])

    assert answer.status_code == 422
    assert "The page is out of date; please start again." in _good(answer.text).texts


def test_the_address_of_a_week_leads_back_to_the_first_page(client: TestClient) -> None:
    """It can be bookmarked, and nothing of it is kept."""
    answer = client.get("/week", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def _minutes(words: str) -> int:
    """`1 hour 30 minutes`, `−5 minutes` and the like as a number."""
    found = {unit: int(number) for number, unit in re.findall(r"(\d+) (hour|minute)", words)}
    sign = -1 if words.startswith("−") else 1
    return sign * (60 * found.get("hour", 0) + found.get("minute", 0))


def _at(moment: datetime, calendar: bytes, answers: dict[str, str]) -> Page:
    """The page of a diary, shown at a moment."""
    with TestClient(create_app(SMALL, now=lambda: moment)) as client:
        return _good(client.post("/week", data=answers, files=_file(calendar)).text)


@pytest.mark.parametrize(
    ("days", "over"),
    [
        (0, ""),
        (5, "1 of these days is over; nothing is planned for it."),
        (5.6, "1 of these days is over; nothing is planned for it."),
        (7, "3 of these days are over; nothing is planned for them."),
        (8, "4 of these days are over; nothing is planned for them."),
    ],
)
def test_the_figures_add_up_whatever_part_of_the_week_is_over(
    calendar: bytes, answers: dict[str, str], days: float, over: str
) -> None:
    """What is still to find now is what a plan regains and what it leaves."""
    page = _at(NOW + timedelta(days=days), calendar, answers | {"last": "2026-11-29"})
    cells = re.findall(
        r'<tr><th scope="row">(?:<a.*?</a>|Now)</th>(.*?)</tr>', page.html.partition("</table>")[0]
    )
    rows = [re.findall("<td>(.*?)</td>", row) for row in cells]
    now = _minutes(rows[0][3])

    assert len(rows) == 4
    assert now > 0
    assert [_minutes(row[0]) + _minutes(row[3]) for row in rows[1:]] == [now] * 3
    facts = [text for text in page.texts if text.endswith(" to find.") or " to find. " in text]
    told = [re.match(r"(.*?) to find\.", text) for text in facts]
    assert sum(_minutes(each[1]) for each in told if each and "still" not in each[1]) == now
    assert [text for text in page.texts if "planned for" in text] == [over] * bool(over)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (12, "These days are over, so nothing is planned for them."),
        (-80, "Plans look 6 weeks ahead, so nothing is planned for these days yet."),
    ],
)
def test_a_week_without_a_plan_has_no_proof(
    calendar: bytes, answers: dict[str, str], days: int, sentence: str
) -> None:
    """Nothing is claimed of days that nothing was tried for."""
    page = _at(NOW + timedelta(days=days), calendar, answers)
    text = " ".join(page.texts)

    assert page.texts.count(sentence) == 3
    assert f"Tuesday 24 November. {sentence}" in text
    for word in ("We proved", "Nothing stays to find", "all that your settings ask for"):
        assert word not in text


def test_a_page_that_was_cut_short_goes_back_to_the_questions(
    client: TestClient, calendar: bytes
) -> None:
    """Nothing is guessed about answers that did not arrive."""
    form = {"kept": pack(calendar), "take": "holds.ics"}
    answer = client.post("/take", files=[(name, (None, value)) for name, value in form.items()])

    assert answer.status_code == 422
    assert "There is a problem" in _good(answer.text).texts


def test_several_calendars_are_shown_as_one_and_not_taken(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """It is said why there is nothing to take."""
    files = [*_file(calendar, "a.ics"), *_file(EMPTY, "b.ics")]
    answer = client.post("/week", data=answers, files=files)

    page = _good(answer.text)
    assert "Bring one calendar file to take a changed copy of it." in page.texts
    assert [each for each in page.all("button") if each.get("name") == "take"] == []


def test_an_empty_diary_has_a_page_too(client: TestClient, answers: dict[str, str]) -> None:
    """Room for everything."""
    answer = client.post("/week", data=answers, files=_file(EMPTY))

    assert answer.status_code == 200
    _good(answer.text)


def test_nothing_to_do_is_said(client: TestClient, answers: dict[str, str]) -> None:
    """A weekend asks for nothing."""
    weekend = answers | {"first": "2026-11-21", "last": "2026-11-22"}
    answer = client.post("/week", data=weekend, files=_file(EMPTY))

    page = _good(answer.text)
    assert "There is nothing to change." in page.texts
    assert "Nothing stays to find." in page.texts


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"me": ""}, ["me"]),
        ({"first": "soon"}, ["first"]),
        ({"first": "0001-01-01", "last": "9999-12-31"}, ["first", "last"]),
        ({"last": "2026-11-22"}, ["last"]),
        ({"last": "2027-11-22"}, ["last"]),
        ({"me": "", "last": ""}, ["me", "last"]),
        ({"hours": "whenever"}, ["hours"]),
        ({"time_zone": "Mars"}, ["time_zone"]),
        ({"nation": "narnia"}, ["nation"]),
    ],
)
def test_answers_that_do_not_fit_are_linked_from_a_summary(
    client: TestClient,
    calendar: bytes,
    answers: dict[str, str],
    change: dict[str, str],
    fields: list[str],
) -> None:
    """The form keeps what was answered, the file too."""
    answer = client.post("/week", data=answers | change, files=_file(calendar))

    assert answer.status_code == 422
    page = _good(answer.text)
    assert [each["href"] for each in page.all("a") if each["href"].startswith("#")] == [
        "#main",
        *(f"#{name}" for name in fields),
    ]
    assert "There is a problem" in page.texts
    assert unpack(_hidden(answer.text)["kept"], 200_000) == calendar


def test_no_file_is_asked_for_again(client: TestClient, answers: dict[str, str]) -> None:
    """A form sent without one."""
    answer = client.post("/week", files=[(name, (None, value)) for name, value in answers.items()])

    assert answer.status_code == 422
    assert "Choose a calendar file." in _good(answer.text).texts


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"hello", 422), (b"\x00\xff" * 50, 422), (b"[1]", 422), (b"x" * 220_000, 413)],
)
def test_files_that_cannot_be_read(
    client: TestClient, answers: dict[str, str], content: bytes, status: int
) -> None:
    """One sentence, beside the question that it is about."""
    answer = client.post("/week", data=answers, files=_file(content))

    assert answer.status_code == status
    _good(answer.text)


def test_a_body_that_is_too_large_has_a_page(client: TestClient) -> None:
    """Even where no form can be shown again."""
    answer = client.post("/week", files=_file(b"x" * 900_000))

    assert answer.status_code == 413
    _good(answer.text)


@pytest.mark.parametrize("kept", ["%%%", "AAAA", pack(b"x" * 300_000), pack(b"x" * 50)[:-8]])
def test_hidden_fields_are_not_trusted(
    client: TestClient, answers: dict[str, str], kept: str
) -> None:
    """Damaged, or grown beyond the limit once unpacked."""
    form = answers | {"kept": kept, "take": "holds.ics"}
    for path in ("/week", "/take"):
        answer = client.post(path, files=[(name, (None, value)) for name, value in form.items()])
        assert answer.status_code == 422
        _good(answer.text)


@pytest.mark.parametrize("files", [[], _file(EMPTY)])
def test_undo_asks_for_both_files(client: TestClient, files: list[Any]) -> None:
    """And says which one is wanting."""
    form: list[Any] = [("x", (None, "y"))]
    answer = client.post("/undo", files=files or form)

    assert answer.status_code == 422
    _good(answer.text)


def test_undo_with_another_file_says_so(client: TestClient, calendar: bytes) -> None:
    """A record that Clearway did not write."""
    undo = [("undo", ("undo.json", b"{}", "application/json"))]
    answer = client.post("/undo", files=[*_file(calendar), *undo])

    assert answer.status_code == 422
    _good(answer.text)


def _taken(client: TestClient, calendar: bytes, answers: dict[str, str]) -> tuple[bytes, bytes]:
    """The changed diary and the undo file of the furthest plan."""
    shown = client.post("/week", data=answers, files=_file(calendar)).text
    form = [(name, (None, value)) for name, value in _hidden(shown).items()]
    changed, record = (
        client.post("/take", files=[*form, ("take", (None, f"move.{ending}"))]).content
        for ending in ("ics", "json")
    )
    return changed, record


def _undo(client: TestClient, changed: bytes, record: bytes) -> str:
    undo = [("undo", ("undo.json", record, "application/json"))]
    answer = client.post("/undo", files=[*_file(changed), *undo])
    assert answer.status_code == 200
    return answer.text


def test_undo_says_what_was_taken_back_what_was_left_alone_and_why(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """A hold that somebody moved since stays, and mail stays sent."""
    changed, record = _taken(client, calendar, answers)
    edits = json.loads(record)["edits"]
    hold = next(each["change"] for each in edits if each["change"]["kind"] == "hold.create")
    start = f"DTSTART:{re.sub('[-:]', '', hold['after']['start'])}".encode()
    assert changed.count(start) == 1
    edited = changed.replace(start, start[:-3] + b"01Z")
    html = _undo(client, edited, record)

    page = _good(html)
    text = " ".join(page.texts)
    said = hold["message"].partition(". ")[0].rstrip(".")
    assert f"{len(edits) - 1} changes taken back, and 1 left alone." in text
    assert f"{said}. Somebody has edited the event since." in page.texts
    assert page.texts.index("What was left alone, and why") < page.texts.index(
        "What was taken back"
    )
    assert "may have been told. Sent mail cannot be unsent." in text
    assert start[:-3] + b"01Z" in _take_undone(client, html).content


def test_undo_that_takes_nothing_back_says_so(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no file to take then."""
    edited = Skipped(Change(ChangeKind.HOLD_CREATE, None, None), "Somebody has edited it since.")
    undone = Undone(EMPTY, (), (edited,), sample.ZONE, whole=False)
    monkeypatch.setattr("app.services.undo.undo", lambda *_: undone)
    page = _good(_undo(client, EMPTY, b"{}"))

    assert "Nothing was undone, so your calendar is as you brought it." in page.texts
    assert "A new hold. Somebody has edited it since." in page.texts
    assert page.all("button") == []


def test_what_the_undone_page_carries_is_not_trusted(client: TestClient) -> None:
    """Damaged, or grown once unpacked."""
    for kept in ("%%%", pack(b"x" * 2_000_000)):
        answer = client.post("/undone", files={"kept": (None, kept)})
        assert answer.status_code == 422
        _good(answer.text)


def test_an_undone_json_diary_keeps_its_form(client: TestClient) -> None:
    """The same way for a diary that is a list."""
    answer = client.post("/undone", files={"kept": (None, pack(b"[]"))})

    assert answer.content == b"[]"
    assert answer.headers["content-disposition"] == 'attachment; filename="clearway-undone.json"'


def test_what_is_written_in_a_field_is_never_markup(
    client: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """Whatever somebody types, and whatever a file holds."""
    evil = '"><script>alert(1)</script>'
    answer = client.post("/week", data=answers | {"hours": evil}, files=_file(calendar))
    assert "<script" not in answer.text
    marked = calendar.replace(b"sample-2@", b"<script>@")
    answer = client.post("/week", data=answers, files=_file(marked))
    assert answer.status_code == 200
    assert "<script" not in answer.text


def test_the_page_is_small(client: TestClient) -> None:
    """Light on data: a full week with three plans, as it travels."""
    sizes = []
    for path in ("/sample", f"/static/{styles.style_name()}", "/static/icon.svg"):
        with client.stream("GET", path) as answer:
            assert answer.headers["content-encoding"] == "gzip"
            sizes.append(len(b"".join(answer.iter_raw())))
    assert sum(sizes) < 60_000


def test_browsers_keep_the_styles_until_they_change(client: TestClient) -> None:
    """Their name is that of their content, so no browser ever asks again for what it has."""
    page = client.get("/").text
    (path,) = re.findall(r'href="(/static/page-[0-9a-f]{12}\.css)"', page)
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "immutable" in plain.headers["cache-control"]
    assert "content-encoding" not in plain.headers and "Accept-Encoding" in plain.headers["vary"]
    assert plain.text == client.get(path, headers={"Accept-Encoding": "gzip"}).text
    assert client.get("/static/page-000000000000.css").status_code == 404


def test_the_styles_reach_out_to_nobody_and_their_lack_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come without fonts of elsewhere; without them the service says how to fetch them."""
    css = client.get(f"/static/{styles.style_name()}").text
    assert ".nhsuk-button" in css and "font-family:arial" in css
    assert "//" not in re.sub(r"/\*.*?\*/|data:[^)]*|xmlns=[^ ]*", "", css)
    monkeypatch.setattr(styles, "NHSUK", "not-fetched.css")
    with pytest.raises(SettingsError, match="make install"):
        create_app(SMALL)


def test_the_limit_follows_the_settings(calendar: bytes, answers: dict[str, str]) -> None:
    """An installation can read less."""
    with TestClient(create_app(Settings(max_bytes=1000), now=lambda: NOW)) as client:
        assert client.post("/week", data=answers, files=_file(calendar)).status_code == 413


def test_the_picture_of_the_readme_is_what_the_code_draws(root: Path) -> None:
    """`python -m app.web.readme docs/week.svg` draws it again."""
    from app.web.readme import NOW as THEN
    from app.web.readme import before_and_after

    assert (root / "docs" / "week.svg").read_text("utf-8") == before_and_after(THEN)


def test_holds_that_come_back_are_shown_where_nothing_else_is_planned(
    calendar: bytes, answers: dict[str, str]
) -> None:
    """Four weeks far ahead have a time to say thank you, and no figure is claimed of them."""
    far = answers | {"first": "2027-01-11", "last": "2027-02-07"}
    page = _at(NOW, calendar, far)
    text = " ".join(page.texts)

    assert "These days are more than 6 weeks ahead; there, plans place only what" in text
    assert "so nothing is planned" not in text and "There is nothing to change" not in text
    assert "Take this plan" in page.texts
    assert "We proved this" not in text
