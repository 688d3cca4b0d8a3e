"""What the service does beside answering requests: jobs, the sample account, links to sign in."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from app import logs, sample_account
from app.deployment import Deployment
from app.jobs.engine import Queue
from app.people import sign_in
from app.sample_account import NoSampleAccount
from app.web.service.offers import usual_offers
from app.worker import working

HOST = "127.0.0.1"
_STARTING = 15.0
"""Seconds that a request waits for the jobs of this process to start."""


class Backstage:
    """One for each running service.

    Jobs and the sample account start in a thread of their own, so that the pages are there at
    once. Without a database of its own, the service has nobody else to do its jobs. A link signs
    in whoever started it for themselves: on that database, or to try the sample account.
    """

    def __init__(
        self, deployment: Deployment, announce: Callable[[str], None], *, sample: bool
    ) -> None:
        """Nothing starts yet. `announce` is given lines for whoever started the service."""
        self._deployment = deployment
        self._announce = announce
        self._sample = sample
        self._embedded = not deployment.settings.database
        self._queue = Queue(deployment)
        self._started, self._stopping = threading.Event(), threading.Event()
        self.offers = usual_offers(deployment.settings)
        if (self._embedded or sample) and not deployment.settings.oidc_issuer:
            self.offers.print_link = self._print_link

    def put(self, leader_id: str) -> None:
        """Have a worker attend to a leader's diary."""
        self._started.wait(_STARTING)
        self._queue.put(leader_id)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Do all that for as long as the block lasts."""
        thread = threading.Thread(target=self._run, name="backstage")
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()
            self._queue.close()

    def _run(self) -> None:
        with ExitStack() as stack:
            try:
                if self._sample:
                    self._start_sample(stack)
                if self._embedded:
                    stack.enter_context(working(self._deployment))
            except Exception as error:  # noqa: BLE001 # the engine's errors are not known here
                logs.note_error(error)
                self._announce("Jobs could not be started, so plans wait; the log says more.")
            self._started.set()
            self._stopping.wait()

    def _start_sample(self, stack: ExitStack) -> None:
        folder = self._deployment.settings.folder / "sample"
        try:
            running = sample_account.running(folder, self._deployment.now())
            self.offers.account = stack.enter_context(running)
        except NoSampleAccount as error:
            self._announce(str(error))

    def _print_link(self) -> None:
        token = sign_in.local_link(self._deployment)
        port = self._deployment.settings.port
        self._announce(f"Sign in by this link, once: http://{HOST}:{port}/you/link/{token}")
