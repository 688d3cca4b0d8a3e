"""Where requests go, with what, and what becomes of answers that nobody should send."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.caldav import CalDavDiary, Password, connect
from connectors.caldav.account import MOST_CALENDARS, MOST_HOMES
from connectors.caldav.wire import (
    MOST_LISTED,
    MOST_NODES,
    MOVED,
    NOT_PLAIN,
    SignIn,
    Wire,
    joined,
)
from connectors.errors import (
    BadAnswer,
    ConnectorError,
    NotPossible,
    PermissionMissing,
    SignInNeeded,
    Throttled,
    TooLarge,
    Unreachable,
)
from connectors.transport import FixedToken
from tests.contract.words import WEEK
from tests.fakes.serving import Served
from tests.servers.fixtures import PASSWORD, CalDavServer

LOOPBACK = (ip_network("127.0.0.0/8"),)
SIGN_IN = Password("leader", "secret")
Answers = Callable[[Request], Response]
Serve = Callable[[Answers], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a little server that answers everything by one function; its address."""
    with ExitStack() as stack:

        def start(answers: Answers) -> str:
            async def endpoint(request: Request) -> Response:
                return answers(request)

            methods = ["GET", "OPTIONS", "PROPFIND", "REPORT", "PUT"]
            app = Starlette(routes=[Route("/{path:path}", endpoint, methods=methods)])
            return stack.enter_context(Served(app)).url

        yield start


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Makes wires that are closed in the end."""
    with ExitStack() as stack:

        def make(url: str, sign_in: SignIn = SIGN_IN, **more: Any) -> Wire:
            chosen: dict[str, Any] = {"private": LOOPBACK, "pause": lambda seconds: None}
            made = Wire(url, sign_in, **(chosen | more))
            stack.callback(made.close)
            return made

        yield make


def _sent_to(target: str, request: Request) -> Response:
    return Response(status_code=302, headers={"Location": target})


def _seen(log: list[str | None], answer: Response) -> Answers:
    def answers(request: Request) -> Response:
        log.append(request.headers.get("Authorization"))
        return answer

    return answers


def test_a_password_and_a_token_go_along(serve: Serve, wire: Callable[..., Wire]) -> None:
    log: list[str | None] = []
    url = serve(_seen(log, Response("ok")))
    wire(url).send("GET", url)
    wire(url, sign_in=FixedToken("abc")).send("GET", url)
    assert log == ["Basic bGVhZGVyOnNlY3JldA==", "Bearer abc"]
    assert "secret" not in repr(SIGN_IN) and "leader" not in repr(SIGN_IN)


def test_credentials_stay_on_their_host(serve: Serve, wire: Callable[..., Wire]) -> None:
    """A redirect to another host or port is followed without them."""
    log: list[str | None] = []
    there = serve(_seen(log, Response("ok")))
    here = serve(lambda request: Response(status_code=307, headers={"Location": f"{there}/x"}))
    url, answer = wire(here).send("PROPFIND", here)
    assert (url, answer.status, log) == (f"{there}/x", 200, [None])


def test_a_host_that_then_asks_to_sign_in_is_named_as_moved(
    serve: Serve, wire: Callable[..., Wire]
) -> None:
    there = serve(lambda request: Response(status_code=401))
    here = serve(lambda request: Response(status_code=301, headers={"Location": there}))
    with pytest.raises(NotPossible, match=MOVED):
        wire(here).send("PROPFIND", here)


def test_a_redirect_on_the_same_host_keeps_them(serve: Serve, wire: Callable[..., Wire]) -> None:
    log: list[str | None] = []

    def answers(request: Request) -> Response:
        log.append(request.headers.get("Authorization"))
        if request.url.path == "/old":
            return Response(status_code=301, headers={"Location": "/new"})
        return Response("ok")

    url = serve(answers)
    assert wire(url).send("REPORT", f"{url}/old")[1].status == 200
    assert len(log) == 2 and None not in log


def test_a_redirect_into_the_house_is_not_followed(serve: Serve, wire: Callable[..., Wire]) -> None:
    for target in ("http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]:1/"):
        url = serve(partial(_sent_to, target))
        with pytest.raises(NotPossible, match="inside a network"):
            wire(url).send("PROPFIND", url)


def test_private_networks_are_closed_unless_they_are_opened(serve: Serve) -> None:
    url = serve(lambda request: Response("ok"))
    with pytest.raises(NotPossible, match="https"):
        connect(url, SIGN_IN)
    with pytest.raises(NotPossible, match="inside a network"):
        connect(url.replace("http://", "https://"), SIGN_IN)
    assert "https" in NOT_PLAIN and "CLEARWAY_PRIVATE_NETWORKS" in NOT_PLAIN
    with pytest.raises(NotPossible, match="not an address"):
        connect("foo", SIGN_IN)


def test_a_write_is_never_redirected(serve: Serve, wire: Callable[..., Wire]) -> None:
    url = serve(lambda request: Response(status_code=307, headers={"Location": "/elsewhere"}))
    with pytest.raises(NotPossible, match=MOVED):
        wire(url).send("PUT", url, b"text")


@pytest.mark.parametrize("location", ["/again", "", "ftp://files.example/", "http://"])
def test_redirects_without_an_end_or_a_sense_are_refused(
    serve: Serve, wire: Callable[..., Wire], location: str
) -> None:
    url = serve(lambda request: Response(status_code=302, headers={"Location": location}))
    with pytest.raises(BadAnswer):
        wire(url).send("PROPFIND", url)


def test_only_a_safe_host_is_trusted(wire: Callable[..., Wire]) -> None:
    """What an answer names gets the password by https only."""
    log: dict[str, str | None] = {}

    class Inner(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            name = f"{request.url.scheme} {request.headers['Host']}"
            log[name] = request.headers.get("Authorization")
            return httpx.Response(200, stream=httpx.ByteStream(b""))

    here = "https://192.0.2.1"
    made = wire(here, transport=Inner(), private=(ip_network("192.0.2.0/24"),))
    for url in ("https://192.0.2.2/", "http://192.0.2.3/"):
        made.send("GET", url)
        made.trust(url)
        made.send("GET", url)
    assert log["https 192.0.2.2"] is not None
    assert log["http 192.0.2.3"] is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, SignInNeeded),
        (403, PermissionMissing),
        (404, NotPossible),
        (429, Throttled),
        (500, Unreachable),
        (503, Unreachable),
    ],
)
def test_what_a_server_refuses_has_one_name(
    serve: Serve, status: int, error: type[ConnectorError]
) -> None:
    url = serve(lambda request: Response("no", status_code=status, headers={"Retry-After": "1"}))
    waited: list[float] = []
    with pytest.raises(error) as refused:
        connect(url, SIGN_IN, private=LOOPBACK, pause=waited.append)
    if error is Throttled:
        assert refused.value.after == 1.0  # type: ignore[attr-defined]  # as Throttled has it
        assert waited == [1.0] * 4


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        connect("http://127.0.0.1:9", SIGN_IN, private=LOOPBACK, pause=lambda seconds: None)


PRINCIPAL = """<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response>
<D:href>/</D:href><D:propstat><D:prop>
<D:current-user-principal><D:href>/me/</D:href></D:current-user-principal>
<C:calendar-home-set><D:href>/me/</D:href></C:calendar-home-set>
<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>
</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"""


def _multistatus(inside: str) -> bytes:
    spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    return f"<D:multistatus {spaces}><D:response>{inside}</D:response></D:multistatus>".encode()


SECRET = "Private affair"
DATA = f"<D:prop><C:calendar-data>{SECRET}</C:calendar-data></D:prop>"
FULL = "<D:propstat><D:prop/><D:status>HTTP/1.1 507 Full</D:status></D:propstat>"
FINE = f"<D:propstat>{DATA}<D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
SENSELESS = {
    "nothing": b"",
    "words": b"not XML",
    "half": b"<unfinished",
    "no address": _multistatus(""),
    "no room": _multistatus(f"<D:href>/a</D:href>{FULL}"),
    "a broken address": _multistatus("<D:href>http://[</D:href>"),
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    "no calendar": _multistatus(f"<D:href>/me/x.ics</D:href>{FINE}<D:new>{SECRET}</D:new>"),
}


@pytest.mark.parametrize("body", SENSELESS.values(), ids=SENSELESS)
def test_an_answer_that_makes_no_sense_is_refused_or_counted(
    serve: Serve, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Never a traceback, and nothing of it in a message or a log."""
    caplog.set_level(0)

    def answers(request: Request) -> Response:
        text = body if request.method == "REPORT" else PRINCIPAL.encode()
        return Response(text, status_code=207, media_type="application/xml")

    told = ""
    diary = connect(serve(answers), SIGN_IN, private=LOOPBACK)
    try:
        reading = diary.read(WEEK)
        told = repr(reading)
        assert not reading.occurrences
        assert reading.left_out == (1 if SECRET.encode() in body else 0)
    except BadAnswer as refused:
        told = str(refused)
    finally:
        diary.close()
    assert told and SECRET not in told + caplog.text and "secret" not in caplog.text


