"""Connecting by consent: a leader goes to Microsoft or Google, agrees there, and comes back.

OAuth 2.0 with an authorization code and PKCE (RFC 6749, RFC 7636). What is needed on return waits
as an errand (app.people.errands): sealed, for ten minutes, for one return, of this leader in this
browser.

Microsoft sends people back by a form from its own site, with which a browser sends no cookie of
ours. So the page that takes such a form puts the answer aside and leads on to the page that takes
Google's: `set_aside`, then a redirect with what it gave, then `finish`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import Any

from app.connecting import google, microsoft
from app.connecting.calendars import list_calendars
from app.connecting.connections import (
    Connection,
    Provider,
    check_provider,
    find,
    keep,
    new_row,
    note,
    renew,
)
from app.connecting.errors import BadChoice
from app.connecting.opening import plain_viewer
from app.connecting.sign_in import Granted, with_state
from app.deployment import Deployment
from app.people import errands
from app.people.errors import LostErrand
from app.people.history import LEADER, Actor
from app.people.sign_in import local_path
from connectors.errors import PermissionMissing
from rules.language import text

SET_ASIDE = "set_aside"
"""The name in the address by which `finish` finds an answer that was put aside."""
_PURPOSE, _ANSWER = "consent", "consent-answer"
_MOMENT = timedelta(minutes=2)
_LONGEST = 20_000
"""Characters of all that a provider sends back: Microsoft's codes have some 1,500."""
_PROVIDERS: Mapping[Provider, ModuleType] = {
    Provider.MICROSOFT: microsoft,
    Provider.GOOGLE: google,
}


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send somebody, and the value of the cookie by which the browser is known again."""

    url: str = field(repr=False)
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """Somebody agreed and is back: the connection, and the path where they wanted to go on."""

    connection: Connection
    path: str


def begin(
    deployment: Deployment,
    leader_id: str,
    provider: Provider,
    *,
    return_path: str = "/",
    browser: str = "",
    connection_id: str | None = None,
) -> Departure:
    """Send a leader to give consent.

    `browser` is the cookie's value where the browser has one. Only a path of this site is returned
    to. With a `connection_id` that connection gets the new consent. Raises BadChoice,
    NoConnection, NotSetUp and Unreachable.
    """
    if provider not in _PROVIDERS:
        raise BadChoice(text("That kind of calendar is not connected by consent."))
    if connection_id is not None:
        check_provider(find(deployment, leader_id, connection_id), provider)
    known = browser or errands.new_browser()
    journey = _PROVIDERS[provider].start(deployment.settings)
    carried = {
        "leader": leader_id,
        "provider": provider.value,
        "flow": dict(journey.flow),
        "path": local_path(return_path),
        "connection": connection_id,
    }
    state = errands.depart(deployment, _PURPOSE, carried, browser=known)
    return Departure(with_state(journey.url, state), known)


def set_aside(deployment: Deployment, answer: Mapping[str, str]) -> str:
    """Keep what a provider sent without a cookie for two minutes; what to carry on with.

    Raises LostErrand for what is no provider's answer.
    """
    if "state" not in answer or sum(map(len, answer.values())) > _LONGEST:
        raise LostErrand
    return errands.depart(deployment, _ANSWER, answer, lasts=_MOMENT)


def finish(
    deployment: Deployment,
    leader_id: str,
    answer: Mapping[str, str],
    *,
    browser: str,
    by: Actor = LEADER,
) -> Returned:
    """Connect what the leader agreed to; `answer` are the fields that came back.

    The main calendar is ticked. Raises LostErrand, SignInNeeded, PermissionMissing where the
    consent was refused or does not reach far enough, other ConnectorErrors, and IsLeaving.
    """
    if SET_ASIDE in answer:
        answer = errands.arrive(deployment, _ANSWER, answer[SET_ASIDE])
    if not browser:
        raise LostErrand
    carried = errands.arrive(deployment, _PURPOSE, answer.get("state", ""), browser=browser)
    if carried["leader"] != leader_id:
        raise LostErrand
    provider, connection_id = Provider(carried["provider"]), carried["connection"]
    try:
        granted = _PROVIDERS[provider].finish(deployment.settings, carried["flow"], answer)
        made = _connect(deployment, leader_id, provider, granted, connection_id, by)
    except PermissionMissing as error:
        if connection_id is not None:
            note(deployment, connection_id, error)
        raise
    return Returned(made, carried["path"])


def _connect(
    deployment: Deployment,
    leader_id: str,
    provider: Provider,
    granted: Granted,
    connection_id: str | None,
    by: Actor,
) -> Connection:
    viewer = plain_viewer(deployment)
    diary = _PROVIDERS[provider].open_new(deployment.settings, granted, viewer)
    try:
        there = [each.id for each in list_calendars(diary)]
    finally:
        diary.close()
    if connection_id is not None:
        known = find(deployment, leader_id, connection_id)
        _check_same(deployment.database.vault.open(known.calendars), there)
        return renew(deployment, known, granted.credentials, by)
    row = new_row(deployment, leader_id, provider, granted.credentials, tuple(there[:1]))
    return keep(deployment, row, by)


def _check_same(ticked: Any, there: list[str]) -> None:
    """Raise BadChoice where it is another account: none of its calendars was ticked."""
    if there and ticked and not set(ticked) & set(there):
        raise BadChoice(
            text("That is another account; connect it as one more, or sign in as before.")
        )
