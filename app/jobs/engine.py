"""The job engine (DBOS), and all that the rest has to know of it: ids go in, work is done.

A job names a leader. Why there is something to do stands in our own tables, so a job may be lost,
come twice, or outlive the machine that did it: the sweep puts in a fresh one for whatever is due.
DBOS gets queues, schedules and retries from us and keeps nothing that matters.
"""

import json
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any
from uuid import uuid4

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Serializer

from app.deployment import Deployment
from app.storage.database import Database

_APPLICATION = "clearway"
_DIARIES = "diaries"
_ATTEND = "attend"
_POLL = 0.5
"""Seconds between two looks at the queue."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that is done at set times, by one of the processes. `when` is cron with seconds."""

    name: str
    when: str
    work: Callable[[], object]


class JsonSerializer(Serializer):
    """What the engine stores is plain JSON: nothing in its tables can run code."""

    def serialize(self, data: Any) -> str:
        """Ids and instants; an error only by its class, since its words may tell too much."""
        return json.dumps(data, default=_plain)

    def deserialize(self, serialized_data: str) -> Any:
        """As it was stored."""
        return json.loads(serialized_data)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else type(value).__name__


class Queue:
    """Where jobs are put in, from any process that knows the database."""

    def __init__(self, deployment: Deployment) -> None:
        """Raises nothing while the database is away; `put` does."""
        self._client = DBOSClient(
            system_database_url=engine_database(deployment.database),
            serializer=JsonSerializer(),
            application_name=_APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def put(self, leader_id: str) -> None:
        """Have somebody attend to a leader's diary soon."""
        options: EnqueueOptions = {"workflow_name": _ATTEND, "queue_name": _DIARIES}
        self._client.enqueue(options, leader_id)

    def close(self) -> None:
        """Let go of the database."""
        self._client.destroy()


def engine_database(database: Database) -> str:
    """The engine's own tables: a file beside the embedded database, a schema in PostgreSQL."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}-jobs"
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def set_up(database: Database) -> None:
    """Make the engine's own tables, or bring them to their newest form."""
    DBOS.migrate(engine_database(database))


def worker_name() -> str:
    """A name that no other process has, now or later: machine, process and a random part."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid4().hex[:8]}"


def launch(
    deployment: Deployment,
    name: str,
    attend: Callable[[str], None],
    schedules: Sequence[Schedule],
    *,
    at_once: int,
) -> None:
    """Start doing jobs in this process, at most so many at once, until `stop`.

    `name` is this worker's, and `attend` is given a leader's id.
    """
    config: DBOSConfig = {
        "name": _APPLICATION,
        "system_database_url": engine_database(deployment.database),
        "serializer": JsonSerializer(),
        "executor_id": name,
        # jobs are ids, so those of the last version are good for this one
        "application_version": "1",
        # whoever named a database runs `clearway migrate`, perhaps with rights that workers lack
        "run_migrations": not deployment.settings.database,
        "scheduler_polling_interval_sec": 1.0,
        "sys_db_idle_transaction_timeout_sec": 10.0,
        "log_level": "CRITICAL",
        "use_listen_notify": False,
    }
    DBOS(config=config)
    DBOS.workflow(name=_ATTEND)(_attending(attend))
    known = [(each, _scheduled(each)) for each in schedules]
    DBOS.launch()
    DBOS.register_queue(_DIARIES, worker_concurrency=at_once, polling_interval_sec=_POLL)
    DBOS.apply_schedules(
        [
            {"schedule_name": each.name, "workflow_fn": job, "schedule": each.when}
            for each, job in known
        ]
    )


def stop(patience: int) -> None:
    """Begin nothing more, and wait so many seconds for what has begun."""
    DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=patience)


def forget_done(before: datetime) -> None:
    """Remove what the engine remembers of jobs that were put in before, done or abandoned."""
    found = DBOS.list_workflows(end_time=before.isoformat(), limit=10_000, load_input=False)
    DBOS.delete_workflows([each.workflow_id for each in found])


def engine_version() -> str:
    """For the list of workers."""
    return version("clearway")


def _attending(attend: Callable[[str], None]) -> Callable[[str], None]:
    def job(leader_id: str) -> None:
        attend(leader_id)

    return job


def _scheduled(schedule: Schedule) -> Callable[[datetime, Any], None]:
    @DBOS.workflow(name=schedule.name)
    def job(at: datetime, context: Any) -> None:
        schedule.work()

    return job