def test_an_address_that_xandikos_does_not_have_reads_no_other(xandikos: CalDavServer) -> None:
    """It answers 207 with a 404 inside."""
    sign_in = Password("leader", PASSWORD)
    for path in ("/leader/nosuch/", "/leader/calendars/nosuch/", "/leader/inbox/"):
        with pytest.raises(NotPossible, match="no calendar at this address"):
            connect(xandikos.url + path, sign_in, private=LOOPBACK)
    for path in ("/", "/leader/", "/leader/calendars/"):
        connect(xandikos.url + path, sign_in, private=LOOPBACK).close()


def test_a_host_that_vouches_for_itself_gets_no_password(wire: Callable[..., Wire]) -> None:
    """Reached by a redirect, it names itself as the home of the calendars."""
    made = wire("https://192.0.2.1", private=(ip_network("192.0.2.0/24"),))
    with pytest.raises(NotPossible, match="another host"):
        made.trust("https://192.0.2.2/h/", said_by="https://192.0.2.2/p/")
    made.trust("https://192.0.2.2/h/", said_by="https://192.0.2.1/p/")


@pytest.mark.parametrize("href", ["https://[", "//["])
def test_a_reference_that_is_none_is_a_bad_answer(href: str) -> None:
    with pytest.raises(BadAnswer):
        joined("https://192.0.2.1/", href)


