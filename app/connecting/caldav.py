"""Connecting a CalDAV account with a password that is for Clearway alone."""

from typing import Any

from app.connecting.connections import (
    Connection,
    Provider,
    account_of,
    check_new,
    check_provider,
    find,
    keep,
    new_row,
    renew,
)
from app.connecting.errors import BadChoice
from app.connecting.opening import open_row, plain_viewer
from app.deployment import Deployment
from app.people.history import LEADER, Actor
from app.services.live import is_address
from rules.language import text


def connect_caldav(
    deployment: Deployment,
    leader_id: str,
    url: str,
    user: str,
    password: str,
    *,
    connection_id: str | None = None,
    by: Actor = LEADER,
) -> Connection:
    """Try an account, and keep it sealed with its main calendar ticked.

    `url` may be a server, an account or one calendar, which is then the ticked one. With a
    `connection_id` that connection gets the new sign-in. Raises BadChoice, ConnectorError, and
    NoConnection.
    """
    if not is_address(url) or not user or not password:
        raise BadChoice(
            text("A CalDAV account has an https:// address, a user name and a password.")
        )
    known = None if connection_id is None else find(deployment, leader_id, connection_id)
    credentials = {"url": url, "user": user, "password": password}
    row = new_row(deployment, leader_id, Provider.CALDAV, credentials)
    if known is not None:
        check_provider(known, Provider.CALDAV)
        row.calendars = known.calendars
    diary: Any = open_row(deployment, row, plain_viewer(deployment))
    ticked = [each.url for each in diary.chosen]
    diary.close()
    if known is not None:
        return renew(deployment, known, credentials, by)
    account = account_of(Provider.CALDAV, credentials)
    check_new(deployment, leader_id, Provider.CALDAV, account, ticked)
    row.calendars = deployment.database.vault.seal(ticked)
    return keep(deployment, row, by)
