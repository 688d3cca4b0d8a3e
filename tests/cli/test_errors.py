"""Whatever cannot be read ends in status 2 and one sentence on standard error, and nothing else."""

import io
import json
import subprocess
import sys

import pytest

from app import cli
from tests.cli.conftest import MONDAY, NOW, Run, calendar, meeting


def refuse(clearway: Run, *arguments: object, stdin: bytes = b"") -> str:
    ran = clearway(*arguments, stdin=stdin)
    assert ran.status == 2
    assert ran.bytes == b""
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    return ran.err


@pytest.mark.parametrize("command", ["diary", "check", "plan"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \r\n",
        b"\0" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"<html><body>Sign in</body></html>",
        b"Subject: hello\r\n\r\nBEGIN",
        b"[{]",
        b'[{"uid": "a"}]',
        b'{"events": []}',
        b"[1]",
    ],
)
def test_what_is_no_diary(clearway: Run, command: str, content: bytes):
    refuse(clearway, command, "-", stdin=content)


def test_files_that_are_not_there(clearway: Run, tmp_path):
    assert "There is no file" in refuse(clearway, "check", tmp_path / "none.ics")
    assert "is a folder" in refuse(clearway, "check", tmp_path)
    assert "FILES" in refuse(clearway, "check")
    assert "There is no file" in refuse(clearway, "check", "-", "--policy", tmp_path / "none.toml")


@pytest.mark.parametrize(
    "options",
    [
        ("--from", "tomorrow"),
        ("--from", "2026-13-01"),
        ("--from", "2026-11-23", "--to", "2026-11-23"),
        ("--from", "2026-11-23", "--to", "2026-11-22"),
        ("--from", "2026-01-01", "--to", "2029-01-01"),
        ("--from", "0001-01-01"),
        ("--to", "9999-12-31"),
        ("--now", "2026-11-19T09:00:00"),
        ("--now", "now"),
        ("--now", "0001-01-01T00:00:00Z"),
        ("--now", "9999-12-31T23:59:59Z", "--from", "2026-11-23"),
        ("--time-zone", "localtime"),
        ("--time-zone", "Europe/Lundun"),
        ("--time-zone", "../etc/passwd"),
        ("--time-zone", "/etc/passwd"),
        ("--time-zone", ""),
        ("--hours", "nine to five"),
        ("--hours", "Mon 25:00-26:00"),
        ("--hours", ""),
        ("--nation", "narnia"),
        ("--nation", ""),
        ("--colour",),
    ],
)
def test_options_that_cannot_be(clearway: Run, diary, options: tuple[str, ...]):
    refuse(clearway, "check", diary, *options)


def test_limits_come_from_the_environment(clearway: Run, diary, monkeypatch):
    monkeypatch.setenv("CLEARWAY_MAX_BYTES", "1000")
    assert "1,000 bytes" in refuse(clearway, "check", diary)
    monkeypatch.setenv("CLEARWAY_MAX_BYTES", "100000")
    monkeypatch.setenv("CLEARWAY_MAX_COMPONENTS", "3")
    assert "3" in refuse(clearway, "check", diary)
    monkeypatch.setenv("CLEARWAY_MAX_COMPONENTS", "lots")
    assert "CLEARWAY_MAX_COMPONENTS" in refuse(clearway, "check", diary)


def test_a_json_diary_keeps_the_limits_too(clearway: Run, monkeypatch):
    item = {"start": "2026-11-23T09:00:00Z", "end": "2026-11-23T10:00:00Z"}
    items = [{"uid": str(number), **item} for number in range(4)]
    monkeypatch.setenv("CLEARWAY_MAX_COMPONENTS", "3")
    assert "4 items" in refuse(clearway, "check", "-", stdin=json.dumps(items).encode())


def test_commands_that_do_not_exist(clearway: Run):
    assert "nonsense" in refuse(clearway, "nonsense")