def test_no_redirect_leads_from_https_to_http(wire: Callable[..., Wire]) -> None:
    asked: list[str] = []

    class Inner(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.url.scheme)
            there = {"Location": "http://192.0.2.1/plain/"}
            return httpx.Response(302, headers=there, stream=httpx.ByteStream(b""))

    made = wire("https://192.0.2.1", transport=Inner(), private=(ip_network("192.0.2.0/24"),))
    with pytest.raises(BadAnswer, match="not encrypted"):
        made.send("PROPFIND", "https://192.0.2.1/")
    assert asked == ["https"]


# -- answers that cost too much -----------------------------------------------------------------


def _answering(text: str, count: list[str] | None = None) -> Answers:
    def answers(request: Request) -> Response:
        if count is not None:
            count.append(request.url.path)
        return Response(text, status_code=207, media_type="application/xml")

    return answers


TEN = f"<a {' '.join(f'{name}=__' for name in 'bcdefghij')}/>".replace("__", "''")


@pytest.mark.parametrize(
    ("part", "nodes"), [("<a/>", 1), ("<!---->", 1), ("<?a?>", 1), ("<a></a>", 1), (TEN, 10)]
)
def test_an_answer_of_too_many_parts_is_refused_before_it_is_a_tree(
    serve: Serve, part: str, nodes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr("connectors.caldav.wire.DAVResponse", lambda *_: made.append(1))
    url = serve(_answering(f"<x>{part * (MOST_NODES // nodes + 1)}</x>"))
    with pytest.raises(TooLarge, match="parts"):
        connect(url, SIGN_IN, private=LOOPBACK)
    assert not made


def test_only_what_holds_events_may_be_long(serve: Serve, wire: Callable[..., Wire]) -> None:
    url = serve(_answering("x" * (MOST_LISTED + 1)))
    assert len(wire(url).send("REPORT", url)[1].content) == MOST_LISTED + 1
    for method in ("PROPFIND", "OPTIONS"):
        with pytest.raises(TooLarge):
            wire(url).send(method, url)


def _account(homes: int, calendars: int) -> str:
    """An account at `/` with so many homes, each with so many calendars."""
    home = "".join(f"<D:href>/h{number}/</D:href>" for number in range(homes))
    kind = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
    status = "<D:status>HTTP/1.1 200 OK</D:status>"
    me = "<D:current-user-principal><D:href>/</D:href></D:current-user-principal>"
    props = f"<D:prop>{me}<C:calendar-home-set>{home}</C:calendar-home-set>{kind}</D:prop>"
    found = "".join(
        f"<D:response><D:href>/c{number}/</D:href><D:propstat>{props}{status}</D:propstat></D:response>"
        for number in range(calendars)
    )
    spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    return f"<D:multistatus {spaces}>{found}</D:multistatus>"


@pytest.mark.parametrize(
    ("homes", "calendars", "most"), [(MOST_HOMES + 1, 1, 3), (1, MOST_CALENDARS + 1, 5)]
)
def test_an_account_with_too_much_is_refused_at_once(
    serve: Serve, homes: int, calendars: int, most: int
) -> None:
    asked: list[str] = []
    url = serve(_answering(_account(homes, calendars), asked))
    with pytest.raises(TooLarge, match="more calendars"):
        connect(url, SIGN_IN, private=LOOPBACK)
    assert len(asked) <= most


def test_a_usual_account_is_not_too_much(serve: Serve) -> None:
    url = serve(_answering(_account(MOST_HOMES, MOST_CALENDARS)))
    with closing(connect(url, SIGN_IN, private=LOOPBACK)) as diary:
        assert len(diary.calendars()) == MOST_CALENDARS


@pytest.fixture
def slowing(serve: Serve) -> tuple[str, list[str]]:
    """An account on a server that takes its time for each request once the list is not empty."""
    asked: list[str] = []

    def answers(request: Request) -> Response:
        if asked:
            asked.append(request.url.path)
            time.sleep(0.3)
        return _answering(_account(4, 40))(request)

    return serve(answers), asked


def test_all_requests_of_connecting_end_in_time(
    slowing: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.caldav.diary.LONGEST_CONNECT", 0.5)
    url, asked = slowing
    asked.append("slowly")
    with _in_time(asked):
        connect(url, SIGN_IN, private=LOOPBACK)


@pytest.mark.parametrize("ask", [CalDavDiary.read, CalDavDiary.sync])
def test_all_requests_of_reading_end_in_time(
    slowing: tuple[str, list[str]], ask: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.caldav.diary.LONGEST_READ", 0.5)
    url, asked = slowing
    names = [f"c{number}" for number in range(40)]
    with closing(connect(url, SIGN_IN, private=LOOPBACK, calendars=names)) as diary:
        asked.append("slowly")
        with _in_time(asked):
            ask(diary, WEEK)


@contextmanager
def _in_time(asked: list[str]) -> Iterator[None]:
    """It ends soon, after very few requests, each of which would have had an answer."""
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        yield
    assert time.monotonic() - begun < 1.5 and len(asked) < 5
