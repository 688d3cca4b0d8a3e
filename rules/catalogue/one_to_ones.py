"""One-to-ones with everybody who reports to the leader, in turn.

As many in each period of `one_to_one_weeks` as the leader has `reports`: a number the leader gives,
since nobody's name is known. Nothing is asked for where it is 0.
"""

from collections.abc import Iterator

from rules.cadence import Cadence
from rules.diary import Diary
from rules.event import Kind
from rules.finding import Example, Finding, Rule, Scope
from rules.language import later
from rules.policy import Policy

CADENCE = Cadence(
    "one_to_ones",
    Kind.ONE_TO_ONE,
    "one-to-one",
    weeks=lambda policy: policy.one_to_one_weeks,
    wanted=lambda policy: policy.reports,
    minutes=lambda policy: policy.one_to_one_minutes,
)


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    return CADENCE.findings(RULE, diary, policy)


RULE = Rule(
    id=CADENCE.rule,
    title=later("One-to-ones"),
    about=later("A time for each person who reports to you, every few weeks."),
    cite="5.2 1",
    lines="L2592-2594",
    find=_find,
    scope=Scope.WEEKS,
    places=CADENCE.places,
    examples=(
        Example("weeks 2"),
        Example("weeks 1; set reports 3"),
        Example("weeks 2; Mon 10:00-10:30 one_to_one; Thu+1 10:00-10:30 one_to_one; set reports 2"),
        Example("Tue 10:00-10:45 one_to_one; set reports 1; set one_to_one_weeks 1"),
        Example("weeks 2; Mon-Fri leave; Mon-Fri+1 leave; set reports 4"),
        Example("weeks 2; Mon 10:00-10:30 one_to_one; set reports 3", (60,)),
        Example("weeks 4; Mon 10:00-10:30 one_to_one; set reports 1", (30,)),
        Example("weeks 2; Mon 10:00-10:20 pod; set reports 1; set one_to_one_minutes 45", (45,)),
        Example("weeks 5; set reports 2", (60, 60)),
    ),
)
