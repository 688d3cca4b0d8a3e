"""A weekly mail goes out: to its one recipient, and once for each week whatever crashes.

That it is about to be handed over is written down first, and that the relay took it after. Who dies
in between leaves that open, and whoever comes next sends it again: with the Message-ID and date of
the first time, by which mail servers and programs know that it is the same.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.deployment import Deployment
from app.digest.rendering import Rendered
from app.mail import Letter, NotDelivered, message_id
from app.people import links, postbox
from app.people.links import Purpose
from app.services.posting import post
from app.storage import Session, postboxes

STOPS = timedelta(days=366)
"""For how long a mail can be used to stop such mail."""


class Kind(StrEnum):
    """What the mail of a week is about."""

    DIGEST = "digest"
    ACTING = "acting"


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail of one week to one person; where it goes is not said here."""

    kind: Kind
    identity: str
    week: date
    rendered: Rendered = field(repr=False)


def is_open(deployment: Deployment, kind: Kind, identity: str, week: date) -> bool:
    """Whether the mail of a week is still to be sent."""
    with deployment.database.transaction() as session:
        row = postboxes.mailing(session, identity, kind.value, week)
        return row is None or row.state == postboxes.SENDING


def send(deployment: Deployment, mail: Mail) -> bool:
    """Send a mail to the address that its recipient has shown to be theirs; whether it went out.

    Nothing is sent to who wants none, or twice. Raises MailError where it may be tried later.
    """
    address = _recipient(deployment, mail)
    if not address:
        return False
    key = "/".join((mail.kind.value, mail.identity, mail.week.isoformat()))
    begun = _begin(deployment, mail, key, address)
    if begun is None:
        return False
    try:
        post(deployment.settings, _letter(deployment, mail, key, address, begun))
    except NotDelivered:
        _settle(deployment, mail, postboxes.REFUSED)
        postbox.note_trouble(deployment, mail.identity, postboxes.REFUSED)
        return False
    _settle(deployment, mail, postboxes.SENT)
    return True


def stop_link(deployment: Deployment, kind: Kind, identity: str) -> str:
    """The address at which one press ends such mail."""
    subject = f"{kind.value}.{identity}"
    token = links.sign(deployment, Purpose.STOP, subject, deployment.now() + STOPS)
    return f"{base(deployment)}/you/mail/stop/{token}"


def base(deployment: Deployment) -> str:
    """Where people find the service."""
    settings = deployment.settings
    return settings.public_url or f"http://127.0.0.1:{settings.port}"


def _recipient(deployment: Deployment, mail: Mail) -> str:
    found = postbox.find(deployment, mail.identity)
    wanted = found.digest if mail.kind is Kind.DIGEST else found.acting
    return found.address if wanted and found.trouble is None else ""


def _begin(deployment: Deployment, mail: Mail, key: str, address: str) -> datetime | None:
    number = message_id(deployment.settings.mail_from, key, (address,))
    fingerprint = deployment.fingerprints.of("message", number)
    now = deployment.now()

    def work(session: Session) -> datetime | None:
        return postboxes.begin(session, mail.identity, mail.kind.value, mail.week, fingerprint, now)

    return deployment.database.persist(work)


def _letter(deployment: Deployment, mail: Mail, key: str, address: str, begun: datetime) -> Letter:
    return Letter(
        sender=deployment.settings.mail_from,
        to=(address,),
        subject=mail.rendered.subject,
        text=mail.rendered.text,
        key=key,
        at=begun,
        html=mail.rendered.html,
        picture=mail.rendered.picture,
        unsubscribe=stop_link(deployment, mail.kind, mail.identity),
    )


def _settle(deployment: Deployment, mail: Mail, state: str) -> None:
    def work(session: Session) -> None:
        postboxes.settle(session, mail.identity, mail.kind.value, mail.week, state)

    deployment.database.persist(work)
