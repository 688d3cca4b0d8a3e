"""Every request to a calendar is counted once, by provider and by how it ended."""

from typing import Any

import httpx
import pytest

from app import metrics
from app.connecting.connections import Provider
from app.connecting.counting import Ending, counted, ending
from connectors.transport import Counted, Paced, PublicOnly, new_client
from rules.interval import Interval
from tests.connecting.steps import connect_google, opened


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (None, Ending.SILENT),
        (200, Ending.DONE),
        (304, Ending.DONE),
        (412, Ending.REFUSED),
        (429, Ending.BUSY),
        (503, Ending.BUSY),
        (500, Ending.FAILED),
    ],
)
def test_how_a_request_ended(status, word):
    assert ending(status) is word


def calls(provider: Provider, outcome: Ending) -> float:
    name = f'clearway_provider_calls_total{{outcome="{outcome}",provider="{provider}"}} '
    lines = metrics.exposition().decode().splitlines()
    return sum(float(each.removeprefix(name)) for each in lines if each.startswith(name))


def test_an_answer_and_its_want_are_told_once():
    told: list[int | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/silent":
            raise httpx.ReadTimeout("late")
        return httpx.Response(404)

    way = Paced(lambda: None, Counted(told.append, httpx.MockTransport(answer)))
    with new_client(way) as client:
        client.get("http://calendar.example/")
        with pytest.raises(httpx.ReadTimeout):
            client.get("http://calendar.example/silent")
    assert told == [404, None]


def test_what_is_counted_ends_in_time_all_the_same():
    """The network below every layer of ours is the one that keeps to `until`."""
    plain: Any = new_client()._transport
    guarded = type(plain._pool._network_backend)
    for way in (
        PublicOnly((), counted(Provider.FEED)),
        Paced(lambda: None, counted(Provider.GOOGLE)),
    ):
        new_client(way).close()
        sends: Any = way.inner
        assert type(sends.inner._pool._network_backend) is guarded


def test_reading_a_calendar_is_counted(workspace, leader, google):
    connect_google(workspace, leader)
    before = calls(Provider.GOOGLE, Ending.DONE)
    diary = opened(workspace, leader)
    now = workspace.now()
    diary.read(Interval(now, now.replace(hour=23)))
    diary.close()
    assert calls(Provider.GOOGLE, Ending.DONE) > before
