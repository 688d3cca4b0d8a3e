"""Whatever happens, a line of the log has its fields and nothing from a calendar."""

import json
import logging
import re
import subprocess
import sys
from enum import StrEnum
from typing import TextIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import logs
from app.logs import Event, Outcome
from app.problems import note

MARKER = "Marker: Redundancy talk with Ann"
_LIBRARIES = ("httpx", "msal", "caldav", "dbos", "sqlalchemy.engine", "uvicorn.error", "somebody")


class _State(StrEnum):
    APPLIED = "applied"


def _lines(written) -> list[dict]:
    text = written.getvalue()
    assert MARKER not in text and "Marker" not in text
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_is_an_event_with_its_fields(log):
    with log() as written, logs.about(request="0f" * 8, role=_State.APPLIED):
        logs.note(Event.PLAN, plan="a" * 32, state=_State.APPLIED, outcome=Outcome.DONE, count=3)
        logs.note(Event.REQUEST, method="GET", route="/v1/plans/{plan_id}", status=200, seconds=0.5)
    plan, request = _lines(written)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", plan.pop("time"))
    assert plan == {
        "level": "info",
        "event": "plan",
        "version": plan["version"],
        "request": "0f" * 8,
        "role": "applied",
        "plan": "a" * 32,
        "state": "applied",
        "outcome": "done",
        "count": 3,
    }
    assert (request["route"], request["status"]) == ("/v1/plans/{plan_id}", 200)


def test_the_context_ends_with_its_block(log):
    with log() as written:
        with logs.about(leader="b" * 32):
            logs.note(Event.SYNC)
        logs.note(Event.SYNC)
    assert [line.get("leader") for line in _lines(written)] == ["b" * 32, None]


_fields = st.dictionaries(
    st.sampled_from([*logs.Fields.__annotations__, "title", "message", "error", "place"]),
    st.one_of(
        st.just(MARKER),
        st.just(MARKER.replace(" ", "-")),
        st.just(["Marker"]),
        st.just({"Marker": MARKER}),
        st.just(ValueError(MARKER)),
        st.integers(),
        st.floats(),
        st.none(),
        st.booleans(),
    ),
)


@given(fields=_fields)
def test_a_value_of_another_type_is_left_out(fields):
    record = logging.makeLogRecord({"msg": MARKER, "event": Event.SYNC, "fields": fields})
    line = logs.Lines().format(record)
    assert "Marker" not in line and "\n" not in line
    assert json.loads(line)["event"] == "sync"


@given(
    name=st.sampled_from((*_LIBRARIES, "app.life", "connectors.graph", MARKER)),
    level=st.sampled_from((10, 20, 30, 40, 50, 35)),
    kind=st.sampled_from((ValueError, OSError, KeyError, RuntimeError, UnicodeError)),
    cause=st.booleans(),
)
def test_no_words_of_anybody_reach_a_line(name, level, kind, cause):
    try:
        try:
            raise KeyError(MARKER)
        except KeyError as first:
            raise kind(MARKER) from (first if cause else None)
    except Exception as error:  # noqa: BLE001 # what is tested
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord(name, level, MARKER, 1, f"{MARKER} %s", (MARKER,), info, MARKER)
    record.title = MARKER
    line = json.loads(logs.Lines().format(record))
    assert "Marker" not in json.dumps(line)
    assert (line["event"], line["error"]) == ("other", kind.__name__)
    assert line["place"].startswith("tests.ops.test_logs.")


_THROWING = """
import asyncio, logging, sys, threading, warnings
from app.config import Settings
from app.logs import set_up
from app.problems import note

MARKER = sys.argv[1]
set_up(Settings())

def fail():
    raise ValueError(MARKER)

class Bad:
    def __del__(self):
        raise ValueError(MARKER)
    def __str__(self):
        raise ValueError(MARKER)

async def forget():
    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)

try:
    fail()
except ValueError as error:
    note(error)
    logging.getLogger("connectors").exception("%s", MARKER)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
asyncio.run(forget())
logging.getLogger("app").warning("%s %s", Bad(), MARKER)
logging.getLogger("app").warning("%d", MARKER)
warnings.warn(MARKER)
for name in sys.argv[2:]:
    logging.getLogger(name).warning(MARKER)
    logging.getLogger(name).info("GET https://%s/", MARKER)
fail()
"""


def test_whatever_is_thrown_is_told_by_its_class_and_place():
    ran = subprocess.run(
        [sys.executable, "-c", _THROWING, MARKER, *_LIBRARIES],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr == "" and "Marker" not in ran.stdout
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    thrown = [line for line in lines if line.get("error") == "ValueError"]
    # by hand, with a traceback, in a thread, in a loop, while an object goes, at the very end
    assert len(thrown) == 6
    assert {line["place"].partition(":")[0] for line in thrown} >= {"__main__.fail"}
    assert not [line for line in lines if line.get("logger") in ("httpx", "dbos", "msal")]
    assert [line for line in lines if line.get("logger") == "somebody"]


def test_errors_of_the_database_show_no_values(database, log):
    with log() as written:
        for statement in ("select :value from nowhere", "select 1 where nothing = :value"):
            with pytest.raises(DBAPIError) as failed, database.transaction() as session:
                session.execute(text(statement), {"value": MARKER})
            assert MARKER not in str(failed.value)
            note(failed.value)
    assert len(_lines(written)) == 2


def test_a_broken_output_does_not_print_the_record(log, capfd):
    class Full:
        def write(self, _: str) -> None:
            raise OSError(28, MARKER)

        def flush(self) -> None:
            pass

    with log():
        sys.stdout = cast(TextIO, Full())
        logs.note(Event.SYNC)
    assert "".join(capfd.readouterr()) == ""
