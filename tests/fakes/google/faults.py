"""What goes wrong on request."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.google.refusal import Refusal

_MESSAGES = {
    "rateLimitExceeded": "Rate Limit Exceeded",
    "userRateLimitExceeded": "User Rate Limit Exceeded",
    "quotaExceeded": "Calendar usage limits exceeded.",
    "backendError": "Backend Error",
}


@dataclass(slots=True)
class _Failure:
    status: int
    reason: str
    times: int
    matching: re.Pattern[str]


@dataclass(slots=True)
class Faults:
    """Set by tests; each call adds to what is still to go wrong."""

    forget: Callable[[], None]
    expire: Callable[[str], None]
    revoke: Callable[[str], None]
    """Let an account's consent end: every token of this address, at once."""
    delay: float = 0.0
    _failures: list[_Failure] = field(default_factory=list)
    _drops: int = 0

    def throttle(self, n: int, status: int = 403, reason: str = "rateLimitExceeded") -> None:
        """Refuse the next n requests for being too many; no Retry-After, as at Google."""
        self.fail(status, reason, times=n)

    def fail(self, status: int, reason: str, times: int = 1, matching: str = "") -> None:
        """Refuse the next requests whose `METHOD path?query` has a match; nothing is done."""
        self._failures.append(_Failure(status, reason, times, re.compile(matching)))

    def forget_sync(self) -> None:
        """Every sync token given out so far is too old from now on."""
        self.forget()

    def expire_token(self, token: str) -> None:
        """Let one access token end now."""
        self.expire(token)

    def slow(self, seconds: float) -> None:
        """Let every answer take so long; 0 ends it."""
        self.delay = seconds

    def drop_connection(self, times: int = 1) -> None:
        """Do what the next requests ask, and hang up instead of answering."""
        self._drops += times

    def due(self, what: str) -> Refusal | None:
        """The failure that this request meets, if any."""
        for failure in self._failures:
            if failure.times > 0 and failure.matching.search(what):
                failure.times -= 1
                domain = "usageLimits" if "xceeded" in failure.reason else "global"
                message = _MESSAGES.get(failure.reason, failure.reason)
                return Refusal(failure.status, failure.reason, message, domain=domain)
        return None

    def hangs_up(self) -> bool:
        """Whether this request gets no answer."""
        if self._drops == 0:
            return False
        self._drops -= 1
        return True
