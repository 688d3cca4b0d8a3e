"""The fake as tests hold it: accounts to act for, tokens, mails, requests and faults."""

from collections.abc import Iterable
from copy import deepcopy
from types import TracebackType
from typing import Self

from tests.fakes.google import writing
from tests.fakes.google.answers import View
from tests.fakes.google.app import BASE, Request, Service, application
from tests.fakes.google.calls import Desk
from tests.fakes.google.channels import Callback, Channels
from tests.fakes.google.faults import Faults
from tests.fakes.google.login import DEFAULT_SCOPES, Grant, Logins, full
from tests.fakes.google.paging import Tokens
from tests.fakes.google.refusal import Json, not_found
from tests.fakes.google.sharing import respond
from tests.fakes.google.store import Calendar, Mail, Person, Store
from tests.fakes.serving import Served


class Account:
    """Somebody at their own Google Calendar: not through the API, and everybody is told."""

    def __init__(self, store: Store, person: Person) -> None:
        self._store = store
        self._person = person
        self.address = person.address

    def put(self, event: Json, calendar: str = "primary") -> str:
        """Create an event, and invite its attendees; its id."""
        with self._store.open():
            where = self._store.calendar(self._person, calendar)
            given = deepcopy(event)
            people = given.get("attendees", [])
            if people and where.id not in [one["email"] for one in people]:
                people.append({"email": where.id, "responseStatus": "accepted"})
            item = writing.insert(self._store, self._writer(), where, given)
            return str(item.body["id"])

    def patch(self, event_id: str, changes: Json) -> None:
        """Change an event or one member of a series."""
        with self._store.open():
            where = self._where(event_id)
            writing.patch(self._store, self._writer(), where, event_id, deepcopy(changes))

    def delete(self, event_id: str) -> None:
        """Delete an event or one member of a series; as the organiser, cancel it for all."""
        with self._store.open():
            writing.delete(self._store, self._writer(), self._where(event_id), event_id)

    def answer(self, event_id: str, response: str) -> None:
        """Accept or decline an invitation."""
        with self._store.open():
            given = {"responseStatus": response}
            respond(self._store, self._person, event_id, given, "all")

    def event(self, event_id: str) -> Json:
        """An event as it is on this account's calendar now. Raises Refusal where there is none."""
        with self._store.open():
            where = self._where(event_id)
            return View(where, where.zone).event(self._store.find(where, event_id))

    def add_calendar(self, name: str) -> str:
        """Create a second calendar; its id."""
        with self._store.open():
            return self._store.add_calendar(self._person, name).id

    def _writer(self) -> writing.Writer:
        return writing.Writer(self._person, "all")

    def _where(self, event_id: str) -> Calendar:
        """The calendar that has the event, or the series of this member."""
        names = {event_id, event_id.rpartition("_")[0]}
        for calendar in self._person.calendars.values():
            if names & calendar.items.keys():
                return calendar
        raise not_found()


class GoogleFake:
    """Google Calendar on this machine: `with GoogleFake() as google: google.url`."""

    def __init__(self, port: int = 0) -> None:
        self._channels = Channels()
        self._store = Store(lambda calendar: self._channels.changed(calendar.id))
        tokens = Tokens()
        self._logins = Logins(self._store)
        self.faults = Faults(tokens.forget_sync, self._logins.expire, self._logins.revoke)
        desk = Desk(self._store, tokens, self._channels)
        self._service = Service(desk, self._logins, self.faults)
        self._served = Served(application(self._service), port)
        self.url = self._served.url + BASE
        self.token_uri = self._logins.token_uri = self._served.url + "/token"
        self.authorize_uri = self._served.url + "/o/oauth2/v2/auth"

    def __enter__(self) -> Self:
        self._channels.start()
        self._served.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._served.__exit__(kind, error, trace)
        self._channels.stop()

    @property
    def sign_in(self) -> Logins:
        """What happens when people are asked, and every form that came for a token."""
        return self._logins

    @property
    def mails(self) -> list[Mail]:
        """Every message that went out, the oldest first."""
        return self._store.mails

    @property
    def requests(self) -> list[Request]:
        """Every request to the API, the oldest first; signing in is none."""
        return self._service.requests

    @property
    def problems(self) -> list[str]:
        """What the discovery document or a rule of the service does not allow, and was asked."""
        return self._service.problems

    @property
    def callbacks(self) -> list[Callback]:
        """Every message to a channel's address, once those under way are delivered."""
        self._channels.settle()
        return self._channels.callbacks

    def route(self, origin: str, to: str) -> None:
        """Deliver what goes to an https origin to an address on this machine instead."""
        self._channels.routes[origin] = to

    def account(
        self, address: str, *, zone: str = "Europe/London", workspace: bool = True
    ) -> Account:
        """Somebody's account, made where there is none. The first one sits at the browser."""
        self._logins.signed_in = self._logins.signed_in or address.lower()
        with self._store.open():
            person = self._store.person(address)
            if person is None:
                person = self._store.add_person(address, zone, workspace=workspace)
            return Account(self._store, person)

    def token(self, address: str, scopes: Iterable[str] = DEFAULT_SCOPES) -> str:
        """An access token for an account, with an hour to live."""
        return self._logins.access(Grant(address.lower(), full(scopes)))

    def refresh_token(self, address: str, scopes: Iterable[str] = DEFAULT_SCOPES) -> str:
        """A refresh token for an account."""
        return self._logins.refresh(Grant(address.lower(), full(scopes)))

    def robot_key(self) -> Json:
        """The key file of a service account that may act for every workspace account."""
        return self._logins.robot_key()
