"""Calendars on Microsoft 365, through Microsoft Graph.

diary.py          what the rest of Clearway holds: GraphDiary
mailbox.py        one mailbox as it is looked at: Options, windows, events by id
writing.py        changes as requests
mapping.py        bodies and the core's values, pure
delta.py          whether anything changed
free_busy.py      getSchedule
subscriptions.py  being called back
client.py         requests, and what refusals mean
auth.py           signing in with msal
doctor.py         proof that an application reaches no further than it should

docs/connectors/microsoft-graph.md says what is supported, and which permission is for what.
"""

from connectors.graph.client import V1
from connectors.graph.diary import GraphDiary, abilities
from connectors.graph.mailbox import Options

__all__ = ["V1", "GraphDiary", "Options", "abilities"]
