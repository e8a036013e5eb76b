"""An order keeps the sum of its lots' ceilings (最高限价合计), by which lists are sorted."""

from django.db import migrations
from django.db.models import OuterRef, Subquery, Sum

import core.money
from core.money import ZERO


def add_up(apps, schema_editor):
    Order, Lot = apps.get_model("procurement", "Order"), apps.get_model("procurement", "Lot")
    total = Lot.objects.filter(order=OuterRef("pk")).order_by().values("order").annotate(total=Sum("ceiling"))
    Order.objects.filter(lots__isnull=False).update(ceiling=Subquery(total.values("total")))


class Migration(migrations.Migration):

    dependencies = [("procurement", "0021_words_in_titles")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="ceiling",
            field=core.money.MoneyField(default=ZERO, editable=False, verbose_name="最高限价"),
        ),
        migrations.RunPython(add_up, migrations.RunPython.noop),
    ]
