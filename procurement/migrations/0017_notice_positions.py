from django.db import migrations, models


def number_in_order(apps, schema_editor):
    # The notices that are there get their places by the moment of publication; the sequence goes on after them.
    notices = apps.get_model("procurement", "Notice").objects
    last = 0
    for last, key in enumerate(notices.order_by("published_at", "pk").values_list("pk", flat=True), 1):
        notices.filter(pk=key).update(position=last)
    if last:
        apps.get_model("core", "NumberCounter").objects.update_or_create(
            scope="notices", year=0, defaults={"last": last}
        )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_audit_duty"),
        ("procurement", "0016_final_accounts_by_class"),
    ]

    operations = [
        migrations.AddField("notice", "position", models.PositiveBigIntegerField(null=True, editable=False)),
        migrations.RunPython(number_in_order, migrations.RunPython.noop),
        migrations.AlterField("notice", "position", models.PositiveBigIntegerField(unique=True, editable=False)),
    ]
