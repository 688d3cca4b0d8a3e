"""Requests to calendars as the metrics count them: by provider, and by how they ended."""

from enum import StrEnum

from app import metrics
from app.connecting.connections import Provider
from connectors.transport import Counted


class Ending(StrEnum):
    """How one request to a calendar's server ended."""

    DONE = "done"
    REFUSED = "refused"
    """The server says no, such as that there is no such event, or that it was changed."""
    BUSY = "busy"
    FAILED = "failed"
    SILENT = "silent"


def counted(provider: Provider) -> Counted:
    """The way to a provider's server on which every request is counted."""
    return Counted(lambda status: metrics.provider_call(provider, ending(status)))


def ending(status: int | None) -> Ending:
    """What a status means, None where there was no answer."""
    if status is None:
        return Ending.SILENT
    if status in (429, 503):
        return Ending.BUSY
    if status >= 500:
        return Ending.FAILED
    return Ending.REFUSED if status >= 400 else Ending.DONE
