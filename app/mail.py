"""Mail: handed to a relay over SMTP, encrypted unless the relay is on this machine.

What is sent stands in no log and no message of an error, and no recipient is told of another
unless the letter says so.
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from enum import StrEnum
from hashlib import sha256

TIMEOUT = 30.0
"""Seconds that the relay has for each answer."""


class MailError(Exception):
    """A letter that the relay did not take; the message is one sentence without an address."""


class NotDelivered(MailError):
    """The relay refuses this letter or its recipients: sending it again would not help."""


class Security(StrEnum):
    """How the way to the relay is encrypted."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed in. Raises ValueError for NONE to a relay on another machine."""

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        local = self.host in ("localhost", "127.0.0.1", "::1")
        if self.security is Security.NONE and not local:
            raise ValueError("mail leaves this machine encrypted, or not at all")


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An iTIP message (RFC 5546) that goes along: its METHOD and the calendar's bytes."""

    method: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one or more people, in plain words; with a calendar part it is iMIP (RFC 6047).

    `key` names it for ever: sent again it has the same Message-ID, so a second copy can be known.
    """

    sender: str = field(repr=False)
    to: tuple[str, ...] = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    calendar: CalendarPart | None = None
    key: str = ""


class Mailer:
    """Hands letters to a relay, one connection for each: few are sent, and none is kept waiting."""

    def __init__(self, relay: Relay, context: ssl.SSLContext | None = None) -> None:
        self._relay = relay
        self._context = context or ssl.create_default_context()

    def send(self, letter: Letter) -> str:
        """Hand one letter in; its Message-ID. Raises NotDelivered, and MailError to try later."""
        message = compose(letter)
        try:
            with self._connect() as relay:
                if self._relay.user:
                    relay.login(self._relay.user, self._relay.password)
                refused = relay.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            raise MailError("The mail relay does not accept the name and password.") from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _refusal(max(codes, default=0)) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailError("The mail relay does not answer; please try again later.") from error
        if refused:
            raise NotDelivered("The mail relay takes the letter for some of its recipients only.")
        return str(message["Message-ID"])

    def _connect(self) -> smtplib.SMTP:
        host, port = self._relay.host, self._relay.port
        if self._relay.security is Security.TLS:
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=self._context)
        relay = smtplib.SMTP(host, port, timeout=TIMEOUT)
        if self._relay.security is Security.STARTTLS:
            try:
                relay.starttls(context=self._context)
            except BaseException:
                relay.close()
                raise
        return relay


def compose(letter: Letter) -> EmailMessage:
    """The message as it goes out. Raises NotDelivered for an address that is none."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(addr_spec=letter.sender)
        message["To"] = [Address(addr_spec=each) for each in letter.to]
        message["Subject"] = letter.subject
    except (ValueError, IndexError, AttributeError, MessageError):
        # what the parser says would repeat the address
        raise NotDelivered("An address of the letter cannot be written to.") from None
    if not letter.to:
        raise NotDelivered("The letter has no recipient.")
    message["Message-ID"] = _message_id(letter)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answer, please
    message.set_content(letter.text)
    if letter.calendar is not None:
        message.add_alternative(letter.calendar.content.decode("utf-8"), subtype="calendar")
        part = list(message.iter_parts())[-1]
        part.set_param("method", letter.calendar.method)
    return message


def _message_id(letter: Letter) -> str:
    domain = letter.sender.rpartition("@")[2]
    if not letter.key:
        return make_msgid(domain=domain)
    digest = sha256("\n".join((letter.key, *letter.to)).encode()).hexdigest()
    return f"<{digest[:32]}@{domain}>"


def _refusal(code: int) -> MailError:
    """5xx is for ever, everything else may pass (RFC 5321 section 4.2.1)."""
    if 500 <= code < 600:
        return NotDelivered("The mail relay does not take this letter.")
    return MailError("The mail relay is busy; please try again later.")
