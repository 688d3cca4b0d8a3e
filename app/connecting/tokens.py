"""Access tokens from stored consents: renewed in time, by one worker at a time, and sealed.

A renewal may bring another refresh token and end the one before, so two workers must not renew
with the same one. Whoever renews says so in the sealed credentials first, without holding a
transaction open; the others wait for what it brings. Access tokens end by the provider's clock,
not by the domain's, so the real one is asked here.
"""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app import clock, logs
from app.connecting.states import ConsentEnded
from app.deployment import Deployment
from app.logs import Event
from app.storage import Session
from app.storage import connections as stored
from connectors.errors import SignInNeeded, Unreachable
from rules.language import text

Credentials = Mapping[str, Any]
"""JSON: `access` and `until` are the access token and its end; the rest is the provider's own."""

EARLY = timedelta(minutes=5)
"""An access token is renewed so long before it ends."""
_ONE_TURN = timedelta(seconds=150)
"""After so long nobody waits any more for a worker that said it would renew."""
_STEP = 0.2
"""Seconds between two looks at whether another worker is done."""
_TURN, _RENEWING = "turn", "renewing_until"
"""In the sealed credentials while a worker renews them: who, and until when to wait for it."""


@dataclass(frozen=True, slots=True)
class _Access:
    token: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class _Turn:
    """This worker is to renew these; `name` stands in the stored ones until it is done."""

    name: str
    credentials: Credentials = field(repr=False)


class StoredToken:
    """A Token (see connectors.transport) of a connection. Raises SignInNeeded and Unreachable.

    `renew` gets the credentials and gives new ones; it raises ConnectorError. `ended` tells of
    credentials whose refresh was refused whether they had come to their own end.
    """

    def __init__(
        self,
        deployment: Deployment,
        connection_id: str,
        renew: Callable[[Credentials], Credentials],
        ended: Callable[[Credentials], bool],
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._deployment = deployment
        self._connection_id = connection_id
        self._renew = renew
        self._ended = ended
        self._pause = pause
        self._lock = threading.Lock()
        self._known: _Access | None = None

    def __call__(self, *, fresh: bool = False) -> str:
        """The access token; another one than before when `fresh`."""
        with self._lock:
            known = self._known
            if fresh or known is None or known.until - EARLY <= clock.now():
                refused = known.token if fresh and known is not None else ""
                self._known = known = self._newer(refused)
            return known.token

    def _newer(self, refused: str) -> _Access:
        """A token that is good and not the refused one, from the database or anew."""
        for _ in range(int(_ONE_TURN.total_seconds() / _STEP) + 1):
            found = self._look(refused)
            if isinstance(found, _Access):
                return found
            if found is not None:
                return self._take_turn(found)
            self._pause(_STEP)
        raise Unreachable(text("The sign-in takes too long; please try again later."))

    def _look(self, refused: str) -> _Access | _Turn | None:
        """A good token, the turn to renew, or None while another worker has it."""
        database, now = self._deployment.database, clock.now()
        with database.transaction() as session:
            row = stored.lock(session, self._connection_id)
            if row is None:
                raise SignInNeeded(text("This calendar is no longer connected."))
            credentials = database.vault.open(row.credentials)
            kept = _access(credentials)
            if kept is not None and kept.token != refused and kept.until - EARLY > now:
                return kept
            if _is_renewing(credentials, now):
                return None
            turn = _Turn(secrets.token_hex(8), _plain(credentials))
            said = {_TURN: turn.name, _RENEWING: (now + _ONE_TURN).isoformat()}
            sealed = database.vault.seal({**turn.credentials, **said})
            stored.change(session, row.id, credentials=sealed)
            return turn

    def _take_turn(self, turn: _Turn) -> _Access:
        try:
            renewed = self._renew(turn.credentials)
        except SignInNeeded as error:
            self._keep(turn, turn.credentials)
            logs.note(Event.TOKEN_REFUSED, connection=self._connection_id)
            if self._ended(turn.credentials):
                raise ConsentEnded from error
            raise
        except BaseException:
            self._keep(turn, turn.credentials)
            raise
        self._keep(turn, renewed)
        found = _access(renewed)
        if found is None:
            raise SignInNeeded(text("The sign-in gave no token; please sign in again."))
        return found

    def _keep(self, turn: _Turn, credentials: Credentials) -> None:
        """Put credentials in the place of those that this turn began with, and of no others.

        Where there are others, somebody connected anew meanwhile, and theirs are the newer ones.
        """
        database = self._deployment.database

        def replace(session: Session) -> None:
            row = stored.lock(session, self._connection_id)
            # not told by the sealed bytes: those change when keys are rotated
            if row is not None and database.vault.open(row.credentials).get(_TURN) == turn.name:
                sealed = database.vault.seal(dict(credentials))
                stored.change(session, row.id, credentials=sealed)

        # what was renewed exists nowhere else, so a database that restarts is waited for
        database.persist(replace)


def with_access(credentials: Credentials, token: str, until: datetime) -> dict[str, Any]:
    """Credentials with an access token and its end (aware)."""
    return {**credentials, "access": token, "until": until.isoformat()}


def _access(credentials: Credentials) -> _Access | None:
    token, until = credentials.get("access"), credentials.get("until")
    if not isinstance(token, str) or not isinstance(until, str):
        return None
    return _Access(token, datetime.fromisoformat(until))


def _is_renewing(credentials: Credentials, now: datetime) -> bool:
    told = credentials.get(_RENEWING)
    return isinstance(told, str) and datetime.fromisoformat(told) > now


def _plain(credentials: Credentials) -> Credentials:
    """Without what says that somebody renews them."""
    return {name: each for name, each in credentials.items() if name not in (_TURN, _RENEWING)}
