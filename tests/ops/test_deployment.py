"""An installation starts, or says in one sentence why it cannot."""

import os
import resource
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.config import Settings
from app.deployment import Unusable, find_database, open_deployment, plainly
from app.storage.tables import Installation
from app.storage.vault import new_key


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("keys", ["", "own"])
def test_an_embedded_installation_is_its_owners_alone(tmp_path, keys):
    settings = Settings(data=str(tmp_path / "a" / "data"), keys=keys and new_key())
    before = os.umask(0o022)
    try:
        deployment = open_deployment(settings)
    finally:
        os.umask(before)
    with deployment.database.transaction():
        modes = {path.name: _mode(path) for path in settings.folder.iterdir()}
    deployment.close()
    assert _mode(settings.folder) == 0o700
    assert set(modes.values()) == {0o600}, modes
    assert ("keys" in modes) == (not keys)


def test_an_installation_that_starts_many_times_at_once_has_one_set_of_keys(tmp_path):
    settings = Settings(data=str(tmp_path / "data"))

    def start(_: int) -> str:
        deployment = open_deployment(settings)
        deployment.close()
        return deployment.fingerprints.of("event", "1")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(16)))) == 1
    assert sorted(path.name for path in settings.folder.iterdir() if "keys" in path.name) == [
        "keys"
    ]


def test_keys_that_do_not_fit_are_told_with_their_place(tmp_path):
    settings = Settings(data=str(tmp_path))
    open_deployment(settings).close()
    (tmp_path / "keys").write_text(new_key())
    with pytest.raises(Unusable, match=r"other keys than the file .*keys has"):
        open_deployment(settings)
    for text in ("", "broken"):
        (tmp_path / "keys").write_text(text)
        with pytest.raises(ValueError, match=r"the file .*keys: "):
            open_deployment(settings)
    with pytest.raises(Unusable, match="other keys than CLEARWAY_KEYS has"):
        open_deployment(replace(settings, keys=new_key()))


def test_a_named_database_is_not_changed_at_the_start(database_url):
    settings = Settings(database=database_url, keys=new_key())
    with pytest.raises(Unusable, match="run `clearway migrate`"):
        open_deployment(settings)


@pytest.mark.parametrize(
    ("content", "told"), [(b"no database " * 100, "is no database"), (None, "cannot be used")]
)
def test_files_that_cannot_be_used_are_one_sentence(tmp_path, content, told):
    settings = Settings(data=str(tmp_path / "data"))
    if content is None:
        (tmp_path / "data").write_text("a file where the folder would be")
    else:
        find_database(settings).close()
        (tmp_path / "data" / "clearway.db").write_bytes(content)
    with pytest.raises(Unusable, match=told):
        open_deployment(settings)


def test_a_database_that_can_only_be_read_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings(data=str(tmp_path))
    open_deployment(settings).close()
    address = f"sqlite:///file:{tmp_path}/clearway.db?mode=ro&uri=true"
    keys = (tmp_path / "keys").read_text()
    deployment = open_deployment(Settings(database=address, keys=keys))
    writing = deployment.database.transaction
    with pytest.raises(Unusable, match="can only be read"), plainly(), writing() as session:
        session.execute(delete(Installation))
    deployment.close()
    assert not Path("file:").exists(), "the address was taken for a path"


def test_a_disk_without_room_is_one_sentence(tmp_path):
    """A limit on the size of files stands for the disk."""
    code = "from app.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "migrate"],
        env=os.environ | {"CLEARWAY_DATA": str(tmp_path / "data")},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "disk" in ran.stderr or "room" in ran.stderr
