"""The door to servers: what is tried again, what is never, and where it does not go."""

import gzip
import ipaddress
import socket
from collections.abc import Callable, Sequence

import httpx
import pytest

from connectors.errors import (
    BadAnswer,
    NotPossible,
    SignInNeeded,
    Throttled,
    TooLarge,
    Unreachable,
)
from connectors.transport import Door, FixedToken, PublicOnly
from tests.fakes.played import Played

BASE = "https://calendar.example/v1"


class Server:
    """Answers in turn with what it was told to, an exception where there is none."""

    def __init__(self, *answers: int | httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer) if isinstance(answer, int) else answer

    def door(self, **more: object) -> Door:
        return Door(
            BASE,
            transport=Played(self),
            pause=self.waited.append,
            **more,  # type: ignore[arg-type]  # by name
        )


def busy(status: int, after: str) -> httpx.Response:
    return httpx.Response(status, headers={"Retry-After": after})


def test_a_busy_server_is_left_alone_as_long_as_it_asks() -> None:
    server = Server(busy(429, "2.128"), busy(503, "7"), 200)
    assert server.door().send("GET", "/events").status == 200
    assert server.waited == [2.128, 7.0]


def test_a_date_to_wait_for_is_read_by_the_servers_own_clock() -> None:
    headers = {
        "Retry-After": "Thu, 19 Nov 2026 09:00:30 GMT",
        "Date": "Thu, 19 Nov 2026 09:00:00 GMT",
    }
    server = Server(httpx.Response(429, headers=headers), 200)
    server.door().send("GET", "/events")
    assert server.waited == [30.0]


def test_a_wait_that_is_too_long_is_the_callers_to_do() -> None:
    server = Server(busy(429, "3600"))
    with pytest.raises(Throttled) as raised:
        server.door().send("GET", "/events")
    assert raised.value.after == 3600
    assert not server.waited


@pytest.mark.parametrize("fault", [503, httpx.ReadTimeout("slow"), httpx.ReadError("cut")])
def test_what_may_have_been_done_is_not_done_again(fault: int | Exception) -> None:
    server = Server(fault, 200)
    with pytest.raises(Unreachable):
        server.door().send("POST", "/events", body={})
    assert len(server.asked) == 1
    server = Server(fault, 200)
    assert server.door().send("POST", "/events", body={}, twice=True).status == 200


@pytest.mark.parametrize("nothing_done", [429, httpx.ConnectError("refused")])
def test_what_was_surely_not_done_is_tried_again(nothing_done: int | Exception) -> None:
    server = Server(nothing_done, 201)
    assert server.door().send("POST", "/events", body={}).status == 201


def test_it_gives_up_in_the_end() -> None:
    server = Server(*[503] * 20)
    with pytest.raises(Unreachable, match="does not answer"):
        server.door().send("GET", "/events")
    assert 2 <= len(server.asked) <= 6


def test_a_wrong_name_and_a_closed_door_are_told_apart() -> None:
    waited: list[float] = []
    for found, sentence in (
        (socket.gaierror(socket.EAI_NONAME, "no such name"), "name is not known"),
        (ConnectionRefusedError(), "Nothing answers"),
    ):
        nobody = httpx.ConnectError("no way")
        nobody.__cause__ = found
        server = Server(*[nobody] * 9)
        with pytest.raises(Unreachable, match=sentence):
            server.door().send("GET", "/events")
        waited.append(len(server.waited))
    assert waited[0] == 0 < waited[1], "a name that is not there will not come"


def test_a_first_sign_in_is_not_said_to_have_worked_before() -> None:
    for token in (None, FixedToken("x")):
        with pytest.raises(SignInNeeded, match="does not accept this sign-in"):
            Server(401, 401).door(token=token).send("GET", "/events")


@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 410, 412, 501])
def test_any_other_answer_is_the_callers_to_read(status: int) -> None:
    assert Server(status).door().send("PATCH", "/events/1", body={}).status == status


class Renewed:
    """A token source whose first token has expired."""

    def __init__(self) -> None:
        self.fresh: list[bool] = []

    def __call__(self, *, fresh: bool = False) -> str:
        self.fresh.append(fresh)
        return "new" if fresh else "old"


def test_an_expired_token_is_renewed_once() -> None:
    token = Renewed()
    server = Server(401, 200)
    assert server.door(token=token).send("POST", "/events", body={}).status == 200
    sent = [request.headers["Authorization"] for request in server.asked]
    assert sent == ["Bearer old", "Bearer new"]


def test_a_token_that_stays_refused_asks_for_a_person() -> None:
    with pytest.raises(SignInNeeded):
        Server(401, 401).door(token=Renewed()).send("GET", "/events")
    with pytest.raises(SignInNeeded):
        Server(401).door(token=FixedToken("x")).send("GET", "/events")


@pytest.mark.parametrize("token", ["two\nlines", "“quoted”", "zero\x00"])
def test_a_token_that_cannot_be_one_is_not_sent(token: str) -> None:
    server = Server(200)
    with pytest.raises(SignInNeeded, match="mistyped"):
        server.door(token=FixedToken(token)).send("GET", "/events")
    assert not server.asked


def test_a_token_that_expires_on_the_last_try_is_renewed_all_the_same() -> None:
    server = Server(503, 503, 503, 503, 401, 200)
    assert server.door(token=Renewed()).send("GET", "/events").status == 200


def test_links_are_followed_only_on_the_same_server() -> None:
    server = Server(200)
    server.door().send("GET", "https://calendar.example/v1/events?page=2")
    assert str(server.asked[0].url) == "https://calendar.example/v1/events?page=2"
    for link in ("https://evil.example/v1/events", "http://calendar.example:8080/"):
        with pytest.raises(BadAnswer):
            Server().door(token=FixedToken("x")).send("GET", link)


