"""People who are sent elsewhere, to sign in or to give consent, and come back once.

What they carry is a random `state`. What we need when they are back stays here, sealed, for ten
minutes, and only for the browser that left (RFC 6749 section 10.12): otherwise somebody could be
made to finish what another person began.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.deployment import Deployment
from app.people.errors import LostErrand
from app.storage import people as stored
from app.storage.tables import Errand

LASTS = timedelta(minutes=10)


def new_browser() -> str:
    """A value for a browser's cookie by which it is known when it comes back."""
    return secrets.token_urlsafe(32)


def depart(
    deployment: Deployment,
    purpose: str,
    carried: Mapping[str, Any],
    *,
    browser: str = "",
    lasts: timedelta = LASTS,
) -> str:
    """The `state` to send along. `carried` is JSON, and `purpose` a word of the caller's.

    `browser` is the value of the browser's cookie; empty where there is none to come back to.
    """
    state = secrets.token_urlsafe(32)
    kept = {"browser": _browser(deployment, browser), "carried": dict(carried)}
    errand = Errand(
        id=_id(deployment, state),
        purpose=purpose,
        carried=deployment.database.vault.seal(kept),
        expires_at=deployment.now() + lasts,
    )
    with deployment.database.transaction() as session:
        stored.add_errand(session, errand)
    return state


def arrive(
    deployment: Deployment, purpose: str, state: str, *, browser: str = ""
) -> Mapping[str, Any]:
    """What the errand with this `state` carries, for the first who asks.

    Raises LostErrand for one that is used, too old, for another purpose or of another browser.
    """
    with deployment.database.transaction() as session:
        sealed = stored.take_errand(session, _id(deployment, state), purpose, deployment.now())
    if sealed is None:
        raise LostErrand
    kept = deployment.database.vault.open(sealed)
    if not hmac.compare_digest(kept["browser"], _browser(deployment, browser)):
        raise LostErrand
    carried: Mapping[str, Any] = kept["carried"]
    return carried


def _id(deployment: Deployment, state: str) -> str:
    return deployment.fingerprints.of("errand", state)


def _browser(deployment: Deployment, value: str) -> str:
    return deployment.fingerprints.of("browser", value)
