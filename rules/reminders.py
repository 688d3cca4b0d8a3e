"""Private reminders for the leader: which of them fall due in a week, and what they say.

Each falls due once in every so many weeks, in the second half of them. Which week that is follows
from the settings and the day of joining alone: nothing is kept, ticked or counted.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from rules.language import later
from rules.policy import Policy
from rules.working_pattern import monday

LEAVE_WEEKS = 13
"""How far ahead a day off keeps the reminder of leave away, which names it."""
_LONGEST = 60 * 52
"""Weeks after which nobody is reminded any more: a clock that is far off must not cost minutes."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to think of. `message` is for the leader, `text` for them to share, if they like.

    `setting` is the parameter that says in how many weeks it comes, 0 for never.
    """

    id: str
    title: str
    message: str
    lines: str
    setting: str
    text: str = ""

    def weeks(self, policy: Policy) -> int:
        """In how many weeks it falls due once; 0 for never."""
        found: int = getattr(policy, self.setting)
        return found


REMINDERS: tuple[Reminder, ...] = (
    Reminder(
        "reach_out",
        later("Staying in touch"),
        later("Is there anyone in your team you have not spoken to lately? A quick call can help."),
        "L2598-2600",
        "reach_out_weeks",
    ),
    Reminder(
        "tell_team",
        later("Telling the team"),
        later("Does your team know how the team chats are going? You could share a few lines."),
        "L2600-2602",
        "tell_team_weeks",
        later(
            "We keep a short team chat in the diary. It is there so that we can talk without an "
            "agenda. Tell me what would make it more useful to you."
        ),
    ),
    Reminder(
        "talk_about_breaks",
        later("Talking about breaks"),
        later(
            "Would you like to bring up breaks and leave in your next team chat? "
            "Here is a way to begin."
        ),
        "L2643-2645",
        "talk_about_breaks_weeks",
        later(
            "I am keeping time for a break and going home on time this week. "
            "Is there anything that makes that hard for you?"
        ),
    ),
    Reminder(
        "take_leave",
        later("Leave"),
        later(
            "Is there a day of leave in your diary in the next 13 weeks? You could choose one now."
        ),
        "L2643-2644",
        "take_leave_weeks",
    ),
    Reminder(
        "face_rhythm",
        later("Days in person"),
        later(
            "Do you and your team meet in person as often as suits you? "
            "You could ask, and change how often."
        ),
        "L2665-2667",
        "face_rhythm_weeks",
        later(
            "Are our days in person the right number, at the right time? Tell me if coming in is "
            "hard. We can find another way for you to take part, and you can say no."
        ),
    ),
    Reminder(
        "pattern_changed",
        later("Your working pattern"),
        later("Have your working days or hours changed? You could look at them in your settings."),
        "L2634-2636",
        "pattern_changed_weeks",
    ),
)


def due(
    policy: Policy, joined: date, today: date, days_off: Collection[date] = ()
) -> tuple[Reminder, ...]:
    """The reminders of this week, Monday to Sunday, for somebody who joined on that day.

    There is at most one wherever the weeks have room for all. `days_off` are the leave that the
    leader has told: with some of it ahead, there is no reminder of leave.
    """
    week = (monday(today) - _first_monday(joined)).days // 7
    if not 1 <= week <= _LONGEST:
        return ()
    found = next(islice(_weekly(policy), week - 1, None))
    end = today + timedelta(weeks=LEAVE_WEEKS)
    away = any(today <= each < end for each in days_off)
    return tuple(each for each in found if not (away and each.id == "take_leave"))


def one_for(found: tuple[Reminder, ...], today: date) -> Reminder | None:
    """The one to show today: where a week has several, they take turns by day."""
    return found[today.toordinal() % len(found)] if found else None


def _first_monday(joined: date) -> date:
    """The Monday of the first whole week, in which nobody is reminded yet."""
    return monday(joined + timedelta(days=6))


def _weekly(policy: Policy) -> Iterator[tuple[Reminder, ...]]:
    """The reminders of each week from the second on.

    The one with the fewest weeks left goes first, which leaves no two in a week that could be
    apart. Whatever has no other week left comes as well.
    """
    every = [(each, each.weeks(policy)) for each in REMINDERS if each.weeks(policy)]
    told: dict[str, int] = {}
    week = 0
    while True:
        waiting = [
            (weeks - week % weeks, each)
            for each, weeks in every
            if week % weeks >= weeks // 2 and told.get(each.id) != week // weeks
        ]
        waiting.sort(key=lambda one: one[0])
        found = [each for at, (left, each) in enumerate(waiting) if at == 0 or left == 1]
        told.update((each.id, week // each.weeks(policy)) for each in found)
        yield tuple(found)
        week += 1
