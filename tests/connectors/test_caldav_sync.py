"""Whether anything changed is told for one request, whatever the server makes of a token."""

import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from connectors.errors import Throttled, Unreachable
from rules.event import Kind
from tests.connectors.caldav import connected
from tests.contract.stages.caldav import CalDavStage
from tests.contract.words import DAY, HOUR, NINE, STAMP, WEEK, create, meeting, span
from tests.servers.fixtures import XML
from tests.servers.transports import Changing, Counting


@pytest.fixture(params=["radicale", "xandikos"])
def stage(request: pytest.FixtureRequest) -> CalDavStage:
    """A new calendar on each server."""
    return CalDavStage(request.getfixturevalue(request.param), request.addfinalizer)


def test_a_quiet_calendar_costs_one_request_and_a_changed_one_two(stage: CalDavStage) -> None:
    uid = stage.plant(meeting())
    counting = Counting()
    with connected(stage, transport=counting) as diary:
        state = diary.sync(WEEK).state
        asked = len(counting.methods)
        assert diary.sync(WEEK, state).reading is None
        assert counting.methods[asked:] == ["REPORT"]
        stage.retime(uid, span(NINE + HOUR))
        asked = len(counting.methods)
        assert diary.sync(WEEK, state).reading is not None
        assert len(counting.methods) - asked <= 3


def test_a_change_outside_the_window_changes_nothing_in_it(stage: CalDavStage) -> None:
    stage.plant(meeting())
    state = stage.diary.sync(WEEK).state
    stage.plant(meeting(NINE + 60 * DAY))
    synced = stage.diary.sync(WEEK, state)
    assert synced.reading is None and synced.state.token != state.token
    assert stage.diary.sync(WEEK, synced.state).reading is None


def test_a_token_that_the_server_does_not_know_means_reading_all(stage: CalDavStage) -> None:
    """Radicale answers 403 as RFC 6578 has it, Xandikos 412."""
    uid = stage.plant(meeting())
    state = stage.diary.sync(WEEK).state
    kept = json.loads(state.token)
    for token in ("http://example.invalid/never-issued", "0" * 40):
        kept["places"] = dict.fromkeys(kept["places"], f"sync:{token}")
        kept["digest"] = "of another day"
        synced = stage.diary.sync(WEEK, replace(state, token=json.dumps(kept)))
        assert synced.reading is not None
        assert [one.uid for one in synced.reading.occurrences] == [uid]
        assert stage.diary.sync(WEEK, synced.state).reading is None


def test_the_servers_do_refuse_an_unknown_token(stage: CalDavStage) -> None:
    body = (
        '<D:sync-collection xmlns:D="DAV:"><D:sync-token>http://example.invalid/x</D:sync-token>'
        "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
    answer = stage.client.request("REPORT", stage.path, content=body, headers={**XML, "Depth": "1"})
    assert answer.status_code == {"radicale": 403, "xandikos": 412}[stage.name]


def _without(*words: bytes) -> Callable[[str, bytes], bytes]:
    def tell(method: str, body: bytes) -> bytes:
        for word in words:
            body = body.replace(word, b"unknown")
        return body

    return tell


@pytest.mark.parametrize("lacking", [(b"sync-collection",), (b"sync-collection", b"getctag")])
def test_servers_without_tokens_are_compared_by_ctag_or_etags(
    stage: CalDavStage, lacking: tuple[bytes, ...]
) -> None:
    with connected(stage, transport=Changing(tell=_without(*lacking))) as diary:
        state = diary.sync(WEEK).state
        assert diary.sync(WEEK, state).reading is None
        uid = stage.plant(meeting())
        synced = diary.sync(WEEK, state)
        assert synced.reading is not None
        assert [one.uid for one in synced.reading.occurrences] == [uid]
        assert diary.sync(WEEK, synced.state).reading is None


def test_a_server_that_lists_everything_anew_has_not_changed_it_all(stage: CalDavStage) -> None:
    """As iCloud does after it dropped a token: the texts tell."""

    def ask(method: str, body: bytes) -> bytes:
        head, tag, rest = body.partition(b"<D:sync-token>")
        return head + tag + rest[rest.index(b"<") :] if tag else body

    stage.plant(meeting())
    with connected(stage, transport=Changing(ask=ask)) as diary:
        state = diary.sync(WEEK).state
        assert diary.sync(WEEK, state).reading is None
        diary.make(create(Kind.GAP, span(NINE + HOUR, 10)), key="k", stamp=STAMP)
        assert diary.sync(WEEK, state).reading is not None


def test_an_answer_that_makes_no_sense_means_reading_all(stage: CalDavStage) -> None:
    stage.plant(meeting())
    broken: list[bool] = []

    def tell(method: str, body: bytes) -> bytes:
        return (
            b"<unfinished"
            if broken and b"getetag" in body and b"calendar-data" not in body
            else body
        )

    with connected(stage, transport=Changing(tell=tell)) as diary:
        state = diary.sync(WEEK).state
        stage.plant(meeting(NINE + DAY))
        broken.append(True)
        synced = diary.sync(WEEK, state)
        assert synced.reading is not None and len(synced.reading.occurrences) == 2


def test_a_silent_server_is_not_taken_for_a_quiet_one(stage: CalDavStage) -> None:
    stage.plant(meeting())

    state = stage.diary.sync(WEEK).state
    silent: list[bool] = []

    def ask(method: str, body: bytes) -> bytes:
        if silent:
            raise httpx.ReadTimeout("silent")
        return body

    with connected(stage, transport=Changing(ask=ask)) as diary:
        silent.append(True)
        with pytest.raises(Unreachable) as failed:
            diary.sync(WEEK, state)
    assert not isinstance(failed.value, Throttled)
