"""Stores that are treated alike, and the role of who looks after prices."""

from django.db import migrations, models

import kernel.ids
from kernel.audit import audited


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0003_saved_views"),
        ("kernel", "0002_guards"),
    ]

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
                    ("stock_clerk", "Stock clerk"),
                    ("engineer", "Engineer"),
                    ("viewer", "Viewer"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="StoreGroup",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=30, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("stores", models.ManyToManyField(blank=True, related_name="groups", to="org.store")),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="store_group_has_name")],
            },
        ),
        audited("org_storegroup"),
        audited("org_storegroup_stores"),
    ]
