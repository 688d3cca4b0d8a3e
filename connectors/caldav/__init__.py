"""Diaries on CalDAV servers (RFC 4791): Nextcloud, iCloud, Fastmail, Radicale, Xandikos and others.

`connect` finds the calendars of an account and gives a `CalDavDiary`.
"""

from connectors.caldav.account import Account
from connectors.caldav.diary import CalDavDiary, connect
from connectors.caldav.wire import Password

__all__ = ["Account", "CalDavDiary", "Password", "connect"]
