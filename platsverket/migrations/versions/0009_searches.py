"""People save searches; of each offer it is known which version they have been tried on."""

import sqlalchemy as sa
from alembic import op

from platsverket import models

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('saved_search',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=10), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('max_km', sa.Double(), nullable=False),
    sa.Column('seats', sa.Integer(), nullable=False),
    sa.Column('earliest_start', sa.Date(), nullable=False),
    sa.Column('latest_start', sa.Date(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('weekdays', models.Weekdays(), nullable=False),
    sa.Column('must', sa.JSON(), nullable=False),
    sa.Column('saved_at', models.Utc(timezone=True), nullable=False),
    sa.Column('removed_at', models.Utc(timezone=True), nullable=True),
    sa.CheckConstraint('seats BETWEEN 1 AND 10000', name=op.f('ck_saved_search_seats')),
    sa.CheckConstraint('weekdays BETWEEN 1 AND 127', name=op.f('ck_saved_search_weekdays')),
    sa.CheckConstraint('latest_start >= earliest_start', name=op.f('ck_saved_search_window')),
    sa.CheckConstraint('days BETWEEN 1 AND 3650', name=op.f('ck_saved_search_days')),
    sa.CheckConstraint('max_km > 0', name=op.f('ck_saved_search_max_km')),
    sa.CheckConstraint('lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180', name=op.f('ck_saved_search_position')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_saved_search_user_id')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_saved_search_agency_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_search')),
    sa.UniqueConstraint('ref', name=op.f('uq_saved_search_ref')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_saved_search_user_id'), 'saved_search', ['user_id'])
    op.add_column('offer', sa.Column('looked_at', models.Utc(timezone=True), nullable=True))
    # What stands already has not just appeared.
    op.execute("UPDATE offer SET looked_at = changed_at")


def downgrade() -> None:
    op.drop_column('offer', 'looked_at')
    op.drop_index(op.f('ix_saved_search_user_id'), 'saved_search')
    op.drop_table('saved_search')
