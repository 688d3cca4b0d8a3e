"""A few threads for the work that takes a while, so that no request waits behind another's plan."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

from rules.language import text

T = TypeVar("T")

AT_ONCE = 2
WAITING = 16


class Busy(Exception):
    """There is no room for more work, or it took longer than it may; trying later can help."""


class Workers:
    """A bounded number of threads, a bounded queue before them, and a time after which nobody waits.

    Work that is given up keeps its thread until it ends, so the number at once holds. The threads
    are daemons: a plan that is still being made does not keep the service from stopping.
    """

    def __init__(
        self,
        patience: float,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        share: int | None = None,
    ) -> None:
        """`patience` is in seconds, waiting included. No thread starts before there is work.

        Of the work of one person there are at most `share` pieces, waiting ones included.
        """
        self._patience = patience
        self._at_once = at_once
        self._room = at_once + waiting
        self._taken = 0
        self._share = share
        self._of: Counter[str] = Counter()
        self._started = 0
        self._lock = Lock()
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    async def run(self, work: Callable[[], T], whose: str = "") -> T:
        """What `work` gives, or raises. `whose` it is counts where it is told. Raises Busy."""
        self._take_room(whose)
        job: Future[T] = Future()
        job.add_done_callback(partial(self._release, whose))
        # what is said there is in the language of whoever asks
        self._jobs.put(partial(copy_context().run, _carry_out, job, work))
        answer = asyncio.wrap_future(job)
        answer.add_done_callback(_look_at)
        await asyncio.wait([answer], timeout=self._patience)
        if not answer.done():
            job.cancel()
            raise Busy(text("This took too long; ask for fewer days or a smaller calendar."))
        return answer.result()

    def close(self) -> None:
        """Take no more work; each thread ends with what it is at."""
        with self._lock:
            self._room = 0
            for _ in range(self._started):
                self._jobs.put(None)

    def _take_room(self, whose: str) -> None:
        with self._lock:
            if self._taken >= self._room:
                raise Busy(
                    text("Too many plans are being made at the moment; try again in a minute.")
                )
            if whose and self._share is not None and self._of[whose] >= self._share:
                raise Busy(
                    text("Your other requests are still being worked on; try again in a minute.")
                )
            self._taken += 1
            self._of[whose] += 1
            if self._started < min(self._taken, self._at_once):
                self._started += 1
                Thread(target=self._work, name=f"plan-{self._started}", daemon=True).start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _release(self, whose: str, job: "Future[T]") -> None:
        with self._lock:
            self._taken -= 1
            self._of[whose] -= 1
            if not self._of[whose]:
                del self._of[whose]


def _carry_out(job: "Future[T]", work: Callable[[], T]) -> None:
    if not job.set_running_or_notify_cancel():
        return
    try:
        job.set_result(work())
    except BaseException as error:  # noqa: BLE001 # whoever waits gets it, whatever it is
        job.set_exception(error)


def _look_at(answer: "asyncio.Future[T]") -> None:
    """Read an error that nobody waits for any more, so that it is not reported as forgotten."""
    if not answer.cancelled():
        answer.exception()
