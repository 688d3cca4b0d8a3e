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
from rules.language import counted, later, text
from rules.words import say_day, say_time
from rules.working_pattern import local_date

DONE: Mapping[str, str] = {
    "joined": later("You have joined. Next, connect a calendar."),
    "connected": later("The calendar is connected."),
    "reconnected": later("The calendar is connected again."),
    "disconnected": later("The calendar is no longer connected, and its sign-in is deleted."),
    "ticked": later("Your calendars are saved."),
    "tried": later("The calendar answers."),
    "settings": later("Your settings are saved."),
    "first-look": later("This is next week, as it is and as it could be. Nothing is written yet."),
    "mode-observe": later("Clearway only looks from now on, and writes nothing."),
    "mode-propose": later("Clearway makes a plan now, and asks you before it writes anything."),
    "mode-kept": later(
        "Clearway asks you first. What you ticked is kept, and counts once you choose so."
    ),
    "mode-auto": later("Clearway makes a plan now, and places what you ticked without asking."),
    "planned": later("Here is a new plan."),
    "nothing": later("There is nothing to change: no plan would make more room."),
    "accepted": later("You said yes to this plan."),
    "declined": later("You said no. This plan is not offered again for a week."),
    "undoing": later("The plan is being taken back."),
    "lifted": later("The hold is given up. No other of its kind is put in that day."),
    "never": later(
        "The hold is given up, and none of its kind comes at that time of the week again."
    ),
    "kept": later("Plans leave this hold where it is."),
    "loosened": later("Plans may move this hold again."),
    "locked": later("It is locked. Plans leave it as it is."),
    "unlocked": later("Plans may change it again."),
    "paused": later("Clearway is paused."),
    "resumed": later("Clearway goes on."),
    "revoked": later("The delegate can no longer act for you."),
    "given-up": later("You no longer act for that diary."),
    "accepted-invitation": later("You can act on this diary now."),
    "renamed": later("The diary has its new name."),
    "link": later("A new link was printed where Clearway was started."),
    "signed-out": later("You are signed out."),
    "code-sent": later("We mailed you a code. Please type it in below."),
    "mail-on": later("The weekly mail comes from now on."),
    "mail-off": later("No more of this mail is sent."),
}
"""What a page says after something was done."""

PROVIDERS: Mapping[Provider, str] = {
    Provider.MICROSOFT: later("Outlook (Microsoft 365)"),
    Provider.GOOGLE: later("Google Calendar"),
    Provider.CALDAV: later("A CalDAV account"),
    Provider.FEED: later("A published calendar"),
}

BUTTONS: Mapping[Action, str] = {
    Action.RECONNECT: later("Connect it again"),
    Action.ASK_ADMIN: later("Ask for consent again"),
    Action.TRY_AGAIN: later("Try now"),
    Action.CONFIRM_EMPTY: later("Yes, it is empty"),
}

HOLDS: Mapping[Kind, str] = {
    Kind.PROTECTED: later("Protected time"),
    Kind.GAP: later("Time between meetings"),
    Kind.BREAK: later("Break"),
    Kind.END_OF_DAY: later("End of day"),
    Kind.POD: later("Team time"),
    Kind.ONE_TO_ONE: later("One-to-one"),
    Kind.APPRECIATION: later("Thank you time"),
    Kind.REVIEW: later("Talk about circumstances"),
    Kind.FACE_DAY: later("Team day in person"),
    Kind.LEARNING: later("Learning time"),
    Kind.CHECK_IN: later("Check-in"),
}

STATES: Mapping[PlanState, tuple[str, str]] = {
    PlanState.PROPOSED: (
        later("Waits for an answer"),
        later("Nothing is written until somebody says yes."),
    ),
    PlanState.ACCEPTED: (
        later("Accepted"),
        later("Clearway is about to put it into the calendar."),
    ),
    PlanState.DECLINED: (later("Declined"), later("Nothing of it was written.")),
    PlanState.EXPIRED: (
        later("Ran out"),
        later("Nobody answered in time, and nothing was written."),
    ),
    PlanState.STALE: (later("Out of date"), later("Nothing of it was written.")),
    PlanState.APPLYING: (later("In hand"), later("Clearway is putting it into the calendar now.")),
    PlanState.APPLIED: (
        later("Done"),
        later("All of it is in the calendar, and was looked at again there."),
    ),
    PlanState.PARTLY_APPLIED: (later("Partly done"), later("Some of it is in the calendar.")),
    PlanState.CONFLICTED: (
        later("Done, and changed since"),
        later("It was written, and the calendar shows something else in its place."),
    ),
    PlanState.UNDOING: (
        later("Being taken back"),
        later("Clearway is taking it out of the calendar now."),
    ),
    PlanState.UNDONE: (later("Taken back"), later("The calendar is as it was before the plan.")),
    PlanState.PARTLY_UNDONE: (
        later("Partly taken back"),
        later("Some of it stays in the calendar."),
    ),
}
"""What has become of a plan, as a heading and a sentence."""

