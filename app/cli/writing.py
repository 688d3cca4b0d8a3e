"""Commands that write a diary: `apply` a plan, and `undo` it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import clock
from app.cli.opening import Wish, open_diary
from app.cli.options import json_option, planning_options, reading_options
from app.cli.output import open_page, waiting, warn, write_json
from app.config import read_settings
from app.services.errors import BadInput, StalePlan
from app.services.files import open_source, refuse_existing, refuse_same, write_whole

if TYPE_CHECKING:
    from app.services.apply import Applied
    from app.services.plan import Planned
    from app.services.read import OpenDiary

_OTHER = (
    "The plan is out of date, so nothing was written. "
    "Plan again, or give the same --me, --policy and --keep as for the plan."
)


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="NEW",
    help="Where the changed diary goes.",
)
@click.option(
    "--undo",
    "undo_file",
    type=click.Path(path_type=Path),
    metavar="UNDO",
    help="Where the undo file goes. Default: NEW.undo.json.",
)
@click.option(
    "--plan",
    "plan_file",
    metavar="PLAN",
    help="A plan that `plan --json` wrote: apply this one or none.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@reading_options
@planning_options
@json_option
def apply(
    file: str,
    out: Path,
    undo_file: Path | None,
    plan_file: str | None,
    force: bool,
    tier: str | None,
    keep: tuple[str, ...],
    budget: float | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Write a new diary with the plan in it, and an undo file.

    FILE itself stays as it is. With --plan the plan's own dates, tier and moment are taken, and
    the rest of the options are given again as they were; a plan that has gone stale is refused
    whole, and so is one of which a part is over or too soon by now, unless --now is typed. Where
    it is not known whether people are free, applying --tier move is your word that the new times
    are agreed: Clearway lists how many meetings that concerns and mails nobody.

    \b
    Example:
      clearway plan DIARY.ics --me leader@trust.example --json > PLAN.json
      clearway apply DIARY.ics --me leader@trust.example --plan PLAN.json --out NEW.ics
    """
    refuse_existing(out, force=force)
    way_back = undo_file or out.with_name(f"{out.name}.undo.json")
    refuse_existing(way_back, force=force)
    refuse_same(way_back, out, "where the changed diary goes")
    for path in (out, way_back) if file != "-" else ():
        refuse_same(path, Path(file), "the diary itself, which stays as it is")
    wish, expected = Wish(files=(file,), **given), None
    if plan_file is not None:
        wish, tier, expected = _of_plan(plan_file, wish, tier)
    opened = open_diary(wish)
    with waiting("Making the plan again and writing it (the first on a machine takes longer)"):
        applied = _write(opened, tier, keep, budget, expected)
    if plan_file is not None and given["now"] is None:
        _refuse_begun(applied.planned)
    # The way back is there before the change is.
    write_whole(way_back, applied.undo)
    write_whole(out, applied.content)
    warn(applied.warnings[len(opened.warnings) :])
    if as_json:
        write_json(applied.shape(str(way_back)))
        return
    from app.terminal.apply import show_applied

    show_applied(open_page(), applied, out, way_back)


def _write(
    opened: "OpenDiary",
    tier: str | None,
    keep: tuple[str, ...],
    budget: float | None,
    expected: str | None,
) -> "Applied":
    """Raises StalePlan, which names the options that a plan file does not hold."""
    from app.services.apply import apply as write
    from rules.planner.plan import Tier

    chosen = Tier(tier or Tier.HOLDS)
    try:
        return write(opened, chosen, keep=keep, budget=budget, expected=expected)
    except StalePlan as error:
        raise StalePlan(_OTHER) from error


def _refuse_begun(planned: "Planned") -> None:
    from app.services.begun import refuse_begun

    refuse_begun(planned, clock.now())


def _of_plan(name: str, wish: Wish, tier: str | None) -> tuple[Wish, str, str]:
    """What a plan file says about how it was made, under what was typed; and its hash."""
    from pydantic import ValidationError

    from app.shapes import PlanResult

    source = open_source(name, read_settings().max_bytes)
    try:
        made = PlanResult.model_validate_json(source.content)
    except ValidationError as error:
        raise BadInput(f"{source.name} is not a plan that “clearway plan --json” wrote.") from error
    if tier is not None and tier != made.tier:
        raise BadInput(
            f"The plan was made with --tier {made.tier}; leave --tier out, or plan again."
        )
    asked = replace(
        wish,
        start=wish.start or made.window.start,
        end=wish.end or made.window.end,
        now=wish.now or made.now,
        time_zone=wish.time_zone or made.window.time_zone,
    )
    return asked, made.tier, made.plan_hash


@click.command()
@click.argument("file", metavar="NEW")
@click.argument("undo_file", metavar="[UNDO]", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the diary goes. Default: NEW itself is changed back.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@json_option
def undo(file: str, undo_file: str | None, out: Path | None, force: bool, as_json: bool) -> None:
    """Take an applied plan back, by its undo file.

    UNDO is what `apply` wrote; without it, NEW.undo.json. The result is the original byte for byte
    where nobody has edited NEW since; otherwise what was edited is left alone and listed.

    \b
    Example:
      clearway undo NEW.ics NEW.ics.undo.json --out DIARY.ics
    """
    from app.services.undo import overlaps
    from app.services.undo import undo as take_back

    target = out or Path(file)
    if out is not None:
        refuse_existing(out, force=force)
    elif file == "-":
        raise BadInput("With standard input, say with --out where the diary goes.")
    limit = read_settings().max_bytes
    # An undo file holds the text before and after, and for a JSON diary the whole of it.
    record = open_source(undo_file or f"{file}.undo.json", 4 * limit)
    content = open_source(file, 2 * limit).content
    undone = take_back(content, record.content)
    write_whole(target, undone.content)
    warn(overlaps(content, undone))
    if as_json:
        write_json(undone.shape())
        return
    from app.terminal.apply import show_undone

    show_undone(open_page(), undone, target)
