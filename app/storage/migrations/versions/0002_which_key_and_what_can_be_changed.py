"""By which key a worker seals, and whether a calendar's meetings can be changed"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward."""
    op.add_column("worker", sa.Column("key", sa.String(length=64), nullable=True))
    op.add_column("connection", sa.Column("meetings", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """There is no step back: a restored backup is one."""
