"""Bank holidays of the four nations of the United Kingdom, as dates."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum


class Nation(StrEnum):
    """Whose bank holidays a leader has."""

    ENGLAND = "england"
    SCOTLAND = "scotland"
    WALES = "wales"
    NORTHERN_IRELAND = "northern-ireland"
    NONE = "none"


_SUBDIVISION = {
    Nation.ENGLAND: "ENG",
    Nation.SCOTLAND: "SCT",
    Nation.WALES: "WLS",
    Nation.NORTHERN_IRELAND: "NIR",
}


def bank_holidays(nation: Nation, first_year: int, last_year: int) -> frozenset[date]:
    """The bank holidays of a nation from one year to another, both included.

    Includes days given in place of a holiday that falls on a weekend, and one-off holidays that
    the installed `holidays` package knows.
    """
    if nation is Nation.NONE:
        return frozenset()
    from holidays.countries.united_kingdom import UnitedKingdom

    years = range(first_year, last_year + 1)
    holidays: Iterable[date] = UnitedKingdom(  # type: ignore[no-untyped-call] # the package has no types here
        subdiv=_SUBDIVISION[nation], years=years
    )
    return frozenset(holidays)
