"""Holding on to a lease while the work goes on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.storage import leases
from app.storage.database import Database, is_away
from app.storage.leases import LEASE, Lease, LostLease

_EVERY = LEASE.total_seconds() / 3


@contextmanager
def held(database: Database, leader_id: str, holder: str) -> Iterator[Lease | None]:
    """The lease of a diary for as long as the block lasts; None where somebody else has it.

    Whoever was given it ends with `leases.release` or `leases.put_off`. Where the block fails, or
    the machine dies, the lease runs out by itself and somebody goes on from the journal.
    """
    with database.transaction() as session:
        lease = leases.take(session, leader_id, holder)
    if lease is None:
        yield None
        return
    done = threading.Event()
    keeper = threading.Thread(target=_keep, args=(database, lease, done), daemon=True)
    keeper.start()
    try:
        yield lease
    finally:
        done.set()
        keeper.join()


def _keep(database: Database, lease: Lease, done: threading.Event) -> None:
    while not done.wait(_EVERY):
        try:
            with database.transaction() as session:
                leases.keep(session, lease)
        except LostLease:
            # every write of the work checks the lease too, so it ends by itself
            return
        except Exception as error:  # the driver's errors are not known here
            if not is_away(error):
                raise
