"""What each method does: from a call to a reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from tests.fakes.google import answers, freebusy, listing, writing
from tests.fakes.google.channels import Channels
from tests.fakes.google.listing import one, true
from tests.fakes.google.login import Grant
from tests.fakes.google.methods import Method
from tests.fakes.google.paging import Tokens, started
from tests.fakes.google.recurrence import is_master
from tests.fakes.google.refusal import Json, Refusal, not_found
from tests.fakes.google.sharing import Tell
from tests.fakes.google.store import Calendar, Item, Person, Store
from tests.fakes.google.times import zone_of

API = "https://www.googleapis.com/calendar/v3/"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the calls work on."""

    store: Store
    tokens: Tokens
    channels: Channels


@dataclass(frozen=True, slots=True)
class Call:
    """One request that may be carried out."""

    method: Method
    grant: Grant
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """A status of 200 or 204, its body and the entity tag."""

    body: Json | None
    status: int = 200
    etag: str = ""


def carry_out(desk: Desk, call: Call) -> Reply:
    """Do what is asked. Raises Refusal."""
    return _CALLS[call.method.id](desk, call)


def built(method: Method) -> bool:
    """Whether the fake has this method."""
    return method.id in _CALLS


# -- events -------------------------------------------------------------------------------------


def _list(desk: Desk, call: Call) -> Reply:
    calendar = _calendar(desk, call)
    place, query = f"{calendar.owner} {calendar.id}", call.query
    if "syncToken" in query:
        listing.check_sync(query)
    if "pageToken" in query:
        rest = desk.tokens.rest(one(query, "pageToken"), place, query)
    elif "syncToken" in query:
        since = desk.tokens.since(one(query, "syncToken"), place, query)
        items = listing.changed(calendar, query, _view(calendar, call), since)
        rest = started(place, query, items, desk.store.tick)
    else:
        items = listing.listed(calendar, query, _view(calendar, call))
        tick = desk.store.tick if listing.can_go_on(query) else None
        rest = started(place, query, items, tick)
    page = desk.tokens.page(rest, listing.page_size(query, 250, 2500))
    return _fresh(call, _collection(calendar) | page)


def _instances(desk: Desk, call: Call) -> Reply:
    calendar = _calendar(desk, call)
    master = desk.store.find(calendar, call.method.arguments["eventId"])
    if not is_master(master.body):
        raise not_found()
    place = f"{calendar.owner} {calendar.id} {master.body['id']}"
    if "pageToken" in call.query:
        rest = desk.tokens.rest(one(call.query, "pageToken"), place, call.query)
    else:
        items = listing.instances(calendar, master, call.query, _view(calendar, call))
        rest = started(place, call.query, items, None)
    page = desk.tokens.page(rest, listing.page_size(call.query, 250, 2500))
    return _fresh(call, _collection(calendar) | page)


def _get(desk: Desk, call: Call) -> Reply:
    calendar = _calendar(desk, call)
    item = desk.store.find(calendar, call.method.arguments["eventId"])
    return _fresh(call, _view(calendar, call).event(item))


def _insert(desk: Desk, call: Call) -> Reply:
    calendar = _calendar(desk, call)
    item = writing.insert(desk.store, _writer(desk, call), calendar, call.body)
    return _shown(calendar, call, item)


def _patch(desk: Desk, call: Call) -> Reply:
    calendar, event_id = _condition(desk, call)
    item = writing.patch(desk.store, _writer(desk, call), calendar, event_id, call.body)
    return _shown(calendar, call, item)


def _update(desk: Desk, call: Call) -> Reply:
    calendar, event_id = _condition(desk, call)
    item = writing.update(desk.store, _writer(desk, call), calendar, event_id, call.body)
    return _shown(calendar, call, item)


def _delete(desk: Desk, call: Call) -> Reply:
    calendar, event_id = _condition(desk, call)
    writing.delete(desk.store, _writer(desk, call), calendar, event_id)
    return Reply(None, 204)


def _watch(desk: Desk, call: Call) -> Reply:
    calendar = _calendar(desk, call)
    uri = f"{API}{call.method.path.removesuffix('/watch')}?alt=json"
    return Reply(desk.channels.open(call.grant.address, calendar.id, uri, call.body))


def _stop(desk: Desk, call: Call) -> Reply:
    desk.channels.close(call.grant.address, call.body)
    return Reply(None, 204)


# -- calendars, settings, free and busy ---------------------------------------------------------


