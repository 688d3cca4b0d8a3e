"""The command `template`: events that a leader can take as a file and put into a calendar."""

from datetime import date, time
from pathlib import Path

import click

from app import clock
from app.cli.options import json_option, one_date
from app.cli.output import open_page, write, write_json


def _time(value: str) -> time:
    try:
        found = time.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"“{value}” is not a time such as 10:00.") from error
    if found.tzinfo is not None:
        raise click.BadParameter(f"“{value}” is not a time of day such as 10:00.")
    return found.replace(second=0, microsecond=0)


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--from", "first", type=one_date, metavar="DATE", help="The day of the first one.")
@click.option("--at", type=_time, metavar="TIME", help="When it begins, such as 10:00.")
@click.option("--minutes", type=int, metavar="MINUTES", help="How long it is. Default: as usual.")
@click.option("--time-zone", metavar="ZONE", help="Zone of the diary. Default: Europe/London.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there, not here."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def template(
    name: str | None,
    first: date | None,
    at: time | None,
    minutes: int | None,
    time_zone: str | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write an event for your own calendar, as a small file.

    Without NAME it lists what there is. Nobody is invited: you ask people yourself, as optional
    guests and without requesting a reply. A virtual office is all day where there is no --at.

    \b
    Example:
      clearway template
      clearway template team-chat --from 2026-11-25 --at 10:00 --out chat.ics
    """
    if name is None:
        _list(as_json)
        return
    from app.services.files import refuse_existing, write_whole
    from app.services.hours import USUAL_ZONE, find_zone
    from app.services.templates import Wanted, fill, template_of

    found = template_of(name)
    if first is None:
        raise click.UsageError("Say on which day it begins: --from 2026-11-25.")
    if out is not None:
        refuse_existing(out, force=force)
    zone = find_zone(USUAL_ZONE if time_zone is None else time_zone)
    filled = fill(found, Wanted(first, zone, at, minutes), clock.now())
    if out is not None:
        write_whole(out, filled.content)
    if as_json:
        write_json(filled.shape(None if out is None else str(out)))
    elif out is None:
        write(filled.content.decode("utf-8"))
    else:
        open_page().say(f"Wrote {out}: {found.title.lower()}. {found.about}")


def _list(as_json: bool) -> None:
    if as_json:
        from app.services.template_shape import template_items

        write_json(template_items())
        return
    from rules.templates import TEMPLATES

    page = open_page()
    page.pairs([(each.name, f"{each.about} {each.repeats} {each.length}") for each in TEMPLATES])
