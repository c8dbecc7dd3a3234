"""Alembic's entry: it always gets a connection from portal.migrations.run."""

from alembic import context

from portal.models import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
