"""`python -m tests.bench`: how fast plans are proved, files are read and pages come, as one table."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.calendars import Mapped, Requests, count_requests, time_mapping
from tests.bench.pages import Page, time_pages
from tests.bench.processes import Reading, time_plan, time_reading
from tests.bench.service import LEADERS, Verdicts, time_verdicts
from tests.bench.weeks import (
    IN_TIME,
    ModelledWeek,
    PlannedWeek,
    Spread,
    run_baseline,
    run_planner,
    tell,
    time_quarters,
)

Row = tuple[str, str, str]


def main() -> int:
    """Measure everything asked for; 1 where the two planners disagree on a week, else 0."""
    asked = _arguments()
    planned = run_planner(asked.weeks)
    quarters = time_quarters()
    modelled = run_baseline(asked.baseline_weeks, asked.baseline_cap, asked.baseline_budget)
    commands: list[float] = []
    reading: Reading | None = None
    if not asked.no_processes:
        with TemporaryDirectory() as folder:
            tell("clearway plan, whole processes")
            commands = time_plan(Path(folder))
            tell("clearway check on a big file, whole processes")
            reading = time_reading(Path(folder))
    tell("calendars on servers")
    calendars = _calendars(count_requests(), time_mapping())
    figures = _figures(planned, modelled, commands, reading, asked.baseline_cap) | calendars
    if not asked.no_processes:
        with TemporaryDirectory() as folder:
            figures |= _pages(time_pages(Path(folder)))
    figures["quarter_ratio"] = vars(Spread.of(quarters))
    if asked.leaders:
        with TemporaryDirectory() as folder:
            figures |= _verdicts(time_verdicts(Path(folder), asked.leaders))
    sys.stdout.write(json.dumps(figures, indent=2) + "\n" if asked.json else _table(figures))
    return 1 if figures["disagreements"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--weeks", type=int, default=100, help="weeks to plan")
    parser.add_argument("--baseline-weeks", type=int, help="weeks for the plain model")
    parser.add_argument("--baseline-cap", type=float, default=60, help="seconds a week")
    parser.add_argument("--baseline-budget", type=float, default=180, help="seconds altogether")
    parser.add_argument("--leaders", type=int, default=LEADERS, help="leaders of the service")
    parser.add_argument("--no-processes", action="store_true", help="leave out whole processes")
    parser.add_argument("--json", action="store_true", help="figures for another program")
    return parser.parse_args()


def _figures(
    planned: list[PlannedWeek],
    modelled: list[ModelledWeek],
    commands: list[float],
    reading: Reading | None,
    cap: float,
) -> dict[str, object]:
    spread = Spread.of([week.seconds for week in planned])
    in_time = [week for week in planned if week.proved and week.seconds <= IN_TIME]
    figures: dict[str, object] = {
        "weeks": len(planned),
        "proved_share": len(in_time) / len(planned),
        "planner_seconds": vars(spread),
        "largest_gap_where_not_proved": max((w.gap for w in planned if not w.proved), default=0),
        "disagreements": _disagreements(planned, modelled),
    }
    if modelled:
        figures |= _compared(planned, modelled, cap)
    if commands:
        figures["plan_command_seconds"] = vars(Spread.of(commands))
    if reading:
        figures["reading"] = {
            "recipe": reading.recipe,
            "check": vars(reading.check),
            "parse_only": vars(reading.parse),
            "time_ratio": reading.time_ratio,
            "memory_ratio": reading.memory_ratio,
        }
    return figures


def _calendars(requests: list[Requests], mapped: list[Mapped]) -> dict[str, object]:
    return {
        "requests": {each.provider: [each.whole, each.quiet, each.changed] for each in requests},
        "mapping_ratio": {each.provider: each.ratio for each in mapped},
    }


def _pages(found: list[Page]) -> dict[str, object]:
    return {"pages": {each.name: {"ratio": each.ratio, "bytes": each.size} for each in found}}


def _page_rows(pages: Any) -> Iterator[Row]:
    for name, found in (pages or {}).items():
        measured = f"{found['ratio']:.1f}×, {found['bytes']:,} bytes"
        yield f"page: {name}, over a bare FastAPI page", measured, "at most 10×"


def _verdicts(found: Verdicts | None) -> dict[str, object]:
    if found is None:
        return {}
    return {"verdict_seconds": {"called": vars(found.called), "polled": vars(found.polled)}}


def _disagreements(planned: list[PlannedWeek], modelled: list[ModelledWeek]) -> list[int]:
    """Weeks that both proved, with different numbers: there must be none."""
    both = zip(planned, modelled, strict=False)
    return [a.seed for a, b in both if a.proved and b.numbers and a.numbers != b.numbers]


def _compared(
    planned: list[PlannedWeek], modelled: list[ModelledWeek], cap: float
) -> dict[str, object]:
    """Both on the weeks that both had. A capped week counts as the cap, so ratios are at least."""
    ours = Spread.of([week.seconds for week in planned[: len(modelled)]])
    theirs = Spread.of([week.seconds for week in modelled])
    return {
        "baseline_weeks": len(modelled),
        "baseline_capped": sum(week.numbers is None for week in modelled),
        "baseline_cap": cap,
        "baseline_seconds": vars(theirs),
        "planner_seconds_on_these": vars(ours),
        "ratio_median": theirs.median / ours.median,
        "ratio_p95": theirs.p95 / ours.p95,
    }


def _table(figures: dict[str, object]) -> str:
    rows = list(_rows(figures))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
    return "".join(line.rstrip() + "\n" for line in lines)


def _rows(figures: dict[str, object]) -> Iterator[Row]:
    yield "what", "measured", "should be"
    yield from _planner_rows(figures)
    if "baseline_weeks" in figures:
        yield from _baseline_rows(figures)
    if "plan_command_seconds" in figures:
        measured = _spread(figures["plan_command_seconds"])
        yield "clearway plan, whole process", measured, "median under 2 s"
    if "reading" in figures:
        yield from _reading_rows(figures["reading"])
    yield from _calendar_rows(figures["requests"], figures["mapping_ratio"])
    yield from _page_rows(figures.get("pages"))
    yield from _verdict_rows(figures.get("verdict_seconds"))
    wrong = figures["disagreements"]
    yield "weeks where the two planners disagree", str(wrong or "none"), "none"


def _calendar_rows(requests: Any, ratios: Any) -> Iterator[Row]:
    for provider, (whole, quiet, changed) in requests.items():
        what = f"{provider}: requests for 120 events, nothing new, one change"
        yield what, f"{whole}, {quiet}, {changed}", "at most 3, 1, 3"
    for provider, ratio in ratios.items():
        what = f"{provider}: mapping 120 bodies against parsing them"
        yield what, f"{ratio:.1f} times", "at most 5 times"


def _verdict_rows(found: Any) -> Iterator[Row]:
    if found is None:
        yield "from a change to its verdict", "not measured, or no PostgreSQL", ""
        return
    called, polled = _spread(found["called"]), _spread(found["polled"])
    yield "from a change to its verdict, where the provider calls", called, "median 10 s"
    yield "the same after a poll was due, where nobody calls", polled, "one interval"


def _planner_rows(figures: dict[str, object]) -> Iterator[Row]:
    share, weeks = figures["proved_share"], figures["weeks"]
    yield f"weeks proved within {IN_TIME} s, of {weeks}", f"{share:.1%}", "99%"
    gap = figures["largest_gap_where_not_proved"]
    yield "largest gap where not proved", f"{gap} min", "at most 5 min"
    yield "planner, a week", _spread(figures["planner_seconds"]), "median 0.1 s, p95 2 s"
    ratio: Any = figures["quarter_ratio"]
    measured = f"median {ratio['median']:.1f}, longest {ratio['longest']:.1f} times"
    yield "placing what comes back in 13 weeks, against a week's plan", measured, "at most 10 times"


def _baseline_rows(figures: dict[str, object]) -> Iterator[Row]:
    weeks, capped = figures["baseline_weeks"], figures["baseline_capped"]
    cap = figures["baseline_cap"]
    name = f"plain CP-SAT model, the first {weeks} weeks"
    measured = f"{_spread(figures['baseline_seconds'])} ({capped} stopped, counted as {cap:.0f} s)"
    yield name, measured, ""
    yield "planner, the same weeks", _spread(figures["planner_seconds_on_these"]), ""
    least = "at least " if capped else ""
    yield "times faster at the median", f"{least}{figures['ratio_median']:.0f}", "10"
    yield "times faster at the 95th percentile", f"{least}{figures['ratio_p95']:.0f}", "20"


def _reading_rows(reading: object) -> Iterator[Row]:
    assert isinstance(reading, dict)
    for name, key in (("clearway check", "check"), ("only parsing", "parse_only")):
        run = reading[key]
        taken = f"{run['seconds']:.2f} s, {run['megabytes']:.0f} MB"
        yield f"{name}, 2,000 events ({reading['recipe']})", taken, ""
    yield "time, check to parsing", f"{reading['time_ratio']:.2f}", "at most 1.5"
    yield "memory, check to parsing", f"{reading['memory_ratio']:.2f}", "at most 2"


def _spread(spread: object) -> str:
    assert isinstance(spread, dict)
    names = (("median", "median"), ("p95", "p95"), ("longest", "longest"))
    return ", ".join(f"{name} {spread[key]:.2f} s" for name, key in names)


if __name__ == "__main__":
    raise SystemExit(main())
