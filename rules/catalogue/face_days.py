"""A day in person, every so often.

One in each period of `face_day_weeks`: all day, or of at least `face_day_minutes`. 0 weeks is “not
now”, which is as good an answer: the report asks leaders to find out how much is needed.
"""

from collections.abc import Iterator

from rules.cadence import Cadence
from rules.diary import Diary
from rules.event import Kind
from rules.finding import Example, Finding, Rule, Scope
from rules.language import later
from rules.policy import Policy

CADENCE = Cadence(
    "face_days",
    Kind.FACE_DAY,
    "day in person",
    weeks=lambda policy: policy.face_day_weeks,
    wanted=lambda policy: 1,
    minutes=lambda policy: policy.face_day_minutes,
    shortest=lambda policy: policy.face_day_minutes,
)


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    return CADENCE.findings(RULE, diary, policy)


RULE = Rule(
    id=CADENCE.rule,
    title=later("Days in person"),
    about=later("A day on which the team meets in one place."),
    cite="5.2 5",
    lines="L2661-2667",
    find=_find,
    scope=Scope.WEEKS,
    places=CADENCE.places,
    examples=(
        Example("weeks 12"),
        Example("weeks 13; Thu+7 10:00-15:00 face_day"),
        Example("weeks 13; set face_day_weeks 0"),
        Example("weeks 4; Thu+3 10:00-12:00 face_day; set face_day_weeks 4"),
        Example("weeks 13", (120,)),
        Example("weeks 13; Thu+7 10:00-11:30 face_day", (120,)),
        Example("weeks 8; Thu+3 10:00-12:00 face_day; set face_day_weeks 4", (120,)),
    ),
)
