"""Who asks, and what they may: from a request to somebody who signed in, and on to one diary.

Programs and pages come in by the same door, so both are counted, refused and let in alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.deployment import Deployment
from app.door import sessions
from app.door.desk import Service, desk_of
from app.door.guard import SAFE, OtherSite, says_own_site
from app.door.sessions import NotSignedIn
from app.people import history, principal
from app.people.errors import NotAllowed
from app.people.principal import Access, Principal

_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who signed in, and the token by which they are known."""

    principal: Principal
    token: str = field(repr=False)


def service_of(request: Request) -> Service:
    """What remembers; where nothing does, there is nothing at these addresses."""
    service = desk_of(request).service
    if service is None:
        raise HTTPException(404)
    return service


def enter(service: Service, request: Request) -> Entered:
    """Who sends a request. Raises NotSignedIn, TooManyRequests and OtherSite.

    Requests are counted for a person, however often that person signs in.
    """
    deployment = service.deployment
    carried = sessions.carried(request, deployment.settings)
    who = principal.resolve(deployment, carried.token)
    if who is None:
        count_guest(service, request)
        raise NotSignedIn(carried=True)
    service.limiter.take(deployment.fingerprints.of("limit", who.identity))
    if carried.by_browser and request.method not in SAFE and not says_own_site(request.headers):
        raise OtherSite
    return Entered(who, carried.token)


def count_guest(service: Service, request: Request) -> None:
    """Count a request by nobody known for the address that it comes from.

    Raises TooManyRequests.
    """
    address = request.client.host if request.client else ""
    service.limiter.take(service.deployment.fingerprints.of("limit-address", address))


def diary_of(
    deployment: Deployment, who: Principal, leader_id: str | None, *, own: bool, area: str
) -> Access:
    """The right to one diary, None for one's own; where it is `own`, the leader's alone.

    `area` is one word for what is shown: the leader's history tells that a delegate has seen it.
    Raises NotAllowed.
    """
    if own:
        access = principal.require_leader(who, leader_id)
    else:
        access = principal.require_may_act(deployment, who, leader_id)
    if area:
        history.record_look(deployment, access.leader_id, access.by, area)
    return access


def id_in(path: Mapping[str, str], name: str) -> str:
    """An id in an address. Raises NotAllowed for what cannot be one."""
    found = path[name]
    if not _ID.fullmatch(found):
        raise NotAllowed
    return found
