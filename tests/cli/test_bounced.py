"""`clearway bounced`: what a mail server hands to it."""

import pytest

from app.storage.vault import new_key
from tests.cli.conftest import Run


@pytest.mark.parametrize("report", [b"", b"Subject: hello\n\nno report\n", b"\xff" * 2_000_000])
def test_what_is_no_report_of_ours_is_said_so(
    clearway: Run, tmp_path, monkeypatch: pytest.MonkeyPatch, report: bytes
) -> None:
    monkeypatch.setenv("CLEARWAY_DATA", str(tmp_path / "data"))
    assert clearway("bounced", "--json", stdin=report).json == {"noted": False}
    ran = clearway("bounced", stdin=report)
    assert (ran.status, ran.out) == (0, "This is no report of ours to note.\n")


def test_without_a_database_that_can_be_used_it_is_one_sentence(
    clearway: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARWAY_DATABASE", "sqlite:////nowhere/at/all.db")
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    ran = clearway("bounced", stdin=b"")
    assert (ran.status, ran.bytes, ran.err.count("\n")) == (2, b"", 1)
