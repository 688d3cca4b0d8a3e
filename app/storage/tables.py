"""The tables. Words for states and kinds are those of the code that owns them.

What stands in the clear are instants, days, counts, states and fingerprints (keyed hashes of
ids). Everything else is sealed. Every table with a `leader_id` is that leader's: its rows are what
a leader can take along, and go when the leader does. A column with `secret` would let its finder
into a calendar, so it is not handed out.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.storage.columns import SealedBytes, UtcDateTime
from app.storage.vault import Sealed

_ID = String(32)
_FINGERPRINT = String(64)
_WORD = String(32)


class Base(DeclarativeBase):
    """Every table; constraints have names, since migrations need them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 # SQLAlchemy's own form
        datetime: UtcDateTime(),
        Sealed: SealedBytes(),
    }


def _leader(*, primary_key: bool = False) -> Mapped[str]:
    key = ForeignKey("leader.id", ondelete="CASCADE")
    return mapped_column(_ID, key, primary_key=primary_key, index=not primary_key)


class Installation(Base):
    """One row: the secret of the fingerprints, which must outlive every key of the vault."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[Sealed]


class Leader(Base):
    """Somebody whose diary is looked after.

    `identity` is the fingerprint of issuer and subject. `settings` are `app.people.settings`,
    and `version` counts their changes. `mode` is how much Clearway may do by itself, and
    `started_at` when it first did more than look.
    """

    __tablename__ = "leader"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    identity: Mapped[str] = mapped_column(_FINGERPRINT, unique=True)
    joined_at: Mapped[datetime]
    settings: Mapped[Sealed]
    version: Mapped[int] = mapped_column(default=1)
    mode: Mapped[str] = mapped_column(_WORD)
    mode_since: Mapped[datetime]
    started_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    leaving_at: Mapped[datetime | None]


class Delegation(Base):
    """A leader lets somebody act on the diary until `expires_at`.

    Until it is accepted there is only the fingerprint of its `invitation`. `label` is what the
    leader calls the delegate, and `diary_label` what the delegate calls the leader's diary.
    """

    __tablename__ = "delegation"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    leader_id: Mapped[str] = _leader()
    identity: Mapped[str | None] = mapped_column(_FINGERPRINT, index=True)
    invitation: Mapped[str | None] = mapped_column(_FINGERPRINT, unique=True)
    label: Mapped[Sealed]
    diary_label: Mapped[Sealed | None]
    granted_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignIn(Base):
    """A browser or program that has signed in; `id` is the fingerprint of what it carries."""

    __tablename__ = "sign_in"

    id: Mapped[str] = mapped_column(_FINGERPRINT, primary_key=True)
    identity: Mapped[str] = mapped_column(_FINGERPRINT, index=True)
    claims: Mapped[Sealed]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Postbox(Base):
    """Where somebody's weekly mail goes, by the fingerprint of who they are.

    `goes_to` is an address that they have shown to be theirs, since `verified_at`. `asked` is one that
    waits for that, with the fingerprint of the code that was mailed there. `digest` is whether
    they want their own week, `acting` whether what waits in diaries that they act on, next at
    `acting_at`. `trouble` is why nothing can be sent.
    """

    __tablename__ = "postbox"

    identity: Mapped[str] = mapped_column(_FINGERPRINT, primary_key=True)
    goes_to: Mapped[Sealed | None]
    verified_at: Mapped[datetime | None]
    asked: Mapped[Sealed | None]
    digest: Mapped[bool] = mapped_column(default=False)
    acting: Mapped[bool] = mapped_column(default=False)
    acting_at: Mapped[datetime | None] = mapped_column(index=True)
    trouble: Mapped[str | None] = mapped_column(_WORD)


class Mailing(Base):
    """A weekly mail, one to each person for each week from a Monday on; nothing of what it said.

    `message` is the fingerprint of its Message-ID, by which it is known when it comes back.
    """

    __tablename__ = "mailing"

    identity: Mapped[str] = mapped_column(_FINGERPRINT, primary_key=True)
    what: Mapped[str] = mapped_column(_WORD, primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(_WORD)
    at: Mapped[datetime] = mapped_column(index=True)
    message: Mapped[str | None] = mapped_column(_FINGERPRINT, index=True)


class WeekResult(Base):
    """What one week of a leader had, in figures; `counts` is False where it is left out."""

    __tablename__ = "week_result"

    leader_id: Mapped[str] = _leader(primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    counts: Mapped[bool]
    contents: Mapped[Sealed]


class Errand(Base):
    """Somebody was sent to sign in or to give consent elsewhere, and is expected back once.

    `id` is the fingerprint of the `state` that they carry (RFC 6749 section 10.12).
    """

    __tablename__ = "errand"

    id: Mapped[str] = mapped_column(_FINGERPRINT, primary_key=True)
    purpose: Mapped[str] = mapped_column(_WORD)
    carried: Mapped[Sealed]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Connection(Base):
    """An account or file that a leader's calendars are read from.

    `calendars` are the ids of those that the leader ticked, `sync` is where the last reading left
    off, `channel` the fingerprint by which a notification finds its connection. `meetings` is
    whether its meetings could be changed when it was last opened.
    """

    __tablename__ = "connection"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    leader_id: Mapped[str] = _leader()
    provider: Mapped[str] = mapped_column(_WORD)
    state: Mapped[str] = mapped_column(_WORD)
    state_since: Mapped[datetime]
    connected_at: Mapped[datetime]
    credentials: Mapped[Sealed] = mapped_column(info={"secret": True})
    calendars: Mapped[Sealed]
    sync: Mapped[Sealed | None]
    channel: Mapped[str | None] = mapped_column(_FINGERPRINT, unique=True)
    subscription: Mapped[Sealed | None] = mapped_column(info={"secret": True})
    renew_at: Mapped[datetime | None] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
    meetings: Mapped[bool | None]


class Mailbox(Base):
    """What is due for one leader's diary, and who is at work on it.

    `dirty_at` is set by whatever may have changed the diary and cleared before it is read. Who
    holds the lease may write; `fence` grows with each lease, and a holder whose number is not the
    row's has lost it. `attempts` counts leases since one was last given back. `queued_at` is when a
    job for it was put into the queue; taking the lease clears it. Until `rest_until` nobody tries
    again, since a calendar asked for patience. At `week_at` the week that is over is looked back on,
    and its mail goes out. `memory` is what the diary held when it was last
    judged.
    """

    __tablename__ = "mailbox"

    leader_id: Mapped[str] = _leader(primary_key=True)
    dirty_at: Mapped[datetime | None] = mapped_column(index=True)
    poll_at: Mapped[datetime] = mapped_column(index=True)
    plan_at: Mapped[datetime | None] = mapped_column(index=True)
    week_at: Mapped[datetime | None] = mapped_column(index=True)
    holder: Mapped[str | None] = mapped_column(String(100))
    fence: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime | None]
    rest_until: Mapped[datetime | None]
    memory: Mapped[Sealed | None]


class Departed(Base):
    """Something that was deleted because a person wished it, for as long as a backup may have it.

    `what` is a word of `app.storage.departures`, and `id` is random: it leads to nobody.
    """

    __tablename__ = "departed"

    what: Mapped[str] = mapped_column(_WORD, primary_key=True)
    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Worker(Base):
    """A process that does jobs, and when it was last seen.

    `key` is the fingerprint of the key by which it seals, None of a version that did not tell.
    """

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[str] = mapped_column(_WORD)
    key: Mapped[str | None] = mapped_column(_FINGERPRINT)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class Pace(Base):
    """Until when a provider's time is taken (`app.storage.pace`)."""

    __tablename__ = "pace"

    provider: Mapped[str] = mapped_column(_WORD, primary_key=True)
    taken_until: Mapped[datetime | None]


