"""A database is brought to its newest form, once, whoever asks."""

from concurrent.futures import ThreadPoolExecutor

from app.storage.database import open_database
from app.storage.migrations import is_current, migrate
from app.storage.vault import Vault, new_key

STEPS = [
    "0001 The first tables",
    "0002 By which key a worker seals, and whether a calendar's meetings can be changed",
    "0003 What a delegate calls a diary, to tell several apart",
    "0004 Weekly mail, and figures of weeks",
]


def test_migrating_says_what_it_did_and_then_nothing(clearway, database_url, monkeypatch):
    monkeypatch.setenv("CLEARWAY_DATABASE", database_url)
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    assert clearway("migrate", "--json").json == {"done": STEPS}
    assert clearway("migrate", "--json").json == {"done": []}
    assert clearway("migrate").out == "The database has its newest form.\n"


def test_several_that_migrate_at_once_do_it_once(database_url):
    key = new_key()

    def work(_: int) -> tuple[tuple[str, ...], str]:
        database = open_database(database_url, Vault([key]))
        done = migrate(database)
        assert is_current(database)
        told = database.fingerprints().of("event", "1")
        database.close()
        return done, told

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(4)))
    assert sorted(len(done) for done, _ in found) == [0, 0, 0, len(STEPS)]
    assert len({told for _, told in found}) == 1


def test_an_older_version_goes_on_beside_a_newer_one(database):
    with database.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    assert is_current(database)
    assert migrate(database) == ()
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("select version_num from alembic_version").scalar_one()
    assert found == "9999"


def test_what_stands_in_the_way_is_one_sentence(clearway, database_url, monkeypatch):
    monkeypatch.setenv("CLEARWAY_DATABASE", database_url)

    def refused() -> str:
        ran = clearway("migrate")
        assert (ran.status, ran.bytes, ran.err.count("\n")) == (2, b"", 1), ran
        return ran.err

    assert "needs CLEARWAY_KEYS" in refused()
    monkeypatch.setenv("CLEARWAY_KEYS", "short")
    assert "CLEARWAY_KEYS: A key is 32 bytes" in refused()
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    assert clearway("migrate").status == 0
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    assert "sealed with other keys than CLEARWAY_KEYS has" in refused()
    monkeypatch.setenv("CLEARWAY_DATABASE", "postgresql://somebody@127.0.0.1:9/clearway")
    assert "does not answer" in refused()
    monkeypatch.setenv("CLEARWAY_DATABASE", "mysql://somebody")
    assert "address such as" in refused()
