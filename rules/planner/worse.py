"""What a plan makes worse of the rules that are in none of its numbers: said, never hidden."""

from collections.abc import Iterable, Iterator

from rules.catalogue import capacity, open_time
from rules.finding import Finding
from rules.language import counted, text

_QUIET = (open_time.RULE.id, capacity.RULE.id)
"""Rules that holds themselves can break."""


def say_worse(before: Iterable[Finding], left: Iterable[Finding]) -> Iterator[str]:
    """A sentence or two for each such rule of which more is missing than before the plan."""
    had = {each.id: each.missing for each in before if each.rule in _QUIET}
    worse = [each for each in left if each.rule in _QUIET and each.missing > had.get(each.id, 0)]
    for rule in _QUIET:
        found = [each for each in worse if each.rule == rule]
        if found:
            said = text("With this plan: %(finding)s", finding=found[0].message)
            yield f"{said} {_say_more(rule, len(found) - 1)}".rstrip()


def _say_more(rule: str, places: int) -> str:
    if not places:
        return ""
    if rule == open_time.RULE.id:
        return counted(
            "It is so in %(number)s more day.", "It is so in %(number)s more days.", places
        )
    return counted(
        "It is so in %(number)s more week.", "It is so in %(number)s more weeks.", places
    )
