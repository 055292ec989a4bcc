"""Run by Alembic: migrates over the connection that it was handed."""

from alembic import context

from lockgate.journal.layout import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
