"""The published descriptions of both doors are what the doors are. To refresh them after a change on purpose:

python manage.py graphql_schema --schema commerce.schema.schema --out schema.graphql
python manage.py spectacular --file openapi.yaml --validate --fail-on-warn
"""

import io

from django.conf import settings
from django.core.management import call_command
from graphql import print_schema

from commerce.schema import schema


def kept(name):
    return (settings.BASE_DIR / name).read_text()


def test_schema_graphql_is_the_schema():
    assert kept("schema.graphql").strip() == print_schema(schema.graphql_schema).strip()


def test_openapi_yaml_is_the_rest_door(capsys):
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert kept("openapi.yaml").strip() == out.getvalue().strip()


def test_every_rest_operation_tells_what_it_needs():
    text = kept("openapi.yaml")
    assert "apiKey" in text
    assert "/api/v1/products/{id}" in text
