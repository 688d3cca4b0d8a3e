"""Google Calendar as the fake keeps it: colleagues have accounts, partners have none."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.google import SCOPES, GoogleDiary, with_token
from connectors.google.mapping import FIRM, KIND, named, own_ids
from connectors.lens import Lens
from rules.event import ShowAs
from rules.interval import Interval
from tests.contract.stage import LONDON, ME, SECRET, Planted
from tests.fakes.google import Account, GoogleFake

INSIDE = "@trust.example"


class GoogleStage:
    """One leader's account, with the fake to itself. `at_end` takes what is to be done after."""

    name = "google"

    def __init__(self, at_end: Callable[[Callable[[], None]], None]) -> None:
        self.fake = GoogleFake().__enter__()
        self.me = self.fake.account(ME)
        self.diary = GoogleDiary(
            with_token(self.fake.token(ME, SCOPES), SCOPES),
            Lens.of([ME], (), {}, ()),
            base=self.fake.url,
            pause=lambda _: None,
        )
        at_end(self.close)

    def close(self) -> None:
        """The test fails where anything was asked that the discovery document does not allow."""
        self.diary.close()
        self.fake.__exit__(None, None, None)
        assert self.fake.problems == []

    def plant(self, event: Planted) -> str:
        """Call it from the organiser's account, and answer it from the leader's."""
        organizer = self._account(event.organizer) or self.me
        for each in (*event.people, *event.rooms):
            self._account(each)
        own_id = organizer.put(_body(event))
        if event.organizer != ME and event.answer != "none":
            self.me.answer(own_id, event.answer)
        for number, shift in event.moved.items():
            step = timedelta(days=event.every * number)
            start, end = (_time(each + step + shift) for each in (event.start, event.end))
            organizer.patch(_member(own_id, event, number), {"start": start, "end": end})
        for number in event.dropped:
            organizer.delete(_member(own_id, event, number))
        if event.cancelled:
            organizer.delete(own_id)
        return own_id

    def retime(self, event_id: str, when: Interval) -> None:
        """The leader drags it."""
        self.me.patch(_own_id(event_id), {"start": _time(when.start), "end": _time(when.end)})

    def remove(self, event_id: str) -> None:
        """The leader deletes it."""
        self.me.delete(_own_id(event_id))

    def mailed(self) -> int:
        """Every message to anybody but the leader."""
        return sum(mail.to != ME for mail in self.fake.mails)

    def _account(self, address: str) -> Account | None:
        return self.fake.account(address) if address.endswith(INSIDE) else None


def _own_id(event_id: str) -> str:
    return own_ids(named(event_id))[0]


def _member(own_id: str, event: Planted, number: int) -> str:
    original = event.start + timedelta(days=event.every * number)
    stamp = (
        f"{original.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        if isinstance(original, datetime)
        else f"{original:%Y%m%d}"
    )
    return f"{own_id}_{stamp}"


def _body(event: Planted) -> dict[str, Any]:
    invited: list[dict[str, Any]] = [{"email": each} for each in event.people]
    invited += [{"email": each, "resource": True} for each in event.rooms]
    if event.organizer != ME:
        invited.append({"email": ME})
    body: dict[str, Any] = {
        "summary": SECRET,
        "description": SECRET,
        "start": _time(event.start),
        "end": _time(event.end),
        "attendees": invited,
    }
    if event.show_as is ShowAs.FREE:
        body["transparency"] = "transparent"
    elif event.show_as is ShowAs.OOF:
        body["eventType"] = "outOfOffice"
        body["outOfOfficeProperties"] = {"autoDeclineMode": "declineNone"}
    if event.private:
        body["visibility"] = "private"
    if event.kind:
        firm = {FIRM: "TRUE"} if event.firm else {}
        body["extendedProperties"] = {"private": {KIND: event.kind.value, **firm}}
    if event.every:
        body["recurrence"] = [f"RRULE:FREQ=DAILY;INTERVAL={event.every};COUNT={event.members}"]
    return body


def _time(moment: datetime | date) -> dict[str, str]:
    if not isinstance(moment, datetime):
        return {"date": moment.isoformat()}
    return {"dateTime": moment.isoformat(), "timeZone": str(LONDON)}
