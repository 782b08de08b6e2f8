"""What the tables themselves refuse or remember: a publishable key's reach, and who changed people, keys and settings."""

from django.db import migrations

from kernel.audit import audited

PUBLISHABLE_READS_CATALOGUE = migrations.RunSQL(
    sql="""
        alter table org_apikey add constraint apikey_publishable_reads_catalogue
        check (kind = 'secret' or scopes <@ '["catalog:read"]'::jsonb)
    """,
    reverse_sql="alter table org_apikey drop constraint apikey_publishable_reads_catalogue",
)


class Migration(migrations.Migration):
    dependencies = [("org", "0001_initial"), ("kernel", "0002_guards")]

    operations = [
        PUBLISHABLE_READS_CATALOGUE,
        audited("org_company"),
        audited("org_channel"),
        audited("org_store"),
        audited("org_user", exclude=("last_login",), hide=("password",)),
        audited("org_rolegrant"),
        audited("org_apikey", hide=("digest",)),
        audited("org_setting"),
    ]
