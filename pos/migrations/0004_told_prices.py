"""When rules were told last: from then on they are kept for so long."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0003_offline"),
    ]

    operations = [
        migrations.AddField(model_name="pricesnapshot", name="told_at", field=models.DateTimeField(null=True)),
        # Any of them may have been told yesterday.
        migrations.RunSQL("update pos_pricesnapshot set told_at = now()", migrations.RunSQL.noop),
    ]
