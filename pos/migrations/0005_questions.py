"""What people are asked about notes, and shifts that are open are found without reading all."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0004_told_prices"),
    ]

    operations = [
        migrations.CreateModel(
            name="NoteQuestion",
            fields=[
                (
                    "note",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="question", serialize=False, to="pos.syncnote"
                    ),
                ),
                ("asked", models.UUIDField()),
                ("asked_by", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, default="", max_length=200)),
                ("answered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(condition=models.Q(("closed_at__isnull", True)), fields=["till"], name="shift_open"),
        ),
        migrations.AddIndex(
            model_name="notequestion",
            index=models.Index(condition=models.Q(("answered_at__isnull", True)), fields=["asked"], name="question_waits_for"),
        ),
    ]
