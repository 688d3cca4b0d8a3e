"""Proves how far Clearway's own permissions reach, before anybody relies on them."""

from typing import TYPE_CHECKING

from app.config import Settings
from app.services.errors import BadInput

if TYPE_CHECKING:
    from connectors.graph.doctor import Finding


def graph_scope(mailbox: str, outside: str, settings: Settings) -> "tuple[Finding, ...]":
    """Whether the application's token reads one mailbox and is refused another.

    Raises BadInput without a token. Nothing of either mailbox is read.
    """
    if not settings.graph_token:
        raise BadInput("Put the application's access token into CLEARWAY_GRAPH_TOKEN.")
    from connectors.graph.doctor import examine
    from connectors.transport import Door, FixedToken

    token = FixedToken(settings.graph_token)
    door = Door(settings.graph_url, token)
    try:
        return examine(door, token, mailbox, outside)
    finally:
        door.close()
