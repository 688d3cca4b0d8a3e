"""Google Calendar API v3 over real HTTP, written from the brief and the discovery document only.

refusal      the error envelope
times        EventDateTime
recurrence   series and their members
store        people, calendars, events, mails
guests       attendee lists
kinds        focus time, out of office, working location
sharing      exceptions of a series, copies of who is invited, mails, automatic declines
writing      insert, patch, update, delete
answers      resources as answers show them
listing      events.list and events.instances
paging       page and sync tokens
fields       partial responses
freebusy     when others are busy
channels     push
login        tokens
faults       what goes wrong on request
methods      paths, scopes, parameters and schemas of the discovery document
calls        what each method does
app          HTTP
fake         what tests hold
"""

from tests.fakes.google.app import Request
from tests.fakes.google.channels import Callback
from tests.fakes.google.fake import Account, GoogleFake
from tests.fakes.google.faults import Faults
from tests.fakes.google.store import Mail

__all__ = ["Account", "Callback", "Faults", "GoogleFake", "Mail", "Request"]
