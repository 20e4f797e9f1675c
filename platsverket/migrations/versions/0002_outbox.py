"""What people are told waits in an outbox; each person says when they want their mail."""

import sqlalchemy as sa
from alembic import op

from platsverket import models

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

WAITS = sa.text("sent_at IS NULL AND given_up_at IS NULL")


def upgrade() -> None:
    text = "TEXT" if op.get_bind().dialect.name == "sqlite" else "VARCHAR(10)"
    # In plain SQL: a table that others point to is not made anew on SQLite.
    op.execute(
        f"ALTER TABLE app_user ADD COLUMN mail {text} NOT NULL DEFAULT 'at_once' "
        "CONSTRAINT ck_app_user_mail CHECK (mail IN ('at_once', 'daily'))"
    )
    op.create_table('outbox_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=10), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('told_at', models.Utc(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', models.Utc(timezone=True), nullable=True),
    sa.Column('lease_token', sa.String(length=32), nullable=True),
    sa.Column('lease_until', models.Utc(timezone=True), nullable=True),
    sa.Column('sent_at', models.Utc(timezone=True), nullable=True),
    sa.Column('given_up_at', models.Utc(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_outbox_mail_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_mail')),
    sa.UniqueConstraint('ref', name=op.f('uq_outbox_mail_ref')),
    sa.UniqueConstraint('user_id', 'key', name=op.f('uq_outbox_mail_user_id_key')),
    sqlite_strict=True
    )
    op.create_index('ix_outbox_mail_waiting', 'outbox_mail', ['user_id'], sqlite_where=WAITS, postgresql_where=WAITS)


def downgrade() -> None:
    op.drop_index('ix_outbox_mail_waiting', 'outbox_mail')
    op.drop_table('outbox_mail')
    op.execute("ALTER TABLE app_user DROP COLUMN mail")
