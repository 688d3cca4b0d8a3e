"""Who is looking and what their policy calls things: all that reading needs besides the files."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from rules.event import Kind, Occurrence
from rules.language import later, text

UNKNOWN = later("Your own address is not known, so guests may count as outside.")


@dataclass(frozen=True, slots=True)
class Lens:
    """The leader's addresses, the domains of the organisation, and categories with a meaning.

    Everything is compared without regard to case. `organisation` defaults to the domains of the
    leader's own addresses.
    """

    me: frozenset[str] = frozenset()
    organisation: frozenset[str] = frozenset()
    categories: Mapping[str, Kind] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        me: Collection[str],
        organisation: Collection[str],
        categories: Mapping[str, Kind],
        locked: Collection[str],
    ) -> "Lens":
        """A lens with everything folded to one case."""
        addresses = frozenset(plain_address(one) for one in me)
        own = {domain for one in addresses if (domain := domain_of(one))}
        domains = frozenset(one.strip().lstrip("@").casefold() for one in organisation)
        return cls(
            me=addresses,
            organisation=domains or frozenset(own),
            categories={name.strip().casefold(): kind for name, kind in categories.items()},
            locked=frozenset(name.strip().casefold() for name in locked),
        )

    def knowing(self, addresses: Collection[str]) -> "Lens":
        """The same where the leader's addresses are told by the calendar itself."""
        found = Lens.of(addresses, self.organisation, {}, ())
        return replace(self, me=self.me | found.me, organisation=found.organisation)


def doubts(
    me: Collection[str], organisation: Collection[str], seen: Iterable[Occurrence]
) -> tuple[str, ...]:
    """A warning where nothing tells which guests are inside, and there are guests."""
    unknown = not me and not organisation and any(each.other_people for each in seen)
    return (text(UNKNOWN),) if unknown else ()


def plain_address(value: str) -> str:
    """A calendar user address (RFC 5545 section 3.3.3) without its scheme, in one case."""
    text = value.strip().strip("<>").casefold()
    return text.removeprefix("mailto:").strip()


def domain_of(address: str) -> str:
    """The domain of a mail address, empty where there is none."""
    _, at, domain = address.rpartition("@")
    return domain if at else ""