def test_no_command_at_all_shows_the_help(clearway: Run):
    ran = clearway()
    assert ran.status == 2
    assert "Usage: clearway" in ran.err


def test_a_file_name_cannot_write_on_the_terminal(clearway: Run):
    assert "\x1b" not in refuse(clearway, "check", "no\x1b[31msuch.ics")


def test_what_nobody_expected_is_a_sentence_and_shown_only_on_request(
    clearway: Run, diary, monkeypatch
):
    def fail(*_: object) -> None:
        raise RuntimeError("marker")

    monkeypatch.setattr("app.services.check.check", fail)
    message = refuse(clearway, "check", diary)
    assert "RuntimeError" in message
    assert "marker" not in message
    monkeypatch.setenv("CLEARWAY_DEBUG", "1")
    with pytest.raises(RuntimeError):
        clearway("check", diary)


def test_ctrl_c_ends_quietly(clearway: Run, diary, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.services.check.check", interrupt)
    ran = clearway("check", diary)
    assert (ran.status, ran.bytes, ran.err.strip()) == (130, b"", "")


def test_a_reader_that_stops_reading_hears_no_complaint(tmp_path):
    many = [
        meeting(f"202611{day:02}T{hour:02}0000Z", f"202611{day:02}T{hour:02}4500Z")
        for day in range(1, 31)
        for hour in range(24)
    ]
    path = tmp_path / "many.ics"
    path.write_bytes(calendar(*many))
    command = [sys.executable, "-c", "from app.cli import main; main()", "diary", str(path)]
    command += ["--from", "2026-11-01", "--to", "2026-12-01", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_warnings_and_errors_hold_nothing_of_the_calendar(clearway: Run, tmp_path):
    path = tmp_path / "bad.ics"
    path.write_bytes(calendar(["SUMMARY:Marker-Title", "DTSTART:Marker-Start"]))
    assert "marker" not in refuse(clearway, "check", path, *MONDAY, *NOW).lower()


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "ten"])
def test_a_budget_is_a_number_of_seconds(clearway: Run, diary, seconds: str):
    assert "--budget" in refuse(clearway, "plan", diary, "--budget", seconds)


def test_a_file_without_a_name(clearway: Run):
    assert "without a name" in refuse(clearway, "check", "")


def test_an_identifier_is_as_long_as_it_is(clearway: Run):
    content = calendar(meeting("20261123T090000Z", "20261123T100000Z")).replace(b"1@", b"1" * 9999)
    seen = clearway("diary", "-", *MONDAY, "--json", stdin=content)
    assert len(seen.json[0]["id"]) > 9_999
    assert clearway("diary", "-", *MONDAY, "--json", stdin=seen.bytes).bytes == seen.bytes


def test_an_identifier_that_is_no_text_can_be_kept(clearway: Run, diary):
    ran = clearway("plan", diary, *MONDAY, *NOW, "--keep", "\udcff", "--json")
    assert ran.status == 0
    assert "\ufffd" in ran.json["warnings"][0]


def test_output_that_goes_nowhere(diary, tmp_path):
    """A full disk is said; a closed stream or a reader that leaves early is not worth a word."""
    run = f'"{sys.executable}" -c "from app.cli import main; main()" check "{diary}" {" ".join(MONDAY)}'
    ways = {"> /dev/full": (2, "no room"), ">&-": (1, ""), "2>&-": (1, ""), "| true": (0, "")}
    for way, (status, said) in ways.items():
        ran = subprocess.run(
            ["sh", "-c", f"{run} {way}"], capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr.count("\n")) == (status, bool(said)), way
        assert said in ran.stderr


def test_no_reader_is_no_finding(clearway: Run, diary, monkeypatch):
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("app.cli._leave_quietly", lambda: 0)
    monkeypatch.setattr(sys, "stdout", Gone())
    assert cli.run(["diary", str(diary), *MONDAY]) == 0
