"""What is held about a leader: everything, and equal to the rows."""

import csv
import io
import json
import re
import zipfile

import pytest
from sqlalchemy import select, text

from app.people import held, leaders
from app.people.errors import NotAllowed
from app.people.history import What, page
from app.storage.columns import SealedBytes
from app.storage.tables import Base, Leader
from tests.people.conftest import identity
from tests.people.filling import BY_IDENTITY, MARKER, fill

SECRETS = {("connection", "credentials"), ("connection", "subscription")}


def raw(deployment, leader_id):
    """Every row of the leader by table, read without the code under test, sealed fields opened."""
    vault, found = deployment.database.vault, {}
    with deployment.database.transaction() as session:
        whose = session.get_one(Leader, leader_id).identity
        for table in Base.metadata.sorted_tables:
            columns = {"leader": "id"} | dict.fromkeys(BY_IDENTITY, "identity")
            column = columns.get(table.name, "leader_id")
            if column not in table.c:
                continue
            wanted = whose if table.name in BY_IDENTITY else leader_id
            query = select(table).where(table.c[column] == wanted)
            found[table.name] = [
                {each.name: opened(vault, each, row[each.name]) for each in table.c}
                for row in session.execute(query).mappings()
            ]
    return found


def opened(vault, column, value):
    if value is None or not isinstance(column.type, SealedBytes):
        return value if value is None or isinstance(value, str | int) else value.isoformat()
    if (column.table.name, column.name) in SECRETS:
        return held.KEPT_BACK
    return vault.open(value)


def as_sets(tables):
    """Rows in no order; an instant may be written with Z."""
    return {
        name: sorted(json.dumps(row, sort_keys=True).replace("+00:00", "Z") for row in rows)
        for name, rows in tables.items()
    }


def test_the_export_is_equal_to_the_rows(deployment, leader):
    other = leaders.join(deployment, identity(deployment, "other"))
    fill(deployment, leader.id)
    fill(deployment, other.id)
    found = held.export(deployment, leader.id).to_json()["tables"]
    assert as_sets(found) == as_sets(raw(deployment, leader.id))
    assert all(found.values()), "every table of a leader is filled"
    assert MARKER in json.dumps(found, ensure_ascii=False)


def test_what_would_open_a_calendar_is_said_to_be_held_and_not_handed_out(deployment, leader):
    fill(deployment, leader.id)
    [row] = held.look(deployment, leader.id).to_json()["tables"]["connection"]
    for _, name in SECRETS:
        assert row[name] == held.KEPT_BACK
    assert row["calendars"]["marker"] == MARKER


def test_the_tables_as_csv_say_the_same(deployment, leader):
    fill(deployment, leader.id)
    everything = held.export(deployment, leader.id)
    with zipfile.ZipFile(io.BytesIO(everything.to_zip())) as archive:
        files = {each: archive.read(each).decode() for each in archive.namelist()}
    assert files.keys() == {f"{each.name}.csv" for each in everything.tables}
    for table in everything.tables:
        rows = list(csv.DictReader(io.StringIO(files[f"{table.name}.csv"], newline="")))
        assert len(rows) == len(table.rows)
        for given, row in zip(table.rows, rows, strict=True):
            assert {name: cell(value) for name, value in given.items()} == row


def cell(value):
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, dict | list | bool) else str(value)


def test_that_data_was_taken_along_stands_in_the_history_and_in_the_data(deployment, leader):
    held.look(deployment, leader.id)
    assert [each.what for each in page(deployment, leader.id).entries] == [What.JOINED]
    found = held.export(deployment, leader.id).to_json()["tables"]["history"]
    assert [each["what"] for each in found] == ["joined", "data-exported"]


def test_of_who_is_no_leader_nothing_is_held(deployment, leader):
    leaders.forget(deployment, leader.id)
    for ask in (held.look, held.export):
        with pytest.raises(NotAllowed):
            ask(deployment, leader.id)


_FORBIDDEN = re.compile(
    r"title|summary|subject|body|description|note|comment|text|name|address|mail\b|email|location"
    r"|place|room|attendee|participant|invitee|organi[sz]er|join_?url|link|phone|response"
)


def test_no_column_can_hold_what_a_meeting_is_about_or_who_comes(database):
    """`identity`, `label` and `mails` are a fingerprint, sealed, and a count."""
    with database.engine.connect() as connection:
        found = _columns(connection)
    declared = {(t.name, c.name) for t in Base.metadata.sorted_tables for c in t.c}
    assert declared <= found
    assert not [each for each in sorted(found) if _FORBIDDEN.search(" ".join(each))]


def _columns(connection):
    if connection.dialect.name == "sqlite":
        query = (
            "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"
            " WHERE t.type = 'table'"
        )
    else:
        query = (
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
    return {(table, column) for table, column in connection.execute(text(query))}


def test_every_value_without_a_fixed_form_is_sealed():
    """Free text could only be in a long or boundless column that is not sealed."""
    for table in Base.metadata.sorted_tables:
        for column in table.c:
            length = getattr(column.type, "length", None)
            if str(column.type).startswith(("VARCHAR", "TEXT", "CLOB")):
                assert length is not None and length <= 100, f"{table.name}.{column.name}"
