"""What people see: help with examples, a drawn week that needs no colour and fits its terminal."""

import io
import os
import re
import subprocess
import sys

import pytest

from app import cli
from app.terminal.glyphs import BOXES, PLAIN
from app.terminal.page import open_page
from tests.cli.conftest import BUSY_MONDAY, MONDAY, NOW, Run, calendar, meeting

COMMANDS = (
    *("diary", "check", "workload", "slots", "plan", "apply", "undo", "template", "digest"),
    *("serve", "worker", "openapi", "migrate", "keys", "backup", "restore", "bounced", "doctor"),
)


def test_the_commands_are_those_of_the_contract_so_far_in_the_order_of_use(clearway: Run):
    assert tuple(cli.cli.commands) == COMMANDS
    listed = clearway("--help").out
    places = [listed.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)
    assert "..." not in listed.partition("Commands:")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_a_json_option(clearway: Run, command: str):
    ran = clearway(command, "--help")
    assert ran.status == 0
    assert "Example:\n" in ran.out
    assert f"clearway {command}" in ran.out.partition("Example:")[2]
    assert "--json" in ran.out


def rows(out: str) -> dict[str, str]:
    return {
        line[:10]: line[13:] for line in out.splitlines() if re.match(r"\w{3} [ \d]\d \w{3}", line)
    }


def test_the_drawn_day_shows_each_kind_of_time_where_it_is(clearway: Run, diary):
    out = clearway("diary", diary, *MONDAY, *NOW).out
    # Ten minutes a character from 9am: an hour, an hour and half an hour that touch, then free
    # time to the leader's own hour at 3pm.
    meetings = "█" * 6 + "▐" + "█" * 5 + "▐" + "█" * 2
    assert rows(out)["Mon 23 Nov"] == meetings + "·" * 21 + BOXES.own * 6 + "·" * 6


def test_findings_are_marked_under_the_place_they_are_about(clearway: Run, diary):
    lines = clearway("check", diary, *MONDAY, *NOW).out.splitlines()
    day = next(index for index, line in enumerate(lines) if line.startswith("Mon 23 Nov"))
    assert [found.start() - 13 for found in re.finditer("▲", lines[day + 1])] == [6, 12]


def test_meetings_at_the_same_time_do_not_look_like_one(clearway: Run, tmp_path):
    path = tmp_path / "twice.ics"
    path.write_bytes(
        calendar(
            meeting("20261123T090000Z", "20261123T100000Z"),
            meeting("20261123T093000Z", "20261123T103000Z"),
        )
    )
    assert rows(clearway("diary", path, *MONDAY).out)["Mon 23 Nov"].startswith("███▓▓▓███·")


def test_a_night_shift_belongs_to_the_day_it_starts_on(clearway: Run, tmp_path):
    path = tmp_path / "night.ics"
    path.write_bytes(calendar(meeting("20261124T010000Z", "20261124T020000Z")))
    out = clearway("diary", path, *MONDAY, "--hours", "Mon 22:00-06:00").out
    assert rows(out) == {"Mon 23 Nov": "·" * 18 + "█" * 6 + "·" * 24}


def test_a_day_of_leave_says_so(clearway: Run, tmp_path):
    path = tmp_path / "leave.ics"
    leave = ["DTSTART;VALUE=DATE:20261123", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"]
    path.write_bytes(calendar(leave))
    assert rows(clearway("diary", path, *MONDAY).out) == {"Mon 23 Nov": "leave"}


@pytest.mark.parametrize("command", ["diary", "check", "plan"])
@pytest.mark.parametrize("width", [20, 40, 80, 120, 300])
def test_no_line_is_longer_than_the_terminal_or_ends_in_space(
    clearway: Run, diary, monkeypatch, command: str, width: int
):
    monkeypatch.setenv("COLUMNS", str(width))
    out = clearway(command, diary, *MONDAY, *NOW).out
    assert max(len(line) for line in out.splitlines()) <= width
    assert not [line for line in out.splitlines() if line != line.rstrip()]


def test_there_is_no_colour_unless_a_terminal_can_show_it(clearway: Run, diary, monkeypatch):
    assert "\x1b" not in clearway("check", diary, *MONDAY, *NOW).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in clearway("check", diary, *MONDAY, *NOW).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[\d;]*3\d", clearway("check", diary, *MONDAY, *NOW).out)


def test_a_terminal_without_box_characters_gets_plain_ones():
    for encoding, glyphs in (("utf-8", BOXES), ("ascii", PLAIN), ("latin-1", PLAIN)):
        assert open_page(io.TextIOWrapper(io.BytesIO(), encoding=encoding)).glyphs is glyphs


def test_plain_characters_tell_every_kind_of_time_apart():
    for glyphs in (BOXES, PLAIN):
        kinds = (glyphs.meeting, glyphs.double, glyphs.team, glyphs.protected, glyphs.hold)
        assert len({*kinds, glyphs.own, glyphs.free, glyphs.seam}) == 8


def in_process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from app.cli import main; main()"]
    return subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        check=False,
        env=os.environ | environment,
    )


def test_an_ascii_terminal_works_from_end_to_end(diary):
    ran = in_process("check", diary, *MONDAY, *NOW, PYTHONIOENCODING="ascii", COLUMNS="80")
    assert ran.returncode == 1
    assert ran.stdout.isascii()
    assert b"######|#####|##" in ran.stdout


def test_check_does_not_load_what_it_does_not_need(diary):
    """The start counts as much as the work: no planner, service or validator for plain text."""
    heavy = ("fastapi", "numba", "numpy", "pydantic", "uvicorn", "jinja2", "httpx")
    script = (
        "import sys\nfrom app.cli import run\n"
        f"status = run({['check', str(diary), *MONDAY, *NOW]!r})\n"
        f"loaded = [name for name in {heavy!r} if name in sys.modules]\n"
        "sys.exit(f'loaded {loaded}' if loaded else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_no_command_is_loaded_before_it_is_asked_for():
    """The help loads every module of the command line, and nothing of what the commands use."""
    script = (
        "import sys\nfrom app.cli import run\nrun(['--help'])\n"
        "known = ('app.main', 'app.services.read', 'connectors.icalendar', 'rich', 'rules.planner')\n"
        "loaded = [name for name in known if name in sys.modules]\n"
        "sys.exit(f'loaded {loaded}' if loaded else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_json_needs_no_drawing_and_no_planner(diary):
    script = (
        "import sys\nfrom app.cli import run\n"
        f"run({['check', str(diary), *MONDAY, *NOW, '--json']!r})\n"
        "sys.exit(any(name in sys.modules for name in ('rich', 'numba', 'fastapi')))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("command", ["diary", "check", "plan"])
@pytest.mark.parametrize("style", [(), ("--json",)])
def test_an_identifier_gives_the_terminal_no_orders(clearway: Run, command: str, style: tuple):
    """Escape sequences in both forms, and marks that turn the direction of writing."""
    content = calendar(*BUSY_MONDAY).replace(b"UID:1@", "UID:\x1b[31m\x9b31m\u202e1@".encode())
    ran = clearway(command, "-", *MONDAY, *NOW, *style, stdin=content)
    assert ran.status < 2
    assert not set(ran.out + ran.err) & set("\x1b\x9b\u202e")


@pytest.mark.parametrize("columns", ["0", "1", "-5", "many"])
def test_a_terminal_without_width_still_shows_something(monkeypatch, columns: str):
    monkeypatch.setenv("COLUMNS", columns)
    out = io.StringIO()
    open_page(out).say("Nothing is missing.")
    assert "Nothing is" in out.getvalue()
