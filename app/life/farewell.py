"""The last mail to somebody who left: that everything of theirs is removed.

It goes to the address that they had their weekly mail sent to, in their hours; at other times the
page that they left by says it alone. The address is gone with all else right after.
"""

from datetime import timedelta

from app import logs
from app.deployment import Deployment
from app.digest import timing
from app.digest.contents import Digest, Section
from app.digest.rendering import render
from app.logs import Event, Outcome
from app.mail import Letter, MailError
from app.people import postbox
from app.people.choices import files_of, zone_of
from app.people.leaders import Leader
from app.services.hours import make_pattern
from app.services.posting import post
from rules.language import text
from rules.working_pattern import local_date

_WEEK = timedelta(weeks=1)


def compose() -> Digest:
    """What it says."""
    lines = (
        text("We have removed your holds and deleted your data."),
        text("You can come back at any time."),
    )
    subject = text("You have left Clearway")
    return Digest(subject, (Section(text("All of it is removed"), lines),), heading=subject)


def say(deployment: Deployment, leader: Leader) -> None:
    """Mail it, once all is removed but the rows; where that does not work now, nobody tries again."""
    found = postbox.find(deployment, leader.identity)
    if not (found.address and found.digest) or found.trouble or not _is_at_work(deployment, leader):
        return
    rendered = render(compose(), {})
    letter = Letter(
        sender=deployment.settings.mail_from,
        to=(found.address,),
        subject=rendered.subject,
        text=rendered.text,
        key=f"left/{leader.id}",
        html=rendered.html,
    )
    try:
        post(deployment.settings, letter)
    except MailError:
        logs.note(Event.DIGEST, leader=leader.id, outcome=Outcome.FAILED)


def _is_at_work(deployment: Deployment, leader: Leader) -> bool:
    now, zone = deployment.now(), zone_of(leader.settings)
    today = local_date(now, zone)
    pattern = make_pattern(zone, files_of(leader.settings), today - _WEEK, today + _WEEK)
    first = timing.week_of(pattern, now)
    return any(each.holds(now) for each in timing.chances(pattern, first))
