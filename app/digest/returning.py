"""Mail that comes back: a report of the relay (RFC 3464) says which, and nothing is sent there again.

The report holds the headers of the mail that could not be delivered. Its Message-ID is known by its
fingerprint alone, and nobody can guess one, so a forged report stops nothing.
"""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from app.deployment import Deployment
from app.people import postbox
from app.storage import Session, postboxes

LARGEST = 1_000_000
"""Bytes of a report; more of it is not read."""
_DEEPEST = 100
"""Parts that are looked at."""


def take_back(deployment: Deployment, report: bytes) -> bool:
    """Note what a report says; whether it told of a mail of ours that cannot be delivered."""
    found = message_from_bytes(report[:LARGEST], policy=policy.default)
    parts = [part for part, _ in zip(found.walk(), range(_DEEPEST), strict=False)]
    if not any(_has_failed(each) for each in parts):
        return False
    numbers = (number for each in parts for number in _numbers(each))
    return any(_note(deployment, each) for each in numbers)


def _has_failed(part: Message) -> bool:
    """Whether a part says that somebody can never get the mail; a delay says nothing yet."""
    if part.get_content_type() != "message/delivery-status":
        return False
    blocks = part.get_payload()
    if not isinstance(blocks, list):
        return False
    return any(
        str(block.get("Action", "")).strip().lower() == "failed"
        and str(block.get("Status", "")).strip().startswith("5")
        for block in blocks
        if isinstance(block, Message)
    )


def _numbers(part: Message) -> Iterator[str]:
    """The Message-ID of the mail that a part holds the headers of."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers" and isinstance(part, EmailMessage):
        text = part.get_content()
        headers = message_from_bytes(str(text).encode("utf-8", "replace"), policy=policy.default)
        yield str(headers.get("Message-ID", "")).strip()
    elif kind == "message/rfc822":
        inside = part.get_payload()
        if isinstance(inside, list) and inside and isinstance(inside[0], Message):
            yield str(inside[0].get("Message-ID", "")).strip()


def _note(deployment: Deployment, number: str) -> bool:
    fingerprint = deployment.fingerprints.of("message", number)

    def work(session: Session) -> str | None:
        return postboxes.come_back(session, fingerprint)

    identity = deployment.database.persist(work)
    if identity is None:
        return False
    postbox.note_trouble(deployment, identity, postboxes.BACK)
    return True
