"""The made-up leaders of tests/fixtures/nhs, and pictures of their fortnights.

`python -m tests.patterns docs/patterns` writes a picture of each, and docs/patterns.md beside the
folder. Nothing of it needs a browser.
"""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.drawing import layout
from app.services.hours import USUAL_HOURS
from app.services.plan import plan
from app.services.policy_file import read_nation
from app.services.read import Ask, OpenDiary, read
from app.services.source import Source
from app.web.readme import side_by_side
from rules.catalogue import evaluate
from rules.words import say_day, say_minutes

LONDON = ZoneInfo("Europe/London")
FOLDERS = sorted(
    path for path in (Path(__file__).parent / "fixtures" / "nhs").iterdir() if path.is_dir()
)

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Leader:
    """One folder, read."""

    folder: Path
    about: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def days(self) -> dict[date, Mapping[str, Any]]:
        """The working days, with what is expected of each."""
        return {date.fromisoformat(day): words for day, words in self.about["days"].items()}

    @property
    def files(self) -> list[Path]:
        """The calendars."""
        return [self.folder / name for name in self.about["files"]]

    @property
    def arguments(self) -> list[object]:
        """What is typed after the name of a command."""
        mine = [word for each in self.about["me"] for word in ("--me", each)]
        window = ["--from", self.about["from"], "--to", self.about["to"]]
        now = ["--now", self.about["now"].isoformat()]
        policy = ["--policy", self.folder / "leader.toml"]
        return [*self.files, *mine, *window, *now, *policy, *self.about["options"], "--json"]

    def open(self) -> OpenDiary:
        """The diary as the command line opens it."""
        given = dict(zip(self.about["options"][::2], self.about["options"][1::2], strict=True))
        nation = given.get("--nation")
        ask = Ask(
            now=self.about["now"],
            me=tuple(self.about["me"]),
            start=self.about["from"],
            end=self.about["to"],
            hours=given.get("--hours"),
            nation=read_nation(nation) if nation else None,
            policy=(_source(self.folder / "leader.toml"),),
        )
        return read([_source(path) for path in self.files], ask)

    def hours(self, day: date) -> Span:
        """From when to when a working day is worked, by the clock on the wall."""
        start, end = (time.fromisoformat(self.days[day][word]) for word in ("from", "to"))
        last = day if end > start else day + timedelta(days=1)
        return utc(datetime.combine(day, start, LONDON)), utc(datetime.combine(last, end, LONDON))

    def day_of(self, moment: datetime) -> date:
        """The shift that a moment is in, else its date on the wall."""
        for day in self.days:
            start, end = self.hours(day)
            if start <= moment < end:
                return day
        return moment.astimezone(LONDON).date()


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def load(folder: Path) -> Leader:
    """The leader of one folder."""
    about, settings = (
        tomllib.loads((folder / name).read_text("utf-8")) for name in ("about.toml", "leader.toml")
    )
    return Leader(folder, about, settings)


def _source(path: Path) -> Source:
    return Source(path.name, path.read_bytes())


def picture(leader: Leader) -> str:
    """The weeks of a leader, each now and with the holds of a plan."""
    opened = leader.open()
    planned = plan(opened, budget=120.0)
    policy, changes = opened.policy, planned.plan.changes
    now = layout.weeks(opened.diary, evaluate(opened.diary, policy), policy)
    then = layout.weeks(planned.after, evaluate(planned.after, policy), policy, changes)
    shown = []
    for number, (first, after) in enumerate(zip(now, then, strict=True)):
        regained = _missing(first) - _missing(after)
        said = f"{say_minutes(regained)} regained" if regained else "nothing to do"
        shown.append((first, f"now-{number}", f"Week of {say_day(first.first)}, now"))
        shown.append((after, f"then-{number}", f"With holds: {said}"))
    return side_by_side(leader.about["role"], *shown)


def _missing(week: layout.Week) -> int:
    return week.team_missing + sum(each.missing for each in week.columns)


_PAGE = """# Twelve working patterns

Made-up leaders, a fortnight of each: how the diary is, and how it is with the holds of a plan.
Nobody is told anything by these plans, so meetings stay where they are.
Blue is a meeting, green with P protected time; a red diamond is where something is missing.
The bar below a day is its protected time, and the number what the day still misses.

[tests/fixtures/nhs](../tests/fixtures/nhs) has the calendars and settings.
`make patterns` draws the pictures again.
"""


def page(leaders: list[Leader]) -> str:
    """The page that shows every picture."""
    parts = [_PAGE]
    for each in leaders:
        role, name = each.about["role"], each.folder.name
        parts.append(f"\n## {role}\n\n`{_words(each)}`\n\n![{role}](patterns/{name}.svg)\n")
    return "".join(parts)


def _words(leader: Leader) -> str:
    given = dict(zip(leader.about["options"][::2], leader.about["options"][1::2], strict=True))
    words = given.get("--hours") or leader.settings.get("hours", {}).get("pattern", USUAL_HOURS)
    return " ".join(words.split())


if __name__ == "__main__":
    into = Path(sys.argv[1])
    into.mkdir(parents=True, exist_ok=True)
    leaders = [load(folder) for folder in FOLDERS]
    for one in leaders:
        (into / f"{one.folder.name}.svg").write_text(picture(one), encoding="utf-8")
    into.with_suffix(".md").write_text(page(leaders), encoding="utf-8")
