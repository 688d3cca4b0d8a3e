"""However a server trickles, a call ends when its time is over, and is not made again."""

import ipaddress
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpcore
import httpx
import pytest

from connectors.errors import Unreachable
from connectors.feed import FeedDiary
from connectors.google import with_refresh_token
from connectors.transport import Door, PublicOnly
from tests.connectors.slow import LASTS, Slow
from tests.connectors.texts import NOVEMBER, at
from tests.fakes.played import Played

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
LONGEST = 0.5
OK = b"HTTP/1.1 200 OK\r\n"
HALF_A_HEADER = OK + b"X-Pad: "
LONG = OK + b"Content-Length: 999999\r\n\r\n"
SHORT = OK + b"Content-Length: 2\r\n\r\n{}"
MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /next.ics\r\n\r\n"


@contextmanager
def ends_in_time() -> Iterator[None]:
    """No answer comes, and the whole takes little more than it may: the server would go on."""
    begun = time.monotonic()
    with pytest.raises(Unreachable, match="does not answer"):
        yield
    assert time.monotonic() - begun < LONGEST + 2 < LASTS / 2


def send(url: str, method: str = "GET", body: bytes | None = None) -> None:
    with closing(Door(url, longest=LONGEST)) as door:
        door.send(method, "/events", body=body)


@pytest.mark.parametrize(
    ("at_once", "slowly"),
    [
        pytest.param((), b"", id="nothing"),
        pytest.param((), OK, id="status"),
        pytest.param((), b"HTTP/1.1 100 Continue\r\n\r\n", id="interim answers"),
        pytest.param((HALF_A_HEADER,), b"x", id="headers"),
        pytest.param((LONG,), b"x", id="body"),
        pytest.param((OK + b"Transfer-Encoding: chunked\r\n\r\n",), b"1\r\nx\r\n", id="chunks"),
    ],
)
def test_a_call_ends_however_the_answer_trickles(at_once: tuple[bytes, ...], slowly: bytes) -> None:
    with Slow(slowly, at_once=at_once) as slow:
        with ends_in_time():
            send(slow.url)
        assert slow.calls == 1, "what took too long would take too long again"


def test_a_connection_that_is_used_again_has_its_time_anew() -> None:
    with (
        Slow(b"x", at_once=[SHORT, SHORT, LONG]) as slow,
        closing(Door(slow.url, longest=LONGEST)) as door,
    ):
        for _ in range(2):
            assert door.send("GET", "/events").json() == {}
            time.sleep(LONGEST * 0.7)
        with ends_in_time():
            door.send("GET", "/events")
        assert slow.calls == 1


class Nowhere(httpcore.NetworkBackend):
    """A network in which each address is silent for a while."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: object
    ) -> httpcore.NetworkStream:
        time.sleep(min(timeout or LASTS, LONGEST / 2))
        raise httpcore.ConnectTimeout


def test_all_addresses_of_a_name_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(f"93.184.216.{number}" for number in range(40))
    monkeypatch.setattr("connectors.transport.addresses", lambda host, port: found)
    transport = httpx.HTTPTransport(verify=False)
    transport._pool._network_backend = Nowhere()
    door = Door("https://calendar.example", transport=transport, longest=LONGEST)
    with closing(door), ends_in_time():
        door.send("GET", "/events")


def test_greeting_by_tls_ends_in_time() -> None:
    with Slow(b"\x16\x03\x03\x40\x00") as slow, ends_in_time():
        send(f"https://{slow.authority}")


def test_sending_to_a_server_that_does_not_listen_ends_in_time() -> None:
    with Slow(b"", deaf=True) as slow, ends_in_time():
        send(slow.url, "PUT", b"x" * 30_000_000)


def test_the_way_through_a_proxy_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with Slow(b"x", at_once=[HALF_A_HEADER]) as slow:
        monkeypatch.setenv("HTTP_PROXY", slow.url)
        with ends_in_time():
            send("http://calendar.example")
        assert slow.calls == 1


def test_every_try_of_a_call_counts() -> None:
    """Two answers fit into its time; five would be tried."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        time.sleep(LONGEST * 0.7)
        return httpx.Response(503)

    door = Door(
        "https://calendar.example",
        transport=Played(answer),
        longest=LONGEST,
        pause=lambda seconds: None,
    )
    with closing(door), pytest.raises(Unreachable):
        door.send("GET", "/events")
    assert len(asked) == 2


@pytest.mark.parametrize(
    "at_once",
    [
        pytest.param((HALF_A_HEADER,), id="headers"),
        pytest.param((LONG,), id="body"),
        pytest.param((MOVED, MOVED, HALF_A_HEADER), id="redirects"),
    ],
)
def test_a_feed_ends_in_time(at_once: tuple[bytes, ...]) -> None:
    with Slow(b"x", at_once=at_once) as slow:
        diary = FeedDiary(
            f"{slow.url}/basic.ics",
            PublicOnly(LOOPBACK),
            lambda: at(2026, 11, 19, 9),
            longest=LONGEST,
        )
        with closing(diary), ends_in_time():
            diary.read(NOVEMBER)


def test_signing_in_at_google_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.google.auth.LONGEST", LONGEST)
    with Slow(b"x", at_once=[HALF_A_HEADER]) as slow, ends_in_time():
        with_refresh_token("r", client_id="c", client_secret="s", token_uri=slow.url)
