"""States, events and words of the code as sentences for people. Calm, plain, and short."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.connecting.connections import Provider
from app.connecting.states import Action
from app.life.journal import StepState
from app.life.reports import Fate
from app.life.states import WORKING, PlanState
from app.people.history import Detail, What
from rules.event import Kind
from rules.words import say_count, say_day, say_time
from rules.working_pattern import local_date

DONE: Mapping[str, str] = {
    "joined": "You have joined. Next, connect a calendar.",
    "connected": "The calendar is connected.",
    "reconnected": "The calendar is connected again.",
    "disconnected": "The calendar is no longer connected, and its sign-in is deleted.",
    "ticked": "Your calendars are saved.",
    "tried": "The calendar answers.",
    "settings": "Your settings are saved.",
    "first-look": "This is next week, as it is and as it could be. Nothing is written yet.",
    "mode-observe": "Clearway only looks from now on, and writes nothing.",
    "mode-propose": "Clearway makes a plan now, and asks you before it writes anything.",
    "mode-kept": "Clearway asks you first. What you ticked is kept, and counts once you choose so.",
    "mode-auto": "Clearway makes a plan now, and places what you ticked without asking.",
    "planned": "Here is a new plan.",
    "nothing": "There is nothing to change: no plan would make more room.",
    "accepted": "You said yes to this plan.",
    "declined": "You said no. This plan is not offered again for a week.",
    "undoing": "The plan is being taken back.",
    "lifted": "The hold is given up. No other of its kind is put in that day.",
    "never": "The hold is given up, and none of its kind comes at that time of the week again.",
    "kept": "Plans leave this hold where it is.",
    "loosened": "Plans may move this hold again.",
    "locked": "It is locked. Plans leave it as it is.",
    "unlocked": "Plans may change it again.",
    "paused": "Clearway is paused.",
    "resumed": "Clearway goes on.",
    "revoked": "The delegate can no longer act for you.",
    "given-up": "You no longer act for that diary.",
    "accepted-invitation": "You can act on this diary now.",
    "link": "A new link was printed where Clearway was started.",
    "signed-out": "You are signed out.",
}
"""What a page says after something was done."""

PROVIDERS: Mapping[Provider, str] = {
    Provider.MICROSOFT: "Outlook (Microsoft 365)",
    Provider.GOOGLE: "Google Calendar",
    Provider.CALDAV: "A CalDAV account",
    Provider.FEED: "A published calendar",
}

BUTTONS: Mapping[Action, str] = {
    Action.RECONNECT: "Connect it again",
    Action.ASK_ADMIN: "Ask for consent again",
    Action.TRY_AGAIN: "Try now",
    Action.CONFIRM_EMPTY: "Yes, it is empty",
}

HOLDS: Mapping[Kind, str] = {
    Kind.PROTECTED: "Protected time",
    Kind.GAP: "Time between meetings",
    Kind.BREAK: "Break",
    Kind.END_OF_DAY: "End of day",
    Kind.POD: "Team time",
    Kind.ONE_TO_ONE: "One-to-one",
    Kind.APPRECIATION: "Thank you time",
    Kind.REVIEW: "Talk about circumstances",
    Kind.FACE_DAY: "Team day in person",
    Kind.LEARNING: "Learning time",
    Kind.CHECK_IN: "Check-in",
}

STATES: Mapping[PlanState, tuple[str, str]] = {
    PlanState.PROPOSED: ("Waits for an answer", "Nothing is written until somebody says yes."),
    PlanState.ACCEPTED: ("Accepted", "Clearway is about to put it into the calendar."),
    PlanState.DECLINED: ("Declined", "Nothing of it was written."),
    PlanState.EXPIRED: ("Ran out", "Nobody answered in time, and nothing was written."),
    PlanState.STALE: ("Out of date", "Nothing of it was written."),
    PlanState.APPLYING: ("In hand", "Clearway is putting it into the calendar now."),
    PlanState.APPLIED: ("Done", "All of it is in the calendar, and was looked at again there."),
    PlanState.PARTLY_APPLIED: ("Partly done", "Some of it is in the calendar."),
    PlanState.CONFLICTED: (
        "Done, and changed since",
        "It was written, and the calendar shows something else in its place.",
    ),
    PlanState.UNDOING: ("Being taken back", "Clearway is taking it out of the calendar now."),
    PlanState.UNDONE: ("Taken back", "The calendar is as it was before the plan."),
    PlanState.PARTLY_UNDONE: ("Partly taken back", "Some of it stays in the calendar."),
}
"""What has become of a plan, as a heading and a sentence."""

UNWRITTEN = frozenset({PlanState.DECLINED, PlanState.EXPIRED, PlanState.STALE})
"""States in which a plan ended with nothing of it written."""
STILL = WORKING | {PlanState.PROPOSED, PlanState.PARTLY_APPLIED}
"""States in which what was not tried yet may still be."""

REMOVALS: Mapping[PlanState, tuple[str, str]] = {
    PlanState.ACCEPTED: ("Given up", "Clearway is about to take the hold out of the calendar."),
    PlanState.EXPIRED: ("Ran out", "The hold was not taken out in time."),
    PlanState.STALE: ("Not taken out", "The hold is where it was."),
    PlanState.APPLYING: ("In hand", "Clearway is taking the hold out of the calendar now."),
    PlanState.APPLIED: ("Done", "The hold is no longer in the calendar."),
    PlanState.CONFLICTED: (
        "Done, and changed since",
        "The hold was taken out, and the calendar shows it again.",
    ),
    PlanState.UNDOING: ("Being put back", "Clearway is putting the hold back now."),
    PlanState.UNDONE: ("Put back", "The hold is in the calendar again."),
    PlanState.PARTLY_UNDONE: ("Not put back", "The hold stays out of the calendar."),
}
"""The same of a hold that was given up, where that says something else."""


def hold_name(kind: Kind) -> str:
    """What a hold is for."""
    return HOLDS.get(kind, kind.value.replace("_", " ").capitalize())


def say_state(state: PlanState, *, removal: bool) -> tuple[str, str]:
    """What has become of a plan; `removal` is whether it takes out a hold that was given up."""
    return (REMOVALS.get(state) if removal else None) or STATES[state]


def say_fate(fate: Fate, state: PlanState, *, removal: bool) -> str:
    """What has become of one change of a plan in this state, in a word or two.

    Nothing where the plan ended before anything was tried: the state says so for all of it.
    """
    if fate.undone is StepState.DONE:
        return "Put back" if removal else "Taken back"
    if fate.undone is StepState.SKIPPED:
        return "Not put back" if removal else "Not taken back"
    if fate.applied is StepState.DONE:
        return "Done"
    if fate.applied is StepState.SKIPPED:
        return "Left out"
    if state in UNWRITTEN:
        return ""
    return "Not yet" if state in STILL else "Not written"


def say_moment(moment: datetime, zone: ZoneInfo) -> str:
    """A day and a time, where the leader is."""
    return f"{say_day(local_date(moment, zone))}, {say_time(moment, zone)}"


def say_span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A time of one day, which needs no day."""
    return f"{say_time(start, zone)} to {say_time(end, zone)}"