_NEW = later("You can see the week as it is now, with new plans for it.")
NEXT: Mapping[PlanState, str] = {
    PlanState.DECLINED: later("The week shows other plans, if you want one."),
    PlanState.EXPIRED: _NEW,
    PlanState.STALE: _NEW,
    PlanState.PARTLY_APPLIED: later(
        "Below is what was not done, and why. The week shows plans for what is left."
    ),
    PlanState.CONFLICTED: later("Below is what was changed. Clearway leaves it as people want it."),
    PlanState.PARTLY_UNDONE: later("Below is what stays, and why. You can change it yourself."),
}
"""What there is to do after a plan that did not end as it was meant to."""

UNWRITTEN = frozenset({PlanState.DECLINED, PlanState.EXPIRED, PlanState.STALE})
"""States in which a plan ended with nothing of it written."""
STILL = WORKING | {PlanState.PROPOSED, PlanState.PARTLY_APPLIED}
"""States in which what was not tried yet may still be."""

REMOVALS: Mapping[PlanState, tuple[str, str]] = {
    PlanState.ACCEPTED: (
        later("Given up"),
        later("Clearway is about to take the hold out of the calendar."),
    ),
    PlanState.EXPIRED: (later("Ran out"), later("The hold was not taken out in time.")),
    PlanState.STALE: (later("Not taken out"), later("The hold is where it was.")),
    PlanState.APPLYING: (
        later("In hand"),
        later("Clearway is taking the hold out of the calendar now."),
    ),
    PlanState.APPLIED: (later("Done"), later("The hold is no longer in the calendar.")),
    PlanState.CONFLICTED: (
        later("Done, and changed since"),
        later("The hold was taken out, and the calendar shows it again."),
    ),
    PlanState.UNDOING: (later("Being put back"), later("Clearway is putting the hold back now.")),
    PlanState.UNDONE: (later("Put back"), later("The hold is in the calendar again.")),
    PlanState.PARTLY_UNDONE: (later("Not put back"), later("The hold stays out of the calendar.")),
}
"""The same of a hold that was given up, where that says something else."""


def hold_name(kind: Kind) -> str:
    """What a hold is for."""
    return text(HOLDS[kind]) if kind in HOLDS else kind.value.replace("_", " ").capitalize()


def say_state(state: PlanState, *, removal: bool) -> tuple[str, str]:
    """What has become of a plan; `removal` is whether it takes out a hold that was given up."""
    name, about = (REMOVALS.get(state) if removal else None) or STATES[state]
    return text(name), text(about)


def say_fate(fate: Fate, state: PlanState, *, removal: bool) -> str:
    """What has become of one change of a plan in this state, in a word or two.

    Nothing where the plan ended before anything was tried: the state says so for all of it.
    """
    if fate.undone is StepState.DONE:
        return text("Put back") if removal else text("Taken back")
    if fate.undone is StepState.SKIPPED:
        return text("Not put back") if removal else text("Not taken back")
    if fate.applied is StepState.DONE:
        return text("Done")
    if fate.applied is StepState.SKIPPED:
        return text("Left out")
    if state in UNWRITTEN:
        return ""
    return text("Not yet") if state in STILL else text("Not written")


def say_moment(moment: datetime, zone: ZoneInfo) -> str:
    """A day and a time, where the leader is."""
    day = say_day(local_date(moment, zone))
    return text("%(day)s, %(time)s", day=day, time=say_time(moment, zone))


