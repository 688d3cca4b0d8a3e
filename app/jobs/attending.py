"""The jobs: attend to one diary until nothing is due, find what is due, and tidy up."""

from datetime import timedelta

from app import logs, metrics
from app.connecting import watching
from app.deployment import Deployment
from app.jobs import engine
from app.jobs.engine import Queue
from app.jobs.holding import held
from app.life import acting_mail, proposing
from app.life.states import WORKING
from app.life.tending import tend
from app.logs import Event
from app.storage import leases, mailboxes, retention
from app.storage.leases import Lease, LostLease

_ENGINE_MEMORY = timedelta(hours=1)
"""For how long the engine remembers jobs: long enough to look why one failed."""
_WORKING = [each.value for each in WORKING]


def attend(deployment: Deployment, worker: str, leader_id: str) -> None:
    """Do what is due for a leader's diary, until nothing is. Nothing where somebody else does.

    Raises what nobody foresaw; the lease then runs out, and the sweep tries again.
    """
    try:
        with held(deployment.database, leader_id, worker) as lease:
            if lease is not None:
                _until_done(deployment, lease)
    except LostLease:
        # somebody else goes on from the journal
        _note(leader_id, logs.Outcome.AGAIN)
    except BaseException:
        _note(leader_id, logs.Outcome.FAILED)
        raise
    else:
        _note(leader_id, logs.Outcome.DONE)


def _note(leader_id: str, outcome: logs.Outcome) -> None:
    logs.note(Event.JOB, leader=leader_id, outcome=outcome)
    metrics.job("attend", outcome)


def _until_done(deployment: Deployment, lease: Lease) -> None:
    while True:
        wait = tend(deployment, lease)
        if _give_back(deployment, lease, wait):
            return


def _give_back(deployment: Deployment, lease: Lease, wait: timedelta | None) -> bool:
    """Let go of the diary, unless there is more to do at once."""
    with deployment.database.transaction() as session:
        if not leases.is_there(session, lease):
            # the leader left, and the mailbox with them
            return True
        if wait is not None:
            leases.put_off(session, lease, wait)
            return True
        if mailboxes.is_due(session, lease.leader_id, _WORKING):
            leases.keep(session, lease)
            return False
        return leases.release(session, lease)


def sweep(deployment: Deployment, queue: Queue) -> int:
    """Put a job into the queue for every diary with something due; how many that was.

    This finds what a dead machine left, what polling is due for, and what a notice was lost of.
    """
    with deployment.database.transaction() as session:
        found = mailboxes.claim_due(session, _WORKING)
    for leader_id in found:
        queue.put(leader_id)
    return len(found)


def renew(deployment: Deployment) -> None:
    """Ask providers to call, or to go on calling, where that is due."""
    watching.renew_due(deployment)


def mail(deployment: Deployment) -> None:
    """Tell whoever acts for leaders what waits for an answer, once a week."""
    acting_mail.send_due(deployment)


def tidy(deployment: Deployment) -> None:
    """What is due every hour: plans that nobody answered, and what is kept no longer."""
    proposing.expire(deployment)
    with deployment.database.transaction() as session:
        history = timedelta(weeks=deployment.settings.history_weeks)
        retention.purge(session, deployment.now(), history)
    engine.forget_done(deployment.now() - _ENGINE_MEMORY)
    logs.note(Event.PURGED, outcome=logs.Outcome.DONE)
