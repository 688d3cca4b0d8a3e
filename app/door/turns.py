"""A request that has to be alone at a diary, as workers are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep

from app.deployment import Deployment
from app.door.workers import Busy
from app.jobs.holding import held
from app.storage import leases
from app.storage.leases import Lease
from rules.language import text

_WAIT, _STEP = 10.0, 0.25
"""Seconds to wait for a worker that is at the diary, and between two looks."""
_NOW = timedelta()


@contextmanager
def at_the_diary(deployment: Deployment, leader_id: str) -> Iterator[Lease]:
    """The lease of a diary for as long as the block lasts, soon. Raises Busy."""
    given_up = monotonic() + _WAIT
    while True:
        with held(deployment.database, leader_id, "request") as lease:
            if lease is not None:
                try:
                    yield lease
                finally:
                    _give_back(deployment, lease)
                return
        if monotonic() > given_up:
            raise Busy(text("Clearway is at work on this diary; try again in a moment."))
        sleep(_STEP)


def _give_back(deployment: Deployment, lease: Lease) -> None:
    with deployment.database.transaction() as session:
        if not leases.release(session, lease):
            # there is news by now, for a worker
            leases.put_off(session, lease, _NOW)
