"""A key that stands in a browser may also ask whether there is any left."""

from django.db import migrations

CHECK = """
alter table org_apikey drop constraint apikey_publishable_reads_catalogue;
alter table org_apikey add constraint apikey_publishable_reads_catalogue check (kind <> 'publishable' or scopes <@ '%s'::jsonb)
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0004_store_groups")]

    operations = [migrations.RunSQL(CHECK % '["catalog:read", "availability:read"]', CHECK % '["catalog:read"]')]
