"""The fake by itself: `python -m tests.fakes.google --port 8090`."""

import argparse
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.clock import now
from tests.fakes.google import Account, GoogleFake
from tests.fakes.serving import wait_for_ctrl_c

ZONE = "Europe/London"
LEADER, CHAIR = "leader@trust.example", "chair@trust.example"


def main() -> None:
    """Serve until stopped, and say where and with which token."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--empty", action="store_true", help="without the sample weeks")
    options = parser.parse_args()
    with GoogleFake(options.port) as google:
        leader, chair = google.account(LEADER), google.account(CHAIR)
        if not options.empty:
            _plant(leader, chair)
        lines = (
            f"url: {google.url}",
            f"token: {google.token(LEADER)}",
            f"token endpoint: {google.token_uri}",
            f"refresh token: {google.refresh_token(LEADER)}",
        )
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        wait_for_ctrl_c()


def _plant(leader: Account, chair: Account) -> None:
    """Two crowded weeks from next Monday on."""
    today = now().astimezone(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=7 - today.weekday())
    for hour, title in ((9, "Huddle"), (10, "Operations"), (11, "Performance"), (14, "Finance")):
        at = monday.replace(hour=hour)
        weekly = {"recurrence": ["RRULE:FREQ=DAILY;COUNT=10"]}
        leader.put(_meeting(title, at, CHAIR) | weekly)
    for day in range(5):
        at = (monday + timedelta(days=day)).replace(hour=12)
        chair.put(_meeting("Board matters", at, LEADER))


def _meeting(title: str, start: datetime, guest: str) -> dict:
    times = {"start": start, "end": start + timedelta(minutes=60)}
    return {
        "summary": title,
        "attendees": [{"email": guest, "responseStatus": "accepted"}],
        **{name: {"dateTime": at.isoformat(), "timeZone": ZONE} for name, at in times.items()},
    }


if __name__ == "__main__":
    main()
