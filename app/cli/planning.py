"""The command that plans a repair and writes nothing: `plan`."""

from typing import Any

import click

from app.cli.opening import Wish, open_diary, source_options
from app.cli.options import json_option, planning_options, reading_options
from app.cli.output import open_page, waiting, warn, write_json
from app.services.errors import BadInput


@click.command()
@source_options
@reading_options
@planning_options
@click.option("--all-tiers", is_flag=True, help="All three tiers, then side by side.")
@click.option("--curve", is_flag=True, help="Also what more minutes would cost in people told.")
@json_option
def plan(
    tier: str | None,
    keep: tuple[str, ...],
    budget: float | None,
    all_tiers: bool,
    curve: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Plan the least disruptive repair of a diary, with a proof. Nothing is written.

    \b
    Example:
      clearway plan DIARY.ics --me leader@trust.example --tier move
      clearway plan --graph me --tier move
    """
    if all_tiers and (tier or curve):
        raise BadInput("--all-tiers goes with neither --tier nor --curve.")
    with waiting("Reading the diary"):
        opened = open_diary(Wish(**given))
    from app.services.curve import curve as bend
    from app.services.plan import plan as make
    from rules.planner.plan import Tier

    tiers = list(Tier) if all_tiers else [Tier(tier or Tier.HOLDS)]
    with waiting("Making the plan and its proof (the first on a machine takes longer)"):
        made = [make(opened, each, keep=keep, budget=budget) for each in tiers]
        points = bend(opened, keep=keep, budget=budget) if curve else ()
    warn(dict.fromkeys(note for each in made for note in each.notes))
    if as_json:
        line = [each.shape() for each in points] if curve else None
        shapes = [each.shape(line) for each in made]
        write_json(shapes if all_tiers else shapes[0])
        return
    from app.terminal.plan import show_curve, show_plan, show_tiers

    page = open_page()
    if all_tiers:
        show_tiers(page, made)
    else:
        show_plan(page, made[0])
        show_curve(page, points)
