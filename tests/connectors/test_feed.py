"""Published calendars: asked for rarely, never written, never from inside the house."""

import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connectors.errors import (
    BadAnswer,
    EventGone,
    NotPossible,
    PermissionMissing,
    TooLarge,
    Unreachable,
    Unreadable,
)
from connectors.feed import FeedDiary, web_address
from connectors.icalendar import Limits, Options
from connectors.transport import PublicOnly
from tests.connectors.texts import NOVEMBER, at, calendar, event
from tests.fakes.played import Played
from tests.fakes.serving import Served

ADDRESS = "https://calendar.example/secret-1234/basic.ics"
MINE = calendar(event("DURATION:PT1H"))
LATER = at(2026, 11, 19, 10)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.time = at(2026, 11, 19, 9)

    def __call__(self) -> datetime:
        return self.time


def feed(
    answer: Callable[[httpx.Request], httpx.Response],
    clock: Clock | None = None,
    address: str = ADDRESS,
) -> FeedDiary:
    return FeedDiary(address, Played(answer), clock or Clock())


def test_a_feed_is_read_and_says_as_of_when() -> None:
    diary = feed(lambda _: httpx.Response(200, content=MINE))
    reading = diary.read(NOVEMBER)
    assert [one.id for one in reading.occurrences] == ["one@example"]
    assert reading.as_of == at(2026, 11, 19, 9) and not reading.warnings
    assert diary.get("one@example").span.minutes == 60
    with pytest.raises(EventGone):
        diary.get("two@example")


def test_it_is_asked_again_only_after_a_while_and_only_for_what_is_new() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.headers.get("If-None-Match") == '"v1"':
            return httpx.Response(304)
        modified = "Thu, 19 Nov 2026 08:00:00 GMT"
        return httpx.Response(
            200, content=MINE, headers={"ETag": '"v1"', "Last-Modified": modified}
        )

    clock = Clock()
    diary = feed(answer, clock)
    diary.read(NOVEMBER)
    clock.time += timedelta(minutes=4)
    assert diary.read(NOVEMBER).as_of == at(2026, 11, 19, 9)
    assert len(asked) == 1
    clock.time = LATER
    reading = diary.read(NOVEMBER)
    assert (len(asked), reading.as_of, len(reading.occurrences)) == (2, LATER, 1)
    assert asked[1].headers["If-Modified-Since"] == "Thu, 19 Nov 2026 08:00:00 GMT"
    again = FeedDiary(ADDRESS, Played(answer), clock, copy=diary.copy)
    assert again.read(NOVEMBER) == reading and len(asked) == 2


def test_a_silent_server_leaves_the_last_copy_with_a_warning() -> None:
    answers = iter([httpx.Response(200, content=MINE), httpx.Response(503)])
    clock = Clock()
    diary = feed(lambda _: next(answers), clock)
    diary.read(NOVEMBER)
    clock.time = LATER
    reading = diary.read(NOVEMBER)
    assert len(reading.occurrences) == 1 and reading.as_of == at(2026, 11, 19, 9)
    assert reading.warnings == (
        "The calendar's server does not answer; this is as of 19 November 2026, 09:00 UTC.",
    )


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (401, PermissionMissing),
        (403, PermissionMissing),
        (404, EventGone),
        (410, EventGone),
        (500, Unreachable),
        (304, Unreachable),
    ],
)
def test_without_a_copy_each_refusal_is_said(status: int, raised: type[Exception]) -> None:
    with pytest.raises(raised) as error:
        feed(lambda _: httpx.Response(status)).read(NOVEMBER)
    assert "secret" not in str(error.value) and "any more" not in str(error.value)


def test_what_is_no_calendar_is_said_in_a_sentence_that_makes_sense() -> None:
    with pytest.raises(Unreadable, match=r"^What is published there is not a calendar: it is "):
        feed(lambda _: httpx.Response(200, content=b"hello")).read(NOVEMBER)


def test_no_more_than_the_limit_is_fetched() -> None:
    diary = FeedDiary(
        ADDRESS,
        Played(lambda _: httpx.Response(200, content=b"x" * 2000)),
        Clock(),
        Options(limits=Limits(max_bytes=1000)),
    )
    with pytest.raises(TooLarge):
        diary.read(NOVEMBER)


@pytest.mark.parametrize(
    "address",
    ["ftp://calendar.example/a.ics", "calendar.example", "file:///etc/passwd", "https://", ""],
)
def test_what_is_no_address_of_a_calendar_is_refused(address: str) -> None:
    with pytest.raises(NotPossible):
        web_address(address)


def test_an_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(NotPossible) as error:
        web_address("https://me:hunter2@calendar.example/a.ics")
    assert "hunter2" not in str(error.value)


def test_webcal_means_https() -> None:
    assert str(web_address("webcal://calendar.example/a.ics")) == "https://calendar.example/a.ics"


@pytest.mark.parametrize(
    ("location", "raised"),
    [
        ("http://calendar.example/plain.ics", BadAnswer),
        ("ftp://calendar.example/a.ics", BadAnswer),
        (ADDRESS, BadAnswer),
    ],
)
def test_redirects_that_lead_astray_are_not_followed(
    location: str, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        feed(lambda _: httpx.Response(302, headers={"Location": location})).read(NOVEMBER)


def test_a_redirect_to_the_inside_is_not_followed_over_real_http() -> None:
    """The first server is allowed; the address it leads on to is not."""
    asked: list[str] = []

    def lead(request: Request) -> Response:
        asked.append(request.url.path)
        if request.url.path == "/direct.ics":
            return Response(MINE, media_type="text/calendar")
        target = {"/moved.ics": "/direct.ics"}.get(request.url.path, "http://127.9.9.9/x.ics")
        return RedirectResponse(target, 302)

    app = Starlette(routes=[Route("/{path:path}", lead)])
    allowed = [ipaddress.ip_network("127.0.0.1/32")]
    with Served(app) as served:
        moved = FeedDiary(f"{served.url}/moved.ics", PublicOnly(allowed), Clock())
        assert len(moved.read(NOVEMBER).occurrences) == 1
        moved.close()
        inside = FeedDiary(f"{served.url}/inside.ics", PublicOnly(allowed), Clock())
        with pytest.raises(NotPossible, match="inside a network"):
            inside.read(NOVEMBER)
        inside.close()
        direct = FeedDiary(f"{served.url}/direct.ics", PublicOnly(), Clock())
        with pytest.raises(NotPossible):
            direct.read(NOVEMBER)
        direct.close()
    assert asked == ["/moved.ics", "/direct.ics", "/inside.ics"]


def test_a_feed_cannot_be_written() -> None:
    """Not at run time either; that a type checker refuses it is tested in test_types.py."""
    assert not hasattr(FeedDiary, "make") and not FeedDiary.abilities
