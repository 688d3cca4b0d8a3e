"""Invitations that Clearway mails itself, where a calendar's server tells nobody (iMIP, RFC 6047)."""

from app.config import Settings
from app.mail import CalendarPart, Letter, Mailer, MailError, NotDelivered, Relay, Security
from connectors.errors import NotPossible, Unreachable
from connectors.icalendar import itip
from connectors.icalendar.itip import Invitation, Method

_SAID = {
    Method.REQUEST: ("A meeting has a new time", "The invitation that comes along has the times."),
    Method.CANCEL: ("A meeting is cancelled", "The invitation that comes along says which."),
    Method.COUNTER: ("Could a meeting be at another time?", "The time asked for comes along."),
}


def inviting(settings: Settings) -> itip.Mailer | None:
    """What mails an invitation, or None where the installation has no mail relay."""
    if not settings.smtp_host:
        return None
    relay = Relay(
        settings.smtp_host,
        settings.smtp_port,
        Security(settings.smtp_security),
        settings.smtp_user,
        settings.smtp_password,
    )
    mailer = Mailer(relay)

    def send(invitation: Invitation) -> None:
        for recipient in invitation.recipients:
            try:
                mailer.send(_letter(invitation, recipient))
            except NotDelivered as error:
                raise NotPossible(str(error)) from error
            except MailError as error:
                raise Unreachable(str(error)) from error

    return send


def _letter(invitation: Invitation, recipient: str) -> Letter:
    """From the organiser, as RFC 6047 section 2.3 asks; the mail's own words name no meeting."""
    subject, text = _SAID[invitation.method]
    part = CalendarPart(invitation.method.value, invitation.content)
    return Letter(invitation.sender, (recipient,), subject, f"{text}\n", part, key=invitation.key)
