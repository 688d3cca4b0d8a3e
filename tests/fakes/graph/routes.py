"""Which path is answered by what, and with which permission."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from tests.fakes.graph import answers, meetings, queries, schedule, zones
from tests.fakes.graph.delta import Delta
from tests.fakes.graph.faults import CONFLICT, Faults
from tests.fakes.graph.login import Grant
from tests.fakes.graph.queries import Asked
from tests.fakes.graph.subscriptions import Subscriptions
from tests.fakes.graph.values import Broken, Json, Mail, Refused, Reply, Request
from tests.fakes.graph.world import Box, Seen, World, parse_id


@dataclass(slots=True)
class Parts:
    """What the routes need of the service."""

    world: World
    faults: Faults
    delta: Delta
    subscriptions: Subscriptions
    url: str


@dataclass
class Call:
    """A request that has been let in; `groups` are the named parts of its path."""

    parts: Parts
    request: Request
    grant: Grant
    box: Box | None
    groups: Mapping[str, str | None]

    @cached_property
    def asked(self) -> Asked:
        """How the answer is to look."""
        view = "calendarView" in self.request.path and not self.request.path.endswith("/delta")
        query = self.request.query
        if self.request.path.endswith("/calendars"):
            # what is selected there are no members of an event; `_picked` looks at them
            query = {name: value for name, value in query.items() if name != "$select"}
        return queries.asked(query, self.request.headers, view=view)

    @property
    def world(self) -> World:
        """The mailboxes."""
        return self.parts.world

    @property
    def mailbox(self) -> Box:
        """Whose data it is about."""
        assert self.box is not None
        return self.box

    @property
    def body(self) -> Json:
        """The body, empty where there is none."""
        return self.request.body or {}

    @property
    def calendar(self) -> str:
        """The calendar that the path names, else the default one. Raises Refused 404."""
        found = self.groups.get("calendar")
        if not found:
            return self.mailbox.default
        if found not in self.mailbox.calendars:
            raise Refused(404, "ErrorItemNotFound", "The object was not found in the store.")
        return found

    def seen(self) -> Seen:
        """The event that the path names. Raises Refused 400 and 404."""
        seen = self.mailbox.find(*parse_id(self.mailbox, str(self.groups["id"])))
        if self.groups.get("calendar") and seen.entry.calendar != self.calendar:
            raise Refused(404, "ErrorItemNotFound", "The object was not found in the store.")
        return seen

    def matched(self) -> Seen:
        """The same for a write: raises 412 where If-Match is of an older state, or on request."""
        seen = self.seen()
        self.parts.faults.check_conflict()
        if self.request.headers.get("if-match", "*") not in ("*", seen.etag):
            raise Refused(412, "ErrorIrresolvableConflict", CONFLICT)
        if not self.mailbox.calendars[seen.entry.calendar].can_edit:
            raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials.")
        return seen

    def link(self, **query: str) -> str:
        """A link back to this path."""
        safe = "$,:()'"
        pairs = (f"{name}={quote(value, safe=safe)}" for name, value in query.items())
        return f"{self.parts.url}{quote(self.request.path, safe=safe + '/%')}?{'&'.join(pairs)}"


Handler = Callable[[Call], Reply]
READ = frozenset({"Calendars.Read", "Calendars.ReadWrite"})
WRITE = frozenset({"Calendars.ReadWrite"})
BUSY = frozenset({"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"})
SETTINGS = frozenset({"MailboxSettings.Read", "MailboxSettings.ReadWrite"})
_IN = r"(?:/calendar|/calendars/(?P<calendar>[^/]+))"
_EVENT = rf"{_IN}?/events/(?P<id>[^/]+)"


# -- reading ------------------------------------------------------------------------------------


def _calendar_view(call: Call) -> Reply:
    start, end = _window(call)
    found = call.mailbox.view(call.calendar, start, end)
    return _listed(call, found, "calendarView")


def _window(call: Call) -> tuple[Any, Any]:
    start, end = (zones.moment(call.request.query[n]) for n in ("startDateTime", "endDateTime"))
    if end < start:
        raise Broken("the window ends before it starts", "ErrorInvalidParameter")
    return start, end


def _events(call: Call) -> Reply:
    box = call.mailbox
    entries = (each for each in box.entries.values() if each.calendar == call.calendar)
    return _listed(call, [box.whole(each) for each in entries], "events")


def _instances(call: Call) -> Reply:
    seen = call.seen()
    if seen.type != "seriesMaster":
        raise Refused(400, "ErrorInvalidRequest", "The event is not a series master.")
    found = list(call.mailbox.members(seen.entry, *_window(call)))
    return _listed(call, found, "events")


def _listed(call: Call, found: list[Seen], context: str) -> Reply:
    """A page of what is wanted, in the wanted order, with a link to the next."""
    asked, query = call.asked, call.request.query
    pairs: list[tuple[Any, Json]] = [(each, answers.whole_event(each, asked)) for each in found]
    if query.get("$filter"):
        test = queries.wanted(query["$filter"])
        pairs = [pair for pair in pairs if test(pair[1], pair[0].properties())]
    if query.get("$orderby"):
        pairs = queries.ordered(pairs, query["$orderby"])
    until = asked.skip + asked.page
    page = [answers.event(seen, asked) for seen, _ in pairs[asked.skip : until]]
    links = {}
    if until < len(pairs):
        links["nextLink"] = call.link(**{**query, "$skip": str(until)})
    where = f"users('{call.mailbox.id}')/{context}"
    return _told(call, 200, answers.collection(where, page, **links))


def _delta(call: Call) -> Reply:
    page = call.parts.delta.page(call.mailbox, call.calendar, call.request.query, call.asked)
    if "next" in page:
        links = {"nextLink": call.link(**{"$skiptoken": page["next"]})}
    else:
        links = {"deltaLink": call.link(**{"$deltatoken": page["delta"]})}
    return _told(call, 200, answers.collection("Collection(event)", page["value"], **links))


def _event(call: Call) -> Reply:
    return _one(call, 200, call.seen())


def _one(call: Call, status: int, seen: Seen) -> Reply:
    body = answers.one_event(call.world, call.mailbox, seen, call.asked)
    return _told(call, status, body, {"ETag": body["@odata.etag"]})


def _told(call: Call, status: int, body: Json, headers: Mapping[str, str] | None = None) -> Reply:
    applied = {"Preference-Applied": ", ".join(call.asked.applied)} if call.asked.applied else {}
    return Reply(status, body, {**applied, **(headers or {})})


# -- writing ------------------------------------------------------------------------------------


def _create(call: Call) -> Reply:
    box, body = call.mailbox, call.body
    if not box.calendars[call.calendar].can_edit:
        raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials.")
    transaction = body.get("transactionId")
    for entry in box.entries.values():
        if transaction and entry.transaction == transaction:
            return _one(call, call.world.quirks.repeat_status, box.whole(entry))
    entry = meetings.create(call.world, box, body, call.calendar)
    return _one(call, 201, box.whole(entry))


def _patch(call: Call) -> Reply:
    seen = call.matched()
    meetings.patch(call.world, seen, call.body)
    return _one(call, 200, seen)


def _delete(call: Call) -> Reply:
    meetings.remove(call.world, call.matched())
    return Reply(204)


def _respond(call: Call) -> Reply:
    meetings.respond(call.world, call.seen(), str(call.groups["action"]), _lower(call.body))
    return Reply(202)


def _cancel(call: Call) -> Reply:
    meetings.cancel(call.world, call.seen())
    return Reply(202)


def _lower(body: Json) -> Json:
    """Parameters of actions are told in either case of their first letter."""
    return {name[:1].lower() + name[1:]: value for name, value in body.items()}


# -- around ---------------------------------------------------------------------------------------


def _user(call: Call) -> Reply:
    box = call.mailbox
    context = f"{answers.ROOT}/$metadata#users/$entity"
    names = {"displayName": box.name, "mail": box.address, "userPrincipalName": box.address}
    return Reply(200, {"@odata.context": context, "id": box.id, **names})


def _calendars(call: Call) -> Reply:
    box, asked = call.mailbox, call.asked
    found = [answers.calendar(box, each) for each in box.calendars.values()]
    until = asked.skip + asked.page
    links = {}
    if until < len(found):
        links["nextLink"] = call.link(**{**call.request.query, "$skip": str(until)})
    page = [_picked(call, each) for each in found[asked.skip : until]]
    return Reply(200, answers.collection(f"users('{box.id}')/calendars", page, **links))


def _picked(call: Call, item: Json) -> Json:
    wanted = call.request.query.get("$select", "")
    if not wanted:
        return item
    names = {"id", *(each.strip() for each in wanted.split(","))}
    if names - set(item):
        raise Broken(f"{', '.join(sorted(names - set(item)))} cannot be selected")
    return {name: value for name, value in item.items() if name in names}


def _calendar(call: Call) -> Reply:
    folder = call.mailbox.calendars[call.calendar]
    return Reply(200, _picked(call, answers.calendar(call.mailbox, folder)))


def _calendar_of(call: Call) -> Reply:
    seen = call.seen()
    folder = call.mailbox.calendars[seen.entry.calendar]
    return Reply(200, answers.calendar(call.mailbox, folder))


def _schedule(call: Call) -> Reply:
    asker = call.mailbox if call.grant.address else None
    found = schedule.get_schedule(call.world, asker, _lower(call.body), call.asked)
    context = "Collection(microsoft.graph.scheduleInformation)"
    return _told(call, 200, answers.collection(context, found))


def _settings(call: Call) -> Reply:
    context = f"{answers.ROOT}/$metadata#users('{call.mailbox.id}')/mailboxSettings"
    picked = _picked_settings(call, schedule.settings(call.mailbox))
    return Reply(200, {"@odata.context": context, **picked})


def _picked_settings(call: Call, item: Json) -> Json:
    wanted = [each for each in call.request.query.get("$select", "").split(",") if each]
    return {name: item[name] for name in wanted if name in item} if wanted else item


def _categories(call: Call) -> Reply:
    context = f"users('{call.mailbox.id}')/outlook/masterCategories"
    return Reply(200, answers.collection(context, call.mailbox.categories))


def _add_category(call: Call) -> Reply:
    name = call.body.get("displayName")
    if any(each["displayName"] == name for each in call.mailbox.categories):
        raise Refused(409, "CategoryNameAlreadyExists", "A category with this name exists.")
    item = {"id": f"category-{len(call.mailbox.categories)}", "color": "none", **call.body}
    call.mailbox.categories.append(item)
    return Reply(201, item)


def _time_zones(call: Call) -> Reply:
    iana = call.groups.get("standard") == "Iana"
    found = sorted({iana_name if iana else name for name, iana_name in WINDOWS_TO_OLSON.items()})
    items = [{"alias": name, "displayName": name} for name in found]
    return Reply(200, answers.collection("Collection(microsoft.graph.timeZoneInformation)", items))


def _send_mail(call: Call) -> Reply:
    message = _lower(call.body).get("message") or {}
    for each in message.get("toRecipients") or []:
        address = str(each["emailAddress"]["address"]).lower()
        call.world.mails.append(Mail(address, call.mailbox.address, "message", ""))
    return Reply(202)


# -- subscriptions --------------------------------------------------------------------------------


def _subscribe(call: Call) -> Reply:
    found = call.parts.subscriptions.create(
        call.grant, call.body, immutable="ImmutableId" in call.request.headers.get("prefer", "")
    )
    return Reply(201, found)


def _subscriptions(call: Call) -> Reply:
    kept = call.parts.subscriptions.kept.values()
    mine = [each.body for each in kept if each.owner == (call.grant.address or "")]
    return Reply(200, answers.collection("subscriptions", mine))


def _subscription(call: Call) -> Reply:
    return Reply(200, call.parts.subscriptions.get(call.grant, str(call.groups["id"])).body)


def _renew(call: Call) -> Reply:
    found = call.parts.subscriptions.renew(call.grant, str(call.groups["id"]), call.body)
    return Reply(200, found)


def _unsubscribe(call: Call) -> Reply:
    call.parts.subscriptions.delete(call.grant, str(call.groups["id"]))
    return Reply(204)


def _reauthorize(call: Call) -> Reply:
    call.parts.subscriptions.get(call.grant, str(call.groups["id"]))
    return Reply(204)


# -- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Route:
    """A method and what follows the mailbox. Without `needs`, the handler looks for itself."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    needs: frozenset[str] = frozenset()
    locked: bool = True
    """Whether nobody else may touch the mailboxes meanwhile; a handshake calls out."""


