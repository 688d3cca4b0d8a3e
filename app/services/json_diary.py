"""The JSON diary: an array of the items that `clearway diary --json` lists, read back."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from app.services.errors import BadInput
from app.shapes import OccurrenceItem
from rules.event import Occurrence, ScoredAs, classify
from rules.language import text


def read_items(content: bytes, most: int) -> list[OccurrenceItem]:
    """The items of a JSON diary in their order.

    Raises BadInput with one sentence for what is not JSON, has more than `most` items, or holds
    an item that cannot be; items are counted from 1.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadInput(text("This is not JSON that can be read.")) from error
    if not isinstance(found, list):
        raise BadInput(
            text("A JSON diary is an array of occurrences, as “clearway diary --json” writes.")
        )
    if len(found) > most:
        raise BadInput(
            text(
                "The diary has %(count)s items, more than the %(most)s that are allowed.",
                count=len(found),
                most=most,
            )
        )
    return [_read_item(number, item) for number, item in enumerate(found, start=1)]


def to_occurrences(items: Sequence[OccurrenceItem], zone: ZoneInfo) -> tuple[Occurrence, ...]:
    """The occurrences of a JSON diary; times without an offset are read in `zone`.

    `scored_as` is taken as given and computed where it is not. Raises BadInput when two items
    have one id, or an item ends before it starts once its times are read in the zone.
    """
    seen: dict[str, int] = {}
    found: list[Occurrence] = []
    for number, item in enumerate(items, start=1):
        if item.id in seen:
            raise BadInput(
                text(
                    "Items %(first)s and %(number)s of the diary have the same id.",
                    first=seen[item.id],
                    number=number,
                )
            )
        seen[item.id] = number
        found.append(_to_occurrence(number, item, zone))
    return tuple(found)


def say_problem(error: ValidationError) -> str:
    """The first thing that is wrong with an item, as the end of a sentence: `has no “start”`."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return f"has a field “{field}” that a diary does not have"
    if first["type"] == "missing":
        return f"has no “{field}”"
    told = first.get("ctx", {}).get("error")
    message = str(told) if told else _plain(first["msg"])
    return f"has a “{field}” that does not fit: it {message}" if field else message


def _plain(message: str) -> str:
    """A message of the validator, `Input should be …`, as the rest of our sentence."""
    return message.replace("Input should be", "is", 1).replace("'", "").replace(" a valid ", " a ")


def _read_item(number: int, item: object) -> OccurrenceItem:
    if not isinstance(item, Mapping):
        raise BadInput(
            text("Item %(number)s of the diary is not an object with fields.", number=number)
        )
    try:
        return OccurrenceItem.model_validate(item)
    except ValidationError as error:
        raise BadInput(
            text(
                "Item %(number)s of the diary %(problem)s.",
                number=number,
                problem=say_problem(error),
            )
        ) from error


def _to_occurrence(number: int, item: OccurrenceItem, zone: ZoneInfo) -> Occurrence:
    start, end = _in_utc(item.start, zone), _in_utc(item.end, zone)
    if end < start:
        raise BadInput(text("Item %(number)s of the diary ends before it starts.", number=number))
    return Occurrence(
        uid=item.uid,
        start=start,
        end=end,
        scored_as=item.scored_as or _score(item, start, end),
        recurrence_id=None if item.recurrence_id is None else _in_utc(item.recurrence_id, zone),
        show_as=item.show_as,
        private=item.private,
        status=item.status,
        organizer=item.organizer,
        other_people=item.other_people,
        external=item.external,
        kind=item.hold,
        firm=item.firm,
        locked=item.locked,
        version=_version(item),
    )


def _score(item: OccurrenceItem, start: datetime | date, end: datetime | date) -> ScoredAs:
    return classify(
        start=start,
        end=end,
        show_as=item.show_as,
        status=item.status,
        private=item.private,
        declined=False,
        organizer=item.organizer,
        with_others=item.other_people > 0 or not item.organizer,
        kind=item.hold,
    )


def _in_utc(moment: datetime | date, zone: ZoneInfo) -> Any:
    if not isinstance(moment, datetime):
        return moment
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC)


def _version(item: OccurrenceItem) -> str:
    """A JSON diary has no versions, so the contents of an item stand for its state."""
    return sha256(item.model_dump_json().encode()).hexdigest()[:16]
