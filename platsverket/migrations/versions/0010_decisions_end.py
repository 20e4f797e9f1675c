"""Decisions have a last day, and may be for everybody."""

import sqlalchemy as sa
from alembic import op

from platsverket import models

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

OLD, NEW = "(need_id IS NULL) <> (agency_id IS NULL)", "need_id IS NULL OR agency_id IS NULL"


def _table(whom: str, *columns: sa.Column) -> sa.Table:
    """The table as it is made anew on SQLite, where a CHECK cannot be changed."""
    return sa.Table('decision', sa.MetaData(),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=10), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=4), nullable=False),
    sa.Column('need_id', sa.Integer(), nullable=True),
    sa.Column('agency_id', sa.Integer(), nullable=True),
    sa.Column('offer_id', sa.Integer(), nullable=False),
    sa.Column('start', sa.Date(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('made_at', models.Utc(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=False),
    sa.Column('removed_at', models.Utc(timezone=True), nullable=True),
    *columns,
    sa.CheckConstraint("kind IN ('lock', 'bar')", name='ck_decision_kind'),
    sa.CheckConstraint('length(reason) > 0', name='ck_decision_reason'),
    sa.CheckConstraint(whom, name='ck_decision_whom'),
    sa.CheckConstraint("kind = 'bar' OR (need_id IS NOT NULL AND start IS NOT NULL)", name='ck_decision_lock'),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name='fk_decision_agency_id'),
    sa.ForeignKeyConstraint(['made_by_id'], ['app_user.id'], name='fk_decision_made_by_id'),
    sa.ForeignKeyConstraint(['need_id'], ['need.id'], name='fk_decision_need_id'),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name='fk_decision_offer_id'),
    sa.ForeignKeyConstraint(['round_id'], ['match_round.id'], name='fk_decision_round_id'),
    sa.PrimaryKeyConstraint('id', name='pk_decision'),
    sa.UniqueConstraint('ref', name='uq_decision_ref'),
    sa.Index('ix_decision_round_id', 'round_id'),
    sqlite_strict=True
    )


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table('decision', copy_from=_table(NEW), recreate="always") as batch_op:
            batch_op.add_column(sa.Column('stands_until', sa.Date(), nullable=True))
        return
    op.add_column('decision', sa.Column('stands_until', sa.Date(), nullable=True))
    op.drop_constraint(op.f('ck_decision_whom'), 'decision')
    op.create_check_constraint(op.f('ck_decision_whom'), 'decision', NEW)


def downgrade() -> None:
    # What only the newer rule allows cannot be told in the older: no row stands for everybody there.
    op.execute("DELETE FROM trial WHERE decision_id IS NOT NULL")
    op.execute("DELETE FROM decision WHERE need_id IS NULL AND agency_id IS NULL")
    if op.get_bind().dialect.name == "sqlite":
        table = _table(OLD, sa.Column('stands_until', sa.Date(), nullable=True))
        with op.batch_alter_table('decision', copy_from=table, recreate="always") as batch_op:
            batch_op.drop_column('stands_until')
        return
    op.drop_constraint(op.f('ck_decision_whom'), 'decision')
    op.create_check_constraint(op.f('ck_decision_whom'), 'decision', OLD)
    op.drop_column('decision', 'stands_until')