def say_until(end: datetime, zone: ZoneInfo) -> str:
    """A pause ends at a midnight, so the first day back is said."""
    return say_day(local_date(end, zone))


# --- history --------------------------------------------------------------------------------------

Details = Mapping[str, Detail]
_MODES = {"observe": "only looks", "propose": "asks first", "auto": "does what was switched on"}
_WHAT: Mapping[What, str] = {
    What.JOINED: "Joined Clearway.",
    What.SIGNED_IN: "Signed in.",
    What.SIGNED_OUT: "Signed out.",
    What.SETTINGS_CHANGED: "Changed the settings.",
    What.RESUMED: "Ended the pause.",
    What.LEAVING: "Left Clearway.",
    What.PLAN_ACCEPTED: "Said yes to a plan.",
    What.PLAN_DECLINED: "Said no to a plan.",
    What.PLAN_STALE: "A plan was out of date, so nothing of it was written.",
    What.PLAN_EXPIRED: "A plan ran out before anybody answered.",
    What.PLAN_UNDO_ASKED: "Asked for a plan to be taken back.",
    What.HOLDS_PLACED: "Placed holds.",
    What.HOLDS_MOVED: "Moved a hold.",
    What.HOLDS_REMOVED: "Removed holds.",
    What.TIME_OFFERED_BACK: "Gave back time that was given up.",
    What.NEW_TIME_OFFERED: "Offered another time for a hold that is often given up.",
    What.UNLOCKED: "Unlocked a meeting.",
    What.CLASH_SEEN: "Saw an invitation on protected time.",
    What.MOVE_ASKED: "Prepared a question whether a meeting can move.",
    What.TIME_PROPOSED: "Proposed another time for an invitation.",
    What.DELEGATE_ACCEPTED: "Accepted an invitation to act on the diary.",
    What.DATA_EXPORTED: "Took the data along.",
}
_TOLD: Mapping[What, Callable[[Details], str]] = {
    What.MODE_CHANGED: lambda told: f"Clearway {_MODES.get(str(told.get('mode')), 'changed')}.",
    What.PAUSED: lambda told: f"Paused Clearway until {_day(told.get('until'))}.",
    What.CONNECTED: lambda told: f"Connected {_inside(_provider(told))}.",
    What.CONNECTION_LOST: lambda told: f"{_provider(told)} needs a look.",
    What.RECONNECTED: lambda told: f"{_provider(told)} works again.",
    What.DISCONNECTED: lambda told: f"Disconnected {_inside(_provider(told))}.",
    What.CALENDARS_CHOSEN: lambda told: f"Ticked {_count(told, 'calendars', 'calendar')}.",
    What.PLAN_PROPOSED: lambda told: f"Offered a plan with {_count(told, 'changes', 'change')}.",
    What.PLAN_APPLIED: lambda told: f"Put a plan into the calendar: {_made(told)}.",
    What.PLAN_PARTLY_APPLIED: lambda told: (
        f"Put part of a plan into the calendar: {_made(told)} of {told.get('changes', 0)}."
    ),
    What.PLAN_CONFLICTED: lambda told: (
        f"Wrote a plan, and the calendar shows something else: {_made(told)}."
    ),
    What.PLAN_UNDONE: lambda told: f"Took a plan back: {_count(told, 'undone', 'change')}.",
    What.PLAN_PARTLY_UNDONE: lambda told: (
        f"Took part of a plan back: {_count(told, 'undone', 'change')}, {told.get('left', 0)} left."
    ),
    What.HOLD_LIFTED: lambda told: f"Gave up {_hold(told)} on {_day(told.get('day'))}.",
    What.HOLD_KEPT: lambda told: (
        "Marked a hold to stay." if told.get("firm") else "Let plans move a hold again."
    ),
    What.OVERRIDE_NOTICED: lambda told: f"Saw that somebody moved or removed {_hold(told)}.",
    What.LOCKED: lambda told: (
        "Locked a series." if told.get("scope") == "series" else "Locked a meeting."
    ),
    What.DELEGATE_INVITED: lambda told: f"Invited a delegate for {_count(told, 'days', 'day')}.",
    What.DELEGATE_REVOKED: lambda told: "A delegate can no longer act on the diary.",
    What.DELEGATE_LOOKED: lambda told: f"Looked at: {told.get('area', 'a page')!s}.",
}


