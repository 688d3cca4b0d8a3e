"""Google Calendar (API version 3), read and written through google-api-python-client.

GoogleDiary         a leader's calendars behind the contract of `connectors.base`
with_token, with_refresh_token, with_delegation
                    the three ways in, each with the scopes that were granted
SCOPES              what Clearway asks for; docs/connectors/google.md says why
"""

from connectors.google.auth import (
    SCOPES,
    Access,
    with_delegation,
    with_refresh_token,
    with_token,
)
from connectors.google.diary import GoogleDiary

__all__ = [
    "SCOPES",
    "Access",
    "GoogleDiary",
    "with_delegation",
    "with_refresh_token",
    "with_token",
]
