"""Commands that only look at diaries: `diary`, `check`, `workload` and `slots`."""

from datetime import timedelta
from typing import Any

import click

from app.cli.opening import Wish, apart, open_diary, source_options
from app.cli.options import json_option, quarter_options, reading_options
from app.cli.output import FOUND, open_page, waiting, warn, write, write_json


@click.command()
@source_options
@reading_options
@json_option
def diary(as_json: bool, **given: Any) -> None:
    """List what Clearway sees in a diary. No title, place or name is read.

    With --json it writes the JSON diary, which every command takes in place of a calendar.

    \b
    Example:
      clearway diary DIARY.ics --from 2026-11-23 --to 2026-11-28
    """
    with waiting("Reading the diary"):
        opened = open_diary(Wish(**given))
    if as_json:
        from app.shapes import occurrence_of

        write_json([occurrence_of(each) for each in opened.listed])
        return
    from app.terminal.diary import show_diary

    show_diary(open_page(), opened)


@click.command()
@source_options
@reading_options
@json_option
def check(as_json: bool, **given: Any) -> int:
    """Find what a diary is missing. It exits with 1 when that is something that matters most.

    \b
    Example:
      clearway check DIARY.ics --me leader@trust.example --hours "Mon-Thu 08:00-16:00"
      clearway check --graph me --from 2026-11-23 --to 2026-11-28
    """
    from app.services.check import check as look

    with waiting("Reading the diary"):
        checked = look(open_diary(Wish(**given)))
    if as_json:
        write_json(checked.shape())
    else:
        from app.terminal.check import show_check

        show_check(open_page(), checked)
    return FOUND if checked.has_must else 0


@click.command()
@source_options
@quarter_options
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for a job plan, as CSV.")
@json_option
def workload(as_json: bool, as_csv: bool, **given: Any) -> None:
    """Show where the hours of a quarter go.

    Week by week, and what of it is for the team. Without --to it looks at 13 weeks. It counts
    what is booked, never who was there, and nothing of your own time.

    \b
    Example:
      clearway workload DIARY.ics --from 2026-11-23 --csv > job-plan.csv
    """
    from app.services.workload import account
    from rules.workload import WEEKS

    if as_json and as_csv:
        raise click.UsageError("Choose one of --json and --csv.")
    with waiting("Reading the diary"):
        found = account(open_diary(Wish(**given), timedelta(weeks=WEEKS)))
    if as_json:
        write_json(found.shape())
    elif as_csv:
        write(found.csv())
    else:
        from app.terminal.workload import show_workload

        show_workload(open_page(), found)


@click.command()
@source_options
@click.option("--minutes", type=int, required=True, help="How long the meeting is.")
@click.option(
    "--people",
    multiple=True,
    metavar="ADDRESS",
    help="Somebody else, asked only when they are busy.",
)
@click.option(
    "--most",
    type=click.IntRange(1, 50),
    default=10,
    show_default=True,
    help="How many times to offer.",
)
@reading_options
@json_option
def slots(as_json: bool, minutes: int, people: tuple[str, ...], most: int, **given: Any) -> None:
    """Find times for several people that cost the least.

    Each file or calendar is one person's. A time is ranked by what it takes of everybody's
    protected time, breaks and gaps, once holds have given way.

    \b
    Example:
      clearway slots FIRST.ics SECOND.ics --minutes 50 --from 2026-11-23 --to 2026-11-28
      clearway slots --graph me --google primary --people third@trust.example --minutes 30
    """
    from app.services.slots import suggest

    with waiting("Reading the diaries"):
        opened = [open_diary(each) for each in apart(Wish(**given))]
    with waiting("Looking for times"):
        found = suggest(opened, minutes, people=people, most=most)
    if as_json:
        write_json(found.shape())
        return
    warn(found.notes)
    from app.terminal.slots import show_slots

    show_slots(open_page(), found)
