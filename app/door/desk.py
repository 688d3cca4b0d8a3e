"""What every request is served with: settings, the threads that plan, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from starlette.requests import Request

from app.config import Settings
from app.deployment import Deployment
from app.door.intake import FORM_OVERHEAD
from app.door.limiter import Limiter
from app.door.workers import Workers
from app.logs import note_error
from app.storage import mailboxes


@dataclass(frozen=True, slots=True)
class Service:
    """What a service that remembers has besides.

    `put` has a worker attend to a leader's diary. `callers` are the threads in which calendars are
    asked. After `patience` nobody works on a request any more.
    """

    deployment: Deployment
    put: Callable[[str], None] = field(repr=False)
    callers: Workers = field(repr=False)
    limiter: Limiter = field(repr=False)
    patience: timedelta

    def call_worker(self, leader_id: str) -> None:
        """Have a worker attend to a diary soon, unless one is called already.

        What there is to do stands in the tables. So where the job cannot be put, nothing is lost:
        the workers' sweep finds it a little later.
        """
        with self.deployment.database.transaction() as session:
            called = mailboxes.claim(session, leader_id)
        if not called:
            return
        try:
            self.put(leader_id)
        except Exception as error:  # noqa: BLE001 # the engine's errors are not known here
            note_error(error, leader=leader_id)


@dataclass(frozen=True, slots=True)
class Desk:
    """One for each running service. Without a `service` it holds nothing of any request."""

    settings: Settings
    workers: Workers
    now: Callable[[], datetime]
    sample: bool = False
    service: Service | None = None

    @property
    def body_limit(self) -> int:
        """Bytes of a body: the largest calendar, as JSON escapes it or a form frames it."""
        return self.settings.max_bytes * 5 // 4 + FORM_OVERHEAD

    @property
    def pair_limit(self) -> int:
        """Bytes of a body that brings a calendar with its undo record."""
        return 2 * self.body_limit


def desk_of(request: Request) -> Desk:
    """The desk of the service that a request came to."""
    return cast(Desk, request.app.state.desk)
