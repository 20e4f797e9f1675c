"""People save forms that they have not finished as drafts."""

import sqlalchemy as sa
from alembic import op

from platsverket import models

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=10), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('noun', sa.String(length=10), nullable=False),
    sa.Column('typed', sa.Text(), nullable=False),
    sa.Column('saved_at', models.Utc(timezone=True), nullable=False),
    sa.CheckConstraint("noun IN ('offer', 'need')", name=op.f('ck_draft_noun')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_draft_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft')),
    sa.UniqueConstraint('ref', name=op.f('uq_draft_ref')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_draft_user_id'), 'draft', ['user_id'])
    op.create_index(op.f('ix_draft_saved_at'), 'draft', ['saved_at'])


def downgrade() -> None:
    op.drop_table('draft')
