"""Every change of what is sold, its codes, prices and tax leaves an audit row. Where a row came from and how it sorts are
left out: they follow from the rest."""

from django.db import migrations

from kernel.audit import audited


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial"), ("kernel", "0002_guards")]

    operations = [
        audited("catalog_product", exclude=("source_hash", "sort_key", "updated_at")),
        audited("catalog_variant"),
        audited("catalog_price"),
        audited("catalog_gtin", key="gtin"),
        audited("catalog_taxclass"),
        audited("catalog_category"),
    ]
