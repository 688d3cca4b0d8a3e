"""Mail: handed to a relay over SMTP, encrypted unless the relay is on this machine.

What is sent stands in no log and no message of an error, and no recipient is told of another
unless the letter says so.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from enum import StrEnum
from hashlib import sha256

from rules.language import later

TIMEOUT = 30.0
"""Seconds that the relay has for each answer."""
_SILENT = later("The mail relay does not answer; please try again later.")
_POLICY = SMTP.clone(max_line_length=990)
"""An address in a header stays whole, which a shorter line would write in pieces."""
_CLOSING = 421
"""The relay ends the conversation (RFC 5321 section 3.8)."""


class MailError(Exception):
    """A letter that the relay did not take; the message is one sentence without an address.

    The relay takes no other letter now either, unless it is one of the errors below.
    """


class NotDelivered(MailError):
    """The relay refuses this letter or its recipients: sending it again would not help."""


class NotYet(MailError):
    """The relay does not take this letter now; it may take others."""


class NotKnown(MailError):
    """The relay had the letter and did not say whether it takes it: it may arrive."""


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

    `key` names it for ever: sent again it has the same Message-ID, so a second copy can be known;
    `at` is when it was first written, for the same reason. `html` says the same as the text, and
    `picture` (PNG) stands in it as `cid:week`. `unsubscribe` is where one press ends such mail
    (RFC 8058).
    """

    sender: str = field(repr=False)
    to: tuple[str, ...] = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    calendar: CalendarPart | None = None
    key: str = ""
    at: datetime | None = None
    html: str = field(default="", repr=False)
    picture: bytes | None = field(default=None, repr=False)
    unsubscribe: str = field(default="", repr=False)


class Mailer:
    """Hands letters to a relay, one connection for each: few are sent, and none is kept waiting."""

    def __init__(self, relay: Relay, context: ssl.SSLContext | None = None) -> None:
        self._relay = relay
        self._context = context or ssl.create_default_context()

    def send(self, letter: Letter) -> str:
        """Hand one letter in; its Message-ID.

        Raises NotDelivered for ever, NotKnown, and NotYet and MailError to try later.
        """
        message = compose(letter)
        with self._talk() as relay:
            refused = _hand_in(relay, message)
        if refused:
            raise NotDelivered("The mail relay takes the letter for some of its recipients only.")
        return str(message["Message-ID"])

    @contextmanager
    def _talk(self) -> Iterator[smtplib.SMTP]:
        """A relay that is ready for a letter; what it says to goodbye changes nothing."""
        relay = self._connect()
        try:
            self._greet(relay)
            yield relay
        except BaseException:
            relay.close()
            raise
        try:
            relay.quit()
        except (smtplib.SMTPException, OSError):
            relay.close()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._relay.host, self._relay.port
        try:
            if self._relay.security is Security.TLS:
                return _SafeSmtp(host, port, timeout=TIMEOUT, context=self._context)
            return _Smtp(host, port, timeout=TIMEOUT)
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(_SILENT) from error

    def _greet(self, relay: smtplib.SMTP) -> None:
        try:
            if self._relay.security is Security.STARTTLS:
                relay.starttls(context=self._context)
            if self._relay.user:
                relay.login(self._relay.user, self._relay.password)
        except smtplib.SMTPAuthenticationError as error:
            raise MailError("The mail relay does not accept the name and password.") from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(_SILENT) from error


class _Lost(smtplib.SMTPException):
    """The way to the relay broke while the letter itself was handed over."""


class _Smtp(smtplib.SMTP):
    """A conversation that tells a letter which may have arrived from one which has not."""

    def data(self, msg: bytes | str) -> tuple[int, bytes]:  # type: ignore[override]  # as typeshed means it
        """Hand the letter itself over. Raises _Lost too."""
        try:
            return super().data(msg)
        except smtplib.SMTPResponseException:
            raise
        except (smtplib.SMTPException, OSError) as error:
            raise _Lost from error


class _SafeSmtp(_Smtp, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def _hand_in(relay: smtplib.SMTP, message: EmailMessage) -> object:
    """Whom the relay refuses while it takes the letter for others. Raises MailError."""
    try:
        return relay.send_message(message)
    except _Lost as error:
        raise NotKnown("The mail relay did not say whether it takes the letter.") from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise _refusal(max(codes, default=0)) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code) from error
    except smtplib.SMTPNotSupportedError as error:
        raise NotDelivered("The mail relay takes no such address.") from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(_SILENT) from error


def compose(letter: Letter) -> EmailMessage:
    """The message as it goes out. Raises NotDelivered for an address that is none."""
    message = EmailMessage(policy=_POLICY)
    try:
        message["From"] = Address(addr_spec=letter.sender)
        message["To"] = [Address(addr_spec=each) for each in letter.to]
        message["Subject"] = letter.subject
    except (ValueError, IndexError, AttributeError, MessageError):
        # what the parser says would repeat the address
        raise NotDelivered("An address of the letter cannot be written to.") from None
    if not letter.to:
        raise NotDelivered("The letter has no recipient.")
    message["Message-ID"] = message_id(letter.sender, letter.key, letter.to)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answer, please
    if letter.at is not None:
        message["Date"] = letter.at
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        _add_html(message, letter)
    if letter.calendar is not None:
        message.add_alternative(letter.calendar.content.decode("utf-8"), subtype="calendar")
        part = list(message.iter_parts())[-1]
        part.set_param("method", letter.calendar.method)
    return message


def _add_html(message: EmailMessage, letter: Letter) -> None:
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.picture is not None:
        page = list(message.iter_parts())[-1]
        page.add_related(
            letter.picture, "image", "png", cid="<week>", disposition="inline", filename="week.png"
        )


def message_id(sender: str, key: str, to: Sequence[str]) -> str:
    """The Message-ID that a letter with this key has for ever; a new one where it has none."""
    domain = sender.rpartition("@")[2]
    if not key:
        return make_msgid(domain=domain)
    digest = sha256("\n".join((key, *to)).encode()).hexdigest()
    return f"<{digest[:32]}@{domain}>"


def _refusal(code: int) -> MailError:
    """5xx is for ever, everything else may pass (RFC 5321 section 4.2.1)."""
    if 500 <= code < 600:
        return NotDelivered("The mail relay does not take this letter.")
    kind = NotYet if 400 <= code < 500 and code != _CLOSING else MailError
    return kind("The mail relay is busy; please try again later.")
