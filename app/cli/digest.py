"""The weekly mail, as it would be sent: `digest --preview`."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from app.cli.opening import Wish, open_diary, source_options
from app.cli.options import json_option, week_options
from app.cli.output import waiting, write, write_json
from app.services.errors import BadInput

_EARLIEST, _LATEST = date(2, 3, 1), date(9997, 10, 1)


@click.command()
@source_options
@click.option("--preview", is_flag=True, help="Show the mail; none is ever sent from here.")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it there too, as mail programs show it.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@week_options
@json_option
def digest(
    preview: bool,
    page: Path | None,
    force: bool,
    start: date | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Show the mail “Your week” for one week of a diary. Nothing is sent.

    It praises what the week before had, says where there is room, and offers one thing to do. The
    service sends it to leaders who asked for it, in their hours, and to nobody else.

    \b
    Example:
      clearway digest --preview DIARY.ics --me leader@trust.example --from 2026-11-23
      clearway digest --preview DIARY.ics --from 2026-11-23 --html your-week.html
    """
    if not preview:
        raise BadInput("Mail is sent by workers; --preview shows what they would send.")
    from app import clock
    from app.digest.making import AHEAD, BEFORE
    from app.digest.previewing import preview as show
    from app.services.files import refuse_existing, write_whole
    from rules.working_pattern import monday

    if page is not None:
        refuse_existing(page, force=force)
    day = start or (given["now"] or clock.now()).date()
    if not _EARLIEST <= day <= _LATEST:
        raise BadInput("The dates of a week lie between the years 2 and 9997.")
    first = monday(day)
    with waiting("Reading the diary"):
        opened = open_diary(Wish(**given, start=first - BEFORE, end=first + AHEAD))
    with waiting("Making the plan that the mail speaks of"):
        shown = show(opened, first)
    if page is not None and shown.rendered is not None:
        write_whole(page, shown.rendered.html.encode())
    if as_json:
        write_json(shown.shape())
    elif shown.rendered is None:
        write("No mail is sent in that week: it has fewer than 2 working days.\n")
    else:
        write(f"{shown.rendered.subject}\n\n{shown.rendered.text}")
