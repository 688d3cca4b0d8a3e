"""Links in mail that say by themselves whom and what they are for: signed, and good for a while.

Whoever has one can do what it is for and nothing else. Nothing is kept of it: the signature is a
keyed hash by the secret of the installation.
"""

import hmac
from datetime import UTC, datetime
from enum import StrEnum

from app.deployment import Deployment

_SIGNATURE = 40
_LONGEST = 300


class Purpose(StrEnum):
    """What a link is for."""

    PLAN = "plan"
    STOP = "stop"


def sign(deployment: Deployment, purpose: Purpose, subject: str, until: datetime) -> str:
    """The part of an address that stands for a subject, a word of letters, digits and dots."""
    ends = f"{int(until.timestamp()):x}"
    return f"{subject}-{ends}-{_signature(deployment, purpose, subject, ends)}"


def read(deployment: Deployment, purpose: Purpose, token: str) -> str | None:
    """The subject of a link; None for one that is not ours, for something else, or too old."""
    parts = token.split("-") if len(token) <= _LONGEST and token.isascii() else []
    if len(parts) != 3:
        return None
    subject, ends, signature = parts
    if not hmac.compare_digest(signature, _signature(deployment, purpose, subject, ends)):
        return None
    over = datetime.fromtimestamp(int(ends, 16), UTC) <= deployment.now()
    return None if over else subject


def _signature(deployment: Deployment, purpose: Purpose, subject: str, ends: str) -> str:
    return deployment.fingerprints.of("link", purpose.value, subject, ends)[:_SIGNATURE]
