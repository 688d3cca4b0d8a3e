"""Weekly mail, and figures of weeks"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The step forward."""
    op.create_table(
        "postbox",
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("goes_to", sa.LargeBinary(), nullable=True),
        sa.Column("verified_at", _MOMENT, nullable=True),
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("acting", sa.Boolean(), nullable=False),
        sa.Column("acting_at", _MOMENT, nullable=True),
        sa.Column("trouble", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_postbox")),
    )
    op.create_index(op.f("ix_postbox_acting_at"), "postbox", ["acting_at"])
    op.create_table(
        "mailing",
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("message", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("identity", "what", "week", name=op.f("pk_mailing")),
    )
    op.create_index(op.f("ix_mailing_at"), "mailing", ["at"])
    op.create_index(op.f("ix_mailing_message"), "mailing", ["message"])
    op.create_table(
        "week_result",
        sa.Column("leader_id", sa.String(length=32), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["leader_id"],
            ["leader.id"],
            name=op.f("fk_week_result_leader_id_leader"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("leader_id", "week", name=op.f("pk_week_result")),
    )
    op.create_index(op.f("ix_week_result_at"), "week_result", ["at"])
    op.add_column("leader", sa.Column("started_at", _MOMENT, nullable=True))
    op.execute("update leader set started_at = mode_since where mode <> 'observe'")
    op.add_column("mailbox", sa.Column("week_at", _MOMENT, nullable=True))
    op.create_index(op.f("ix_mailbox_week_at"), "mailbox", ["week_at"])


def downgrade() -> None:
    """There is no step back: a restored backup is one."""
