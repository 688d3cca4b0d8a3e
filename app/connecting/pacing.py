"""Requests to a provider within what it lets one application ask, all processes counted.

Microsoft and Google count the requests of an application over all of its users. So each opened
calendar takes turns from one row in the database, a few at a time: asking for every single one
would be as much work as the requests are.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from app.connecting.connections import Provider
from app.connecting.counting import counted
from app.deployment import Deployment
from app.storage import pace
from connectors.errors import Throttled
from connectors.transport import Paced
from rules.language import later

_AT_A_TIME = 4
"""Requests for which turns are taken together; those that are not used are lost."""
_BURST = timedelta(seconds=10)
_LONGEST = timedelta(seconds=20)
"""Nobody waits longer for a turn: the diary is tried again later."""
_BUSY = later("Many calendars are being read just now; this one is read a little later.")


@dataclass
class _Turns:
    """The turns that one opened calendar has taken and not used yet."""

    deployment: Deployment
    provider: Provider
    time: timedelta
    pause: Callable[[float], None]
    _left: int = 0
    _lock: Lock = field(default_factory=Lock)

    def wait(self) -> None:
        """Return when the next request may be sent. Raises Throttled."""
        with self._lock:
            if not self._left:
                self._take()
                self._left = _AT_A_TIME
            self._left -= 1

    def _take(self) -> None:
        wait = self.deployment.database.persist(
            lambda session: pace.reserve(session, self.provider, self.time, _BURST, _LONGEST)
        )
        if wait > _LONGEST:
            raise Throttled(_BUSY, after=wait.total_seconds())
        if wait:
            self.pause(wait.total_seconds())


def paced(
    deployment: Deployment, provider: Provider, pause: Callable[[float], None] = time.sleep
) -> Paced:
    """The way to a provider's server for one calendar. It raises Throttled where all is taken."""
    settings = deployment.settings
    minute = {
        Provider.MICROSOFT: settings.microsoft_per_minute,
        Provider.GOOGLE: settings.google_per_minute,
    }[provider]
    each = _AT_A_TIME * timedelta(minutes=1) / minute
    return Paced(_Turns(deployment, provider, each, pause).wait, counted(provider))
