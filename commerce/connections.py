"""What Django does around every connection and request, without what this product has no use for."""

from django.contrib.postgres.apps import PostgresConfig
from django.contrib.postgres.signals import register_type_handlers
from django.core.signals import request_started
from django.db import reset_queries
from django.db.backends.signals import connection_created


class PlainPostgresConfig(PostgresConfig):
    """Its fields, look-ups and constraints. But no handlers for hstore and citext, which no column here has: they would be looked for each
    time the pool hands out a connection. Nor is there a list of statements to be emptied before every request: only DEBUG keeps one."""

    def ready(self) -> None:
        super().ready()
        connection_created.disconnect(register_type_handlers)
        request_started.disconnect(reset_queries)
