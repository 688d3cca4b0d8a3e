"""A process, or a part of the service's own, that does the jobs until it is told to stop."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app import logs, metrics
from app.config import Settings
from app.deployment import Deployment, open_deployment
from app.jobs import attending, engine
from app.jobs.engine import Queue, Schedule
from app.logs import Event
from app.storage import mailboxes

AT_ONCE = 4
"""Diaries that one worker attends to at a time: most of it is waiting for calendars."""
_SEEN = 15.0
"""Seconds between two signs of life."""
_CLOSING = 20
"""Seconds that jobs are given to end when the worker stops; the journal keeps what does not."""


@contextmanager
def working(deployment: Deployment, *, at_once: int = AT_ONCE) -> Iterator[str]:
    """Do jobs in this process for as long as the block lasts; the worker's name."""
    name = engine.worker_name()
    queue = Queue(deployment)
    stopping = threading.Event()
    engine.launch(
        deployment,
        name,
        lambda leader_id: attending.attend(deployment, name, leader_id),
        (
            Schedule("sweep", "*/5 * * * * *", lambda: attending.sweep(deployment, queue)),
            Schedule("renew", "30 * * * * *", lambda: attending.renew(deployment)),
            Schedule("mail", "45 */5 * * * *", lambda: attending.mail(deployment)),
            Schedule("tidy", "0 17 * * * *", lambda: attending.tidy(deployment)),
        ),
        at_once=at_once,
    )
    # the engine adds a handler of its own, whose words may tell too much
    logs.set_up(deployment.settings)
    alive = threading.Thread(target=_show_life, args=(deployment, name, stopping), daemon=True)
    alive.start()
    logs.note(Event.STARTED, outcome=logs.Outcome.DONE)
    try:
        yield name
    finally:
        stopping.set()
        engine.stop(_CLOSING)
        alive.join()
        queue.close()
        logs.note(Event.STOPPED, outcome=logs.Outcome.DONE)


def run(settings: Settings, announce: Callable[[str], None]) -> None:
    """Do jobs until SIGTERM or Ctrl-C. `announce` is given one line once the worker is at work.

    Raises SettingsError and DatabaseError.
    """
    told = _stop_signals()
    logs.set_up(settings)
    deployment = open_deployment(settings)
    if settings.metrics_port:
        metrics.publish(settings.metrics_port)
    try:
        with working(deployment) as name:
            announce(f"Worker {name} is at work; stop it with Ctrl-C.")
            told.recv(1)
    finally:
        deployment.close()


def _stop_signals() -> socket.socket:
    """Where one byte arrives when the process is told to stop.

    The system may hand a signal to any thread, as it does to a process that has just been woken,
    and a lock that the main thread waits for would then not be interrupted.
    """
    told, teller = socket.socketpair()
    teller.setblocking(False)
    signal.set_wakeup_fd(teller.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return told


def _show_life(deployment: Deployment, name: str, stopping: threading.Event) -> None:
    while not stopping.is_set():
        # a worker without its database still stops when it is told to
        deployment.database.attempt(
            lambda session: mailboxes.see_worker(
                session, name, engine.engine_version(), deployment.database.vault.newest
            )
        )
        stopping.wait(_SEEN)
