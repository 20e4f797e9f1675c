"""What the clock has called out is claimed; rounds are closed when their last day to answer has passed."""

import sqlalchemy as sa
from alembic import op

from platsverket import models

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('claim',
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('at', models.Utc(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_claim')),
    sqlite_strict=True
    )
    op.add_column('match_round', sa.Column('closed_at', models.Utc(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('match_round', 'closed_at')
    op.drop_table('claim')
