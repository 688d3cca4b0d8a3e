"""Typical weeks, as a digest sees them: four weeks before, its own, and those after.

The notation is that of `rules.example`; `+4` is the week of the digest, `+3` the one before it.
"""

from datetime import date, datetime, timedelta

from app.digest.contents import Digest, Facts
from app.digest.making import preview, week
from app.digest.timing import chances
from rules.diary import Diary
from rules.example import MONDAY, read_example
from rules.policy import Policy

FIRST = MONDAY + timedelta(weeks=4)
KEPT = "Mon-Fri+3 13:00-15:00 protected; Wed+3 10:00-10:20 pod; Tue+3 09:00-10:00 mine"
WEEKS = {
    "usual": """Mon-Thu+3 13:00-15:00 protected; Wed+3 10:00-10:20 pod; Thu+3 10:00-10:20 pod;
        Mon+3 09:00-10:00 meeting; Mon+3 10:10-11:00 meeting; Fri+3 10:00-12:00 mine;
        Fri+3 12:00-13:00 mine; Wed+4 09:00-12:00 mine; Wed+4 12:30-16:45 meeting;
        Mon-Tue+4 09:30-10:30 mine; Tue+4 13:00-15:00 protected; Thu+4 10:00-10:20 pod""",
    "all kept": KEPT + "; Mon-Fri+4 13:00-15:00 protected; Wed+4 10:00-10:20 pod",
    "full": """Mon-Fri+3 09:00-12:00 meeting; Mon-Fri+3 12:00-14:00 mine;
        Mon-Fri+3 14:00-17:00 meeting; Mon-Thu+4 09:00-12:30 meeting; Mon-Thu+4 13:00-17:00 meeting;
        Fri+4 09:00-15:00 mine""",
    "the first": "Mon-Fri+4 09:00-10:00 meeting; Tue+4 13:00-14:00 mine",
    "nights": """hours Mon-Wed 20:00-06:00; Mon+3 22:00-23:00 meeting; Tue+3 23:10-23:40 meeting;
        Wed+3 02:00-04:00 protected; Mon+4 21:00-22:00 meeting""",
    "part time, with leave": """hours Mon-Wed 09:00-17:00; Mon+4 leave; Tue+3 13:00-15:00 protected;
        Tue+3 09:00-10:00 meeting; Tue+4 09:00-11:00 meeting; Wed+4 09:00-09:20 pod""",
}


def diary_of(text: str) -> tuple[Diary, Policy]:
    """The whole diary of a text."""
    return read_example(f"weeks 8; {text}")


def digest_of(text: str) -> Digest:
    """The digest of the week in its middle."""
    diary, policy = diary_of(text)
    found = preview(diary, policy, FIRST)
    assert found is not None
    return found


def facts_of(text: str, first: date = FIRST, now: datetime | None = None) -> Facts:
    """What the digest is made of, as it is due unless it is another time."""
    diary, policy = diary_of(text)
    moment = now or chances(diary.pattern, first)[0].start
    return week(diary, policy, first, moment).facts


def lines_of(digest: Digest) -> list[str]:
    """Everything that it says, line by line."""
    found = [digest.subject, digest.short]
    for section in digest.sections:
        found += [section.title, *section.lines, section.link.words if section.link else ""]
    return found
