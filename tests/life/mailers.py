"""Workers to be killed while they send weekly mail.

    python -m tests.life.mailers DATABASE KEY SMTP-PORT

Each line of input starts a worker and is answered by its process. It attends to whoever is due, as
jobs do, until nobody is, and its end is answered by `ended` and its process.
"""

import os
import sys
import threading
from ipaddress import ip_network

from app.config import Settings
from app.deployment import Deployment
from app.jobs import attending
from app.life.states import WORKING
from app.storage import mailboxes
from app.storage.database import open_database
from app.storage.vault import Vault

AT_A_TIME = 10


def settings(smtp_port: int) -> Settings:
    """The installation that the workers and the test share."""
    return Settings(
        private_networks=(ip_network("127.0.0.0/8"),),
        smtp_host="127.0.0.1",
        smtp_port=smtp_port,
        smtp_security="none",
        mail_from="clearway@trust.example",
        public_url="https://clearway.trust.example",
    )


def work(url: str, key: str, smtp_port: int) -> None:
    """Attend to everybody who is due."""
    database = open_database(url, Vault([key]))
    deployment = Deployment(settings(smtp_port), database, database.fingerprints())
    working = [each.value for each in WORKING]
    while True:
        with database.transaction() as session:
            due = mailboxes.claim_due(session, working, AT_A_TIME)
        if not due:
            return
        for leader_id in due:
            attending.attend(deployment, str(os.getpid()), leader_id)


def main(url: str, key: str, smtp_port: int) -> None:
    """Start a worker for each line, with everything imported before."""
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            status = 1
            try:
                work(url, key, smtp_port)
                status = 0
            finally:
                os._exit(status)
        _say(str(child))
        threading.Thread(target=_await, args=(child,), daemon=True).start()


def _await(child: int) -> None:
    os.waitpid(child, 0)
    _say(f"ended {child}")


def _say(words: str) -> None:
    """In one piece: two threads speak."""
    os.write(sys.stdout.fileno(), f"{words}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