def say_span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A time of one day, which needs no day."""
    return text("%(start)s to %(end)s", start=say_time(start, zone), end=say_time(end, zone))


def say_until(end: datetime, zone: ZoneInfo) -> str:
    """A pause ends at a midnight, so the first day back is said."""
    return say_day(local_date(end, zone))


# --- history --------------------------------------------------------------------------------------

Details = Mapping[str, Detail]
_MODES = {
    "observe": later("Clearway only looks."),
    "propose": later("Clearway asks first."),
    "auto": later("Clearway does what was switched on."),
}
_CHANGED = later("Clearway changed.")
_INSIDE: Mapping[Provider, str] = {
    **PROVIDERS,
    Provider.CALDAV: later("a CalDAV account"),
    Provider.FEED: later("a published calendar"),
}
"""The same within a sentence: those that begin with an article are no proper names."""
_AREAS: Mapping[str, str] = {
    "acting": later("several diaries"),
    "check": later("check"),
    "connections": later("connections"),
    "diary": later("diary"),
    "hold": later("hold"),
    "holds": later("holds"),
    "leader": later("leader"),
    "locks": later("locks"),
    "plan": later("plan"),
    "plans": later("plans"),
    "settings": later("settings"),
    "slots": later("times to meet"),
    "week": later("week"),
}
_WHAT: Mapping[What, str] = {
    What.JOINED: later("Joined Clearway."),
    What.SIGNED_IN: later("Signed in."),
    What.SIGNED_OUT: later("Signed out."),
    What.SETTINGS_CHANGED: later("Changed the settings."),
    What.RESUMED: later("Ended the pause."),
    What.LEAVING: later("Left Clearway."),
    What.PLAN_ACCEPTED: later("Said yes to a plan."),
    What.PLAN_DECLINED: later("Said no to a plan."),
    What.PLAN_STALE: later("A plan was out of date, so nothing of it was written."),
    What.PLAN_EXPIRED: later("A plan ran out before anybody answered."),
    What.PLAN_UNDO_ASKED: later("Asked for a plan to be taken back."),
    What.HOLDS_PLACED: later("Placed holds."),
    What.HOLDS_MOVED: later("Moved a hold."),
    What.HOLDS_REMOVED: later("Removed holds."),
    What.TIME_OFFERED_BACK: later("Gave back time that was given up."),
    What.NEW_TIME_OFFERED: later("Offered another time for a hold that is often given up."),
    What.UNLOCKED: later("Unlocked a meeting."),
    What.CLASH_SEEN: later("Saw an invitation on protected time."),
    What.MOVE_ASKED: later("Prepared a question whether a meeting can move."),
    What.TIME_PROPOSED: later("Proposed another time for an invitation."),
    What.DELEGATE_ACCEPTED: later("Accepted an invitation to act on the diary."),
    What.DATA_EXPORTED: later("Took the data along."),
}
_TOLD: Mapping[What, Callable[[Details], str]] = {
    What.MODE_CHANGED: lambda told: text(_MODES.get(str(told.get("mode")), _CHANGED)),
    What.PAUSED: lambda told: text("Paused Clearway until %(day)s.", day=_day(told.get("until"))),
    What.CONNECTED: lambda told: text("Connected %(calendar)s.", calendar=_inside(told)),
    What.CONNECTION_LOST: lambda told: text("%(calendar)s needs a look.", calendar=_provider(told)),
    What.RECONNECTED: lambda told: text("%(calendar)s works again.", calendar=_provider(told)),
    What.DISCONNECTED: lambda told: text("Disconnected %(calendar)s.", calendar=_inside(told)),
    What.CALENDARS_CHOSEN: lambda told: counted(
        "Ticked %(number)s calendar.", "Ticked %(number)s calendars.", _number(told, "calendars")
    ),
    What.PLAN_PROPOSED: lambda told: counted(
        "Offered a plan with %(number)s change.",
        "Offered a plan with %(number)s changes.",
        _number(told, "changes"),
    ),
    What.PLAN_APPLIED: lambda told: text(
        "Put a plan into the calendar: %(made)s.", made=_made(told)
    ),
    What.PLAN_PARTLY_APPLIED: lambda told: text(
        "Put part of a plan into the calendar: %(made)s of %(all)s.",
        made=_made(told),
        all=told.get("changes", 0),
    ),
    What.PLAN_CONFLICTED: lambda told: text(
        "Wrote a plan, and the calendar shows something else: %(made)s.", made=_made(told)
    ),
    What.PLAN_UNDONE: lambda told: counted(
        "Took a plan back: %(number)s change.",
        "Took a plan back: %(number)s changes.",
        _number(told, "undone"),
    ),
    What.PLAN_PARTLY_UNDONE: lambda told: counted(
        "Took part of a plan back: %(number)s change, %(left)s left.",
        "Took part of a plan back: %(number)s changes, %(left)s left.",
        _number(told, "undone"),
        left=told.get("left", 0),
    ),
    What.HOLD_LIFTED: lambda told: text(
        "Gave up %(hold)s on %(day)s.", hold=_hold(told), day=_day(told.get("day"))
    ),
    What.HOLD_KEPT: lambda told: (
        text("Marked a hold to stay.") if told.get("firm") else text("Let plans move a hold again.")
    ),
    What.OVERRIDE_NOTICED: lambda told: text(
        "Saw that somebody moved or removed %(hold)s.", hold=_hold(told)
    ),
    What.LOCKED: lambda told: (
        text("Locked a series.") if told.get("scope") == "series" else text("Locked a meeting.")
    ),
    What.DELEGATE_INVITED: lambda told: counted(
        "Invited a delegate for %(number)s day.",
        "Invited a delegate for %(number)s days.",
        _number(told, "days"),
    ),
    What.DELEGATE_REVOKED: lambda told: text("A delegate can no longer act on the diary."),
    What.DELEGATE_LOOKED: lambda told: text("Looked at: %(page)s.", page=_area(told)),
}


_REMOVED: Mapping[What, str] = {
    What.PLAN_ACCEPTED: later("Had the hold taken out of the calendar."),
    What.PLAN_APPLIED: later("Took the hold out of the calendar."),
    What.PLAN_STALE: later("The hold could not be taken out of the calendar."),
    What.PLAN_EXPIRED: later("The hold was not taken out of the calendar in time."),
    What.PLAN_CONFLICTED: later("Took the hold out, and the calendar shows it again."),
    What.PLAN_UNDO_ASKED: later("Asked for the hold to be put back."),
    What.PLAN_UNDONE: later("Put the hold back into the calendar."),
    What.PLAN_PARTLY_UNDONE: later("The hold could not be put back into the calendar."),
}
"""What happened to the plan by which a hold goes that was given up."""


def say_what(what: What, details: Details, *, removal: bool = False) -> str:
    """What happened, as a sentence; `removal` is whether a hold was given up by that plan."""
    if removal and what in _REMOVED:
        return text(_REMOVED[what])
    if what in _TOLD:
        return _TOLD[what](details)
    return text(_WHAT[what]) if what in _WHAT else what.value


def _number(told: Details, name: str) -> int:
    found = told.get(name)
    return found if isinstance(found, int) else 0


def _made(told: Details) -> str:
    made = counted("%(number)s change", "%(number)s changes", _number(told, "made"))
    if not told.get("mails"):
        return made
    mails = counted("%(number)s mail", "%(number)s mails", _number(told, "mails"))
    return f"{made}, {mails}"


def _provider(told: Details) -> str:
    try:
        return text(PROVIDERS[Provider(str(told.get("provider")))])
    except ValueError:
        return text("A calendar")


def _inside(told: Details) -> str:
    """The same within a sentence."""
    try:
        return text(_INSIDE[Provider(str(told.get("provider")))])
    except ValueError:
        return text("a calendar")


def _area(told: Details) -> str:
    area = str(told.get("area", text("a page")))
    return text(_AREAS[area]) if area in _AREAS else area


def _hold(told: Details) -> str:
    try:
        return hold_name(Kind(str(told.get("kind")))).lower()
    except ValueError:
        return text("a hold")


def _day(value: Detail) -> str:
    try:
        return say_day(date.fromisoformat(str(value)))
    except ValueError:
        return text("a day")


# --- what is held ---------------------------------------------------------------------------------

TABLES: Mapping[str, str] = {
    "leader": later("You: when you joined, your settings, and how much Clearway does."),
    "delegation": later("Who may act on your diary, and until when."),
    "sign_in": later("When you signed in. No name or address is held."),
    "connection": later("Your calendars, with their sign-ins under seal."),
    "mailbox": later("When your diary was last looked at."),
    "plan": later("Plans, and what has become of them. No titles, names or places."),
    "hold": later("The holds that Clearway wrote: when, and for what."),
    "step": later("What was written into your calendar, change by change."),
    "history": later("What was done and when, in words and counts."),
    "override": later("Holds that you gave up or moved."),
    "lock": later("Meetings that you locked."),
    "disturbance": later(
        "When a plan last changed a meeting, so that it is left alone for a while."
    ),
    "answered": later("Requests of programs, so that none is carried out twice."),
    "postbox": later("Where your weekly mail goes, and whether you want it."),
    "mailing": later("When your weekly mail went out. Nothing of what it said is kept."),
    "week_result": later("What your weeks had, in minutes and counts, so that you can compare."),
}


HEADINGS: Mapping[str, str] = {
    "leader": later("You and your settings"),
    "delegation": later("Delegates"),
    "sign_in": later("Sign-ins"),
    "connection": later("Connected calendars"),
    "mailbox": later("Looks at your diary"),
    "plan": later("Plans"),
    "hold": later("Holds"),
    "step": later("Changes that were written"),
    "history": later("History"),
    "override": later("Holds that you gave up"),
    "lock": later("Locked meetings"),
    "disturbance": later("Meetings that were changed"),
    "answered": later("Requests of programs"),
    "postbox": later("Weekly mail"),
    "mailing": later("Mails that went out"),
    "week_result": later("Figures of your weeks"),
}


def say_heading(name: str) -> str:
    """What a table is called on the page."""
    return text(HEADINGS[name]) if name in HEADINGS else name.replace("_", " ").capitalize()


def say_table(name: str) -> str:
    """What a table holds, in a sentence."""
    return text(TABLES[name]) if name in TABLES else f"{name.replace('_', ' ').capitalize()}."
