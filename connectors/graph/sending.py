"""A mail sent from one mailbox of Microsoft 365, for trusts without a relay.

The application needs Mail.Send for that one mailbox and nothing else. No copy stays in its sent
items. Graph makes the parts of the message itself, so it is given the HTML alone, and the headers
by which mail programs stop mail in one step cannot be set there.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import NotPossible, PermissionMissing
from connectors.graph.client import segment
from connectors.transport import Answer, Door
from rules.language import later

_REFUSED = later("Microsoft 365 does not take this mail or its recipient.")
_NOT_ALLOWED = later("Microsoft 365 does not let this application send mail from its mailbox.")
_SENT = 202


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent: `number` is its Message-ID, `picture` a PNG that the HTML calls `cid:week`."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    picture: bytes | None = field(default=None, repr=False)
    number: str = ""


def send(door: Door, mailbox: str, mail: Mail) -> None:
    """Hand one mail over. It is never sent twice by itself: a lost answer is an error.

    Raises NotPossible for a mail that is refused for good, PermissionMissing, Unreachable, Throttled.
    """
    body = {"message": _message(mail), "saveToSentItems": False}
    answer = door.send("POST", f"users/{segment(mailbox)}/sendMail", body=body)
    if answer.status != _SENT:
        raise _refusal(answer)


def _message(mail: Mail) -> dict[str, Any]:
    kind, content = ("html", mail.html) if mail.html else ("text", mail.text)
    message: dict[str, Any] = {
        "subject": mail.subject,
        "body": {"contentType": kind, "content": content},
        "toRecipients": [{"emailAddress": {"address": mail.to}}],
    }
    if mail.number:
        message["internetMessageId"] = mail.number
    if mail.picture is not None:
        message["attachments"] = [
            {
                "@odata.type": "#microsoft.graph.fileAttachment",
                "name": "week.png",
                "contentType": "image/png",
                "contentId": "week",
                "isInline": True,
                "contentBytes": b64encode(mail.picture).decode(),
            }
        ]
    return message


def _refusal(answer: Answer) -> NotPossible | PermissionMissing:
    if answer.status == 403:
        return PermissionMissing(_NOT_ALLOWED)
    return NotPossible(_REFUSED)
