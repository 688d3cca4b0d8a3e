"""What a plan makes worse of the rules that are in none of its numbers: said, never hidden."""

from collections.abc import Iterable, Iterator

from rules.catalogue import capacity, open_time
from rules.finding import Finding
from rules.words import say_count

_QUIET = (open_time.RULE.id, capacity.RULE.id)
"""Rules that holds themselves can break."""


def say_worse(before: Iterable[Finding], left: Iterable[Finding]) -> Iterator[str]:
    """A sentence or two for each such rule of which more is missing than before the plan."""
    had = {each.id: each.missing for each in before if each.rule in _QUIET}
    worse = [each for each in left if each.rule in _QUIET and each.missing > had.get(each.id, 0)]
    for rule in _QUIET:
        found = [each for each in worse if each.rule == rule]
        if found:
            place = "more day" if rule == open_time.RULE.id else "more week"
            more = f" It is so in {say_count(len(found) - 1, place)}." if len(found) > 1 else ""
            yield f"With this plan: {found[0].message}{more}"
