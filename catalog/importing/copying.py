"""New rows in bulk, without what Django looks up again for each of them: its defaults, and how a value is written."""

import json
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models


def blank(model: Any) -> Callable[[], Any]:
    """Makes rows with every field at its default, in a third of the time that the model takes."""
    fields = model._meta.concrete_fields
    defaults = [field.get_default() for field in fields]
    # A key or a list is a new one in every row.
    called = [(place, field.default) for place, field in enumerate(fields) if field.has_default() and callable(field.default)]

    def row() -> Any:
        values = defaults.copy()
        for place, default in called:
            values[place] = default()
        return model(*values)

    return row


# Nearly all of them are empty, and what is empty needs no encoder. An empty array is written as an empty object is.
WRITTEN: dict[type, Callable[[Any], Any]] = {
    models.JSONField: lambda value: "{}" if value == {} else json.dumps(value),
    ArrayField: lambda value: "{}" if value == [] else value,
}


def copy_in(rows: Sequence[models.Model]) -> None:
    """Rows of one model by COPY, with their keys where those are not numbered by the database. Constraints and triggers apply."""
    if not rows:
        return
    options = rows[0]._meta
    fields = [field for field in options.concrete_fields if not (field.primary_key and isinstance(field, models.AutoField))]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values_of = attrgetter(*(field.attname for field in fields))
    written = [(place, WRITTEN[type(field)]) for place, field in enumerate(fields) if type(field) in WRITTEN]
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(f'copy "{options.db_table}" ({names}) from stdin') as copy:
        for row in rows:
            values = list(values_of(row))
            for place, write in written:
                values[place] = write(values[place])
            copy.write_row(values)
