"""What is needed to take an application back, as plain values that go through JSON.

    {"schema": 1, "files": [{"before": "<sha256>", "after": "<sha256>"}],
     "edits": [{"file": 0, "at": 120, "before": "…" | null, "after": "…" | null, "change": {…}}]}

An edit replaces the characters `before` by `after` at a place of the written file. The record
holds the leader's own event text, so it belongs beside the calendar file and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.errors import BadUndoRecord
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind
from rules.interval import Interval

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement of text. `at` counts characters of the written file."""

    file: int
    at: int
    before: str
    after: str
    change: Change


@dataclass(frozen=True, slots=True)
class Prints:
    """The SHA-256 of one file before and after, in hexadecimal."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """All edits of one application, in order of file and place."""

    files: tuple[Prints, ...]
    edits: tuple[Edit, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {
            "schema": SCHEMA,
            "files": [asdict(one) for one in self.files],
            "edits": [_edit_to_json(one) for one in self.edits],
        }

    @classmethod
    def from_json(cls, value: object) -> "UndoRecord":
        """The record from `json.loads`. Raises BadUndoRecord."""
        if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
            raise BadUndoRecord("This is not an undo file that this version of Clearway wrote.")
        try:
            files = tuple(Prints(str(one["before"]), str(one["after"])) for one in value["files"])
            return cls(files, tuple(_edit_from_json(one) for one in value["edits"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadUndoRecord("The undo file is damaged.") from error


def _edit_to_json(edit: Edit) -> dict[str, Any]:
    change = edit.change
    return {
        "file": edit.file,
        "at": edit.at,
        "before": edit.before,
        "after": edit.after,
        "change": {
            "kind": change.kind.value,
            "event_id": change.event_id,
            "hold": change.hold.value if change.hold else None,
            "before": _times_to_json(change.before),
            "after": _times_to_json(change.after),
            "version": change.version,
            "people_told": change.people_told,
            "mails": change.mails,
            "agreement": change.agreement.value if change.agreement else None,
            "because": list(change.because),
            "message": change.message,
        },
    }


def _edit_from_json(value: Mapping[str, Any]) -> Edit:
    text = value["before"], value["after"]
    if not all(isinstance(one, str) for one in text):
        raise ValueError("an edit has two texts")
    place, at = value["file"], value["at"]
    if not (isinstance(place, int) and isinstance(at, int) and min(place, at) >= 0):
        raise ValueError("an edit has a place")
    return Edit(place, at, text[0], text[1], _change_from_json(value["change"]))


def _change_from_json(value: Mapping[str, Any]) -> Change:
    return Change(
        kind=ChangeKind(value["kind"]),
        before=_times_from_json(value["before"]),
        after=_times_from_json(value["after"]),
        event_id=None if value["event_id"] is None else str(value["event_id"]),
        hold=Kind(value["hold"]) if value["hold"] else None,
        version=str(value["version"]),
        people_told=int(value["people_told"]),
        mails=int(value["mails"]),
        agreement=Agreement(value["agreement"]) if value["agreement"] else None,
        because=tuple(str(one) for one in value["because"]),
        message=str(value["message"]),
    )


def _times_to_json(times: Interval | None) -> dict[str, str] | None:
    if times is None:
        return None
    return {"start": f"{times.start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{times.end:%Y-%m-%dT%H:%M:%SZ}"}


def _times_from_json(value: Mapping[str, str] | None) -> Interval | None:
    if value is None:
        return None
    start, end = (datetime.strptime(value[one], "%Y-%m-%dT%H:%M:%SZ") for one in ("start", "end"))
    return Interval(start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