def _calendars(desk: Desk, call: Call) -> Reply:
    roles = {"": ("owner", "reader"), "owner": ("owner",), "writer": ("owner",)}
    wanted = roles.get(one(call.query, "minAccessRole"), ("owner", "reader"))
    person = _person(desk, call)
    place = f"{person.address} calendarList"
    kept = [each for each in person.calendars.values() if each.role in wanted]
    if "pageToken" in call.query:
        rest = desk.tokens.rest(one(call.query, "pageToken"), place, call.query)
    else:
        since = -1
        if "syncToken" in call.query:
            since = desk.tokens.since(one(call.query, "syncToken"), place, call.query)
        size = len(person.calendars)
        items = [answers.calendar_entry(each) for each in kept] if size != since else []
        rest = started(place, call.query, items, size)
    page = desk.tokens.page(rest, listing.page_size(call.query, 100, 250))
    return _fresh(call, {"kind": "calendar#calendarList", "etag": '"p1"', **page})


def _calendar_entry(desk: Desk, call: Call) -> Reply:
    return _fresh(call, answers.calendar_entry(_calendar(desk, call)))


def _calendar_resource(desk: Desk, call: Call) -> Reply:
    return _fresh(call, answers.calendar_resource(_calendar(desk, call)))


def _settings(desk: Desk, call: Call) -> Reply:
    items = list(answers.settings(_person(desk, call).primary).values())
    body = {"kind": "calendar#settings", "etag": '"p1"', "items": items}
    return _fresh(call, body | {"nextSyncToken": "00000000000000000000"})


def _setting(desk: Desk, call: Call) -> Reply:
    found = answers.settings(_person(desk, call).primary)
    if call.method.arguments["setting"] not in found:
        raise not_found()
    return _fresh(call, found[call.method.arguments["setting"]])


def _colors(desk: Desk, call: Call) -> Reply:
    return Reply(answers.colors())


def _busy(desk: Desk, call: Call) -> Reply:
    return Reply(freebusy.query(desk.store, _person(desk, call), call.body))


# -- what they have in common -------------------------------------------------------------------


def _person(desk: Desk, call: Call) -> Person:
    person = desk.store.person(call.grant.address)
    if person is None:
        raise not_found()
    return person


def _calendar(desk: Desk, call: Call) -> Calendar:
    return desk.store.calendar(_person(desk, call), call.method.arguments["calendarId"])


def _writer(desk: Desk, call: Call) -> writing.Writer:
    how = one(call.query, "sendUpdates")
    if not how:
        how = "all" if true(call.query, "sendNotifications") else "none"
    return writing.Writer(_person(desk, call), cast(Tell, how), call.grant.delegated)


def _view(calendar: Calendar, call: Call) -> answers.View:
    name = one(call.query, "timeZone")
    most = one(call.query, "maxAttendees")
    zone = zone_of(name) if name else calendar.zone
    return answers.View(calendar, zone, int(most) if most else None)


def _condition(desk: Desk, call: Call) -> tuple[Calendar, str]:
    """The calendar and event that are written to, if they still are what the writer knows."""
    calendar, event_id = _calendar(desk, call), call.method.arguments["eventId"]
    wanted = call.headers.get("if-match")
    if wanted is not None and wanted != "*":
        if desk.store.find(calendar, event_id).etag != wanted:
            where = ("header", "If-Match")
            raise Refusal(412, "conditionNotMet", "Precondition Failed", where=where)
    return calendar, event_id


def _shown(calendar: Calendar, call: Call, item: Item) -> Reply:
    return Reply(_view(calendar, call).event(item), etag=item.etag)


def _fresh(call: Call, body: Json) -> Reply:
    """An answer, unless the asker has it already."""
    if call.headers.get("if-none-match") == body["etag"]:
        return Reply(None, 304, body["etag"])
    return Reply(body, etag=body["etag"])


def _collection(calendar: Calendar) -> Json:
    items = calendar.items.values()
    updated = max((item.body["updated"] for item in items), default="2026-01-01T00:00:00.000Z")
    return {
        "kind": "calendar#events",
        "etag": f'"p{calendar.tick:012d}"',
        "summary": calendar.name,
        "updated": updated,
        "timeZone": calendar.zone.key,
        "accessRole": calendar.role,
        "defaultReminders": [{"method": "popup", "minutes": 10}],
    }


_CALLS: Mapping[str, Callable[[Desk, Call], Reply]] = {
    "calendar.events.list": _list,
    "calendar.events.instances": _instances,
    "calendar.events.get": _get,
    "calendar.events.insert": _insert,
    "calendar.events.patch": _patch,
    "calendar.events.update": _update,
    "calendar.events.delete": _delete,
    "calendar.events.watch": _watch,
    "calendar.channels.stop": _stop,
    "calendar.calendarList.list": _calendars,
    "calendar.calendarList.get": _calendar_entry,
    "calendar.calendars.get": _calendar_resource,
    "calendar.settings.list": _settings,
    "calendar.settings.get": _setting,
    "calendar.colors.get": _colors,
    "calendar.freebusy.query": _busy,
}
