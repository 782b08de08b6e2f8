"""Removals in the audit trail are found without walking through all of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_guards")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "-id"], condition=models.Q(("action", "update"), _negated=True), name="audit_by_action"),
        ),
    ]
