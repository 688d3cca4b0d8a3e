"""A look at the digest of a week before it is sent, for the command line and for the leader's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.digest.contents import Place
from app.digest.making import preview as make
from app.digest.rendering import Rendered, render
from app.digest.shape import DigestResult
from app.services.plan import plan
from app.services.read import OpenDiary
from rules.planner.plan import Tier

_ADDRESS = "https://clearway.example"
ADDRESSES: Mapping[Place, str] = {
    Place.WEEK: f"{_ADDRESS}/you/mine/week",
    Place.PLAN: f"{_ADDRESS}/you/mail/plan/…",
    Place.SETTINGS: f"{_ADDRESS}/you/mine/settings",
    Place.CALENDARS: f"{_ADDRESS}/you/mine/connect",
    Place.WORKLOAD: f"{_ADDRESS}/you/mine/workload",
    Place.PAUSE: f"{_ADDRESS}/you/mine/pause",
    Place.HELD: f"{_ADDRESS}/you/mine/held",
    Place.STOP: f"{_ADDRESS}/you/mail/stop/…",
}
"""Where links would lead; there is nothing there."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent in a week from a Monday on; nothing in a week without a digest."""

    first: date
    rendered: Rendered | None

    def shape(self) -> DigestResult:
        """What tools read."""
        found = self.rendered
        if found is None:
            return DigestResult(week=self.first, subject=None, text=None, html=None)
        return DigestResult(
            week=self.first, subject=found.subject, text=found.text, html=found.html
        )


def preview(opened: OpenDiary, first: date) -> Preview:
    """The digest of a week, and the plan that it would speak of, from a diary alone."""
    planned = plan(opened, Tier.HOLDS)
    found = make(opened.diary, opened.policy, first, planned.plan.changes)
    if found is None:
        return Preview(first, None)
    return Preview(first, render(found, ADDRESSES, alone=True))
