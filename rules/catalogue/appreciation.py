"""A regular time to say thank you, of its own in the diary."""

from collections.abc import Iterator

from rules.cadence import Cadence
from rules.diary import Diary
from rules.event import Kind
from rules.finding import Example, Finding, Rule, Scope
from rules.language import later
from rules.policy import Policy

CADENCE = Cadence(
    "appreciation",
    Kind.APPRECIATION,
    "time for appreciation",
    weeks=lambda policy: policy.appreciation_weeks,
    wanted=lambda policy: 1,
    minutes=lambda policy: policy.appreciation_minutes,
)


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    return CADENCE.findings(RULE, diary, policy)


RULE = Rule(
    id=CADENCE.rule,
    title=later("Appreciation"),
    about=later("A regular time to say what went well, and thank you."),
    cite="5.2 2",
    lines="L2607-2609",
    find=_find,
    scope=Scope.WEEKS,
    places=CADENCE.places,
    examples=(
        Example("weeks 3"),
        Example("weeks 4; Wed+2 14:00-14:15 appreciation"),
        Example("Wed 14:00-14:15 appreciation; set appreciation_weeks 1"),
        Example("weeks 4; set appreciation_severity off"),
        Example("weeks 4", (15,)),
        Example("weeks 4; Wed+2 14:00-14:20 pod; set appreciation_minutes 30", (30,)),
        Example("weeks 2; Wed 14:00-14:15 appreciation; set appreciation_weeks 1", (15,)),
    ),
)
