"""Alembic runs our migrations on the engine it is handed, in one transaction."""

from alembic import context

from platsverket.models import Model

engine = context.config.attributes["engine"]
with engine.connect().execution_options(writes=True) as connection:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        user_module_prefix="models.",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
