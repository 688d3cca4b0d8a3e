from datetime import date

import holidays
import pytest

from app.bank_holidays import Nation, bank_holidays, united_kingdom

# From the published lists of GOV.UK for 2026.
ST_PATRICK, ST_ANDREW = date(2026, 3, 17), date(2026, 11, 30)
EASTER_MONDAY, BOXING_DAY_OBSERVED = date(2026, 4, 6), date(2026, 12, 28)


@pytest.mark.parametrize(
    ("nation", "expected"),
    [
        (Nation.ENGLAND, {EASTER_MONDAY}),
        (Nation.WALES, {EASTER_MONDAY}),
        (Nation.SCOTLAND, {ST_ANDREW}),
        (Nation.NORTHERN_IRELAND, {EASTER_MONDAY, ST_PATRICK}),
        (Nation.NONE, set()),
    ],
)
def test_each_nation_has_its_own(nation: Nation, expected: set[date]):
    assert bank_holidays(nation, 2026, 2026) & {ST_PATRICK, ST_ANDREW, EASTER_MONDAY} == expected


def test_a_weekend_holiday_is_given_back_on_a_working_day():
    """And on that only: who works on Saturdays has it once, as the published list says."""
    found = bank_holidays(Nation.ENGLAND, 2026, 2026)
    assert BOXING_DAY_OBSERVED in found
    assert date(2026, 12, 26) not in found


def test_both_years_of_a_window_over_new_year_are_there():
    found = bank_holidays(Nation.ENGLAND, 2026, 2027)
    assert {date(2026, 12, 25), date(2027, 1, 1)} <= found


@pytest.mark.parametrize("part", ["ENG", "SCT", "WLS", "NIR"])
def test_the_package_s_own_file_gives_what_the_package_gives(part: str):
    years = range(1980, 2060)
    known = holidays.country_holidays("GB", subdiv=part, years=years)
    assert united_kingdom()(subdiv=part, years=years) == known
