"""Events and words that a leader can copy: what they are for, and what others read in them.

A template is never placed by itself. The leader puts it into the calendar, and asks whom they
like; nobody is in it.
"""

from dataclasses import dataclass

from rules.event import Kind
from rules.language import counted, later, text
from rules.words import say_minutes


@dataclass(frozen=True, slots=True)
class Template:
    """One event, or a series of them every so many weeks.

    `about` is for the leader, `summary` and `text` are for everybody who is asked. `minutes` are
    its usual length. It repeats every `weeks`, `times` in all, 0 for on and on; once where `weeks`
    is 0. `whole_day` is whether it may have dates in place of times.
    """

    name: str
    title: str
    about: str
    lines: str
    kind: Kind
    summary: str
    text: str
    minutes: int
    weeks: int = 0
    times: int = 0
    free: bool = False
    whole_day: bool = False

    @property
    def repeats(self) -> str:
        """How often it comes, in words."""
        if not self.weeks:
            return text("Once.")
        often = counted("Every week", "Every %(number)s weeks", self.weeks)
        if not self.times:
            return f"{often}."
        return text("%(often)s, %(times)s times.", often=often, times=self.times)

    @property
    def length(self) -> str:
        """How long it is, in words."""
        if self.whole_day:
            return text("All day, or a part of it.")
        return text("Usually %(time)s.", time=say_minutes(self.minutes))


@dataclass(frozen=True, slots=True)
class Words:
    """A text to copy, and what it is for."""

    name: str
    title: str
    lines: str
    text: str


TEMPLATES: tuple[Template, ...] = (
    Template(
        "team-chat",
        later("Team chat"),
        later(
            "A short chat without an agenda. Ask people as optional guests, and request no reply."
        ),
        "L1297-1299",
        Kind.POD,
        later("Team chat (optional)"),
        later(
            "Drop in for as long as suits you. There is nothing to prepare and no need to answer. "
            "Camera optional."
        ),
        minutes=20,
        weeks=1,
    ),
    Template(
        "welcome",
        later("Welcome series"),
        later("Six short chats for somebody new, in a small group. Ask people as optional guests."),
        "L2589-2592",
        Kind.POD,
        later("Welcome chat (optional)"),
        later(
            "A small, friendly chat while you settle in. Ask anything, or just listen. "
            "Camera optional."
        ),
        minutes=20,
        weeks=1,
        times=6,
    ),
    Template(
        "virtual-office",
        later("Virtual office"),
        later("An open online room for a day or part of it. It takes no time in anyone’s diary."),
        "L1299-1305",
        Kind.VIRTUAL_OFFICE,
        later("Virtual office: come and go"),
        later(
            "The room is open while this lasts. Join and leave as you like, with or without talking. "
            "Camera optional."
        ),
        minutes=120,
        free=True,
        whole_day=True,
    ),
    Template(
        "listening",
        later("Listening session"),
        later(
            "A talk across working patterns. Choose a time that part-time and shift staff can join."
        ),
        "L2609-2617",
        Kind.POD,
        later("How do our working patterns suit us? (optional)"),
        later(
            "Tell each other what helps you and what gets in the way, wherever and whenever you work. "
            "We listen first, and look for one thing to try. Camera optional."
        ),
        minutes=45,
        weeks=13,
    ),
    Template(
        "quiet-hours",
        later("Shared quiet hours"),
        later("A time in which nobody in the team books meetings. It is in your own diary only."),
        "L188-189",
        Kind.PROTECTED,
        later("Quiet hours for the team"),
        later(
            "We book no meetings with each other now, where work allows. A call is fine if it is "
            "pressing."
        ),
        minutes=120,
        weeks=1,
        free=True,
    ),
)

WORDS: tuple[Words, ...] = (
    Words(
        "team",
        later("For your team, about team chats"),
        "L2594-2597",
        later(
            "I am putting a short team chat in our diaries. Talking to each other is part of the job, "
            "so it counts as work. Join when it suits you, and leave when you like. No one writes "
            "down who came."
        ),
    ),
    Words(
        "objective",
        later("For your objectives"),
        "L2689-2691",
        later(
            "I keep regular, unhurried time for my team, together and one to one. That time is "
            "planned into my working week and not added on top of it."
        ),
    ),
    Words(
        "in-person",
        later("For an invitation to a day in person"),
        "L2665-2667",
        later(
            "It would be good to see you there. If the journey, the place or the day is difficult, "
            "let me know. You can also say no, and we will meet in another way."
        ),
    ),
    Words(
        "circumstances",
        later("For a talk about circumstances"),
        "L2624-2636",
        later(
            "Let us talk about how your work fits with the rest of your life, and what could be "
            "different. We can also look at your workplace and equipment, and at occupational health. "
            "You decide what you tell me."
        ),
    ),
)

NAMES = tuple(each.name for each in TEMPLATES)


def find_template(name: str) -> Template | None:
    """The template of this name."""
    return next((each for each in TEMPLATES if each.name == name), None)