class Plan(Base):
    """A plan and what became of it (`app.life.states`), with the `reason` where that needs one.

    `digest` is the fingerprint of its hash. `contents` hold the changes with the ids of their events
    and go when the time for undoing is over.
    """

    __tablename__ = "plan"
    __table_args__ = (Index("ix_plan_leader_id_made_at", "leader_id", "made_at"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    leader_id: Mapped[str] = mapped_column(_ID, ForeignKey("leader.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(_FINGERPRINT)
    state: Mapped[str] = mapped_column(_WORD, index=True)
    state_since: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(_WORD)
    tier: Mapped[str] = mapped_column(_WORD)
    origin: Mapped[str] = mapped_column(_WORD)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    undo_until: Mapped[datetime | None] = mapped_column(index=True)
    contents: Mapped[Sealed | None]


class Step(Base):
    """The journal: one change of a plan in one direction.

    It is written as `intent` before the calendar is asked and as `done` after. `contents` are what was
    made, which taking it back needs.
    """

    __tablename__ = "step"

    plan_id: Mapped[str] = mapped_column(
        _ID, ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True
    )
    direction: Mapped[str] = mapped_column(_WORD, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    leader_id: Mapped[str] = _leader()
    state: Mapped[str] = mapped_column(_WORD)
    reason: Mapped[str | None] = mapped_column(_WORD)
    attempts: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    contents: Mapped[Sealed]


class Hold(Base):
    """A hold that Clearway keeps in a diary. `event` is the fingerprint of the event's id."""

    __tablename__ = "hold"
    __table_args__ = (UniqueConstraint("leader_id", "event"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    leader_id: Mapped[str] = mapped_column(_ID, ForeignKey("leader.id", ondelete="CASCADE"))
    connection_id: Mapped[str] = mapped_column(
        _ID, ForeignKey("connection.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[str] = mapped_column(_FINGERPRINT)
    kind: Mapped[str] = mapped_column(_WORD)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    firm: Mapped[bool] = mapped_column(default=False)
    plan_id: Mapped[str | None] = mapped_column(_ID)
    contents: Mapped[Sealed]


class Override(Base):
    """A hold that a person deleted, dragged or lifted: not put back on its day.

    `owed_until` is set where the time is offered back, until when.
    """

    __tablename__ = "override"
    __table_args__ = (Index("ix_override_leader_id_day", "leader_id", "day"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    leader_id: Mapped[str] = mapped_column(_ID, ForeignKey("leader.id", ondelete="CASCADE"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(_WORD)
    how: Mapped[str] = mapped_column(_WORD)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    at: Mapped[datetime] = mapped_column(index=True)
    owed_until: Mapped[datetime | None]


class Lock(Base):
    """An event or a series that the leader wants left alone; `event` is its fingerprint."""

    __tablename__ = "lock"
    __table_args__ = (UniqueConstraint("leader_id", "event"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    leader_id: Mapped[str] = mapped_column(_ID, ForeignKey("leader.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(_FINGERPRINT)
    scope: Mapped[str] = mapped_column(_WORD)
    at: Mapped[datetime]
    contents: Mapped[Sealed]


class Disturbance(Base):
    """Other people heard of something from Clearway: what the limits on that are counted by."""

    __tablename__ = "disturbance"
    __table_args__ = (
        Index("ix_disturbance_leader_id_at", "leader_id", "at"),
        UniqueConstraint("plan_id", "number", "direction"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    leader_id: Mapped[str] = mapped_column(_ID, ForeignKey("leader.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(_WORD)
    event: Mapped[str] = mapped_column(_FINGERPRINT)
    at: Mapped[datetime] = mapped_column(index=True)
    mails: Mapped[int]
    plan_id: Mapped[str | None] = mapped_column(_ID)
    number: Mapped[int | None]
    direction: Mapped[str | None] = mapped_column(_WORD)


class HistoryEntry(Base):
    """Something that happened to a leader's diary or data, in counts and words of the code."""

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_leader_id_at", "leader_id", "at"),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=True,
        autoincrement=True,
    )
    leader_id: Mapped[str] = mapped_column(_ID, ForeignKey("leader.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(index=True)
    what: Mapped[str] = mapped_column(_WORD)
    who: Mapped[str] = mapped_column(_WORD)
    plan_id: Mapped[str | None] = mapped_column(_ID)
    details: Mapped[Sealed | None]


class Answered(Base):
    """An answer to a request that may be sent again, kept for a day (`Idempotency-Key`)."""

    __tablename__ = "answered"

    leader_id: Mapped[str] = _leader(primary_key=True)
    key: Mapped[str] = mapped_column(_FINGERPRINT, primary_key=True)
    request: Mapped[str] = mapped_column(_FINGERPRINT)
    at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    contents: Mapped[Sealed | None]
