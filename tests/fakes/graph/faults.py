"""What goes wrong on request."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.graph.login import Login
from tests.fakes.graph.values import Refused

_BUSY = "Application is over its MailboxConcurrency limit."


@dataclass(slots=True)
class _Failure:
    refused: Refused
    times: int
    matching: re.Pattern[str]


@dataclass(slots=True)
class _Rewrite:
    change: Callable[[Any], Any]
    times: int
    matching: re.Pattern[str]


class Faults:
    """Switches for a test. `matching` is searched in "METHOD path?query"."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._failures: list[_Failure] = []
        self._rewrites: list[_Rewrite] = []
        self._conflicts = 0
        self._drops: list[bool] = []
        self.pause = 0.0
        self.epoch = 0
        """Delta links of an earlier epoch are forgotten."""
        self.forgotten = (410, "SyncStateNotFound")

    def throttle(self, n: int = 1, retry_after: str | None = "1", matching: str = "") -> None:
        """The next n requests get 429, with what is given as Retry-After or without any."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        refused = Refused(429, "ApplicationThrottled", _BUSY, headers=headers)
        self._failures.append(_Failure(refused, n, re.compile(matching)))

    def fail(
        self, status: int, code: str, times: int = 1, matching: str = "", message: str = ""
    ) -> None:
        """The next requests get an error, and nothing is done."""
        refused = Refused(status, code, message)
        self._failures.append(_Failure(refused, times, re.compile(matching)))

    def forget_sync(self, status: int = 410, code: str = "SyncStateNotFound") -> None:
        """Every delta link given so far is forgotten."""
        self.epoch += 1
        self.forgotten = (status, code)

    def conflict_once(self, times: int = 1) -> None:
        """The next PATCH or DELETE of an event gets 412 though nobody else wrote."""
        self._conflicts += times

    def expire_token(self, token: str) -> None:
        """An access token is no longer accepted."""
        self._login.expire(token)

    def revoke(self, address: str) -> None:
        """Somebody takes the consent back: their access and refresh tokens are void."""
        self._login.revoke(address)

    def slow(self, seconds: float) -> None:
        """Every request (each part of a batch too) takes so many seconds, until this is 0 again."""
        self.pause = seconds

    def drop_connection(self, times: int = 1, *, done: bool = True) -> None:
        """The next answers break off in the middle; what was asked was `done` or not."""
        self._drops += [done] * times

    def rewrite(
        self, change: Callable[[Any], Any], matching: str = "", times: int = 1_000_000
    ) -> None:
        """Answers go through `change` after they were checked: for what no service should say."""
        self._rewrites.append(_Rewrite(change, times, re.compile(matching)))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._failures.clear()
        self._rewrites.clear()
        self._drops.clear()
        self._conflicts = 0
        self.pause = 0.0

    # -- for the service -------------------------------------------------------------------------

    def check(self, line: str) -> None:
        """Raise what is due for a request."""
        for failure in self._failures:
            if failure.times > 0 and failure.matching.search(line):
                failure.times -= 1
                raise failure.refused

    def check_conflict(self) -> None:
        """Raise 412 where one is due."""
        if self._conflicts > 0:
            self._conflicts -= 1
            raise Refused(412, "ErrorIrresolvableConflict", CONFLICT)

    def dropping(self) -> bool | None:
        """Whether this answer breaks off, and whether what was asked is done first."""
        return self._drops.pop(0) if self._drops else None

    def rewritten(self, line: str, body: Any) -> Any:
        """A body after what tests want changed in it."""
        for rewrite in self._rewrites:
            if rewrite.times > 0 and rewrite.matching.search(line):
                rewrite.times -= 1
                body = rewrite.change(body)
        return body


CONFLICT = (
    "The send or update operation could not be performed because the change key passed in the "
    "request does not match the current change key for the item."
)
