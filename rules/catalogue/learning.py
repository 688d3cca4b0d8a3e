"""Time to learn, for those who want it: off until the leader or the trust asks for it."""

from collections.abc import Iterator

from rules.cadence import Cadence
from rules.diary import Diary
from rules.event import Kind
from rules.finding import Example, Finding, Rule, Scope
from rules.language import later
from rules.policy import Policy

CADENCE = Cadence(
    "learning",
    Kind.LEARNING,
    "time to learn",
    weeks=lambda policy: policy.learning_weeks,
    wanted=lambda policy: 1,
    minutes=lambda policy: policy.learning_minutes,
    shortest=lambda policy: policy.learning_minutes,
)


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    return CADENCE.findings(RULE, diary, policy)


RULE = Rule(
    id=CADENCE.rule,
    title=later("Time to learn"),
    about=later("A regular time to learn, or to try a better way of working."),
    cite="5.3 3",
    lines="L2722-2734",
    find=_find,
    scope=Scope.WEEKS,
    places=CADENCE.places,
    examples=(
        Example("weeks 4"),
        Example("weeks 4; Fri+1 14:00-15:00 learning; set learning_severity nudge"),
        Example("weeks 3; set learning_severity nudge"),
        Example("weeks 4; set learning_severity nudge", (60,)),
        Example("weeks 4; Fri+1 14:00-14:45 learning; set learning_severity nudge", (60,)),
        Example(
            "weeks 2; Fri 14:00-15:30 learning; set learning_severity should;"
            "set learning_weeks 1; set learning_minutes 90",
            (90,),
        ),
    ),
)
