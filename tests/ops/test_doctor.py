"""What `clearway doctor` says of the installation, in sentences that say what to do."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.config import Settings
from app.deployment import open_deployment
from app.storage.vault import new_key
from tests.ops.conftest import Installed

LOOKED_AT = ("public_url", "data_folder", "database", "clock")


@pytest.fixture
def answers(clearway, monkeypatch):
    monkeypatch.delenv("CLEARWAY_PUBLIC_URL", raising=False)

    def look() -> dict[str, tuple[bool, str]]:
        found = {each["name"]: each for each in clearway("doctor", "--json").json}
        return {name: (found[name]["good"], found[name]["message"]) for name in LOOKED_AT}

    return look


def test_an_installation_in_order(installed: Installed, answers, monkeypatch):
    monkeypatch.setenv("CLEARWAY_PUBLIC_URL", "https://clearway.trust.example")
    assert {name: good for name, (good, _) in answers().items()} == dict.fromkeys(LOOKED_AT, True)


def test_what_is_wrong_with_a_named_database(installed: Installed, answers, monkeypatch):
    assert answers()["public_url"] == (
        False,
        "Set CLEARWAY_PUBLIC_URL to the https address that people use.",
    )
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now - timedelta(minutes=5))
    good, message = answers()["clock"]
    assert not good and "seconds apart" in message
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    assert answers()["database"] == (
        False,
        "The database was sealed with other keys than CLEARWAY_KEYS has.",
    )
    monkeypatch.setenv("CLEARWAY_DATABASE", "postgresql://nobody@127.0.0.1:9/clearway")
    good, message = answers()["database"]
    assert not good and "does not answer" in message


def test_a_database_without_tables(clearway, answers, database_url, monkeypatch):
    monkeypatch.setenv("CLEARWAY_DATABASE", database_url)
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    good, message = answers()["database"]
    assert not good and "clearway migrate" in message


def test_an_embedded_installation_is_looked_at_and_not_made(answers, monkeypatch, tmp_path):
    folder: Path = tmp_path / "data"
    monkeypatch.setenv("CLEARWAY_DATA", str(folder))
    assert all(good for good, _ in answers().values())
    assert not folder.exists()
    open_deployment(Settings(data=str(folder))).close()
    assert all(good for good, _ in answers().values())
    os.chmod(folder / "keys", 0o644)
    good, message = answers()["data_folder"]
    assert not good and "Others can read keys" in message and "chmod 600" in message
