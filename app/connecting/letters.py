"""Who has which letter about a change, kept where it outlives whoever sends them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.deployment import Deployment
from app.services.inviting import Sent
from app.storage import Session, letters

_KINDS = {Sent.DUE: letters.DUE, Sent.OPEN: letters.OPEN, Sent.GONE: letters.GONE}


@dataclass(frozen=True, slots=True)
class KeptLedger:
    """The ledger of one leader's letters (`app.services.inviting.Ledger`).

    It asks for no lease: that a letter went out is true whoever holds it.
    """

    deployment: Deployment = field(repr=False)
    leader_id: str

    def begin(self, key: str, recipients: Sequence[str]) -> None:
        """Remember who is to have it."""
        step, now = step_print(self.deployment, key), self.deployment.now()
        names = [self.name(key, each) for each in recipients]

        def work(session: Session) -> None:
            letters.begin(session, self.leader_id, step, names, now)

        self.deployment.database.persist(work)

    def told(self, key: str) -> frozenset[str] | None:
        """The names of those who have it or may have it, None where it was never begun."""
        step = step_print(self.deployment, key)
        with self.deployment.database.transaction() as session:
            rows = letters.of_step(session, self.leader_id, step)
        return frozenset(each.id for each in rows if each.kind != letters.DUE) if rows else None

    def name(self, key: str, recipient: str) -> str:
        """A fingerprint of one person and one key."""
        return self.deployment.fingerprints.of("letter", self.leader_id, key, recipient)[:32]

    def note(self, key: str, recipient: str, sent: Sent) -> None:
        """Remember how far somebody's letter is."""
        step, now = step_print(self.deployment, key), self.deployment.now()
        name = self.name(key, recipient)

        def work(session: Session) -> None:
            letters.note(session, self.leader_id, step, name, _KINDS[sent], now)

        self.deployment.database.persist(work)


def step_print(deployment: Deployment, key: str) -> str:
    """The fingerprint by which the letters of one step are found."""
    return deployment.fingerprints.of("letters", key)
