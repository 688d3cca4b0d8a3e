"""Rounds of calendarView/delta: the window frozen in the link, members of series thin, masters
with them, removals also for what is outside the window."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256

from tests.fakes.graph import answers, zones
from tests.fakes.graph.faults import Faults
from tests.fakes.graph.queries import Asked
from tests.fakes.graph.values import Broken, Json, Refused
from tests.fakes.graph.world import Box, Entry, Seen, World, make_id

Key = tuple[int, date | None]
_NOT_HERE = ("$select", "$expand", "$filter", "$orderby", "$search")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link stands for. `rest` are the pages still to come of a round under way."""

    box: int
    calendar: str
    start: datetime
    end: datetime
    since: int
    known: frozenset[Key]
    epoch: int
    rest: tuple[Json, ...] = ()
    ends_at: int = 0
    ends_with: frozenset[Key] = frozenset()


@dataclass(slots=True)
class Delta:
    """The rounds that are under way, and where each calendar's readers left off."""

    world: World
    faults: Faults
    links: dict[str, Link] = field(default_factory=dict)

    def page(self, box: Box, calendar: str, query: Mapping[str, str], asked: Asked) -> Json:
        """One page of a round; the caller makes the link whole. Raises Refused."""
        bad = [each for each in query if each in _NOT_HERE]
        if bad:
            raise Broken(f"calendarView/delta takes no {', '.join(bad)}")
        token = query.get("$skiptoken") or query.get("$deltatoken")
        link = self._resume(box, query, token) if token else self._start(box, calendar, query)
        if "$skiptoken" not in query:
            link = self._round(box, link, asked)
        items, rest = link.rest[: asked.page], link.rest[asked.page :]
        if rest:
            return {"value": list(items), "next": self._keep(replace(link, rest=rest))}
        done = replace(link, rest=(), since=link.ends_at, known=link.ends_with)
        return {"value": list(items), "delta": self._keep(done)}

    def _start(self, box: Box, calendar: str, query: Mapping[str, str]) -> Link:
        start, end = (zones.moment(query[name]) for name in ("startDateTime", "endDateTime"))
        if end <= start:
            raise Broken("the window ends before it starts")
        return Link(box.number, calendar, start, end, -1, frozenset(), self.faults.epoch)

    def _resume(self, box: Box, query: Mapping[str, str], token: str) -> Link:
        others = set(query) - {"$skiptoken", "$deltatoken"}
        if others:
            raise Broken(f"a link is used as it was given, without {', '.join(sorted(others))}")
        link = self.links.get(token)
        if link is None or link.epoch != self.faults.epoch or link.box != box.number:
            status, code = self.faults.forgotten
            message = "The sync state generation is not found. Synchronize again from the start."
            raise Refused(status, code, message)
        return link

    def _keep(self, link: Link) -> str:
        token = sha256(f"{len(self.links)} {link.box}".encode()).hexdigest()[:40]
        self.links[token] = link
        return token

    # -- what a round says -----------------------------------------------------------------------

    def _round(self, box: Box, link: Link, asked: Asked) -> Link:
        items: list[Json] = []
        known: set[Key] = set()
        for entry in box.entries.values():
            if entry.calendar != link.calendar:
                continue
            here = box.of_entry(entry, link.start, link.end)
            known |= {(entry.key, each.slot) for each in here}
            if entry.version > link.since:
                items += self._changed(box, entry, here, link, asked)
        for gone in box.removed:
            if gone.sequence > link.since >= 0 and gone.calendar == link.calendar:
                keys = {(gone.key, None)} | {each for each in link.known if each[0] == gone.key}
                items += [_removed(box, each, asked) for each in keys]
        items.sort(key=lambda item: sha256(str(item["id"]).encode()).digest())
        repeated = next((each for each in items if "@removed" not in each), None)
        if repeated and self.world.quirks.delta_repeats:
            items.append(repeated)
        return replace(
            link, rest=tuple(items), ends_at=self.world.sequence, ends_with=frozenset(known)
        )

    def _changed(
        self, box: Box, entry: Entry, here: list[Seen], link: Link, asked: Asked
    ) -> list[Json]:
        first_round = link.since < 0
        if not here:
            outside = [] if first_round else [_removed(box, (entry.key, None), asked)]
            return outside + self._vanished(box, entry, set(), link, asked)
        found = [_item(each, asked) for each in here]
        if entry.meeting.recurrence is not None:
            found.append(_full(box.whole(entry), asked))
        return found + self._vanished(box, entry, {each.slot for each in here}, link, asked)

    def _vanished(
        self, box: Box, entry: Entry, here: set[date | None], link: Link, asked: Asked
    ) -> list[Json]:
        """Members that were told before and are not here; one that was deleted goes unmentioned."""
        before = {slot for key, slot in link.known if key == entry.key and slot is not None}
        untold = (
            set()
            if self.world.quirks.delta_tells_dropped
            else {slot for slot in before if entry.meeting.has(slot) and entry.absent(slot)}
        )
        return [_removed(box, (entry.key, slot), asked) for slot in sorted(before - here - untold)]


def _item(seen: Seen, asked: Asked) -> Json:
    return answers.thin(seen, asked) if seen.type == "occurrence" else _full(seen, asked)


def _full(seen: Seen, asked: Asked) -> Json:
    whole = answers.whole_event(seen, asked)
    return {"@odata.type": "#microsoft.graph.event", "@odata.etag": seen.etag, **whole}


def _removed(box: Box, key: Key, asked: Asked) -> Json:
    identity = make_id(box, *key, immutable=asked.immutable)
    removed = {"reason": "deleted"}
    return {"@odata.type": "#microsoft.graph.event", "id": identity, "@removed": removed}
