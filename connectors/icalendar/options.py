"""How one leader's calendar text is read and written, whatever brings the text here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from zoneinfo import ZoneInfo

from connectors.base import Reading
from connectors.hold_text import HOLD_TEXTS, HoldText
from connectors.icalendar.lookup import find
from connectors.icalendar.reading import (
    DEFAULT_LIMITS,
    Limits,
    Opened,
    open_files,
    read,
    read_opened,
)
from connectors.lens import Lens
from rules.event import Kind, Occurrence
from rules.interval import Interval


@dataclass(frozen=True, slots=True)
class Options:
    """What `read`, `find` and `apply` need to know besides the text: see there."""

    me: Collection[str] = ()
    zone: ZoneInfo | None = None
    organisation: Collection[str] = ()
    categories: Mapping[str, Kind] = field(default_factory=dict)
    locked_categories: Collection[str] = ()
    limits: Limits = DEFAULT_LIMITS
    texts: Mapping[Kind, HoldText] = field(default_factory=lambda: HOLD_TEXTS)

    def read(
        self, files: Sequence[bytes], window: Interval, *, names: Sequence[str] = ()
    ) -> Reading:
        """The occurrences that overlap the window. Raises Unreadable and TooLarge."""
        return read(
            files,
            window=window,
            me=self.me,
            zone=self.zone,
            organisation=self.organisation,
            categories=self.categories,
            locked_categories=self.locked_categories,
            limits=self.limits,
            names=names,
        )

    def open(self, files: Sequence[bytes], *, names: Sequence[str] = ()) -> Opened:
        """The files with the diary's zone, to be read once. Raises Unreadable and TooLarge."""
        return open_files(files, zone=self.zone, limits=self.limits, names=names)

    def read_opened(self, opened: Opened, window: Interval) -> Reading:
        """The occurrences in them that overlap the window. Raises Unreadable."""
        lens = Lens.of(self.me, self.organisation, self.categories, self.locked_categories)
        return read_opened(opened, window, lens)

    def find(self, files: Sequence[bytes], event_id: str) -> Occurrence | None:
        """One occurrence, for the UID of a series its first, or None. Raises as `read` does."""
        return find(
            files,
            event_id,
            me=self.me,
            zone=self.zone,
            organisation=self.organisation,
            categories=self.categories,
            locked_categories=self.locked_categories,
            limits=self.limits,
        )


DEFAULT_OPTIONS = Options()


def hold_uid(key: str) -> str:
    """The UID of a new hold: the same for the same key, and telling nothing (RFC 7986 section 5.3)."""
    return f"clearway-{sha256(key.encode()).hexdigest()[:32]}"
