"""What a database says when it cannot, as one sentence that says what to do.

Its own words are left out: they can hold values and addresses.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from app.storage.database import DatabaseError

_SQLITE: Mapping[int, str] = {
    3: "The database file may not be used by this user; see who owns it.",
    5: "The database is busy; see whether another program holds it, and try again.",
    8: "The database can only be read; see who owns its file, and whether the disk is read-only.",
    10: "The disk of the database does not work or has no room; see its messages.",
    11: "The database file is damaged; move it away and restore a backup.",
    13: "There is no room left for the database; make some, and start again.",
    14: "The database file cannot be opened; see whether its folder is there and who owns it.",
    26: "The file at the database's address is no database; see CLEARWAY_DATABASE.",
}
"""By the primary result code of SQLite."""
_POSTGRESQL: Mapping[str, str] = {
    "25006": "The database can only be read; name the primary server in CLEARWAY_DATABASE.",
    "28": "The database refuses the user or password in CLEARWAY_DATABASE.",
    "3D": "There is no such database; make it with createdb, then run `clearway migrate`.",
    "42501": "The user in CLEARWAY_DATABASE may not do this; let it own the tables and schema.",
    "42P01": "The database has not its newest form; run `clearway migrate`.",
    "42703": "The database has not its newest form; run `clearway migrate`.",
    "53100": "There is no room left for the database; make some, and start again.",
    "53300": "The database has no connection left; raise max_connections there.",
}
"""By SQLSTATE, or its class."""
_NO_TABLE = "no such"
_AWAY = "The database does not answer; see whether it runs and whether CLEARWAY_DATABASE is right."


@contextmanager
def explaining() -> Iterator[None]:
    """Raise DatabaseError, with one sentence, for whatever the database refuses in this block."""
    try:
        yield
    except DBAPIError as error:
        raise DatabaseError(_sentence(error.orig)) from error
    except sqlite3.Error as error:
        raise DatabaseError(_sentence(error)) from error


def _sentence(error: BaseException | None) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        old = code & 0xFF == 1 and _NO_TABLE in str(error)
        return _POSTGRESQL["42P01"] if old else _SQLITE.get(code & 0xFF, _AWAY)
    state = str(getattr(error, "sqlstate", None) or "")
    return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]) or _AWAY