def _route(method: str, pattern: str, handler: Handler, needs: frozenset[str]) -> Route:
    return Route(method, re.compile(pattern), handler, needs)


IN_A_MAILBOX = (
    _route("GET", "", _user, frozenset({"User.Read", "User.ReadBasic.All", "User.Read.All"})),
    _route("GET", rf"{_IN}?/calendarView", _calendar_view, READ),
    _route("GET", rf"{_IN}?/calendarView/delta", _delta, READ),
    _route("GET", rf"{_IN}?/events", _events, READ),
    _route("POST", rf"{_IN}?/events", _create, WRITE),
    _route("GET", _EVENT, _event, READ),
    _route("PATCH", _EVENT, _patch, WRITE),
    _route("DELETE", _EVENT, _delete, WRITE),
    _route("GET", r"/events/(?P<id>[^/]+)/instances", _instances, READ),
    _route("GET", r"/events/(?P<id>[^/]+)/calendar", _calendar_of, READ),
    _route("POST", r"/events/(?P<id>[^/]+)/cancel", _cancel, WRITE),
    _route(
        "POST",
        r"/events/(?P<id>[^/]+)/(?P<action>accept|tentativelyAccept|decline)",
        _respond,
        WRITE,
    ),
    _route("GET", "/calendars", _calendars, BUSY),
    _route("GET", _IN, _calendar, BUSY),
    _route("POST", rf"{_IN}/getSchedule", _schedule, BUSY),
    _route("GET", "/mailboxSettings", _settings, SETTINGS),
    _route("GET", "/outlook/masterCategories", _categories, SETTINGS),
    _route(
        "POST",
        "/outlook/masterCategories",
        _add_category,
        frozenset({"MailboxSettings.ReadWrite"}),
    ),
    _route(
        "GET",
        r"/outlook/supportedTimeZones(?:\(TimeZoneStandard='(?P<standard>\w+)'\))?",
        _time_zones,
        frozenset({"User.Read", *SETTINGS}),
    ),
    _route("POST", "/sendMail", _send_mail, frozenset({"Mail.Send"})),
)
OF_THE_TENANT = (
    Route("POST", re.compile("/subscriptions"), _subscribe, locked=False),
    Route("GET", re.compile("/subscriptions"), _subscriptions),
    Route("GET", re.compile(r"/subscriptions/(?P<id>[^/]+)"), _subscription),
    Route("PATCH", re.compile(r"/subscriptions/(?P<id>[^/]+)"), _renew),
    Route("DELETE", re.compile(r"/subscriptions/(?P<id>[^/]+)"), _unsubscribe),
    Route("POST", re.compile(r"/subscriptions/(?P<id>[^/]+)/reauthorize"), _reauthorize),
)
_MAILBOX = re.compile(r"/(?:me|users/(?P<user>[^/]+))(?P<rest>/.*)?")


def find(method: str, path: str) -> tuple[Route, re.Match[str], str | None] | None:
    """The route of a path, what it matched, and the mailbox it names (empty for /me)."""
    inside = _MAILBOX.fullmatch(path)
    table = IN_A_MAILBOX if inside else OF_THE_TENANT
    rest = (inside["rest"] or "") if inside else path
    for route in table:
        matched = route.pattern.fullmatch(rest)
        if matched and route.method == method:
            return route, matched, (inside["user"] or "") if inside else None
    return None
