"""The same storage on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from app import clock
from app.storage import leases, mailboxes
from app.storage.database import Database, DatabaseError, now, open_database
from app.storage.migrations import is_current, migrate
from app.storage.tables import Base, Leader, Mailbox
from app.storage.vault import Vault, VaultError, new_key

_SPRING = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def a_row(database: Database, name: str, identity: str = "") -> Leader:
    return Leader(
        id=name,
        identity=identity or name,
        joined_at=_SPRING,
        settings=database.vault.seal({}),
        mode="observe",
        mode_since=_SPRING,
    )


def take(database: Database, worker: str) -> leases.Lease:
    with database.transaction() as session:
        lease = leases.take(session, "one", worker)
    assert lease is not None
    return lease


def a_leader(database: Database) -> None:
    with database.transaction() as session:
        session.add(a_row(database, "one"))
        session.flush()
        session.add(Mailbox(leader_id="one", poll_at=_SPRING))


def fail_half_way(database: Database) -> None:
    with database.transaction() as session:
        session.add(a_row(database, "half"))
        session.flush()
        raise RuntimeError


def test_the_migrations_make_the_tables_that_the_code_declares(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert is_current(database)


def test_migrating_twice_changes_nothing(database):
    before = database.fingerprints().of("event", "1")
    migrate(database)
    assert database.fingerprints().of("event", "1") == before


def test_a_database_that_was_never_set_up_says_so(database_url):
    opened = open_database(database_url, Vault([new_key()]))
    assert not is_current(opened)
    opened.close()


@pytest.mark.parametrize("address", ["mysql://x/y", "clearway.db", "", "postgresql"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(DatabaseError, match="address such as"):
        open_database(address, Vault([new_key()]))


@pytest.mark.parametrize(
    "zone", [UTC, ZoneInfo("Europe/London"), timezone(timedelta(hours=-3, minutes=-30))]
)
def test_an_instant_comes_back_as_it_went_in(database, zone):
    a_leader(database)
    moment = _SPRING.astimezone(zone) + timedelta(microseconds=123456)
    with database.transaction() as session:
        session.get_one(Leader, "one").paused_until = moment
    with database.transaction() as session:
        found = session.get_one(Leader, "one").paused_until
        assert found == moment
        assert found.tzinfo is UTC
        assert session.scalars(select(Leader).where(Leader.paused_until == moment)).one()


def test_an_instant_without_a_zone_is_refused(database):
    a_leader(database)
    with pytest.raises(StatementError, match="time zone"), database.transaction() as session:
        session.get_one(Leader, "one").paused_until = datetime(2026, 11, 23, 9)  # noqa: DTZ001


def test_the_database_has_a_clock(database):
    with database.transaction() as session:
        first = now(session)
        assert first.tzinfo is UTC
        assert abs(first - clock.now()) < timedelta(minutes=1)
        assert now(session) >= first


def test_half_a_transaction_is_none(database):
    with pytest.raises(RuntimeError):
        fail_half_way(database)
    with database.transaction() as session:
        assert session.get(Leader, "half") is None


def test_one_identity_is_one_leader(database):
    a_leader(database)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(a_row(database, "two", identity="one"))


def test_a_value_is_sealed_and_opened_by_the_keys_that_it_was_sealed_with():
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal({"id": "ümläut 🙂 \ud800"})
    both = Vault([new, old])
    assert both.open(sealed) == {"id": "ümläut 🙂 \ud800"}
    with pytest.raises(VaultError, match="a key that is not here"):
        Vault([new]).open(sealed)
    assert Vault([new]).open(both.reseal(sealed)) == {"id": "ümläut 🙂 \ud800"}


@pytest.mark.parametrize("keys", [[], ["short"], ["ü" * 44]])
def test_what_is_no_key_is_refused(keys):
    with pytest.raises(VaultError):
        Vault(keys)


def test_a_fingerprint_tells_purposes_and_parts_apart(database):
    of = database.fingerprints().of
    assert of("event", "a", "b") == of("event", "a", "b")
    assert len({of("event", "a", "b"), of("event", "ab"), of("event", "b", "a"), of("x", "a")}) == 4


def test_one_worker_at_a_time_has_the_lease(database):
    a_leader(database)
    first = take(database, "worker-1")
    with database.transaction() as session:
        assert leases.take(session, "one", "worker-2") is None
    with database.transaction() as session:
        assert leases.release(session, first)
    second = take(database, "worker-2")
    assert second.fence > first.fence
    assert second.attempts == 1


def test_a_job_that_comes_while_somebody_works_leaves_the_queue(database):
    """Whoever works looks again before the end; what is asked for after that is a new job."""
    a_leader(database)
    lease = take(database, "worker-1")
    with database.transaction() as session:
        assert mailboxes.claim(session, "one")
        assert not mailboxes.claim(session, "one"), "it waits already"
    with database.transaction() as session:
        assert leases.take(session, "one", "worker-2") is None
    with database.transaction() as session:
        assert leases.release(session, lease)
        assert mailboxes.claim(session, "one")


def test_a_lease_that_was_slept_through_is_lost(database, monkeypatch):
    a_leader(database)
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=-1))
    sleeper = take(database, "worker-1")
    with pytest.raises(leases.LostLease), database.transaction() as session:
        leases.check(session, sleeper)
    monkeypatch.undo()
    successor = take(database, "worker-2")
    assert successor.attempts == 2
    for attempt in (leases.check, leases.keep, leases.release, leases.clear_dirty):
        with pytest.raises(leases.LostLease), database.transaction() as session:
            attempt(session, sleeper)
    with database.transaction() as session:
        leases.check(session, successor)


def test_news_during_the_work_keeps_the_lease_until_it_is_looked_at(database):
    a_leader(database)
    with database.transaction() as session:
        leases.mark_dirty(session, "one")
    lease = take(database, "worker-1")
    with database.transaction() as session:
        leases.clear_dirty(session, lease)
    with database.transaction() as session:
        leases.mark_dirty(session, "one")
    with database.transaction() as session:
        assert not leases.release(session, lease)
        leases.clear_dirty(session, lease)
        assert leases.release(session, lease)
