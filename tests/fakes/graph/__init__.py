"""Microsoft Graph's calendar over real HTTP: mailboxes whose meetings are really shared.

fake.py           what a test holds in its hand: GraphFake, Mailbox
app.py            one request from the socket to its answer
routes.py         which path is answered by what, and with which permission
world.py          the mailboxes, their events, and who is told of what
meetings.py       what organisers and attendees may do, and the mails it costs
recurrence.py     the days of a series
answers.py        events as Graph writes them
queries.py        $select, $filter, $expand, $orderby, Prefer
delta.py          rounds, links, thin occurrences
schedule.py       getSchedule and mailbox settings
subscriptions.py  handshake, notifications, lifecycle
login.py          tokens and what they allow
checking.py       every request and answer against the official description
faults.py         what goes wrong on request

Written from the protocol brief and Microsoft's own description, not from Clearway's connector, so
that it can judge it. What is not documented is a switch in `values.Quirks`.
"""

from tests.fakes.graph.fake import GraphFake, Mailbox
from tests.fakes.graph.faults import Faults
from tests.fakes.graph.values import Mail, Quirks, Request, WorkingHours

__all__ = ["Faults", "GraphFake", "Mail", "Mailbox", "Quirks", "Request", "WorkingHours"]
