"""A file as somebody brought it: its name, for messages, and its bytes."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """One calendar, JSON diary or policy. The bytes stay out of every printed form."""

    name: str
    content: bytes = field(repr=False)

    @property
    def is_json(self) -> bool:
        """Whether this is a JSON diary rather than a calendar: by its first character, then its name."""
        start = self.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        return start in (b"[", b"{") or (not start.isalpha() and self.name.endswith(".json"))
