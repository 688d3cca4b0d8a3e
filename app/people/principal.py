"""Who asks, and what they may. Everything that shows or changes a leader's data asks here first.

A leader may do everything with the own diary. A delegate may act on it while the grant lasts, but
not invite others, take data along, leave, change a sign-in or a connection's credentials, or see
check-ins and titles. Nobody else sees that there is anything.
"""

from dataclasses import dataclass, field

from app.deployment import Deployment
from app.people.delegates import Delegation, read_delegation
from app.people.errors import NotAllowed
from app.people.history import LEADER, Actor, Who
from app.people.identity import sign_in_id
from app.storage import people as stored


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who has signed in: a leader, a delegate of others, both, or neither yet.

    `grants` are those that hold now. `leaving` is whether the leader's data is being removed.
    """

    identity: str = field(repr=False)
    leader_id: str | None = None
    leaving: bool = False
    grants: tuple[Delegation, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """The right to act on one leader's diary. `by` goes into the history."""

    leader_id: str
    by: Actor

    @property
    def is_leader(self) -> bool:
        """Whether it is the leader's own: only then are check-ins and titles shown."""
        return self.by.who is Who.LEADER


def resolve(deployment: Deployment, token: str) -> Principal | None:
    """Who carries this token of a sign-in; None where it is none, or ended."""
    moment = deployment.now()
    with deployment.database.transaction() as session:
        sign_in = stored.sign_in(session, sign_in_id(deployment, token), moment)
        if sign_in is None:
            return None
        leader = stored.leader_of(session, sign_in.identity)
        rows = stored.grants(session, sign_in.identity, moment)
    grants = tuple(read_delegation(deployment, each) for each in rows)
    if leader is None:
        return Principal(sign_in.identity, grants=grants)
    return Principal(sign_in.identity, leader.id, leader.leaving_at is not None, grants)


def require_leader(principal: Principal, leader_id: str | None = None) -> Access:
    """The right to what only a leader may: of the own diary, or of this one where it is that.

    Raises NotAllowed, which does not tell whether there is such a leader.
    """
    own = principal.leader_id
    if own is None or leader_id not in (None, own):
        raise NotAllowed
    return Access(own, LEADER)


def require_may_act(
    deployment: Deployment, principal: Principal, leader_id: str | None = None
) -> Access:
    """The right to act on a leader's diary, by default the own: for the leader and for delegates.

    Raises NotAllowed, which does not tell whether there is such a leader.
    """
    wanted = leader_id or principal.leader_id
    if wanted is None:
        raise NotAllowed
    if wanted == principal.leader_id:
        return Access(wanted, LEADER)
    moment = deployment.now()
    for grant in principal.grants:
        if grant.leader_id == wanted and moment < grant.expires_at:
            return Access(wanted, Actor(Who.DELEGATE, grant.id))
    raise NotAllowed