def test_no_more_than_the_limit_is_read() -> None:
    server = Server(httpx.Response(200, content=b"x" * 1001))
    with pytest.raises(TooLarge, match="more than 1,000 bytes"):
        server.door(most_bytes=1000).send("GET", "/events")


def test_an_answer_that_is_no_json_is_said_so() -> None:
    with pytest.raises(BadAnswer):
        Server(httpx.Response(200, content=b"<html>")).door().send("GET", "/").json()


def packed(layers: int) -> bytes:
    content = b"0" * 3_000_000
    for _ in range(layers):
        content = gzip.compress(content)
    return content


def _packed_answer(encoding: str, layers: int) -> httpx.Response:
    stream = httpx.ByteStream(packed(layers))
    return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=stream)


def test_one_packing_is_undone_and_counted_as_it_comes_out() -> None:
    server = Server()
    server.answers = [_packed_answer("gzip", 1), _packed_answer("gzip", 1)]
    assert server.door().send("GET", "/events").content == b"0" * 3_000_000
    with pytest.raises(TooLarge):
        server.door(most_bytes=1_000_000).send("GET", "/events")


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate", "gzip,gzip,gzip"])
def test_packings_inside_packings_are_refused_unopened(encoding: str) -> None:
    """300 bytes of them may hold gigabytes."""
    server = Server()
    server.answers = [_packed_answer(encoding, 2)]
    with pytest.raises(BadAnswer):
        server.door().send("GET", "/events")


def test_what_is_not_what_it_says_is_a_bad_answer() -> None:
    server = Server()
    server.answers = [_packed_answer("gzip", 0)]
    with pytest.raises(BadAnswer):
        server.door().send("GET", "/events")


@pytest.mark.parametrize(
    ("told", "waited"), [("0", [0.5]), ("-5", [0.5]), ("nan", None), ("inf", None), ("1e23", None)]
)
def test_absurd_waits_are_not_believed(told: str, waited: list[float] | None) -> None:
    server = Server(busy(429, told), 200)
    if told == "1e23":
        with pytest.raises(Throttled) as raised:
            server.door().send("GET", "/events")
        assert raised.value.after == 86_400
        return
    server.door().send("GET", "/events")
    assert server.waited == waited if waited else 0 < server.waited[0] <= 1


@pytest.mark.parametrize(
    "link",
    [
        "http://calendar.example/v1/events",
        "https://me:pw@calendar.example/v1/events",
        "https://calendar.example/v1/../admin",
        "me/../../admin",
        "https://calendar.example/v1/\x00",
        "https://calendar.example/v1/\ud800",
        "https://[",
    ],
)
def test_a_token_goes_nowhere_a_link_should_not_lead(link: str) -> None:
    server = Server(200)
    with pytest.raises(BadAnswer):
        server.door(token=FixedToken("x")).send("GET", link)
    assert not server.asked


# -- where it does not go -----------------------------------------------------------------------


def resolving(*found: str) -> Callable[[str, int], Sequence[str]]:
    return lambda host, port: found


PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "224.0.0.1", "::"),
    # IPv4 addresses in the clothes of IPv6, and networks that are nobody's
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "::7f00:1", "::ffff:0:7f00:1"),
    *("fec0::1", "5f00::1", "1000::1", "3fff::1", "192.88.99.1", "192.0.0.8"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_inside_the_house_are_refused(address: str) -> None:
    guard = PublicOnly(inner=Played(Server()), resolve=resolving(address))
    with (
        httpx.Client(transport=guard) as client,
        pytest.raises(NotPossible, match="CLEARWAY_PRIVATE_NETWORKS"),
    ):
        client.get("https://calendar.example/")


def test_one_address_inside_among_others_is_enough() -> None:
    guard = PublicOnly(inner=Played(Server()), resolve=resolving("93.184.216.34", "10.0.0.1"))
    with httpx.Client(transport=guard) as client, pytest.raises(NotPossible):
        client.get("https://calendar.example/")


def test_the_address_that_was_looked_at_is_the_one_that_is_called() -> None:
    server = Server(200)
    guard = PublicOnly(inner=Played(server), resolve=resolving("93.184.216.34"))
    with httpx.Client(transport=guard) as client:
        client.get("https://calendar.example/feed.ics")
    (asked,) = server.asked
    assert asked.url.host == "93.184.216.34"
    assert asked.headers["Host"] == "calendar.example"
    assert asked.extensions["sni_hostname"] == "calendar.example"


def test_a_network_that_the_installation_allows_is_called() -> None:
    server = Server(200)
    guard = PublicOnly(
        [ipaddress.ip_network("10.0.0.0/8")],
        inner=Played(server),
        resolve=resolving("10.1.2.3"),
    )
    with httpx.Client(transport=guard) as client:
        assert client.get("https://caldav.trust.example/").status_code == 200


def test_a_password_goes_unencrypted_only_inside_the_house() -> None:
    allowed = [ipaddress.ip_network("10.0.0.0/8")]
    for address, sent in (("10.1.2.3", 1), ("93.184.216.34", 0)):
        server = Server(200)
        guard = PublicOnly(allowed, inner=Played(server), resolve=resolving(address))
        with httpx.Client(transport=guard, auth=("me", "pw")) as client:
            if sent:
                client.get("http://caldav.example/")
            else:
                with pytest.raises(NotPossible):
                    client.get("http://caldav.example/")
        assert len(server.asked) == sent
