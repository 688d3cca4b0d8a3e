"""How mail leaves this installation: by a relay, or from one mailbox in Microsoft 365."""

from app.config import Settings
from app.mail import Letter, Mailer, MailError, Relay, Security


def relaying(settings: Settings) -> Mailer | None:
    """What hands mail to the installation's relay, None where it has none."""
    if not settings.smtp_host:
        return None
    relay = Relay(
        settings.smtp_host,
        settings.smtp_port,
        Security(settings.smtp_security),
        settings.smtp_user,
        settings.smtp_password,
    )
    return Mailer(relay)


def post(settings: Settings, letter: Letter) -> str:
    """Hand one letter over; its Message-ID. Raises MailError as `app.mail.Mailer.send` does."""
    mailer = relaying(settings)
    if mailer is not None:
        return mailer.send(letter)
    if not settings.mail_mailbox:
        raise MailError("This installation has neither a mail relay nor a mailbox to send from.")
    # msal is slow to import, and commands that read a diary need none of it
    from app.services.office import send

    return send(settings, letter)
