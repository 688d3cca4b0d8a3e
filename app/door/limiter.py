"""How many requests a sign-in may send: a bucket each, which fills again with time.

The buckets are in memory, so each process of the service counts for itself.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from threading import Lock

from rules.language import text

_MOST = 20_000
"""Buckets at a time; of more, those that were used longest ago are forgotten, which fills them."""


class TooManyRequests(Exception):
    """The bucket is empty. `after` is in how many whole seconds there is something in it again."""

    def __init__(self, after: int) -> None:
        super().__init__(text("There were too many requests in a short time; wait a little."))
        self.after = after


class Limiter:
    """A token bucket for each key."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """A bucket holds a minute's requests, and fills steadily. `clock` is in seconds."""
        self._most = float(a_minute)
        self._a_second = a_minute / 60
        self._clock = clock
        self._lock = Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count one request. Raises TooManyRequests."""
        with self._lock:
            now = self._clock()
            level, at = self._buckets.pop(key, (self._most, now))
            level = min(self._most, level + (now - at) * self._a_second)
            allowed = level >= 1
            self._buckets[key] = (level - 1 if allowed else level, now)
            if len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        if not allowed:
            raise TooManyRequests(max(1, ceil((1 - level) / self._a_second)))
