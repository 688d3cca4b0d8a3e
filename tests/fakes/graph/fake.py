"""What a test holds in its hand: a tenant that runs, and its mailboxes."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from tests.fakes.graph import answers, meetings, zones
from tests.fakes.graph.app import Service
from tests.fakes.graph.checking import Checker
from tests.fakes.graph.delta import Delta
from tests.fakes.graph.faults import Faults
from tests.fakes.graph.login import APP_ROLES, USER_SCOPES, Login
from tests.fakes.graph.queries import Asked
from tests.fakes.graph.routes import Parts
from tests.fakes.graph.subscriptions import Subscriptions
from tests.fakes.graph.values import Json, Mail, Quirks, Request, WorkingHours
from tests.fakes.graph.world import Box, Entry, Seen, World, identify, parse_id
from tests.fakes.serving import Served

_ASKED = Asked(immutable=True)
_ACTIONS = {
    "accept": "accept",
    "accepted": "accept",
    "decline": "decline",
    "declined": "decline",
    "tentative": "tentativelyAccept",
    "tentativelyAccept": "tentativelyAccept",
    "tentativelyAccepted": "tentativelyAccept",
}


class Mailbox:
    """Somebody's mailbox, as they use it in Outlook. Ids are the immutable ones."""

    def __init__(self, world: World, box: Box) -> None:
        self._world = world
        self._box = box

    @property
    def address(self) -> str:
        """Whose it is."""
        return self._box.address

    def add_calendar(self, name: str, *, can_edit: bool = True) -> str:
        """One more calendar; its id."""
        with self._world.lock:
            return self._world.add_calendar(self._box, name, can_edit=can_edit).id

    def put(self, event: Json, *, calendar: str | None = None) -> str:
        """A new event, its invitations sent; its id here.

        A body like the ones that Graph takes. Where `organizer` names somebody else it is what
        came from outside: `responseStatus`, `showAs` and `isCancelled` are taken as they are.
        """
        with self._world.lock:
            entry = meetings.create(self._world, self._box, event, calendar)
            return self._id(entry)

    def patch(self, event_id: str, changes: Json) -> None:
        """Change an event, all of a series or one member, whoever is invited being told."""
        with self._world.lock:
            meetings.patch(self._world, self._seen(event_id), changes)

    def delete(self, event_id: str) -> None:
        """Remove an event, a series or one member; an organiser calls it off with it."""
        with self._world.lock:
            meetings.remove(self._world, self._seen(event_id))

    def answer(self, event_id: str, response: str, *, send: bool = True) -> None:
        """Answer an invitation: accept, decline or tentative."""
        with self._world.lock:
            body = {"sendResponse": send}
            meetings.respond(self._world, self._seen(event_id), _ACTIONS[response], body)

    def touch(self, event_id: str) -> None:
        """Another etag though nothing that a person sees has changed."""
        with self._world.lock:
            seen = self._seen(event_id)
            self._world.bump(self._box, seen.entry, seen.slot)

    def occurrence(self, master_id: str, original_start: datetime) -> str:
        """The id of one member of a series, by when it was to start (aware)."""
        with self._world.lock:
            entry = self._seen(master_id).entry
            when = entry.meeting.when
            wall = original_start.astimezone(zones.zone(when.start_zone))
            seen = self._box.find(entry.key, wall.date())
            if seen.original != original_start.astimezone(UTC):
                raise LookupError("the series has no member that was to start then")
            return identify(seen, immutable=True)

    def event(self, event_id: str) -> Json:
        """The full body, in UTC."""
        with self._world.lock:
            return answers.event(self._seen(event_id), _ASKED)

    def find(self, ical_uid: str) -> str | None:
        """The id here of what is called so everywhere: this mailbox's copy of a meeting."""
        with self._world.lock:
            for entry in self._box.entries.values():
                if entry.meeting.ical_uid(None) == ical_uid:
                    return self._id(entry)
        return None

    def ids(self) -> list[str]:
        """Single events and series, in the order in which they came."""
        with self._world.lock:
            return [self._id(entry) for entry in self._box.entries.values()]

    def _seen(self, event_id: str) -> Seen:
        return self._box.find(*parse_id(self._box, event_id))

    def _id(self, entry: Entry) -> str:
        return identify(self._box.whole(entry), immutable=True)


class GraphFake:
    """A tenant: `with GraphFake() as graph: graph.mailbox("leader@trust.example")`."""

    def __init__(self, port: int = 0, *, clock: Callable[[], datetime] | None = None) -> None:
        self._world = World(clock)
        self.problems: list[str] = []
        """Every breach of the official description or of a rule of the brief; tests want none."""
        checker = Checker()
        self.sign_in = Login(self._world.clock)
        self.faults = Faults(self.sign_in)
        self.subscriptions = Subscriptions(self._world, checker, self.problems)
        delta = Delta(self._world, self.faults)
        parts = Parts(self._world, self.faults, delta, self.subscriptions, "")
        self._service = Service(parts, self.sign_in, checker, self.problems)
        self._served = Served(self._service.app(), port)
        self.login = self._served.url
        self.url = parts.url = f"{self.login}/v1.0"

    def __enter__(self) -> Self:
        self._served.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.subscriptions.close()
        self._served.__exit__(kind, error, trace)

    @property
    def mails(self) -> list[Mail]:
        """Every message that the service sent."""
        return self._world.mails

    @property
    def requests(self) -> list[Request]:
        """Every request to Graph (not to its sign-in), in the order in which they came."""
        return self._service.requests

    @property
    def quirks(self) -> Quirks:
        """What Microsoft does not document."""
        return self._world.quirks

    def mailbox(
        self,
        address: str,
        *,
        zone: str = "GMT Standard Time",
        hours: WorkingHours | None = WorkingHours(),  # noqa: B008 # frozen
    ) -> Mailbox:
        """A new mailbox. The first one is whoever sits at the browser."""
        with self._world.lock:
            box = self._world.add_box(address, zone, hours)
            self.sign_in.signed_in = self.sign_in.signed_in or box.address
            return Mailbox(self._world, box)

    def token(self, address: str, scopes: Iterable[str] = USER_SCOPES) -> str:
        """An access token that somebody consented to."""
        with self._world.lock:
            return self.sign_in.user_token(address, scopes)

    def app_token(
        self, roles: Iterable[str] | None = None, mailboxes: Iterable[str] | None = None
    ) -> str:
        """An app-only access token.

        `roles` are the permissions consented to in Entra, for all mailboxes: they are in the
        token's claim. `mailboxes` is the scope of RBAC for Applications: in no claim, and only
        these. They add up, as they really do; with neither, the usual roles for all mailboxes.
        """
        if roles is None:
            roles = APP_ROLES if mailboxes is None else ()
        with self._world.lock:
            return self.sign_in.app_token(roles, mailboxes or ())
