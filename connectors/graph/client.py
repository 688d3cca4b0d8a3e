"""One mailbox on Microsoft Graph: what is sent and asked for, and what its refusals mean.

Every answer is taken apart here, and what is left of a refusal is one of connectors/errors.py:
a sentence of ours, never the server's words, which may hold a title or an address.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from connectors.errors import (
    BadAnswer,
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    PermissionMissing,
)
from connectors.transport import Answer, Door, Total
from rules.interval import Interval
from rules.language import later, text

V1 = "https://graph.microsoft.com/v1.0"
"""Where Graph is, but for national clouds."""

PREFER = 'IdType="ImmutableId", outlook.timezone="UTC"'
"""Ids that last as long as the event stays in the mailbox, and times in UTC."""

CROSSING = later(
    "The meeting would meet or pass another of its series, which Outlook does not allow."
)

_NO_MAILBOX = frozenset(
    {
        "errornonexistentmailbox",
        "errorinvaliduser",
        "mailboxnotenabledforrestapi",
        "mailboxnotsupportedforrestapi",
    }
)
_FORGOTTEN = frozenset(
    {"syncstatenotfound", "syncstateinvalid", "resyncrequired", "fullsyncrequired"}
)
_CONFLICTS = frozenset({"errorirresolvableconflict", "conditionnotmet", "preconditionfailed"})


class Stale(EventChanged):
    """The ETag that was sent is not the event's any more, or Exchange is still busy with it."""


class Forgotten(BadAnswer):
    """The server does not know any more where a sync left off."""

    def __init__(self) -> None:
        super().__init__("The calendar's server has forgotten where the last reading ended.")


class Refused(BadAnswer):
    """The server takes what it was asked for no proper question."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The calendar's server refused what it was asked (status {status}).")


class Exists(BadAnswer):
    """There is one of this already."""

    def __init__(self) -> None:
        super().__init__("The calendar's server has one of this already.")


class Client:
    """Requests to one mailbox, the signed-in person's own where `mailbox` is None."""

    def __init__(self, door: Door, mailbox: str | None = None) -> None:
        self._door = door
        self.root = "me" if mailbox is None else f"users/{segment(mailbox)}"

    def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        match: str = "",
        prefer: str = "",
        twice: bool = False,
    ) -> Answer:
        """A good answer. Raises what a refusal means, and what `Door.send` raises.

        `url` is a path below the service's root or a link that it gave. `match` is the ETag that
        the event must still have.
        """
        headers = {"Prefer": f"{PREFER}, {prefer}" if prefer else PREFER}
        if match:
            headers["If-Match"] = match
        answer = self._door.send(
            method, url, params=params, headers=headers, body=body, twice=twice
        )
        if not 200 <= answer.status < 300:
            raise _refusal(answer)
        return answer

    def get(self, url: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """One object."""
        return as_object(self.ask("GET", url, params=params))

    def pages(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        prefer: str = "",
        total: Total | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """Each page of a collection; the links between them are followed as they are.

        All of them together are bounded, with what `total` has counted elsewhere. Raises TooLarge.
        """
        total = total or Total()
        seen = set()
        while True:
            answer = self.ask("GET", url, params=params, prefer=prefer)
            page = as_object(answer)
            total.add(len(members(page)), len(answer.content))
            yield page
            link = page.get("@odata.nextLink")
            if link is None:
                return
            if not isinstance(link, str) or link in seen:
                raise BadAnswer(text("The calendar's server leads to a page that cannot be read."))
            seen.add(link)
            url, params = link, None

    def items(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        total: Total | None = None,
    ) -> Iterator[Any]:
        """Every member of a collection, of whatever shape. Raises TooLarge."""
        for page in self.pages(url, params, total=total):
            yield from members(page)

    def close(self) -> None:
        """Let go of the connections."""
        self._door.close()


def bounds(window: Interval) -> dict[str, str]:
    """A window as the parameters of a calendar view."""
    return {
        "startDateTime": window.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "endDateTime": window.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def segment(value: str) -> str:
    """A value as one segment of a path. Raises EventGone for what can be no id.

    Ids are made of what needs no escape in a path; a slash would be read as another path.
    """
    if value in ("", ".", "..") or "/" in value or "\\" in value:
        raise EventGone
    try:
        return quote(value, safe="")
    except UnicodeEncodeError as error:
        raise EventGone from error


def as_object(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises BadAnswer."""
    found = answer.json()
    if not isinstance(found, dict):
        raise BadAnswer(
            text("The calendar's server answered with something else than was asked for.")
        )
    return found


def members(page: Mapping[str, Any]) -> list[Any]:
    """The members that stand on a page. Raises BadAnswer."""
    found = page.get("value")
    if not isinstance(found, list):
        raise BadAnswer(text("The calendar's server answered without the list that was asked for."))
    return found


def told_at(answer: Answer) -> datetime:
    """When an answer was given, by the server's clock. Raises BadAnswer."""
    try:
        return parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadAnswer(text("The calendar's server does not say what time it is.")) from error


def _refusal(answer: Answer) -> ConnectorError:
    codes = _codes(answer)
    status = answer.status
    if status == 410 or codes & _FORGOTTEN:
        return Forgotten()
    if status == 412 or codes & _CONFLICTS:
        return Stale()
    if codes & _NO_MAILBOX:
        return NotPossible("The mailbox is not in Exchange Online, or has no licence for it.")
    if "erroroccurrencecrossingboundary" in codes:
        return NotPossible(CROSSING)
    if status == 404 or "errorinvalididmalformed" in codes or "erroritemnotfound" in codes:
        return EventGone()
    if status == 403:
        return PermissionMissing(
            "Microsoft 365 refused: the consent given does not reach this mailbox or this step."
        )
    if status == 409:
        return Exists()
    return Refused(status)


def _codes(answer: Answer) -> frozenset[str]:
    """The error's code and those inside it, in one case; the messages are never looked at."""
    try:
        inner = answer.json()
    except BadAnswer:
        return frozenset()
    found = set()
    for _ in range(8):
        if not isinstance(inner, dict):
            break
        code = inner.get("code")
        if isinstance(code, str):
            found.add(code.casefold())
        inner = inner.get("error") or inner.get("innerError") or inner.get("innererror")
    return frozenset(found)
