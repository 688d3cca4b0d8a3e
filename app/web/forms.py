"""The questions of the first page: what was answered, and what does not fit."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from app import sample
from app.door.intake import Form
from app.services.errors import BadInput
from app.services.hours import USUAL_HOURS, find_zone
from app.services.policy_file import read_nation
from app.services.read import Ask
from app.services.source import Source
from app.shapes import say_moment
from app.web.carry import pack, unpack
from app.web.left_out import MOST
from rules.language import text
from rules.working_pattern import PatternError, parse_hours

LONGEST = 28
"""Days on one page: more pictures than four weeks help nobody to choose."""
LEFT, LEAVE, ALLOW = "left", "leave", "allow"
"""Fields of a shown plan: what is left out already, and what was ticked to join it or to leave it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """An answer that does not fit: the field it is about and one sentence."""

    field: str
    sentence: str


class WrongAnswers(Exception):
    """Some answers do not fit; what was brought is kept so that it need not be brought again."""

    def __init__(self, answers: "Answers", wrong: tuple[Wrong, ...]) -> None:
        super().__init__("Some answers do not fit.")
        self.answers = answers
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Answers:
    """The form as somebody filled it in, before anything is read from it.

    `left` are the words of what is left out of the plans.
    """

    me: str = ""
    hours: str = USUAL_HOURS
    first: str = ""
    last: str = ""
    time_zone: str = ""
    nation: str = ""
    now: str = ""
    left: tuple[str, ...] = ()
    contents: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The calendars, named by number: a file's own name can be somebody's."""
        if len(self.contents) == 1:
            return (Source(text("Your calendar"), self.contents[0]),)
        return tuple(
            Source(text("Calendar %(number)s", number=number), content)
            for number, content in enumerate(self.contents, start=1)
        )

    @property
    def packed(self) -> tuple[str, ...]:
        """The calendars for a hidden field."""
        return tuple(pack(content) for content in self.contents)


def usual_answers(now: datetime) -> Answers:
    """What the form begins with: the coming week."""
    first, end = sample.week(now)
    return Answers(first=first.isoformat(), last=(end - timedelta(days=3)).isoformat())


def sample_answers(now: datetime) -> Answers:
    """The form as it would be filled in for the sample diary."""
    content = sample.calendar(now).encode()
    return replace(usual_answers(now), me=sample.LEADER, contents=(content,))


def read_answers(form: Form, limit: int) -> Answers:
    """The answers in a form that was sent.

    Raises BadInput for a damaged calendar, and for more left out than one page carries.
    """
    return Answers(
        me=form.word("me"),
        hours=form.word("hours"),
        first=form.word("first"),
        last=form.word("last"),
        time_zone=form.word("time_zone"),
        nation=form.word("nation"),
        now=form.word("now"),
        left=left_words(form),
        contents=tuple(form.contents("calendar") or _kept(form, limit)),
    )


def _kept(form: Form, limit: int) -> list[bytes]:
    """The calendars that the page carried, all together within the limit of one."""
    contents: list[bytes] = []
    for word in form.words.get("kept", []):
        if word:
            contents.append(unpack(word, limit - sum(map(len, contents))))
    return contents


def has_ticks(form: Form) -> bool:
    """Whether a change was ticked, to be left out or to be allowed again."""
    return bool(form.words.get(LEAVE) or form.words.get(ALLOW))


def left_words(form: Form) -> tuple[str, ...]:
    """The words of everything that is left out now. Raises BadInput for too many."""
    words = dict.fromkeys([*form.words.get(LEFT, []), *form.words.get(LEAVE, [])])
    for word in form.words.get(ALLOW, []):
        words.pop(word, None)
    if len(words) > MOST:
        raise BadInput(text("Leave out at most %(most)s changes at a time.", most=MOST))
    return tuple(words)


def to_ask(answers: Answers, now: datetime) -> Ask:
    """What the services take. Raises WrongAnswers with every answer that does not fit."""
    wrong: list[Wrong] = []
    if not answers.contents:
        wrong.append(Wrong("calendar", text("Choose a calendar file.")))
    if "@" not in answers.me:
        wrong.append(Wrong("me", text("Enter your email address, such as name@trust.example.")))
    first = _date(answers.first, "first", text("Enter the first day as a date."), wrong)
    last = _date(answers.last, "last", text("Enter the last day as a date."), wrong)
    if first and last and not timedelta() <= last - first < timedelta(days=LONGEST):
        sentence = text("Choose a last day within %(days)s days of the first.", days=LONGEST)
        wrong.append(Wrong("last", sentence))
    _try("hours", lambda: parse_hours(answers.hours or USUAL_HOURS, sample.ZONE), wrong)
    _try("time_zone", lambda: answers.time_zone and find_zone(answers.time_zone), wrong)
    _try("nation", lambda: answers.nation and read_nation(answers.nation), wrong)
    if wrong or first is None or last is None:
        raise WrongAnswers(answers, tuple(wrong))
    return Ask(
        now=_moment(answers.now) or now,
        me=tuple(answers.me.replace(",", " ").split()),
        start=first,
        end=last + timedelta(days=1),
        time_zone=answers.time_zone or None,
        hours=answers.hours or None,
        nation=read_nation(answers.nation) if answers.nation else None,
    )


def remember(answers: Answers, now: datetime) -> Answers:
    """The answers with the moment that a page is shown at, so that a plan of it can be taken.

    A moment that was carried here is an older page's: what is shown is planned from now on.
    """
    return replace(answers, now=say_moment(now))


def _date(day: str, name: str, sentence: str, wrong: list[Wrong]) -> date | None:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        wrong.append(Wrong(name, sentence))
        return None
    if not 1900 <= found.year <= 2999:
        wrong.append(Wrong(name, sentence))
        return None
    return found


def _try(name: str, reading: Callable[[], object], wrong: list[Wrong]) -> None:
    try:
        reading()
    except (BadInput, PatternError) as error:
        wrong.append(Wrong(name, str(error)))


def _moment(moment: str) -> datetime | None:
    if not moment:
        return None
    try:
        found = datetime.fromisoformat(moment)
    except ValueError as error:
        raise BadInput(text("The page is out of date; please start again.")) from error
    if found.tzinfo is None:
        raise BadInput(text("The page is out of date; please start again."))
    return found
