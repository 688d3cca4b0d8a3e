"""Calendars that are published at an address (.ics by subscription): only read.

The address is often a secret, so it is sealed like a password. A file that somebody uploads is no
connection: its text holds titles, so it is read by `app.services.read`, used for one answer, and
forgotten. Nothing of it is stored, and nothing can be watched or written there.
"""

from app.connecting.connections import (
    Connection,
    Provider,
    check_new,
    check_provider,
    find,
    keep,
    new_row,
    renew,
)
from app.connecting.horizon import horizon
from app.connecting.opening import open_row, plain_viewer
from app.deployment import Deployment
from app.people.history import LEADER, Actor


def connect_feed(
    deployment: Deployment,
    leader_id: str,
    address: str,
    *,
    connection_id: str | None = None,
    by: Actor = LEADER,
) -> Connection:
    """Read a published calendar once, and keep its address sealed.

    With a `connection_id` that connection gets the new address. Raises NoConnection, BadChoice,
    and ConnectorError for an address that is none or where no calendar is.
    """
    known = None if connection_id is None else find(deployment, leader_id, connection_id)
    if known is not None:
        check_provider(known, Provider.FEED)
    credentials = {"address": address}
    if known is None:
        check_new(deployment, leader_id, Provider.FEED, address, ())
    row = new_row(deployment, leader_id, Provider.FEED, credentials)
    diary = open_row(deployment, row, plain_viewer(deployment))
    try:
        diary.read(horizon(deployment.now()))
    finally:
        diary.close()
    if known is not None:
        return renew(deployment, known, credentials, by)
    return keep(deployment, row, by)
