"""Where somebody's weekly mail goes: an address that they have shown to be theirs, and no other.

A code of six digits is mailed to the address, and typed in by whoever is signed in. So a mail can
only go to somebody who has both, and whoever mistypes an address tells nobody anything.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.config import Settings
from app.deployment import Deployment
from app.mail import Letter, MailError, NotDelivered
from app.people.errors import BadChoice
from app.services.posting import post
from app.storage import Session, postboxes
from app.storage.tables import Postbox
from rules.language import text

LASTS = timedelta(minutes=30)
TRIES = 5
"""Wrong codes after which a new one is needed."""
CODES = 5
"""Codes that somebody may have mailed in a day: nobody's postbox is to be filled by Clearway."""
_DAY = timedelta(days=1)
_DIGITS = 6
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)


@dataclass(frozen=True, slots=True)
class Mailed:
    """What is mailed to somebody, and where.

    `address` is theirs, empty where they have shown none; `asked` waits for its code. `trouble` is
    a word for why nothing arrives.
    """

    address: str = field(default="", repr=False)
    asked: str = field(default="", repr=False)
    digest: bool = False
    acting: bool = False
    trouble: str | None = None


def is_set_up(settings: Settings) -> bool:
    """Whether this installation can send weekly mail at all."""
    return bool(settings.mail_from and settings.smtp_host) or bool(settings.mail_mailbox)


def find(deployment: Deployment, identity: str) -> Mailed:
    """What is mailed to somebody now."""
    with deployment.database.transaction() as session:
        row = postboxes.find(session, identity)
        return Mailed() if row is None else _mailed(deployment, row)


def ask(deployment: Deployment, identity: str, address: str) -> None:
    """Mail a code to an address that somebody says is theirs.

    Raises BadChoice with one sentence where that cannot be.
    """
    wanted = _checked(deployment.settings, address.strip())
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    now = deployment.now()
    with deployment.database.transaction() as session:
        row = postboxes.locked(session, identity)
        sent = [each for each in _sent(deployment, row) if each > now - _DAY]
        if len(sent) >= CODES:
            raise BadChoice(text("You had several codes today; please ask again tomorrow."))
        kept = {
            "address": wanted,
            "code": _code(deployment, identity, code),
            "until": (now + LASTS).isoformat(),
            "tries": 0,
            "sent": [each.isoformat() for each in (*sent, now)],
        }
        row.asked = deployment.database.vault.seal(kept)
    _mail_code(deployment, wanted, code)


def confirm(
    deployment: Deployment, identity: str, code: str, *, digest: bool = False, acting: bool = False
) -> None:
    """The address that waits is theirs, where this is its code; that mail is sent there from now on.

    Raises BadChoice with one sentence.
    """
    typed = "".join(code.split())
    if not _take(deployment, identity, typed, digest=digest, acting=acting):
        raise BadChoice(text("This is not the code, or it is too old; you can ask for a new one."))


def choose(
    deployment: Deployment, identity: str, *, digest: bool | None = None, acting: bool | None = None
) -> None:
    """Send a kind of mail from now on, or no longer; the address is forgotten with the last of them.

    Without an address nothing is sent anyhow.
    """
    with deployment.database.transaction() as session:
        row = postboxes.locked(session, identity)
        row.digest = row.digest if digest is None else digest
        row.acting = row.acting if acting is None else acting
        row.acting_at = deployment.now() if row.acting else None
        if not (row.digest or row.acting):
            row.goes_to = row.verified_at = row.trouble = None


def note_trouble(deployment: Deployment, identity: str, trouble: str) -> None:
    """Nothing arrives there any more: send nothing until the address is shown again."""

    def work(session: Session) -> None:
        row = postboxes.locked(session, identity)
        row.trouble = trouble

    deployment.database.persist(work)


def _take(deployment: Deployment, identity: str, typed: str, *, digest: bool, acting: bool) -> bool:
    """Whether the code is right; a wrong one counts, whatever becomes of the request."""
    now = deployment.now()
    with deployment.database.transaction() as session:
        row = postboxes.locked(session, identity)
        waiting = _waiting(deployment, row)
        if not waiting or now >= datetime.fromisoformat(waiting["until"]):
            return False
        if waiting["tries"] >= TRIES:
            return False
        if not hmac.compare_digest(waiting["code"], _code(deployment, identity, typed)):
            row.asked = deployment.database.vault.seal({**waiting, "tries": waiting["tries"] + 1})
            return False
        row.goes_to = deployment.database.vault.seal(waiting["address"])
        row.asked = deployment.database.vault.seal({"sent": waiting["sent"]})
        row.verified_at, row.trouble = now, None
        row.digest, row.acting = row.digest or digest, row.acting or acting
        row.acting_at = now if row.acting else None
        return True


def _mailed(deployment: Deployment, row: Postbox) -> Mailed:
    waiting = _waiting(deployment, row)
    still = waiting and deployment.now() < datetime.fromisoformat(waiting["until"])
    return Mailed(
        address="" if row.goes_to is None else deployment.database.vault.open(row.goes_to),
        asked=waiting["address"] if still else "",
        digest=row.digest,
        acting=row.acting,
        trouble=row.trouble,
    )


def _waiting(deployment: Deployment, row: Postbox) -> Mapping[str, Any]:
    """The address that waits for its code, with all that is known of it; empty where none does."""
    if row.asked is None:
        return {}
    found: Mapping[str, Any] = deployment.database.vault.open(row.asked)
    return found if "address" in found else {}


def _sent(deployment: Deployment, row: Postbox) -> list[datetime]:
    if row.asked is None:
        return []
    found = deployment.database.vault.open(row.asked)
    return [datetime.fromisoformat(each) for each in found.get("sent", ())]


def _checked(settings: Settings, address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise BadChoice(text("A mail address looks like name@trust.example."))
    domain = address.rpartition("@")[2].lower()
    allowed = settings.mail_domains
    if allowed and not any(domain == each or domain.endswith(f".{each}") for each in allowed):
        raise BadChoice(
            text(
                "The weekly mail goes to addresses at %(domains)s only.", domains=", ".join(allowed)
            )
        )
    if not is_set_up(settings):
        raise BadChoice(text("This installation sends no mail."))
    return address


def _mail_code(deployment: Deployment, address: str, code: str) -> None:
    letter = Letter(
        sender=deployment.settings.mail_from,
        to=(address,),
        subject=text("Your code for Clearway"),
        text="\n".join(
            (
                text("Somebody wants the weekly mail of Clearway sent to this address."),
                text("If that is you, type this code where you asked for it: %(code)s", code=code),
                text("It can be used for %(minutes)s minutes.", minutes=LASTS.seconds // 60),
                text("If it is not you, there is nothing to do."),
                "",
            )
        ),
    )
    try:
        post(deployment.settings, letter)
    except NotDelivered as error:
        raise BadChoice(text("Mail to this address is refused; is it spelt right?")) from error
    except MailError as error:
        raise BadChoice(str(error)) from error


def _code(deployment: Deployment, identity: str, code: str) -> str:
    return deployment.fingerprints.of("postbox", identity, code)
