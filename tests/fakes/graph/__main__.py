"""`python -m tests.fakes.graph --port N`: a tenant with one leader's diary, until interrupted."""

from datetime import UTC, datetime, timedelta

import click

from tests.fakes.graph.fake import GraphFake, Mailbox
from tests.fakes.graph.values import Json
from tests.fakes.serving import wait_for_ctrl_c

LEADER, COLLEAGUE = "leader@trust.example", "colleague@trust.example"
_ZONE = "GMT Standard Time"


@click.command(help=__doc__)
@click.option("--port", default=0, help="The port to listen on; 0 takes a free one.")
def main(port: int) -> None:
    """Serve, say where, and wait."""
    with GraphFake(port) as graph:
        leader = graph.mailbox(LEADER)
        graph.mailbox(COLLEAGUE)
        plant(leader, datetime.now(UTC))  # noqa: TID251 # the diary is about now
        click.echo(f"Graph    {graph.url}")
        click.echo(f"sign-in  {graph.login}")
        click.echo(f"mailbox  {LEADER}")
        click.echo(f"token    {graph.token(LEADER)}")
        wait_for_ctrl_c()
        click.echo("stopped")


def plant(leader: Mailbox, now: datetime) -> None:
    """A working week with too many meetings, repeated for four weeks."""
    monday = (now - timedelta(days=now.weekday())).replace(tzinfo=None)
    for day in range(5):
        for hour, minutes in ((9, 60), (10, 60), (11, 90), (13, 60), (14, 60), (16, 75)):
            start = monday.replace(hour=hour, minute=0, second=0, microsecond=0)
            start += timedelta(days=day)
            leader.put(
                _weekly(
                    start, minutes, ["monday", "tuesday", "wednesday", "thursday", "friday"][day]
                )
            )


def _weekly(start: datetime, minutes: int, day: str) -> Json:
    end = start + timedelta(minutes=minutes)
    first = start.date().isoformat()
    return {
        "subject": "Meeting",
        "start": {"dateTime": start.isoformat(), "timeZone": _ZONE},
        "end": {"dateTime": end.isoformat(), "timeZone": _ZONE},
        "attendees": [{"type": "required", "emailAddress": {"address": COLLEAGUE}}],
        "recurrence": {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [day]},
            "range": {"type": "numbered", "startDate": first, "numberOfOccurrences": 4},
        },
    }


if __name__ == "__main__":
    main()
