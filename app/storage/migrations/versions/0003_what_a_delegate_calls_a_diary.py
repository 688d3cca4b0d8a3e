"""What a delegate calls a diary, to tell several apart"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward."""
    op.add_column("delegation", sa.Column("diary_label", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """There is no step back: a restored backup is one."""
