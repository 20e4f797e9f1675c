"""A saved search may ask for an area"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('saved_search', sa.Column('area_m2', sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column('saved_search', 'area_m2')
