"""What every request is served with: settings, the threads that plan, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from starlette.requests import Request

from app.config import Settings
from app.door.intake import FORM_OVERHEAD
from app.door.workers import Workers


@dataclass(frozen=True, slots=True)
class Desk:
    """One for each running service; it holds nothing of any request."""

    settings: Settings
    workers: Workers
    now: Callable[[], datetime]
    sample: bool = False

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
