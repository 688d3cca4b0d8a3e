"""A file on this machine, which other programs write to as well."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from connectors.ics import IcsDiary, Options
from rules.interval import Interval
from tests.contract.stage import LONDON, ME, Planted
from tests.contract.stages.text import calendar, vevents


class IcsStage:
    """One .ics file."""

    name = "ics"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "diary.ics"
        self.path.write_bytes(calendar())
        self.diary = IcsDiary([self.path], Options(me=[ME], zone=LONDON))
        self._numbers = count(1)

    def plant(self, event: Planted) -> str:
        """Write it before the end of the file."""
        uid = f"planted-{next(self._numbers)}@trust.example"
        before = self.path.read_bytes().decode()
        after = before.replace("END:VCALENDAR", vevents(uid, event) + "END:VCALENDAR")
        self.path.write_bytes(after.encode())
        return uid

    def retime(self, event_id: str, when: Interval) -> None:
        """Rewrite the times of its VEVENT."""
        start, end = (f"{_utc(moment)}\r\n" for moment in (when.start, when.end))

        def at_these_times(text: str) -> str:
            text = re.sub(r"DTSTART.*?\r\n", f"DTSTART:{start}", text)
            return re.sub(r"DTEND.*?\r\n", f"DTEND:{end}", text)

        self._rewrite(event_id, at_these_times)

    def remove(self, event_id: str) -> None:
        """Cut its VEVENT out."""
        self._rewrite(event_id, lambda _: "")

    def mailed(self) -> int:
        """A file tells nobody."""
        return 0

    def _rewrite(self, event_id: str, new: Callable[[str], str]) -> None:
        text = self.path.read_bytes().decode()
        events = re.finditer(r"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", text, re.S)
        found = next(each for each in events if f"\r\nUID:{event_id}\r\n" in each[0])
        text = text[: found.start()] + new(found[0]) + text[found.end() :]
        self.path.write_bytes(text.encode())


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