_REMOVED: Mapping[What, str] = {
    What.PLAN_ACCEPTED: "Had the hold taken out of the calendar.",
    What.PLAN_APPLIED: "Took the hold out of the calendar.",
    What.PLAN_STALE: "The hold could not be taken out of the calendar.",
    What.PLAN_EXPIRED: "The hold was not taken out of the calendar in time.",
    What.PLAN_CONFLICTED: "Took the hold out, and the calendar shows it again.",
    What.PLAN_UNDO_ASKED: "Asked for the hold to be put back.",
    What.PLAN_UNDONE: "Put the hold back into the calendar.",
    What.PLAN_PARTLY_UNDONE: "The hold could not be put back into the calendar.",
}
"""What happened to the plan by which a hold goes that was given up."""


def say_what(what: What, details: Details, *, removal: bool = False) -> str:
    """What happened, as a sentence; `removal` is whether a hold was given up by that plan."""
    if removal and what in _REMOVED:
        return _REMOVED[what]
    told = _TOLD.get(what)
    return _WHAT.get(what, what.value) if told is None else told(details)


def _count(told: Details, name: str, noun: str) -> str:
    found = told.get(name)
    return say_count(found if isinstance(found, int) else 0, noun)


def _made(told: Details) -> str:
    said = _count(told, "made", "change")
    return f"{said}, {_count(told, 'mails', 'mail')}" if told.get("mails") else said


def _provider(told: Details) -> str:
    try:
        return PROVIDERS[Provider(str(told.get("provider")))]
    except ValueError:
        return "A calendar"


def _inside(name: str) -> str:
    """A name within a sentence: those that begin with an article are no proper ones."""
    return f"a{name[1:]}" if name.startswith("A ") else name


def _hold(told: Details) -> str:
    try:
        return hold_name(Kind(str(told.get("kind")))).lower()
    except ValueError:
        return "a hold"


def _day(value: Detail) -> str:
    try:
        return say_day(date.fromisoformat(str(value)))
    except ValueError:
        return "a day"


# --- what is held ---------------------------------------------------------------------------------

TABLES: Mapping[str, str] = {
    "leader": "You: when you joined, your settings, and how much Clearway does.",
    "delegation": "Who may act on your diary, and until when.",
    "sign_in": "When you signed in. No name or address is held.",
    "connection": "Your calendars, with their sign-ins under seal.",
    "mailbox": "When your diary was last looked at.",
    "plan": "Plans, and what has become of them. No titles, names or places.",
    "hold": "The holds that Clearway wrote: when, and for what.",
    "step": "What was written into your calendar, change by change.",
    "history": "What was done and when, in words and counts.",
    "override": "Holds that you gave up or moved.",
    "lock": "Meetings that you locked.",
    "disturbance": "When a plan last changed a meeting, so that it is left alone for a while.",
    "answered": "Requests of programs, so that none is carried out twice.",
}


HEADINGS: Mapping[str, str] = {
    "leader": "You and your settings",
    "delegation": "Delegates",
    "sign_in": "Sign-ins",
    "connection": "Connected calendars",
    "mailbox": "Looks at your diary",
    "plan": "Plans",
    "hold": "Holds",
    "step": "Changes that were written",
    "history": "History",
    "override": "Holds that you gave up",
    "lock": "Locked meetings",
    "disturbance": "Meetings that were changed",
    "answered": "Requests of programs",
}


def say_heading(name: str) -> str:
    """What a table is called on the page."""
    return HEADINGS.get(name, name.replace("_", " ").capitalize())


def say_table(name: str) -> str:
    """What a table holds, in a sentence."""
    return TABLES.get(name, f"{name.replace('_', ' ').capitalize()}.")
