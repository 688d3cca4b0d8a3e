"""A talk about circumstances with everybody who reports to the leader, once or twice a year.

As many in each period of `review_weeks` as the leader has `reports`. What is said in one is nobody
else's: the time alone is counted.
"""

from collections.abc import Iterator

from rules.cadence import Cadence
from rules.diary import Diary
from rules.event import Kind
from rules.finding import Example, Finding, Rule, Scope
from rules.language import later
from rules.policy import Policy

CADENCE = Cadence(
    "reviews",
    Kind.REVIEW,
    "talk about circumstances",
    weeks=lambda policy: policy.review_weeks,
    wanted=lambda policy: policy.reports,
    minutes=lambda policy: policy.review_minutes,
)


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    return CADENCE.findings(RULE, diary, policy)


RULE = Rule(
    id=CADENCE.rule,
    title=later("Talks about circumstances"),
    about=later("A time for each person who reports to you to say what would help them work well."),
    cite="5.2 3",
    lines="L2624-2636",
    find=_find,
    scope=Scope.WEEKS,
    places=CADENCE.places,
    examples=(
        Example("weeks 13; set reports 2"),
        Example("weeks 26"),
        Example("weeks 13; Tue+5 14:00-14:45 review; set reports 1; set review_weeks 13"),
        Example("weeks 26; set reports 1", (45,)),
        Example("weeks 26; Tue+5 14:00-14:45 review; set reports 3; set review_minutes 30", (60,)),
        Example("weeks 26; Tue+5 14:00-14:45 review; set reports 1; set review_weeks 13", (45,)),
    ),
)
