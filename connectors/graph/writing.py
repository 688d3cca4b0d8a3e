"""Changes as requests to Graph: each made once, to what the plan saw, and only its times."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from connectors.base import Made, check
from connectors.errors import NO_HOLD, BadAnswer, EventChanged, NotPossible
from connectors.graph import mapping
from connectors.graph.client import CROSSING, Exists, Stale, as_object
from connectors.graph.mailbox import EXCEPTIONS, Mailbox, exceptions, is_series, midnight
from connectors.graph.mapping import Body, NamedZone
from connectors.hold_text import DISCREET
from connectors.mark import write_changed
from rules.change import Change
from rules.event import Occurrence
from rules.interval import Interval
from rules.language import later

NOT_DONE = later("The calendar's server said yes and did not make the change.")
OTHER_DAYS = later(
    "A whole series is moved within its days; to move it to other days is not supported."
)
_OWN_MEETING = later(
    "The leader called this meeting, so there is nobody to suggest another time to."
)
_TAKES_NONE = later("The organiser of this meeting takes no suggestions of another time.")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_DAY = timedelta(days=1)


def create(box: Mailbox, change: Change, *, key: str) -> Made:
    """A new hold, or the one that this key has made already.

    Graph says neither how long it knows a transactionId nor what it answers then, so our own key
    is looked for first.
    """
    if change.after is None or change.hold is None:
        raise NotPossible(NO_HOLD)
    known = _made_by(box, key)
    if known is None:
        text = box.options.texts.get(change.hold, DISCREET)
        body = mapping.new_hold(change.hold, change.after, text, box.zone, key)
        try:
            sent = box.client.ask("POST", f"{box.calendars[0]}/events", body=body, twice=True)
            known = as_object(sent)
        except Exists:
            known = _made_by(box, key)
    if known is None or not isinstance(known.get("id"), str):
        raise BadAnswer(NOT_DONE)
    return Made(change, known["id"], mapping.version(known))


def _made_by(box: Mailbox, key: str) -> Body | None:
    wanted = {"$filter": mapping.with_key(key), "$select": "id", "$top": "1"}
    found = box.client.items(f"{box.calendars[0]}/events", wanted)
    return next((one for one in found if isinstance(one, dict)), None)


# -- one event ----------------------------------------------------------------------------------


def change_one(box: Mailbox, body: Body, change: Change, *, stamp: datetime) -> Made:
    """Move, shorten or remove one event, with one more look where Exchange refuses its ETag.

    Exchange does so also while it is still busy with the last change, to an event that has not
    changed at all.
    """
    event_id = change.event_id or ""
    try:
        return _attempt(box, body, change, stamp)
    except Stale:
        return _attempt(box, box.find(event_id), change, stamp)


def _attempt(box: Mailbox, body: Body, change: Change, stamp: datetime) -> Made:
    known = box.occurrence(body)
    event_id = change.event_id or ""
    if not known.all_day and known.span == change.after:
        return Made(change, event_id, known.version)
    check(known, change)
    path = box.path(body.get("id"))
    if change.after is None:
        box.client.ask("DELETE", path, match=known.version)
        return Made(change, event_id, "")
    _know_neighbours(box, known, change.after)
    zone = mapping.home_zone(body, box.view.zones) or box.zone
    marks = {} if change.hold else {mapping.CHANGED: write_changed(stamp)}
    written = mapping.moved(change.after, zone, marks)
    done = _patched(box, path, body, written)
    if box.occurrence(done).span != change.after:
        raise BadAnswer(NOT_DONE)
    box.remember(known, done)
    return Made(change, event_id, mapping.version(done))


def _patched(box: Mailbox, path: str, body: Body, written: Body) -> Body:
    """The event after a PATCH. Sent twice it does no harm: the second meets another ETag."""
    answer = box.client.ask("PATCH", path, body=written, match=mapping.version(body), twice=True)
    return {**body, **as_object(answer)}


def _know_neighbours(box: Mailbox, known: Occurrence, after: Interval) -> None:
    """Raise where a member would come to or past the day of another of its series."""
    zone = box.view.zone
    old, new = (moment.astimezone(zone).date() for moment in (known.span.start, after.start))
    if known.recurrence_id is None or old == new:
        return
    first, last = min(old, new), max(old, new)
    between = Interval(midnight(first, zone), midnight(last + _DAY, zone))
    for other in box.instances(known.uid, between, {"$select": "id,originalStart,start"}):
        day = box.instant(other, "start").astimezone(zone).date()
        if first <= day <= last and mapping.original(other) != known.recurrence_id:
            raise NotPossible(CROSSING)


# -- a whole series -----------------------------------------------------------------------------


def change_series(box: Mailbox, body: Body, change: Change, *, key: str, stamp: datetime) -> Made:
    """Move, shorten or remove all of a series.

    Which change was made last stands on the series itself, since another of its members may be
    where the first one was. What a person has moved or dropped by itself stays so.
    """
    try:
        return _attempt_series(box, body, change, key, stamp)
    except Stale:
        return _attempt_series(box, box.find(change.event_id or ""), change, key, stamp)


def _attempt_series(box: Mailbox, body: Body, change: Change, key: str, stamp: datetime) -> Made:
    uid, version = change.event_id or "", mapping.version(body)
    if mapping.marked(body, mapping.KEY) == mapping.hashed(key):
        return Made(change, uid, version)
    before, after = change.before, change.after
    member = box.at(body, before) if before else None
    if member is None or before is None:
        raise EventChanged
    check(member, replace(change, version="") if change.version == version else change)
    path = box.path(body.get("id"))
    if after is None:
        box.client.ask("DELETE", path, match=version)
        return Made(change, uid, "")
    zone = mapping.home_zone(body, box.view.zones) or box.zone
    when = _shifted(
        Interval(box.instant(body, "start"), box.instant(body, "end")), before, after, zone
    )
    separate = _separate(box, body, zone.zone)
    marks = {mapping.KEY: mapping.hashed(key)}
    if not change.hold:
        marks[mapping.CHANGED] = write_changed(stamp)
    done = _patched(box, path, body, mapping.moved(when, zone, marks))
    _restore(box, done, separate, zone)
    now = box.client.get(path, {"$select": "id"})
    return Made(change, uid, mapping.version(now))


def _shifted(whole: Interval, before: Interval, after: Interval, zone: NamedZone) -> Interval:
    """The times of the first member, moved by as much on the clock as any one is. NotPossible."""

    def by(moment: datetime, old: datetime, new: datetime) -> datetime:
        step = _wall(new, zone.zone) - _wall(old, zone.zone)
        wall = _wall(moment, zone.zone) + step
        return wall.replace(tzinfo=zone.zone).astimezone(UTC)

    start = by(whole.start, before.start, after.start)
    end = by(whole.end, before.end, after.end)
    if _wall(start, zone.zone).date() != _wall(whole.start, zone.zone).date() or end < start:
        raise NotPossible(OTHER_DAYS)
    return Interval(start, end)


def _wall(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class _Separate:
    """What people did to single members: other times by original day, and days without one."""

    moved: Mapping[date, Interval]
    dropped: frozenset[date]


def _separate(box: Mailbox, master: Body, zone: tzinfo) -> _Separate:
    wanted = {"$select": "id,start,end,cancelledOccurrences", "$expand": EXCEPTIONS}
    body = box.client.get(box.path(master.get("id")), wanted)
    length = box.instant(body, "end") - box.instant(body, "start")
    moved = {}
    for one in exceptions(body):
        slot = mapping.original(one)
        start, end = box.instant(one, "start"), box.instant(one, "end")
        # one that was only renamed, say, goes along with its series
        if slot is not None and (start, end) != (slot, slot + length):
            moved[_date_of(slot, zone)] = Interval(start, end)
    listed = body.get("cancelledOccurrences")
    texts = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    dates = (_DATE.search(one) for one in texts)
    return _Separate(moved, frozenset(date.fromisoformat(one[0]) for one in dates if one))


def _date_of(slot: datetime, zone: tzinfo) -> date:
    try:
        return slot.astimezone(zone).date()
    except OverflowError as error:
        raise BadAnswer(NOT_DONE) from error


def _restore(box: Mailbox, body: Body, before: _Separate, zone: NamedZone) -> None:
    """Do again to single members what Exchange has undone with the change of their series.

    Whether it does is not documented. Who is invited hears of each such member once more.
    """
    now = _separate(box, body, zone.zone)
    lost = {day: when for day, when in before.moved.items() if now.moved.get(day) != when}
    revived = before.dropped - now.dropped
    for day in sorted({*lost, *revived}):
        one = _member_of(box, body, day, zone.zone)
        if one is None:
            continue
        at = box.path(one["id"])
        if day in revived:
            box.client.ask("DELETE", at)
        else:
            written = mapping.moved(lost[day], zone, {})
            box.client.ask("PATCH", at, body=written, twice=True)


def _member_of(box: Mailbox, body: Body, day: date, zone: tzinfo) -> Body | None:
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    wanted = {"$select": "id,originalStart"}
    for one in box.instances(body.get("id"), Interval(start, start + _DAY), wanted):
        slot = mapping.original(one)
        if slot is not None and slot.astimezone(zone).date() == day:
            return one
    return None


# -- what others hear ---------------------------------------------------------------------------


def mails(box: Mailbox, body: Body) -> int:
    """How many messages other people get when an event changes: rooms answer by themselves.

    Exchange sends one for the event, and for a series one more for each member that was changed
    by itself.
    """
    others = mapping.other_people(body, box.lens)
    if others and is_series(body):
        others *= 1 + len(list(box.exceptions(body.get("id"))))
    return others


def propose(box: Mailbox, event_id: str, when: Interval, *, key: str) -> None:
    """Answer "tentative" with another time, where the organiser takes suggestions.

    Graph does not show what was suggested, so our mark on the leader's own copy tells.
    """
    body = box.find(event_id, "allowNewTimeProposals")
    if mapping.marked(body, mapping.KEY) == mapping.hashed(key):
        return
    if box.occurrence(body).organizer:
        raise NotPossible(_OWN_MEETING)
    if body.get("allowNewTimeProposals") is False or body.get("isCancelled") is True:
        raise NotPossible(_TAKES_NONE)
    path = box.path(body.get("id"))
    box.client.ask("POST", f"{path}/tentativelyAccept", body=mapping.proposal(when))
    marks = mapping.ours({mapping.KEY: mapping.hashed(key)})
    box.client.ask("PATCH", path, body=marks, twice=True)
