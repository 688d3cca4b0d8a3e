"""Mail over a real SMTP server on this machine."""

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.mail import (
    CalendarPart,
    Letter,
    Mailer,
    MailError,
    NotDelivered,
    NotKnown,
    NotYet,
    Relay,
    Security,
)
from tests.servers.mail import Inbox, receiving
from tests.servers.processes import free_port

LETTER = Letter(
    sender="clearway@trust.example",
    to=("leader@trust.example", "pa@trust.example"),
    subject="Your week – what was kept",
    text="Twelve of fourteen gaps were kept.\n",
)
REQUEST = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def relay(inbox: Inbox) -> Iterator[Relay]:
    with receiving(inbox) as found:
        yield found


def test_a_letter_arrives_as_it_was_written(inbox: Inbox, relay: Relay) -> None:
    message_id = Mailer(relay).send(LETTER)
    ((envelope, message),) = inbox.letters
    assert envelope.mail_from == "clearway@trust.example"
    assert envelope.rcpt_tos == list(LETTER.to)
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"] == message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().replace("\r\n", "\n") == LETTER.text


def test_the_same_letter_has_the_same_number(inbox: Inbox, relay: Relay) -> None:
    letter = replace(LETTER, key="plan-1/0")
    first, again = Mailer(relay).send(letter), Mailer(relay).send(letter)
    other = Mailer(relay).send(replace(letter, key="plan-1/1"))
    assert first == again != other
    assert Mailer(relay).send(LETTER) != Mailer(relay).send(LETTER)


def test_an_invitation_goes_along_as_imip(inbox: Inbox, relay: Relay) -> None:
    """RFC 6047 section 2.4: text/calendar with the method as a parameter of its type."""
    calendar = CalendarPart("REQUEST", REQUEST)
    letter = Letter(LETTER.sender, LETTER.to, LETTER.subject, LETTER.text, calendar)
    Mailer(relay).send(letter)
    ((_, message),) = inbox.letters
    part = message.get_body(("calendar",)) or list(message.iter_parts())[-1]
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert part["Content-Type"].params["charset"] == "utf-8"
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes) and payload.strip() == REQUEST.strip()


@pytest.mark.parametrize(
    ("to", "raised"),
    [
        (("no@trust.example",), NotDelivered),
        (("leader@trust.example", "no@trust.example"), NotDelivered),
        (("leader@trust.example\r\nBcc: x@evil.example",), NotDelivered),
        (("not an address",), NotDelivered),
        (("a@b@c",), NotDelivered),
        (("<x@y.example>",), NotDelivered),
        (("x@[1.2.3.4",), NotDelivered),
        ((), NotDelivered),
        (("later@trust.example",), NotYet),
    ],
)
def test_what_the_relay_does_not_take_is_said_without_the_address(
    inbox: Inbox, relay: Relay, to: tuple[str, ...], raised: type[MailError]
) -> None:
    with pytest.raises(raised) as error:
        Mailer(relay).send(Letter(LETTER.sender, to, LETTER.subject, LETTER.text))
    assert type(error.value) is raised
    assert "@" not in str(error.value)


def test_a_subject_cannot_add_a_header(relay: Relay) -> None:
    letter = Letter(LETTER.sender, LETTER.to, "Hello\r\nBcc: x@evil.example", LETTER.text)
    with pytest.raises(NotDelivered):
        Mailer(relay).send(letter)


@pytest.mark.parametrize("goodbye", ["421 shutting down", ""])
def test_a_letter_that_was_taken_is_sent_whatever_the_relay_says_to_goodbye(
    inbox: Inbox, relay: Relay, monkeypatch: pytest.MonkeyPatch, goodbye: str
) -> None:
    async def quit_badly(self: SMTP, arg: str) -> None:
        if goodbye:
            await self.push(goodbye)
        assert self.transport is not None
        self.transport.close()

    monkeypatch.setattr(SMTP, "smtp_QUIT", quit_badly)
    Mailer(relay).send(LETTER)
    assert len(inbox.letters) == 1


def test_a_letter_that_the_relay_does_not_answer_for_may_have_arrived(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fall_silent(self: Inbox, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert server.transport is not None
        server.transport.close()
        return "250 OK"

    monkeypatch.setattr(Inbox, "handle_DATA", fall_silent)
    with pytest.raises(NotKnown, match="did not say"):
        Mailer(relay).send(LETTER)


def test_a_relay_that_is_not_there_is_said_so() -> None:
    with pytest.raises(MailError, match="does not answer"):
        Mailer(Relay("127.0.0.1", 9, Security.NONE)).send(LETTER)


def test_mail_leaves_the_machine_encrypted_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="encrypted"):
        Relay("mail.trust.example", 25, Security.NONE)


def test_nothing_personal_is_in_a_printed_form() -> None:
    assert "@" not in repr(LETTER) and LETTER.subject not in repr(LETTER)
    assert "hunter2" not in repr(Relay("localhost", 587, user="u", password="hunter2"))


# -- encrypted ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(cert), "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return key, cert


def _check(server: SMTP, session: Session, envelope: Envelope, kind: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and data == LoginPassword(b"clearway", b"right")
    return AuthResult(success=known, handled=known)


@pytest.fixture
def guarded(inbox: Inbox, certificate: tuple[Path, Path]) -> Iterator[int]:
    key, cert = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=_check,
    )
    controller.start()
    yield controller.port
    controller.stop()


def test_starttls_and_a_password(
    inbox: Inbox, guarded: int, certificate: tuple[Path, Path]
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate[1]))
    relay = Relay("localhost", guarded, Security.STARTTLS, "clearway", "right")
    Mailer(relay, trusting).send(LETTER)
    assert inbox.encrypted == [True]
    wrong = Relay("localhost", guarded, Security.STARTTLS, "clearway", "wrong")
    with pytest.raises(MailError, match="name and password"):
        Mailer(wrong, trusting).send(LETTER)


def test_a_certificate_that_nobody_vouches_for_is_refused(inbox: Inbox, guarded: int) -> None:
    relay = Relay("localhost", guarded, Security.STARTTLS, "clearway", "right")
    with pytest.raises(MailError):
        Mailer(relay).send(LETTER)
    assert not inbox.letters
