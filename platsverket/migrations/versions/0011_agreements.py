"""agreements."""

import sqlalchemy as sa
from alembic import op

from platsverket import models

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=10), nullable=False),
    sa.Column('proposal_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=10), nullable=False),
    sa.Column('written_at', models.Utc(timezone=True), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.CheckConstraint("side IN ('poster', 'lead')", name=op.f('ck_message_side')),
    sa.CheckConstraint('length(text) > 0', name=op.f('ck_message_text')),
    sa.ForeignKeyConstraint(['author_id'], ['app_user.id'], name=op.f('fk_message_author_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_message_proposal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('ref', name=op.f('uq_message_ref')),
    sqlite_strict=True
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_proposal_id'), ['proposal_id'], unique=False)

    op.create_table('move_in_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agreement_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=10), nullable=False),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('done_at', models.Utc(timezone=True), nullable=True),
    sa.Column('done_by', sa.String(length=120), nullable=False),
    sa.CheckConstraint("code IN ('badge', 'network', 'contact', 'key')", name=op.f('ck_move_in_step_code')),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_move_in_step_agreement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_move_in_step')),
    sa.UniqueConstraint('agreement_id', 'code', name=op.f('uq_move_in_step_agreement_id_code')),
    sqlite_strict=True
    )
    op.add_column('agreement', sa.Column('consent_from', sa.String(length=200), server_default='', nullable=False))
    op.add_column('agreement', sa.Column('consent_on', sa.Date(), nullable=True))
    op.add_column('agreement', sa.Column('environment_coordinator', sa.String(length=120), server_default='', nullable=False))
    op.add_column('agreement', sa.Column('poster_signed_at', models.Utc(timezone=True), nullable=True))
    op.add_column('agreement', sa.Column('poster_signed_by', sa.String(length=120), server_default='', nullable=False))
    op.add_column('agreement', sa.Column('lead_signed_at', models.Utc(timezone=True), nullable=True))
    op.add_column('agreement', sa.Column('lead_signed_by', sa.String(length=120), server_default='', nullable=False))

    op.add_column('offer', sa.Column('cost_per_seat_day', sa.Integer(), nullable=True))
    op.add_column('offer', sa.Column('holding', sa.String(length=10), nullable=True))



def downgrade() -> None:
    op.drop_column('offer', 'holding')
    op.drop_column('offer', 'cost_per_seat_day')

    op.drop_column('agreement', 'lead_signed_by')
    op.drop_column('agreement', 'lead_signed_at')
    op.drop_column('agreement', 'poster_signed_by')
    op.drop_column('agreement', 'poster_signed_at')
    op.drop_column('agreement', 'environment_coordinator')
    op.drop_column('agreement', 'consent_on')
    op.drop_column('agreement', 'consent_from')

    op.drop_table('move_in_step')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_proposal_id'))

    op.drop_table('message')
