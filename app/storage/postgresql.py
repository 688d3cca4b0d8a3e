"""PostgreSQL's own programs, for backups. The password reaches them by the environment only."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from subprocess import DEVNULL
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy.engine import URL

from app.storage.database import DatabaseError

_PIECE = 1 << 20
_DUMP, _READ, _CARRY_OUT = "pg_dump", "pg_restore", "psql"


def dump(url: URL, tables: Sequence[str]) -> Iterator[bytes]:
    """These tables as `pg_dump` writes them (custom format), at one moment. Raises DatabaseError."""
    chosen = [f'--table="{each}"' for each in tables]
    options = ["--format=custom", "--no-owner", "--no-privileges", *chosen, _name(url)]
    # a file without a name: nobody else can open it, and it goes with this process
    with TemporaryFile() as written:
        _run(_DUMP, options, url, output=written)
        written.seek(0)
        while piece := written.read(_PIECE):
            yield piece


def load(url: URL, dumped: Iterable[bytes], statements: Iterable[str]) -> None:
    """Put dumped tables in the place of those that are there and carry out the statements.

    All in one transaction: where anything fails, the database stays as it was. Raises
    DatabaseError.
    """
    reading = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--file=-"]
    carrying_out = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    with TemporaryFile() as dump_file, TemporaryFile() as script:
        dump_file.writelines(dumped)
        dump_file.seek(0)
        _run(_READ, reading, url, given=dump_file, output=script)
        script.seek(0, os.SEEK_END)
        # a dump begins by emptying it, so that no name in it means something else
        again = "reset search_path"
        script.write("".join(f"{each};\n" for each in (again, *statements)).encode())
        script.seek(0)
        _run(_CARRY_OUT, [*carrying_out, "--file=-", _name(url)], url, given=script)


def _run(
    program: str,
    options: Sequence[str],
    url: URL,
    *,
    given: IO[bytes] | None = None,
    output: IO[bytes] | None = None,
) -> None:
    path = shutil.which(program)
    if path is None:
        raise DatabaseError(
            f"The program {program} is missing; install PostgreSQL's client programs."
        )
    with TemporaryFile() as told:
        done = subprocess.run(  # noqa: S603 # found on the path, with options of our own
            [path, *options],
            stdin=given or DEVNULL,
            stdout=output or DEVNULL,
            stderr=told,
            env=_environment(url),
            check=False,
        )
        if done.returncode:
            raise DatabaseError(_reason(program, told))


def _environment(url: URL) -> Mapping[str, str]:
    secret = url.query.get("password", url.password)
    password = {"PGPASSWORD": str(secret)} if secret else {}
    # its messages are looked at below
    return {**os.environ, **password, "LC_ALL": "C"}


def _name(url: URL) -> str:
    query = {name: value for name, value in url.query.items() if name != "password"}
    open_part = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, query
    )
    return f"--dbname={open_part.render_as_string(hide_password=False)}"


def _reason(program: str, told: IO[bytes]) -> str:
    """One sentence; the program's own words could hold values."""
    told.seek(0)
    text = told.read().decode("utf-8", "replace")
    if "version mismatch" in text or "unsupported version" in text:
        return f"The program {program} is older than the server; install the server's version."
    if "permission denied" in text or "must be owner" in text:
        return "The user in CLEARWAY_DATABASE may not do this; let it own the tables and schema."
    return f"The program {program} could not finish; see whether the database runs and has room."
