"""Every setting of the policy in words for its page: by topic, each with what the report says of it.

What a setting may be, what it usually is and on which lines that rests, `rules.policy` says; the
words here are for people who never read it. They are in English, to be said in a language.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.language import later
from rules.policy import GapHolds, Severity
from rules.reminders import REMINDERS


@dataclass(frozen=True, slots=True)
class Topic:
    """Settings that belong together. `labels` are what each is called, in the order of the page.

    `point` is what the report says of them, in our words, on these lines of it; without lines it
    says nothing, and the topic is ours.
    """

    id: str
    title: str
    point: str
    lines: str
    labels: Mapping[str, str]


TOPICS: tuple[Topic, ...] = (
    Topic(
        "time-between",
        later("Time between meetings"),
        later(
            "Leaders asked for at least 10 minutes between appointments, to end one before the next."
        ),
        "2697 to 2699",
        {
            "gap_minutes": later("Free time between two meetings"),
            "gap_severity": later("How much it counts"),
            "gap_holds": later("On which side of a meeting it is held"),
            "gap_weeks": later("How far ahead it is held"),
            "long_run_minutes": later("A long run of meetings begins at"),
            "long_run_severity": later("How much long runs count"),
            "no_pause_severity": later("How much days without a pause count"),
            "overlap_severity": later("How much meetings at the same time count"),
        },
    ),
    Topic(
        "protected-time",
        later("Protected time"),
        later("Leaders asked for about 2 hours a day in which no meeting can be put."),
        "2693 to 2695",
        {
            "protected_minutes": later("Protected time on a full day"),
            "protected_piece": later("The shortest piece that counts"),
            "preferred_from": later("It is best after"),
            "preferred_to": later("It is best before"),
            "protected_weeks": later("How far ahead it is held"),
            "protected_severity": later("How much it counts"),
            "open_minutes": later("Left open, so that your team can reach you"),
            "open_time_severity": later("How much open time counts"),
        },
    ),
    Topic(
        "team-time",
        later("Team time"),
        later(
            "Regular, short and friendly contact with the team belongs in the diary, and is work."
        ),
        "2594 to 2614 and 2689 to 2691",
        {
            "pods_per_week": later("Team times a week"),
            "pod_minutes": later("Length of a team time"),
            "pods_severity": later("How much team time counts"),
            "pod_apart_severity": later("How much it counts that team time stands alone"),
            "pod_rotation_severity": later(
                "How much it counts that team times take turns over the week"
            ),
            "rotation_weeks": later("They take turns over"),
            "contact_days": later("Working days without contact, at most"),
            "contact_severity": later("How much days without contact count"),
        },
    ),
    Topic(
        "breaks",
        later("Breaks and the end of the day"),
        later("Leaders who take breaks and go home on time show their teams that they can too."),
        "1718 to 1721 and 2643 to 2646",
        {
            "break_minutes": later("Break on days over six hours"),
            "break_from": later("It may begin at"),
            "break_to": later("It is over by"),
            "break_severity": later("How much the break counts"),
            "end_of_day_minutes": later("Free of meetings before the day ends"),
            "end_of_day_severity": later("How much the end of the day counts"),
            "after_hours_severity": later("How much meetings outside your hours count"),
            "long_day_minutes": later("A day is told of when meetings stretch it by"),
            "long_days_severity": later("How much such days count"),
            "leave_severity": later("How much meetings on your leave count"),
        },
    ),
    Topic(
        "people",
        later("People in your team"),
        later("Knowing what each person deals with takes time of its own, and so do thanks."),
        "1111 to 1116, 2607 to 2636 and 2661 to 2667",
        {
            "reports": later("People who report to you"),
            "one_to_one_weeks": later("How often each of them has a one-to-one"),
            "one_to_one_minutes": later("Length of a one-to-one"),
            "one_to_ones_severity": later("How much one-to-ones count"),
            "review_weeks": later("How often each has a talk about circumstances"),
            "review_minutes": later("Length of a talk about circumstances"),
            "reviews_severity": later("How much such talks count"),
            "appreciation_weeks": later("How often there is a time to say thank you"),
            "appreciation_minutes": later("Length of a time to say thank you"),
            "appreciation_severity": later("How much saying thank you counts"),
            "face_day_weeks": later("How often there is a day in person"),
            "face_day_minutes": later("Length of the time together on a day in person"),
            "face_day_travel": later("Free of meetings before and after a day in person"),
            "face_days_severity": later("How much days in person count"),
        },
    ),
    Topic(
        "yourself",
        later("For yourself"),
        later("Leaders need somebody who looks after them as well. Only you see your check-ins."),
        "199 to 204",
        {
            "check_in_weeks": later("How often there is a check-in"),
            "check_in_minutes": later("Length of a check-in"),
            "learning_severity": later("How much time to learn counts"),
            "learning_weeks": later("How often there is time to learn"),
            "learning_minutes": later("Length of a time to learn"),
        },
    ),
    Topic(
        "job-plan",
        later("Your job plan"),
        later("Time for the team is work, and counts towards the hours of a week."),
        "2689 to 2691",
        {
            "contracted_minutes": later("A contracted week"),
            "programmed_activities": later("Programmed activities in a week, for consultants"),
            "programmed_activity_minutes": later("Length of a programmed activity or session"),
            "capacity_severity": later("How much it counts that the week has room for all of it"),
        },
    ),
    Topic(
        "changes",
        later("What plans may change"),
        later("The report says nothing of this. These are ours, so that plans disturb few people."),
        "",
        {
            "price_person": later("Minutes to win for each person told"),
            "price_meeting": later("Minutes to win for each meeting changed"),
            "freeze_hours": later("Meetings that begin sooner than this stay"),
            "shortest_meeting": later("No meeting gets shorter than"),
            "rest_days": later("A meeting that was changed stays for"),
            "mails_per_week": later("Mails that plans send in a week, at most"),
            "requests_per_week": later("Requests to move a meeting in a week, at most"),
            "organisation": later("Mail domains of your organisation"),
            "locked_categories": later("Categories of meetings that are never changed"),
            "categories": later("Categories that say what a meeting is"),
        },
    ),
    Topic(
        "reminders",
        later("Reminders"),
        later(
            "You see one at a time, on your own page. No one else sees it, or counts what you do."
        ),
        "2598 to 2602, 2634 to 2636 and 2643 to 2667",
        {each.setting: each.title for each in REMINDERS},
    ),
)
"""All of them; every setting is in one."""

HOW_MUCH: Mapping[Severity, str] = {
    Severity.MUST: later("It comes first"),
    Severity.SHOULD: later("It counts"),
    Severity.NUDGE: later("A hint only"),
    Severity.OFF: later("Not at all"),
}
SIDES: Mapping[GapHolds, str] = {
    GapHolds.AFTER: later("After it"),
    GapHolds.BOTH: later("Before and after it"),
    GapHolds.OFF: later("It is not held"),
}
ZEROS: Mapping[str, str] = {
    "reports": later("0 means that none is planned for."),
    "face_day_weeks": later("0 means not now."),
    "check_in_weeks": later("0 means none."),
    "contracted_minutes": later("0 means what your working hours come to."),
    "programmed_activities": later("0 means none; they come before a contracted week."),
}
"""What 0 means, where it is no number like any other."""


def topic(id_: str) -> Topic | None:
    """The topic with this id, None where there is none."""
    return next((each for each in TOPICS if each.id == id_), None)


def label(name: str) -> str | None:
    """What a setting is called on its page, None for one that does not exist."""
    found = (each.labels[name] for each in TOPICS if name in each.labels)
    return next(found, None)
