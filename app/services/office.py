"""Mail from one mailbox in Microsoft 365, by an application that may send from no other."""

from functools import lru_cache
from urllib.parse import urlsplit

from app.config import Settings
from app.mail import Letter, MailError, NotDelivered, NotYet, message_id
from connectors.errors import ConnectorError, NotPossible, Throttled
from connectors.graph import auth, sending
from connectors.graph.sending import Mail
from connectors.transport import Door


def send(settings: Settings, letter: Letter) -> str:
    """Hand one letter in; its Message-ID. Raises MailError as `app.mail.Mailer.send` does."""
    mailbox = settings.mail_mailbox
    number = message_id(letter.sender or mailbox, letter.key, letter.to)
    mail = Mail(letter.to[0], letter.subject, letter.text, letter.html, letter.picture, number)
    try:
        sending.send(_door(settings), mailbox, mail)
    except NotPossible as error:
        raise NotDelivered(str(error)) from error
    except Throttled as error:
        raise NotYet(str(error)) from error
    except ConnectorError as error:
        raise MailError(str(error)) from error
    return number


@lru_cache(maxsize=4)
def _door(settings: Settings) -> Door:
    """The way to Graph with the application's token, for as long as the process runs."""
    authority, graph = urlsplit(settings.microsoft_authority), urlsplit(settings.graph_url)
    national = {"graph": f"https://{graph.netloc}"} if graph.scheme == "https" else {}
    app = auth.App(
        settings.microsoft_client_id,
        settings.microsoft_client_secret,
        settings.mail_tenant,
        # msal takes no http; where the requests really go is the door's business
        f"https://{authority.netloc}",
        **national,
    )
    login = Door(f"{authority.scheme}://{authority.netloc}")
    return Door(settings.graph_url, auth.AppOnly(app, login))
