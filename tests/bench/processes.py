"""Whole processes from start to end, as a person at a terminal waits for them."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.big import write_big
from tests.oracle.weeks import FULL_TIME, LEADER, Week, nhs_week

CLEARWAY = Path(sys.executable).with_name("clearway")
PARSE = "import sys, icalendar; icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read())"
LAUNCHER = """
import os, sys, time
started = time.perf_counter()
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - started, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
FINE = (0, 1)
"""Exit codes of a run that worked: `check` answers 1 where it finds something."""


@dataclass(frozen=True)
class Run:
    """What one process took."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Reading:
    """`clearway check` of four weeks of a big file against a process that only parses it."""

    recipe: str
    check: Run
    parse: Run

    @property
    def time_ratio(self) -> float:
        return self.check.seconds / self.parse.seconds

    @property
    def memory_ratio(self) -> float:
        return self.check.megabytes / self.parse.megabytes


def time_plan(folder: Path, runs: int = 7) -> list[float]:
    """Seconds of `clearway plan` on as many weeks of full-time leaders, the first one not counted."""
    seconds = [_run(_plan_command(folder, week)).seconds for week in _full_time(runs + 1)]
    return seconds[1:]


def _full_time(count: int) -> list[Week]:
    found: list[Week] = []
    seed = 0
    while len(found) < count:
        week = nhs_week(seed)
        if week.hours == FULL_TIME:
            found.append(week)
        seed += 1
    return found


def _plan_command(folder: Path, week: Week) -> list[str]:
    path = folder / f"week-{week.seed}.ics"
    path.write_bytes(week.ics.encode())
    dates = ["--from", week.diary.start.isoformat(), "--to", week.diary.end.isoformat()]
    now = ["--now", f"{week.now:%Y-%m-%dT%H:%M:%SZ}"]
    return [
        *(str(CLEARWAY), "plan", str(path), "--me", LEADER),
        *dates,
        *now,
        *("--tier", "move", "--json"),
    ]


def time_reading(folder: Path, runs: int = 5) -> Reading:
    """Medians of both processes, run in turn so that a busy moment meets both."""
    path = folder / "big.ics"
    recipe = write_big(path)
    window = ["--from", "2025-03-03", "--to", "2025-03-31", "--json"]
    check = [str(CLEARWAY), "check", str(path), "--me", "o1@example.invalid", *window]
    parse = [sys.executable, "-c", PARSE, str(path)]
    pairs = [(_run(check), _run(parse)) for _ in range(runs + 1)][1:]
    return Reading(recipe, _median([a for a, _ in pairs]), _median([b for _, b in pairs]))


def _median(runs: Sequence[Run]) -> Run:
    return Run(median(run.seconds for run in runs), median(run.megabytes for run in runs))


def _run(command: list[str]) -> Run:
    """Run to the end; RuntimeError if it did not work.

    A small process starts it and asks the system for its peak of memory: started from here, that
    peak would begin at what this process has used.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", LAUNCHER, *command],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in FINE:
        said = done.stderr[-500:]
        raise RuntimeError(f"{' '.join(command[:3])} ended with {done.returncode}: {said}")
    seconds, peak = done.stdout.split()
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(float(seconds), int(peak) / unit)
