"""Two more roles; a key that stands in a browser may also fill a cart and pay for it."""

from django.db import migrations, models

CHECK = """
alter table org_apikey drop constraint apikey_publishable_reads_catalogue;
alter table org_apikey add constraint apikey_publishable_reads_catalogue check (kind <> 'publishable' or scopes <@ '%s'::jsonb)
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0005_publishable_availability")]

    operations = [
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
            field=models.CharField(
                choices=[
                    ("owner", "Owner"),
                    ("merchandiser", "Merchandiser"),
                    ("pricing_manager", "Pricing manager"),
                    ("store_manager", "Store manager"),
                    ("cashier", "Cashier"),
                    ("support", "Support"),
                    ("accountant", "Accountant"),
                    ("stock_clerk", "Stock clerk"),
                    ("engineer", "Engineer"),
                    ("viewer", "Viewer"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(CHECK % '["catalog:read", "availability:read", "checkout:write"]', CHECK % '["catalog:read", "availability:read"]'),
    ]
