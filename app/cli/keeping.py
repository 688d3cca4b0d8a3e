"""Commands that look after what is kept: `migrate`, `keys`, `backup` and `restore`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from app import clock
from app.cli.options import json_option
from app.cli.output import write
from app.config import Settings, read_settings
from app.services.errors import BadInput
from rules.words import say_count

if TYPE_CHECKING:
    from app.storage.database import Database

_ID = re.compile(r"[0-9a-f]{32}")


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring the database to the newest form of its tables.

    Run it before a new version starts; the old version can go on working meanwhile. With --json
    it writes {"done": […]}, the steps in words.

    \b
    Example:
      clearway migrate
    """
    from app.deployment import open_fingerprints
    from app.jobs import engine
    from app.storage.migrations import migrate as bring

    with _database() as (settings, database):
        done = bring(database)
        engine.set_up(database)
        open_fingerprints(settings, database)
    sentences = [f"Done: {each}." for each in done]
    report({"done": list(done)}, sentences or ["The database has its newest form."], as_json)


@click.group()
def keys() -> None:
    """Make keys, and seal everything again with a new one. Both take --json.

    \b
    Example:
      clearway keys new
    """


@keys.command("new")
@json_option
def new(as_json: bool) -> None:
    """Write a new key.

    Put it first in CLEARWAY_KEYS and keep the others behind it, separated by spaces. Without it
    nobody can read what is sealed, so keep a copy away from the database and its backups.

    \b
    Example:
      clearway keys new
    """
    from app.storage.vault import new_key

    key = new_key()
    report({"key": key}, [key], as_json)


@keys.command("rotate")
@json_option
def rotate(as_json: bool) -> None:
    """Seal everything again with the first key.

    Every process has to be started with that key first: nobody else can read what it seals. So
    nothing is done while a worker is at work that was started with another first key.

    The service goes on working. Interrupted, it is simply run again. With --json it writes, for
    each table, its rows and how many were sealed again.

    \b
    Example:
      clearway keys rotate
    """
    from app.deployment import open_fingerprints
    from app.storage.rotation import rotate as seal_again

    with _database() as (settings, database):
        open_fingerprints(settings, database)
        _check_workers(database)
        done = seal_again(database)
    counts = {
        name: {"rows": each.rows, "sealed_again": each.sealed_again} for name, each in done.items()
    }
    again, rows = (
        sum(each[field] for each in counts.values()) for field in ("sealed_again", "rows")
    )
    told = (
        f"Sealed again: {again} of {say_count(rows, 'row')}. The first key opens all of them now."
    )
    report({"tables": counts}, [told], as_json)


def _check_workers(database: "Database") -> None:
    """Raise BadInput while a worker runs that could not read what is sealed now."""
    from app.health import SEEN
    from app.storage import mailboxes

    with database.transaction() as session:
        others = mailboxes.workers_by_other_keys(session, SEEN, database.vault.newest)
    if others:
        raise BadInput(
            f"{say_count(others, 'worker')} started with another first key; "
            "put the new one first for every process, start them again, and wait a minute."
        )


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--days",
    type=click.IntRange(1, 35),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="Where FILE is a folder, remove backups in it that are older.",
)
@json_option
def backup(file: str, days: int, as_json: bool) -> None:
    """Copy the database into one sealed file while the service runs.

    FILE is a new file, or a folder (new where it ends in /), in which the backup is named by its
    time. Keys are not part of it: without those in use now, nobody can read it.

    \b
    Example:
      clearway backup /var/backups/clearway
    """
    from datetime import timedelta

    from app.storage.backup_files import backup_target, write_backup

    with _database() as (_, database):
        target = backup_target(file)
        made = write_backup(database, target, clock.now(), timedelta(days=days))
    removed = [str(each) for each in made.removed]
    sentences = [f"The backup is {made.path} ({made.size:,} bytes)."]
    sentences += [f"Removed {each}." for each in removed]
    report({"file": str(made.path), "bytes": made.size, "removed": removed}, sentences, as_json)


@click.command()
@click.argument("file", type=click.File("rb"), metavar="FILE")
@click.option(
    "--departed",
    type=click.File("r", encoding="utf-8", errors="replace"),
    metavar="LOG",
    help="Log lines of the service since the backup, where the old database is lost.",
)
@click.option("--force", is_flag=True, help="Replace a database that holds leaders.")
@json_option
def restore(file: BinaryIO, departed: Any, force: bool, as_json: bool) -> None:
    """Put a backup in the place of what the database holds.

    Stop the service and its workers first. Leaders who left after the backup was made are deleted
    again: the old database knows them, or else the log does. Everybody signs in again.

    \b
    Example:
      clearway restore /var/backups/clearway/clearway-20261122T020000Z.backup --force
    """
    from app.storage.backup import restore as bring_back

    left = [] if departed is None else _read_departed(departed)
    with _database() as (_, database):
        done = bring_back(database, file, clock.now(), departed=left, replace=force)
    made_at = done.made_at.isoformat().replace("+00:00", "Z")
    sentences = [
        f"The database is as it was at {made_at}, with {say_count(done.leaders, 'leader')}."
    ]
    if done.departed:
        sentences.append(f"Not brought back, having left since: {done.departed}.")
    if done.looked_at:
        sentences.append(
            "Only looked at, until they say how far Clearway may go: "
            f"{say_count(done.looked_at, 'leader')}."
        )
    shape = {
        "made_at": made_at,
        "leaders": done.leaders,
        "departed": done.departed,
        "looked_at": done.looked_at,
    }
    report(shape, sentences, as_json)


def _read_departed(lines: Any) -> list[str]:
    """The leaders who left, as log lines tell it; other lines are passed over."""
    found = []
    for line in lines:
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and told.get("event") == "leader.left":
            found.append(str(told.get("leader")))
    if wrong := [each for each in found if not _ID.fullmatch(each)]:
        raise BadInput(f"{len(wrong)} lines of the log name no leader; give it as it was written.")
    return found


@contextmanager
def _database() -> "Iterator[tuple[Settings, Database]]":
    """The installation's database; whatever goes wrong with it is one sentence."""
    from app.deployment import find_database, plainly

    settings = read_settings()
    database = find_database(settings)
    try:
        with plainly():
            yield settings, database
    finally:
        database.close()


def report(shape: dict[str, Any], sentences: list[str], as_json: bool) -> None:
    if as_json:
        write(json.dumps(shape, indent=2, ensure_ascii=False) + "\n")
    else:
        write("".join(f"{each}\n" for each in sentences))
