"""Whether the service lives, whether it can be given work, and how things stand: for machines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from app import metrics
from app.connecting.states import State
from app.deployment import Deployment, Unusable, plainly
from app.life.states import WORKING
from app.storage import connections, mailboxes, standing
from app.storage.migrations import is_current
from app.storage.vault import VaultError

SEEN = timedelta(minutes=1)
"""A worker that was seen in this time is at work."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether all is well, and a word about each thing that was looked at."""

    good: bool
    looked_at: Mapping[str, str]

    def plain(self) -> dict[str, object]:
        """As JSON has it."""
        return {"status": "ok" if self.good else "unavailable", **self.looked_at}


def alive() -> Health:
    """That this is answered at all: the process need not be started again."""
    return Health(True, MappingProxyType({}))


def ready(deployment: Deployment) -> Health:
    """Whether work can be given to it: the database answers, in its newest form, with a worker,
    and by the keys of this process it can be read."""
    looked_at = {"database": "away", "tables": "unknown", "keys": "unknown", "worker": "unknown"}
    try:
        with plainly():
            current = is_current(deployment.database)
            looked_at |= {"database": "reachable", "tables": "current" if current else "old"}
            if current:
                with deployment.database.transaction() as session:
                    seen = mailboxes.workers_seen(session, SEEN)
                looked_at["worker"] = "seen" if seen else "missing"
                looked_at["keys"] = "right" if _can_read(deployment) else "wrong"
    except Unusable:
        pass
    wanted = {"tables": "current", "keys": "right", "worker": "seen"}
    return Health(wanted.items() <= looked_at.items(), MappingProxyType(looked_at))


def _can_read(deployment: Deployment) -> bool:
    """Whether this process opens what is sealed: somebody may have rotated the keys without it."""
    try:
        deployment.database.fingerprints()
    except VaultError:
        return False
    return True


def measure(deployment: Deployment) -> bytes:
    """What this process counts, with how things stand in the database (`metrics.MEDIA_TYPE`).

    Raises Unusable while the database is away.
    """
    with plainly(), deployment.database.transaction() as session:
        metrics.standing(
            mailboxes.count_due(session, WORKING),
            connections.count_states(session),
            standing.lag(session, State.ACTIVE),
            len(mailboxes.workers_seen(session, SEEN)),
        )
    return metrics.exposition(whole=True)
