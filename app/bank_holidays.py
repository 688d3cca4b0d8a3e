"""Bank holidays of the four nations of the United Kingdom, as dates."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any


class Nation(StrEnum):
    """Whose bank holidays a leader has."""

    ENGLAND = "england"
    SCOTLAND = "scotland"
    WALES = "wales"
    NORTHERN_IRELAND = "northern-ireland"
    NONE = "none"


_SATURDAY = 5
_SUBDIVISION = {
    Nation.ENGLAND: "ENG",
    Nation.SCOTLAND: "SCT",
    Nation.WALES: "WLS",
    Nation.NORTHERN_IRELAND: "NIR",
}


@lru_cache(maxsize=64)
def bank_holidays(nation: Nation, first_year: int, last_year: int) -> frozenset[date]:
    """The bank holidays of a nation from one year to another, both included.

    A holiday that falls on a weekend is on the day given in its place, as the published lists have
    it, so that those who work on Saturdays have it once. One-off holidays are those that the
    installed `holidays` package knows.
    """
    if nation is Nation.NONE:
        return frozenset()
    years = range(first_year, last_year + 1)
    found: Iterable[date] = united_kingdom()(subdiv=_SUBDIVISION[nation], years=years)
    return frozenset(day for day in found if day.weekday() < _SATURDAY)


@cache
def united_kingdom() -> Any:
    """`holidays.UnitedKingdom` from its own file: by that name, 250 other countries come with it,
    and a command that reads a diary would wait for them."""
    import holidays

    file = Path(holidays.__file__).with_name("countries") / "united_kingdom.py"
    loader = SourceFileLoader("holidays.countries.united_kingdom", str(file))
    module = ModuleType(loader.name)
    loader.exec_module(module)
    return module.UnitedKingdom
