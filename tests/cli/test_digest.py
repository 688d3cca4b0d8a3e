"""`clearway digest --preview`: the mail of a week, from a file alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.sample import calendar
from tests.cli.conftest import Run

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    path = tmp_path / "diary.ics"
    path.write_text(calendar(NOW), "utf-8")
    return path


def test_it_shows_the_mail_of_a_week(clearway: Run, diary: Path) -> None:
    ran = clearway(
        "digest", "--preview", diary, "--me", "leader@trust.example", "--from", "2026-12-02"
    )
    assert ran.status == 0
    assert ran.out.startswith("Your week: ")
    assert "\nWhat went well last week\n- 15 out of 27 meetings had at least 10 minutes" in ran.out
    assert "Only you get this email." in ran.out


def test_tools_read_the_same(clearway: Run, diary: Path) -> None:
    shape = clearway("digest", "--preview", diary, "--from", "2026-11-30", "--json").json
    assert shape["week"] == "2026-11-30"
    assert shape["subject"].startswith("Your week: ")
    assert "cid:" not in shape["html"]
    shape = clearway(
        "digest", "--preview", diary, "--from", "2026-11-30", "--hours", "Fri 09:00-17:00", "--json"
    ).json
    assert shape == {"week": "2026-11-30", "subject": None, "text": None, "html": None}


def test_a_week_without_mail_is_said_so(clearway: Run, diary: Path) -> None:
    ran = clearway("digest", "--preview", diary, "--hours", "Fri 09:00-17:00")
    assert (ran.status, ran.out) == (
        0,
        "No mail is sent in that week: it has fewer than 2 working days.\n",
    )


def test_the_page_is_written_once(clearway: Run, diary: Path, tmp_path: Path) -> None:
    page = tmp_path / "week.html"
    asked = ("digest", "--preview", diary, "--from", "2026-11-30", "--html", page)
    assert clearway(*asked).status == 0
    written = page.read_bytes()
    assert b"data:image/png;base64," in written
    again = clearway(*asked)
    assert (again.status, again.bytes, page.read_bytes()) == (2, b"", written)
    assert clearway(*asked, "--force").status == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Mail is sent by workers; --preview shows what they would send.\n"),
        (("--preview", "--from", "0001-01-01"), "The dates of a week lie between"),
        (("--preview", "--from", "soon"), "“soon” is not a date"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    clearway: Run, diary: Path, options: tuple[str, ...], said: str
) -> None:
    ran = clearway("digest", diary, *options)
    assert (ran.status, ran.bytes) == (2, b"")
    assert said in ran.err
