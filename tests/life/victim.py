"""A worker to be killed: it is told what to do, does it in a process of its own, and says which.

    python -m tests.life.victim DATABASE KEY SMTP-PORT

Each line of input is `apply PLAN LEADER` or `undo PLAN LEADER`. The answer is the process that does
it, and once that has ended, however it has, `ended`. What it works with are the product's own
parts: a stored connection, a server, a mail relay.
"""

import os
import sys
from ipaddress import ip_network

from app.config import Settings
from app.deployment import Deployment
from app.life import applying, undoing
from app.storage import leases
from app.storage.database import open_database
from app.storage.leases import LostLease
from app.storage.vault import Vault
from tests.life.worlds import NOW

WORK = {"apply": applying.apply, "undo": undoing.undo}


def settings(smtp_port: int) -> Settings:
    """The installation that the victim and the test share."""
    return Settings(
        private_networks=(ip_network("127.0.0.0/8"),),
        smtp_host="127.0.0.1",
        smtp_port=smtp_port,
        smtp_security="none",
    )


def work(url: str, key: str, smtp_port: int, task: str, plan_id: str, leader_id: str) -> None:
    """Do it until it is settled, as a job does."""
    database = open_database(url, Vault([key]))
    deployment = Deployment(settings(smtp_port), database, database.fingerprints(), lambda: NOW)
    while True:
        with database.transaction() as session:
            lease = leases.take(session, leader_id, str(os.getpid()))
        if lease is None:
            raise SystemExit("somebody else has the lease")
        try:
            found = WORK[task](deployment, lease, plan_id)
        except LostLease:
            continue
        with database.transaction() as session:
            leases.release(session, lease)
        if found.again_after is None:
            return


def main() -> None:
    """Read what to do, line by line."""
    url, key, port = sys.argv[1:]
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                work(url, key, int(port), *line.split())
            except BaseException as error:  # noqa: BLE001 # the parent has to hear of it
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                os._exit(1)
            os._exit(0)
        os.write(1, f"{child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"ended\n")


if __name__ == "__main__":
    main()
